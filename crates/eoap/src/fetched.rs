//! What a link leads to: bytes, and what they are.
//!
//! How it is fetched is the business of the client.

use bytes::Bytes;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};

/// Data that was fetched, from [`Client::fetch`](crate::Client::fetch) or [`Output::fetch`](crate::Output::fetch).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetched {
    /// The data.
    pub bytes: Bytes,
    /// Its media type, as the server gives it.
    pub media_type: Option<String>,
}

impl Fetched {
    /// The data as text.
    ///
    /// # Errors
    ///
    /// [`Error::OutputBytes`] if it is no UTF-8.
    pub fn text(&self) -> Result<&str> {
        std::str::from_utf8(&self.bytes)
            .map_err(|error| Error::OutputBytes { reason: format!("it is no text ({error}); take the field `bytes`") })
    }

    /// The data, which is JSON, as a type of the caller's.
    ///
    /// # Errors
    ///
    /// [`Error::OutputBytes`] if it is no JSON or not of that type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.bytes)
            .map_err(|error| Error::OutputBytes { reason: format!("it is not JSON of this type: {error}") })
    }
}
