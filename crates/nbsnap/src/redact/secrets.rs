//! Finds secrets in text, however they are spelt there: as they are, percent-encoded, or escaped in JSON, Rust or HTML.
//!
//! This module only makes a pattern; applying it is the work of the rules.

/// What stands for a secret.
pub(super) const REPLACEMENT: &str = "[SECRET]";
/// Shorter secrets are not hidden: they would tear holes into innocent text.
const SHORTEST: usize = 4;

/// Secrets that can be told by their looks: signed URLs, `Authorization` headers, JSON Web Tokens, keys of AWS and tokens of GitHub. What
/// leads up to one is kept as group `lead`.
pub(super) const TOKENS: &str = concat!(
    r"(?<lead>(?i:\bX-Amz-(?:Signature|Security-Token|Credential)(?:=|%3D))",
    r"|(?i:\bSignature=)",
    r#"|(?i:\bauthorization"?\s*[:=]\s*"?(?:bearer|basic|digest|token)\s+)"#,
    r"|(?i:\bbearer\s+))",
    r#"[A-Za-z0-9._~+/=%-]{16,}"#,
    r"|\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
    r"|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    r"|\b(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})\b",
);

/// Whether the value of a variable of this name is a secret: `AWS_SECRET_ACCESS_KEY`, `AWS_ACCESS_KEY_ID`, `GITHUB_TOKEN`, `DB_PASSWORD`, …
/// Other `AWS_…` settings, such as the region, are not: notebooks show them.
pub(super) fn is_secret_name(variable: &str) -> bool {
    let name = variable.to_ascii_uppercase();
    let says = |word: &str| name.split('_').any(|part| part == word);
    ["TOKEN", "SECRET", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "CREDENTIALS", "APIKEY", "SIGNATURE"]
        .into_iter()
        .any(says)
        || (says("KEY") && ["ACCESS", "API", "PRIVATE", "SIGNING", "ENCRYPTION", "AUTH"].into_iter().any(says))
}

/// A pattern for any spelling of any of the secrets, the longest first; `None` if there is no secret.
pub(super) fn pattern(secrets: &[String]) -> Option<String> {
    let mut secrets: Vec<&str> = secrets.iter().map(String::as_str).filter(|s| s.chars().count() >= SHORTEST).collect();
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
    secrets.dedup();
    if secrets.is_empty() {
        return None;
    }
    let spellings = secrets.iter().map(|secret| secret.chars().map(spellings).collect::<String>());
    // What was replaced before is matched first, so that no secret is found inside of it.
    Some(std::iter::once(regex::escape(REPLACEMENT)).chain(spellings).collect::<Vec<_>>().join("|"))
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
    use super::super::{Redactor, RedactorBuilder};

    #[test]
    fn variables_hold_secrets_by_their_names() {
        for name in
            ["AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "github_token", "DB_PASSWORD", "OPENAI_API_KEY"]
        {
            assert!(super::is_secret_name(name), "{name}");
        }
        for name in ["AWS_REGION", "AWS_ENDPOINT_URL", "KEYBOARD", "PATH", "TOKENIZER", "CARGO_REGISTRIES_X_INDEX"] {
            assert!(!super::is_secret_name(name), "{name}");
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
