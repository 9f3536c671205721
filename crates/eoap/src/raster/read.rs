//! How a caller asks for pixels as arrays. A [`Request`] holds what is asked for, and reads it.

use std::{future::IntoFuture, marker::PhantomData};

use futures_util::future::BoxFuture;
use ndarray::{Array2, Array3, Ix2, Ix3};

use super::{
    dataset::Raster,
    georeference::{
        affine::Affine,
        bounds::{Bounds, Window},
        crs::Crs,
    },
    pixel_grid::PixelGrid,
    polygons::Polygons,
    request::{Part, Request},
    resample::Resampling,
    sample::Sample,
};
use crate::error::Result;

/// Pixels to read, from [`Raster::read`]: `.await` reads them into an [`Array3`] of bands, rows and columns,
/// or an [`Array2`] of rows and columns after [`band`](Self::band).
///
/// Everything is read in its own shape, unless a part or another shape is asked for.
///
/// ```no_run
/// use eoap::{Bounds, Crs, Raster, Resampling, Window};
///
/// # async fn run(raster: Raster) -> Result<(), eoap::Error> {
/// let all = raster.read::<u8>().await?;
/// assert_eq!(all.shape(), [raster.profile().count as usize, raster.height() as usize, raster.width() as usize]);
///
/// let corner = raster.read::<u8>().band(1).window(Window::new(0, 0, 256, 256)).await?;
/// println!("{}", corner[[0, 0]]);
///
/// let place = Bounds::new(-121.2, 39.9, -121.0, 40.0);
/// let lake = raster.read::<f32>().band(1).bounds_in(place, Crs::wgs84()).shape(100, 120).resampling(Resampling::Average).await?;
/// println!("{:?}", lake.mean());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is read until this is awaited"]
pub struct Read<T, D = Ix3> {
    request: Request,
    kind: PhantomData<fn() -> (T, D)>,
}

/// Which pixels are valid, from [`Raster::read_mask`]: `.await` reads an [`Array2`] of rows and columns, true
/// where a pixel is valid.
#[derive(Clone, Debug)]
#[must_use = "nothing is read until this is awaited"]
pub struct ReadMask {
    request: Request,
}

impl Raster {
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
}

macro_rules! parts_and_shapes {
    () => {
        /// Reads only this window. Parts outside of the raster are left out, as in rasterio.
        pub fn window(mut self, window: Window) -> Self {
            self.request.part = Part::Window(window);
            self
        }

        /// Reads the pixels that these bounds touch, in the raster's own reference system.
        pub fn bounds(mut self, bounds: Bounds) -> Self {
            self.request.part = Part::Bounds(bounds, None);
            self
        }

        /// Reads the pixels that these bounds touch, in any known reference system.
        pub fn bounds_in(mut self, bounds: Bounds, crs: Crs) -> Self {
            self.request.part = Part::Bounds(bounds, Some(crs));
            self
        }

        /// Reads the pixels onto a grid, which may be that of another raster, in any known reference system,
        /// as rasterio's `WarpedVRT`. The grid is "no data" outside of the raster.
        ///
        /// Places are right to a hundredth of a pixel. Where the grid's pixels are larger, an overview is
        /// taken as `gdalwarp` does it, and kernels are widened. By how much depends in GDAL on the parts
        /// that it computes in, so such values may differ by 2 % of their range.
        pub fn on_grid(mut self, grid: PixelGrid) -> Self {
            self.request.part = Part::Grid(grid);
            self
        }

        /// Reads the pixels around an area, and cuts out those that are inside, as rasterio's `mask` with
        /// `crop`. The others are "no data" (0 if there is no such value), and not valid.
        pub fn inside(mut self, area: Polygons) -> Self {
            self.request.part = Part::Inside(area);
            self
        }

        /// Reads this many rows and columns, from an overview where GDAL would take one. A grid has a shape
        /// of its own.
        pub fn shape(mut self, rows: u32, columns: u32) -> Self {
            self.request.shape = Some((rows, columns));
            self
        }

        /// The transformation of what will be read: from its columns and rows to coordinates.
        ///
        /// # Errors
        ///
        /// Those of [`resolved_window`](Self::resolved_window).
        pub fn resolved_transform(&self) -> Result<Affine> {
            self.request.transform()
        }

        /// The window that will be read.
        ///
        /// # Errors
        ///
        /// [`Error::Raster`] if the part lies outside of the raster, [`Error::ReferenceSystem`] if its bounds
        /// cannot be transformed. For a grid it is the whole raster.
        ///
        /// [`Error::Raster`]: crate::Error::Raster
        /// [`Error::ReferenceSystem`]: crate::Error::ReferenceSystem
        pub fn resolved_window(&self) -> Result<Window> {
            self.request.window()
        }
    };
}

impl<T: Sample, D> Read<T, D> {
    parts_and_shapes!();

    /// How pixels are made if the shape is not that of the part that is read. The default is the nearest
    /// pixel.
    pub fn resampling(mut self, resampling: Resampling) -> Self {
        self.request.resampling = resampling;
        self
    }

    /// Allows larger arrays than 1 GiB.
    pub fn max_bytes(mut self, bytes: u64) -> Self {
        self.request.max_bytes = bytes;
        self
    }
}

impl<D> Read<f64, D> {
    /// Reads quantities: scale and offset of each band are applied, and what is not valid is not-a-number.
    ///
    /// ```no_run
    /// # async fn run(raster: eoap::Raster) -> Result<(), eoap::Error> {
    /// let reflectance = raster.read::<f64>().band(1).quantities().await?;
    /// println!("{:?}", reflectance.iter().filter(|value| value.is_finite()).fold(f64::MIN, |a, b| a.max(*b)));
    /// # Ok(())
    /// # }
    /// ```
    pub fn quantities(mut self) -> Self {
        self.request.are_quantities = true;
        self
    }
}

impl<T: Sample> Read<T, Ix3> {
    pub(crate) fn new(raster: Raster) -> Self {
        Self { request: Request::new(raster), kind: PhantomData }
    }

    /// Reads these bands, numbered from 1, in this order.
    pub fn bands(mut self, bands: impl IntoIterator<Item = usize>) -> Self {
        self.request.bands = Some(bands.into_iter().collect());
        self
    }

    /// Reads this band only, numbered from 1, into an array of rows and columns.
    pub fn band(self, band: usize) -> Read<T, Ix2> {
        Read { request: Request { bands: Some(vec![band]), ..self.request }, kind: PhantomData }
    }
}

impl<T: Sample> IntoFuture for Read<T, Ix3> {
    type Output = Result<Array3<T>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        T::read_bands(self.request)
    }
}

impl<T: Sample> IntoFuture for Read<T, Ix2> {
    type Output = Result<Array2<T>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        T::read_band(self.request)
    }
}

impl ReadMask {
    pub(crate) fn new(raster: Raster) -> Self {
        Self { request: Request { bands: Some(vec![1]), ..Request::new(raster) } }
    }

    /// The mask of this band, numbered from 1; the default is the first.
    pub fn band(mut self, band: usize) -> Self {
        self.request.bands = Some(vec![band]);
        self
    }

    parts_and_shapes!();
}

impl IntoFuture for ReadMask {
    type Output = Result<Array2<bool>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.request.mask().await })
    }
}
