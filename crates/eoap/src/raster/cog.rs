//! Writes arrays as Cloud Optimized GeoTIFFs (OGC 21-026): tiles, overviews and a header that one request
//! fetches.
//!
//! [`Cog`] holds the array and its settings. `figures` are its statistics. `file` decides the layout of
//! the file, and `tiles` the content of its tiles. They are written with Deflate and a predictor, in
//! little-endian order, with bands side by side.

use std::path::Path;

use ndarray::{Array2, Array3, Axis};

use super::{
    dataset::Raster,
    georeference::{affine::Affine, crs::Crs},
    resample::Resampling,
    sample::Sample,
    tiff::data_type::DataType,
};
use crate::{
    error::{Error, Result},
    storage::atomic_file::AtomicFile,
};

mod figures;
mod file;
mod geo_keys;
mod image;
mod overview;
mod tiles;

use image::Image;

/// An array that is to be written as a Cloud Optimized GeoTIFF: of one band ([`of_band`](Cog::of_band)) or of
/// several ([`of_bands`](Cog::of_bands)).
///
/// ```
/// use eoap::{Crs, Raster, ndarray::Array2, raster::{Affine, Cog}};
///
/// # async fn run(folder: &std::path::Path) -> Result<(), eoap::Error> {
/// let water = Array2::from_shape_fn((300, 400), |(row, column)| u8::from(row + column < 350));
/// let path = folder.join("water.tif");
/// Cog::of_band(&water)
///     .transform(Affine { a: 30.0, b: 0.0, c: 636_975.0, d: 0.0, e: -30.0, f: 4_410_555.0 })
///     .crs(Crs::from_epsg(32610))
///     .nodata(255.0)
///     .save(&path)?;
///
/// let again = Raster::open_file(&path).await?;
/// assert_eq!(again.read::<u8>().band(1).await?, water);
/// # Ok(())
/// # }
/// # let folder = std::env::temp_dir().join(format!("eoap-cog-{}", std::process::id()));
/// # eoap::blocking::run(run(&folder)).unwrap();
/// # std::fs::remove_dir_all(folder).unwrap();
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is written until `save` or `to_bytes` is called"]
pub struct Cog {
    image: Image,
    transform: Option<Affine>,
    crs: Option<Crs>,
    nodata: Option<f64>,
    overviews: Resampling,
    has_statistics: bool,
}

impl Cog {
    /// One band, of rows and columns.
    pub fn of_band<T: Sample>(values: &Array2<T>) -> Self {
        let view = values.view().insert_axis(Axis(0));
        Self::new(T::TYPE, view.dim(), T::le_bytes(view))
    }

    /// Several bands, of rows and columns each.
    pub fn of_bands<T: Sample>(values: &Array3<T>) -> Self {
        Self::new(T::TYPE, values.dim(), T::le_bytes(values.view()))
    }

    fn new(data_type: DataType, (bands, height, width): (usize, usize, usize), bytes: Vec<u8>) -> Self {
        let image = Image { data_type, width, height, bands, bytes };
        Self { image, transform: None, crs: None, nodata: None, overviews: Resampling::Nearest, has_statistics: false }
    }

    /// The transformation from pixels to coordinates. That of a part is
    /// [`Read::resolved_transform`](crate::Read::resolved_transform).
    pub fn transform(mut self, transform: Affine) -> Self {
        self.transform = Some(transform);
        self
    }

    /// The reference system of the coordinates. It must have a code in the EPSG registry.
    pub fn crs(mut self, crs: Crs) -> Self {
        self.crs = Some(crs);
        self
    }

    /// The value that means "no data".
    pub fn nodata(mut self, nodata: f64) -> Self {
        self.nodata = Some(nodata);
        self
    }

    /// Takes the place and the "no data" value of a raster whose grid the array has.
    pub fn like(mut self, raster: &Raster) -> Self {
        let profile = raster.profile();
        (self.transform, self.crs, self.nodata) = (Some(profile.transform), raster.crs(), profile.nodata);
        self
    }

    /// How the pixels of overviews are made. The default is the nearest pixel, which is right for classes;
    /// averages are for quantities. Other ways are refused when the file is written.
    pub fn overviews(mut self, resampling: Resampling) -> Self {
        self.overviews = resampling;
        self
    }

    /// Writes down the smallest and the largest valid value of each band, their mean and standard deviation,
    /// and how many are valid, as GDAL does. Programs then know the range of the values without reading them;
    /// here it is [`Raster::recorded_statistics`].
    pub fn statistics(mut self) -> Self {
        self.has_statistics = true;
        self
    }

    /// The bytes of the file.
    ///
    /// # Errors
    ///
    /// [`Error::Raster`] for an array without pixels or with more bands than a TIFF can have,
    /// [`Error::ReferenceSystem`] for a system without a code.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let Image { width, height, bands, .. } = self.image;
        let failed = |reason: &str| Error::Raster {
            raster: format!("of {:?}", self.image),
            reason: format!("it cannot be written: {reason}"),
        };
        if width == 0 || height == 0 || bands == 0 {
            return Err(failed("it has no pixels"));
        }
        if width > i32::MAX as usize || height > i32::MAX as usize || bands > usize::from(u16::MAX) {
            return Err(failed("a TIFF has at most 2147483647 columns and rows, and 65535 bands"));
        }
        if !matches!(self.overviews, Resampling::Nearest | Resampling::Average) {
            return Err(failed("its overviews can be the nearest pixels or averages"));
        }
        if self.nodata.is_some_and(|nodata| !self.image.data_type.holds(nodata)) {
            return Err(failed("its type does not have the value for \"no data\""));
        }
        let keys = self.crs.as_ref().map(geo_keys::of).transpose()?;
        Ok(file::bytes(self, keys.as_deref()))
    }

    /// Writes the file; folders that do not exist are made, and a file that is there already is replaced when
    /// the new one is whole.
    ///
    /// # Errors
    ///
    /// Those of [`to_bytes`](Self::to_bytes), and [`Error::File`] if it cannot be written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        self.save_to(path.as_ref())
    }

    fn save_to(&self, path: &Path) -> Result<()> {
        AtomicFile::save(path, &self.to_bytes()?)
    }
}
