//! Secrets that nobody has named: told by what leads up to them, and by their looks.
//!
//! Names such as `password` and `client_secret` mean a secret, whatever its value is. Others, such as `code`
//! and `signature`, mean other things as well: then the value has to look like a token. Numbers and words do
//! not.

use std::sync::LazyLock;

use regex::Regex;

use crate::Hidden;

/// Names whose values are secrets, also at the end of a longer name.
const STRONG: &str = r"(?:password|passwd|passphrase|client[-_]?secret|(?:access|refresh|id|session|security|auth)[-_]?token|(?:api|subscription|account|access|private|secret)[-_]?key|sharedaccess(?:key|signature)|awsaccesskeyid)";

/// Names whose values are secrets if they look like one.
const WEAK: &str = r"(?:sig|signature|code|code_verifier|token|secret|assertion)";

/// What a token is made of.
const TOKEN: &str = r"[A-Za-z0-9._~+/=%-]";

/// What finds secrets by their looks. Word boundaries are those of ASCII: with Unicode's, the search is a
/// lot slower in a text that has any other letter.
fn tokens() -> &'static Regex {
    static TOKENS: LazyLock<Regex> = LazyLock::new(|| {
        let of_form = r#"[^&\s<>"'`;,\\)\]}]"#;
        let kinds = [
            // A form, a query or a line of settings: `password=…`, `?api-key=…`, `AccountKey=…;`.
            format!(r"(?:(?i:{STRONG})(?:=|%3[Dd]))(?<form>{of_form}{{4,}})"),
            format!(r"(?:(?i:x-(?:amz|goog)-(?:signature|security-token|credential))(?:=|%3[Dd]))(?<signed>{of_form}+)"),
            // JSON, or Rust's and Python's code for a value, perhaps within a text of JSON.
            format!(r#"(?:(?i:{STRONG})\\*["']?\s*[:=]\s*")(?<json>(?:[^"\\\n]|\\.){{4,}})(?:")"#),
            // JSON within a text of JSON, and once more within that.
            format!(r#"(?:(?i:{STRONG})\\"\s*:\s*\\")(?<inner>(?:[^"\\]|\\\\(?:\\")?|\\[^"\\]){{4,}})(?:\\")"#),
            format!(r#"(?:(?i:{STRONG})\\{{2,}}"\s*:\s*\\{{2,}}")(?<deeper>[^"]{{4,}}?)(?:\\{{2,}}")"#),
            format!(r#"(?:(?i:{STRONG})'?\s*[:=]\s*')(?<quoted>[^'\\\n]{{4,}})(?:')"#),
            // A header, or what is written like one.
            format!(r"(?:(?i:{STRONG}):\s*)(?<header>{TOKEN}{{8,}})"),
            r#"(?:(?i:(?-u:\b)authorization\\*"?\s*[:=]\s*\\*"?(?:bearer|basic|digest|token|apikey)\s+))"#.to_owned()
                + &format!("(?<scheme>{TOKEN}{{8,}})"),
            format!(r"(?:(?i:(?-u:\b)bearer\s+))(?<bearer>{TOKEN}{{16,}})"),
            format!(r#"(?:(?i:(?:^|[?&\s";,]){WEAK}(?:=|%3[Dd])))(?<weak>{TOKEN}{{16,}})"#),
            format!(
                r#"(?:(?i:\\*"(?:sig|signature|code|code_verifier|token|secret|assertion)\\*"\s*:\s*\\*"))(?<member>{TOKEN}{{16,}})"#
            ),
            // Objects have keys as well: theirs are paths.
            r"(?:(?i:[?&]key=))(?<key>[A-Za-z0-9_-]{20,})".to_owned(),
            // Credentials in an address.
            r#"(?:(?-u:\b)[A-Za-z][A-Za-z0-9+.-]*://[^/?#\s:@"'<>\\]*:)(?<user>[^/?#\s"'<>\\]+)(?:@)"#.to_owned(),
            // What looks like nothing else: JSON Web Tokens, keys of AWS, tokens of GitHub.
            r"(?<jwt>(?-u:\b)eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,})".to_owned(),
            r"(?<aws>(?-u:\b)(?:AKIA|ASIA)[0-9A-Z]{16}(?-u:\b))".to_owned(),
            r"(?<github>(?-u:\b)(?:gh[pousr]_[A-Za-z0-9]{36,}|github_pat_[A-Za-z0-9_]{22,})(?-u:\b))".to_owned(),
        ];
        Regex::new(&kinds.join("|")).expect("the pattern is a constant: a test uses each part of it")
    });
    &TOKENS
}

/// The kinds of [`tokens`], and whether what they find has to look like a token besides.
const KINDS: &[(&str, bool)] = &[
    ("form", false),
    ("signed", false),
    ("json", false),
    ("inner", false),
    ("deeper", false),
    ("quoted", false),
    ("header", true),
    ("scheme", true),
    ("bearer", true),
    ("weak", true),
    ("member", true),
    ("key", true),
    ("user", false),
    ("jwt", false),
    ("aws", false),
    ("github", false),
];

/// The text without secrets that look like some, with `mark` in their place.
pub fn hide_tokens(text: &str, mark: &str) -> Hidden {
    let (mut out, mut end, mut count) = (String::with_capacity(text.len()), 0, 0);
    while let Some(captures) = tokens().captures_at(text, end) {
        let Some((value, has_to_look)) = KINDS.iter().find_map(|(kind, looks)| Some((captures.name(kind)?, *looks))) else {
            break;
        };
        out.push_str(&text[end..value.start()]);
        if is_secret(value.as_str(), has_to_look, mark) {
            out.push_str(mark);
            count += 1;
            end = value.end();
        } else {
            // What follows the name may be the name of something else.
            let after = value.as_str().chars().next().map_or(0, char::len_utf8);
            end = value.start() + after;
            out.push_str(&text[value.start()..end]);
        }
    }
    out.push_str(&text[end..]);
    Hidden { text: out, count }
}

/// Whether what was found is a secret after all, and not hidden yet.
fn is_secret(value: &str, has_to_look: bool, mark: &str) -> bool {
    // A mark is cut short where it has a bracket.
    let is_hidden_already = value == mark || mark.starts_with(value);
    !is_hidden_already && !is_nothing(value) && (!has_to_look || looks_like_token(value))
}

/// Whether code says with this word that there is no value.
fn is_nothing(value: &str) -> bool {
    ["None", "null", "true", "false", "undefined"].contains(&value)
}

/// Whether it looks like a token, as neither a number nor a word does, nor several words in one
/// (`InvalidParameterValue`).
fn looks_like_token(value: &str) -> bool {
    if value.parse::<f64>().is_ok() {
        return false;
    }
    let has_letter = value.chars().any(|c| c.is_ascii_alphabetic());
    let has_digit = value.chars().any(|c| c.is_ascii_digit());
    has_letter && has_digit || value.len() >= 40 || !value.split(['.', '-', '_', '/']).all(is_words)
}

/// Whether it is a word, or several of which each begins with a capital letter.
fn is_words(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let all = |is: fn(&char) -> bool| letters.iter().all(is);
    let begins = |at: usize| letters[at].is_ascii_uppercase();
    let capitals: Vec<usize> = (0..letters.len()).filter(|at| begins(*at)).chain([letters.len()]).collect();
    // Words have three letters or more.
    let is_camel_case = all(char::is_ascii_alphabetic) && capitals.windows(2).all(|pair| pair[1] - pair[0] >= 3);
    all(char::is_ascii_lowercase) || all(char::is_ascii_uppercase) || is_camel_case
}

#[cfg(test)]
mod tests {
    use super::hide_tokens;

    /// A hidden secret is written as three dots here.
    #[track_caller]
    fn becomes(text: &str, expected: &str) {
        assert_eq!(hide_tokens(text, "…").text, expected);
        assert_eq!(hide_tokens(expected, "…").text, expected, "hidden twice");
    }

    #[test]
    fn names_say_that_a_value_is_a_secret() {
        for (text, expected) in [
            ("password=hunter2&user=ann", "password=…&user=ann"),
            ("grant_type=password&client_secret=abcd%26efgh", "grant_type=password&client_secret=…"),
            ("user=ann&refresh_token=abcd-efgh", "user=ann&refresh_token=…"),
            ("https://a/b?subscription-key=0123456789abcdef&x=1", "https://a/b?subscription-key=…&x=1"),
            ("https://a/b?api-key=abcd1234", "https://a/b?api-key=…"),
            ("https://s3/x?X-Amz-Signature=0f0f0f&a=1", "https://s3/x?X-Amz-Signature=…&a=1"),
            ("x-amz-credential=AKIA/20250820/us-east-1/s3 ", "x-amz-credential=… "),
            ("AccountName=a;AccountKey=abc+/==;EndpointSuffix=b", "AccountName=a;AccountKey=…;EndpointSuffix=b"),
            (r#"{"password": "correct horse", "a": 1}"#, r#"{"password": "…", "a": 1}"#),
            (r#"{"client_secret":"ab\"cd\\"}"#, r#"{"client_secret":"…"}"#),
            (r#""{\"refresh_token\": \"abcd-efgh\"}""#, r#""{\"refresh_token\": \"…\"}""#),
            (r#""{\"client_secret\": \"ab\\\"cd\\\\\"}""#, r#""{\"client_secret\": \"…\"}""#),
            (r#""\"{\\\"password\\\":\\\"abcd\\\"}\"""#, r#""\"{\\\"password\\\":\\\"…\\\"}\"""#),
            (r#"Login { user: "ann", password: "hunter2" }"#, r#"Login { user: "ann", password: "…" }"#),
            ("{'api_key': 'abcdefg', 'a': 1}", "{'api_key': '…', 'a': 1}"),
            ("Ocp-Apim-Subscription-Key: 0123456789abcdef", "Ocp-Apim-Subscription-Key: …"),
            ("PGPASSWORD=hunter2 psql", "PGPASSWORD=… psql"),
            ("(password=hunter2)", "(password=…)"),
            (r#"{"password":"abcd""token":"0123456789abcdef"}"#, r#"{"password":"…""token":"…"}"#),
        ] {
            becomes(text, expected);
        }
    }

    #[test]
    fn tokens_are_told_by_their_looks() {
        let hex = "0123456789abcdef".repeat(4);
        for (text, expected) in [
            (format!("code={hex}&grant_type=authorization_code"), "code=…&grant_type=authorization_code"),
            (format!("https://a/callback?code={hex}"), "https://a/callback?code=…"),
            (format!(r#"{{"code": "{hex}"}}"#), r#"{"code": "…"}"#),
            (format!("https://a/b?key={}", &hex[..39]), "https://a/b?key=…"),
            ("https://a/b?sv=1&sig=abcDEF0123%2Babcdef%3D".to_owned(), "https://a/b?sv=1&sig=…"),
            (format!("AWS4-HMAC-SHA256 SignedHeaders=host, Signature={hex}"), "AWS4-HMAC-SHA256 SignedHeaders=host, Signature=…"),
            (r#"{"Authorization": "Basic dXNlcjpwYXNzd29yZA=="}"#.to_owned(), r#"{"Authorization": "Basic …"}"#),
            (format!("Authorization: Bearer {hex}"), "Authorization: Bearer …"),
            ("eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dozjgNryP4J3".to_owned(), "…"),
            ("AKIAIOSFODNN7EXAMPLE!".to_owned(), "…!"),
            (format!("ghp_{}", &hex[..36]), "…"),
            ("postgres://ann:hunter2@db/x".to_owned(), "postgres://ann:…@db/x"),
            ("postgres://u:p@ss@db/x, https://a/b@c".to_owned(), "postgres://u:…@db/x, https://a/b@c"),
        ] {
            becomes(&text, expected);
        }
    }

    #[test]
    fn everything_else_is_shown() {
        for text in [
            "signature=0.73",
            "signature=0.7312345678901234",
            "the bearer internationalisation",
            "the bearer of bad news",
            "Authorization: Bearer authentication is used",
            "http://127.0.0.1:8080/a@b",
            "http://127.0.0.1:8080?mail=a@b",
            "https://a/list?key=results/0123456789abcdef/item.json",
            r#"{"code": "InvalidParameterValue"}"#,
            r#"{"code": "NoSuchBucket", "key": "results/0123456789abcdef/item.json"}"#,
            "exit code=1",
            "token=next",
            "password=None, password: str",
            "a password: required",
            "let password = read()?;",
            "monkey=0123456789abcdef",
            "key = value",
        ] {
            assert_eq!(hide_tokens(text, "…").text, text);
        }
    }
}
