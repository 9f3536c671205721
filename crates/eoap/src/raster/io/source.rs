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
    sync::{Arc, OnceLock},
};

use bytes::{Bytes, BytesMut};
use reqwest::{
    StatusCode,
    header::{CONTENT_RANGE, RANGE},
};
use url::Url;

use crate::{
    error::{Error, Result, chain, excerpt},
    http::connections::file_client,
    storage::{
        Store,
        asset_address::{Address, without_query},
        s3_url::S3Url,
    },
};

/// How large a file may be that a server sends whole because it does not know ranges: 64 MiB, as it is held in memory.
const MOST_WITHOUT_RANGES: usize = 64 << 20;

const NO_RANGES: &str =
    "its server ignores `Range` and the file is larger than 64 MiB; download it, and open it with `Raster::open_file`";

#[derive(Clone, Debug)]
pub(crate) enum Source {
    Object(Store, S3Url),
    /// With the whole file, once a server that does not know ranges has sent it.
    Http(reqwest::Client, Url, Arc<OnceLock<Bytes>>),
    File(PathBuf),
    Memory(Bytes),
}

impl Source {
    /// The source that an address of an asset leads to.
    pub(crate) fn of_asset(asset: &stac::Asset) -> Result<Self> {
        Ok(match Address::of(&asset.href)? {
            Address::Object(url) => Self::Object(Store::for_asset(asset)?, url),
            Address::Http(url) => Self::http(url)?,
            Address::File(path) => Self::File(path),
        })
    }

    pub(crate) fn http(url: Url) -> Result<Self> {
        Ok(Self::Http(file_client()?, url, Arc::default()))
    }

    /// The file beside this one that has its name and an ending. Nothing if no such file can be, or none is known to be.
    pub(crate) fn beside(&self, ending: &str) -> Option<Self> {
        match self {
            Self::Object(store, url) => {
                let url = S3Url { key: format!("{}{ending}", url.key), ..url.clone() };
                Some(Self::Object(store.clone(), url))
            }
            // A query may be a signature, which is for one file.
            Self::Http(_, url, _) if url.query().is_some() => None,
            Self::Http(client, url, _) => {
                let mut url = url.clone();
                url.set_path(&format!("{}{ending}", url.path()));
                Some(Self::Http(client.clone(), url, Arc::default()))
            }
            Self::File(path) => {
                let mut path = path.clone().into_os_string();
                path.push(ending);
                let path = PathBuf::from(path);
                path.is_file().then_some(Self::File(path))
            }
            Self::Memory(_) => None,
        }
    }

    /// Whether reading takes a request.
    pub(crate) fn is_remote(&self) -> bool {
        matches!(self, Self::Object(..) | Self::Http(..))
    }

    /// The bytes of a range, which may end before it does if the file does, and the size of the file.
    pub(crate) async fn read(&self, range: Range<u64>) -> Result<(Bytes, u64)> {
        match self {
            Self::Object(store, url) => store.get_range(url, range).await,
            Self::Http(client, url, whole) => match whole.get() {
                Some(bytes) => Ok(part(bytes, range)),
                None => read_http(client, url, range, whole).await,
            },
            Self::File(path) => {
                let file = path.clone();
                let read = tokio::task::spawn_blocking(move || read_file(&file, range)).await;
                read.unwrap_or_else(|error| Err(std::io::Error::other(error)))
                    .map_err(|error| Error::Raster { raster: path.display().to_string(), reason: error.to_string() })
            }
            Self::Memory(bytes) => Ok(part(bytes, range)),
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Object(_, url) => url.fmt(f),
            Self::Http(_, url, _) => without_query(url).fmt(f),
            Self::File(path) => path.display().fmt(f),
            Self::Memory(bytes) => write!(f, "{} bytes in memory", bytes.len()),
        }
    }
}

/// The part of a whole that a range means, and the size of the whole.
fn part(whole: &Bytes, range: Range<u64>) -> (Bytes, u64) {
    let size = whole.len() as u64;
    let (start, end) = (range.start.min(size), range.end.min(size));
    (whole.slice(start as usize..end as usize), size)
}

/// A range request (RFC 9110 clause 14). A server that does not know ranges sends the whole file, which is kept unless it is too large.
async fn read_http(client: &reqwest::Client, url: &Url, range: Range<u64>, kept: &OnceLock<Bytes>) -> Result<(Bytes, u64)> {
    let failed = |error: reqwest::Error| {
        let source = error.without_url();
        Error::Connection { method: "GET".into(), url: without_query(url), reason: chain(&source), source }
    };
    let wanted = range.end - range.start;
    let header = format!("bytes={}-{}", range.start, range.end.saturating_sub(1));
    let mut response = client.get(url.clone()).header(RANGE, header).send().await.map_err(failed)?;
    let status = response.status();
    let total = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok()?.rsplit('/').next()?.parse().ok());
    match (status, total) {
        (StatusCode::PARTIAL_CONTENT, Some(total)) => {
            let bytes = response.bytes().await.map_err(failed)?;
            Ok((bytes.slice(..bytes.len().min(wanted as usize)), total))
        }
        (StatusCode::OK, _) => {
            let mut whole = BytesMut::new();
            while let Some(chunk) = response.chunk().await.map_err(failed)? {
                if whole.len() + chunk.len() > MOST_WITHOUT_RANGES {
                    return Err(Error::Raster { raster: without_query(url), reason: NO_RANGES.to_owned() });
                }
                whole.extend_from_slice(&chunk);
            }
            Ok(part(kept.get_or_init(|| whole.freeze()), range))
        }
        _ => {
            let bytes = response.bytes().await.map_err(failed)?;
            Err(Error::Http { method: "GET".into(), url: without_query(url), status: status.as_u16(), body: excerpt(&bytes) })
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
