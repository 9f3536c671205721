//! User names and passwords within URLs (RFC 3986 clause 3.2.1). They become credentials, and are never
//! printed.

use url::Url;

/// Takes user name and password out of a URL.
pub(super) fn strip_user(url: &mut Url) {
    // Both setters fail only for URLs that cannot have a host. These have no user either.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
}

pub(super) fn decode(text: &str) -> String {
    // User name and password of a URL are percent-encoded. Form decoding does the same, except that it
    // replaces `+`, so that is encoded first.
    let text = text.replace('+', "%2B");
    url::form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into_owned()).next().unwrap_or_default()
}

/// Text that is not a URL may still contain a password.
pub(super) fn without_credentials(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => text.to_owned(),
    }
}
