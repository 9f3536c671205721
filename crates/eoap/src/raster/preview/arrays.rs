//! Pictures of arrays: a window that was read, or what was computed.

use ndarray::{Array2, Array3, ArrayView, Axis, Ix2};

use super::{Colours, Preview};
use crate::{
    error::{Error, Result},
    raster::{grid::Grid, sample::Sample, tiff::data_type::DataType},
};

impl Preview {
    /// A picture of one band, of rows and columns: a window that was read, or what was computed. Values that
    /// are `nodata` or not finite are transparent.
    ///
    /// ```no_run
    /// # async fn run(raster: eoap::Raster) -> Result<(), eoap::Error> {
    /// use eoap::{ColourMap, Window, raster::Preview};
    ///
    /// let corner = raster.read::<u16>().band(1).window(Window::new(0, 0, 256, 256)).await?;
    /// let picture = Preview::of_band(&corner, Some(0))?.colours(ColourMap::Viridis);
    /// std::fs::write("corner.png", picture.png()).expect("saved");
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::Raster`] for an array without pixels.
    pub fn of_band<T: Sample>(values: &Array2<T>, nodata: Option<T>) -> Result<Self> {
        Self::of_grids(&[grid(values.view(), nodata)], T::TYPE)
    }

    /// A picture of several bands, of rows and columns each: the first three as red, green and blue, or the
    /// first alone.
    ///
    /// # Errors
    ///
    /// Those of [`of_band`](Self::of_band).
    pub fn of_bands<T: Sample>(values: &Array3<T>, nodata: Option<T>) -> Result<Self> {
        let shown = if values.len_of(Axis(0)) >= 3 { 3 } else { 1 };
        let grids: Vec<Grid> = values.axis_iter(Axis(0)).take(shown).map(|band| grid(band, nodata)).collect();
        Self::of_grids(&grids, T::TYPE)
    }

    fn of_grids(grids: &[Grid], data_type: DataType) -> Result<Self> {
        match grids.first() {
            Some(first) if first.width > 0 && first.height > 0 => {
                let subject = format!("an array ({} × {}, {data_type})", first.width, first.height);
                Ok(Self::of(grids, Colours::Bands { bytes: data_type == DataType::UInt8 }, &subject))
            }
            _ => {
                Err(Error::Raster { raster: "in memory".to_owned(), reason: "an array without pixels has no picture".to_owned() })
            }
        }
    }
}

fn grid<T: Sample>(values: ArrayView<'_, T, Ix2>, nodata: Option<T>) -> Grid {
    let (height, width) = values.dim();
    let valid = values.iter().map(|value| Some(*value) != nodata && value.to_f64().is_finite()).collect();
    Grid { width: width as u32, height: height as u32, values: values.iter().map(|value| value.to_f64()).collect(), valid }
}
