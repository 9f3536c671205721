//! Addresses in Markdown and HTML: found, and replaced where a page has them elsewhere.
//!
//! The caller decides what becomes of an address. All else keeps its bytes. This module knows no file.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

use pulldown_cmark::{Event, LinkType, Tag};
use regex::{Captures, Regex};

use super::dialect::parser;
use super::escape::escape;

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    /// A picture is shown.
    Picture,
    /// Anything else: a link to follow, a film, a frame.
    Link,
}

/// The new address for one, or none if it stays.
pub(super) type Replace<'a> = dyn FnMut(Use, &str) -> Option<String> + 'a;

/// Markdown with other addresses.
pub(super) fn in_markdown(markdown: &str, replace: &mut Replace<'_>) -> String {
    let parser = parser(markdown);
    let definitions: Vec<(Range<usize>, String)> =
        parser.reference_definitions().iter().map(|(_, one)| (one.span.clone(), one.dest.to_string())).collect();
    // Links that name a definition have no address of their own.
    let mut defined = BTreeMap::new();
    let mut edits: Vec<(Range<usize>, String)> = Vec::new();
    for (event, range) in parser.into_offset_iter() {
        let (kind, link_type, address) = match event {
            Event::Start(Tag::Link { link_type, dest_url, .. }) => (Use::Link, link_type, dest_url),
            Event::Start(Tag::Image { link_type, dest_url, .. }) => (Use::Picture, link_type, dest_url),
            Event::Html(html) | Event::InlineHtml(html) => {
                let new = in_html(&html, replace);
                if new != *html {
                    edits.push((range, new));
                }
                continue;
            }
            _ => continue,
        };
        let Some(new) = replace(kind, &address) else { continue };
        match link_type {
            LinkType::Inline => edits.extend(place_in_link(markdown, range, &address).map(|place| (place, new))),
            _ => drop(defined.insert(address.into_string(), new)),
        }
    }
    for (range, address) in definitions {
        let place = markdown[range.clone()].rfind(&address).map(|at| range.start + at..range.start + at + address.len());
        edits.extend(place.zip(defined.get(&address).cloned()));
    }
    edited(markdown, edits)
}

/// Where in `[text](address "title")` the address is. One that is written in another way, such as with
/// entities, is not found.
fn place_in_link(markdown: &str, link: Range<usize>, address: &str) -> Option<Range<usize>> {
    let text = &markdown[link.clone()];
    let after = text.rfind("](")? + 2;
    let start = after + text[after..].find(|c: char| !c.is_whitespace() && c != '<')?;
    text[start..].starts_with(address).then(|| link.start + start..link.start + start + address.len())
}

/// The text with some of its parts replaced. A part within another one that is replaced is left out.
fn edited(text: &str, mut edits: Vec<(Range<usize>, String)>) -> String {
    edits.sort_by_key(|(range, _)| range.start);
    let (mut out, mut end) = (String::with_capacity(text.len()), 0);
    for (range, new) in edits {
        if range.start >= end {
            out.push_str(&text[end..range.start]);
            out.push_str(&new);
            end = range.end;
        }
    }
    out + &text[end..]
}

/// HTML with other addresses, in the attributes of its tags.
pub(super) fn in_html(html: &str, replace: &mut Replace<'_>) -> String {
    static TAG: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"<([a-zA-Z]+)\b(?:[^<>"']|"[^"]*"|'[^']*')*>"#).expect("the pattern is a constant"));
    static ATTRIBUTE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"(?i)(\s)(href|src|poster)(\s*=\s*)(?:"([^"]*)"|'([^']*)')"#).expect("the pattern is a constant")
    });
    let mut attribute = |tag: &str, found: &Captures<'_>| {
        let address = found.get(4).or(found.get(5)).map_or("", |address| address.as_str());
        let kind = if tag.eq_ignore_ascii_case("img") { Use::Picture } else { Use::Link };
        let new = replace(kind, &address.replace("&amp;", "&"))?;
        Some(format!("{}{}{}\"{}\"", &found[1], &found[2], &found[3], escape(&new)))
    };
    let tag = |found: &Captures<'_>| {
        let of_attribute = |one: &Captures<'_>| attribute(&found[1], one).unwrap_or_else(|| one[0].to_owned());
        ATTRIBUTE.replace_all(&found[0], of_attribute).into_owned()
    };
    TAG.replace_all(html, tag).into_owned()
}

/// The names in HTML that links lead to.
pub(super) fn anchors(html: &str) -> impl Iterator<Item = &str> {
    static NAME: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"(?i)\s(?:id|name)\s*=\s*["']?([^"'\s>]+)"#).expect("the pattern is a constant"));
    NAME.captures_iter(html).filter_map(|found| found.get(1)).map(|name| name.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Marks what is an address.
    fn marked(text: &str, way: fn(&str, &mut Replace<'_>) -> String) -> String {
        way(text, &mut |kind, address| Some(format!("{kind:?}:{address}")))
    }

    #[test]
    fn addresses_are_replaced_wherever_markdown_has_them() {
        for (text, expected) in [
            ("[a](b.csv) and `[c](d.csv)`", "[a](Link:b.csv) and `[c](d.csv)`"),
            ("[b.csv](b.csv \"b.csv\")", "[b.csv](Link:b.csv \"b.csv\")"),
            ("[![t](x.png)](y.png)", "[![t](Picture:x.png)](Link:y.png)"),
            ("[a](<my file.csv>)", "[a](<Link:my file.csv>)"),
            ("[a][1] ![b][1]\n\n[1]: x.png \"t\"", "[a][1] ![b][1]\n\n[1]: Picture:x.png \"t\""),
            (
                "<img alt='a>b' src='x.png'> <a href=\"b.csv\">b.csv</a>",
                "<img alt='a>b' src=\"Picture:x.png\"> <a href=\"Link:b.csv\">b.csv</a>",
            ),
            ("```\n[a](b.csv)\n```", "```\n[a](b.csv)\n```"),
        ] {
            assert_eq!(marked(text, in_markdown), expected);
        }
        assert_eq!(in_markdown("[a](b) <a href='c'>", &mut |_, _| None), "[a](b) <a href='c'>");
    }

    #[test]
    fn what_only_looks_like_an_address_in_html_stays() {
        let html = "<script>let a = ' src=\"x.js\"'; if (a < b) c();</script><svg><use xlink:href='#a'/></svg>";
        assert_eq!(marked(html, in_html), html);
        assert_eq!(marked("<video controls poster=\"a&amp;b.png\">", in_html), "<video controls poster=\"Link:a&amp;b.png\">");
        assert_eq!(anchors("<a id=\"one\"></a><a name=two>").collect::<Vec<_>>(), ["one", "two"]);
    }
}
