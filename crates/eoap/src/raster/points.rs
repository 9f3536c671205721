//! Reads the values at places: those of the pixels that the places lie in, as rasterio's `sample`.
//!
//! Places that share a tile or strip share a read.

use std::{collections::BTreeMap, future::IntoFuture, marker::PhantomData};

use futures_util::{StreamExt, TryStreamExt, future::BoxFuture, stream};
use ndarray::Array3;

use super::{
    dataset::Raster,
    georeference::{bounds::Window, crs::Crs},
    request::{Part, Request},
    sample::Sample,
    tiff::value::PixelValue,
};
use crate::error::Result;

/// This many tiles are read side by side.
const PARALLEL: usize = 8;

/// Places whose values are read, from [`Raster::sample`]: `.await` reads, for each place in its order, the
/// values of all bands; nothing for a place outside.
///
/// ```no_run
/// # async fn run(raster: eoap::Raster) -> Result<(), eoap::Error> {
/// let stations = [(-121.2, 39.9), (-121.0, 40.1)];
/// for (place, values) in stations.iter().zip(raster.sample::<f32>(stations).places_in(eoap::Crs::wgs84()).await?) {
///     println!("{place:?} {values:?}");
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is read until this is awaited"]
pub struct SamplePoints<T> {
    request: Points,
    kind: PhantomData<fn() -> T>,
}

/// What is asked for.
#[derive(Clone, Debug)]
pub(super) struct Points {
    raster: Raster,
    places: Vec<(f64, f64)>,
    crs: Option<Crs>,
}

/// A pixel that is asked for.
struct Pixel {
    /// Number of its place, from 0.
    number: usize,
    row: u32,
    column: u32,
}

impl Raster {
    /// Reads the values of all bands at places, which are x and y in the raster's own reference system unless
    /// another is named.
    pub fn sample<T: Sample>(&self, places: impl IntoIterator<Item = (f64, f64)>) -> SamplePoints<T> {
        let request = Points { raster: self.clone(), places: places.into_iter().collect(), crs: None };
        SamplePoints { request, kind: PhantomData }
    }
}

impl<T: Sample> SamplePoints<T> {
    /// The places are in this reference system: longitude and latitude in that of [`Crs::wgs84`].
    pub fn places_in(mut self, crs: Crs) -> Self {
        self.request.crs = Some(crs);
        self
    }
}

impl<T: Sample> IntoFuture for SamplePoints<T> {
    type Output = Result<Vec<Option<Vec<T>>>>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        T::read_points(self.request)
    }
}

impl Points {
    pub(super) async fn values<T: PixelValue>(self) -> Result<Vec<Option<Vec<T>>>> {
        let raster = &self.raster;
        let places = match (&self.crs, raster.crs()) {
            (None, _) => self.places,
            (Some(crs), Some(own)) => crs.transform(&own, &self.places)?,
            (Some(crs), None) => {
                return Err(raster.failed(format!("it has no reference system, so nothing is known of places in {crs}")));
            }
        };
        let block = raster.shared.header.full.block;
        let mut tiles: BTreeMap<(u32, u32), Vec<Pixel>> = BTreeMap::new();
        for (number, (x, y)) in places.iter().enumerate() {
            if let Some((row, column)) = self.raster.pixel_at(*x, *y) {
                tiles.entry((row / block.1, column / block.0)).or_default().push(Pixel { number, row, column });
            }
        }
        let reads = tiles.into_values().map(|pixels| async move {
            let (window, values) = read::<T>(raster, &pixels).await?;
            let value = |row: u32, column: u32| {
                let at = ((row - window.row) as usize, (column - window.column) as usize);
                (0..values.dim().0).map(|band| values[[band, at.0, at.1]]).collect()
            };
            Ok::<_, crate::Error>(pixels.iter().map(|pixel| (pixel.number, value(pixel.row, pixel.column))).collect::<Vec<_>>())
        });
        let found: Vec<Vec<(usize, Vec<T>)>> = stream::iter(reads).buffer_unordered(PARALLEL).try_collect().await?;
        let mut out = vec![None; places.len()];
        for (number, values) in found.into_iter().flatten() {
            out[number] = Some(values);
        }
        Ok(out)
    }
}

/// Reads the window around pixels.
async fn read<T: PixelValue>(raster: &Raster, pixels: &[Pixel]) -> Result<(Window, Array3<T>)> {
    let span = |of: fn(&Pixel) -> u32| {
        let places = pixels.iter().map(of);
        let (low, high) = (places.clone().min().unwrap_or(0), places.max().unwrap_or(0));
        (low, high - low + 1)
    };
    let ((row, height), (column, width)) = (span(|pixel| pixel.row), span(|pixel| pixel.column));
    let window = Window::new(column, row, width, height);
    let request = Request { part: Part::Window(window), ..Request::new(raster.clone()) };
    Ok((window, request.bands().await?))
}

impl Raster {
    /// The row and column of the pixel that a place lies in.
    fn pixel_at(&self, x: f64, y: f64) -> Option<(u32, u32)> {
        let (row, column) = self.transform().index(x, y)?;
        let (row, column) = (u32::try_from(row).ok()?, u32::try_from(column).ok()?);
        (row < self.height() && column < self.width()).then_some((row, column))
    }
}
