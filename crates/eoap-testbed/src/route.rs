//! Which host belongs to which server.
//!
//! [`Routes`] is used by the proxy (where does this request go?) and by the object store (is a bucket part
//! of the host name?). It opens no connection. A client that connects directly to a server's port may use
//! any host name: only the proxy refuses hosts.

use std::net::SocketAddr;

use s3s::S3Result;
use s3s::host::{S3Host, VirtualHost};

use crate::gateway::Destination;

/// The hosts of a testbed.
#[derive(Debug, Clone)]
pub(crate) struct Routes {
    server: Vec<String>,
    s3: Vec<String>,
    scenes: Vec<String>,
    server_address: SocketAddr,
    s3_address: SocketAddr,
}

impl Routes {
    pub(crate) fn new(server: &[String], s3: &[String], server_address: SocketAddr, s3_address: SocketAddr) -> Self {
        Self { server: server.to_vec(), s3: s3.to_vec(), scenes: Vec::new(), server_address, s3_address }
    }

    /// The same, with hosts of scenes, which have no port.
    pub(crate) fn and_scenes(self, hosts: &[&str]) -> Self {
        let mut scenes: Vec<String> = Vec::new();
        for host in hosts {
            if !scenes.iter().any(|known| known == host) {
                scenes.push((*host).to_owned());
            }
        }
        Self { scenes, ..self }
    }

    /// The server behind `host` or `host:port`; a name without port means port 80.
    pub(crate) fn destination(&self, authority: &str) -> Option<Destination> {
        if self.server.iter().any(|host| same(host, authority)) || own(self.server_address, authority) {
            Some(Destination::Ogc)
        } else if self.bucket(authority).is_some() {
            Some(Destination::S3)
        } else if self.scenes.iter().any(|host| same(host, authority)) {
            Some(Destination::Scenes)
        } else {
            None
        }
    }

    /// The address on loopback of the server behind a host.
    pub(crate) fn address(&self, authority: &str) -> Option<SocketAddr> {
        match self.destination(authority)? {
            Destination::Ogc => Some(self.server_address),
            Destination::S3 => Some(self.s3_address),
            Destination::Scenes => None,
        }
    }

    /// The documented hosts, as a sentence lists them.
    pub(crate) fn served(&self) -> String {
        self.server.iter().chain(&self.s3).chain(&self.scenes).map(String::as_str).collect::<Vec<_>>().join(", ")
    }

    /// `None` for a foreign host, otherwise the bucket that its name starts with, if it does.
    fn bucket<'a>(&self, authority: &'a str) -> Option<Option<&'a str>> {
        let is_store = |host: &str| own(self.s3_address, host) || self.s3.iter().any(|known| same(known, host));
        if is_store(authority) {
            return Some(None);
        }
        let (bucket, rest) = authority.split_once('.')?;
        is_store(rest).then_some(Some(bucket))
    }
}

impl S3Host for Routes {
    fn parse_host_header<'a>(&'a self, host: &'a str) -> S3Result<VirtualHost<'a>> {
        Ok(match self.bucket(host) {
            Some(Some(bucket)) => VirtualHost::new(host).with_bucket(bucket),
            // Path-style addressing, or an unknown host: the bucket is in the path.
            Some(None) | None => VirtualHost::new(host),
        })
    }
}

/// Whether a host is the server's own address on loopback.
pub(crate) fn own(address: SocketAddr, authority: &str) -> bool {
    authority == address.to_string()
        || authority.strip_prefix("localhost:").is_some_and(|port| port == address.port().to_string())
}

/// Names are compared as DNS does, ports with 80 as default.
fn same(one: &str, other: &str) -> bool {
    let split = |text: &str| match text.rsplit_once(':') {
        Some((host, port)) => (host.to_ascii_lowercase(), port.to_owned()),
        None => (text.to_ascii_lowercase(), "80".to_owned()),
    };
    split(one) == split(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn routes() -> Routes {
        let address = |port| SocketAddr::from(([127, 0, 0, 1], port));
        Routes::new(&["zoo".to_owned()], &["s3:4566".to_owned(), "s3.ns.local:4566".to_owned()], address(1), address(2))
    }

    #[test]
    fn hosts_are_found_with_their_port_and_without_case() {
        let routes = routes();
        let port = |authority: &str| routes.address(authority).map(|address| address.port());
        assert_eq!(port("ZOO:80"), Some(1));
        assert_eq!(port("zoo:8080"), None);
        assert_eq!(port("s3.ns.local:4566"), Some(2));
        assert_eq!(port("s3"), None);
        assert_eq!(port("results.s3:4566"), Some(2));
        assert_eq!(port("127.0.0.1:2"), Some(2));
        assert_eq!((port("localhost:1"), port("localhost:2"), port("localhost:3")), (Some(1), Some(2), None));
        assert_eq!(port("example.com"), None);
    }

    #[test]
    fn a_bucket_may_be_part_of_the_host() {
        let routes = routes();
        let bucket = |host| routes.parse_host_header(host).unwrap().bucket().map(str::to_owned);
        assert_eq!(bucket("results.s3.ns.local:4566").as_deref(), Some("results"));
        assert_eq!(bucket("results.localhost:2").as_deref(), Some("results"));
        assert_eq!(bucket("s3:4566"), None);
        assert_eq!(bucket("store.example.org"), None, "who comes by another name has the bucket in the path");
    }
}
