//! Reads a small picture of a Cloud Optimized GeoTIFF of a public bucket, without keys, and counts the bytes
//! that it took.
//!
//! ```sh
//! cargo run --example public_cog -- s3://sentinel-cogs/sentinel-s2-l2a-cogs/10/T/FK/2023/12/S2B_10TFK_20231208_0_L2A/TCI.tif
//! ```

#![expect(clippy::print_stdout, reason = "it is a program")]

use eoap::{Raster, Store};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).ok_or("which file?")?;
    let bucket = address.split('/').nth(2).ok_or("give s3://bucket/key")?;
    let raster = Raster::open_url(&address, &Store::builder(bucket).anonymous().build()?).await?;

    println!("{}", raster.profile());
    let preview = raster.preview(512).await?;
    println!("{preview}");
    preview.save("target/preview.png")?;
    println!("{} of {} bytes were fetched", raster.bytes_fetched(), raster.file_size());
    Ok(())
}
