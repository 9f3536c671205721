//! Times the steps of a job, pixel by pixel: `cargo run -p eoap-testbed-scenes --example pixels`.

#![expect(clippy::print_stdout, reason = "that is what it is for")]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use eoap_testbed_scenes::{Band, Frame, Grid, Landscape, Scene, above, band, mask, threshold};

fn main() {
    let map = include_bytes!("../../eoap-testbed/scenarios/water-bodies/scenes/landscape.pgm");
    let landscape = Arc::new(Landscape::read(map, 1821, 2402).expect("the map"));
    let date = "2024-04-15T18:45:23Z".parse().expect("a date");
    let frame = Arc::new(Frame { path: 44, row: 32, columns: -900..2800, rows: -700..3200 });
    let scene = Scene::new("scene".to_owned(), date, frame, Arc::clone(&landscape));
    let (width, height) = (1821, 1000);
    let pixels = f64::from(width * height);
    let report =
        |what: &str, start: Instant| println!("{what:<32} {:6.1} ns a pixel", start.elapsed().as_secs_f64() * 1e9 / pixels);
    for (place, first) in [("inside", 0), ("outside", -900)] {
        let start = Instant::now();
        let ground = |row: i32| (first..first + width).map(|column| landscape.at(column, row).height).sum::<f32>();
        black_box((0..height).map(ground).sum::<f32>());
        report(&format!("ground, {place}"), start);
        let mut index = Vec::new();
        let start = Instant::now();
        for row in 0..height {
            scene.normalised_difference(first..first + width, row, [Band::Green, Band::Nir08], &mut index);
        }
        report(&format!("index, {place}"), start);
        let start = Instant::now();
        let limit = threshold(&index).expect("a threshold");
        report("threshold", start);
        let water = above(&index, limit);
        let size = |length: i32| length.unsigned_abs();
        let grid = Grid { width: size(width), height: size(height), easting: 0.0, northing: 0.0, size: 30.0, epsg: 32610 };
        let start = Instant::now();
        black_box(mask(&grid, &water, ""));
        report("file", start);
        let start = Instant::now();
        black_box(band(size(width), size(height), &water));
        report("statistics", start);
    }
}
