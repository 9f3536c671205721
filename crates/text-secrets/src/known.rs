//! Secrets that are known, however a text spells them.
//!
//! The main type is [`Known`].

use base64::Engine as _;
use regex::{Regex, RegexBuilder};

use crate::Hidden;
use crate::variables::SHORTEST_VALUE;

/// Shorter secrets are not hidden: they would tear holes into innocent text.
const SHORTEST: usize = 4;
/// Memory that the compiled pattern may take; long secrets with all their spellings need some.
const PATTERN_LIMIT: usize = 64 << 20;

/// Secrets that are known, and what is written in their place.
#[derive(Clone, Debug)]
pub struct Known {
    pattern: Regex,
    mark: String,
}

impl Known {
    /// These secrets, with `mark` to write in their place. `None` where none of them is long enough.
    ///
    /// # Errors
    /// If they are too long for a pattern.
    pub fn new(secrets: &[String], mark: &str) -> Result<Option<Known>, regex::Error> {
        let mut secrets: Vec<&str> = secrets.iter().map(String::as_str).filter(|s| s.chars().count() >= SHORTEST).collect();
        // The longest first, as one may contain another.
        secrets.sort_by_key(|secret| (std::cmp::Reverse(secret.len()), *secret));
        secrets.dedup();
        if secrets.is_empty() {
            return Ok(None);
        }
        let plain = secrets.iter().map(|secret| secret.chars().map(spellings).collect::<String>());
        let spellings = plain.chain(secrets.iter().flat_map(|secret| in_base64(secret)));
        // What was replaced before is matched first, so that no secret is found inside of it.
        let pattern = std::iter::once(regex::escape(mark)).chain(spellings).collect::<Vec<_>>().join("|");
        let pattern = RegexBuilder::new(&pattern).size_limit(PATTERN_LIMIT).build()?;
        Ok(Some(Known { pattern, mark: mark.to_owned() }))
    }

    /// What finds them. All of a match is to be replaced.
    pub fn pattern(&self) -> &Regex {
        &self.pattern
    }

    /// The text without them.
    pub fn hide(&self, text: &str) -> Hidden {
        let count = self.pattern.find_iter(text).filter(|found| found.as_str() != self.mark).count();
        Hidden { text: self.pattern.replace_all(text, regex::NoExpand(&self.mark)).into_owned(), count }
    }
}

/// What base64 makes of a secret, wherever in a longer text it begins, as in `user:secret`: the characters
/// that only it decides. None for secrets so short that these would be found anywhere.
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

/// A pattern for all ways in which a character may be written in a URL, in JSON, in Rust's `Debug` or in
/// HTML.
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

    use super::Known;

    fn hide(secrets: &[&str], text: &str) -> String {
        let secrets: Vec<String> = secrets.iter().map(|secret| (*secret).to_owned()).collect();
        Known::new(&secrets, "[SECRET]").unwrap().unwrap().hide(text).text
    }

    #[test]
    fn secrets_are_hidden_however_they_are_spelt() {
        let secret = "p&ss w/\"ö\\1";
        let hide = |text: &str| hide(&[secret, "ab", ""], text);
        assert_eq!(hide(&format!("<{secret}> ab")), "<[SECRET]> ab");
        assert_eq!(hide("?k=p%26ss+w%2F%22%C3%B6%5C1&x=p%26ss%20w/%22%c3%b6%5c1"), "?k=[SECRET]&x=[SECRET]");
        assert_eq!(hide(r#"{"key":"p&ss w/\"ö\\1"}"#), r#"{"key":"[SECRET]"}"#);
        assert_eq!(hide(&format!("{secret:?}")), "\"[SECRET]\"");
        let encode = |text: &str| base64::engine::general_purpose::STANDARD.encode(text);
        for before in ["", "u", "ann:", "annabel:"] {
            let hidden = hide(&encode(&format!("{before}{secret} and more")));
            assert!(hidden.contains("[SECRET]"), "{before}: {hidden}");
        }
        assert_eq!(hide("<b>p&amp;ss w/&quot;&#246;\\1</b>"), "<b>[SECRET]</b>");
    }

    #[test]
    fn the_longest_comes_first_and_the_mark_is_no_secret() {
        assert_eq!(
            hide(&["key-1", "key-1234", "SECRET"], "key-1234 key-12 SECRET [SECRET]"),
            "[SECRET] [SECRET]2 [SECRET] [SECRET]"
        );
        assert!(Known::new(&["ab".to_owned()], "***").unwrap().is_none(), "too short to be hidden");
    }
}
