//! Which pixels are valid: what a mask, the "no data" value or an opacity says of them.
//!
//! As in GDAL, a mask comes before the "no data" value, and that before an opacity.

use std::{borrow::Cow, sync::Arc};

use super::{
    dataset::Raster,
    region::Region,
    tiff::{data_type::DataType, level::Level, nodata::is_nodata, sample::Sample},
};
use crate::error::Result;

/// What says which pixels of a region are valid, as far as it is the same for all bands.
pub(super) enum Validity {
    /// All are.
    All,
    /// Those that are not this value.
    ByValue(f64),
    /// These; but all of the band, if there is one, that says so itself.
    These(Vec<bool>, Option<usize>),
    /// A mask beside the file may have a band for each of the raster's.
    ByBand(Arc<Level>),
}

impl Raster {
    /// Which pixels of a band (from 0) are valid; nothing if all are. The mask of an overview that has none is that of the full image.
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
            validity => Ok(self.valid_of::<f64>(&validity, region, band, &[]).await?.map(Cow::into_owned)),
        }
    }

    async fn valid_by_value<T: Sample>(&self, region: &Region, band: usize, nodata: f64) -> Result<Vec<bool>> {
        let data_type = region.level.data_type;
        let absent = !stands_for(self.absent::<T>(), nodata, data_type);
        self.nearest_mapped(region, &[band], absent, move |value: T| !stands_for(value, nodata, data_type)).await
    }

    /// What says which pixels of a region are valid.
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
                let opaque = self.nearest_mapped(region, &[alpha], false, |value: f64| value != 0.0).await?;
                Ok(Validity::These(opaque, Some(alpha)))
            }
            None => Ok(Validity::All),
        }
    }

    /// Which pixels of a band are valid, whose values are given; nothing if all are.
    pub(super) async fn valid_of<'a, T: Sample>(
        &self,
        validity: &'a Validity,
        region: &Region,
        band: usize,
        values: &[T],
    ) -> Result<Option<Cow<'a, [bool]>>> {
        Ok(match validity {
            Validity::All => None,
            Validity::These(_, own) if *own == Some(band) => None,
            Validity::These(valid, _) => Some(Cow::Borrowed(valid)),
            Validity::ByValue(nodata) => {
                Some(values.iter().map(|value| !stands_for(*value, *nodata, region.level.data_type)).collect())
            }
            Validity::ByBand(mask) => {
                let band = if usize::from(mask.samples) > band { band } else { 0 };
                Some(Cow::Owned(self.opaque(&region.of(mask), band).await?))
            }
        })
    }

    async fn opaque(&self, mask: &Region, band: usize) -> Result<Vec<bool>> {
        self.nearest_mapped(mask, &[band], false, |value: u8| value != 0).await
    }
}

/// Many integers of 64 bits are the same float, so those are compared as they are.
fn stands_for<T: Sample>(value: T, nodata: f64, data_type: DataType) -> bool {
    let float = value.to_f64();
    match data_type {
        DataType::Int64 | DataType::UInt64 => value == T::of_f64(nodata) && float == nodata,
        data_type => is_nodata(float, nodata, data_type),
    }
}
