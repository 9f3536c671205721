//! How much of an area is water, in the results of a water-bodies run that were saved with `ItemCollection::save`.
//!
//! ```sh
//! cargo run --example water_area -- items.json -121.2 39.9 -121.0 40.0
//! ```

#![expect(clippy::print_stdout, reason = "it is a program")]

use eoap::{Bounds, Crs, ItemCollection, Raster};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let items = ItemCollection::load(arguments.next().ok_or("which items?")?)?;
    let numbers: Vec<f64> = arguments.map(|number| number.parse()).collect::<Result<_, _>>()?;
    let [west, south, east, north] = numbers[..] else { return Err("give west, south, east and north".into()) };
    for item in &items {
        let raster = Raster::open(&item.assets["data"]).await?;
        let water = raster.read::<u8>().band(1).bounds_in(Bounds::new(west, south, east, north), Crs::wgs84()).await?;
        let transform = raster.transform();
        let square_kilometres =
            water.iter().filter(|value| **value == 1).count() as f64 * (transform.a * transform.e).abs() / 1e6;
        println!("{}: {square_kilometres:.2} km² of water", item.id);
    }
    Ok(())
}
