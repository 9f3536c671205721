//! Streams the data of an asset to a file, and resumes interrupted transfers.

use std::{fs, path::Path};

use bytes::Bytes;
use futures_util::{StreamExt, stream::BoxStream};
use reqwest::{
    StatusCode,
    header::{ETAG, HeaderMap, IF_RANGE, RANGE},
};
use stac::Asset;
use url::Url;

use super::OnProgress;
use crate::{
    error::{Error, Result, chain, excerpt},
    http::connections::file_client,
    items::progress::Progress,
    storage::{Store, asset_address::Address, atomic_file::AtomicFile, shown_address::shown},
};

/// How often an interrupted HTTP download is resumed.
const RESUMPTIONS: u32 = 3;

/// Streams an asset into a file. `place` is the number of the file and how many there are.
pub(crate) async fn fetch(asset: &Asset, path: &Path, place: (usize, usize), on_progress: &mut Option<OnProgress>) -> Result<()> {
    let mut file = AtomicFile::create(path)?;
    let mut tell = |received: u64, size: Option<u64>, is_done: bool| {
        if let Some(on_progress) = on_progress {
            on_progress(&Progress { path: path.to_owned(), file: place.0, files: place.1, received, size, is_done });
        }
    };
    let (received, size) = match Address::of(&asset.href)? {
        Address::Http(url) => fetch_http(url, &mut file, &mut tell).await?,
        Address::File(from) => copy(&from, &mut file)?,
        Address::Object(url) => {
            let store = Store::for_asset(asset)?;
            let (stream, size) = store.stream(&url).await?;
            let received = append(stream, &mut file, 0, Some(size), &mut tell).await?;
            (received, Some(size))
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

/// Appends a stream to a file that has `received` bytes, and returns its new size.
async fn append(
    mut stream: BoxStream<'_, Result<Bytes>>,
    file: &mut AtomicFile,
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

fn copy(from: &Path, file: &mut AtomicFile) -> Result<(u64, Option<u64>)> {
    let bytes = fs::read(from).map_err(|error| Error::File { path: from.display().to_string(), reason: error.to_string() })?;
    file.write(&bytes)?;
    Ok((bytes.len() as u64, None))
}

/// Downloads a file over HTTP. After an interruption it asks for the rest (RFC 9110, clause 14), if the file
/// is the same (`If-Range`, clause 13.1.5). If the server sends the whole file or another one, the download
/// starts again.
async fn fetch_http(
    url: Url,
    file: &mut AtomicFile,
    tell: &mut impl FnMut(u64, Option<u64>, bool),
) -> Result<(u64, Option<u64>)> {
    let client = file_client()?;
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
