//! Predictors: chunks that hold differences instead of values (TIFF 6.0 section 14; Adobe TIFF Technical Note 3).
//!
//! Works on one row of little-endian samples, in place.

/// Predictor 2: each value is stored as the difference to its left neighbour of the same band.
pub(crate) fn undo_differences(row: &mut [u8], stride: usize, size: usize) {
    match size {
        1 => undo_differences_of::<1>(row, stride, |a, b| [a[0].wrapping_add(b[0])]),
        2 => undo_differences_of(row, stride, |a, b| u16::from_le_bytes(a).wrapping_add(u16::from_le_bytes(b)).to_le_bytes()),
        4 => undo_differences_of(row, stride, |a, b| u32::from_le_bytes(a).wrapping_add(u32::from_le_bytes(b)).to_le_bytes()),
        _ => undo_differences_of(row, stride, |a, b| u64::from_le_bytes(a).wrapping_add(u64::from_le_bytes(b)).to_le_bytes()),
    }
}

fn undo_differences_of<const N: usize>(row: &mut [u8], stride: usize, sum: impl Fn([u8; N], [u8; N]) -> [u8; N]) {
    let (values, _) = row.as_chunks_mut::<N>();
    for index in stride..values.len() {
        values[index] = sum(values[index], values[index - stride]);
    }
}

/// Predictor 3: the bytes of a row, sorted by significance (the most significant of all values first), as differences.
pub(crate) fn undo_float_differences(row: &mut [u8], stride: usize, size: usize) {
    for at in stride..row.len() {
        row[at] = row[at].wrapping_add(row[at - stride]);
    }
    let count = row.len() / size;
    let planes = row.to_vec();
    for value in 0..count {
        for byte in 0..size {
            row[value * size + byte] = planes[(size - 1 - byte) * count + value];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_wrap_around() {
        let mut row = [250, 1, 10, 1];
        undo_differences(&mut row, 2, 1);
        assert_eq!(row, [250, 1, 4, 2]);
        let mut row = [0xff, 0xff, 2, 0];
        undo_differences(&mut row, 1, 2);
        assert_eq!(row, [0xff, 0xff, 1, 0]);
    }

    #[test]
    fn bytes_of_floats_are_put_together_again() {
        // 1.0 and 2.0 in 32 bits: 3f800000 40000000, sorted by significance, as differences.
        let mut row = [0x3f, 0x01, 0x40, 0x80, 0x00, 0x00, 0x00, 0x00];
        undo_float_differences(&mut row, 1, 4);
        assert_eq!(row, [0x00, 0x00, 0x80, 0x3f, 0x00, 0x00, 0x00, 0x40]);
    }
}
