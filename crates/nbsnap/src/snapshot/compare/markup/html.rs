//! HTML, read as a browser reads it.

use std::collections::BTreeMap;

use html5gum::{DefaultEmitter, HtmlString, StartTag, Token, Tokenizer};

use super::flow::{Display, Flow};

/// Elements before and after which a line ends.
const BLOCKS: &[&str] = &[
    "address",
    "article",
    "aside",
    "blockquote",
    "body",
    "br",
    "caption",
    "center",
    "col",
    "colgroup",
    "dd",
    "details",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "legend",
    "li",
    "link",
    "main",
    "menu",
    "meta",
    "nav",
    "ol",
    "optgroup",
    "option",
    "p",
    "pre",
    "script",
    "search",
    "section",
    "style",
    "summary",
    "table",
    "tbody",
    "td",
    "template",
    "tfoot",
    "th",
    "thead",
    "title",
    "tr",
    "ul",
];

/// Elements that are shown in a line as a picture is.
const REPLACED: &[&str] = &[
    "audio", "button", "canvas", "embed", "iframe", "img", "input", "meter", "object", "progress", "select", "svg", "textarea",
    "video",
];

/// Elements that have no end tag.
const VOID: &[&str] = &["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"];

/// Elements whose text is shown, or means, exactly what it is.
const VERBATIM: &[&str] = &["pre", "textarea", "script", "style", "listing", "xmp"];

/// HTML in one spelling. Any text is HTML: a browser shows something of each.
pub(super) fn normalised(text: &str) -> String {
    // Only a browser knows how a style sheet changes white space and lines. Where there is one that may,
    // every space counts.
    let has_sheet = |word: &str| text.contains("<style") && text.contains(word);
    let (keeps_space, has_inline_blocks) = (has_sheet("white-space"), has_sheet("inline"));
    let mut emitter = DefaultEmitter::default();
    // Text in a script that looks like a tag is not a tag.
    emitter.naively_switch_states(true);
    let mut flow = Flow::new();
    // The open elements whose text is verbatim, and how often each is open within itself.
    let mut verbatim: Vec<(String, usize)> = Vec::new();
    // How the open elements of each name are shown.
    let mut open: BTreeMap<String, Vec<Display>> = BTreeMap::new();
    for token in Tokenizer::new_with_emitter(text, emitter) {
        match token {
            Ok(Token::StartTag(tag)) => {
                let name = words(&tag.name);
                let style = style(&tag);
                let display = if has_inline_blocks || style.contains("inline") { Display::Inline } else { display_of(&name) };
                let attributes = tag.attributes.iter().map(|(name, value)| (words(name), words(value))).collect();
                flow.start(&name, attributes, display);
                let is_void = VOID.contains(&name.as_str());
                if tag.self_closing && !is_void {
                    flow.end(&name, display);
                } else if !is_void {
                    open.entry(name.clone()).or_default().push(display);
                    match verbatim.last_mut().filter(|(open, _)| *open == name) {
                        Some((_, depth)) => *depth += 1,
                        None if VERBATIM.contains(&name.as_str()) || keeps_white_space(&style) => verbatim.push((name, 1)),
                        None => {}
                    }
                }
            }
            Ok(Token::EndTag(tag)) => {
                let name = words(&tag.name);
                if let Some((_, depth)) = verbatim.last_mut().filter(|(open, _)| *open == name) {
                    *depth -= 1;
                    if *depth == 0 {
                        verbatim.pop();
                    }
                }
                if !VOID.contains(&name.as_str()) {
                    let display = open.get_mut(&name).and_then(Vec::pop);
                    flow.end(&name, display.unwrap_or_else(|| display_of(&name)));
                }
            }
            Ok(Token::String(text)) if keeps_space || !verbatim.is_empty() => flow.verbatim(&words(&text)),
            Ok(Token::String(text)) => flow.text(&words(&text)),
            Ok(Token::Comment(_) | Token::Doctype(_) | Token::Error(_)) | Err(_) => {}
        }
    }
    flow.finish()
}

fn words(text: &HtmlString) -> String {
    String::from_utf8_lossy(text).into_owned()
}

fn style(tag: &StartTag<()>) -> String {
    let style = tag.attributes.iter().find(|(name, _)| name.as_slice() == b"style");
    style.map(|(_, value)| words(value).to_ascii_lowercase()).unwrap_or_default()
}

/// Whether an element with this `style` shows white space as it is.
pub(super) fn keeps_white_space(style: &str) -> bool {
    let value = style.split("white-space").nth(1).unwrap_or_default();
    let value = value.split(';').next().unwrap_or_default();
    ["pre", "break-spaces", "preserve"].iter().any(|word| value.contains(word))
}

fn display_of(name: &str) -> Display {
    if BLOCKS.contains(&name) {
        Display::Block
    } else if REPLACED.contains(&name) {
        Display::Replaced
    } else {
        Display::Inline
    }
}
