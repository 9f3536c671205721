//! Searches the scenes of an area, runs a process on the first and the last of them, and compares the results
//! on one grid.
//!
//! ```sh
//! nbsnap serve -- cargo run --example compare_days
//! ```

#![expect(clippy::print_stdout, reason = "it is a program")]

use eoap::{
    Client, ColourMap, Execution, Raster,
    items::Search,
    raster::{PixelGrid, Preview},
};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let area = [-121.25, 40.05, -121.05, 40.2];
    let catalog = Search::at("http://planetarycomputer.microsoft.com/api/stac/v1")?;
    let scenes =
        catalog.collections(["landsat-c2-l2"]).bbox(area).datetime("2024-04-01T00:00:00Z".."2024-10-31T23:59:59Z").await?;
    let both = [&scenes[scenes.len() - 1], &scenes[0]].map(|item| item.links.iter().find(|link| link.rel == "self"));
    let inputs = Execution::new()
        .input("stac_items", both.into_iter().flatten().map(|link| link.href.to_string()).collect::<Vec<_>>())
        .input("aoi", area.map(|degrees| degrees.to_string()).join(","))
        .input("epsg", "EPSG:4326")
        .input("bands", ["green", "nir08"]);

    let job = Client::new("http://zoo-project-dru-service/acme/ogc-api")?.execute("water-bodies", inputs).await?;
    job.wait().await?;
    let items = job.results().await?.item_collection("stac_catalog")?;

    let (spring, autumn) = (Raster::open(&items[0].assets["data"]).await?, Raster::open(&items[1].assets["data"]).await?);
    let before = spring.read::<u8>().band(1).await?;
    let after = autumn.read::<u8>().band(1).on_grid(PixelGrid::of(&spring)?).await?;
    let gone = before.iter().zip(&after).filter(|days| days == &(&1, &0)).count();
    println!("{gone} of {} pixels of water are dry in autumn", before.iter().filter(|value| **value == 1).count());
    // 1 where it is gone, 2 where it stays.
    let change = &before * &after.mapv(|value| value + 1);
    let picture = Preview::of_band(&change, Some(0))?.colours(ColourMap::BrownTeal).range(0.0, 3.0);
    picture.save("target/change.png")?;
    Ok(())
}
