//! Reads pixels into arrays: what is asked for ([`Read`]), and how it is carried out.

use std::{future::IntoFuture, marker::PhantomData};

use futures_util::future::BoxFuture;
use ndarray::{Array, Array2, Array3, Dimension, Ix2, Ix3};

use super::{
    dataset::Raster,
    georeference::{
        affine::Affine,
        bounds::{Bounds, Window},
        crs::Crs,
    },
    region::Region,
    resample::Resampling,
    tiff::sample::Sample,
};
use crate::error::{Error, Result};

/// The largest array that is read unless more is allowed.
const MAX_BYTES: u64 = 1 << 30;

/// Pixels to read, from [`Raster::read`]: `.await` reads them into an [`Array3`] of bands, rows and columns, or an [`Array2`] of rows and
/// columns after [`band`](Self::band).
///
/// Everything is read unless a part is asked for, in the shape that it has unless another one is.
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

/// Which pixels are valid, from [`Raster::read_mask`]: `.await` reads an [`Array2`] of rows and columns, true where a pixel is valid.
#[derive(Clone, Debug)]
#[must_use = "nothing is read until this is awaited"]
pub struct ReadMask {
    request: Request,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Request {
    raster: Raster,
    /// Numbers from 1, as they are given.
    bands: Option<Vec<usize>>,
    part: Part,
    /// Rows and columns.
    shape: Option<(u32, u32)>,
    resampling: Resampling,
    max_bytes: u64,
}

#[derive(Clone, Debug)]
enum Part {
    All,
    Window(Window),
    Bounds(Bounds, Option<Crs>),
}

macro_rules! parts_and_shapes {
    () => {
        /// Reads this window only. What of it lies outside of the raster is left out, as in rasterio.
        pub fn window(mut self, window: Window) -> Self {
            self.request.part = Part::Window(window);
            self
        }

        /// Reads the pixels that these bounds touch, in the raster's own reference system.
        pub fn bounds(mut self, bounds: Bounds) -> Self {
            self.request.part = Part::Bounds(bounds, None);
            self
        }

        /// Reads the pixels that these bounds touch, in any reference system that is known.
        pub fn bounds_in(mut self, bounds: Bounds, crs: Crs) -> Self {
            self.request.part = Part::Bounds(bounds, Some(crs));
            self
        }

        /// Reads so many rows and columns, from an overview where GDAL would take one.
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
        /// [`Error::Raster`] if the part lies outside of the raster, [`Error::ReferenceSystem`] if its bounds cannot be transformed.
        pub fn resolved_window(&self) -> Result<Window> {
            self.request.window()
        }
    };
}

impl<T: Sample, D> Read<T, D> {
    parts_and_shapes!();

    /// How pixels come about if the shape is not that of the part that is read; the nearest ones unless something else is said.
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

    /// The mask of this band, numbered from 1; that of the first unless something else is said.
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
        Box::pin(async move {
            let request = self.request;
            let count = request.raster.profile().count.into();
            let band = request.bands.as_ref().map_or(1, |bands| bands[0]);
            if !(1..=count).contains(&band) {
                return Err(request.failed(format!("there is no band {band}; its bands are numbered from 1 to {count}")));
            }
            let (rows, columns) = request.shape()?;
            if u64::from(rows) * u64::from(columns) > request.max_bytes {
                return Err(request.failed(format!(
                    "{columns} × {rows} pixels are too many to read at once; read a `window` or a smaller `shape`"
                )));
            }
            let region = request.region().await?;
            let valid = request.raster.valid(&region, band - 1).await?;
            Ok(array((rows as usize, columns as usize), valid.unwrap_or_else(|| vec![true; rows as usize * columns as usize])))
        })
    }
}

impl Request {
    fn new(raster: Raster) -> Self {
        let (part, resampling) = (Part::All, Resampling::Nearest);
        Self { raster, bands: None, part, shape: None, resampling, max_bytes: MAX_BYTES }
    }

    fn window(&self) -> Result<Window> {
        let size = (self.raster.width(), self.raster.height());
        let outside = |what: String| {
            self.failed(format!("{what} is outside of it: it has {} × {} pixels, {}", size.0, size.1, self.raster.bounds()))
        };
        match &self.part {
            Part::All => Ok(Window::new(0, 0, size.0, size.1)),
            Part::Window(window) => window.within(size).ok_or_else(|| outside(format!("the window of {window}"))),
            Part::Bounds(bounds, crs) => {
                let bounds = match (crs, self.raster.crs()) {
                    (None, _) => *bounds,
                    (Some(crs), Some(own)) => crs.transform_bounds(&own, *bounds)?,
                    (Some(crs), None) => {
                        return Err(self.failed(format!(
                            "it has no reference system, so nothing of it is known to lie at {bounds} in {crs}"
                        )));
                    }
                };
                let window = Window::of_bounds(bounds, self.raster.transform(), size);
                window.ok_or_else(|| outside(format!("the part with the bounds {bounds}")))
            }
        }
    }

    fn transform(&self) -> Result<Affine> {
        let (window, (rows, columns)) = (self.window()?, self.shape()?);
        let size = (f64::from(window.width) / f64::from(columns), f64::from(window.height) / f64::from(rows));
        Ok(self.raster.transform().part((window.column.into(), window.row.into()), size))
    }

    fn shape(&self) -> Result<(u32, u32)> {
        match self.shape {
            Some((rows, columns)) if rows == 0 || columns == 0 => {
                Err(self.failed(format!("a shape of {rows} rows and {columns} columns holds no pixel")))
            }
            Some(shape) => Ok(shape),
            None => self.window().map(|window| (window.height, window.width)),
        }
    }

    /// The number of bands, the region, and the values.
    async fn values<T: Sample>(self) -> Result<(usize, Region, Vec<T>)> {
        let profile = self.raster.profile();
        if !T::can_hold(profile.dtype) {
            let (band, asked) = (profile.dtype, T::TYPE);
            let advice = match band.rust_name() {
                "f32" => "`f32` or `f64`".to_owned(),
                name => format!("`{name}`"),
            };
            return Err(
                self.failed(format!("its values are {band}, and not every one of them fits into {asked}; read them as {advice}"))
            );
        }
        let bands = self.bands.clone().unwrap_or_else(|| (1..=profile.count.into()).collect());
        if let Some(band) = bands.iter().find(|band| !(1..=profile.count.into()).contains(*band)) {
            return Err(self.failed(format!("there is no band {band}; its bands are numbered from 1 to {}", profile.count)));
        }
        let (rows, columns) = self.shape()?;
        let bytes =
            [bands.len() as u64, columns.into(), size_of::<T>() as u64].iter().fold(u64::from(rows), |a, b| a.saturating_mul(*b));
        if bytes > self.max_bytes {
            return Err(self.failed(format!(
                "{} bands of {columns} × {rows} pixels are {bytes} bytes, and at most {} are read at once; read a `window`, a smaller `shape` or fewer bands, or allow more with `max_bytes`",
                bands.len(),
                self.max_bytes
            )));
        }
        if self.resampling == Resampling::Average && self.raster.has_palette() {
            return Err(
                self.failed("its values are numbers of colours, of which there is no average; read the nearest ones".to_owned())
            );
        }
        let region = self.region().await?;
        let indices: Vec<usize> = bands.iter().map(|band| band - 1).collect();
        let values = self.raster.values(&region, &indices).await?;
        Ok((bands.len(), region, values))
    }

    /// All bands that are asked for.
    pub(super) async fn bands<T: Sample>(self) -> Result<Array3<T>> {
        let (bands, region, values) = self.values().await?;
        Ok(array((bands, region.height as usize, region.width as usize), values))
    }

    /// The one band that is asked for.
    pub(super) async fn band<T: Sample>(self) -> Result<Array2<T>> {
        let (_, region, values) = self.values().await?;
        Ok(array((region.height as usize, region.width as usize), values))
    }

    async fn region(&self) -> Result<Region> {
        let (window, (rows, columns)) = (self.window()?, self.shape()?);
        self.raster.region(window, (columns, rows), self.resampling).await
    }

    fn failed(&self, reason: String) -> Error {
        self.raster.failed(reason)
    }
}

fn array<T, S: ndarray::ShapeBuilder<Dim = D>, D: Dimension>(shape: S, values: Vec<T>) -> Array<T, D> {
    Array::from_shape_vec(shape, values).expect("as many values are read as the shape has")
}
