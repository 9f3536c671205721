//! Lists the processes of a server, runs one as a job, and saves the items that came out. Against the
//! testbed:
//!
//! ```sh
//! nbsnap serve -- cargo run --example run_a_process
//! ```

#![expect(clippy::print_stdout, reason = "it is a program")]

use eoap::{Client, Execution};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let client = Client::new("http://zoo-project-dru-service/acme/ogc-api")?;
    println!("{}", client.processes().all().await?);

    let inputs = Execution::new()
        .input("stac_items", ["https://planetarycomputer.microsoft.com/api/stac/v1/collections/landsat-c2-l2/items/LC08_L2SP_044032_20231208_02_T1"])
        .input("aoi", "-121.399,39.834,-120.74,40.472")
        .input("epsg", "EPSG:4326")
        .input("bands", ["green", "nir08"]);
    let job = client.execute("water-bodies", inputs).await?;
    job.wait().on_status(|status| println!("{status}")).await?;
    let items = job.results().await?.item_collection("stac_catalog")?;
    items.save("target/items.json")?;
    items.map().area("area of interest", [-121.399, 39.834, -120.74, 40.472]).picture().save("target/items.svg")?;
    Ok(())
}
