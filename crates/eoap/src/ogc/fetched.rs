//! The target of a link: its bytes, and their media type.
//!
//! [`Client::fetch`] finds the data that a server links to. It does not examine the content.

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
    /// The value with its bytes and media type. A reference is fetched ([`Client::fetch`]).
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
    /// [`Error::OutputBytes`] if it is not UTF-8.
    pub fn text(&self) -> Result<&str> {
        std::str::from_utf8(&self.bytes)
            .map_err(|error| Error::OutputBytes { reason: format!("it is no text ({error}); take the field `bytes`") })
    }

    /// The data, which must be JSON, as a type of the caller's.
    ///
    /// # Errors
    ///
    /// [`Error::OutputBytes`] if it is not JSON or not of that type.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        serde_json::from_slice(&self.bytes)
            .map_err(|error| Error::OutputBytes { reason: format!("it is not JSON of this type: {error}") })
    }
}

impl Client {
    /// Fetches the target of a link, such as an output that was sent by reference.
    ///
    /// A link may lead to data anywhere. It is taken literally, and fetched without credentials unless it is
    /// the server's. Three kinds count as the server's own and follow the client's link policy:
    ///
    /// - a relative link;
    /// - a link to this machine (`localhost`) if the server is elsewhere: ZOO-Project names itself so by
    ///   default;
    /// - a link to a host that does not answer: the name may be valid only in the server's own network.
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
