//! Opens rasters: fetches as much of a file as its header takes, and the files beside it.

use std::{path::Path, sync::Arc};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;
use url::Url;

use super::{
    dataset::{Raster, Shared},
    io::{
        fetch::Fetcher,
        parts::{FIRST_READ, read_parts},
        side_files::beside,
        source::Source,
    },
    tiff::{
        header::{Further, Header},
        level::LevelFile,
    },
};
use crate::{
    error::{Error, Result},
    storage::Store,
};

impl Raster {
    /// Opens the file of an asset: `s3://` with the settings of [`Store::for_asset`], `http(s)://` with range
    /// requests, or a local file.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] for a relative address, [`Error::Store`], [`Error::Connection`] or [`Error::Http`] if
    /// it cannot be fetched, [`Error::Raster`] if it is not a GeoTIFF that can be read.
    pub fn open(asset: &stac::Asset) -> BoxFuture<'static, Result<Self>> {
        Self::open_source(Source::of_asset(asset))
    }

    /// Opens an object of a store, by its `s3://bucket/key` URL or its key.
    ///
    /// # Errors
    ///
    /// Those of [`Raster::open`].
    pub fn open_url(url: impl AsRef<str>, store: &Store) -> BoxFuture<'static, Result<Self>> {
        Self::open_source(store.resolve(url.as_ref()).map(|url| Source::object(store.clone(), url)))
    }

    /// Opens a file on an HTTP server.
    ///
    /// # Errors
    ///
    /// Those of [`Raster::open`].
    pub fn open_http(url: impl AsRef<str>) -> BoxFuture<'static, Result<Self>> {
        Self::open_web(url.as_ref())
    }

    fn open_web(url: &str) -> BoxFuture<'static, Result<Self>> {
        let parsed = Url::parse(url).map_err(|error| Error::Url { url: url.to_owned(), reason: error.to_string() });
        Self::open_source(parsed.and_then(Source::http))
    }

    /// Opens a local file.
    ///
    /// # Errors
    ///
    /// [`Error::Raster`] if the file cannot be read or is not a GeoTIFF that can be read.
    pub fn open_file(path: impl AsRef<Path>) -> BoxFuture<'static, Result<Self>> {
        Self::open_source(Ok(Source::File(path.as_ref().to_owned())))
    }

    /// Opens a file that is in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Raster`] if it is not a GeoTIFF that can be read.
    pub fn open_bytes(bytes: impl Into<Bytes>) -> BoxFuture<'static, Result<Self>> {
        Self::open_source(Ok(Source::Memory(bytes.into())))
    }

    /// Sizes of the overviews in the file, width and height, in its order. May fetch directories at the end
    /// of the file.
    ///
    /// # Errors
    ///
    /// Those of fetching as in [`Raster::open`].
    pub fn overviews(&self) -> BoxFuture<'_, Result<Vec<(u32, u32)>>> {
        Box::pin(async move { Ok(self.further().await?.overviews.iter().map(|level| (level.width, level.height)).collect()) })
    }

    /// Looks for the files that GDAL names after the raster with `.ovr` (overviews) or `.msk` (masks), when
    /// overviews or masks are asked for. Local files are looked for in any case. Elsewhere each look costs a
    /// request, so it happens only after this call.
    ///
    /// Overviews and masks within the file come first, as in GDAL. An address with a query has nothing beside
    /// it.
    ///
    /// ```no_run
    /// # async fn run(asset: eoap::stac::Asset) -> Result<(), eoap::Error> {
    /// let raster = eoap::Raster::open(&asset).await?.with_side_files();
    /// println!("{:?}", raster.overviews().await?);
    /// # Ok(())
    /// # }
    /// ```
    pub fn with_side_files(mut self) -> Self {
        self.looks_beside = true;
        self
    }

    fn open_source(source: Result<Source>) -> BoxFuture<'static, Result<Self>> {
        Box::pin(async move { Self::read_header(source?).await })
    }

    async fn read_header(source: Source) -> Result<Self> {
        let name = source.to_string();
        let looks_beside = matches!(source, Source::File(_));
        let fetcher = Fetcher::open(source, FIRST_READ).await?;
        let header = read_parts(&fetcher, &name, Header::read).await?;
        let shared = Shared { name, header, fetcher, further: OnceCell::new(), with_side_files: OnceCell::new() };
        Ok(Self { shared: Arc::new(shared), looks_beside })
    }

    /// The further images of the file, read when they are asked for first.
    pub(crate) async fn further(&self) -> Result<&Further> {
        let Shared { name, header, further, with_side_files, fetcher } = &*self.shared;
        let own = || read_parts(fetcher, name, |bytes| Further::read(bytes, header));
        if !self.looks_beside {
            return further.get_or_try_init(own).await;
        }
        let all = async || {
            let mut all = own().await?;
            // As in GDAL, what is beside the file is not looked at if it has such images itself.
            if all.overviews.is_empty() {
                (all.overviews, all.overview_file) = beside(fetcher, ".ovr", LevelFile::Overviews).await?;
            }
            if all.masks.is_empty() {
                (all.masks, all.mask_file) = beside(fetcher, ".msk", LevelFile::Mask).await?;
            }
            Ok(all)
        };
        with_side_files.get_or_try_init(all).await
    }
}
