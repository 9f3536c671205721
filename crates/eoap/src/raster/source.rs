//! Where the bytes of a raster come from: an object of a store, an HTTP server, a file, or memory.
//!
//! [`Source`] answers one question, "which bytes are in this range, and how large is the whole?", and knows nothing about
//! what the bytes mean.

use std::{
    fmt,
    fs::File,
    io::{Read, Seek, SeekFrom},
    ops::Range,
    path::PathBuf,
};

use bytes::Bytes;
use reqwest::{
    StatusCode,
    header::{CONTENT_RANGE, RANGE},
};
use url::Url;

use crate::{
    error::{Error, Result, chain, excerpt},
    s3_url::S3Url,
    store::Store,
    transport::http_client,
};

#[derive(Clone, Debug)]
pub(crate) enum Source {
    Object(Store, S3Url),
    Http(reqwest::Client, Url),
    File(PathBuf),
    Memory(Bytes),
}

impl Source {
    /// The source that an address of an asset leads to.
    pub(crate) fn of_asset(asset: &stac::Asset) -> Result<Self> {
        let href = asset.href.as_str();
        match Url::parse(href) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Self::http(url),
            Ok(url) if url.scheme() == "file" => url
                .to_file_path()
                .map(Self::File)
                .map_err(|()| Error::Url { url: href.to_owned(), reason: "this is no path of a local file".to_owned() }),
            Err(_) if href.starts_with('/') => Ok(Self::File(PathBuf::from(href))),
            Err(_) => Err(Error::Url {
                url: href.to_owned(),
                reason: "the address is relative; make it absolute against the address of its item".to_owned(),
            }),
            Ok(_) => Ok(Self::Object(Store::for_asset(asset)?, S3Url::parse(href)?)),
        }
    }

    pub(crate) fn http(url: Url) -> Result<Self> {
        Ok(Self::Http(http_client()?, url))
    }

    /// Whether reading takes a request.
    pub(crate) fn is_remote(&self) -> bool {
        matches!(self, Self::Object(..) | Self::Http(..))
    }

    /// The bytes of a range, which may end before it does if the file does, and the size of the file.
    pub(crate) async fn read(&self, range: Range<u64>) -> Result<(Bytes, u64)> {
        match self {
            Self::Object(store, url) => store.get_range(url, range).await,
            Self::Http(client, url) => read_http(client, url, range).await,
            Self::File(path) => {
                let file = path.clone();
                let read = tokio::task::spawn_blocking(move || read_file(&file, range)).await;
                read.unwrap_or_else(|error| Err(std::io::Error::other(error)))
                    .map_err(|error| Error::Raster { raster: path.display().to_string(), reason: error.to_string() })
            }
            Self::Memory(bytes) => {
                let size = bytes.len() as u64;
                let (start, end) = (range.start.min(size), range.end.min(size));
                Ok((bytes.slice(start as usize..end as usize), size))
            }
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(_, url) => url.fmt(f),
            // A query may hold a signature.
            Self::Http(_, url) => match url.query() {
                Some(_) => write!(f, "{}?…", url.as_str().split('?').next().unwrap_or_default()),
                None => url.fmt(f),
            },
            Self::File(path) => path.display().fmt(f),
            Self::Memory(bytes) => write!(f, "{} bytes in memory", bytes.len()),
        }
    }
}

/// A range request (RFC 9110 clause 14). A server that does not know ranges sends the whole file, which will do only if that is all
/// that was asked for.
async fn read_http(client: &reqwest::Client, url: &Url, range: Range<u64>) -> Result<(Bytes, u64)> {
    let failed = |error: reqwest::Error| {
        let source = error.without_url();
        Error::Connection { method: "GET".into(), url: url.to_string(), reason: chain(&source), source }
    };
    let wanted = range.end - range.start;
    let header = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
    let response = client.get(url.clone()).header(RANGE, header).send().await.map_err(failed)?;
    let status = response.status();
    let total = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok()?.rsplit('/').next()?.parse().ok());
    match (status, total) {
        (StatusCode::PARTIAL_CONTENT, Some(total)) => {
            let bytes = response.bytes().await.map_err(failed)?;
            Ok((bytes.slice(..bytes.len().min(wanted as usize)), total))
        }
        (StatusCode::OK, _) if range.start == 0 && response.content_length().is_some_and(|length| length <= wanted) => {
            let bytes = response.bytes().await.map_err(failed)?;
            let size = bytes.len() as u64;
            Ok((bytes, size))
        }
        (StatusCode::OK, _) => Err(Error::Raster {
            raster: url.to_string(),
            reason:
                "its server ignores `Range` and sends the whole file for every part of it; download the file, and open it with \
                     `Raster::open_file`"
                    .to_owned(),
        }),
        _ => {
            let bytes = response.bytes().await.map_err(failed)?;
            Err(Error::Http { method: "GET".into(), url: url.to_string(), status: status.as_u16(), body: excerpt(&bytes) })
        }
    }
}

fn read_file(path: &PathBuf, range: Range<u64>) -> std::io::Result<(Bytes, u64)> {
    let mut file = File::open(path)?;
    let size = file.metadata()?.len();
    let (start, end) = (range.start.min(size), range.end.min(size));
    file.seek(SeekFrom::Start(start))?;
    let mut bytes = Vec::with_capacity((end - start) as usize);
    file.take(end - start).read_to_end(&mut bytes)?;
    Ok((bytes.into(), size))
}
