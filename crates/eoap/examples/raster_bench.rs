//! One measurement of `benches/raster.py`: opens a GeoTIFF on S3, does one thing, and prints the seconds that
//! it took, and a sum of what it read.

#![expect(clippy::print_stdout, reason = "it answers a script")]

use std::time::Instant;

use eoap::{Raster, Store, Window};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let (what, url) = (arguments.next().ok_or("what?")?, arguments.next().ok_or("which file?")?);
    let store = Store::for_url(&url)?;
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
        "decimated" => read.shape(1000, 1000).await?,
        "window" => read.window(Window::new(5003, 4711, 300, 300)).await?,
        other => return Err(format!("{other} is not measured").into()),
    };
    let seconds = start.elapsed().as_secs_f64();
    println!("{seconds} {}", array.iter().map(|value| u64::from(*value)).sum::<u64>());
    Ok(())
}
