//! An object as S3 serves it: whole or in ranges.

use wiremock::{Request, Respond, ResponseTemplate};

/// One object, served in ranges.
pub(crate) struct Object(pub(crate) Vec<u8>);

impl Respond for Object {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let range = request.headers.get("range").and_then(|range| range.to_str().ok()?.strip_prefix("bytes=")?.split_once('-'));
        let base = |status| {
            ResponseTemplate::new(status)
                .insert_header("ETag", "\"1\"")
                .insert_header("Last-Modified", "Wed, 20 Aug 2025 13:42:57 GMT")
        };
        let Some((start, end)) = range else {
            return base(200).set_body_bytes(self.0.clone());
        };
        let start: usize = start.parse().expect("start");
        let end = end.parse().unwrap_or(usize::MAX).min(self.0.len() - 1);
        base(206)
            .insert_header("Content-Range", format!("bytes {start}-{end}/{}", self.0.len()))
            .set_body_bytes(self.0[start..=end].to_vec())
    }
}
