//! Names of compressions (TIFF tag 259). Unpacks nothing.

use tiff::tags::CompressionMethod;

/// The name that rasterio has for a compression; nothing for uncompressed data.
pub(crate) fn name(compression: CompressionMethod) -> Option<String> {
    let name = match compression {
        CompressionMethod::None => return None,
        CompressionMethod::Huffman => "ccittrle",
        CompressionMethod::Fax3 => "ccittfax3",
        CompressionMethod::Fax4 => "ccittfax4",
        CompressionMethod::LZW => "lzw",
        CompressionMethod::ModernJPEG => "jpeg",
        CompressionMethod::Deflate | CompressionMethod::OldDeflate => "deflate",
        CompressionMethod::PackBits => "packbits",
        CompressionMethod::ZSTD => "zstd",
        CompressionMethod::WebP => "webp",
        // What `tiff` has no name for.
        other => match other.to_u16() {
            34887 => "lerc",
            50002 => "jxl",
            34925 => "lzma",
            other => return Some(format!("compression {other}")),
        },
    };
    Some(name.to_owned())
}

/// Why a chunk with an unsupported compression cannot be read.
pub(crate) fn unknown(compression: CompressionMethod) -> String {
    let name = name(compression).unwrap_or_default();
    format!(
        "it is compressed as {name}; this library reads LZW, Deflate, Zstandard, PackBits, JPEG, WebP, fax data (CCITT groups 3 and 4) of one band, and uncompressed data; convert it with `gdal_translate -co COMPRESS=DEFLATE`"
    )
}

/// Whether a predictor means something with a compression. For others libtiff ignores it.
pub(crate) fn is_predicted(compression: CompressionMethod) -> bool {
    use CompressionMethod::{Deflate, LZW, OldDeflate, ZSTD};
    matches!(compression, LZW | Deflate | OldDeflate | ZSTD)
}
