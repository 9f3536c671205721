//! Shows every picture and table of the library, as a notebook's kernel would get them: blocks on standard
//! output, each below a line with its name. `tests/pictures/screens.py` makes pages of them and photographs
//! those.

#![expect(clippy::print_stdout, reason = "standard output is where a notebook's kernel reads")]

use std::path::{Path, PathBuf};

use eoap::{ColourMap, ItemCollection, Map, Process, ProcessList, Raster, Results, StatusInfo, Timeline};
use serde_json::json;

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Outcome {
    rasters().await?;
    maps().await?;
    jobs()?;
    lists()?;
    Ok(())
}

fn show(name: &str) {
    println!("GALLERY {name}");
}

fn data(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data").join(name)
}

/// What the testbed's documented run gives.
fn scenario(file: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../eoap-testbed/scenarios/water-bodies").join(file)
}

/// The mask of the documented run.
fn water() -> PathBuf {
    let job = "68046976-7dcb-11f0-90ac-2a20aea25780";
    scenario(&format!("s3/results/{job}/{job}/LC08_L2SP_044032_20231208_02_T1/otsu.tif"))
}

async fn open(name: &str) -> Result<Raster, eoap::Error> {
    Raster::open_file(data(name)).await
}

/// A text file of the test data, with the answers of servers.
fn read<T: serde::de::DeserializeOwned>(name: &str) -> Result<T, Box<dyn std::error::Error>> {
    Ok(serde_json::from_str(&std::fs::read_to_string(data(name))?)?)
}

fn items() -> Result<ItemCollection, Box<dyn std::error::Error>> {
    Ok(Results::from_json(&std::fs::read_to_string(scenario("processes/water-bodies/results.json"))?)?
        .item_collection("stac_catalog")?)
}

async fn rasters() -> Outcome {
    let water = Raster::open_file(water()).await?;
    show("rasters: preview: a mask");
    water.preview(512).await?.evcxr_display();
    show("rasters: preview: grey, of 16 bits");
    let grey = open("uint16-big-endian.tif").await?.preview(256).await?;
    grey.evcxr_display();
    for (name, map) in [
        ("viridis", ColourMap::Viridis),
        ("blues", ColourMap::Blues),
        ("greens", ColourMap::Greens),
        ("brown to teal", ColourMap::BrownTeal),
    ] {
        show(&format!("rasters: preview: {name}"));
        grey.clone().colours(map).evcxr_display();
    }
    show("rasters: preview: a palette");
    open("palette.tif").await?.preview(256).await?.evcxr_display();
    show("rasters: preview: red, green, blue");
    open("rgba.tif").await?.preview(256).await?.evcxr_display();
    show("rasters: profile");
    water.profile().evcxr_display();
    show("rasters: statistics");
    let statistics = open("uint16-big-endian.tif").await?.statistics(1024).await?;
    statistics.evcxr_display();
    show("rasters: histogram");
    statistics[0].picture().evcxr_display();
    show("rasters: histogram: a mask");
    water.statistics(1024).await?[0].picture().evcxr_display();
    Ok(())
}

async fn maps() -> Outcome {
    let items = items()?;
    show("maps: footprints and the area of interest");
    items.map().area("area of interest", [-121.399, 39.834, -120.74, 40.472]).evcxr_display();
    show("maps: water over the area of interest");
    let water = Raster::open_file(water()).await?.preview(512).await?;
    items
        .map()
        .raster("water, 8 December 2023", &water)
        .area("area of interest", [-121.399, 39.834, -120.74, 40.472])
        .evcxr_display();
    show("maps: across the antimeridian");
    let fiji = feature(
        "Fiji, a scene with a name that is longer than a legend has room for, by far",
        json!([
            [[[177.0, -19.5], [180.0, -19.5], [180.0, -15.5], [177.0, -15.5]]],
            [[[-180.0, -19.5], [-178.0, -19.5], [-178.0, -15.5], [-180.0, -15.5]]]
        ]),
    );
    collection(vec![fiji])?.map().evcxr_display();
    show("maps: many scenes");
    let scenes = (0..16).map(|index| {
        let (x, y) = (5.0 + f64::from(index % 4) * 1.4, 43.0 + f64::from(index / 4) * 0.9);
        feature(&format!("scene {index}"), json!([[[[x, y], [x + 1.6, y + 0.2], [x + 1.4, y + 1.1], [x - 0.2, y + 0.9]]]]))
    });
    collection(scenes.collect())?.map().evcxr_display();
    show("maps: on two continents");
    items.map().area("Paris", [2.2, 48.8, 2.4, 48.9]).evcxr_display();
    show("maps: of Europe, and the world");
    Map::new().area("Europe", [-10.0, 35.0, 30.0, 60.0]).evcxr_display();
    Map::new().area("the world", [-180.0, -90.0, 180.0, 90.0]).evcxr_display();
    show("maps: latitude and longitude swapped");
    items.map().area("area of interest", [39.834, -121.399, 40.472, -120.74]).evcxr_display();
    show("maps: nothing");
    Map::new().evcxr_display();
    Ok(())
}

fn feature(id: &str, polygons: serde_json::Value) -> serde_json::Value {
    json!({"type": "Feature", "stac_version": "1.0.0", "id": id, "properties": {"datetime": "2023-12-08T18:45:23Z"},
        "geometry": {"type": "MultiPolygon", "coordinates": polygons}, "bbox": [0.0, 0.0, 1.0, 1.0], "links": [], "assets": {}})
}

fn collection(features: Vec<serde_json::Value>) -> Result<ItemCollection, serde_json::Error> {
    serde_json::from_value(json!({"type": "FeatureCollection", "features": features}))
}

fn jobs() -> Outcome {
    let status = |status: &str, progress: Option<u32>, message: &str, time: &str| {
        json!({"jobID": "68046976-7dcb-11f0-90ac-2a20aea25780", "processID": "water-bodies", "status": status, "progress": progress,
            "message": message, "created": "2025-08-20T13:41:42.566Z", "updated": format!("2025-08-20T13:{time}Z")})
    };
    let run = [
        status("running", Some(3), "Pre-execution hook", "41:43.104"),
        status("running", Some(15), "processing environment created, preparing execution", "41:50.377"),
        status("running", Some(23), "execution submitted", "41:58.912"),
        status("running", Some(90), "delivering outputs, logs and usage report", "42:59.640"),
        status("successful", None, "ZOO-Kernel successfully run your service!", "43:04.418"),
    ];
    let statuses =
        |count: usize| run[..count].iter().cloned().map(serde_json::from_value::<StatusInfo>).collect::<Result<Vec<_>, _>>();
    show("jobs: timeline: a run");
    statuses(5)?.into_iter().collect::<Timeline>().evcxr_display();
    show("jobs: timeline: still running");
    statuses(3)?.into_iter().collect::<Timeline>().evcxr_display();
    show("jobs: timeline: failed, without times");
    let failed = json!([{"status": "accepted"}, {"status": "running", "progress": 40}, {"status": "failed", "message": "The area of interest does not overlap the item."}]);
    serde_json::from_value::<Vec<StatusInfo>>(failed)?.into_iter().collect::<Timeline>().evcxr_display();
    show("jobs: status: running");
    statuses(3)?[2].evcxr_display();
    show("jobs: status: successful");
    read::<StatusInfo>("answers/zoo-2024-successful.json")?.evcxr_display();
    show("jobs: status: failed");
    read::<StatusInfo>("answers/zoo-failed.json")?.evcxr_display();
    Ok(())
}

fn lists() -> Outcome {
    show("lists: items");
    items()?.evcxr_display();
    show("lists: process list");
    read::<ProcessList>("answers/zoo-processes.json")?.evcxr_display();
    show("lists: process");
    read::<Process>("answers/zoo-process.json")?.evcxr_display();
    show("lists: job list");
    read::<eoap::JobList>("answers/zoo-jobs.json")?.evcxr_display();
    show("lists: landing page");
    read::<eoap::LandingPage>("answers/zoo-landing-page.json")?.evcxr_display();
    show("lists: conformance");
    read::<eoap::Conformance>("answers/zoo-conformance.json")?.evcxr_display();
    show("lists: results");
    Results::from_json(&std::fs::read_to_string(data("results.json"))?)?.evcxr_display();
    Ok(())
}
