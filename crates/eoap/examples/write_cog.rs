//! Reads a raster, makes another one of it, and writes that as a Cloud Optimized GeoTIFF.
//!
//! ```sh
//! cargo run --example write_cog -- temperature.tif fahrenheit.tif
//! ```

#![expect(clippy::print_stdout, reason = "it is a program")]

use eoap::{Raster, Resampling, raster::Cog};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [_, from, to] = &std::env::args().collect::<Vec<_>>()[..] else { return Err("give two names of files".into()) };
    let raster = Raster::open_file(from).await?;
    let celsius = raster.read::<f64>().band(1).quantities().await?;

    let fahrenheit = celsius.mapv(|degrees| (degrees * 9.0 / 5.0 + 32.0) as f32);
    Cog::of_band(&fahrenheit).like(&raster).nodata(f64::NAN).overviews(Resampling::Average).save(to)?;
    println!("{}", Raster::open_file(to).await?.profile());
    Ok(())
}
