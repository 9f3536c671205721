//! Markdown as HTML. Headings get anchors, Rust is highlighted, and links lead to where a page has what they
//! mean.

use std::collections::BTreeMap;

use base64::Engine as _;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Tag, TagEnd, html};
use pulldown_latex::config::DisplayMode;

use super::addresses::{self, Use};
use super::anchors::Anchors;
use super::dialect::parser;
use super::highlight::highlight;
use super::math;
use super::page::Data;

/// A heading of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Heading {
    /// 1 to 6.
    pub(super) level: u8,
    /// What it says.
    pub(super) text: String,
    /// The name by which it is linked to.
    pub(super) anchor: String,
    /// The words below it, up to the next heading: prose and code.
    pub(super) words: String,
}

/// Turns the Markdown cells of one page into HTML, and remembers its headings.
#[derive(Debug, Default)]
pub(super) struct Prose {
    pub(super) headings: Vec<Heading>,
    /// The words before the first heading.
    pub(super) lead: String,
    /// The new addresses of links, by the ones that the notebook has.
    addresses: BTreeMap<String, String>,
    anchors: Anchors,
}

/// The first paragraph that is not a heading, as plain text.
pub(super) fn first_paragraph(markdown: &str) -> Option<String> {
    let mut text = None;
    for event in parser(markdown) {
        match event {
            Event::Start(Tag::Paragraph) => text = Some(String::new()),
            Event::End(TagEnd::Paragraph) if text.as_ref().is_some_and(|text| !text.is_empty()) => return text,
            Event::Text(part) | Event::Code(part) => text.iter_mut().for_each(|text| text.push_str(&part)),
            Event::SoftBreak => text.iter_mut().for_each(|text| text.push(' ')),
            _ => {}
        }
    }
    None
}

/// The first heading of the first level.
pub(super) fn first_heading(markdown: &str) -> Option<String> {
    headings(markdown).into_iter().find(|(level, _)| *level == 1).map(|(_, text)| text)
}

/// The headings, each with its level.
pub(super) fn headings(markdown: &str) -> Vec<(u8, String)> {
    let (mut found, mut text) = (Vec::new(), None);
    for event in parser(markdown) {
        match event {
            Event::Start(Tag::Heading { .. }) => text = Some(String::new()),
            Event::End(TagEnd::Heading(level)) => found.extend(text.take().map(|text| (level as u8, text))),
            Event::Text(part) | Event::Code(part) => text.iter_mut().for_each(|text: &mut String| text.push_str(&part)),
            _ => {}
        }
    }
    found
}

impl Prose {
    /// Before the first cell of a notebook whose links have these new addresses.
    pub(super) fn with_addresses(addresses: BTreeMap<String, String>) -> Prose {
        Prose { addresses, ..Prose::default() }
    }

    /// For Markdown that a cell displays: its headings are not the page's.
    pub(super) fn for_display(&self) -> Prose {
        Prose::with_addresses(self.addresses.clone())
    }

    /// HTML that a cell displays, with the new addresses.
    pub(super) fn of_display(&self, html: &str) -> String {
        addresses::in_html(html, &mut |_, address| self.addresses.get(address).cloned())
    }

    /// The HTML of one cell. `pictures` are those that it shows, by their addresses.
    pub(super) fn write_html(&mut self, markdown: &str, pictures: &BTreeMap<String, Data>) -> String {
        let mut events: Vec<Event<'_>> = Vec::new();
        // The beginning of the current heading or code block.
        let mut heading: Option<(usize, String)> = None;
        let mut rust: Option<String> = None;
        for event in parser(markdown) {
            if let Event::Text(part) | Event::Code(part) = &event {
                match &mut heading {
                    Some((_, text)) => text.push_str(part),
                    None => self.add_words(part),
                }
            }
            match event {
                Event::Start(Tag::Heading { .. }) => {
                    heading = Some((events.len(), String::new()));
                    events.push(event);
                }
                Event::End(TagEnd::Heading(level)) => {
                    let (at, text) = heading.take().unwrap_or_default();
                    let anchor = self.anchors.add(&text);
                    if let Some(Event::Start(Tag::Heading { id, .. })) = events.get_mut(at) {
                        *id = Some(anchor.clone().into());
                    }
                    events.push(Event::InlineHtml(
                        format!("<a class=\"anchor\" href=\"#{anchor}\" aria-hidden=\"true\" tabindex=\"-1\">#</a>").into(),
                    ));
                    events.push(Event::End(TagEnd::Heading(level)));
                    self.headings.push(Heading { level: level as u8, text, anchor, words: String::new() });
                }
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) if is_rust(&language) => rust = Some(String::new()),
                Event::End(TagEnd::CodeBlock) if rust.is_some() => {
                    let code = rust.take().unwrap_or_default();
                    events.push(Event::Html(
                        format!("<pre class=\"code\"><code>{}</code></pre>\n", highlight(code.trim_end())).into(),
                    ));
                }
                Event::Text(text) if rust.is_some() => rust.iter_mut().for_each(|code| code.push_str(&text)),
                Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
                    let dest_url = self.address(Use::Link, &dest_url, pictures).map_or(dest_url, CowStr::from);
                    events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
                }
                Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                    let dest_url = self.address(Use::Picture, &dest_url, pictures).map_or(dest_url, CowStr::from);
                    events.push(Event::Start(Tag::Image { link_type, dest_url, title, id }));
                }
                Event::Html(html) => events.push(Event::Html(self.html(&html, pictures).into())),
                Event::InlineHtml(html) => events.push(Event::InlineHtml(self.html(&html, pictures).into())),
                Event::InlineMath(text) => events.push(Event::InlineHtml(math::html(&text, DisplayMode::Inline).into())),
                Event::DisplayMath(text) => events.push(Event::InlineHtml(math::html(&text, DisplayMode::Block).into())),
                event => events.push(event),
            }
        }
        let mut out = String::new();
        html::push_html(&mut out, events.into_iter());
        // A wide table is scrolled in its own box.
        out.replace("<table>", "<div class=\"wide\"><table>").replace("</table>", "</table></div>")
    }

    /// Words that belong below the heading that was last.
    pub(super) fn add_words(&mut self, words: &str) {
        let below = self.headings.last_mut().map_or(&mut self.lead, |heading| &mut heading.words);
        below.push(' ');
        below.push_str(words);
    }

    /// What an address becomes: a picture is part of the page.
    fn address(&self, kind: Use, address: &str, pictures: &BTreeMap<String, Data>) -> Option<String> {
        let picture = pictures.get(address).filter(|_| kind == Use::Picture).and_then(data_url);
        picture.or_else(|| self.addresses.get(address).cloned())
    }

    fn html(&self, html: &str, pictures: &BTreeMap<String, Data>) -> String {
        addresses::in_html(html, &mut |kind, address| self.address(kind, address, pictures))
    }
}

fn is_rust(language: &str) -> bool {
    matches!(language.split([',', ' ']).next(), Some("rust" | "rs"))
}

/// A picture as a data URL.
fn data_url(picture: &Data) -> Option<String> {
    let Data::Binary(name, bytes) = picture else { return None };
    let mime = name.split(';').next()?;
    Some(format!("data:{mime};base64,{}", base64::engine::general_purpose::STANDARD.encode(bytes)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_have_names_of_their_own() {
        let mut prose = Prose::default();
        let html = prose.write_html("# A `job`, done\n\n## Next\n\n## Next", &BTreeMap::new());
        assert!(html.contains("<h1 id=\"a-job-done\">A <code>job</code>, done<a class=\"anchor\""), "{html}");
        let anchors: Vec<_> = prose.headings.iter().map(|heading| (heading.level, heading.anchor.as_str())).collect();
        assert_eq!(anchors, [(1, "a-job-done"), (2, "next"), (2, "next-1")]);
        assert_eq!(first_heading("text\n\n# A `job`\n\n# B").as_deref(), Some("A job"));
    }

    #[test]
    fn links_lead_to_pages_and_rust_is_highlighted() {
        let markdown = "[a](02-list.ipynb#x) [b](https://x.org/a.ipynb)\n\n```rust\nlet a = 1;\n```\n\n$a < b$";
        let new = BTreeMap::from([("02-list.ipynb#x".to_owned(), "02-list.html#x".to_owned())]);
        let html = Prose::with_addresses(new).write_html(markdown, &BTreeMap::new());
        assert!(html.contains("href=\"02-list.html#x\"") && html.contains("href=\"https://x.org/a.ipynb\""), "{html}");
        assert!(html.contains("<pre class=\"code\"><code><span class=\"kw\">let</span> a"), "{html}");
        assert!(html.contains("<span class=\"math\"><math") && html.contains(">&lt;</mo>"), "{html}");
    }
}
