//! Names of downloaded files and their folders. They never lead outside of the target folder.

use url::Url;

use crate::error::{Error, Result};

/// The name of the file at the end of an address.
pub(crate) fn file_name(href: &str) -> Result<String> {
    let name = match Url::parse(href) {
        // Keys of S3 are used unchanged. Web addresses have a query and encoded characters.
        Ok(url) if matches!(url.scheme(), "http" | "https" | "file") => {
            let last = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default().to_owned();
            percent_decoded(&last)
        }
        _ => href.rsplit(['/', '\\']).next().unwrap_or_default().to_owned(),
    };
    checked_name(&name).map_err(|_| Error::Url {
        url: href.to_owned(),
        reason: "its last part is no name of a file; give one with `Download::of(asset).name(…)`".to_owned(),
    })
}

/// Decodes `%41` to `A`. The text stays unchanged if the result is not UTF-8.
fn percent_decoded(text: &str) -> String {
    // The crate `url` decodes the query string `a=…`. There a plus sign would be a blank.
    let query = format!("a={}", text.replace('+', "%2B"));
    match url::form_urlencoded::parse(query.as_bytes()).next() {
        Some((_, decoded)) if !decoded.contains('\u{fffd}') => decoded.into_owned(),
        _ => text.to_owned(),
    }
}

/// Checks that a name leads to no other folder.
pub(crate) fn checked_name(name: &str) -> Result<String> {
    if name.is_empty() || matches!(name, "." | "..") || name.contains(['/', '\\', '\0']) {
        let reason = "this is no name of a file; give one without slashes".to_owned();
        return Err(Error::File { path: name.to_owned(), reason });
    }
    Ok(name.to_owned())
}

/// An identifier as the name of a folder. Characters that could lead elsewhere, or that some system does not
/// accept, become `_`.
pub(crate) fn folder_name(id: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ' | '+' | '=' | '@');
    let name: String = id.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    if name.trim_matches(['.', ' ']).is_empty() { "_".repeat(name.chars().count().max(1)) } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        let named = |href: &str| file_name(href).ok();
        assert_eq!(named("s3://results/job/otsu.tif").as_deref(), Some("otsu.tif"));
        assert_eq!(named("https://host/a/b%20c.tif?sig=x/y").as_deref(), Some("b c.tif"));
        assert_eq!(named("/data/a+b.tif").as_deref(), Some("a+b.tif"));
        for href in ["s3://results/job/", "https://host", "https://host/a/%2e%2e%2fetc", "s3://b/..", "s3://b/a\0b"] {
            assert_eq!(named(href), None, "{href}");
        }
        assert_eq!(["LC08_L2", "../../etc", "..", "", "a:b*c"].map(folder_name), ["LC08_L2", ".._.._etc", "__", "_", "a_b_c"]);
    }
}
