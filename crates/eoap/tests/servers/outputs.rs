//! Outputs of every kind, and the results of the tutorial: the same whichever server sends them.

use std::time::Duration;

use eoap::{Execution, Response, Results};
use serde_json::json;

use crate::peer::{Feature, Peer, as_job, on_every_testbed};

#[tokio::test]
async fn several_outputs_are_the_same_in_every_form() {
    on_every_testbed("a literal, a JSON, a text and a picture", "literal", async |server| {
        let greet = Execution::new().input("name", "Ada");
        let document = server.client.execute_sync("greet", greet.clone().response(Response::Document)).await?;
        let raw = server.client.execute_sync("greet", greet.clone().response(Response::Raw)).await?;
        let job = server.client.execute("greet", as_job().input("name", "Ada")).await?;
        job.wait().every(Duration::from_millis(20)).await?;
        for results in [document, raw, job.results().await?] {
            check(server, &results)?;
        }
        Ok(())
    })
    .await;
}

fn check(server: &Peer, results: &Results) -> eoap::Result<()> {
    assert_eq!(results.names().collect::<Vec<_>>(), ["greeting", "card", "letter", "stamp"], "{results}");
    assert_eq!(results.get("greeting")?.text()?, "Hello, Ada!");
    assert_eq!(results.get("card")?.value().expect("a value")["to"], json!("Ada"));
    assert_eq!(results.get("letter")?.text()?, "Dear Ada,\n\nHello!\n");
    let stamp = results.get("stamp")?.bytes()?;
    if server.has(Feature::OutputFormats) {
        assert!(stamp.starts_with(b"\x89PNG"), "{results}");
    } else {
        // That it is Base64 is not said.
        assert!(stamp.starts_with(b"iVBORw0KGgo"), "{results}");
    }
    Ok(())
}

#[tokio::test]
async fn tutorial_runs() {
    on_every_testbed("water-bodies", "water-bodies", async |server| {
        let item = |id: &str| format!("https://planetarycomputer.microsoft.com/api/stac/v1/collections/landsat-c2-l2/items/{id}");
        let ids = ["LC08_L2SP_044032_20231208_02_T1", "LC08_L2SP_043033_20231201_02_T1"];
        let execution = as_job()
            .input("stac_items", ids.map(item))
            .input("aoi", "-121.399,39.834,-120.74,40.472")
            .input("epsg", "EPSG:4326")
            .input("bands", ["green", "nir08"]);
        server.client.process("water-bodies").await?.validate(&execution)?;
        let job = server.client.execute("water-bodies", &execution).await?;
        job.wait().every(Duration::from_millis(5)).await?;
        let items = job.results().await?.item_collection("stac_catalog")?;
        assert_eq!(items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ids);
        Ok(())
    })
    .await;
}
