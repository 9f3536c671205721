//! An open GeoTIFF: its header is in memory, its pixels are fetched when they are asked for.
//!
//! [`Raster`] joins the source (asynchronous) to the parts that parse, decode and compute (synchronous).

use std::{collections::BTreeMap, fmt, sync::Arc};

use tokio::sync::OnceCell;

use super::{
    georeference::{affine::Affine, crs::Crs},
    io::fetch::Fetcher,
    tiff::{
        header::{Further, Header},
        level::{Level, LevelFile},
    },
};
use crate::error::Error;

/// An open GeoTIFF, cheap to clone. Opening it reads its header; statistics and previews read the tiles that
/// they need.
///
/// It reads TIFF and BigTIFF in both byte orders; whole numbers of 1 to 64 bits and floats of 16, 32 and 64;
/// tiles and strips, bands side by side or apart. Compressions are LZW, Deflate, Zstandard, PackBits, JPEG,
/// WebP, fax (groups 3 and 4) and none, with predictors. CMYK and YCbCr become red, green and blue. Overviews
/// and masks may be within the file or, with [`with_side_files`](Self::with_side_files), beside it. Anything
/// else (complex numbers, LERC, JPEG XL) is a clear error.
///
/// # Memory
///
/// Opening takes as much as the header, a few MiB at most. A read takes its array (1 GiB at most unless
/// [`max_bytes`](crate::Read::max_bytes) allows more), 64 MiB for bytes that are kept for further reads, and 48 MiB
/// for bytes under way. For each core and one more it takes a decoded tile or strip (256 MiB at most) with
/// its encoded bytes, whatever the file says. Statistics take up to 512 MiB for values of bands that lie side
/// by side, which are read in one pass. A mask takes a byte a pixel. It needs a tokio runtime.
///
/// ```no_run
/// # async fn run(items: eoap::ItemCollection) -> Result<(), eoap::Error> {
/// let raster = eoap::Raster::open(&items[0].assets["data"]).await?;
/// println!("{}", raster.profile());
/// println!("{}", raster.statistics(1024).await?[0].valid_percent);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Raster {
    pub(super) shared: Arc<Shared>,
    /// Whether overviews and masks beside the file count.
    pub(super) looks_beside: bool,
}

/// What clones of a raster share.
pub(super) struct Shared {
    pub(super) name: String,
    pub(super) header: Header,
    pub(super) fetcher: Fetcher,
    pub(super) further: OnceCell<Further>,
    pub(super) with_side_files: OnceCell<Further>,
}

impl Raster {
    /// Columns.
    pub fn width(&self) -> u32 {
        self.shared.header.full.width
    }

    /// Rows.
    pub fn height(&self) -> u32 {
        self.shared.header.full.height
    }

    /// From pixels to coordinates; [`Affine::IDENTITY`] without a georeference.
    pub fn transform(&self) -> Affine {
        self.shared.header.geo.transform()
    }

    /// The reference system of the coordinates.
    pub fn crs(&self) -> Option<Crs> {
        self.shared.header.geo.crs()
    }

    /// Whether the values are numbers of colours in a table.
    pub(crate) fn has_palette(&self) -> bool {
        self.shared.header.palette.is_some()
    }

    /// GDAL's metadata of the file (TIFF tag 42112): items of the default domain by name, and TIFF's own
    /// texts as GDAL calls them (`TIFFTAG_SOFTWARE`, …).
    pub fn tags(&self) -> &BTreeMap<String, String> {
        &self.shared.header.metadata.tags
    }

    /// GDAL's metadata of a band, numbered from 1; nothing if there is no such band.
    pub fn band_tags(&self, band: usize) -> Option<&BTreeMap<String, String>> {
        self.shared.header.metadata.bands.get(band.checked_sub(1)?).map(|band| &band.tags)
    }

    /// The file's name for a band, numbered from 1.
    pub fn description(&self, band: usize) -> Option<&str> {
        self.shared.header.metadata.bands.get(band.checked_sub(1)?)?.description.as_deref()
    }

    /// Address of the raster.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Number of bytes that have been fetched for this raster and its clones.
    pub fn bytes_fetched(&self) -> u64 {
        self.fetchers().map(Fetcher::fetched).sum()
    }

    /// Number of requests, or reads of a file, that have been made for this raster and its clones.
    pub fn requests(&self) -> u64 {
        self.fetchers().map(Fetcher::requests).sum()
    }

    /// Size of the file in bytes.
    pub fn file_size(&self) -> u64 {
        self.shared.fetcher.size()
    }

    /// The raster's file, and those beside it that are open.
    fn fetchers(&self) -> impl Iterator<Item = &Fetcher> {
        let beside = self.shared.with_side_files.get();
        let beside = beside.into_iter().flat_map(|further| [&further.overview_file, &further.mask_file]).flatten();
        std::iter::once(&self.shared.fetcher).chain(beside)
    }

    /// The file that a level lies in.
    pub(super) fn fetcher_of(&self, level: &Level) -> &Fetcher {
        let beside = self.shared.with_side_files.get();
        let file = match level.file {
            LevelFile::Raster => Some(&self.shared.fetcher),
            LevelFile::Overviews => beside.and_then(|further| further.overview_file.as_ref()),
            LevelFile::Mask => beside.and_then(|further| further.mask_file.as_ref()),
        };
        file.expect("a level is known after its file has been opened")
    }

    pub(crate) fn failed(&self, reason: String) -> Error {
        Error::Raster { raster: self.shared.name.clone(), reason }
    }
}

impl fmt::Debug for Raster {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let full = &self.shared.header.full;
        f.debug_struct("Raster")
            .field("name", &self.shared.name)
            .field("width", &full.width)
            .field("height", &full.height)
            .field("count", &full.samples)
            .finish_non_exhaustive()
    }
}
