//! Decides whether a cell produced what its snapshot holds: text exactly, JSON as values, PNG by pixels.
//!
//! This module reads and writes no file; who calls it brings the bytes.

use std::collections::BTreeMap;

use super::blob::Blob;
use super::body::{Body, Content, Section, SectionName, is_json};

/// How far a PNG may be from its snapshot. The default allows no difference.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Tolerance {
    /// How much a colour channel of a pixel may differ, of 255, without the pixel counting as different.
    pub channel: u8,
    /// Which share of the pixels may be different, from 0 to 1.
    pub pixels: f64,
}

/// Whether `actual`, whose binary data is `files`, is what `expected` holds. `recorded` reads binary data that was recorded.
pub(crate) fn same(
    expected: &Body,
    actual: &Body,
    files: &BTreeMap<String, Vec<u8>>,
    recorded: impl Fn(&Blob) -> Option<Vec<u8>>,
    tolerance: Tolerance,
) -> bool {
    expected.sections.len() == actual.sections.len()
        && actual.sections.iter().all(|section| {
            let Some(other) = expected.sections.iter().find(|other| other.name == section.name) else { return false };
            same_section(other, section, |expected, actual| {
                let (Some(expected), Some(actual)) = (recorded(expected), files.get(&actual.file)) else { return false };
                same_picture(&expected, actual, tolerance)
            })
        })
}

fn same_section(expected: &Section, actual: &Section, same_picture: impl Fn(&Blob, &Blob) -> bool) -> bool {
    match (&expected.content, &actual.content) {
        (Content::Text(expected), Content::Text(text)) if expected == text => true,
        (Content::Text(expected), Content::Text(text)) => {
            let SectionName::Mime(mime) = &actual.name else { return false };
            let json = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
            is_json(mime) && json(expected).is_some_and(|expected| Some(expected) == json(text))
        }
        (Content::Blob(expected), Content::Blob(blob)) => {
            let is_png = matches!(&actual.name, SectionName::Mime(mime) if mime == "image/png");
            expected.sha256 == blob.sha256 || (is_png && expected.pixels == blob.pixels && same_picture(expected, blob))
        }
        (Content::Text(_), Content::Blob(_)) | (Content::Blob(_), Content::Text(_)) => false,
    }
}

/// Whether two PNGs show the same, however they are encoded. What cannot be decoded is not the same.
fn same_picture(expected: &[u8], actual: &[u8], tolerance: Tolerance) -> bool {
    let (Some(expected), Some(actual)) = (Picture::decode(expected), Picture::decode(actual)) else { return false };
    if expected.size != actual.size || expected.pixels.len() != actual.pixels.len() {
        return false;
    }
    let allowed = u16::from(tolerance.channel) * 257;
    let differs =
        |(one, other): &(&[u16; 4], &[u16; 4])| one.iter().zip(*other).any(|(one, other)| one.abs_diff(*other) > allowed);
    let different = expected.pixels.iter().zip(&actual.pixels).filter(differs).count();
    different as f64 <= tolerance.pixels * expected.pixels.len() as f64
}

/// A decoded PNG: red, green, blue and alpha with 16 bits each, so that no format loses anything.
struct Picture {
    size: (u32, u32),
    pixels: Vec<[u16; 4]>,
}

impl Picture {
    fn decode(content: &[u8]) -> Option<Picture> {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(content));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().ok()?;
        if reader.info().animation_control.is_some() {
            return None; // Only the first picture would be seen.
        }
        let mut buffer = vec![0; reader.output_buffer_size()?];
        let frame = reader.next_frame(&mut buffer).ok()?;
        let samples: Vec<u16> = match frame.bit_depth {
            png::BitDepth::Eight => buffer.iter().map(|sample| u16::from(*sample) * 257).collect(),
            png::BitDepth::Sixteen => buffer.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]])).collect(),
            _ => return None,
        };
        let pixels = samples.chunks_exact(frame.color_type.samples()).map(|pixel| match *pixel {
            [grey] => [grey, grey, grey, u16::MAX],
            [grey, alpha] => [grey, grey, grey, alpha],
            [red, green, blue] => [red, green, blue, u16::MAX],
            [red, green, blue, alpha, ..] => [red, green, blue, alpha],
            [] => [0; 4],
        });
        Some(Picture { size: (frame.width, frame.height), pixels: pixels.collect() })
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::record::CellRecord;

    /// A picture of 2 × 1 pixels, the right one with the given colour.
    pub(crate) fn png(colour: [u8; 3], compression: png::Compression, alpha: bool) -> Vec<u8> {
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, 2, 1);
        encoder.set_color(if alpha { png::ColorType::Rgba } else { png::ColorType::Rgb });
        encoder.set_compression(compression);
        let mut data = Vec::new();
        for pixel in [[1, 2, 3], colour] {
            data.extend(pixel);
            data.extend(alpha.then_some(255));
        }
        encoder.write_header().unwrap().write_image_data(&data).unwrap();
        out
    }

    fn bodies_are_same(mime: &str, expected: &str, actual: &str) -> bool {
        let render = |content: &str| {
            let outputs = BTreeMap::from([(mime.to_owned(), content.to_owned())]);
            Body::render("a", &CellRecord { outputs, ..CellRecord::default() })
        };
        let ((expected, recorded), (actual, files)) = (render(expected), render(actual));
        same(&expected, &actual, &files, |blob| recorded.get(&blob.file).cloned(), Tolerance::default())
    }

    #[test]
    fn json_is_compared_as_values_and_text_exactly() {
        assert!(bodies_are_same("application/json", r#"{"a":1,"b":2}"#, "{ \"b\": 2,\n\"a\": 1 }"));
        assert!(!bodies_are_same("application/json", r#"{"a":1}"#, r#"{"a":2}"#));
        assert!(!bodies_are_same("application/json", r#"[1,2]"#, r#"[2,1]"#));
        assert!(bodies_are_same("application/json", "not json", "not json"));
        assert!(!bodies_are_same("text/plain", r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#));
        assert!(!bodies_are_same("text/plain", "a", "a "));
        assert!(!bodies_are_same("text/plain", "a", "a\n"));
    }

    #[test]
    fn png_is_compared_by_pixels() {
        let one = png([9, 9, 9], png::Compression::Fast, false);
        let encoded_otherwise = png([9, 9, 9], png::Compression::NoCompression, true);
        let other = png([9, 9, 12], png::Compression::Fast, false);
        assert_ne!(one, encoded_otherwise);
        assert!(same_picture(&one, &encoded_otherwise, Tolerance::default()));
        assert!(!same_picture(&one, &other, Tolerance::default()));
        assert!(!same_picture(&one, &other, Tolerance { channel: 2, pixels: 0.0 }));
        assert!(same_picture(&one, &other, Tolerance { channel: 3, pixels: 0.0 }));
        assert!(same_picture(&one, &other, Tolerance { channel: 0, pixels: 0.5 }));
        assert!(!same_picture(&one, b"no picture", Tolerance { channel: 255, pixels: 1.0 }));
    }
}
