//! The kind of place where an asset's data is, by its address. Fetches nothing.

use std::path::{Path, PathBuf};

use url::Url;

use crate::{
    error::{Error, Result},
    storage::{object_url::ObjectUrl, shown_address::shown_text},
};

/// What an address leads to.
#[derive(Clone, Debug)]
pub(crate) enum Address {
    /// An object of a store.
    Object(ObjectUrl),
    /// A file on an HTTP server.
    Http(Url),
    /// A local file.
    File(PathBuf),
}

impl Address {
    /// # Errors
    ///
    /// [`Error::Url`] for an address that is relative, or not of a file.
    pub(crate) fn of(href: &str) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Url { url: shown_text(href), reason: reason.to_owned() });
        match Url::parse(href) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Self::Http(url)),
            Ok(url) if url.scheme() == "file" => match url.to_file_path() {
                Ok(path) => Ok(Self::File(path)),
                Err(()) => refuse("this is no path of a local file"),
            },
            Ok(_) => ObjectUrl::parse(href).map(Self::Object),
            Err(_) if Path::new(href).is_absolute() => Ok(Self::File(PathBuf::from(href))),
            Err(_) => refuse("the address is relative; make it absolute against the address of its item"),
        }
    }
}
