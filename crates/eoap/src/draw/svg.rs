//! Writes SVG (SVG 1.1, which front ends' sanitisers know), element by element.
//!
//! [`Svg`] is a document, and [`Shape`] is one element of it. All text is escaped, without characters that
//! XML does not have. Numbers are rounded to hundredths of a pixel, so that a picture has the same bytes on
//! every machine. The callers decide what is drawn.

use std::fmt::Display;

use base64::{Engine, engine::general_purpose::STANDARD};
use quick_xml::{
    Writer,
    events::{BytesEnd, BytesStart, BytesText, Event},
};

use crate::draw::theme::{LINE, Paint, TEXT_SIZE, TITLE_SIZE, TYPEFACE, dark_style};

/// An SVG document that is being drawn, on paper of the given size in pixels.
pub(crate) struct Svg {
    writer: Writer<Vec<u8>>,
    /// The paints of the shapes, whose dark shades are written at the end.
    paints: Vec<Paint>,
}

/// One element: its name and attributes.
#[must_use = "a shape shows nothing until it is drawn"]
pub(crate) struct Shape {
    start: BytesStart<'static>,
    classes: Vec<String>,
    paints: Vec<Paint>,
}

/// The side of its position on which text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Svg {
    /// A document with its paper. Title and description are what screen readers say.
    pub(crate) fn new(width: f64, height: f64, title: &str, description: &str) -> Self {
        let mut svg = Self { writer: Writer::new_with_indent(Vec::new(), b' ', 1), paints: Vec::new() };
        let (width, height) = (number(width), number(height));
        let root = Shape::new("svg")
            .set("xmlns", "http://www.w3.org/2000/svg")
            .set("width", &width)
            .set("height", &height)
            .set("viewBox", format!("0 0 {width} {height}"))
            .set("role", "img")
            .set("font-family", TYPEFACE)
            .set("font-size", number(TEXT_SIZE));
        let root = svg.finished(root);
        svg.write(Event::Start(root));
        svg.element(Shape::new("title"), title);
        svg.element(Shape::new("desc"), description);
        svg.draw(Shape::new("rect").set("width", &width).set("height", &height).set("rx", 6).fill(Paint::Paper));
        svg
    }

    /// Draws a shape.
    pub(crate) fn draw(&mut self, shape: Shape) {
        let start = self.finished(shape);
        self.write(Event::Empty(start));
    }

    /// Draws a shape with a name, which is shown while the pointer is over it.
    pub(crate) fn draw_named(&mut self, shape: Shape, name: &str) {
        let start = self.finished(shape);
        let end = start.to_end().into_owned();
        self.write(Event::Start(start));
        self.element(Shape::new("title"), name);
        self.write(Event::End(end));
    }

    /// Draws within a window of the picture, and cuts off the rest. Coordinates inside are those of the
    /// picture.
    pub(crate) fn window(&mut self, x: f64, y: f64, width: f64, height: f64, draw: impl FnOnce(&mut Self)) {
        let place = [x, y, width, height].map(number);
        let window = Shape::new("svg")
            .set("x", &place[0])
            .set("y", &place[1])
            .set("width", &place[2])
            .set("height", &place[3])
            .set("viewBox", place.join(" "));
        let start = self.finished(window);
        self.write(Event::Start(start));
        draw(self);
        self.write(Event::End(BytesEnd::new("svg")));
    }

    /// Writes a line of text, if there is some.
    pub(crate) fn text(&mut self, x: f64, y: f64, anchor: Anchor, paint: Paint, text: &str) {
        if text.is_empty() {
            return;
        }
        self.element(Shape::text(x, y, anchor).fill(paint), text);
    }

    /// Writes a short text around a position, with a rim of paper, so that it is readable on any background.
    pub(crate) fn text_on_anything(&mut self, x: f64, y: f64, paint: Paint, text: &str) {
        let rim = Shape::text(x, y, Anchor::Middle).fill(Paint::Paper).stroke(Paint::Paper, 4.0).set("stroke-linejoin", "round");
        self.element(rim, text);
        self.text(x, y, Anchor::Middle, paint, text);
    }

    /// Writes the picture's heading, with its upper edge at `y`. Returns where the next line begins.
    pub(crate) fn heading(&mut self, x: f64, y: f64, text: &str) -> f64 {
        let shape = Shape::text(x, y + TITLE_SIZE, Anchor::Start).set("font-size", number(TITLE_SIZE)).set("font-weight", 600);
        self.element(shape.fill(Paint::Text), text);
        y + LINE + 8.0
    }

    /// Writes an element with text in it.
    fn element(&mut self, shape: Shape, text: &str) {
        let start = self.finished(shape);
        let end = start.to_end().into_owned();
        self.write(Event::Start(start));
        self.write(Event::Text(BytesText::new(&legal(text))));
        self.write(Event::End(end));
    }

    /// The whole document.
    pub(crate) fn finish(mut self) -> String {
        let style = dark_style(&self.paints);
        self.element(Shape::new("style"), &style);
        self.write(Event::End(BytesEnd::new("svg")));
        String::from_utf8(self.writer.into_inner()).expect("only text is written")
    }

    /// The element of a shape, with what it is painted with.
    fn finished(&mut self, shape: Shape) -> BytesStart<'static> {
        for paint in &shape.paints {
            if !self.paints.contains(paint) {
                self.paints.push(*paint);
            }
        }
        let classes = shape.classes.join(" ");
        if classes.is_empty() { shape.start } else { shape.set("class", classes).start }
    }

    fn write(&mut self, event: Event<'_>) {
        self.writer.write_event(event).expect("writing to memory does not fail");
    }
}

impl Shape {
    pub(crate) fn new(name: &'static str) -> Self {
        Self { start: BytesStart::new(name), classes: Vec::new(), paints: Vec::new() }
    }

    pub(crate) fn rect(x: f64, y: f64, width: f64, height: f64) -> Self {
        Self::new("rect").at("x", x).at("y", y).at("width", width.max(0.0)).at("height", height.max(0.0))
    }

    pub(crate) fn line(from: (f64, f64), to: (f64, f64)) -> Self {
        Self::new("line").at("x1", from.0).at("y1", from.1).at("x2", to.0).at("y2", to.1)
    }

    pub(crate) fn circle(x: f64, y: f64, radius: f64) -> Self {
        Self::new("circle").at("cx", x).at("cy", y).at("r", radius)
    }

    /// Closed rings, filled by the even-odd rule: a ring within a ring is a hole.
    pub(crate) fn rings<'a>(rings: impl IntoIterator<Item = &'a [(f64, f64)]>) -> Self {
        let mut path = String::new();
        for ring in rings {
            for (index, (x, y)) in ring.iter().enumerate() {
                let (command, x, y) = (if index == 0 { 'M' } else { 'L' }, number(*x), number(*y));
                path.push_str(&format!("{command}{x} {y}"));
            }
            if !ring.is_empty() {
                path.push('Z');
            }
        }
        Self::new("path").set("d", path).set("fill-rule", "evenodd")
    }

    /// A PNG image, embedded in the document.
    pub(crate) fn png(x: f64, y: f64, width: f64, height: f64, png: &[u8]) -> Self {
        Self::new("image")
            .at("x", x)
            .at("y", y)
            .at("width", width)
            .at("height", height)
            .set("preserveAspectRatio", "none")
            .set("href", format!("data:image/png;base64,{}", STANDARD.encode(png)))
    }

    fn text(x: f64, y: f64, anchor: Anchor) -> Self {
        let shape = Self::new("text").at("x", x).at("y", y);
        match anchor {
            Anchor::Start => shape,
            Anchor::Middle => shape.set("text-anchor", "middle"),
            Anchor::End => shape.set("text-anchor", "end"),
        }
    }

    /// Sets an attribute.
    pub(crate) fn set(mut self, name: &'static str, value: impl Display) -> Self {
        self.start.push_attribute((name, legal(&value.to_string()).as_str()));
        self
    }

    /// Sets an attribute that is a place or a length.
    pub(crate) fn at(self, name: &'static str, value: f64) -> Self {
        self.set(name, number(value))
    }

    pub(crate) fn fill(mut self, paint: Paint) -> Self {
        self.classes.push(format!("eoap-fill-{}", paint.word()));
        self.paints.push(paint);
        self.set("fill", paint.shades().0)
    }

    pub(crate) fn stroke(mut self, paint: Paint, width: f64) -> Self {
        self.classes.push(format!("eoap-stroke-{}", paint.word()));
        self.paints.push(paint);
        self.set("stroke", paint.shades().0).at("stroke-width", width)
    }

    /// Only its edge is drawn.
    pub(crate) fn hollow(self) -> Self {
        self.set("fill", "none")
    }
}

/// A number in the document: at most hundredths, without zeros at the end. NaN and infinity become 0.
pub(crate) fn number(value: f64) -> String {
    let rounded = if value.is_finite() { (value * 100.0).round() / 100.0 } else { 0.0 };
    // Adding 0 turns -0 into 0.
    format!("{}", rounded + 0.0)
}

/// Text without the characters that XML 1.0 does not have (clause 2.2). A replacement character takes the
/// place of each.
fn legal(text: &str) -> String {
    let is_legal = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    text.chars().map(|c| if is_legal(c) { c } else { '\u{fffd}' }).collect()
}

/// The approximate width of text in a picture. The reader's typeface is unknown, so this is rather too wide
/// for most.
pub(crate) fn text_width(text: &str) -> f64 {
    let width = |c: char| match c {
        'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | '.' | ',' | ':' | ';' | '|' | '\'' | '!' | '(' | ')' | ' ' | '-' | '/' => 0.36,
        'm' | 'w' | 'M' | 'W' | '%' | '@' | '—' | '…' => 0.92,
        'A'..='Z' | '_' => 0.7,
        c if c.is_ascii() => 0.58,
        // Ideographs and emoji are as wide as they are high.
        c if u32::from(c) >= 0x2e80 => 1.05,
        _ => 0.62,
    };
    text.chars().map(width).sum::<f64>() * TEXT_SIZE
}

/// The text, cut in its middle to fit this width: identifiers differ at their ends.
pub(crate) fn fitted(text: &str, width: f64) -> String {
    if text_width(text) <= width {
        return text.to_owned();
    }
    let characters: Vec<char> = text.chars().collect();
    let cut = |kept: usize| {
        let head: String = characters[..kept.div_ceil(2)].iter().collect();
        let tail: String = characters[characters.len() - kept / 2..].iter().collect();
        format!("{head}…{tail}")
    };
    let kept = (0..characters.len()).rev().find(|kept| text_width(&cut(*kept)) <= width).unwrap_or(0);
    cut(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_comes_from_elsewhere_is_escaped_wherever_it_stands() {
        let evil = "<script>alert(\"1\" & '2')</script>\u{1}\u{0}]]>";
        let mut svg = Svg::new(10.0, 10.0, evil, evil);
        svg.draw_named(Shape::rect(0.0, 0.0, 1.0, 1.0).set("data-name", evil), evil);
        svg.text(0.0, 0.0, Anchor::End, Paint::Text, evil);
        svg.heading(0.0, 0.0, evil);
        let text = svg.finish();
        assert!(!text.contains("<script") && !text.contains('\u{1}') && !text.contains('\u{0}'), "{text}");
        let mut reader = quick_xml::Reader::from_str(&text);
        let mut count = 0;
        loop {
            match reader.read_event().expect("well-formed XML") {
                Event::Eof => break,
                Event::Start(_) | Event::Empty(_) => count += 1,
                _ => {}
            }
        }
        assert_eq!(count, 9, "{text}");
    }

    #[test]
    fn numbers_are_short_and_always_numbers() {
        let written = [1.0, 0.1 + 0.2, -0.001, 1e-9, 123.456, f64::NAN, f64::INFINITY].map(number);
        assert_eq!(written, ["1", "0.3", "0", "0", "123.46", "0", "0"]);
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(fitted("short", 100.0), "short");
        let cut = fitted("LC08_L2SP_044032_20231208_02_T1", 100.0);
        assert!(cut.starts_with("LC08_") && cut.ends_with("02_T1") && cut.contains('…'), "{cut}");
        assert!(text_width(&cut) <= 100.0);
        assert_eq!(fitted("日本語", 1.0), "…");
    }
}
