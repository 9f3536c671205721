//! Writes a PNG image (ISO/IEC 15948): red, green, blue and opacity in 8 bits each.
//!
//! One kind of image is all that a preview needs, and the crates that compress are there already.

use std::io::Write;

use flate2::{Compression, Crc, write::ZlibEncoder};

/// The bytes of a PNG file with these pixels, row by row. `pixels` must have `width` × `height` entries.
pub(crate) fn encode(width: u32, height: u32, pixels: &[[u8; 4]]) -> Vec<u8> {
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = Vec::with_capacity(13);
    header.extend(width.to_be_bytes());
    header.extend(height.to_be_bytes());
    // 8 bits, colour type 6 (RGB and alpha), the only compression and filter methods, not interlaced.
    header.extend([8, 6, 0, 0, 0]);
    chunk(&mut png, b"IHDR", &header);
    let mut data = ZlibEncoder::new(Vec::new(), Compression::default());
    for row in pixels.chunks_exact(width.max(1) as usize) {
        // Each row begins with its filter: 0, none.
        let written = data.write_all(&[0]).and_then(|()| data.write_all(row.as_flattened()));
        written.expect("writing to memory does not fail");
    }
    chunk(&mut png, b"IDAT", &data.finish().expect("writing to memory does not fail"));
    chunk(&mut png, b"IEND", &[]);
    png
}

fn chunk(png: &mut Vec<u8>, name: &[u8; 4], data: &[u8]) {
    let mut crc = Crc::new();
    crc.update(name);
    crc.update(data);
    png.extend((data.len() as u32).to_be_bytes());
    png.extend(name);
    png.extend(data);
    png.extend(crc.sum().to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_reader_reads_it() {
        let pixels: Vec<[u8; 4]> = (0..6).map(|value| [value, value * 2, 255 - value, 128]).collect();
        let png = encode(3, 2, &pixels);
        let mut reader = png::Decoder::new(std::io::Cursor::new(png)).read_info().expect("header");
        let mut bytes = vec![0; reader.output_buffer_size().expect("size")];
        let info = reader.next_frame(&mut bytes).expect("image");
        assert_eq!((info.width, info.height, info.color_type), (3, 2, png::ColorType::Rgba));
        assert_eq!(bytes, pixels.as_flattened());
    }
}
