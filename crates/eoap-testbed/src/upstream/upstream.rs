//! A live deployment to record from: the real server for each documented address, and the store for S3.
//!
//! [`Live`] translates addresses of one kind into the other, in requests and in texts. It opens no
//! connection.

use http::Uri;

use crate::error::Error;
use crate::scenario::Scenario;

/// The address of S3 if no scenario names one.
const S3_ENDPOINT: &str = "http://s3:9000";

/// A live deployment, and the addresses that notebooks use for it.
#[derive(Debug, Clone)]
pub struct Live {
    /// The OGC API first.
    servers: Vec<Mapped>,
    pub(crate) s3_endpoint: String,
    pub(crate) s3_hosts: Vec<String>,
    pub(crate) store: Option<LiveStore>,
}

/// An address that notebooks use, and that of the live server. Neither ends with a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Mapped {
    documented: String,
    upstream: String,
}

/// A live object store, and credentials for it. They never reach a notebook or a file.
#[derive(Clone)]
#[non_exhaustive]
pub struct LiveStore {
    /// Its address.
    pub endpoint: String,
    /// Its region.
    pub region: String,
    /// Access key, its secret, and the token of a temporary one. Without them requests are not signed.
    pub credentials: Option<(String, String, Option<String>)>,
}

impl std::fmt::Debug for LiveStore {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("LiveStore")
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

impl LiveStore {
    /// A store at this address that asks for no signatures.
    pub fn new(endpoint: impl Into<String>, region: impl Into<String>) -> Self {
        Self { endpoint: endpoint.into().trim_end_matches('/').to_owned(), region: region.into(), credentials: None }
    }

    /// The same store, with signed requests.
    #[must_use]
    pub fn with_credentials(mut self, access_key_id: String, secret_access_key: String, session_token: Option<String>) -> Self {
        self.credentials = Some((access_key_id, secret_access_key, session_token));
        self
    }
}

impl Live {
    /// The OGC API at `upstream`, with the address `documented` in notebooks.
    ///
    /// # Errors
    /// [`Error::Address`], if one of them is not an address of a server.
    pub fn new(documented: &str, upstream: &str) -> Result<Self, Error> {
        let live = Self { servers: Vec::new(), s3_endpoint: S3_ENDPOINT.to_owned(), s3_hosts: Vec::new(), store: None };
        live.and(documented, upstream)
    }

    /// The OGC API at `upstream`. Notebooks use the addresses of a scenario for it, and for its S3.
    ///
    /// # Errors
    /// [`Error::Address`], if `upstream` is not an address of a server.
    pub fn as_in(scenario: &Scenario, upstream: &str) -> Result<Self, Error> {
        let (server, s3) = (&scenario.fixtures.server, &scenario.fixtures.s3);
        let mut live = Self::new(&server.root, upstream)?;
        for host in &server.hosts {
            let documented = format!("http://{host}{}", server.base_path);
            if documented != server.root {
                live = live.and(&documented, upstream)?;
            }
        }
        live.s3_endpoint.clone_from(&s3.endpoint);
        live.s3_hosts.clone_from(&s3.hosts);
        Ok(live)
    }

    /// Another server.
    ///
    /// # Errors
    /// As [`Live::new`].
    pub fn and(mut self, documented: &str, upstream: &str) -> Result<Self, Error> {
        let documented = address(documented)?;
        if documented.starts_with("https:") {
            let message = "notebooks have to know it by http: the proxy cannot look into https".to_owned();
            return Err(Error::Address { address: documented, message });
        }
        self.servers.push(Mapped { documented, upstream: address(upstream)? });
        Ok(self)
    }

    /// A store behind S3.
    #[must_use]
    pub fn with_store(mut self, store: LiveStore) -> Self {
        self.store = Some(store);
        self
    }

    /// The address of the OGC API in notebooks.
    pub(crate) fn root(&self) -> &str {
        &self.servers[0].documented
    }

    /// The hosts of servers in notebooks, each once.
    pub(crate) fn hosts(&self) -> Vec<String> {
        let mut hosts: Vec<String> = Vec::new();
        for server in &self.servers {
            let host = parts(&server.documented).0;
            if !hosts.iter().any(|known| known == host) {
                hosts.push(host.to_owned());
            }
        }
        hosts
    }

    /// The live address for a documented host and a path, which may have a query.
    pub(crate) fn upstream_of(&self, host: &str, path: &str) -> Option<String> {
        let of_host = || self.servers.iter().filter(|server| parts(&server.documented).0.eq_ignore_ascii_case(host));
        let inside = of_host().filter_map(|server| {
            let base = parts(&server.documented).1;
            let rest = path.strip_prefix(base).filter(|rest| rest.is_empty() || rest.starts_with(['/', '?']))?;
            Some((base.len(), format!("{}{rest}", server.upstream)))
        });
        // Beside every documented path there is only the host to go by.
        let beside = || Some(format!("{}{path}", origin(&of_host().next()?.upstream)));
        inside.max_by_key(|(length, _)| *length).map(|(_, url)| url).or_else(beside)
    }

    /// A text of a live server, with documented addresses in it.
    pub(crate) fn documented(&self, text: &str) -> String {
        self.servers.iter().fold(text.to_owned(), |text, server| {
            let text = replaced(&text, &server.upstream, &server.documented);
            alias(&server.upstream).map_or_else(|| text.clone(), |alias| replaced(&text, &alias, &server.documented))
        })
    }

    /// A text of a client, with live addresses in it.
    pub(crate) fn upstream(&self, text: &str) -> String {
        self.servers.iter().fold(text.to_owned(), |text, server| replaced(&text, &server.documented, &server.upstream))
    }
}

/// The address without a slash at its end, if it is one of a server.
fn address(text: &str) -> Result<String, Error> {
    let wrong = |message: String| Error::Address { address: text.to_owned(), message };
    let uri: Uri = text.parse().map_err(|error| wrong(format!("{error}")))?;
    match (uri.scheme_str(), uri.authority(), uri.query()) {
        (Some("http" | "https"), Some(_), None) => Ok(text.trim_end_matches('/').to_owned()),
        _ => Err(wrong("it has to be http:// or https://, a host, and perhaps a path".to_owned())),
    }
}

/// Host and path of an address.
fn parts(address: &str) -> (&str, &str) {
    let rest = address.split_once("://").map_or(address, |(_, rest)| rest);
    rest.split_at(rest.find('/').unwrap_or(rest.len()))
}

/// Scheme and host of an address.
fn origin(address: &str) -> &str {
    &address[..address.len() - parts(address).1.len()]
}

/// The other name of a server on this machine.
fn alias(address: &str) -> Option<String> {
    match address.strip_prefix("http://127.0.0.1:") {
        Some(rest) => Some(format!("http://localhost:{rest}")),
        None => address.strip_prefix("http://localhost:").map(|rest| format!("http://127.0.0.1:{rest}")),
    }
}

/// The text with one address replaced by the other, but not within a longer host or port.
fn replaced(text: &str, from: &str, to: &str) -> String {
    let mut all = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(from) {
        let after = &rest[at + from.len()..];
        let goes_on = after.starts_with(|next: char| next.is_ascii_alphanumeric() || matches!(next, '.' | '-' | ':' | '_'));
        all.push_str(&rest[..at]);
        all.push_str(if goes_on { from } else { to });
        rest = after;
    }
    all + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn live() -> Live {
        let live = Live::new("http://zoo/acme/ogc-api/", "http://127.0.0.1:5000").unwrap();
        live.and("http://stac", "https://stac.example/api/v1").unwrap()
    }

    #[test]
    fn a_documented_address_leads_to_the_live_server() {
        let live = live();
        let upstream = |host, path| live.upstream_of(host, path).unwrap_or_default();
        assert_eq!(upstream("zoo", "/acme/ogc-api/jobs/1?f=json"), "http://127.0.0.1:5000/jobs/1?f=json");
        assert_eq!(upstream("ZOO", "/acme/ogc-api"), "http://127.0.0.1:5000");
        assert_eq!(upstream("zoo", "/acme/ogc-apis"), "http://127.0.0.1:5000/acme/ogc-apis", "beside it");
        assert_eq!(upstream("stac", "/items"), "https://stac.example/api/v1/items");
        assert_eq!(upstream("elsewhere", "/"), "");
        assert_eq!((live.root(), live.hosts()), ("http://zoo/acme/ogc-api", vec!["zoo".to_owned(), "stac".to_owned()]));
    }

    #[test]
    fn links_of_the_live_server_become_documented_ones_and_back() {
        let live = live();
        let text = r#"{"a": "http://127.0.0.1:5000/jobs", "b": "http://localhost:5000", "c": "http://127.0.0.1:50001/x"}"#;
        let documented = live.documented(text);
        assert_eq!(
            documented,
            r#"{"a": "http://zoo/acme/ogc-api/jobs", "b": "http://zoo/acme/ogc-api", "c": "http://127.0.0.1:50001/x"}"#
        );
        assert_eq!(live.upstream("see http://zoo/acme/ogc-api/jobs"), "see http://127.0.0.1:5000/jobs");
    }

    #[test]
    fn what_is_no_address_is_told() {
        assert!(Live::new("zoo", "http://127.0.0.1:5000").unwrap_err().to_string().starts_with("\"zoo\""));
        let tunnel = Live::new("https://zoo", "http://127.0.0.1:5000").unwrap_err().to_string();
        assert!(tunnel.contains("notebooks have to know it by http"), "{tunnel}");
    }
}
