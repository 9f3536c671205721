//! Links between resources of a server (OGC API - Common, `link.yaml`; RFC 8288).
//!
//! Knows the content of a link, and refuses to know how to follow one. [`Client`](crate::Client) makes
//! requests.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ogc::documents::{
    lenient,
    lossless::{Members, lossless},
};

/// A link to another resource. Only [`href`](Link::href) is required by the standard.
///
/// ```
/// let link: eoap::Link = serde_json::from_str(
///     r#"{"href": "http://host/api.html", "rel": "service-doc", "type": "text/html", "hreflang": "en"}"#,
/// )?;
/// assert_eq!((link.media_type.as_deref(), link.hreflang.as_deref()), (Some("text/html"), Some("en")));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct Link {
    /// Where the link leads; absolute or relative (RFC 3986).
    #[serde(deserialize_with = "lenient::some_text")]
    pub href: String,
    /// Relation to the resource that has the link, such as `monitor` or a relation URI.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub rel: Option<String>,
    /// Media type of the target (RFC 6838).
    #[serde(rename = "type", default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub media_type: Option<String>,
    /// Title for a person.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Language of the target (RFC 5646).
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub hreflang: Option<String>,
    /// All members that the standard does not name, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
    #[serde(skip)]
    members: Members,
}

lossless!(Link);

impl Link {
    /// A link to `href` that says nothing else.
    pub fn new(href: impl Into<String>) -> Self {
        Self { href: href.into(), ..Self::default() }
    }

    /// Whether the relation is `name`, either exactly or as the last segment of a relation URI.
    ///
    /// Servers write `http://www.opengis.net/def/rel/ogc/1.0/results` and the same with `https`; both are
    /// `results` here.
    ///
    /// ```
    /// let link: eoap::Link = serde_json::from_str(
    ///     r#"{"href": "http://host/jobs/1/results", "rel": "http://www.opengis.net/def/rel/ogc/1.0/results"}"#,
    /// )?;
    /// assert!(link.is("results"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn is(&self, name: &str) -> bool {
        self.rel.as_deref().is_some_and(|rel| rel == name || rel.rsplit('/').next() == Some(name))
    }

    /// The relation in brief: the last segment of a relation URI, or the whole of any other. Empty without a
    /// relation.
    pub(crate) fn relation(&self) -> &str {
        let rel = self.rel.as_deref().unwrap_or("");
        rel.rsplit('/').next().unwrap_or(rel)
    }
}

impl fmt::Display for Link {
    /// Relation and target, such as `results http://host/jobs/1/results`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.relation() {
            "" => f.write_str(&self.href),
            relation => write!(f, "{relation} {}", self.href),
        }
    }
}
