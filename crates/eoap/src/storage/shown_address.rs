//! Addresses for messages, without secrets.

use url::Url;

use super::object_url::Provider;

/// An address without its query, which may have a signature, and without user name and password.
pub(crate) fn shown(url: &Url) -> String {
    let mut shown = url.clone();
    let _ = shown.set_username("").and_then(|()| shown.set_password(None));
    shown.set_query(None);
    match url.query() {
        Some(_) => format!("{shown}?…"),
        None => shown.into(),
    }
}

/// As [`shown`], for what may be no address.
pub(crate) fn shown_text(address: &str) -> String {
    match Url::parse(address) {
        // Keys of objects are taken as they are, and nothing in them is a secret.
        Ok(url) if Provider::of_scheme(url.scheme()).is_some() => address.to_owned(),
        Ok(url) if url.has_host() => shown(&url),
        _ => match (address.rsplit_once('@'), address.split_once('?')) {
            (Some((_, rest)), _) => format!("…@{}", rest.split('?').next().unwrap_or(rest)),
            (None, Some((path, _))) => format!("{path}?…"),
            (None, None) => address.to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::storage::asset_address::Address;

    #[test]
    fn addresses_are_shown_without_secrets() {
        for (address, text) in [
            ("http://me:hush@host/x.tif", "http://host/x.tif"),
            ("https://host/x.tif?X-Amz-Signature=hush", "https://host/x.tif?…"),
            ("s3://b/a b?c.tif", "s3://b/a b?c.tif"),
            ("me:hush@host/x", "…@host/x"),
            ("x.tif?sig=hush", "x.tif?…"),
            ("/data/x.tif", "/data/x.tif"),
        ] {
            assert_eq!(shown_text(address), text);
            let error = Address::of(address).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(!error.contains("hush"), "{error}");
        }
    }
}
