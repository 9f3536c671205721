//! Media types (RFC 9110 clause 8.3.1), as far as results and files need them.
//!
//! Types are compared without their parameters and without regard to case. What is behind a type is not
//! looked at.

/// The type without parameters, in lower case: `Text/Plain; charset=utf-8` is `text/plain`. Proxies may join
/// two headers to one value. Then the first type counts.
pub(crate) fn essence(media_type: &str) -> String {
    media_type.split([';', ',']).next().unwrap_or("").trim().to_ascii_lowercase()
}

/// The value of a parameter, without quotation marks.
pub(crate) fn parameter(media_type: &str, name: &str) -> Option<String> {
    let mut quoted = false;
    let parameters = media_type.split(|c| {
        quoted ^= c == '"';
        c == ';' && !quoted
    });
    parameters.skip(1).find_map(|parameter| {
        let (key, value) = parameter.split_once('=')?;
        key.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

/// Whether a value of this type is JSON: `application/json`, `application/geo+json`, …
pub(crate) fn is_json(media_type: &str) -> bool {
    let essence = essence(media_type);
    essence == "application/json" || essence.ends_with("+json")
}

/// Whether a value of this type is text, and can be in JSON without encoding.
pub(crate) fn is_text(media_type: &str) -> bool {
    let essence = essence(media_type);
    essence.starts_with("text/")
        || ["+xml", "+yaml"].iter().any(|suffix| essence.ends_with(suffix))
        || ["application/xml", "application/yaml", "application/cwl"].contains(&essence.as_str())
}

/// The media type for a file name's extension.
pub(crate) fn by_extension(extension: &str) -> &'static str {
    match extension.to_ascii_lowercase().as_str() {
        "tif" | "tiff" => "image/tiff; application=geotiff",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "jp2" => "image/jp2",
        "json" => "application/json",
        "geojson" => "application/geo+json",
        "gml" => "application/gml+xml",
        "kml" => "application/vnd.google-earth.kml+xml",
        "xml" => "application/xml",
        "yaml" | "yml" => "application/yaml",
        "cwl" => "application/cwl",
        "csv" => "text/csv",
        "txt" | "log" => "text/plain",
        "html" | "htm" => "text/html",
        "nc" => "application/netcdf",
        "h5" | "hdf5" => "application/x-hdf5",
        "parquet" => "application/vnd.apache.parquet",
        "gpkg" => "application/geopackage+sqlite3",
        "pdf" => "application/pdf",
        "zip" => "application/zip",
        "gz" => "application/gzip",
        _ => "application/octet-stream",
    }
}

/// The media type of bytes by their beginning (as in the WHATWG's MIME Sniffing Standard), for answers whose
/// label a proxy has replaced.
pub(crate) fn of_content(bytes: &[u8]) -> &'static str {
    const BEGINNINGS: [(&[u8], &str); 13] = [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff", "image/jpeg"),
        (b"GIF8", "image/gif"),
        (b"II*\0", "image/tiff"),
        (b"MM\0*", "image/tiff"),
        (b"II+\0", "image/tiff"),
        (b"MM\0+", "image/tiff"),
        (b"%PDF-", "application/pdf"),
        (b"PK\x03\x04", "application/zip"),
        (b"\x1f\x8b", "application/gzip"),
        (b"\x89HDF\r\n\x1a\n", "application/x-hdf5"),
        (b"CDF", "application/netcdf"),
        (b"SQLite format 3\0", "application/vnd.sqlite3"),
    ];
    if let Some((_, media_type)) = BEGINNINGS.iter().find(|(beginning, _)| bytes.starts_with(beginning)) {
        return media_type;
    }
    match std::str::from_utf8(bytes) {
        Ok(text) if text.trim_start().starts_with("<?xml") => "application/xml",
        Ok(text) if !text.contains('\0') => "text/plain",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_and_parameters() {
        assert_eq!(essence(" Text/Plain ; charset=utf-8"), "text/plain");
        assert_eq!(essence("text/plain, application/json;charset=UTF-8"), "text/plain");
        let multipart = r#"Multipart/Related; flag; boundary="--a;b=c"; type=text/plain; start=a"#;
        assert_eq!(parameter(multipart, "Boundary"), Some("--a;b=c".into()));
        assert_eq!(parameter("a/b; x=\"1\"; y=2", "y").as_deref(), Some("2"));
        assert_eq!(parameter("a/b; x; y=2", "y").as_deref(), Some("2"));
        assert_eq!(parameter(multipart, "charset"), None);
        assert!(is_json("application/geo+json;profile=x") && !is_json("text/html"));
        assert!(is_text("text/csv") && is_text("image/svg+xml") && !is_text("image/tiff"));
    }
}
