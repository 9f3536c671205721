//! Who the OGC API server is: its personality, its address, and the addresses that follow from it for every
//! namespace.
//!
//! [`Server`] knows nothing of requests; which resource an address means is the personality's business.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde::Deserialize;

use super::pygeoapi_version::Version;
use crate::template::Values;

/// The namespace of `/ogc-api` itself.
pub(crate) const ANONYMOUS: &str = "anonymous";

/// Which server a testbed speaks as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Personality {
    /// ZOO-Project-DRU: deployment, namespaces, its own exceptions.
    #[default]
    Zoo,
    /// pygeoapi: no deployment and no namespaces.
    Pygeoapi,
    /// Whatever was recorded, and nothing else.
    Recorded,
}

/// How a ZOO-Project is put up, which decides what of its answers arrives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum SetUp {
    /// The kernel by itself: its results lie in files.
    Bare,
    /// The kernel behind Apache, which has a mind of its own about headers and redirections.
    Apache,
    /// Behind Apache, with the database: what the image of EOEPCA runs.
    #[default]
    Database,
}

impl SetUp {
    /// Whether jobs and results are kept in a database, and not in files.
    pub(crate) fn has_database(self) -> bool {
        self == Self::Database
    }
}

/// Which host links begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Links {
    /// The one of `server.root`, whichever was asked.
    #[default]
    Root,
    /// The one that was asked.
    Asked,
}

/// Which generation of the server a status document looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(crate) enum StatusShape {
    /// No `id` beside `jobID`, no `progress` in the first answer, no `Link` headers.
    #[serde(rename = "2024")]
    Of2024,
    /// All of them.
    #[serde(rename = "2025")]
    Of2025,
}

/// The OGC API server.
#[derive(Debug)]
pub(crate) struct Server {
    /// Start of every link in the scenario's own namespace, without a slash at the end.
    pub(crate) root: String,
    /// Scheme and authority of the root.
    pub(crate) origin: String,
    /// Path of the root.
    pub(crate) base_path: String,
    /// The scenario's own namespace.
    pub(crate) namespace: String,
    pub(crate) hosts: Vec<String>,
    /// What the `type` of an exception of Part 1 starts with.
    pub(crate) exceptions: String,
    /// The same for Part 2.
    pub(crate) exceptions_2: String,
    /// The media type of every exception.
    pub(crate) exceptions_media_type: String,
    /// What the link relations of OGC start with.
    pub(crate) relations: String,
    pub(crate) status_shape: StatusShape,
    pub(crate) set_up: SetUp,
    pub(crate) links: Links,
    /// Whether pages of other origins may ask, too.
    pub(crate) cors: bool,
    /// What a client has to show, if anything: a bearer token.
    pub(crate) token: Option<String>,
    /// Where files of results are served, without a slash at the end.
    pub(crate) files: String,
    /// The version that the personality pygeoapi imitates.
    pub(crate) pygeoapi: Version,
}

impl Server {
    /// A server of which nothing is known but its addresses.
    pub(crate) fn of(root: &str, hosts: Vec<String>) -> Self {
        let after_scheme = root.find("://").map_or(0, |at| at + 3);
        let path = root[after_scheme..].find('/').map_or(root.len(), |at| after_scheme + at);
        Self {
            root: root.to_owned(),
            origin: root[..path].to_owned(),
            base_path: root[path..].to_owned(),
            namespace: ANONYMOUS.to_owned(),
            hosts,
            exceptions: String::new(),
            exceptions_2: String::new(),
            exceptions_media_type: String::new(),
            relations: String::new(),
            status_shape: StatusShape::Of2025,
            set_up: SetUp::default(),
            links: Links::default(),
            cors: false,
            token: None,
            files: String::new(),
            pygeoapi: Version::default(),
        }
    }

    /// Lets in who shows the token, where one is needed: 401 for who shows none, and 403 for who shows
    /// another.
    pub(crate) fn admit(&self, headers: &HeaderMap) -> Result<(), u16> {
        let Some(token) = &self.token else { return Ok(()) };
        let shown =
            headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
        match shown {
            Some(shown) if shown == token => Ok(()),
            Some(_) => Err(403),
            None => Err(401),
        }
    }

    /// Start of every link in a namespace.
    pub(crate) fn root_of(&self, namespace: &str) -> String {
        match namespace {
            own if own == self.namespace => self.root.clone(),
            ANONYMOUS => format!("{}/ogc-api", self.origin),
            other => format!("{}/{other}/ogc-api", self.origin),
        }
    }

    /// Where the files lie that jobs of a namespace leave.
    pub(crate) fn temp_of(&self, namespace: &str) -> String {
        match namespace {
            ANONYMOUS => format!("{}/temp", self.origin),
            other => format!("{}/{other}/temp", self.origin),
        }
    }

    /// The placeholders that every document of a namespace may have.
    pub(crate) fn addresses(&self, namespace: &str) -> Values {
        let values = [
            ("root", self.root_of(namespace)),
            ("origin", self.origin.clone()),
            ("temp", self.temp_of(namespace)),
            ("rel", self.relations.clone()),
        ];
        values.into_iter().map(|(name, value)| (name.to_owned(), value.into())).collect()
    }
}

/// The namespace that an address of ZOO-Project names (`/{namespace}/ogc-api`, or `/ogc-api` for the
/// anonymous one), and the rest.
pub(crate) fn split_namespace(path: &str) -> Option<(&str, &str)> {
    let inside = |rest: &str| rest.is_empty() || rest.starts_with('/');
    if let Some(rest) = path.strip_prefix("/ogc-api").filter(|rest| inside(rest)) {
        return Some((ANONYMOUS, rest));
    }
    let (namespace, rest) = path.strip_prefix('/')?.split_once('/')?;
    let rest = rest.strip_prefix("ogc-api").filter(|rest| inside(rest))?;
    let is_word = !namespace.is_empty() && namespace.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    is_word.then_some((namespace, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_namespace_is_one_word_before_ogc_api() {
        assert_eq!(split_namespace("/acme/ogc-api/jobs"), Some(("acme", "/jobs")));
        assert_eq!(split_namespace("/ogc-api"), Some((ANONYMOUS, "")));
        for path in ["/acme/ogc-apis", "/ac-me/ogc-api", "/a/b/ogc-api", "//ogc-api", "/ogc", "/"] {
            assert_eq!(split_namespace(path), None, "{path}");
        }
    }
}
