//! Which form of an output a page shows, where it came in several.

use std::collections::BTreeMap;

use super::page::Data;

/// The forms that are pictures, each with what its files are called after; the first that there is is shown.
pub(super) const PICTURES: &[(&str, &str)] =
    &[("image/svg+xml", "svg"), ("image/png", "png"), ("image/jpeg", "jpg"), ("image/gif", "gif"), ("image/webp", "webp")];

/// The first form that there is: of these, of the pictures, of those.
pub(super) fn first<'d>(
    data: &'d BTreeMap<String, Data>,
    before: &[&'static str],
    after: &[&'static str],
) -> Option<(&'static str, &'d Data)> {
    let pictures = PICTURES.iter().map(|(mime, _)| *mime);
    before.iter().copied().chain(pictures).chain(after.iter().copied()).find_map(|mime| Some((mime, data.get(mime)?)))
}

/// The MIME type of a picture's file, by what its name ends with.
pub(super) fn mime_of(extension: &str) -> Option<&'static str> {
    let extension = if extension.eq_ignore_ascii_case("jpeg") { "jpg" } else { extension };
    PICTURES.iter().find(|(_, known)| known.eq_ignore_ascii_case(extension)).map(|(mime, _)| *mime)
}
