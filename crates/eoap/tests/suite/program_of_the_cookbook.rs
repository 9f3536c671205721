//! A program and its test, as the cookbook shows them: what follows is word for word its recipe "Test your
//! program".

use std::{error::Error, time::Duration};

use eoap::{Client, Execution, Raster, Store};
use eoap_testbed::{Scenario, Testbed};

/// The program. It takes its client, its store and its patience, so that a test can give others.
async fn pixels_of_water(client: &Client, store: &Store, every: Duration) -> eoap::Result<usize> {
    let scenes = "https://planetarycomputer.microsoft.com/api/stac/v1/collections/landsat-c2-l2/items";
    let execution = Execution::new()
        .input("stac_items", [format!("{scenes}/LC08_L2SP_044032_20231208_02_T1")])
        .input("aoi", "-121.399,39.834,-120.74,40.472")
        .input("epsg", "EPSG:4326")
        .input("bands", ["green", "nir08"]);
    let job = client.execute("water-bodies", &execution).await?;
    job.wait().every(every).await?;
    let items = job.results().await?.item_collection("stac_catalog")?;
    let raster = Raster::open_url(&items[0].assets["data"].href, store).await?;
    let water = raster.read::<u8>().band(1).await?;
    Ok(water.iter().filter(|value| **value == 1).count())
}

#[tokio::test]
async fn the_water_is_found() -> Result<(), Box<dyn Error>> {
    let testbed = Testbed::start(&Scenario::water_bodies()?)?;
    let settings = testbed.environment();
    let client = Client::new(testbed.ogc_url())?;
    let store = Store::builder("results")
        .endpoint(testbed.s3_url())
        .region(&settings["AWS_REGION"])
        .credentials(&settings["AWS_ACCESS_KEY_ID"], &settings["AWS_SECRET_ACCESS_KEY"])
        .build()?;

    assert_eq!(pixels_of_water(&client, &store, Duration::from_millis(5)).await?, 2_645_429);
    assert!(testbed.refused_hosts().is_empty(), "{:?}", testbed.refused_hosts());
    Ok(())
}
