//! The values of bands as statistics and pictures take them.

use serde_json::Number;

use super::{
    band_values::MAX_PIXELS,
    dataset::Raster,
    georeference::bounds::Window,
    region::{Region, reduced_size},
    resample::Resampling,
    tiff::{data_type::DataType, sample::Sample},
};
use crate::error::Result;

/// This many bytes of values are read in one pass over the file.
const PASS_BYTES: u64 = 512 << 20;

/// The values of one band in a reduced size, row by row, and which of them are valid.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) values: Vec<f64>,
    pub(crate) valid: Vec<bool>,
    /// Smallest and largest valid value of a band of 64-bit integers, which floats would round.
    pub(crate) extremes: Option<(Number, Number)>,
}

impl Raster {
    /// Reads bands (from 0) in a reduced size, and calls `each` with every one. Where bands lie side by side
    /// in the file, as many as fit into memory are read at once. They are read in their own type, so that
    /// more of them fit.
    pub(super) async fn each_grid<R>(
        &self,
        bands: &[usize],
        max_size: u32,
        mut each: impl FnMut(usize, Grid) -> R,
    ) -> Result<Vec<R>> {
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
            match full.data_type {
                DataType::UInt8 => self.some_grids::<u8, R>(&region, bands, float, &mut each, &mut out).await?,
                DataType::Int8 => self.some_grids::<i8, R>(&region, bands, float, &mut each, &mut out).await?,
                DataType::UInt16 => self.some_grids::<u16, R>(&region, bands, float, &mut each, &mut out).await?,
                DataType::Int16 => self.some_grids::<i16, R>(&region, bands, float, &mut each, &mut out).await?,
                DataType::UInt32 => self.some_grids::<u32, R>(&region, bands, float, &mut each, &mut out).await?,
                DataType::Int32 => self.some_grids::<i32, R>(&region, bands, float, &mut each, &mut out).await?,
                DataType::Float32 => self.some_grids::<f32, R>(&region, bands, float, &mut each, &mut out).await?,
                DataType::Float64 => self.some_grids::<f64, R>(&region, bands, float, &mut each, &mut out).await?,
                DataType::Int64 => self.some_grids::<i64, R>(&region, bands, whole, &mut each, &mut out).await?,
                DataType::UInt64 => self.some_grids::<u64, R>(&region, bands, whole, &mut each, &mut out).await?,
            }
        }
        Ok(out)
    }

    async fn some_grids<T: Sample, R>(
        &self,
        region: &Region,
        bands: &[usize],
        extremes: Extremes<T>,
        each: &mut impl FnMut(usize, Grid) -> R,
        out: &mut Vec<R>,
    ) -> Result<()> {
        let values: Vec<T> = self.nearest_values(region, bands, self.absent()).await?;
        let further = self.further().await?;
        let mask = further.mask_of(&region.level).or_else(|| further.full_mask());
        let validity = self.validity(mask, region).await?;
        for (band, values) in bands.iter().zip(values.chunks_exact(region.width as usize * region.height as usize)) {
            let opacities = self.opacities(&validity, region, *band, values).await?;
            let valid = |opacities: &[u8]| opacities.iter().map(|opacity| *opacity != 0).collect();
            let valid = opacities.map_or_else(|| vec![true; values.len()], |opacities| valid(&opacities));
            let extremes = extremes(values, &valid);
            let values = values.iter().map(|value| value.to_f64()).collect();
            out.push(each(*band, Grid { width: region.width, height: region.height, values, valid, extremes }));
        }
        Ok(())
    }
}

type Extremes<T> = fn(&[T], &[bool]) -> Option<(Number, Number)>;

/// Floats need no exact extremes.
fn float<T>(_: &[T], _: &[bool]) -> Option<(Number, Number)> {
    None
}

/// The smallest and the largest of the valid values of a band of 64-bit integers, as they are.
fn whole<T: Copy + Ord + Into<Number>>(values: &[T], valid: &[bool]) -> Option<(Number, Number)> {
    let those = || values.iter().zip(valid).filter(|(_, valid)| **valid).map(|(value, _)| *value);
    those().min().zip(those().max()).map(|(low, high)| (low.into(), high.into()))
}
