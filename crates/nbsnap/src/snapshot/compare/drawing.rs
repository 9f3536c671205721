//! SVG by what it draws: plot libraries write elements, their ids and their attributes in any order, and the
//! drawing stays the same.
//!
//! Both sides are drawn on this machine and compared pixel by pixel, as pictures are. Fonts and embedded
//! pictures are not drawn. Texts and pictures are compared by their own attributes and those of their
//! ancestors.

use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

use super::picture::{self, PictureDifference};
use super::tolerance::Tolerance;

/// The longer side of a drawing has at most this many pixels.
const LONGEST: f32 = 2000.0;

/// Elements that are not drawn here.
const NOT_DRAWN: &[&str] = &["text", "image", "foreignObject"];

/// How two drawings compare.
pub(super) enum Drawn {
    Same,
    /// By their pixels.
    Other(Option<PictureDifference>),
    /// By a text or an embedded picture.
    OtherText,
    /// One of them cannot be drawn.
    Undrawable,
}

/// Compares what two texts of SVG draw.
pub(super) fn compare(expected: &str, actual: &str, tolerance: &Tolerance) -> Drawn {
    let (Some(one), Some(other)) = (draw(expected), draw(actual)) else { return Drawn::Undrawable };
    match (picture::difference(&one, &other, tolerance), texts(expected) == texts(actual)) {
        (Some(difference), _) => Drawn::Other(difference),
        (None, true) => Drawn::Same,
        (None, false) => Drawn::OtherText,
    }
}

/// A PNG of what SVG draws, on a transparent background.
fn draw(svg: &str) -> Option<Vec<u8>> {
    let mut options = Options::default();
    // What it draws must not depend on files of this machine.
    options.image_href_resolver.resolve_string = Box::new(|_, _| None);
    let tree = Tree::from_str(svg, &options).ok()?;
    let size = tree.size();
    let scale = (LONGEST / size.width().max(size.height())).min(1.0);
    let pixels = |length: f32| ((length * scale).ceil() as u32).max(1);
    let mut pixmap = Pixmap::new(pixels(size.width()), pixels(size.height()))?;
    resvg::render(&tree, Transform::from_scale(scale, scale), &mut pixmap.as_mut());
    let samples = pixmap.pixels().iter().flat_map(|pixel| {
        let colour = pixel.demultiply();
        [colour.red(), colour.green(), colour.blue(), colour.alpha()]
    });
    let samples: Vec<u8> = samples.collect();
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, pixmap.width(), pixmap.height());
    encoder.set_color(png::ColorType::Rgba);
    encoder.set_compression(png::Compression::Fast);
    encoder.write_header().ok()?.write_image_data(&samples).ok()?;
    Some(out)
}

/// What is not drawn, in any order: each element with its text, and with its own and its ancestors'
/// attributes except ids.
fn texts(svg: &str) -> Option<Vec<String>> {
    let mut reader = Reader::from_str(svg);
    reader.config_mut().expand_empty_elements = true;
    let (mut found, mut open): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    // The element that is being read, and how deep it is.
    let mut current: Option<(usize, String)> = None;
    let read = |current: &mut Option<(usize, String)>, text: &str| {
        if let Some((_, so_far)) = current {
            so_far.push_str(text);
        }
    };
    loop {
        match reader.read_event().ok()? {
            Event::Start(tag) => {
                let described = described(&tag)?;
                if let Some((_, text)) = &mut current {
                    text.push_str(&described);
                } else if NOT_DRAWN.contains(&String::from_utf8_lossy(tag.local_name().as_ref()).as_ref()) {
                    current = Some((open.len(), open.concat() + &described));
                }
                open.push(described);
            }
            Event::End(_) => {
                open.pop()?;
                if let Some((_, text)) = current.take_if(|(depth, _)| *depth == open.len()) {
                    found.push(text.split_ascii_whitespace().collect::<Vec<_>>().join(" "));
                }
            }
            Event::Text(text) => read(&mut current, &text.decode().ok()?),
            Event::CData(text) => read(&mut current, &text.decode().ok()?),
            Event::GeneralRef(name) => read(&mut current, &format!("&{};", name.decode().ok()?)),
            Event::Eof => break,
            _ => {}
        }
    }
    found.sort();
    Some(found)
}

/// An element with its attributes in order, except its id.
fn described(tag: &BytesStart<'_>) -> Option<String> {
    let mut attributes = Vec::new();
    for attribute in tag.attributes() {
        let attribute = attribute.ok()?;
        if attribute.key.as_ref() != b"id" {
            let (name, value) = (String::from_utf8_lossy(attribute.key.as_ref()), String::from_utf8_lossy(&attribute.value));
            attributes.push(format!(" {name}={value:?}"));
        }
    }
    attributes.sort();
    Some(format!("<{}{}> ", String::from_utf8_lossy(tag.local_name().as_ref()), attributes.concat()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "<svg xmlns='http://www.w3.org/2000/svg' width='20' height='10'>";

    fn told(one: &str, other: &str) -> Drawn {
        let svg = |inner: &str| format!("{HEAD}{inner}</svg>");
        compare(&svg(one), &svg(other), &Tolerance::default())
    }

    #[test]
    fn the_same_drawing_written_otherwise_is_the_same() {
        let (red, blue) = ("<rect id='a1' width='5' height='5' fill='red'/>", "<rect x='10' width='5' height='5' fill='blue'/>");
        let text = "<g transform='translate(1 1)'><text id='t1' x='1' y='9'>water 12 %</text></g>";
        let other = "<g id='g7' transform='translate(1 1)'><text y='9' x='1'>water\n 12 %</text></g>";
        assert!(matches!(told(&format!("{red}{blue}{text}"), &format!("{other}{blue}{}", red.replace("a1", "b2"))), Drawn::Same));
        assert!(matches!(told("<path d='M0 0h5v5h-5z'/>", "<path d='M 0,0 L 5,0 L 5,5 L 0,5 Z'/>"), Drawn::Same));
    }

    #[test]
    fn another_drawing_is_shown_as_one() {
        let Drawn::Other(Some(difference)) = told("<rect width='5' height='5'/>", "<rect width='6' height='5'/>") else {
            panic!("the drawings differ");
        };
        assert_eq!(difference.summary, "5 of 200 pixels differ (2.50 %), by up to 255 of 255");
        assert!(difference.difference.is_some());
        assert!(matches!(told("<text x='1'>12</text>", "<text x='1'>13</text>"), Drawn::OtherText));
        assert!(matches!(told("<g transform='scale(2)'><text>1</text></g>", "<g><text>1</text></g>"), Drawn::OtherText));
        assert!(matches!(told("<image href='data:,a'/>", "<image href='data:,b'/>"), Drawn::OtherText));
        assert!(matches!(told("<rect", "<rect/>"), Drawn::Undrawable));
    }
}
