//! What the library does with an answer once it is there: items from JSON and back, statistics and pictures
//! from a GeoTIFF in memory.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

use std::hint::black_box;
use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use eoap::{ItemCollection, Raster};
use serde_json::{Value, json};

/// The GeoTIFF of the documented run: 1821 × 2402 pixels, tiled, with overviews.
const OTSU: &str = "../eoap-testbed/scenarios/water-bodies/s3/results/68046976-7dcb-11f0-90ac-2a20aea25780/\
                    68046976-7dcb-11f0-90ac-2a20aea25780/LC08_L2SP_044032_20231208_02_T1/otsu.tif";

fn items(criterion: &mut Criterion) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/results.json");
    let results: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let features = results["stac_catalog"]["value"]["features"].as_array().unwrap();
    // The two items of the documented run, fifty times.
    let many: Vec<&Value> = features.iter().cycle().take(features.len() * 50).collect();
    let text = json!({"type": "FeatureCollection", "features": many}).to_string();
    let mut group = criterion.benchmark_group("items");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("100 items from JSON", |bencher| {
        bencher.iter(|| serde_json::from_str::<ItemCollection>(black_box(&text)).unwrap());
    });
    let items: ItemCollection = serde_json::from_str(&text).unwrap();
    group.bench_function("100 items to JSON", |bencher| bencher.iter(|| serde_json::to_string(black_box(&items)).unwrap()));
    group.finish();
}

fn rasters(criterion: &mut Criterion) {
    let bytes = bytes::Bytes::from(std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join(OTSU)).unwrap());
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let raster = runtime.block_on(Raster::open_bytes(bytes.clone())).unwrap();
    let mut group = criterion.benchmark_group("raster");
    group.sample_size(20);
    group.bench_function("open", |bencher| {
        bencher.iter(|| runtime.block_on(Raster::open_bytes(black_box(bytes.clone()))).unwrap());
    });
    group.bench_function("statistics of an overview", |bencher| {
        bencher.iter(|| runtime.block_on(raster.statistics(1024)).unwrap());
    });
    group.bench_function("statistics of every pixel", |bencher| {
        bencher.iter(|| runtime.block_on(raster.statistics(u32::MAX)).unwrap());
    });
    group.bench_function("preview as PNG", |bencher| bencher.iter(|| runtime.block_on(raster.preview(512)).unwrap()));
    group.finish();
}

criterion_group!(benches, items, rasters);
criterion_main!(benches);
