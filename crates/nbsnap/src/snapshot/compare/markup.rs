//! HTML and SVG as what they mark up: how tags are spelt and where lines are broken says nothing.
//!
//! Pure functions. This is no parser: markup that is broken is merely compared as it was broken.

/// Elements whose text is shown, or means, just what it says, white space included.
const VERBATIM: [&str; 4] = ["pre", "textarea", "script", "style"];

/// Whether content of this type is compared so.
pub(super) fn is_markup(mime: &str) -> bool {
    matches!(
        crate::snapshot::blob::essence(mime),
        "text/html" | "image/svg+xml" | "application/xhtml+xml" | "application/xml" | "text/xml"
    )
}

/// The same markup in one spelling: attributes in order and in double quotes, no comments, no white space that is not shown, `<a/>` as
/// `<a></a>`, one tag or text a line.
pub(super) fn normalised(markup: &str) -> String {
    let mut pieces: Vec<String> = Vec::new();
    let mut verbatim: Option<String> = None;
    let mut rest = markup;
    while !rest.is_empty() {
        if let Some(name) = &verbatim {
            let end = find_end_tag(rest, name).unwrap_or(rest.len());
            pieces.push(rest[..end].to_owned());
            rest = &rest[end..];
            verbatim = None;
        } else if let Some(comment) = rest.strip_prefix("<!--") {
            rest = comment.split_once("-->").map_or("", |(_, after)| after);
        } else if let Some(length) = tag_length(rest) {
            let tag = Tag::parse(&rest[1..length - 1]);
            rest = &rest[length..];
            if !tag.is_empty && VERBATIM.contains(&tag.name.as_str()) {
                verbatim = Some(tag.name.clone());
            }
            tag.write(&mut pieces);
        } else {
            // A `<` that begins no tag is text.
            let end = rest.char_indices().skip(1).find(|(_, c)| *c == '<').map_or(rest.len(), |(end, _)| end);
            let text: Vec<&str> = rest[..end].split_ascii_whitespace().collect();
            if !text.is_empty() {
                pieces.push(text.join(" "));
            }
            rest = &rest[end..];
        }
    }
    pieces.join("\n")
}

/// The bytes of the tag that `text` begins with, if it begins with one.
fn tag_length(text: &str) -> Option<usize> {
    let mut characters = text.char_indices();
    let begins = characters.next()?.1 == '<' && characters.next()?.1.is_ascii_alphabetic();
    let closes = text.starts_with("</") || text.starts_with("<!") || text.starts_with("<?");
    if !begins && !closes {
        return None;
    }
    let mut quote = None;
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (None, '"' | '\'') => quote = Some(c),
            (Some(open), c) if open == c => quote = None,
            (None, '>') => return Some(at + 1),
            _ => {}
        }
    }
    None
}

fn find_end_tag(text: &str, name: &str) -> Option<usize> {
    let end = format!("</{name}");
    text.to_ascii_lowercase().find(&end)
}

/// A tag, taken apart.
struct Tag {
    name: String,
    attributes: Vec<(String, Option<String>)>,
    /// Whether it is written `<a/>`.
    is_empty: bool,
}

impl Tag {
    /// Reads what stands between `<` and `>`.
    fn parse(inside: &str) -> Tag {
        let (inside, is_empty) = match inside.strip_suffix('/') {
            Some(inside) => (inside, true),
            None => (inside, false),
        };
        let end = inside.find(|c: char| c.is_ascii_whitespace()).unwrap_or(inside.len());
        let mut attributes = Vec::new();
        let mut rest = inside[end..].trim_start();
        while !rest.is_empty() {
            let end = rest.find(|c: char| c == '=' || c.is_ascii_whitespace()).unwrap_or(rest.len());
            let (name, after) = (&rest[..end], rest[end..].trim_start());
            let Some(after) = after.strip_prefix('=').map(str::trim_start) else {
                attributes.push((name.to_owned(), None));
                rest = after;
                continue;
            };
            let quote = after.chars().next().filter(|c| matches!(c, '"' | '\''));
            let (value, after) = match quote {
                Some(quote) => after[1..].split_once(quote).unwrap_or((&after[1..], "")),
                None => after.split_at(after.find(|c: char| c.is_ascii_whitespace()).unwrap_or(after.len())),
            };
            attributes.push((name.to_owned(), Some(value.to_owned())));
            rest = after.trim_start();
        }
        attributes.sort();
        Tag { name: inside[..end].to_ascii_lowercase(), attributes, is_empty }
    }

    fn write(&self, pieces: &mut Vec<String>) {
        let mut tag = format!("<{}", self.name);
        for (name, value) in &self.attributes {
            tag.extend([" ", name]);
            if let Some(value) = value {
                let quote = if value.contains('"') { "'" } else { "\"" };
                tag.extend(["=", quote, value, quote]);
            }
        }
        pieces.push(tag + ">");
        if self.is_empty {
            pieces.push(format!("</{}>", self.name));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_same(one: &str, other: &str) -> bool {
        normalised(one) == normalised(other)
    }

    #[test]
    fn how_markup_is_spelt_says_nothing() {
        assert!(is_same(
            "<TABLE border=0 class='a b'>\n  <tr><td>1 2</td></tr>\n</TABLE>",
            "<table class=\"a b\" border=\"0\"><tr><td>1\n2</td></tr></table>"
        ));
        assert!(is_same("<a/>x<!-- > -->", "<a></a>\n x"));
        assert!(is_same("<input disabled value = x >", "<input value=\"x\" disabled>"));
        assert_eq!(normalised("<p title='a > \"b\"'>1 < 2</p>"), "<p title='a > \"b\"'>\n1\n< 2\n</p>");
    }

    #[test]
    fn what_it_says_counts() {
        assert!(!is_same("<b>1</b>", "<i>1</i>"));
        assert!(!is_same("<b a=1>", "<b a=2>"));
        assert!(!is_same("<b a>", "<b>"));
        assert!(!is_same("<b>a b</b>", "<b>ab</b>"));
        assert!(!is_same("<pre>a\n  b</pre>", "<pre>a b</pre>"));
        assert!(is_same("<pre>a\n  b</PRE> c", "<pre >a\n  b</pre>\nc"));
        assert!(!is_same("<script>a  b</script>", "<script>a b</script>"));
    }

    proptest! {
        #[test]
        fn nothing_breaks_it_and_white_space_before_it_says_nothing(markup in "(<|>|/|!--|-->|a|pre| |\n|=|'|\"|é|\\PC){0,30}") {
            let later = format!("\n {markup}");
            prop_assert!(is_same(&markup, &later));
        }
    }
}
