//! What is asked for of a raster's pixels, and how it is carried out.

use ndarray::{Array, Array2, Array3, Dimension};

use super::{
    dataset::Raster,
    georeference::{
        affine::Affine,
        bounds::{Bounds, Window},
        crs::Crs,
    },
    pixel_grid::PixelGrid,
    polygons::Polygons,
    region::Region,
    resample::Resampling,
    tiff::value::PixelValue,
    warp::Warped,
};
use crate::error::{Error, Result};

/// The largest array that is read unless more is allowed.
const MAX_BYTES: u64 = 1 << 30;

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) raster: Raster,
    /// Numbers from 1, as they are given.
    pub(super) bands: Option<Vec<usize>>,
    pub(super) part: Part,
    /// Rows and columns.
    pub(super) shape: Option<(u32, u32)>,
    pub(super) resampling: Resampling,
    /// Whether scale and offset are applied, and what is not valid is not-a-number.
    pub(super) are_quantities: bool,
    pub(super) max_bytes: u64,
}

/// The part of the raster that is read.
#[derive(Clone, Debug)]
pub(super) enum Part {
    All,
    Window(Window),
    Bounds(Bounds, Option<Crs>),
    Grid(PixelGrid),
    Inside(Polygons),
}

impl Request {
    pub(super) fn new(raster: Raster) -> Self {
        let (part, resampling) = (Part::All, Resampling::Nearest);
        Self { raster, bands: None, part, shape: None, resampling, are_quantities: false, max_bytes: MAX_BYTES }
    }

    pub(super) fn window(&self) -> Result<Window> {
        let size = (self.raster.width(), self.raster.height());
        let outside = |what: String| {
            self.failed(format!("{what} is outside of it: it has {} × {} pixels, {}", size.0, size.1, self.raster.bounds()))
        };
        match &self.part {
            Part::All | Part::Grid(_) => Ok(Window::new(0, 0, size.0, size.1)),
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
            Part::Inside(area) => {
                let bounds =
                    self.own(area)?.bounds().ok_or_else(|| self.failed("an area without corners has no pixels".to_owned()))?;
                let window = Window::of_bounds(bounds, self.raster.transform(), size);
                window.ok_or_else(|| outside(format!("the area with the bounds {bounds}")))
            }
        }
    }

    /// An area in the raster's own reference system.
    fn own(&self, area: &Polygons) -> Result<Polygons> {
        match self.raster.crs() {
            Some(own) => area.transform(&own),
            None => {
                let reason = format!("it has no reference system, so nothing of it is known to lie in an area in {}", area.crs());
                Err(self.failed(reason))
            }
        }
    }

    pub(super) fn transform(&self) -> Result<Affine> {
        if let Part::Grid(grid) = &self.part {
            return Ok(grid.transform);
        }
        let (window, (rows, columns)) = (self.window()?, self.shape()?);
        let size = (f64::from(window.width) / f64::from(columns), f64::from(window.height) / f64::from(rows));
        Ok(self.raster.transform().part((window.column.into(), window.row.into()), size))
    }

    fn shape(&self) -> Result<(u32, u32)> {
        if let Part::Grid(grid) = &self.part {
            return Ok((grid.height, grid.width));
        }
        match self.shape {
            Some((rows, columns)) if rows == 0 || columns == 0 => {
                Err(self.failed(format!("a shape of {rows} rows and {columns} columns holds no pixel")))
            }
            Some(shape) => Ok(shape),
            None => self.window().map(|window| (window.height, window.width)),
        }
    }

    /// The shape, and the values.
    async fn values<T: PixelValue>(self) -> Result<([usize; 3], Vec<T>)> {
        let profile = self.raster.profile();
        if !T::holds(profile.dtype) {
            let (band, asked) = (profile.dtype, T::DATA_TYPE);
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
        if self.resampling != Resampling::Nearest && self.raster.has_palette() {
            return Err(
                self.failed("its values are numbers of colours, of which there is no average; read the nearest ones".to_owned())
            );
        }
        let indices: Vec<usize> = bands.iter().map(|band| band - 1).collect();
        let shape = [bands.len(), rows as usize, columns as usize];
        let (mut values, valid) = self.values_and_valid(&indices).await?;
        let outside = self.outside(shape)?;
        if self.are_quantities {
            self.to_quantities(&mut values, &indices, &valid, &outside);
        } else if let Some(outside) = outside {
            let absent = self.raster.absent();
            values.chunks_mut(outside.len()).for_each(|band| {
                band.iter_mut().zip(&outside).filter(|(_, outside)| **outside).for_each(|(value, _)| *value = absent);
            });
        }
        Ok((shape, values))
    }

    /// The values, and for quantities which of them are valid, if not all are.
    async fn values_and_valid<T: PixelValue>(&self, bands: &[usize]) -> Result<(Vec<T>, Vec<Option<Vec<bool>>>)> {
        if let Part::Grid(grid) = &self.part {
            let Warped { values, valid } = self.raster.warped(grid, bands, self.resampling).await?;
            let size = (valid.len() / bands.len().max(1)).max(1);
            return Ok((values, valid.chunks(size).map(|valid| Some(valid.to_vec())).collect()));
        }
        let region = self.region().await?;
        let values: Vec<T> = self.raster.values(&region, bands).await?;
        let mut valid = Vec::new();
        if self.are_quantities {
            let size = (values.len() / bands.len().max(1)).max(1);
            for (band, values) in bands.iter().zip(values.chunks(size)) {
                valid.push(self.raster.valid_of(&region, *band, values).await?);
            }
        }
        Ok((values, valid))
    }

    /// Which pixels of the result lie outside of an area that is asked for.
    fn outside(&self, [_, rows, columns]: [usize; 3]) -> Result<Option<Vec<bool>>> {
        let Part::Inside(area) = &self.part else { return Ok(None) };
        let inside = self.own(area)?.inside(self.transform()?, (rows, columns));
        Ok(Some(inside.iter().map(|inside| !inside).collect()))
    }

    fn to_quantities<T: PixelValue>(
        &self,
        values: &mut [T],
        bands: &[usize],
        valid: &[Option<Vec<bool>>],
        outside: &Option<Vec<bool>>,
    ) {
        let size = (values.len() / bands.len().max(1)).max(1);
        for ((values, band), valid) in values.chunks_mut(size).zip(bands).zip(valid) {
            let metadata = &self.raster.shared.header.metadata.bands[*band];
            for (at, value) in values.iter_mut().enumerate() {
                let counts = valid.as_ref().is_none_or(|valid| valid[at]) && outside.as_ref().is_none_or(|outside| !outside[at]);
                let quantity = value.to_f64() * metadata.scale + metadata.offset;
                *value = T::of_f64(if counts { quantity } else { f64::NAN });
            }
        }
    }

    /// Which pixels of the band that is asked for are valid.
    pub(super) async fn mask(self) -> Result<Array2<bool>> {
        let count = self.raster.profile().count.into();
        let band = self.bands.as_ref().map_or(1, |bands| bands[0]);
        if !(1..=count).contains(&band) {
            return Err(self.failed(format!("there is no band {band}; its bands are numbered from 1 to {count}")));
        }
        let (rows, columns) = self.shape()?;
        if u64::from(rows) * u64::from(columns) > self.max_bytes {
            return Err(self.failed(format!(
                "{columns} × {rows} pixels are too many to read at once; read a `window` or a smaller `shape`"
            )));
        }
        let shape = (rows as usize, columns as usize);
        let mut valid = match &self.part {
            Part::Grid(grid) => self.raster.valid_on_grid(grid, band - 1, self.resampling).await?,
            _ => {
                let valid = self.raster.valid(&self.region().await?, band - 1).await?;
                valid.unwrap_or_else(|| vec![true; shape.0 * shape.1])
            }
        };
        if let Some(outside) = self.outside([1, shape.0, shape.1])? {
            valid.iter_mut().zip(outside).for_each(|(valid, outside)| *valid &= !outside);
        }
        Ok(array(shape, valid))
    }

    /// All bands that are asked for.
    pub(super) async fn bands<T: PixelValue>(self) -> Result<Array3<T>> {
        let (shape, values) = self.values().await?;
        Ok(array(shape, values))
    }

    /// The one band that is asked for.
    pub(super) async fn band<T: PixelValue>(self) -> Result<Array2<T>> {
        let ([_, rows, columns], values) = self.values().await?;
        Ok(array([rows, columns], values))
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
