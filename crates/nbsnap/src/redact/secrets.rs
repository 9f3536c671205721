//! Finds secrets in text, however they are spelt there: as they are, percent-encoded, or escaped in JSON, Rust or HTML.
//!
//! This module only makes a pattern; applying it is the work of the rules.

/// What stands for a secret.
pub(super) const REPLACEMENT: &str = "[SECRET]";
/// Shorter secrets are not hidden: they would tear holes into innocent text.
const SHORTEST: usize = 4;

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
