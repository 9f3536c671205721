//! Finds secrets in text, however they are spelt there: as they are, percent-encoded, in base64, or escaped in JSON, Rust or HTML.
//!
//! This module only makes a pattern; applying it is the work of the rules.

use base64::Engine as _;

/// What stands for a secret.
pub(super) const REPLACEMENT: &str = "[SECRET]";
/// Shorter secrets are not hidden: they would tear holes into innocent text.
const SHORTEST: usize = 4;
/// A variable's value of this length is a secret whatever it is made of; a shorter one, from [`SHORTEST_VALUE`] on, if it is no plain word.
const LONG_VALUE: usize = 12;
/// See [`LONG_VALUE`].
const SHORTEST_VALUE: usize = 8;

/// Secrets that can be told by their looks: signed addresses, `Authorization` headers, credentials in addresses, forms and JSON, JSON Web
/// Tokens, keys of AWS and tokens of GitHub. What leads up to one is kept as group `lead`, what follows as `tail`.
pub(super) const TOKENS: &str = concat!(
    r"(?<lead>(?i:\bX-Amz-(?:Signature|Security-Token|Credential)(?:=|%3D))",
    r"|(?i:\bSignature=)",
    r"|(?i:[?&](?:sig|code|token|key)=)",
    r"|(?i:\b(?:client[-_]secret|(?:access|refresh|id)[-_]token|(?:api|subscription|account)[-_]?key)=)",
    r#"|(?i:\bauthorization"?\s*[:=]\s*"?(?:bearer|basic|digest|token)\s+)"#,
    r"|(?i:\bbearer\s+))",
    r#"(?<value>[A-Za-z0-9._~+/=%-]{16,})"#,
    // What a form or JSON calls a secret is one, short or not.
    r"|(?<form>(?i:\b(?:password|passwd|client_secret|refresh_token)=))[^&\s<>]{4,}",
    r#"|(?<json>(?i:"(?:password|passwd|client_secret|(?:access|refresh|id)_token|api[-_]?key|secret[-_]?access[-_]?key)")\s*:\s*")"#,
    r#"[^"\\]{4,}(?<quote>")"#,
    r#"|(?<user>\b[A-Za-z][A-Za-z0-9+.-]*://[^/\s:@"'<>]*:)[^@/\s"'<>]+(?<tail>@)"#,
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r"|\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})\b",
);

/// Whether what follows `signature=`, `bearer ` and the like is a token: neither a number nor a plain word is.
pub(super) fn looks_like_token(value: &str) -> bool {
    let has = |is: fn(&char) -> bool| value.chars().any(|c| is(&c));
    value.parse::<f64>().is_err()
        && (has(char::is_ascii_digit) || has(char::is_ascii_uppercase) && has(char::is_ascii_lowercase) || value.len() >= 40)
}

/// Whether the value of a variable of this name is a secret. One rule: a part of its name says so (`TOKEN`, `SECRET`, `PASSWORD`, `PASSWD`,
/// `PASSPHRASE`, `PWD`, `CREDENTIAL`, `APIKEY`, `SIGNATURE`, alone or in the plural, or at the end of a part, as in `PGPASSWORD`), or the
/// name ends with `_KEY` or `_KEYS`, or holds `ACCESS_KEY`. `PUBLIC_KEY` is none, nor are `PWD` and `OLDPWD`.
pub(super) fn is_secret_name(variable: &str) -> bool {
    const WORDS: &[&str] = &["TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "SIGNATURE"];
    const ENDS: &[&str] = &["PASSWORD", "PASSWD", "APIKEY", "SECRETKEY", "ACCESSKEY", "PRIVATEKEY", "ACCOUNTKEY"];
    let name = variable.to_ascii_uppercase();
    let parts: Vec<&str> = name.split(['_', '-', '.']).map(|part| part.strip_suffix('S').unwrap_or(part)).collect();
    let says = |part: &&str| WORDS.contains(part) || ENDS.iter().any(|end| part.ends_with(end));
    let is_key = parts.len() > 1 && parts.last() == Some(&"KEY") && !parts.contains(&"PUBLIC");
    let is_password = parts.len() > 1 && parts.contains(&"PWD");
    parts.iter().any(says) || is_key || is_password || name.contains("ACCESS_KEY")
}

/// Whether a variable's value is long enough to be a secret: `postgres` and `true` are words that stand for other things, too.
pub(super) fn is_secret_value(value: &str) -> bool {
    let length = value.chars().count();
    let is_word = value.chars().all(char::is_lowercase) || value.chars().all(char::is_uppercase);
    length >= LONG_VALUE || length >= SHORTEST_VALUE && !is_word
}

/// A pattern for any spelling of any of the secrets, the longest first; `None` if there is no secret.
pub(super) fn pattern(secrets: &[String]) -> Option<String> {
    let mut secrets: Vec<&str> = secrets.iter().map(String::as_str).filter(|s| s.chars().count() >= SHORTEST).collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.dedup();
    if secrets.is_empty() {
        return None;
    }
    let plain = secrets.iter().map(|secret| secret.chars().map(spellings).collect::<String>());
    let spellings = plain.chain(secrets.iter().flat_map(|secret| in_base64(secret)));
    // What was replaced before is matched first, so that no secret is found inside of it.
    Some(std::iter::once(regex::escape(REPLACEMENT)).chain(spellings).collect::<Vec<_>>().join("|"))
}

/// What base64 makes of a secret, wherever in a longer text it begins, as in `user:secret`: the characters that only it decides. None for
/// secrets so short that these would be found anywhere.
fn in_base64(secret: &str) -> Vec<String> {
    if secret.len() < SHORTEST_VALUE {
        return Vec::new();
    }
    let at = |offset: usize| {
        let bytes = [vec![0; offset], secret.as_bytes().to_vec()].concat();
        let text = base64::engine::general_purpose::STANDARD_NO_PAD.encode(&bytes);
        // Characters that other bytes have a share in are left out at both ends.
        let (first, end) = ((offset * 8).div_ceil(6), bytes.len() * 8 / 6);
        let text = &text[first..end];
        text.chars()
            .map(|c| match c {
                '+' => "[+-]".to_owned(),
                '/' => "[/_]".to_owned(),
                c => c.to_string(),
            })
            .collect::<String>()
    };
    (0..3).map(at).collect()
}

/// A pattern for all ways in which a character may be written in a URL, in JSON, in Rust's `Debug` or in HTML.
fn spellings(c: char) -> String {
    let mut buffer = [0; 4];
    let percent: String = c.encode_utf8(&mut buffer).bytes().map(|byte| format!("%(?i:{byte:02x})")).collect();
    let mut ways = vec![regex::escape(c.encode_utf8(&mut [0; 4])), percent];
    match c {
        ' ' => ways.push(r"\+".to_owned()),
        '\n' => ways.push(r"\\n".to_owned()),
        '\r' => ways.push(r"\\r".to_owned()),
        '\t' => ways.push(r"\\t".to_owned()),
        '"' | '\'' | '\\' | '/' => ways.push(format!(r"\\{}", regex::escape(c.encode_utf8(&mut [0; 4])))),
        _ => {}
    }
    match c {
        '&' => ways.push("&amp;".to_owned()),
        '<' => ways.push("&lt;".to_owned()),
        '>' => ways.push("&gt;".to_owned()),
        '"' => ways.push("&quot;".to_owned()),
        _ => {}
    }
    if !c.is_ascii_alphanumeric() {
        let code = u32::from(c);
        ways.push(format!(r"\\u(?i:{code:04x}|\{{{code:x}\}})|&#{code};|&#[xX](?i:0*{code:x});"));
    }
    // The longest way first where one begins another, as `\` and `\\` do.
    ways.sort_by_key(|way| std::cmp::Reverse(way.len()));
    format!("(?:{})", ways.join("|"))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;

    use super::super::{Redactor, RedactorBuilder};

    #[test]
    fn variables_hold_secrets_by_their_names() {
        for name in [
            "API_TOKENS",
            "AWS_ACCESS_KEY_ID",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "AZURE_STORAGE_KEY",
            "CDSAPI_KEY",
            "DB_PASSWORD",
            "DB_PWD",
            "GOOGLE_CREDENTIALS",
            "MAPBOX_KEY",
            "OPENAI_API_KEY",
            "OPENAI_KEY",
            "PASSWORDS",
            "PGPASSWORD",
            "S3_KEY",
            "SECRETKEY",
            "SECRETS",
            "SSH_KEY",
            "SSH_KEYS",
            "github_token",
        ] {
            assert!(super::is_secret_name(name), "{name}");
        }
        for name in [
            "AWS_ENDPOINT_URL",
            "AWS_REGION",
            "CARGO_REGISTRIES_X_INDEX",
            "KEY",
            "KEYBOARD",
            "KEYMAP_LAYOUT",
            "OLDPWD",
            "PATH",
            "PUBLIC_KEY",
            "PWD",
            "TOKENIZER",
        ] {
            assert!(!super::is_secret_name(name), "{name}");
        }
        for (value, is_secret) in
            [("postgres", false), ("true", false), ("pa55word", true), ("s3cr3t", false), ("correcthorsebattery", true)]
        {
            assert_eq!(super::is_secret_value(value), is_secret, "{value}");
        }
    }

    #[test]
    fn secrets_are_told_by_their_looks() {
        let hex = "0123456789abcdef".repeat(4);
        for (text, expected) in [
            (format!("https://s3/x?X-Amz-Signature={hex}&a=1"), "https://s3/x?X-Amz-Signature=[SECRET]&a=1"),
            ("x-amz-credential=AKIA/20250820/us-east-1/s3 ".to_owned(), "x-amz-credential=[SECRET] "),
            (
                format!("AWS4-HMAC-SHA256 SignedHeaders=host, Signature={hex}"),
                "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=[SECRET]",
            ),
            ("{\"Authorization\": \"Basic dXNlcjpwYXNzd29yZA==\"}".to_owned(), "{\"Authorization\": \"Basic [SECRET]\"}"),
            (format!("Authorization: Bearer {hex}"), "Authorization: Bearer [SECRET]"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3".to_owned(), "[SECRET]"),
            ("AKIAIOSFODNN7EXAMPLE!".to_owned(), "[SECRET]!"),
            (format!("ghp_{}", &hex[..36]), "[SECRET]"),
            ("postgres://ann:hunter2@db/x".to_owned(), "postgres://ann:[SECRET]@db/x"),
            ("password=hunter2&user=ann".to_owned(), "password=[SECRET]&user=ann"),
            ("{\"refresh_token\": \"abcd-efgh\"}".to_owned(), "{\"refresh_token\": \"[SECRET]\"}"),
            (format!("https://a/b?sv=1&sig={hex}"), "https://a/b?sv=1&sig=[SECRET]"),
            (format!("?subscription-key={hex}"), "?subscription-key=[SECRET]"),
            ("signature=0.7312345678901234".to_owned(), "signature=0.7312345678901234"),
            ("the bearer internationalisation".to_owned(), "the bearer internationalisation"),
            ("http://127.0.0.1:8080/a@b".to_owned(), "http://127.0.0.1:8080/a@b"),
            ("a bearer of bad news".to_owned(), "a bearer of bad news"),
            ("X-Amz-Signature=[SECRET]".to_owned(), "X-Amz-Signature=[SECRET]"),
        ] {
            assert_eq!(redact(&text, |_| ()), expected);
        }
    }

    fn redact(text: &str, rules: impl FnOnce(&mut RedactorBuilder)) -> String {
        let mut builder = Redactor::builder();
        rules(&mut builder);
        builder.build().unwrap().text(text)
    }

    #[test]
    fn secrets_are_hidden_however_they_are_spelt() {
        let secret = "p&ss w/\"ö\\1";
        let hide = |text: &str| redact(text, |r| _ = r.secret(secret).secret("ab").secret(""));
        assert_eq!(hide(&format!("<{secret}> ab")), "<[SECRET]> ab");
        assert_eq!(hide("?k=p%26ss+w%2F%22%C3%B6%5C1&x=p%26ss%20w/%22%c3%b6%5c1"), "?k=[SECRET]&x=[SECRET]");
        assert_eq!(hide(&serde_json::json!({ "key": secret }).to_string()), r#"{"key":"[SECRET]"}"#);
        assert_eq!(hide(&format!("{secret:?}")), "\"[SECRET]\"");
        let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        for before in ["", "u", "ann:", "annabel:"] {
            let hidden = hide(&encode(&format!("{before}{secret} and more")));
            assert!(hidden.contains("[SECRET]"), "{before}: {hidden}");
        }
        assert_eq!(hide("<b>p&amp;ss w/&quot;&#246;\\1</b>"), "<b>[SECRET]</b>");
        assert_eq!(hide("p&ss w/\"\x1b[1mö\\1"), "[SECRET]", "joined by taking out the colour");
    }

    #[test]
    fn secrets_come_before_every_other_rule_and_the_longest_first() {
        let rules =
            |r: &mut RedactorBuilder| _ = r.rule("digits", r"\d+", "N").secret("key-1").secret("key-1234").secret("SECRET");
        assert_eq!(redact("key-1234 key-12 SECRET [SECRET]", rules), "[SECRET] [SECRET]N [SECRET] [SECRET]");
    }
}
