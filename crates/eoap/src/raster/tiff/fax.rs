//! Fax data of one dimension and of group 3 (TIFF 6.0 section 10; CCITT T.4), by the codes of the crate
//! `fax`.
//!
//! `tiff` decodes group 4 alone. The crate `fax` knows rows of group 3 of one dimension; here are those
//! of two dimensions, too, and rows without marks between them.

use std::convert::Infallible;

use fax::{
    BitReader, ByteReader, Color,
    maps::{Mode, black, mode, white},
};

/// How rows follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// Each begins with a byte (compression 2).
    AtBytes,
    /// A mark is between them; with `true`, each mark says whether its row is described by the row before
    /// (compression 3).
    AtMarks(bool),
}

/// Zero bits that no code begins with: a mark, or what fills up the bits before it.
const MARK_BITS: u8 = 9;

/// Rows of bits, each of whole bytes: 0 for a white pixel, 1 for a black one.
pub(crate) fn decode(data: &[u8], width: u32, count: u32, rows: Rows) -> Result<Vec<u8>, String> {
    // The last code is looked up in more bits than it has; zeros are no code.
    let bytes = data.iter().copied().chain([0; 2]);
    let Ok(reader) = ByteReader::new(bytes.map(Ok::<_, Infallible>));
    let mut reader = Reader(reader);
    let row_bytes = width.div_ceil(8) as usize;
    let mut out = vec![0; row_bytes * count as usize];
    let mut before = Vec::new();
    for (number, bits) in out.chunks_exact_mut(row_bytes).enumerate() {
        let row = reader.row(width, rows, &before);
        before = row.ok_or_else(|| format!("a tile or strip is damaged: its fax data is not right in row {number}"))?;
        for pair in before.chunks(2) {
            let end = pair.get(1).copied().unwrap_or(width);
            (pair[0]..end).for_each(|column| bits[column as usize / 8] |= 0x80 >> (column % 8));
        }
    }
    Ok(out)
}

struct Reader<I>(ByteReader<I>);

impl<I: Iterator<Item = Result<u8, Infallible>>> Reader<I> {
    /// The columns at which a row changes its colour; it begins with white. Nothing if the data is damaged.
    fn row(&mut self, width: u32, rows: Rows, before: &[u32]) -> Option<Vec<u32>> {
        match rows {
            Rows::AtBytes => {
                let row = self.by_runs(width)?;
                self.skip(self.0.bits_to_byte_boundary());
                Some(row)
            }
            Rows::AtMarks(has_both) => {
                let is_marked = self.pass_mark();
                let is_alone = !has_both || (is_marked && self.bit()?);
                if is_alone { self.by_runs(width) } else { self.by_row_before(width, before) }
            }
        }
    }

    /// Passes the mark of a row's end, if there is one.
    fn pass_mark(&mut self) -> bool {
        if self.0.peek(MARK_BITS) != Some(0) {
            return false;
        }
        while self.0.peek(1) == Some(0) {
            self.skip(1);
        }
        self.skip(1);
        true
    }

    /// A row described by the lengths of its runs.
    fn by_runs(&mut self, width: u32) -> Option<Vec<u32>> {
        let (mut changes, mut at, mut colour) = (Vec::new(), 0, Color::White);
        while at < width {
            at = self.run(colour)?.checked_add(at)?;
            changes.push(at);
            colour = !colour;
        }
        within(changes, width)
    }

    /// A row described by where it differs from the one before it.
    fn by_row_before(&mut self, width: u32, before: &[u32]) -> Option<Vec<u32>> {
        let (mut changes, mut at, mut colour) = (Vec::new(), 0, Color::White);
        let mut is_begin = true;
        while at < width {
            // The next change to the other colour, right of here, and the one after it.
            let to_other = if colour == Color::White { 0 } else { 1 };
            let next =
                (to_other..before.len()).step_by(2).find(|number| before[*number] > at || (is_begin && before[*number] == 0));
            let first = next.map_or(width, |number| before[number]);
            match mode::decode(&mut self.0)? {
                Mode::Pass => at = next.and_then(|number| before.get(number + 1)).map_or(width, |column| *column),
                Mode::Horizontal => {
                    for colour in [colour, !colour] {
                        at = self.run(colour)?.checked_add(at)?;
                        changes.push(at);
                    }
                }
                Mode::Vertical(by) => {
                    at = first.checked_add_signed(by.into())?;
                    changes.push(at);
                    colour = !colour;
                }
                Mode::Extension | Mode::EOF => return None,
            }
            is_begin = false;
        }
        within(changes, width)
    }

    /// The length of a run: codes of multiples of 64, then one of less.
    fn run(&mut self, colour: Color) -> Option<u32> {
        let mut length = 0_u32;
        loop {
            let code = match colour {
                Color::White => white::decode(&mut self.0)?,
                Color::Black => black::decode(&mut self.0)?,
            };
            length = length.checked_add(code.into())?;
            if code < 64 {
                return Some(length);
            }
        }
    }

    fn bit(&mut self) -> Option<bool> {
        let bit = self.0.peek(1)?;
        self.skip(1);
        Some(bit == 1)
    }

    fn skip(&mut self, bits: u8) {
        let Ok(()) = self.0.consume(bits);
    }
}

/// The changes within a row; nothing if they are not in order, or go beyond its end.
fn within(mut changes: Vec<u32>, width: u32) -> Option<Vec<u32>> {
    if !changes.is_sorted() || changes.last().is_some_and(|last| *last > width) {
        return None;
    }
    changes.retain(|change| *change < width);
    Some(changes)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes of bits in words.
    fn bytes(bits: &str) -> Vec<u8> {
        let bits: Vec<u8> = bits.bytes().filter(|bit| *bit != b' ').map(|bit| bit - b'0').collect();
        bits.chunks(8).map(|byte| byte.iter().enumerate().map(|(at, bit)| bit << (7 - at)).sum()).collect()
    }

    #[test]
    fn rows_begin_with_bytes() {
        // Two white, three black, three white; then eight black.
        let data = bytes("0111 10 1000 000000 00110101 000101");
        assert_eq!(decode(&data, 8, 2, Rows::AtBytes), Ok(vec![0b0011_1000, 0xff]));
        let error = decode(&data, 8, 3, Rows::AtBytes).expect_err("two rows");
        assert!(error.contains("row 2"), "{error}");
    }

    #[test]
    fn rows_are_described_by_the_one_before() {
        let mark = "000000000001";
        // The same row, then one with its black a pixel to the right, then one without black.
        let data = bytes(&format!("{mark}1 0111 10 1000 {mark}0 1 1 1 {mark}0 011 011 1 {mark}0 0001 1"));
        let rows = [0b0011_1000, 0b0011_1000, 0b0001_1100, 0];
        assert_eq!(decode(&data, 8, 4, Rows::AtMarks(true)), Ok(rows.to_vec()));
        assert!(decode(&bytes(&format!("{mark}1 0111 10 1000 {mark}0 0000001111")), 8, 2, Rows::AtMarks(true)).is_err());
    }

    #[test]
    fn damaged_rows_do_no_harm() {
        for seed in 0..200_u32 {
            let data: Vec<u8> =
                (0..64_u32).map(|at| (seed.wrapping_mul(2_654_435_761).wrapping_add(at * at * 7919) >> 11) as u8).collect();
            for rows in [Rows::AtBytes, Rows::AtMarks(false), Rows::AtMarks(true)] {
                let _ = decode(&data, 100, 20, rows);
            }
        }
    }
}
