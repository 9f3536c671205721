//! Reads a band of Landsat, makes reflectances of its numbers, and writes them as a Cloud Optimized GeoTIFF.
//!
//! ```sh
//! cargo run --example write_cog -- nir08.tif reflectance.tif
//! ```

#![expect(clippy::print_stdout, reason = "it is a program")]

use eoap::{ColourMap, Raster, Resampling, raster::Cog};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let [_, from, to] = &std::env::args().collect::<Vec<_>>()[..] else { return Err("give two names of files".into()) };
    let raster = Raster::open_file(from).await?;
    let numbers = raster.read::<f64>().band(1).quantities().await?; // gaps are not-a-number

    // What the numbers of Landsat's Collection 2 mean.
    let reflectance = numbers.mapv(|number| (number * 0.000_027_5 - 0.2) as f32);
    Cog::of_band(&reflectance).like(&raster).nodata(f64::NAN).overviews(Resampling::Average).save(to)?;
    let written = Raster::open_file(to).await?;
    println!("{}", written.profile());
    written.preview(256).await?.colours(ColourMap::Viridis).save("target/reflectance.png")?;
    Ok(())
}
