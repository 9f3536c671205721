//! Which pixels are valid by a mask, the "no data" value or an opacity.
//!
//! As in GDAL, a mask comes before the "no data" value, and that before an opacity.

use std::{borrow::Cow, sync::Arc};

use super::{
    dataset::Raster,
    pixel_grid::PixelGrid,
    region::Region,
    resample::Resampling,
    tiff::{data_type::DataType, level::Level, nodata::is_nodata, value::PixelValue},
};
use crate::error::Result;

/// What decides which pixels of a region are valid, as far as it is the same for all bands.
pub(super) enum Validity {
    /// All are.
    All,
    /// Those that are not this value.
    ByValue(f64),
    /// Those that are opaque, 0 to 255; but all of the band, if there is one, that says so itself.
    These(Vec<u8>, Option<usize>),
    /// A mask beside the file may have a band for each of the raster's.
    ByBand(Arc<Level>),
}

impl Raster {
    /// Which pixels of a band (from 0) are valid; nothing if all are. The mask of an overview that has none
    /// is that of the full image.
    pub(crate) async fn valid(&self, region: &Region, band: usize) -> Result<Option<Vec<bool>>> {
        let further = self.further().await?;
        let mask = further.mask_of(&region.level).or_else(|| further.full_mask());
        match self.validity(mask, region).await? {
            Validity::ByValue(nodata) => {
                let data_type = region.level.data_type;
                Ok(Some(match data_type {
                    // Many integers of 64 bits are the same float.
                    DataType::Int64 => self.valid_by_value::<i64>(region, band, nodata).await?,
                    DataType::UInt64 => self.valid_by_value::<u64>(region, band, nodata).await?,
                    _ => self.valid_by_value::<f64>(region, band, nodata).await?,
                }))
            }
            validity => {
                let opacities = self.opacities::<f64>(&validity, region, band, &[]).await?;
                Ok(opacities.map(|opacities| opacities.iter().map(|opacity| *opacity != 0).collect()))
            }
        }
    }

    /// Which pixels of a band (from 0) are valid, whose values in a region are given; nothing if all are.
    pub(crate) async fn valid_of<T: PixelValue>(&self, region: &Region, band: usize, values: &[T]) -> Result<Option<Vec<bool>>> {
        let further = self.further().await?;
        let mask = further.mask_of(&region.level).or_else(|| further.full_mask());
        let validity = self.validity(mask, region).await?;
        let opacities = self.opacities(&validity, region, band, values).await?;
        Ok(opacities.map(|opacities| opacities.iter().map(|opacity| *opacity != 0).collect()))
    }

    /// Which pixels of a grid get a value from a band (from 0).
    pub(crate) async fn valid_on_grid(&self, grid: &PixelGrid, band: usize, how: Resampling) -> Result<Vec<bool>> {
        Ok(match self.shared.header.full.data_type {
            DataType::Int64 => self.warped::<i64>(grid, &[band], how).await?.valid,
            DataType::UInt64 => self.warped::<u64>(grid, &[band], how).await?.valid,
            _ => self.warped::<f64>(grid, &[band], how).await?.valid,
        })
    }

    async fn valid_by_value<T: PixelValue>(&self, region: &Region, band: usize, nodata: f64) -> Result<Vec<bool>> {
        let data_type = region.level.data_type;
        let absent = !stands_for(self.absent::<T>(), nodata, data_type);
        self.nearest_mapped(region, &[band], absent, move |value: T| !stands_for(value, nodata, data_type)).await
    }

    /// What decides which pixels of a region are valid.
    pub(super) async fn validity(&self, mask: Option<&Arc<Level>>, region: &Region) -> Result<Validity> {
        if let Some(mask) = mask {
            return Ok(match mask.samples {
                1 => Validity::These(self.opaque(&region.of(mask), 0).await?, None),
                _ => Validity::ByBand(mask.clone()),
            });
        }
        if let Some(nodata) = self.shared.header.nodata {
            return Ok(Validity::ByValue(nodata));
        }
        match region.level.alpha() {
            Some(alpha) => {
                let opacity = opacity_of(region.level.data_type);
                Ok(Validity::These(self.nearest_mapped(region, &[alpha], 0, opacity).await?, Some(alpha)))
            }
            None => Ok(Validity::All),
        }
    }

    /// How opaque pixels of a band are, whose values are given: 0 for those that are not valid; nothing if
    /// all are opaque.
    pub(super) async fn opacities<'a, T: PixelValue>(
        &self,
        validity: &'a Validity,
        region: &Region,
        band: usize,
        values: &[T],
    ) -> Result<Option<Cow<'a, [u8]>>> {
        Ok(match validity {
            Validity::All => None,
            Validity::These(_, own) if *own == Some(band) => None,
            Validity::These(valid, _) => Some(Cow::Borrowed(valid)),
            Validity::ByValue(nodata) => Some(Cow::Owned(opacities_by_value(values, *nodata, region.level.data_type))),
            Validity::ByBand(mask) => {
                let band = if usize::from(mask.samples) > band { band } else { 0 };
                Some(Cow::Owned(self.opaque(&region.of(mask), band).await?))
            }
        })
    }

    async fn opaque(&self, mask: &Region, band: usize) -> Result<Vec<u8>> {
        let is_bit = mask.level.bits == 1;
        self.nearest_mapped(mask, &[band], 0, move |value: u8| if is_bit && value != 0 { u8::MAX } else { value }).await
    }
}

/// How opaque a pixel is by the value of its opacity, as GDAL has it: of 16 bits the higher ones, but no
/// other value becomes 0.
fn opacity_of(data_type: DataType) -> impl Fn(f64) -> u8 + Clone {
    move |value: f64| match data_type {
        _ if value == 0.0 => 0,
        DataType::UInt8 => value as u8,
        DataType::UInt16 => ((value * 255.0 / 65535.0) as u8).max(1),
        _ => u8::MAX,
    }
}

/// 0 for values that stand for "no data", else 255.
fn opacities_by_value<T: PixelValue>(values: &[T], nodata: f64, data_type: DataType) -> Vec<u8> {
    if T::DATA_TYPE == data_type && data_type.is_integer() && stands_for(T::of_f64(nodata), nodata, data_type) {
        // One comparison of integers, which the processor makes for many values at once.
        let nodata = T::of_f64(nodata);
        return values.iter().map(|value| if *value == nodata { 0 } else { u8::MAX }).collect();
    }
    values.iter().map(|value| if stands_for(*value, nodata, data_type) { 0 } else { u8::MAX }).collect()
}

/// Many integers of 64 bits are the same float, so those are compared as they are.
fn stands_for<T: PixelValue>(value: T, nodata: f64, data_type: DataType) -> bool {
    let float = value.to_f64();
    match data_type {
        DataType::Int64 | DataType::UInt64 => value == T::of_f64(nodata) && float == nodata,
        data_type => is_nodata(float, nodata, data_type),
    }
}
