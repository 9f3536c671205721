//! The values of bands as statistics and pictures take them.

use std::borrow::Cow;

use serde_json::Number;

use super::{
    band_values::MAX_PIXELS,
    cores::on_all_cores,
    dataset::Raster,
    georeference::bounds::Window,
    region::{Region, reduced_size},
    resample::Resampling,
    tiff::{data_type::DataType, value::PixelValue},
};
use crate::error::Result;

/// This many bytes of values are read in one pass over the file.
const PASS_BYTES: u64 = 512 << 20;
/// This many bands are computed before the opacities of the next are.
const BANDS_AT_ONCE: usize = 16;

/// What is made of each band, whatever the type of its values.
pub(super) trait OfBand: Sync {
    type Output: Send;

    /// Makes it of the band with this number (from 0).
    fn of<T: PixelValue>(&self, band: usize, values: &BandView<'_, T>) -> Self::Output;
}

/// The values of one band in a reduced size, row by row.
pub(super) struct BandView<'a, T> {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) values: &'a [T],
    /// How opaque each is: 0 for those that are not valid. Nothing if all are valid.
    opacities: Option<Cow<'a, [u8]>>,
    extremes: Extremes<T>,
}

impl<T: PixelValue> BandView<'_, T> {
    pub(super) fn opacities(&self) -> Option<&[u8]> {
        self.opacities.as_deref()
    }

    /// Smallest and largest valid value of a band of 64-bit integers, which floats would round.
    pub(super) fn extremes(&self) -> Option<(Number, Number)> {
        (self.extremes)(self.values, self.opacities())
    }
}

/// The values of one band in a reduced size as floats, row by row, and which of them are valid.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) values: Vec<f64>,
    pub(crate) valid: Vec<bool>,
}

/// Makes grids.
pub(super) struct Grids;

impl OfBand for Grids {
    type Output = Grid;

    fn of<T: PixelValue>(&self, _: usize, band: &BandView<'_, T>) -> Grid {
        let valid = match band.opacities() {
            Some(opacities) => opacities.iter().map(|opacity| *opacity != 0).collect(),
            None => vec![true; band.values.len()],
        };
        let values = band.values.iter().map(|value| value.to_f64()).collect();
        Grid { width: band.width, height: band.height, values, valid }
    }
}

impl Raster {
    /// Reads bands (from 0) in a reduced size, and makes something of every one. Where bands lie side by side
    /// in the file, as many as fit into memory are read at once. They are read in their own type, so that
    /// more of them fit.
    pub(super) async fn of_each_band<W: OfBand>(&self, bands: &[usize], max_size: u32, work: &W) -> Result<Vec<W::Output>> {
        let (width, height) = reduced_size(self.width(), self.height(), max_size);
        let pixels = u64::from(width) * u64::from(height);
        if pixels > MAX_PIXELS {
            let reason = format!("{width} × {height} pixels are too many to read at once; ask for a smaller `max_size`");
            return Err(self.failed(reason));
        }
        let window = Window::new(0, 0, self.width(), self.height());
        let region = self.region(window, (width, height), Resampling::Nearest).await?;
        let full = &self.shared.header.full;
        let together = match full.is_planar {
            true => 1,
            false => (PASS_BYTES / (pixels * full.data_type.size() as u64).max(1)).max(1) as usize,
        };
        let mut out = Vec::with_capacity(bands.len());
        for bands in bands.chunks(together) {
            out.extend(match full.data_type {
                DataType::UInt8 => self.of_some_bands::<u8, W>(&region, bands, float, work).await?,
                DataType::Int8 => self.of_some_bands::<i8, W>(&region, bands, float, work).await?,
                DataType::UInt16 => self.of_some_bands::<u16, W>(&region, bands, float, work).await?,
                DataType::Int16 => self.of_some_bands::<i16, W>(&region, bands, float, work).await?,
                DataType::UInt32 => self.of_some_bands::<u32, W>(&region, bands, float, work).await?,
                DataType::Int32 => self.of_some_bands::<i32, W>(&region, bands, float, work).await?,
                DataType::Float32 => self.of_some_bands::<f32, W>(&region, bands, float, work).await?,
                DataType::Float64 => self.of_some_bands::<f64, W>(&region, bands, float, work).await?,
                DataType::Int64 => self.of_some_bands::<i64, W>(&region, bands, whole, work).await?,
                DataType::UInt64 => self.of_some_bands::<u64, W>(&region, bands, whole, work).await?,
            });
        }
        Ok(out)
    }

    async fn of_some_bands<T: PixelValue, W: OfBand>(
        &self,
        region: &Region,
        bands: &[usize],
        extremes: Extremes<T>,
        work: &W,
    ) -> Result<Vec<W::Output>> {
        let values: Vec<T> = self.nearest_values(region, bands, self.absent()).await?;
        let further = self.further().await?;
        let mask = further.mask_of(&region.level).or_else(|| further.full_mask());
        let validity = self.validity(mask, region).await?;
        let (width, height) = (region.width, region.height);
        let size = width as usize * height as usize;
        let mut out = Vec::with_capacity(bands.len());
        for (bands, values) in bands.chunks(BANDS_AT_ONCE).zip(values.chunks(BANDS_AT_ONCE * size)) {
            let mut jobs = Vec::with_capacity(bands.len());
            for (band, values) in bands.iter().zip(values.chunks_exact(size)) {
                let opacities = self.opacities(&validity, region, *band, values).await?;
                jobs.push((*band, BandView { width, height, values, opacities, extremes }));
            }
            out.extend(on_all_cores(jobs, |(band, view)| work.of(band, &view)));
        }
        Ok(out)
    }
}

type Extremes<T> = fn(&[T], Option<&[u8]>) -> Option<(Number, Number)>;

/// Floats need no exact extremes.
fn float<T>(_: &[T], _: Option<&[u8]>) -> Option<(Number, Number)> {
    None
}

/// The smallest and the largest of the valid values of a band of 64-bit integers, as they are.
fn whole<T: Copy + Ord + Into<Number>>(values: &[T], opacities: Option<&[u8]>) -> Option<(Number, Number)> {
    let is_valid = |at: usize| opacities.is_none_or(|opacities| opacities[at] != 0);
    let those = || values.iter().enumerate().filter(|(at, _)| is_valid(*at)).map(|(_, value)| *value);
    those().min().zip(those().max()).map(|(low, high)| (low.into(), high.into()))
}
