//! User names and passwords within URLs (RFC 3986 clause 3.2.1): they become credentials, and are shown to
//! nobody.

use url::Url;

/// Takes user name and password out of a URL.
pub(super) fn strip_user(url: &mut Url) {
    // Both setters fail only for URLs that cannot have a host, and these have no user either.
    let _ = url.set_username("").and_then(|()| url.set_password(None));
}

pub(super) fn decode(text: &str) -> String {
    // User name and password of a URL are percent-encoded; form decoding does the same but for `+`, which is
    // kept as it is.
    let text = text.replace('+', "%2B");
    url::form_urlencoded::parse(text.as_bytes()).map(|(name, _)| name.into_owned()).next().unwrap_or_default()
}

/// Text that is not a URL could still hold a password.
pub(super) fn without_credentials(text: &str) -> String {
    match text.rsplit_once('@') {
        Some((_, rest)) => format!("…@{rest}"),
        None => text.to_owned(),
    }
}
