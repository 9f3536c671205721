//! Where the links in a server's answers lead.
//!
//! Says which URL a link means. Whether it may have the credentials is decided when it is requested, by its
//! origin.

use url::{Host, Url};

use crate::{
    error::{Error, Result},
    http::{
        transport::Transport,
        user_info::{strip_user, without_credentials},
    },
};

/// How to treat links to the server's own resources that name another origin than the client's base URL.
///
/// ZOO-Project writes its configured host into all links, whatever host it is reached at. Requests go to
/// `http://zoo-project-dru-service/acme/ogc-api`, and links say `http://localhost:8080/acme/temp/x.log`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LinkPolicy {
    /// The server is where the base URL is. Such a link keeps its path and query, and gets the origin of the
    /// base URL.
    #[default]
    OwnBase,
    /// Links are taken literally. Requests to another origin carry no credentials.
    Follow,
}

impl Transport {
    /// The absolute URL of a link to a resource of the server, such as `next` of a list or the log of a job.
    /// A relative link is below the base URL.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] if it is not an http or https URL.
    pub(crate) fn resolve(&self, href: &str) -> Result<Url> {
        let url = self.external(href)?;
        if self.is_own(&url) || self.links == LinkPolicy::Follow {
            return Ok(url);
        }
        let mut mapped = self.base().clone();
        mapped.set_path(url.path());
        mapped.set_query(url.query());
        Ok(mapped)
    }

    /// Where data is that a server links or redirects to: the first place to ask, and a second one if the
    /// first does not answer or does not have it.
    ///
    /// Data may be anywhere, and a link to it is normally taken literally. Three kinds count as the server's
    /// own and follow the link policy:
    ///
    /// - a relative link;
    /// - a link to this machine if the server is elsewhere: ZOO-Project names itself so by default;
    /// - a link to a host that does not answer: the name may be valid only in the server's own network.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] if it is not an http or https URL.
    pub(crate) fn places(&self, href: &str) -> Result<(Url, Option<Url>)> {
        let as_the_servers = self.resolve(href)?;
        match Url::parse(href) {
            Ok(url) if !is_loopback(&url) || is_loopback(self.base()) => {
                let as_given = self.external(href)?;
                let other = (as_the_servers != as_given).then_some(as_the_servers);
                Ok((as_given, other))
            }
            _ => Ok((as_the_servers, None)),
        }
    }

    /// The URL of data that may be anywhere, such as an output by reference in a bucket. Not subject to the
    /// link policy.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] if it is not an http or https URL.
    pub(crate) fn external(&self, href: &str) -> Result<Url> {
        let refuse = |reason: String| Error::Url { url: without_credentials(href), reason };
        let mut url = self.url(&[""]).join(href.trim()).map_err(|error| refuse(format!("the link is no URL: {error}")))?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(refuse(format!(
                "only http and https can be requested, not {}; `Store` and `Raster` read what is in S3",
                url.scheme()
            )));
        }
        strip_user(&mut url);
        url.set_fragment(None);
        Ok(url)
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::transport::Settings;

    fn transport(links: LinkPolicy) -> Transport {
        Transport::new("http://zoo-service/acme/ogc-api", Settings { links, ..Settings::default() }).expect("transport")
    }

    #[test]
    fn links_of_the_configured_host_are_mapped_to_the_base() {
        let own = transport(LinkPolicy::OwnBase);
        for (href, expected) in [
            ("http://localhost:8080/acme/temp/x%20y.log?a=b%2F", "http://zoo-service/acme/temp/x%20y.log?a=b%2F"),
            ("https://me:hush@zoo-service/acme/ogc-api/jobs", "http://zoo-service/acme/ogc-api/jobs"),
            (
                "http://zoo-service/acme/ogc-api/processes?limit=1&skip=1",
                "http://zoo-service/acme/ogc-api/processes?limit=1&skip=1",
            ),
            ("//other/x", "http://zoo-service/x"),
            ("/acme/temp/x.log#L1", "http://zoo-service/acme/temp/x.log"),
            ("jobs/1", "http://zoo-service/acme/ogc-api/jobs/1"),
            (" ./jobs ", "http://zoo-service/acme/ogc-api/jobs"),
        ] {
            assert_eq!(own.resolve(href).expect(href).as_str(), expected);
        }
    }

    #[test]
    fn links_can_be_taken_at_their_word() {
        let follow = transport(LinkPolicy::Follow);
        assert_eq!(follow.resolve("http://localhost:8080/x").expect("URL").as_str(), "http://localhost:8080/x");
        assert_eq!(follow.resolve("jobs").expect("URL").as_str(), "http://zoo-service/acme/ogc-api/jobs");
        let own = transport(LinkPolicy::OwnBase);
        assert_eq!(own.external("https://me:hush@bucket:4566/k?X-Sig=1").expect("URL").as_str(), "https://bucket:4566/k?X-Sig=1");
    }

    #[test]
    fn data_lies_where_it_is_said_to_unless_that_is_the_server_itself() {
        let place = |base: &str, href: &str| {
            let transport = Transport::new(base, Settings::default()).expect("transport");
            let (first, second) = transport.places(href).expect("URL");
            (first.to_string(), second.map(|url| url.to_string()))
        };
        let only = |url: &str| (url.to_owned(), None);
        let base = "http://zoo-project-dru-service/acme/ogc-api";
        assert_eq!(
            place(base, "https://store.example/mask.tif"),
            ("https://store.example/mask.tif".to_owned(), Some("http://zoo-project-dru-service/mask.tif".to_owned()))
        );
        assert_eq!(place(base, "http://localhost:8080/temp//j.json"), only("http://zoo-project-dru-service/temp//j.json"));
        assert_eq!(place(base, "http://[::1]/j.json"), only("http://zoo-project-dru-service/j.json"));
        assert_eq!(place(base, "/temp/j.json"), only("http://zoo-project-dru-service/temp/j.json"));
        assert_eq!(
            place("http://127.0.0.1:5000", "http://localhost/j.json"),
            ("http://localhost/j.json".to_owned(), Some("http://127.0.0.1:5000/j.json".to_owned()))
        );
        let follow = transport(LinkPolicy::Follow).places("https://store.example/x").expect("URL");
        assert_eq!((follow.0.as_str(), follow.1), ("https://store.example/x", None));
        let error = transport(LinkPolicy::OwnBase).places("s3://results/j.json").expect_err("not HTTP").to_string();
        assert!(error.contains("Store"), "{error}");
    }

    #[test]
    fn other_schemes_are_refused() {
        for href in ["s3://results/x", "file:///etc/passwd", "mailto:a@b", "http://", "ftp://me:hush@host/x"] {
            for links in [LinkPolicy::OwnBase, LinkPolicy::Follow] {
                let error = transport(links).resolve(href).expect_err(href);
                assert!(matches!(error, Error::Url { .. }) && !error.to_string().contains("hush"), "{error}");
            }
        }
    }
}
