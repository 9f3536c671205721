//! Compares two rasters of classes pixel by pixel, and writes what has changed as a Cloud Optimized GeoTIFF.
//!
//! ```sh
//! cargo run --example write_cog -- before.tif after.tif changes.tif
//! ```

#![expect(clippy::print_stdout, reason = "it is a program")]

use eoap::{Raster, ndarray::Zip, raster::Cog};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut next = || arguments.next().ok_or("give two files and the name of a third");
    let (before, after) = (Raster::open_file(next()?).await?, Raster::open_file(next()?).await?);
    let then = before.read::<u8>().band(1).await?;
    let now = after.read::<u8>().band(1).bounds(before.bounds()).shape(before.height(), before.width()).await?;
    // 0 as before, 1 gained, 2 lost.
    let changes = Zip::from(&then).and(&now).map_collect(|then, now| match then.cmp(now) {
        std::cmp::Ordering::Equal => 0_u8,
        std::cmp::Ordering::Less => 1,
        std::cmp::Ordering::Greater => 2,
    });
    let path = next()?;
    Cog::of_band(&changes).transform(before.transform()).crs(before.crs().ok_or("no reference system")?).save(&path)?;
    println!("{} of {} pixels have changed: {path}", changes.iter().filter(|change| **change != 0).count(), changes.len());
    Ok(())
}
