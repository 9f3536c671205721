//! One measurement of `benches/raster.py`: opens a GeoTIFF on S3, does one thing, and prints the seconds that
//! it took, and a sum of what it read.

#![expect(clippy::print_stdout, reason = "it answers a script")]

use std::time::Instant;

use eoap::{
    Crs, Raster, Resampling, Store, Window,
    raster::{Affine, Cog, PixelGrid},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (what, url) = (arguments.next().ok_or("what?")?, arguments.next().ok_or("which file?")?);
    let store = Store::for_url(&url)?;
    if what == "write" {
        return write(&Raster::open_url(&url, &store).await?).await;
    }
    let start = Instant::now();
    let raster = Raster::open_url(&url, &store).await?;
    let read = raster.read::<u16>().band(1);
    let array = match what.as_str() {
        "profile" => {
            let length = raster.profile().to_string().len();
            println!("{} {length}", start.elapsed().as_secs_f64());
            return Ok(());
        }
        "full" => read.await?,
        "floats" => {
            let array = raster.read::<f32>().band(1).await?;
            let seconds = start.elapsed().as_secs_f64();
            println!("{seconds} {}", array.iter().map(|value| f64::from(*value)).sum::<f64>());
            return Ok(());
        }
        "decimated" => read.shape(1000, 1000).await?,
        "window" => read.window(Window::new(5003, 4711, 300, 300)).await?,
        "bilinear" => read.shape(1500, 1500).resampling(Resampling::Bilinear).await?,
        "cubic" => read.shape(1500, 1500).resampling(Resampling::Cubic).await?,
        "warp" => {
            let place = Affine { a: 13.0, b: 0.0, c: -13_560_000.0, d: 0.0, e: -13.0, f: 4_940_000.0 };
            let grid = PixelGrid::new(Crs::from_epsg(3857), place, 1000, 1000);
            read.on_grid(grid).resampling(Resampling::Bilinear).await?
        }
        "average" => {
            let array = raster.read::<u16>().shape(100, 100).resampling(Resampling::Average).await?;
            let seconds = start.elapsed().as_secs_f64();
            println!("{seconds} {}", array.iter().map(|value| u64::from(*value)).sum::<u64>());
            return Ok(());
        }
        "statistics" => {
            let statistics = raster.statistics(0).await?;
            let seconds = start.elapsed().as_secs_f64();
            let ends = |of: fn(&eoap::raster::BandStatistics) -> Option<f64>| statistics.bands.iter().filter_map(of).sum::<f64>();
            println!("{seconds} {}", ends(|band| band.minimum) + ends(|band| band.maximum));
            return Ok(());
        }
        other => return Err(format!("{other} is not measured").into()),
    };
    let seconds = start.elapsed().as_secs_f64();
    println!("{seconds} {}", array.iter().map(|value| u64::from(*value)).sum::<u64>());
    Ok(())
}

/// Writes what is read before, as it would be after a computation.
async fn write(raster: &Raster) -> Result<(), Box<dyn std::error::Error>> {
    let array = raster.read::<u16>().band(1).await?;
    let path = std::env::temp_dir().join(format!("eoap-bench-{}.tif", std::process::id()));
    let start = Instant::now();
    Cog::of_band(&array).like(raster).save(&path)?;
    let seconds = start.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    println!("{seconds} {}", array.iter().map(|value| u64::from(*value)).sum::<u64>());
    Ok(())
}
