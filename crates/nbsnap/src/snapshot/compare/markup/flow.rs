//! Text as it is shown: white space collapses as it does on a page, across inline elements and up to the end
//! of a line.
//!
//! The main type is [`Flow`]. The readers of markup give it tags and text; it knows no syntax.

use std::fmt::Write as _;

/// Markup in one spelling, piece by piece.
#[derive(Debug, Default)]
pub(super) struct Flow {
    pieces: Vec<Piece>,
    /// Whether white space that comes now is not shown: a line begins, or a space was shown.
    after_space: bool,
    /// The piece that ends with a space which is not shown if the line ends here.
    last_space: Option<usize>,
}

#[derive(Debug)]
enum Piece {
    Tag(String),
    Text(String),
}

/// How an element behaves in a line of text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Display {
    /// Text goes on through it.
    Inline,
    /// It is shown in the line itself, as a picture is.
    Replaced,
    /// A line ends before it, and after it.
    Block,
}

impl Flow {
    /// Nothing yet: a line begins.
    pub(super) fn new() -> Flow {
        Flow { after_space: true, ..Flow::default() }
    }

    /// An element begins. Attributes need not be in order.
    pub(super) fn start(&mut self, name: &str, mut attributes: Vec<(String, String)>, display: Display) {
        self.meet(display);
        attributes.sort();
        let mut tag = format!("<{name}");
        for (name, value) in attributes {
            // Writing to a string cannot fail.
            let _ = write!(tag, " {name}=\"{}\"", escaped(&value).replace('"', "&quot;"));
        }
        self.pieces.push(Piece::Tag(tag + ">"));
    }

    /// An element ends.
    pub(super) fn end(&mut self, name: &str, display: Display) {
        self.meet(display);
        self.pieces.push(Piece::Tag(format!("</{name}>")));
    }

    fn meet(&mut self, display: Display) {
        match display {
            Display::Inline => {}
            Display::Replaced => (self.after_space, self.last_space) = (false, None),
            Display::Block => self.end_line(),
        }
    }

    /// A line ends: white space before that is not shown.
    fn end_line(&mut self) {
        if let Some(Piece::Text(text)) = self.last_space.take().and_then(|at| self.pieces.get_mut(at)) {
            text.pop();
        }
        self.after_space = true;
    }

    /// Text whose white space collapses.
    pub(super) fn text(&mut self, text: &str) {
        for character in text.chars() {
            if !character.is_ascii_whitespace() {
                self.push(character);
                (self.after_space, self.last_space) = (false, None);
            } else if !self.after_space {
                self.push(' ');
                (self.after_space, self.last_space) = (true, Some(self.pieces.len() - 1));
            }
        }
    }

    /// Text that is shown, or means, exactly what it is.
    pub(super) fn verbatim(&mut self, text: &str) {
        text.chars().for_each(|character| self.push(character));
        if !text.is_empty() {
            (self.after_space, self.last_space) = (false, None);
        }
    }

    fn push(&mut self, character: char) {
        match self.pieces.last_mut() {
            Some(Piece::Text(text)) => text.push(character),
            _ => self.pieces.push(Piece::Text(character.into())),
        }
    }

    /// One tag or text a line.
    pub(super) fn finish(mut self) -> String {
        self.end_line();
        let lines = self.pieces.into_iter().filter_map(|piece| match piece {
            Piece::Tag(tag) => Some(tag),
            Piece::Text(text) => (!text.is_empty()).then(|| escaped(&text)),
        });
        lines.collect::<Vec<String>>().join("\n")
    }
}

/// Text in which nothing can be taken for a tag.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}
