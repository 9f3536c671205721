//! Files beside a raster that GDAL names after it, with an ending: overviews in `.ovr`, masks in `.msk`,
//! metadata in `.aux.xml`.

use std::sync::Arc;

use super::{
    fetch::Fetcher,
    parts::{FIRST_READ, read_parts},
};
use crate::{
    error::{Error, Result},
    raster::tiff::{
        directory::Tiff,
        header::images,
        level::{Level, LevelFile},
    },
};

/// At most this much of a text is read.
const MAX_TEXT: u64 = 1 << 20;

/// All images of a file beside a raster, and that file; none if there is no such file.
pub(crate) async fn beside(raster: &Fetcher, ending: &str, file: LevelFile) -> Result<(Vec<Arc<Level>>, Option<Fetcher>)> {
    let Some(source) = raster.source().beside(ending) else { return Ok((Vec::new(), None)) };
    let name = source.to_string();
    let fetcher = match Fetcher::open(source, FIRST_READ).await {
        Err(error) if is_absent(&error) => return Ok((Vec::new(), None)),
        fetcher => fetcher?,
    };
    let levels = read_parts(&fetcher, &name, |bytes| {
        let (tiff, first) = Tiff::open(bytes)?;
        images(&tiff, first)
    });
    let levels = levels.await?.into_iter().map(|level| Level { file, ..level }.into()).collect();
    Ok((levels, Some(fetcher)))
}

/// The text of a file beside a raster; nothing if there is no such file.
pub(crate) async fn text_beside(raster: &Fetcher, ending: &str) -> Result<Option<String>> {
    let Some(source) = raster.source().beside(ending) else { return Ok(None) };
    let fetcher = match Fetcher::open(source, MAX_TEXT).await {
        Err(error) if is_absent(&error) => return Ok(None),
        fetcher => fetcher?,
    };
    let text = fetcher.get(0..fetcher.size().min(MAX_TEXT)).await?;
    Ok(Some(String::from_utf8_lossy(&text).into_owned()))
}

/// Whether a file does not exist. Stores answer that a missing file is forbidden, to those who may not list.
fn is_absent(error: &Error) -> bool {
    use object_store::Error::{NotFound, PermissionDenied, Unauthenticated};
    match error {
        Error::Store { source: Some(source), .. } => {
            matches!(**source, NotFound { .. } | PermissionDenied { .. } | Unauthenticated { .. })
        }
        Error::Http { status, .. } => matches!(status, 403 | 404 | 410),
        _ => false,
    }
}
