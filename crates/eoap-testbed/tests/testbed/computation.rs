//! `water-bodies` is carried out: the documented inputs give the documented results, and other inputs others.

use http::Method;
use serde_json::{Value, json};

use crate::client::{FIRST_ITEM, JOB, S3, SECOND_ITEM, SECOND_JOB, World, folder, inputs};

const ITEMS: &str = "https://planetarycomputer.microsoft.com/api/stac/v1/collections/landsat-c2-l2/items";

/// The last document of a job with these inputs, and its results where it has some.
async fn run(world: &World, change: impl FnOnce(&mut Value)) -> (Value, Option<Value>) {
    let mut wanted = inputs();
    change(&mut wanted);
    let job = world.execute("water-bodies", &wanted).await.json()["jobID"].as_str().unwrap().to_owned();
    let last = world.follow(&job).await.pop().unwrap();
    let results = world.get(&format!("/jobs/{job}/results")).await;
    let results = (results.status == 200).then(|| results.json());
    (last, results)
}

/// What is in both, where numbers may differ in their last digits: PROJ and this crate's projection do so in
/// one of them.
#[track_caller]
fn assert_same(one: &Value, other: &Value, place: &str) {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => {
            let (a, b) = (a.as_f64().unwrap(), b.as_f64().unwrap());
            assert!((a - b).abs() < 1e-12, "{place}: {a} {b}");
        }
        (Value::Array(a), Value::Array(b)) => {
            assert_eq!(a.len(), b.len(), "{place}");
            for (index, (a, b)) in a.iter().zip(b).enumerate() {
                assert_same(a, b, &format!("{place}/{index}"));
            }
        }
        (Value::Object(a), Value::Object(b)) => {
            assert_eq!(a.keys().collect::<Vec<_>>(), b.keys().collect::<Vec<_>>(), "{place}");
            for (name, a) in a {
                assert_same(a, &b[name], &format!("{place}/{name}"));
            }
        }
        (a, b) => assert_eq!(a, b, "{place}"),
    }
}

async fn object(world: &World, job: &str, file: &str) -> Vec<u8> {
    let reply = world.s3(Method::GET, &format!("{S3}/results/{job}/{file}"), &[], b"").await;
    assert_eq!(reply.status, 200, "{file}");
    reply.body.to_vec()
}

#[tokio::test]
async fn the_documented_inputs_give_the_documented_results() {
    let world = World::new();
    let documented = |file: &str| std::fs::read(folder().join(file)).unwrap();
    let (last, results) = run(&world, |_| ()).await;
    assert_eq!(last["status"], "successful", "{last}");
    let expected: Value = serde_json::from_slice(&documented("processes/water-bodies/results.json")).unwrap();
    assert_same(&results.unwrap(), &expected, "results");
    // A second one, since the objects of the first are there from the start.
    run(&world, |_| ()).await;
    for job in [JOB, SECOND_JOB] {
        for item in [FIRST_ITEM, SECOND_ITEM] {
            let file = format!("{item}/otsu.tif");
            let mask = object(&world, job, &format!("{job}/{file}")).await;
            assert!(mask == documented(&format!("s3/results/{JOB}/{JOB}/{file}")), "{item}: other bytes than those of GDAL");
        }
        for file in [
            "catalog.json",
            "ID/collection.json",
            &format!("ID/{FIRST_ITEM}/{FIRST_ITEM}.json"),
            &format!("ID/{SECOND_ITEM}/{SECOND_ITEM}.json"),
        ] {
            let made = object(&world, job, &file.replace("ID", job)).await;
            let there = documented(&format!("s3/results/{JOB}/{}", file.replace("ID", JOB)));
            assert_eq!(made.len(), there.len(), "{file}");
            let there = String::from_utf8(there).unwrap().replace(JOB, job);
            assert_same(&serde_json::from_slice(&made).unwrap(), &serde_json::from_str(&there).unwrap(), file);
        }
    }
}

#[tokio::test]
async fn other_inputs_give_other_answers() {
    let world = World::new();
    let statistics = |results: Option<Value>| {
        let feature = results.unwrap()["stac_catalog"]["value"]["features"][0].take();
        (
            feature["properties"]["proj:shape"].clone(),
            feature["assets"]["data"]["raster:bands"][0]["statistics"]["valid_percent"].clone(),
        )
    };
    let first = |wanted: &mut Value| wanted["stac_items"] = json!([format!("{ITEMS}/{FIRST_ITEM}")]);
    let (_, part) = run(&world, |wanted| {
        first(wanted);
        wanted["aoi"] = json!("-121.2,40.0,-121.0,40.1");
    })
    .await;
    let (_, in_metres) = run(&world, |wanted| {
        first(wanted);
        wanted["aoi"] = json!("650000,4430000,660000,4445000");
        wanted["epsg"] = json!("EPSG:32610");
    })
    .await;
    let (_, bands) = run(&world, |wanted| {
        first(wanted);
        wanted["aoi"] = json!("-121.2,40.0,-121.0,40.1");
        wanted["bands"] = json!(["nir08", "red"]);
    })
    .await;
    let (_, autumn) = run(&world, |wanted| {
        wanted["stac_items"] = json!([format!("{ITEMS}/LC08_L2SP_044032_20231021_02_T1")]);
        wanted["aoi"] = json!("-121.2,40.0,-121.0,40.1");
    })
    .await;
    let (part, in_metres, bands, autumn) = (statistics(part), statistics(in_metres), statistics(bands), statistics(autumn));
    assert_eq!(part.0, bands.0);
    assert_eq!(part.0, autumn.0);
    assert_eq!(in_metres.0, json!([501, 334]), "whole pixels that the area touches");
    let percents = [&part.1, &in_metres.1, &bands.1, &autumn.1].map(|percent| percent.as_f64().unwrap());
    assert!(percents.iter().all(|percent| (0.1..99.9).contains(percent)), "{percents:?}");
    assert!(percents[3] < percents[0], "less water in autumn: {percents:?}");
    assert!(percents.windows(2).all(|pair| pair[0] != pair[1]), "{percents:?}");
}

#[tokio::test]
async fn what_cannot_be_done_makes_a_job_fail_and_say_why() {
    let world = World::new();
    for (name, value, why) in [
        ("aoi", json!("2.2,48.8,2.4,48.9"), "does not overlap the item"),
        ("aoi", json!("1,2,3"), "four numbers, and not 3"),
        ("aoi", json!("a,b,c,d"), "could not convert string to float: \"a\""),
        ("epsg", json!("EPSG:99999"), "Invalid projection: EPSG:99999"),
        ("bands", json!(["green", "nir"]), "Common band name nir not found in the assets"),
        ("bands", json!(["green"]), "one of two bands, and not of 1"),
        (
            "stac_items",
            json!([format!("{ITEMS}/LC08_L2SP_044032_20231209_02_T1")]),
            "LC08_L2SP_044032_20231209_02_T1: there is no such item",
        ),
        ("aoi", json!({"href": "http://example.com/area"}), "the testbed fetches inputs from this machine only"),
    ] {
        let (last, results) = run(&world, |wanted| wanted[name] = value.clone()).await;
        assert_eq!((&last["status"], results), (&json!("failed"), None), "{name} {value}");
        let message = last["message"].as_str().unwrap();
        assert!(message.contains(why), "{name} {value}: {message}");
    }
    let (last, results) = run(&world, |wanted| {
        wanted.as_object_mut().unwrap().remove("bands");
    })
    .await;
    assert_eq!((&last["status"], results), (&json!("failed"), None), "the default bands are those of Sentinel-2");
}

#[tokio::test]
async fn an_area_at_the_edge_of_a_scene_gives_the_part_that_is_there() {
    let world = World::new();
    // The scene begins 27 km west of the documented area.
    let (_, results) = run(&world, |wanted| {
        wanted["stac_items"] = json!([format!("{ITEMS}/{FIRST_ITEM}")]);
        wanted["aoi"] = json!("-122.5,40.0,-121.65,40.1");
    })
    .await;
    let item = results.unwrap()["stac_catalog"]["value"]["features"][0].take();
    assert_eq!(item["properties"]["proj:bbox"][0], 609_975.0);
}
