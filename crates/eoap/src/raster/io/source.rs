//! Where the bytes of a raster come from: an object of a store, an HTTP server, a file, or memory.
//!
//! [`Source`] answers one question, "which bytes are in this range, and how large is the whole?", and knows
//! nothing about what the bytes mean.

use std::{
    fmt,
    fs::File,
    io::{Read, Seek, SeekFrom},
    ops::Range,
    path::PathBuf,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use url::Url;

use super::http_file::HttpFile;
use crate::{
    error::{Error, Result},
    storage::{Store, asset_address::Address, object_url::ObjectUrl},
};

/// Where bytes come from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// With the validator of the object that was read first.
    Object(Store, ObjectUrl, Arc<OnceLock<String>>),
    Http(HttpFile),
    File(PathBuf),
    Memory(Bytes),
}

impl Source {
    /// The source that an address of an asset leads to.
    pub(crate) fn of_asset(asset: &stac::Asset) -> Result<Self> {
        Ok(match Address::of(&asset.href)? {
            Address::Object(url) => Self::object(Store::for_asset(asset)?, url),
            Address::Http(url) => Self::http(url)?,
            Address::File(path) => Self::File(path),
        })
    }

    pub(crate) fn object(store: Store, url: ObjectUrl) -> Self {
        Self::Object(store, url, Arc::default())
    }

    pub(crate) fn http(url: Url) -> Result<Self> {
        HttpFile::new(url).map(Self::Http)
    }

    /// The file beside this one with its name and an ending. Nothing if there cannot be one, or if a look
    /// shows that there is none.
    pub(crate) fn beside(&self, ending: &str) -> Option<Self> {
        match self {
            Self::Object(store, url, _) => {
                let url = ObjectUrl { key: format!("{}{ending}", url.key), ..url.clone() };
                Some(Self::object(store.clone(), url))
            }
            Self::Http(file) => file.beside(ending).map(Self::Http),
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
            Self::Object(store, url, version) => store.get_range(url, range, version).await,
            Self::Http(file) => file.read(range).await,
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
            Self::Object(_, url, _) => url.fmt(f),
            Self::Http(file) => file.fmt(f),
            Self::File(path) => path.display().fmt(f),
            Self::Memory(bytes) => write!(f, "{} bytes in memory", bytes.len()),
        }
    }
}

/// The part of a whole that a range means, and the size of the whole.
pub(super) fn part(whole: &Bytes, range: Range<u64>) -> (Bytes, u64) {
    let size = whole.len() as u64;
    let (start, end) = (range.start.min(size), range.end.min(size));
    (whole.slice(start as usize..end as usize), size)
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
