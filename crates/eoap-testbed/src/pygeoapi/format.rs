//! The format that a client asks for, by the parameter `f` or the header `Accept`.
//!
//! [`Format`] reads the request. It does not know how a resource looks in a format.

use http::header::ACCEPT;

use super::exception::Exception;
use crate::http::Request;

/// A format in which pygeoapi shows its resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Json,
    JsonLd,
    Html,
}

impl Format {
    /// What the request asks for: `f` before `Accept`. `None` means no preference, which an `Accept` of
    /// unknown types is as well.
    pub(super) fn of(request: &Request) -> Result<Option<Self>, Exception> {
        let named = request.url.query_pairs().find(|(name, _)| name == "f").map(|(_, value)| value.trim().to_owned());
        match named.as_deref() {
            None | Some("") => Ok(Self::accepted(request)),
            Some("json") => Ok(Some(Self::Json)),
            Some("jsonld") => Ok(Some(Self::JsonLd)),
            Some("html") => Ok(Some(Self::Html)),
            Some(_) => Err(Exception::invalid("Invalid format requested")),
        }
    }

    pub(super) fn media_type(self) -> &'static str {
        match self {
            Self::Json => "application/json",
            Self::JsonLd => "application/ld+json",
            Self::Html => "text/html",
        }
    }

    /// The first known type with the highest weight. There are no wildcards.
    fn accepted(request: &Request) -> Option<Self> {
        let header = request.headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).collect::<Vec<_>>().join(",");
        let known = [Self::Json, Self::JsonLd, Self::Html];
        let mut best = None;
        for entry in header.split(',') {
            let mut parts = entry.split(';').map(str::trim);
            let media_type = parts.next().unwrap_or_default();
            let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
            if let Some(format) = known.into_iter().find(|format| format.media_type() == media_type)
                && best.is_none_or(|(most, _)| weight > most)
            {
                best = Some((weight, format));
            }
        }
        best.map(|(_, format)| format)
    }
}
