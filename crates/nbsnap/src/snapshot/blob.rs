//! Binary display data, such as a PNG: how the text of a snapshot describes it, and the file beside it that
//! holds the bytes.
//!
//! The main type is [`Blob`]. The file is named after the cell and the content, so a name always means the
//! same bytes. A tool that only renames the text, such as `cargo insta review`, need not know about the file.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

use crate::files::digest::digest;

/// How many hex digits of the content's hash a file name carries.
const NAME_DIGITS: usize = 12;

/// MIME types whose content Jupyter transports as base64, with the extension of their files.
const KNOWN: &[(&str, &str)] = &[
    ("image/png", "png"),
    ("image/jpeg", "jpg"),
    ("image/gif", "gif"),
    ("image/webp", "webp"),
    ("image/tiff", "tif"),
    ("application/pdf", "pdf"),
    ("application/octet-stream", "bin"),
];

/// A snapshot's description of binary display data.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blob {
    /// Width and height in pixels, where the format is one that is read here (PNG).
    pub pixels: Option<(u32, u32)>,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256 of the content, in hex.
    pub sha256: String,
    /// The file beside the snapshot that holds the content.
    pub file: String,
}

impl Blob {
    /// Describes `content`, the output of type `mime` of the cell `cell`.
    pub fn new(cell: &str, mime: &str, content: &[u8]) -> Blob {
        let sha256 = digest(content);
        let pixels = if mime == "image/png" { png_size(content) } else { None };
        let file = format!("{cell}.{}.{}", &sha256[..NAME_DIGITS], extension(mime));
        Blob { pixels, bytes: content.len() as u64, sha256, file }
    }

    /// The line that a snapshot holds in place of the content.
    pub(crate) fn to_line(&self) -> String {
        let Blob { bytes, sha256, file, .. } = self;
        match self.pixels {
            Some((width, height)) => format!("{width} × {height} pixels, {bytes} bytes, sha256 {sha256}, file {file}"),
            None => format!("{bytes} bytes, sha256 {sha256}, file {file}"),
        }
    }

    /// Reads what [`Blob::to_line`] wrote.
    pub(crate) fn from_line(line: &str) -> Option<Blob> {
        let (head, file) = line.split_once(", file ")?;
        let (head, sha256) = head.split_once(" bytes, sha256 ")?;
        let (pixels, bytes) = match head.split_once(" pixels, ") {
            Some((pixels, bytes)) => {
                let (width, height) = pixels.split_once(" × ")?;
                (Some((width.parse().ok()?, height.parse().ok()?)), bytes)
            }
            None => (None, head),
        };
        // The name is used as a path: it must be one that `new` could have made.
        let blob = Blob { pixels, bytes: bytes.parse().ok()?, sha256: sha256.to_owned(), file: file.to_owned() };
        sidecar_cell(file).is_some().then_some(blob)
    }
}

/// The bytes of `content`, if `mime` is a type that is transported as base64 and `content` is base64.
pub(crate) fn decode(mime: &str, content: &str) -> Option<Vec<u8>> {
    if !is_binary_type(mime) || content.trim().is_empty() {
        return None;
    }
    let digits: Vec<u8> = content.bytes().filter(|byte| !byte.is_ascii_whitespace()).collect();
    let lenient = GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    STANDARD.decode(&digits).ok().or_else(|| GeneralPurpose::new(&base64::alphabet::STANDARD, lenient).decode(&digits).ok())
}

/// Whether this is binary display data: of a type that is transported as base64, and really base64.
pub(crate) fn is_binary(mime: &str, content: &str) -> bool {
    decode(mime, content).is_some()
}

/// Whether Jupyter transports content of this type as base64.
fn is_binary_type(mime: &str) -> bool {
    let essence = essence(mime);
    (essence.starts_with("image/") && !essence.ends_with("+xml"))
        || essence.starts_with("audio/")
        || essence.starts_with("video/")
        || KNOWN.iter().any(|(known, _)| *known == essence)
}

/// The id of the cell to which a file belongs, if the file has a name that [`Blob::new`] makes.
pub(crate) fn sidecar_cell(file: &str) -> Option<&str> {
    let (cell, rest) = file.split_once('.')?;
    let (digits, extension) = rest.split_once('.')?;
    let is_id = !cell.is_empty() && cell.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    let is_hash = digits.len() == NAME_DIGITS && digits.chars().all(|c| matches!(c, '0'..='9' | 'a'..='f'));
    let is_extension = !extension.is_empty() && extension.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    (is_id && is_hash && is_extension && extension != "snap").then_some(cell)
}

/// A MIME type without its parameters.
pub(crate) fn essence(mime: &str) -> &str {
    mime.split(';').next().unwrap_or_default().trim()
}

fn extension(mime: &str) -> &'static str {
    let essence = essence(mime);
    KNOWN.iter().find(|(known, _)| *known == essence).map_or("bin", |(_, extension)| extension)
}

fn png_size(content: &[u8]) -> Option<(u32, u32)> {
    let reader = png::Decoder::new(std::io::Cursor::new(content)).read_info().ok()?;
    Some((reader.info().width, reader.info().height))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_blob_is_told_on_one_line_and_read_back() {
        for blob in
            [Blob::new("map", "image/jpeg", b"abc"), Blob { pixels: Some((640, 480)), ..Blob::new("a", "image/png", b"") }]
        {
            assert_eq!(Blob::from_line(&blob.to_line()), Some(blob));
        }
        let blob = Blob::new("map", "image/jpeg", b"abc");
        assert_eq!(
            blob.to_line(),
            "3 bytes, sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad, file map.ba7816bf8f01.jpg"
        );
        assert_eq!(Blob::from_line("3 bytes, sha256 ba, file ../../etc/passwd"), None);
    }

    #[test]
    fn only_types_that_jupyter_transports_as_base64_are_decoded() {
        assert_eq!(decode("image/png", "YWJj"), Some(b"abc".to_vec()));
        assert_eq!(decode("image/png", "YW\nJjZA\n"), Some(b"abcd".to_vec()));
        assert_eq!(decode("image/png", "not base64!"), None);
        assert_eq!(decode("image/svg+xml", "YWJj"), None);
        assert_eq!(decode("text/plain", "YWJj"), None);
    }

    #[test]
    fn sidecars_are_told_from_other_files() {
        assert_eq!(sidecar_cell("map.ba7816bf8f01.png"), Some("map"));
        for other in
            ["map.snap", "map.snap.new", "map.png", "map.ba7816bf8f0.png", "../map.ba7816bf8f01.png", ".ba7816bf8f01.png"]
        {
            assert_eq!(sidecar_cell(other), None, "{other}");
        }
    }
}
