//! Markdown as HTML. Headings get anchors, Rust is highlighted, and links to other notebooks lead to their
//! pages.

use std::collections::{BTreeMap, BTreeSet};

use base64::Engine as _;
use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};
use pulldown_latex::config::DisplayMode;

use super::beside;
use super::content::Data;
use super::highlight::highlight;
use super::math;

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
    /// The folder in the tree of notebooks that links start from.
    folder: String,
    anchors: BTreeSet<String>,
}

pub(super) fn parser(markdown: &str) -> Parser<'_> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH;
    Parser::new_ext(markdown, options)
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
    let mut text = None;
    for event in parser(markdown) {
        match event {
            Event::Start(Tag::Heading { level, .. }) if level as u8 == 1 => text = Some(String::new()),
            Event::End(TagEnd::Heading(_)) if text.is_some() => return text,
            Event::Text(part) | Event::Code(part) => text.iter_mut().for_each(|text| text.push_str(&part)),
            _ => {}
        }
    }
    None
}

impl Prose {
    /// Before the first cell of a notebook in this folder of the tree.
    pub(super) fn in_folder(folder: &str) -> Prose {
        Prose { folder: folder.to_owned(), ..Prose::default() }
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
                    let anchor = self.anchor(&text);
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
                    let dest_url = beside::page_of(&dest_url, &self.folder, "html").map_or(dest_url, CowStr::from);
                    events.push(Event::Start(Tag::Link { link_type, dest_url, title, id }));
                }
                Event::Start(Tag::Image { link_type, dest_url, title, id }) => {
                    let dest_url = pictures.get(&*dest_url).and_then(data_url).map_or(dest_url, CowStr::from);
                    events.push(Event::Start(Tag::Image { link_type, dest_url, title, id }));
                }
                Event::Html(html) => events.push(Event::Html(with_pictures(&html, pictures).into())),
                Event::InlineHtml(html) => events.push(Event::InlineHtml(with_pictures(&html, pictures).into())),
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

    /// An anchor for a heading, in GitHub's manner, that is unique on the page.
    fn anchor(&mut self, text: &str) -> String {
        let lower = text.trim().to_lowercase();
        let kept = lower.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        let slug: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let names = std::iter::once(slug.clone()).chain((1..).map(|number| format!("{slug}-{number}")));
        let anchor = names.into_iter().find(|name| !self.anchors.contains(name)).unwrap_or_default();
        self.anchors.insert(anchor.clone());
        anchor
    }
}

fn is_rust(language: &str) -> bool {
    matches!(language.split([',', ' ']).next(), Some("rust" | "rs"))
}

/// HTML in which the pictures are part of it.
fn with_pictures(html: &str, pictures: &BTreeMap<String, Data>) -> String {
    let mut html = html.to_owned();
    for (address, picture) in pictures {
        let Some(url) = data_url(picture) else { continue };
        for quote in ['"', '\''] {
            html = html.replace(&format!("{quote}{address}{quote}"), &format!("{quote}{url}{quote}"));
        }
    }
    html
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
        let html = Prose::default().write_html(markdown, &BTreeMap::new());
        assert!(html.contains("href=\"02-list.html#x\"") && html.contains("href=\"https://x.org/a.ipynb\""), "{html}");
        assert!(html.contains("<pre class=\"code\"><code><span class=\"kw\">let</span> a"), "{html}");
        assert!(html.contains("<span class=\"math\"><math") && html.contains(">&lt;</mo>"), "{html}");
    }
}
