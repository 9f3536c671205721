//! Fetches assets to local files: from S3, HTTP servers, or other files.
//!
//! [`Download`] streams one asset into a file that appears when it is whole; [`DownloadItems`] does so with the assets of items, and
//! gives the items back with the files' paths. Both tell how far they are and print nothing: what is shown of it, and how often, is
//! decided in `progress`.

use std::{
    fmt, fs,
    future::{Future, IntoFuture},
    path::{Path, PathBuf},
    pin::Pin,
};

use bytes::Bytes;
use futures_util::{StreamExt, stream::BoxStream};
use reqwest::{
    StatusCode,
    header::{ETAG, HeaderMap, IF_RANGE, RANGE},
};
use stac::Asset;
use url::Url;

use crate::{
    error::{Error, Result, chain, excerpt},
    items::ItemCollection,
    progress::Lines,
    s3_url::S3Url,
    saved_file::SavedFile,
    store::Store,
    transport::http_client,
};

/// How often an HTTP download that breaks off goes on from where it was.
const RESUMPTIONS: u32 = 3;

/// How far the download of a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Path of the file, where it will be.
    pub path: PathBuf,
    /// Number of the file, from 1.
    pub file: usize,
    /// How many files there are in all.
    pub files: usize,
    /// Bytes of this file that are here.
    pub received: u64,
    /// Bytes that it will have, if the server tells.
    pub size: Option<u64>,
    /// Whether the file is whole and has its name.
    pub is_done: bool,
}

type OnProgress = Box<dyn FnMut(&Progress) + Send>;

/// The download of one asset, from [`Download::of`]: set what is to be set, then `.await` for the path of the file.
///
/// The file lies in the folder under the last part of the asset's address. It appears when it is whole: a download that fails
/// or is stopped leaves nothing, and a file that was there before is replaced at the end. What S3 or an HTTP server breaks off
/// goes on from where it was, if the server can do that and still has the same file.
///
/// ```no_run
/// # async fn run(items: eoap::ItemCollection) -> Result<(), eoap::Error> {
/// let path = eoap::Download::of(&items[0].assets["data"]).folder("results").show_progress().await?;
/// println!("{}", path.display());
/// # Ok(())
/// # }
/// ```
#[must_use = "nothing is fetched until `.await`"]
pub struct Download {
    asset: Asset,
    folder: PathBuf,
    name: Option<String>,
    on_progress: Option<OnProgress>,
}

impl Download {
    /// The download of an asset: `s3://` with the settings of [`Store::for_asset`], `http(s)://`, `file://` or a local path.
    pub fn of(asset: &Asset) -> Self {
        Self { asset: asset.clone(), folder: PathBuf::from("."), name: None, on_progress: None }
    }

    /// Where the file will lie; the current folder, unless it is set. It is made if it does not exist.
    pub fn folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Name of the file, in place of the last part of the address.
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = Some(name.into());
        self
    }

    /// Is called when bytes have come, and when the file is whole.
    pub fn on_progress(mut self, on_progress: impl FnMut(&Progress) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(on_progress));
        self
    }

    /// Prints a line when the file is whole, and ten on the way if it is large. Which lines depends on the sizes only, not on the
    /// time that it takes.
    pub fn show_progress(self) -> Self {
        let mut lines = Lines::default();
        self.on_progress(move |progress| lines.show(progress))
    }

    async fn run(mut self) -> Result<PathBuf> {
        let name = match &self.name {
            Some(name) => checked_name(name)?,
            None => file_name(&self.asset.href)?,
        };
        let path = self.folder.join(name);
        fetch(&self.asset, &path, (1, 1), &mut self.on_progress).await?;
        Ok(path)
    }
}

/// The download of items' assets, from [`ItemCollection::download`]: set what is to be set, then `.await` for the items as they
/// are now, with the addresses of the local files.
///
/// Each item has a folder of its own, named after it. The files are fetched one after the other, each as [`Download`] does it; a
/// failure ends the whole, and the files that are whole by then stay.
#[must_use = "nothing is fetched until `.await`"]
pub struct DownloadItems {
    items: ItemCollection,
    folder: PathBuf,
    keys: Option<Vec<String>>,
    on_progress: Option<OnProgress>,
}

impl DownloadItems {
    pub(crate) fn new(items: ItemCollection, folder: PathBuf) -> Self {
        Self { items, folder, keys: None, on_progress: None }
    }

    /// Fetches the assets with these keys only. Items that have none of them are left as they are.
    pub fn assets<K: Into<String>>(mut self, keys: impl IntoIterator<Item = K>) -> Self {
        self.keys = Some(keys.into_iter().map(Into::into).collect());
        self
    }

    /// Is called when bytes have come, and when a file is whole.
    pub fn on_progress(mut self, on_progress: impl FnMut(&Progress) + Send + 'static) -> Self {
        self.on_progress = Some(Box::new(on_progress));
        self
    }

    /// Prints a line for each file when it is whole, and ten on the way if it is large. Which lines depends on the sizes only,
    /// not on the time that it takes.
    pub fn show_progress(self) -> Self {
        let mut lines = Lines::default();
        self.on_progress(move |progress| lines.show(progress))
    }

    async fn run(mut self) -> Result<ItemCollection> {
        let folder = std::path::absolute(&self.folder)
            .map_err(|error| Error::File { path: self.folder.display().to_string(), reason: error.to_string() })?;
        let plan = self.plan(&folder)?;
        let count = plan.len();
        for (number, (item, key, path)) in plan.into_iter().enumerate() {
            let Some(asset) = self.items.items[item].assets.get_mut(&key) else { continue };
            fetch(asset, &path, (number + 1, count), &mut self.on_progress).await?;
            asset.href = path.display().to_string();
        }
        Ok(self.items)
    }

    /// Which asset goes where: index of the item, key of the asset, path of the file. No two go to the same place.
    fn plan(&self, folder: &Path) -> Result<Vec<(usize, String, PathBuf)>> {
        let mut plan: Vec<(usize, String, PathBuf)> = Vec::new();
        for (index, item) in self.items.iter().enumerate() {
            let is_wanted = |key: &&String| self.keys.as_ref().is_none_or(|keys| keys.contains(key));
            for key in item.assets.keys().filter(is_wanted) {
                let folder = folder.join(folder_name(&item.id));
                let name = file_name(&item.assets[key].href)?;
                let mut path = folder.join(&name);
                let is_taken = |path: &Path| plan.iter().any(|(_, _, taken)| taken == path);
                if is_taken(&path) {
                    path = folder.join(format!("{}-{name}", folder_name(key)));
                }
                for number in 2.. {
                    if !is_taken(&path) {
                        break;
                    }
                    path = folder.join(format!("{}-{number}-{name}", folder_name(key)));
                }
                plan.push((index, key.clone(), path));
            }
        }
        Ok(plan)
    }
}

macro_rules! awaited {
    ($type:ty, $output:ty) => {
        impl IntoFuture for $type {
            type Output = Result<$output>;
            type IntoFuture = Pin<Box<dyn Future<Output = Self::Output> + Send>>;

            fn into_future(self) -> Self::IntoFuture {
                Box::pin(self.run())
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($type)).field("folder", &self.folder).finish_non_exhaustive()
            }
        }
    };
}

awaited!(Download, PathBuf);
awaited!(DownloadItems, ItemCollection);

/// The name of the file at the end of an address.
fn file_name(href: &str) -> Result<String> {
    let name = match Url::parse(href) {
        // Keys of S3 are taken as they are; addresses on the web have a query and encoded characters.
        Ok(url) if matches!(url.scheme(), "http" | "https" | "file") => {
            let last = url.path_segments().and_then(|mut segments| segments.next_back()).unwrap_or_default().to_owned();
            percent_decoded(&last)
        }
        _ => href.rsplit(['/', '\\']).next().unwrap_or_default().to_owned(),
    };
    checked_name(&name).map_err(|_| Error::Url {
        url: href.to_owned(),
        reason: "its last part is no name of a file; give one with `Download::of(asset).name(…)`".to_owned(),
    })
}

/// `%41` is `A`. What is no UTF-8 then stays as it was.
fn percent_decoded(text: &str) -> String {
    // The query string `a=…` is what the crate `url` decodes; there a plus sign would be a blank.
    let query = format!("a={}", text.replace('+', "%2B"));
    match url::form_urlencoded::parse(query.as_bytes()).next() {
        Some((_, decoded)) if !decoded.contains('\u{fffd}') => decoded.into_owned(),
        _ => text.to_owned(),
    }
}

/// A name leads to no other folder.
fn checked_name(name: &str) -> Result<String> {
    if name.is_empty() || matches!(name, "." | "..") || name.contains(['/', '\\', '\0']) {
        let reason = "this is no name of a file; give one without slashes".to_owned();
        return Err(Error::File { path: name.to_owned(), reason });
    }
    Ok(name.to_owned())
}

/// An identifier as the name of a folder: what could lead elsewhere, or what some system does not take, becomes `_`.
fn folder_name(id: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | ' ' | '+' | '=' | '@');
    let name: String = id.chars().map(|c| if is_plain(c) { c } else { '_' }).collect();
    if name.trim_matches(['.', ' ']).is_empty() { "_".repeat(name.chars().count().max(1)) } else { name }
}

/// Streams an asset into a file. `place` is the number of the file and how many there are.
async fn fetch(asset: &Asset, path: &Path, place: (usize, usize), on_progress: &mut Option<OnProgress>) -> Result<()> {
    let mut file = SavedFile::create(path)?;
    let mut tell = |received: u64, size: Option<u64>, is_done: bool| {
        if let Some(on_progress) = on_progress {
            on_progress(&Progress { path: path.to_owned(), file: place.0, files: place.1, received, size, is_done });
        }
    };
    let (received, size) = match Url::parse(&asset.href) {
        Ok(url) if matches!(url.scheme(), "http" | "https") => fetch_http(url, &mut file, &mut tell).await?,
        Ok(url) if url.scheme() == "file" => {
            let from = url
                .to_file_path()
                .map_err(|()| Error::Url { url: asset.href.clone(), reason: "this is no path of a local file".to_owned() })?;
            copy(&from, &mut file)?
        }
        Ok(_) => {
            let url = S3Url::parse(&asset.href)?;
            let store = Store::for_asset(asset)?;
            let (stream, size) = store.stream(&url).await?;
            let received = append(stream, &mut file, 0, Some(size), &mut tell).await?;
            (received, Some(size))
        }
        Err(_) if Path::new(&asset.href).is_absolute() => copy(Path::new(&asset.href), &mut file)?,
        Err(_) => {
            return Err(Error::Url {
                url: asset.href.clone(),
                reason: "the address is relative; make it absolute against the address of its item".to_owned(),
            });
        }
    };
    if let Some(size) = size.filter(|size| *size != received) {
        let reason = format!("{received} of {size} bytes came; nothing was saved, try again");
        return Err(Error::File { path: path.display().to_string(), reason });
    }
    file.finish()?;
    tell(received, Some(received), true);
    Ok(())
}

/// Adds what a stream brings to a file that has `received` bytes, and says how many it has then.
async fn append(
    mut stream: BoxStream<'_, Result<Bytes>>,
    file: &mut SavedFile,
    mut received: u64,
    size: Option<u64>,
    tell: &mut impl FnMut(u64, Option<u64>, bool),
) -> Result<u64> {
    while let Some(bytes) = stream.next().await {
        let bytes = bytes?;
        file.write(&bytes)?;
        received += bytes.len() as u64;
        tell(received, size, false);
    }
    Ok(received)
}

fn copy(from: &Path, file: &mut SavedFile) -> Result<(u64, Option<u64>)> {
    let bytes = fs::read(from).map_err(|error| Error::File { path: from.display().to_string(), reason: error.to_string() })?;
    file.write(&bytes)?;
    Ok((bytes.len() as u64, None))
}

/// Fetches a file over HTTP. A body that breaks off is asked for from there on (RFC 9110, clause 14), as long as the file is the same
/// (`If-Range`, clause 13.1.5); a server that sends it whole again, or sends another, starts it anew.
async fn fetch_http(url: Url, file: &mut SavedFile, tell: &mut impl FnMut(u64, Option<u64>, bool)) -> Result<(u64, Option<u64>)> {
    let client = http_client()?;
    let failed = |source: reqwest::Error| {
        let source = source.without_url();
        Error::Connection { method: "GET".into(), url: shown(&url), reason: chain(&source), source }
    };
    let (mut received, mut size, mut etag) = (0_u64, None, None);
    for attempt in 0.. {
        let mut request = client.get(url.clone());
        if let (true, Some(etag)) = (received > 0, &etag) {
            request = request.header(RANGE, format!("bytes={received}-")).header(IF_RANGE, etag);
        }
        let answer = request.send().await.map_err(failed)?;
        let status = answer.status();
        match status {
            StatusCode::PARTIAL_CONTENT if received > 0 => {}
            StatusCode::OK => {
                if received > 0 {
                    file.clear()?;
                    received = 0;
                }
                size = answer.content_length();
                etag = strong_etag(answer.headers());
            }
            _ => {
                let body = answer.bytes().await.unwrap_or_default();
                return Err(Error::Http {
                    method: "GET".into(),
                    url: shown(&url),
                    status: status.as_u16(),
                    body: excerpt(&body),
                });
            }
        }
        let mut stream = answer.bytes_stream();
        let broken = loop {
            match stream.next().await {
                Some(Ok(bytes)) => {
                    file.write(&bytes)?;
                    received += bytes.len() as u64;
                    tell(received, size, false);
                }
                Some(Err(error)) => break Some(error),
                None => break None,
            }
        };
        match broken {
            None => break,
            Some(error) if attempt >= RESUMPTIONS => return Err(failed(error)),
            Some(_) => {}
        }
    }
    Ok((received, size))
}

/// The validator of a file that two answers can be joined by.
fn strong_etag(headers: &HeaderMap) -> Option<String> {
    headers.get(ETAG)?.to_str().ok().filter(|etag| !etag.starts_with("W/")).map(str::to_owned)
}

/// An address without its query, which may hold a signature.
fn shown(url: &Url) -> String {
    match url.query() {
        Some(_) => format!("{}?…", url.as_str().split('?').next().unwrap_or_default()),
        None => url.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_nowhere_else() {
        let named = |href: &str| file_name(href).ok();
        assert_eq!(named("s3://results/job/otsu.tif").as_deref(), Some("otsu.tif"));
        assert_eq!(named("https://host/a/b%20c.tif?sig=x/y").as_deref(), Some("b c.tif"));
        assert_eq!(named("/data/a+b.tif").as_deref(), Some("a+b.tif"));
        for href in ["s3://results/job/", "https://host", "https://host/a/%2e%2e%2fetc", "s3://b/..", "s3://b/a\0b"] {
            assert_eq!(named(href), None, "{href}");
        }
        assert_eq!(["LC08_L2", "../../etc", "..", "", "a:b*c"].map(folder_name), ["LC08_L2", ".._.._etc", "__", "_", "a_b_c"]);
    }
}
