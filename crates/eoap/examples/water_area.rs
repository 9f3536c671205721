//! How much of an area is water: of the items that `run_a_process` has saved, within a polygon in GeoJSON (by
//! default, a triangle).
//!
//! ```sh
//! nbsnap serve -- cargo run --example water_area -- target/items.json area.geojson
//! ```

#![expect(clippy::print_stdout, reason = "it is a program")]

use eoap::{Crs, ItemCollection, Map, Raster, raster::Polygons};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let items = ItemCollection::load(arguments.next().ok_or("which items?")?)?;
    let area = match arguments.next() {
        Some(file) => Polygons::of_geometry(&serde_json::from_reader(std::fs::File::open(file)?)?)?,
        None => Polygons::ring([(-121.3, 39.9), (-120.9, 39.9), (-121.1, 40.4)], Crs::wgs84()),
    };
    let mut map = Map::new().title("Water");
    for item in &items {
        let raster = Raster::open(&item.assets["data"]).await?;
        let water = raster.read::<u8>().band(1).inside(area.clone()).await?;
        let pixel = raster.transform().a * raster.transform().e;
        let pixels = water.iter().filter(|value| **value == 1).count();
        println!("{}: {:.2} km² of water", item.id, pixels as f64 * pixel.abs() / 1e6);
        map = map.raster(&item.id, &raster.preview(512).await?);
    }
    map.picture().save("target/water.svg")?;
    Ok(())
}
