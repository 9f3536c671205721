//! What a link leads to: bytes, and what they are.
//!
//! [`Client::fetch`] finds out where data is that a server links to; what is in it is not looked at.

use bytes::Bytes;
use futures_util::future::BoxFuture;
use reqwest::header::{ACCEPT, HeaderValue};
use serde::de::DeserializeOwned;
use url::Url;

use crate::{
    error::{Error, Result},
    http::message::Request,
    ogc::{
        client::Client,
        documents::{link::Link, output::Output},
    },
};

/// Data that was fetched, from [`Client::fetch`](crate::Client::fetch) or
/// [`Output::fetch`](crate::Output::fetch).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Fetched {
    /// The data.
    pub bytes: Bytes,
    /// Its media type, as the server gives it.
    pub media_type: Option<String>,
}

impl Output {
    /// The value with its bytes and media type, wherever it is: a reference is fetched ([`Client::fetch`]), a
    /// value is here already.
    ///
    /// # Errors
    ///
    /// Those of [`Client::fetch`] and of [`bytes`](Output::bytes).
    pub fn fetch<'a>(&'a self, client: &'a Client) -> BoxFuture<'a, Result<Fetched>> {
        Box::pin(async move {
            match self {
                Self::Reference(link) => client.fetch(link).await,
                _ => Ok(Fetched { bytes: self.bytes()?, media_type: self.media_type().map(str::to_owned) }),
            }
        })
    }
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

impl Client {
    /// Fetches what a link leads to, such as an output that was sent by reference.
    ///
    /// A link may be to data anywhere, and is taken as it is, without credentials unless it is the server's.
    /// Three kinds are taken for the server's own and follow the client's link policy: a relative link; one
    /// to this machine (`localhost`) if the server is elsewhere, which is what ZOO-Project calls itself by
    /// default; and one to a host that gives no answer, which may be a name that the server is known by only
    /// where it stands.
    ///
    /// # Errors
    ///
    /// Those of [`landing_page`](Client::landing_page), and [`Error::Url`] for a link that is not HTTP, such
    /// as one to S3, which [`Store`](crate::Store) reads.
    pub fn fetch<'a>(&'a self, link: &'a Link) -> BoxFuture<'a, Result<Fetched>> {
        Box::pin(async move {
            let (url, other) = self.transport().places(&link.href)?;
            match (self.fetch_from(url, link).await, other) {
                (Err(error), Some(other)) if error.is_unanswered() => self.fetch_from(other, link).await.map_err(|_| error),
                (outcome, _) => outcome,
            }
        })
    }

    async fn fetch_from(&self, url: Url, link: &Link) -> Result<Fetched> {
        let wanted = link.media_type.as_ref().and_then(|kind| HeaderValue::from_str(&format!("{kind}, */*;q=0.5")).ok());
        let accept = wanted.unwrap_or(HeaderValue::from_static("*/*"));
        let answer = self.transport().send(Request::get(url).header(ACCEPT, accept)).await?;
        let media_type = answer.content_type().or_else(|| link.media_type.clone());
        Ok(Fetched { bytes: answer.body, media_type })
    }
}
