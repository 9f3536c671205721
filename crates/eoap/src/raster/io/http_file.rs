//! A file on an HTTP server, read range by range (RFC 9110, clause 14).
//!
//! It checks every answer: the range that was asked for, whole, and of the same file as before. After a
//! temporary failure (a broken connection, a busy server) it tries again, as stores do. It does not know what
//! bytes mean.

use std::{
    fmt,
    ops::Range,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::{Bytes, BytesMut};
use reqwest::{
    Response, StatusCode,
    header::{CONTENT_RANGE, ETAG, HeaderMap, IF_MATCH, LAST_MODIFIED, RANGE},
};
use tokio::time::sleep;
use url::Url;

use super::source::part;
use crate::{
    error::{Error, Result, chain, excerpt},
    http::{
        connections::file_client,
        retry::{Retry, is_passing, retry_after},
    },
    storage::shown_address::shown,
};

/// A server that ignores ranges sends the file whole; one up to this size is kept, because the next range
/// would need it all again.
const MOST_WITHOUT_RANGES: usize = 64 << 20;
const NO_RANGES: &str =
    "its server ignores `Range` and the file is larger than 64 MiB; download it, and open it with `Raster::open_file`";

/// A file on an HTTP server; clones share what is known of it.
#[derive(Clone, Debug)]
pub(crate) struct HttpFile {
    client: reqwest::Client,
    url: Url,
    known: Arc<Known>,
}

/// What the first answer reports about the file.
#[derive(Debug, Default)]
struct Known {
    /// The whole file, if the server does not know ranges.
    whole: OnceLock<Bytes>,
    version: OnceLock<Version>,
}

/// Which version of the file an answer has.
#[derive(Clone, Debug, PartialEq)]
struct Version {
    size: u64,
    /// `ETag`, else `Last-Modified`.
    validator: Option<String>,
}

/// Why an attempt failed.
enum Failure {
    /// Another attempt may succeed, after the time that the server asks for.
    Passing(Box<Error>, Option<Duration>),
    Lasting(Box<Error>),
}

impl HttpFile {
    pub(crate) fn new(url: Url) -> Result<Self> {
        Ok(Self { client: file_client()?, url, known: Arc::default() })
    }

    /// The file beside this one whose name has this ending. A query may be a signature, which is for one
    /// file.
    pub(crate) fn beside(&self, ending: &str) -> Option<Self> {
        let mut url = self.url.query().is_none().then(|| self.url.clone())?;
        url.set_path(&format!("{}{ending}", url.path()));
        Some(Self { client: self.client.clone(), url, known: Arc::default() })
    }

    /// The bytes of a range, which may reach beyond the end, and the size of the file.
    pub(crate) async fn read(&self, range: Range<u64>) -> Result<(Bytes, u64)> {
        if let Some(whole) = self.known.whole.get() {
            return Ok(part(whole, range));
        }
        let retry = Retry::default();
        let mut failures = 0;
        loop {
            let (error, asked) = match self.attempt(range.clone()).await {
                Ok(read) => return Ok(read),
                Err(Failure::Lasting(error)) => return Err(*error),
                Err(Failure::Passing(error, asked)) => (error, asked.unwrap_or_default()),
            };
            failures += 1;
            match retry.delay(failures) {
                Some(delay) if asked <= retry.longest() => sleep(delay.max(asked)).await,
                _ => return Err(Error::RetriesExhausted { attempts: failures, last: error }),
            }
        }
    }

    async fn attempt(&self, range: Range<u64>) -> Result<(Bytes, u64), Failure> {
        let header = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
        let mut request = self.client.get(self.url.clone()).header(RANGE, header);
        // Weak validators do not show whether bytes can be joined.
        let validator = self.known.version.get().and_then(|version| version.validator.as_ref());
        if let Some(etag) = validator.filter(|validator| validator.starts_with('"')) {
            request = request.header(IF_MATCH, etag);
        }
        let response = request.send().await.map_err(|error| self.broken(error))?;
        let headers = response.headers().clone();
        match (response.status(), ContentRange::of(&headers)) {
            (StatusCode::PARTIAL_CONTENT, Some(ContentRange { range: Some(sent), size })) => {
                self.same(Version::of(size, &headers))?;
                let bytes = response.bytes().await.map_err(|error| self.broken(error))?;
                self.cut(bytes, sent, range.start..range.end.min(size)).map(|bytes| (bytes, size))
            }
            (StatusCode::PARTIAL_CONTENT, _) => {
                Err(self.failed("its server answers with a part and does not say which (`Content-Range`)"))
            }
            (StatusCode::RANGE_NOT_SATISFIABLE, Some(ContentRange { size, .. })) if range.start >= size => {
                self.same(Version::of(size, &headers))?;
                Ok((Bytes::new(), size))
            }
            (StatusCode::PRECONDITION_FAILED, _) => Err(self.replaced()),
            (StatusCode::OK, _) => {
                let whole = self.whole(response).await?;
                self.same(Version::of(whole.len() as u64, &headers))?;
                Ok(part(self.known.whole.get_or_init(|| whole), range))
            }
            (status, _) => {
                let body = response.bytes().await.unwrap_or_default();
                let (url, body) = (shown(&self.url), excerpt(&body));
                let error = Box::new(Error::Http { method: "GET".into(), url, status: status.as_u16(), body });
                Err(if is_passing(status) { Failure::Passing(error, retry_after(&headers)) } else { Failure::Lasting(error) })
            }
        }
    }

    async fn whole(&self, mut response: Response) -> Result<Bytes, Failure> {
        let mut whole = BytesMut::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.broken(error))? {
            if whole.len() + chunk.len() > MOST_WITHOUT_RANGES {
                return Err(self.failed(NO_RANGES));
            }
            whole.extend_from_slice(&chunk);
        }
        Ok(whole.freeze())
    }

    /// The bytes that were asked for, of those that came: a server may answer with a wider range, such as
    /// blocks of its own.
    fn cut(&self, bytes: Bytes, sent: Range<u64>, wanted: Range<u64>) -> Result<Bytes, Failure> {
        if bytes.len() as u64 != sent.end - sent.start {
            let reason = format!("{} bytes came of bytes {}-{}", bytes.len(), sent.start, sent.end - 1);
            return Err(Failure::Passing(Error::Raster { raster: shown(&self.url), reason }.into(), None));
        }
        if sent.start > wanted.start || sent.end < wanted.end {
            return Err(self.failed(&format!(
                "its server was asked for bytes {}-{} and answered with bytes {}-{}",
                wanted.start,
                wanted.end.saturating_sub(1),
                sent.start,
                sent.end - 1
            )));
        }
        let begin = (wanted.start - sent.start) as usize;
        Ok(bytes.slice(begin..begin + (wanted.end - wanted.start) as usize))
    }

    /// Refuses parts of different files: the first answer says which one it is.
    fn same(&self, version: Version) -> Result<(), Failure> {
        let first = self.known.version.get_or_init(|| version.clone());
        let is_same = first.size == version.size
            && (first.validator.is_none() || version.validator.is_none() || first.validator == version.validator);
        if is_same { Ok(()) } else { Err(self.replaced()) }
    }

    fn replaced(&self) -> Failure {
        self.failed("the file was replaced by another while it was read; open it again")
    }

    fn failed(&self, reason: &str) -> Failure {
        Failure::Lasting(Error::Raster { raster: shown(&self.url), reason: reason.to_owned() }.into())
    }

    fn broken(&self, error: reqwest::Error) -> Failure {
        let source = error.without_url();
        let error = Error::Connection { method: "GET".into(), url: shown(&self.url), reason: chain(&source), source };
        Failure::Passing(error.into(), None)
    }
}

impl fmt::Display for HttpFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        shown(&self.url).fmt(f)
    }
}

impl Version {
    fn of(size: u64, headers: &HeaderMap) -> Self {
        let text = |name| headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Self { size, validator: text(ETAG).or_else(|| text(LAST_MODIFIED)) }
    }
}

/// `bytes 0-99/1000`, or `bytes */1000` where the range is not in the file.
struct ContentRange {
    range: Option<Range<u64>>,
    size: u64,
}

impl ContentRange {
    fn of(headers: &HeaderMap) -> Option<Self> {
        let (range, size) = headers.get(CONTENT_RANGE)?.to_str().ok()?.trim().strip_prefix("bytes ")?.split_once('/')?;
        let size = size.trim().parse().ok()?;
        if range.trim() == "*" {
            return Some(Self { range: None, size });
        }
        let (first, last) = range.trim().split_once('-')?;
        let (first, last): (u64, u64) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last && last < size).then(|| Self { range: Some(first..last + 1), size })
    }
}
