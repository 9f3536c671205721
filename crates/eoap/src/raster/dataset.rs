//! A GeoTIFF that is open: its header is here, its pixels are fetched when they are asked for.
//!
//! [`Raster`] joins the source (asynchronous) to the parts that parse, decode and compute (synchronous). It fetches ranges
//! of bytes, keeps what it has fetched within limits, and counts.

use std::{
    fmt,
    ops::Range,
    path::Path,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use bytes::Bytes;
use futures_util::{StreamExt, TryStreamExt, stream};
use url::Url;

use super::{
    chunk,
    data_type::DataType,
    grid::{Grid, NeededChunk, Plan, best_level, reduced_size},
    header::{Header, Level},
    preview::{Colours, Preview},
    profile::Profile,
    source::Source,
    sparse::{SparseBytes, SparseReader, join},
    statistics::{BandStatistics, Statistics},
};
use crate::{
    error::{Error, Result},
    store::Store,
};

/// What is fetched first, to hold the header of nearly all files.
const FIRST_READ: u64 = 32 << 10;
/// The least that is fetched when the header goes on elsewhere.
const NEXT_READ: u64 = 16 << 10;
/// A header that needs more reads than this is none.
const MAX_HEADER_READS: usize = 200;
/// Chunks this near to each other are fetched with one request.
const JOIN_DISTANCE: u64 = 16 << 10;
/// Chunks are fetched in batches of about this size, several requests at a time.
const BATCH_BYTES: u64 = 8 << 20;
const PARALLEL_READS: usize = 8;
/// More pixels than this are not read into memory at once (1 GiB of values).
const MAX_PIXELS: u64 = 1 << 27;
/// Fetched bytes are kept for further reads up to this size.
const KEEP_BYTES: u64 = 64 << 20;

/// An open GeoTIFF, cheap to clone. Opening it reads its header; statistics and previews read the tiles that they need.
///
/// Bands of 8, 16 and 32 bits, whole or floating, and 64-bit floats are read; tiles and strips; LZW, Deflate, PackBits and
/// uncompressed; predictors; overviews and masks within the file. Anything else is a clear error.
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
    shared: Arc<Shared>,
}

struct Shared {
    name: String,
    source: Source,
    header: Header,
    bytes: Mutex<SparseBytes>,
    fetched: AtomicU64,
}

impl Raster {
    /// Opens what an asset leads to: `s3://` with the settings of [`Store::for_asset`], `http(s)://` with range requests, or a
    /// local file.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] for a relative address, [`Error::Store`], [`Error::Connection`] or [`Error::Http`] if it cannot be fetched,
    /// [`Error::Raster`] if it is not a GeoTIFF that can be read.
    pub async fn open(asset: &stac::Asset) -> Result<Self> {
        Self::read_header(Source::of_asset(asset)?).await
    }

    /// Opens an object of a store, by its `s3://bucket/key` URL or its key.
    ///
    /// # Errors
    ///
    /// Those of [`Raster::open`].
    pub async fn open_url(url: impl AsRef<str>, store: &Store) -> Result<Self> {
        let url = store.resolve(url.as_ref())?;
        Self::read_header(Source::Object(store.clone(), url)).await
    }

    /// Opens a file on an HTTP server.
    ///
    /// # Errors
    ///
    /// Those of [`Raster::open`].
    pub async fn open_http(url: impl AsRef<str>) -> Result<Self> {
        let url =
            Url::parse(url.as_ref()).map_err(|error| Error::Url { url: url.as_ref().to_owned(), reason: error.to_string() })?;
        Self::read_header(Source::http(url)?).await
    }

    /// Opens a local file.
    ///
    /// # Errors
    ///
    /// [`Error::Raster`] if the file cannot be read or is not a GeoTIFF that can be read.
    pub async fn open_file(path: impl AsRef<Path>) -> Result<Self> {
        Self::read_header(Source::File(path.as_ref().to_owned())).await
    }

    /// Opens a file that is in memory.
    ///
    /// # Errors
    ///
    /// [`Error::Raster`] if it is not a GeoTIFF that can be read.
    pub async fn open_bytes(bytes: impl Into<Bytes>) -> Result<Self> {
        Self::read_header(Source::Memory(bytes.into())).await
    }

    /// What the raster is: size, type, reference system, layout.
    pub fn profile(&self) -> Profile {
        Profile::of(&self.shared.header)
    }

    /// Address of the raster.
    pub fn name(&self) -> &str {
        &self.shared.name
    }

    /// Number of bytes that have been fetched for this raster and its clones.
    pub fn bytes_fetched(&self) -> u64 {
        self.shared.fetched.load(Ordering::Relaxed)
    }

    /// Size of the file in bytes.
    pub fn file_size(&self) -> u64 {
        self.bytes().size()
    }

    /// Statistics of all bands as rio-stac computes them: from the image reduced to at most `max_size` pixels on its longer
    /// side (rio-stac's default is 1024; 0 reads all of it), nearest pixels, overviews where GDAL would take them.
    ///
    /// # Errors
    ///
    /// Those of fetching as in [`Raster::open`], and [`Error::Raster`] if the pixels cannot be decoded.
    pub async fn statistics(&self, max_size: u32) -> Result<Statistics> {
        let header = &self.shared.header;
        let sampling = header.geo.sampling().map(|sampling| sampling.name());
        let mut bands = Vec::new();
        for (band, scaling) in header.scalings.iter().enumerate() {
            // One after the other: with many bands, all at once would need too much memory. Bytes are fetched once.
            let grids = self.read(&[band], max_size).await?;
            bands.push(BandStatistics::of(&grids[0], header.full.data_type, scaling, sampling, header.nodata));
        }
        Ok(Statistics { bands })
    }

    /// A picture of at most `max_size` pixels on its longer side.
    ///
    /// # Errors
    ///
    /// Those of [`Raster::statistics`].
    pub async fn preview(&self, max_size: u32) -> Result<Preview> {
        let header = &self.shared.header;
        let colours = match &header.palette {
            Some(palette) => Colours::Palette(palette),
            None => Colours::Bands { bytes: header.full.data_type == DataType::UInt8 },
        };
        let bands: &[usize] = if header.full.samples >= 3 { &[0, 1, 2] } else { &[0] };
        let grids = self.read(bands, max_size).await?;
        let subject = format!("{} ({} × {}, {})", self.shared.name, header.full.width, header.full.height, header.full.data_type);
        let transform = header.geo.transform();
        Ok(Preview::of(&grids, colours, &subject).with_pixel_height((transform.e / transform.a).abs()))
    }

    /// Shows the profile in a notebook.
    pub fn evcxr_display(&self) {
        self.profile().evcxr_display();
    }

    async fn read_header(source: Source) -> Result<Self> {
        let name = source.to_string();
        let (first, size) = source.read(0..FIRST_READ).await?;
        let mut fetched = first.len() as u64;
        let mut bytes = SparseBytes::new(size);
        bytes.insert(0, &first);
        let failed = |reason: String| Error::Raster { raster: name.clone(), reason };
        for _ in 0..MAX_HEADER_READS {
            let (outcome, missing) = {
                let (reader, missing) = SparseReader::new(&bytes);
                (Header::parse(reader), missing.get())
            };
            let Some((start, end)) = missing else {
                let header = outcome.map_err(failed)?;
                let shared = Shared { name, source, header, bytes: Mutex::new(bytes), fetched: AtomicU64::new(fetched) };
                return Ok(Self { shared: Arc::new(shared) });
            };
            for gap in bytes.gaps(start..end.max(start + NEXT_READ)) {
                let (part, _) = source.read(gap.clone()).await?;
                if part.is_empty() {
                    return Err(failed("the file has become shorter while it was read".to_owned()));
                }
                fetched += part.len() as u64;
                bytes.insert(gap.start, &part);
            }
        }
        Err(failed("its directories are scattered over too many places".to_owned()))
    }

    /// Reads bands (from 0) in a reduced size, with what is valid.
    async fn read(&self, bands: &[usize], max_size: u32) -> Result<Vec<Grid>> {
        let header = &self.shared.header;
        let full = &header.full;
        let (width, height) = reduced_size(full.width, full.height, max_size);
        let pixels = u64::from(width) * u64::from(height);
        if pixels > MAX_PIXELS {
            let reason = format!("{width} × {height} pixels are too many to read at once; ask for a smaller `max_size`");
            return Err(self.failed(reason));
        }
        let level = best_level(header, width, height);
        let mut grids = self.read_level(level, bands, width, height, header.nodata.unwrap_or(0.0)).await?;
        if let Some(nodata) = header.nodata {
            for grid in &mut grids {
                grid.valid = grid.values.iter().map(|value| !is_nodata(*value, nodata, level)).collect();
            }
        } else if let Some(mask) = header.masks.iter().find(|mask| (mask.width, mask.height) == (level.width, level.height)) {
            let mask = self.read_level(mask, &[0], width, height, 0.0).await?;
            for grid in &mut grids {
                grid.valid = mask[0].values.iter().map(|value| *value != 0.0).collect();
            }
        } else if full.has_alpha {
            let alpha = usize::from(full.samples) - 1;
            let opacity = self.read_level(level, &[alpha], width, height, 0.0).await?;
            for (_, grid) in bands.iter().zip(&mut grids).filter(|(band, _)| **band != alpha) {
                grid.valid = opacity[0].values.iter().map(|value| *value != 0.0).collect();
            }
        }
        Ok(grids)
    }

    async fn read_level(&self, level: &Level, bands: &[usize], width: u32, height: u32, absent: f64) -> Result<Vec<Grid>> {
        let plan = Plan::new(level, width, height);
        let mut grids = vec![Grid::new(width, height); bands.len()];
        let chunks = plan.chunks(bands);
        for batch in batches(&chunks) {
            let places = batch.iter().map(|chunk| chunk.place.clone()).filter(|place| !place.is_empty()).collect();
            let bytes = self.fetch(places).await?;
            for chunk in batch {
                let data = match bytes.get(chunk.place.clone()) {
                    _ if chunk.place.is_empty() => None,
                    Some(data) => {
                        Some(chunk::decode(level, level.chunk_rows(chunk.row), &data).map_err(|reason| self.failed(reason))?)
                    }
                    None => return Err(self.failed("a tile or strip lies beyond the end of the file".to_owned())),
                };
                plan.place(chunk, data.as_deref(), bands, &mut grids, absent);
            }
        }
        Ok(grids)
    }

    /// Fetches what is missing of these ranges; the answer holds all of them.
    async fn fetch(&self, ranges: Vec<Range<u64>>) -> Result<SparseBytes> {
        let mut bytes = self.bytes().clone();
        let gaps: Vec<Range<u64>> = ranges.into_iter().flat_map(|range| bytes.gaps(range)).collect();
        let requests = join(gaps, JOIN_DISTANCE).into_iter().map(|range| async move {
            let (part, _) = self.shared.source.read(range.clone()).await?;
            self.shared.fetched.fetch_add(part.len() as u64, Ordering::Relaxed);
            Ok::<_, Error>((range.start, part))
        });
        let parts: Vec<(u64, Bytes)> = stream::iter(requests).buffered(PARALLEL_READS).try_collect().await?;
        for (start, part) in &parts {
            bytes.insert(*start, part);
        }
        let mut kept = self.bytes();
        for (start, part) in &parts {
            if kept.len() + part.len() as u64 <= KEEP_BYTES {
                kept.insert(*start, part);
            }
        }
        Ok(bytes)
    }

    fn bytes(&self) -> MutexGuard<'_, SparseBytes> {
        // Inserting does not panic half-way; what is there is right even so.
        self.shared.bytes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failed(&self, reason: String) -> Error {
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

/// Splits chunks into runs of about the size of a batch.
fn batches(chunks: &[NeededChunk]) -> impl Iterator<Item = &[NeededChunk]> {
    let mut rest = chunks;
    std::iter::from_fn(move || {
        let mut size = 0;
        let count = rest
            .iter()
            .take_while(|chunk| {
                let fits = size < BATCH_BYTES;
                size += chunk.place.end - chunk.place.start;
                fits
            })
            .count();
        let (batch, others) = rest.split_at(count);
        rest = others;
        (!batch.is_empty()).then_some(batch)
    })
}

/// Compares in the precision of the band: a nodata value is written in decimal digits.
fn is_nodata(value: f64, nodata: f64, level: &Level) -> bool {
    value == nodata
        || (value.is_nan() && nodata.is_nan())
        || (level.data_type == DataType::Float32 && value as f32 == nodata as f32)
}
