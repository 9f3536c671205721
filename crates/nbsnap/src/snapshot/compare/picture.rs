//! Pictures by their pixels, however they are encoded, and a picture of what differs.
//!
//! The main type is [`PictureDifference`]. It reads PNG and JPEG. Pictures of other formats are the same only
//! byte by byte.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::tolerance::Tolerance;

/// How two pictures differ.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub struct PictureDifference {
    /// The recorded picture, as it is in its file.
    pub expected: Vec<u8>,
    /// The picture now.
    pub actual: Vec<u8>,
    /// A PNG of what differs: the recorded picture, faded, with red where a pixel is not as recorded. None if
    /// the sizes differ, or one of the pictures cannot be read.
    pub difference: Option<Vec<u8>>,
    /// How they differ, in words.
    pub summary: String,
}

impl std::fmt::Debug for PictureDifference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PictureDifference({})", self.summary)
    }
}

/// How two pictures differ by more than is allowed: `None` if they do not, `Some(None)` if this module cannot
/// read them.
pub(super) fn difference(expected: &[u8], actual: &[u8], tolerance: &Tolerance) -> Option<Option<PictureDifference>> {
    let told = |summary: String, difference| {
        Some(Some(PictureDifference { expected: expected.to_owned(), actual: actual.to_owned(), difference, summary }))
    };
    let (one, other) = match (Picture::decode(expected), Picture::decode(actual)) {
        (Some(one), Some(other)) => (one, other),
        (None, None) => return Some(None),
        (None, Some(_)) => return told("the recorded picture cannot be read".into(), None),
        (Some(_), None) => return told("the picture cannot be read".into(), None),
    };
    if one.size != other.size {
        let ((width, height), (new_width, new_height)) = (one.size, other.size);
        return told(format!("{width} × {height} pixels were recorded, now there are {new_width} × {new_height}"), None);
    }
    let allowed = u16::from(tolerance.channel) * 257;
    let distance =
        |(one, other): (&[u16; 4], &[u16; 4])| one.iter().zip(other).map(|(one, other)| one.abs_diff(*other)).max().unwrap_or(0);
    let distances: Vec<u16> = one.pixels.iter().zip(&other.pixels).map(distance).collect();
    let different = distances.iter().filter(|distance| **distance > allowed).count();
    if different as f64 <= tolerance.pixels * distances.len() as f64 {
        return None;
    }
    let share = 100.0 * different as f64 / distances.len() as f64;
    // No more than 255, as 257 of the 65536 steps are one of the 256.
    let most = f64::from(distances.iter().copied().max().unwrap_or(0)) / 257.0;
    let summary = format!("{different} of {} pixels differ ({share:.2} %), by up to {most:.0} of 255", distances.len());
    told(summary, one.marked(&distances, allowed))
}

/// A decoded picture: red, green, blue and alpha with 16 bits each, so that no format loses anything.
struct Picture {
    size: (usize, usize),
    pixels: Vec<[u16; 4]>,
}

impl Picture {
    fn decode(content: &[u8]) -> Option<Picture> {
        if content.starts_with(b"\xff\xd8\xff") { Picture::decode_jpeg(content) } else { Picture::decode_png(content) }
    }

    fn decode_jpeg(content: &[u8]) -> Option<Picture> {
        let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::RGB);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(content), options);
        let samples = decoder.decode().ok()?;
        let size = decoder.dimensions()?;
        let wide = |sample: u8| u16::from(sample) * 257;
        let pixels = samples.chunks_exact(3).map(|pixel| [wide(pixel[0]), wide(pixel[1]), wide(pixel[2]), u16::MAX]).collect();
        Some(Picture { size, pixels })
    }

    fn decode_png(content: &[u8]) -> Option<Picture> {
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
        Some(Picture { size: (frame.width as usize, frame.height as usize), pixels: pixels.collect() })
    }

    /// A PNG of this picture, faded and grey, with red where the distance is more than allowed. The greater
    /// the distance, the redder.
    fn marked(&self, distances: &[u16], allowed: u16) -> Option<Vec<u8>> {
        let mut samples = Vec::with_capacity(3 * distances.len());
        for ([red, green, blue, alpha], distance) in self.pixels.iter().zip(distances) {
            // The high byte of 16 bits is the value of eight.
            let [red, green, blue, alpha] = [red, green, blue, alpha].map(|sample| u32::from(sample >> 8));
            let grey = (red * 299 + green * 587 + blue * 114) / 1000;
            let on_white = (grey * alpha + 255 * (255 - alpha)) / 255;
            let faded = u8::try_from(255 - (255 - on_white) / 4).unwrap_or(u8::MAX);
            let strength = u8::try_from(u32::from(*distance >> 8) / 2).unwrap_or(0);
            samples.extend(if *distance > allowed {
                [255, 110 - strength.min(110), 110 - strength.min(110)]
            } else {
                [faded; 3]
            });
        }
        let mut out = Vec::new();
        let (width, height) = (u32::try_from(self.size.0).ok()?, u32::try_from(self.size.1).ok()?);
        let mut encoder = png::Encoder::new(&mut out, width, height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.write_header().ok()?.write_image_data(&samples).ok()?;
        Some(out)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

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

    fn told(one: &[u8], other: &[u8], channel: u8, pixels: f64) -> Option<PictureDifference> {
        difference(one, other, &Tolerance { channel, pixels, ..Tolerance::default() }).map(Option::unwrap)
    }

    #[test]
    fn png_is_compared_by_pixels() {
        let one = png([9, 9, 9], png::Compression::Fast, false);
        let encoded_otherwise = png([9, 9, 9], png::Compression::NoCompression, true);
        let other = png([9, 9, 12], png::Compression::Fast, false);
        assert_ne!(one, encoded_otherwise);
        assert_eq!(told(&one, &encoded_otherwise, 0, 0.0), None);
        let difference = told(&one, &other, 0, 0.0).unwrap();
        assert_eq!(difference.summary, "1 of 2 pixels differ (50.00 %), by up to 3 of 255");
        assert!(told(&one, &other, 2, 0.0).is_some());
        assert_eq!(told(&one, &other, 3, 0.0), None);
        assert_eq!(told(&one, &other, 0, 0.5), None);
        let marked = Picture::decode(&difference.difference.unwrap()).unwrap();
        let [grey, red] = marked.pixels[..] else { panic!("a picture of two pixels") };
        assert!(grey[0] == grey[1] && red[0] == u16::MAX && red[1] < u16::MAX / 2, "{grey:?} {red:?}");
    }

    #[test]
    fn pictures_that_cannot_be_read_or_have_another_size_say_so() {
        let one = png([9, 9, 9], png::Compression::Fast, false);
        assert_eq!(told(&one, b"no picture", 255, 1.0).unwrap().summary, "the picture cannot be read");
        assert_eq!(difference(b"GIF89a", b"GIF89b", &Tolerance::default()), Some(None));
        let mut wide = Vec::new();
        let mut encoder = png::Encoder::new(&mut wide, 1, 1);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.write_header().unwrap().write_image_data(&[0]).unwrap();
        assert_eq!(told(&one, &wide, 255, 1.0).unwrap().summary, "2 × 1 pixels were recorded, now there are 1 × 1");
    }

    #[test]
    fn jpeg_is_compared_by_pixels() {
        // 16 × 16 pixels each, written by libjpeg: one colour, another near to it, and the first one again,
        // progressive.
        let [one, near, progressive] = ["orange.jpg", "orange-near.jpg", "orange-progressive.jpg"].map(|name| {
            std::fs::read(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pictures").join(name)).unwrap()
        });
        assert_ne!(one, progressive);
        assert_eq!(told(&one, &progressive, 1, 0.0), None);
        let difference = told(&one, &near, 0, 0.0).unwrap();
        assert!(difference.summary.starts_with("256 of 256 pixels differ (100.00 %)"), "{}", difference.summary);
        assert_eq!(told(&one, &near, 12, 0.0), None);
    }
}
