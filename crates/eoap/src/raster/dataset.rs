//! A GeoTIFF that is open: its header is here, its pixels are fetched when they are asked for.
//!
//! [`Raster`] joins the source (asynchronous) to the parts that parse, decode and compute (synchronous).

use std::{collections::BTreeMap, fmt, path::Path, sync::Arc};

use bytes::Bytes;
use serde_json::json;
use tokio::sync::OnceCell;
use url::Url;

use super::{
    affine::Affine,
    bounds::{Bounds, Window},
    crs::Crs,
    data_type::DataType,
    directory::{Halt, Outcome},
    fetch::Fetcher,
    grid::Grid,
    header::{Further, Header},
    level::Level,
    pixels::{Failure, Wanted},
    preview::{Colours, Preview},
    profile::Profile,
    read::{Read, ReadMask},
    region::{Region, reduced_size},
    resample::{Area, Cover, Part, Resampling, average, nearest},
    sample::Sample,
    source::Source,
    sparse::SparseBytes,
    statistics::{BandStatistics, Statistics},
};
use crate::{
    error::{Error, Result},
    store::Store,
};

/// What is fetched first, to hold the header of nearly all files.
const FIRST_READ: u64 = 16 << 10;
/// The least that is fetched when the header goes on elsewhere.
const NEXT_READ: u64 = 16 << 10;
/// A header that needs more reads than this is none.
const MAX_HEADER_READS: usize = 600;
/// More pixels than this are not read into memory at once for statistics and averages (1 GiB of values).
const MAX_PIXELS: u64 = 1 << 27;
/// An average of a large part is computed in stripes of about this many values.
const STRIPE_VALUES: u64 = 4 << 20;

/// An open GeoTIFF, cheap to clone. Opening it reads its header; statistics and previews read the tiles that they need.
///
/// Read are TIFF and BigTIFF in both byte orders; whole numbers of 1 to 64 bits and floats of 16, 32 and 64; tiles and strips, bands side
/// by side or apart; LZW, Deflate, Zstandard, PackBits, JPEG and uncompressed data, with predictors; overviews and masks within the
/// file. Anything else (complex numbers, LERC, WebP, JPEG XL, fax) is a clear error.
///
/// # Memory
///
/// Opening takes what the header takes, a few MiB at most. A read takes its array (1 GiB at most unless
/// [`max_bytes`](Read::max_bytes) allows more), 64 MiB for bytes that are kept for further reads, 32 MiB for bytes under way, and per core one decoded
/// tile or strip (256 MiB at most) with what it is decoded from, whatever the file says. It needs a tokio runtime.
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
    header: Header,
    further: OnceCell<Further>,
    fetcher: Fetcher,
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

    /// Where the raster lies in its own reference system, as rasterio's `bounds`.
    pub fn bounds(&self) -> Bounds {
        Window::new(0, 0, self.width(), self.height()).bounds(self.transform())
    }

    /// Where the raster lies in WGS 84: longitude and latitude, as rio-stac's `bbox`.
    ///
    /// # Errors
    ///
    /// [`Error::Raster`] without a reference system, and those of [`Crs::transform`].
    pub fn bounds_wgs84(&self) -> Result<Bounds> {
        let places = self.corners_wgs84()?;
        Ok(Bounds::around(places).expect("a rectangle has corners"))
    }

    /// Where the raster lies in WGS 84: a polygon of its four corners, as rio-stac's `geometry` and STAC's.
    ///
    /// # Errors
    ///
    /// Those of [`Raster::bounds_wgs84`].
    pub fn footprint(&self) -> Result<stac::Geometry> {
        let mut ring = self.corners_wgs84()?;
        ring.extend(ring.first().copied());
        let polygon = json!({"type": "Polygon", "coordinates": [ring]});
        serde_json::from_value(polygon).map_err(|error| self.failed(format!("its footprint is no polygon: {error}")))
    }

    fn corners_wgs84(&self) -> Result<Vec<(f64, f64)>> {
        let crs = self.crs().ok_or_else(|| self.failed("it has no reference system".to_owned()))?;
        crs.transform(&Crs::wgs84(), &self.bounds().corners())
    }

    /// Whether the values are numbers of colours in a table.
    pub(crate) fn has_palette(&self) -> bool {
        self.shared.header.palette.is_some()
    }

    /// GDAL's metadata of the file (TIFF tag 42112): items of the default domain by name.
    pub fn tags(&self) -> &BTreeMap<String, String> {
        &self.shared.header.metadata.tags
    }

    /// GDAL's metadata of a band, numbered from 1; nothing if there is no such band.
    pub fn band_tags(&self, band: usize) -> Option<&BTreeMap<String, String>> {
        self.shared.header.metadata.bands.get(band.checked_sub(1)?).map(|band| &band.tags)
    }

    /// What the file calls a band, numbered from 1.
    pub fn description(&self, band: usize) -> Option<&str> {
        self.shared.header.metadata.bands.get(band.checked_sub(1)?)?.description.as_deref()
    }

    /// Sizes of the overviews in the file, width and height, in its order. May fetch directories at the end of the file.
    ///
    /// # Errors
    ///
    /// Those of fetching as in [`Raster::open`].
    pub async fn overviews(&self) -> Result<Vec<(u32, u32)>> {
        Ok(self.further().await?.overviews.iter().map(|level| (level.width, level.height)).collect())
    }

    /// Reads pixels as values of type `T` ([`Sample`]): all of them, or what the methods of [`Read`] say.
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

    /// Reads which pixels are valid: those that a mask in the file shows, or that are not "no data", or that are not transparent.
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
        self.shared.fetcher.fetched()
    }

    /// Number of requests, or reads of a file, that have been made for this raster and its clones.
    pub fn requests(&self) -> u64 {
        self.shared.fetcher.requests()
    }

    /// Size of the file in bytes.
    pub fn file_size(&self) -> u64 {
        self.shared.fetcher.size()
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
        for (band, metadata) in header.metadata.bands.iter().enumerate() {
            // One after the other: with many bands, all at once would need too much memory. Bytes are fetched once.
            let grids = self.grids(&[band], max_size).await?;
            bands.push(BandStatistics::of(&grids[0], header.full.data_type, metadata, sampling, header.nodata));
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
        let grids = self.grids(bands, max_size).await?;
        let subject = format!("{} ({} × {}, {})", self.shared.name, header.full.width, header.full.height, header.full.data_type);
        let transform = self.transform();
        let preview = Preview::of(&grids, colours, &subject).with_pixel_height((transform.e / transform.a).abs());
        // A picture needs no place: without a reference system, or with one that is not known here, it has none.
        Ok(preview.placed(self.pixel_corners_wgs84().ok()))
    }

    /// Longitude and latitude of the corners of the first, the rows' last, the last and the columns' last pixel.
    fn pixel_corners_wgs84(&self) -> Result<[(f64, f64); 4]> {
        let crs = self.crs().ok_or_else(|| self.failed("it has no reference system".to_owned()))?;
        let (width, height) = (f64::from(self.width()), f64::from(self.height()));
        let corners = [(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)];
        let places = crs.transform(&Crs::wgs84(), &corners.map(|(column, row)| self.transform().apply(column, row)))?;
        places.try_into().map_err(|_| self.failed("its corners are lost".to_owned()))
    }

    /// Shows the profile in a notebook.
    pub fn evcxr_display(&self) {
        self.profile().evcxr_display();
    }

    async fn read_header(source: Source) -> Result<Self> {
        let name = source.to_string();
        let fetcher = Fetcher::open(source, FIRST_READ).await?;
        let header = read_parts(&fetcher, &name, Header::read).await?;
        Ok(Self { shared: Arc::new(Shared { name, header, further: OnceCell::new(), fetcher }) })
    }

    /// The further images of the file, read when they are asked for first.
    pub(crate) async fn further(&self) -> Result<&Further> {
        let Shared { name, header, further, fetcher } = &*self.shared;
        further.get_or_try_init(|| read_parts(fetcher, name, |bytes| Further::read(bytes, header))).await
    }

    /// How a window of the full image is read in a shape (columns, rows).
    pub(crate) async fn region(&self, window: Window, shape: (u32, u32), resampling: Resampling) -> Result<Region> {
        let header = &self.shared.header;
        if shape == (window.width, window.height) {
            return Ok(Region::plain(header, window));
        }
        Ok(Region::new(header, self.further().await?, window, shape, resampling))
    }

    /// Reads bands (from 0) of a region, one after the other.
    pub(crate) async fn values<T: Sample>(&self, region: &Region, bands: &[usize]) -> Result<Vec<T>> {
        if region.resampling == Resampling::Average && !region.is_plain() {
            return self.averages(region, bands).await;
        }
        self.nearest_values(region, bands, self.absent()).await
    }

    async fn nearest_values<T: Sample>(&self, region: &Region, bands: &[usize], absent: T) -> Result<Vec<T>> {
        let (level, area) = (&region.level, &region.area);
        let columns = nearest(area.column, area.width, level.width, region.width);
        let rows = nearest(area.row, area.height, level.height, region.height);
        let wanted = Wanted { level: level.clone(), bands: bands.to_vec(), columns: columns.into(), rows: rows.into() };
        wanted.read(&self.shared.fetcher, absent).await.map_err(|failure| self.explain(failure))
    }

    /// Averages, stripe by stripe, so that a large part does not lie in memory as a whole.
    async fn averages<T: Sample>(&self, region: &Region, bands: &[usize]) -> Result<Vec<T>> {
        let (level, area) = (&region.level, &region.area);
        let columns = Cover::of(area.column, area.width, level.width, region.width);
        let rows = Cover::of(area.row, area.height, level.height, region.height);
        let (left, right) = Cover::span(&columns);
        let per_row = area.height / f64::from(region.height) * f64::from(right - left);
        let stripe = ((STRIPE_VALUES as f64 / per_row.max(1.0)) as usize).max(1);
        let nodata = self.shared.header.nodata.map(T::of_f64);
        let mut out = Vec::with_capacity(bands.len() * columns.len() * rows.len());
        for &band in bands {
            for rows in rows.chunks(stripe) {
                let (top, bottom) = Cover::span(rows);
                if u64::from(right - left) * u64::from(bottom - top) > MAX_PIXELS {
                    let reason = format!(
                        "a row of so few pixels is an average of {} × {} pixels, which are too many to read at once; read a `window`, or a larger `shape`",
                        right - left,
                        bottom - top
                    );
                    return Err(self.failed(reason));
                }
                let wanted = Wanted {
                    level: level.clone(),
                    bands: vec![band],
                    columns: (left..right).collect(),
                    rows: (top..bottom).collect(),
                };
                let part = Region {
                    level: level.clone(),
                    area: Area {
                        column: left.into(),
                        row: top.into(),
                        width: (right - left).into(),
                        height: (bottom - top).into(),
                    },
                    width: right - left,
                    height: bottom - top,
                    resampling: Resampling::Nearest,
                };
                let values: Vec<T> =
                    wanted.read(&self.shared.fetcher, self.absent()).await.map_err(|failure| self.explain(failure))?;
                let valid = self.valid(&part, band).await?;
                let part = Part { values: &values, valid: valid.as_deref(), origin: (left, top), width: (right - left) as usize };
                out.extend(average(&part, (&columns, rows), nodata));
            }
        }
        Ok(out)
    }

    /// Which pixels of a band (from 0) are valid; nothing if all are. As in GDAL, a mask in the file comes before its "no data" value, and
    /// that before an opacity.
    pub(crate) async fn valid(&self, region: &Region, band: usize) -> Result<Option<Vec<bool>>> {
        let level = &region.level;
        let opaque = |values: Vec<u8>| values.into_iter().map(|value| value != 0).collect();
        if let Some(mask) = self.further().await?.mask_of(level) {
            return Ok(Some(opaque(self.nearest_values(&region.of(mask), &[0], 0).await?)));
        }
        if let Some(nodata) = self.shared.header.nodata {
            let values = self.nearest_values(region, &[band], nodata).await?;
            return Ok(Some(values.into_iter().map(|value| !is_nodata(value, nodata, level)).collect()));
        }
        match level.alpha() {
            Some(alpha) if alpha != band => {
                let values: Vec<f64> = self.nearest_values(region, &[alpha], 0.0).await?;
                Ok(Some(values.into_iter().map(|value| value != 0.0).collect()))
            }
            _ => Ok(None),
        }
    }

    /// What stands for pixels that the file leaves out.
    fn absent<T: Sample>(&self) -> T {
        T::of_f64(self.shared.header.nodata.unwrap_or(0.0))
    }

    /// Reads bands (from 0) in a reduced size, with what is valid.
    async fn grids(&self, bands: &[usize], max_size: u32) -> Result<Vec<Grid>> {
        let (width, height) = reduced_size(self.width(), self.height(), max_size);
        if u64::from(width) * u64::from(height) > MAX_PIXELS {
            let reason = format!("{width} × {height} pixels are too many to read at once; ask for a smaller `max_size`");
            return Err(self.failed(reason));
        }
        let window = Window::new(0, 0, self.width(), self.height());
        let region = self.region(window, (width, height), Resampling::Nearest).await?;
        let mut grids = Vec::with_capacity(bands.len());
        for &band in bands {
            let values: Vec<f64> = self.values(&region, &[band]).await?;
            let valid = self.valid(&region, band).await?.unwrap_or_else(|| vec![true; values.len()]);
            grids.push(Grid { width, height, values, valid });
        }
        Ok(grids)
    }

    fn explain(&self, failure: Failure) -> Error {
        match failure {
            Failure::Fetch(error) => error,
            Failure::File(reason) => self.failed(reason),
        }
    }

    pub(crate) fn failed(&self, reason: String) -> Error {
        Error::Raster { raster: self.shared.name.clone(), reason }
    }
}

/// Reads something from what is here of a file, and fetches what turns out to be missing.
async fn read_parts<T>(fetcher: &Fetcher, name: &str, read: impl Fn(&SparseBytes) -> Outcome<T>) -> Result<T> {
    let failed = |reason: &str| Error::Raster { raster: name.to_owned(), reason: reason.to_owned() };
    let mut here = fetcher.here();
    for _ in 0..MAX_HEADER_READS {
        match read(&here) {
            Ok(value) => return Ok(value),
            Err(Halt::Broken(reason)) => return Err(failed(&reason)),
            Err(Halt::Missing(range)) => {
                let wider = range.start..range.end.max(range.start + NEXT_READ);
                for gap in here.gaps(wider) {
                    let part = fetcher.get(gap.clone()).await?;
                    if part.is_empty() {
                        return Err(failed("the file has become shorter while it was read"));
                    }
                    here.insert(gap.start, &part);
                }
            }
        }
    }
    Err(failed("its directories are scattered over too many places"))
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

/// Compares in the precision of the band: a nodata value is written in decimal digits.
fn is_nodata(value: f64, nodata: f64, level: &Level) -> bool {
    value == nodata
        || (value.is_nan() && nodata.is_nan())
        || (level.data_type == DataType::Float32 && value as f32 == nodata as f32)
}
