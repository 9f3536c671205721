//! XML, SVG among it: names are spelt as they are, and white space is data unless it only indents.

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::flow::{Display, Flow};
use super::html::keeps_white_space;

/// Elements of SVG whose text is shown, or read aloud.
const SHOWN: &[&str] = &["text", "title", "desc", "foreignObject"];

/// What white space in an element means.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Space {
    /// It stays as it is, except where it only indents.
    Data,
    /// It collapses as on a page.
    Collapses,
    /// All of it counts.
    Kept,
}

/// XML in one spelling; none if it is not well-formed.
pub(super) fn normalised(text: &str, is_svg: bool) -> Option<String> {
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut flow = Flow::new();
    let mut open: Vec<Space> = Vec::new();
    // Text comes in pieces: character references and CDATA are events of their own.
    let mut pending = String::new();
    loop {
        let event = reader.read_event().ok()?;
        match &event {
            Event::Text(text) => {
                pending.push_str(&text.decode().ok()?);
                continue;
            }
            Event::CData(text) => {
                pending.push_str(&text.decode().ok()?);
                continue;
            }
            Event::GeneralRef(reference) => {
                let entity = format!("&{};", reference.decode().ok()?);
                // An entity of the document's own is compared by its name.
                pending.push_str(&quick_xml::escape::unescape(&entity).map(|text| text.into_owned()).unwrap_or(entity.clone()));
                continue;
            }
            _ => write(&mut flow, &std::mem::take(&mut pending), open.last().copied().unwrap_or(Space::Data)),
        }
        match event {
            Event::Start(tag) => {
                let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
                let attributes = attributes(&tag)?;
                let space = space_of(&name, &attributes, open.last().copied().unwrap_or(Space::Data), is_svg);
                flow.start(&name, attributes, display_of(&name, is_svg));
                open.push(space);
            }
            Event::End(tag) => {
                open.pop()?;
                let name = String::from_utf8_lossy(tag.name().as_ref()).into_owned();
                flow.end(&name, display_of(&name, is_svg));
            }
            Event::Eof => break,
            _ => {}
        }
    }
    open.is_empty().then(|| flow.finish())
}

fn write(flow: &mut Flow, text: &str, space: Space) {
    let indents = text.contains('\n') && text.chars().all(|character| character.is_ascii_whitespace());
    match space {
        Space::Collapses => flow.text(text),
        Space::Data if indents => {}
        Space::Data | Space::Kept => flow.verbatim(text),
    }
}

fn attributes(tag: &BytesStart<'_>) -> Option<Vec<(String, String)>> {
    let one = |attribute: Result<quick_xml::events::attributes::Attribute<'_>, _>| {
        let attribute = attribute.ok()?;
        let value = std::str::from_utf8(&attribute.value).ok()?.to_owned();
        // An entity of the document's own is compared by its name.
        let value = quick_xml::escape::unescape(&value).map(|text| text.into_owned()).unwrap_or(value.clone());
        Some((String::from_utf8_lossy(attribute.key.as_ref()).into_owned(), value))
    };
    tag.attributes().map(one).collect()
}

fn space_of(name: &str, attributes: &[(String, String)], outer: Space, is_svg: bool) -> Space {
    let value = |wanted: &str| attributes.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
    let keeps = value("xml:space") == Some("preserve") || value("style").is_some_and(keeps_white_space);
    if keeps || is_svg && matches!(name, "style" | "script") {
        Space::Kept
    } else if outer == Space::Kept && value("xml:space") == Some("default")
        || outer != Space::Kept && is_svg && SHOWN.contains(&name)
    {
        Space::Collapses
    } else {
        outer
    }
}

/// In SVG, text goes on through the parts of a `text` element, and ends there. Other XML has no lines.
fn display_of(name: &str, is_svg: bool) -> Display {
    let is_part = matches!(name, "tspan" | "textPath" | "a" | "tref");
    if is_svg && !is_part { Display::Block } else { Display::Inline }
}
