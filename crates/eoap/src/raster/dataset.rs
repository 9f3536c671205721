//! An open GeoTIFF: its header is in memory, its pixels are fetched when they are asked for.
//!
//! [`Raster`] joins the source (asynchronous) to the parts that parse, decode and compute (synchronous).

use std::{collections::BTreeMap, fmt, sync::Arc};

use futures_util::future::BoxFuture;
use tokio::sync::OnceCell;

use super::{
    georeference::{affine::Affine, crs::Crs},
    grid::Grids,
    io::fetch::Fetcher,
    preview::{Colours, Preview},
    profile::Profile,
    read::{Read, ReadMask},
    statistics::{Figures, Statistics},
    tiff::{
        data_type::DataType,
        header::{Further, Header},
        level::{Level, LevelFile},
        sample::Sample,
    },
};
use crate::error::{Error, Result};

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
/// [`max_bytes`](Read::max_bytes) allows more), 64 MiB for bytes that are kept for further reads, and 48 MiB
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
    /// What the raster is: size, type, reference system, layout.
    pub fn profile(&self) -> Profile {
        Profile::of(&self.shared.header)
    }

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

    /// Reads pixels as values of type `T` ([`Sample`]): all of them, or those that the methods of [`Read`]
    /// select.
    ///
    /// ```no_run
    /// # async fn run() -> Result<(), eoap::Error> {
    /// let raster = eoap::Raster::open_file("otsu.tif").await?;
    /// let water = raster.read::<u8>().band(1).await?;
    /// println!("{} pixels of water", water.iter().filter(|value| **value == 1).count());
    /// # Ok(())
    /// # }
    /// ```
    pub fn read<T: Sample>(&self) -> Read<T> {
        Read::new(self.clone())
    }

    /// Reads which pixels are valid: those that a mask in the file shows, or that are not "no data", or that
    /// are not transparent.
    ///
    /// ```no_run
    /// # async fn run(raster: eoap::Raster) -> Result<(), eoap::Error> {
    /// let valid = raster.read_mask().shape(100, 100).await?;
    /// println!("{} % valid", valid.iter().filter(|valid| **valid).count() as f64 / 100.0);
    /// # Ok(())
    /// # }
    /// ```
    pub fn read_mask(&self) -> ReadMask {
        ReadMask::new(self.clone())
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

    /// Statistics of all bands as rio-stac computes them. The image is first reduced to at most `max_size`
    /// pixels on its longer side (rio-stac's default is 1024; 0 reads all of it). It takes the nearest
    /// pixels, and overviews where GDAL would take them.
    ///
    /// # Errors
    ///
    /// Those of fetching as in [`Raster::open`], and [`Error::Raster`] if the pixels cannot be decoded.
    pub fn statistics(&self, max_size: u32) -> BoxFuture<'_, Result<Statistics>> {
        Box::pin(async move {
            let header = &self.shared.header;
            let sampling = header.geo.sampling().map(|sampling| sampling.name());
            let all: Vec<usize> = (0..header.metadata.bands.len()).collect();
            let figures =
                Figures { data_type: header.full.data_type, metadata: &header.metadata.bands, sampling, nodata: header.nodata };
            Ok(Statistics { bands: self.of_each_band(&all, max_size, &figures).await? })
        })
    }

    /// A picture of at most `max_size` pixels on its longer side.
    ///
    /// # Errors
    ///
    /// Those of [`Raster::statistics`].
    pub fn preview(&self, max_size: u32) -> BoxFuture<'_, Result<Preview>> {
        Box::pin(async move {
            let header = &self.shared.header;
            let colours = match &header.palette {
                Some(palette) => Colours::Palette(palette),
                None => Colours::Bands { bytes: header.full.data_type == DataType::UInt8 },
            };
            let bands: &[usize] = if header.full.samples >= 3 { &[0, 1, 2] } else { &[0] };
            let grids = self.of_each_band(bands, max_size, &Grids).await?;
            let subject =
                format!("{} ({} × {}, {})", self.shared.name, header.full.width, header.full.height, header.full.data_type);
            let transform = self.transform();
            let preview = Preview::of(&grids, colours, &subject).with_pixel_height((transform.e / transform.a).abs());
            // A picture needs no place: without a reference system, or with an unknown one, it has none.
            Ok(preview.placed(self.pixel_corners_wgs84().ok()))
        })
    }

    /// Shows the profile in a notebook.
    pub fn evcxr_display(&self) {
        self.profile().evcxr_display();
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
