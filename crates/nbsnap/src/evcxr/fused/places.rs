//! Text of a program under construction, which remembers where in the notebook each piece of it comes from.
//!
//! The main type is [`Text`]. It knows lines and columns, and nothing of Rust.

/// A place in a file or cell: line and column from 1, columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) line: u32,
    pub(crate) column: u32,
}

impl Place {
    /// The place that lies `text` further on.
    fn after(self, text: &str) -> Place {
        let count = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
        match text.rsplit_once('\n') {
            None => Place { column: self.column + count(text), ..self },
            Some((before, last)) => {
                let lines = u32::try_from(before.matches('\n').count() + 1).unwrap_or(u32::MAX);
                Place { line: self.line + lines, column: 1 + count(last) }
            }
        }
    }
}

/// The place of a byte in a text.
pub(crate) fn place_of(text: &str, byte: usize) -> Place {
    Place { line: 1, column: 1 }.after(&text[..byte])
}

/// What a piece of the program is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// A cell's own text, which begins there in the cell.
    Cell(Place),
    /// The check that evcxr could keep a variable, which stands there in the cell.
    Keep { variable: String, from: Place, to: Place },
    /// The call that shows a cell's last expression.
    Display,
}

/// A piece of the program that belongs to a cell.
#[derive(Clone, Debug)]
pub(crate) struct Piece {
    from: Place,
    to: Place,
    /// The cell's number.
    pub(crate) cell: usize,
    pub(crate) origin: Origin,
}

/// The program so far.
#[derive(Clone, Debug)]
pub(crate) struct Text {
    pub(crate) text: String,
    at: Place,
    pieces: Vec<Piece>,
}

impl Text {
    pub(crate) fn new() -> Text {
        Text { text: String::new(), at: Place { line: 1, column: 1 }, pieces: Vec::new() }
    }

    /// Adds text that no cell is to blame for.
    pub(crate) fn push(&mut self, text: &str) {
        self.text.push_str(text);
        self.at = self.at.after(text);
    }

    /// Adds text that belongs to a cell.
    pub(crate) fn push_of(&mut self, cell: usize, origin: Origin, text: &str) {
        let from = self.at;
        self.push(text);
        self.pieces.push(Piece { from, to: self.at, cell, origin });
    }

    /// The piece that a place of the program lies in.
    pub(crate) fn piece(&self, place: Place) -> Option<&Piece> {
        self.pieces.iter().find(|piece| piece.from <= place && place < piece.to)
    }

    /// The piece that a place of the program lies in or right after.
    pub(crate) fn piece_until(&self, place: Place) -> Option<&Piece> {
        self.piece(place).or_else(|| self.pieces.iter().rev().find(|piece| piece.from < place && place == piece.to))
    }

    /// The first piece of a cell's own text that begins between two places of the program, and where it begins.
    pub(crate) fn first_of_cell(&self, from: Place, to: Place) -> Option<(&Piece, Place)> {
        let own = |piece: &&Piece| matches!(piece.origin, Origin::Cell(_)) && from <= piece.from && piece.from < to;
        self.pieces.iter().find(own).map(|piece| (piece, piece.from))
    }

    /// The cell and the place in it that a place of the program comes from.
    pub(crate) fn in_cell(&self, place: Place) -> Option<(usize, Place)> {
        let piece = self.piece(place)?;
        Some((piece.cell, piece.in_cell(place)?))
    }
}

impl Piece {
    /// Where in its cell a place of the program is, or the place right after this piece.
    pub(crate) fn in_cell(&self, place: Place) -> Option<Place> {
        let Origin::Cell(begin) = self.origin else { return None };
        let line = begin.line + (place.line - self.from.line);
        let column = if place.line == self.from.line { begin.column + (place.column - self.from.column) } else { place.column };
        Some(Place { line, column })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_of_the_program_is_found_in_its_cell() {
        let source = "// ü\nlet a = 1;\n  let b = 2;";
        let mut text = Text::new();
        text.push("fn x() {\n");
        text.push_of(3, Origin::Cell(place_of(source, 6)), &source[6..]);
        text.push_of(3, Origin::Display, "(b).show()");
        let at = |line, column| text.in_cell(Place { line, column }).map(|(cell, place)| (cell, place.line, place.column));
        assert_eq!(at(2, 5), Some((3, 2, 5)));
        assert_eq!(at(3, 7), Some((3, 3, 7)));
        assert_eq!(at(1, 1), None);
        assert_eq!(at(3, 14), None, "that is generated");
        assert_eq!(text.piece(Place { line: 3, column: 14 }).unwrap().origin, Origin::Display);
    }

    #[test]
    fn columns_count_characters() {
        assert_eq!(place_of("größe\nä = 1", 11), Place { line: 2, column: 3 });
    }
}
