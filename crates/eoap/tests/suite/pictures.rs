//! Pictures as a notebook gets them: maps of items, timelines of jobs, histograms and previews of rasters.
//! What each is drawn with is tested beside it.

use eoap::{ColourMap, ItemCollection, Map, Picture, Raster, Results, StatusInfo, Timeline};
use serde_json::{Value, json};

fn items() -> ItemCollection {
    Results::from_json(include_str!("../data/results.json")).expect("results").item_collection("stac_catalog").expect("items")
}

fn item(id: &str, geometry: Value, bbox: Value) -> eoap::stac::Item {
    serde_json::from_value(json!({"type": "Feature", "stac_version": "1.0.0", "id": id, "geometry": geometry, "bbox": bbox,
        "properties": {"datetime": null}, "links": [], "assets": {}}))
    .expect("item")
}

async fn open(name: &str) -> Raster {
    Raster::open_file(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).await.expect("raster")
}

/// No picture has a script, an external address, an invalid number, or anything outside its document.
#[track_caller]
fn is_sound(picture: &Picture) {
    let svg = picture.svg();
    assert!(svg.starts_with("<svg ") && svg.ends_with("</svg>"), "{svg}");
    for odd in ["<script", "NaN", "inf", "javascript:", "url(", "@import", "<foreignObject"] {
        assert!(!svg.contains(odd), "{odd} in {svg}");
    }
    let addresses = svg.matches("http").count();
    assert_eq!(addresses, svg.matches("http://www.w3.org/2000/svg").count(), "{svg}");
    assert!(!picture.to_string().is_empty());
}

#[test]
fn a_map_shows_footprints_and_the_area_and_says_so() {
    let map = items().map().area("area of interest", [-121.399, 39.834, -120.74, 40.472]);
    let picture = map.picture();
    is_sound(&picture);
    assert_eq!(
        picture.to_string(),
        "Map of 2 footprints and an area: 121.400° W to 120.740° W, 39.750° N to 40.482° N (56.1 km × 81.4 km)\n\
         \x20           west      south        east      north   km²\n\
         1     121.400° W  39.750° N  120.750° W  40.482° N  3992  2023-12-08  LC08_L2SP_044032_20231208_02_T1\n\
         2     121.400° W  39.750° N  120.750° W  39.962° N  1046  2023-12-01  LC08_L2SP_043033_20231201_02_T1\n\
         area  121.399° W  39.834° N  120.740° W  40.472° N  3973              area of interest"
    );
    let svg = picture.svg();
    for text in
        ["121.2° W", "40.0° N", "20 km", ">2023-12-08<", "area of interest", "<title>LC08_L2SP_044032_20231208_02_T1</title>"]
    {
        assert!(svg.contains(text), "{text} is not in {svg}");
    }
    // A parallel through the middle is true to scale: 81.4 km of latitude are higher than 56.1 km of
    // longitude are wide.
    assert_eq!(svg, items().map().area("area of interest", [-121.399, 39.834, -120.74, 40.472]).picture().svg());
}

#[test]
fn maps_of_next_to_nothing_and_of_the_whole_world() {
    let nowhere = item("nowhere", Value::Null, Value::Null);
    let maps = [
        Map::new(),
        Map::new().item(&nowhere),
        Map::new().item(&item("point", json!({"type": "Point", "coordinates": [7.0, 47.0]}), json!([7.0, 47.0, 7.0, 47.0]))),
        Map::new().item(&item(
            "line",
            json!({"type": "LineString", "coordinates": [[7.0, 47.0], [8.0, 47.0]]}),
            json!([7.0, 47.0, 8.0, 47.0]),
        )),
        Map::new().item(&item("box only", Value::Null, json!([170.0, -20.0, 0.0, -170.0, -10.0, 9.0]))),
        Map::new().item(&item(
            "pole",
            json!({"type": "Polygon", "coordinates": [[[0.0, 85.0], [90.0, 85.0], [180.0, 85.0], [-90.0, 85.0], [0.0, 85.0]]]}),
            json!([-180.0, 85.0, 180.0, 90.0]),
        )),
        Map::new().area("world", [-180.0, -90.0, 180.0, 90.0]),
        Map::new().area("nothing", [f64::NAN, 0.0, f64::INFINITY, 1.0]).title("<odd> & \u{7}"),
        Map::new().area("a millimetre", [7.0, 47.0, 7.000_000_01, 47.000_000_01]),
    ];
    for map in &maps {
        is_sound(&map.picture());
    }
    let nothing = "map: there is nothing with a place";
    assert_eq!(maps[0].picture().to_string(), nothing);
    assert_eq!(maps[1].picture().to_string(), format!("{nothing}\nNot on the map: nowhere has no place."));
    assert_eq!(maps[7].picture().to_string(), format!("{nothing}\nNot on the map: nothing has no place."));
    let crossing = maps[4].picture().to_string();
    assert!(crossing.contains("170.00° E to 170.00° W"), "{crossing}");
    assert!(maps[6].picture().svg().contains("180°") && !maps[6].picture().svg().contains(" km<"));
}

#[test]
fn what_is_far_apart_is_on_a_small_map_and_is_said() {
    let paris = [2.2, 48.8, 2.4, 48.9];
    let picture = items().map().area("Paris", paris).picture();
    is_sound(&picture);
    // The map is that of the scenes, as it is without Paris.
    assert!(picture.to_string().contains("121.400° W to 120.750° W, 39.750° N to 40.482° N"), "{picture}");
    assert!(picture.to_string().ends_with("\nElsewhere, on the small map only, lies Paris."), "{picture}");
    assert!(picture.svg().contains(">Elsewhere, on the small map only, lies Paris.<"));
    assert!(picture.svg().contains("<title>Paris</title>"), "its place is marked");
    // So it is where nothing is of more weight than something else.
    let two = Map::new().area("Paris", paris).area("Rome", [12.4, 41.8, 12.6, 42.0]).picture().to_string();
    assert!(two.ends_with("\nElsewhere, on the small map only, lies Rome."), "{two}");
}

#[test]
fn an_area_with_latitude_and_longitude_swapped_is_a_question() {
    let swapped = [39.834, -121.399, 40.472, -120.74];
    let picture = items().map().area("my area", swapped).picture();
    is_sound(&picture);
    let question = "my area: are latitude and longitude swapped?";
    let said = picture.to_string();
    assert!(said.ends_with(&format!("\n{question}\nAn area has to be west, south, east, north.")), "{said}");
    assert!(picture.svg().contains(&format!(">{question}<")), "{}", picture.svg());
    assert!(picture.to_string().contains("39.750° N to 40.482° N"), "the scenes are shown as they are: {picture}");
    // Where both could be places, what else there is decides.
    let rome = item("rome", Value::Null, json!([12.0, 41.0, 13.0, 42.0]));
    let of = |area: [f64; 4]| Map::new().item(&rome).area("my area", area).picture().to_string();
    assert!(of([41.2, 12.2, 41.8, 12.8]).contains("my area meets nothing: are latitude and longitude swapped?"));
    for right in [[12.2, 41.2, 12.8, 41.8], [20.0, 50.0, 21.0, 51.0]] {
        assert!(!of(right).contains("swapped"), "{right:?}");
    }
    assert!(of([500.0, 400.0, 501.0, 401.0]).contains("my area: there is no such latitude."));
}

#[test]
fn maps_have_coasts_and_borders_where_they_are_not_too_coarse() {
    let paths = |bounds: [f64; 4]| Map::new().area("area", bounds).picture().svg().matches("<path d=\"M").count();
    // The area itself is one; Corsica has a coast, and the Alps have borders.
    assert_eq!(paths([5.0, 41.0, 15.0, 48.0]), 1 + 2);
    // Of a small area the small map shows them.
    let small = Map::new().area("area", [12.4, 41.8, 12.6, 42.0]).picture();
    assert!(small.svg().contains("stroke-dasharray=\"2 2\""), "{}", small.svg());
}

#[test]
fn many_items_are_counted_where_there_is_no_room_to_name_them() {
    let scene = |index: u32| {
        let x = f64::from(index) / 10.0;
        item(
            &format!("scene {index}"),
            json!({"type": "Polygon", "coordinates": [[[x, 0.0], [x + 1.0, 0.0], [x + 1.0, 1.0], [x, 1.0], [x, 0.0]]]}),
            Value::Null,
        )
    };
    let map = (0..200).fold(Map::new(), |map, index| map.item(&scene(index)));
    let picture = map.picture();
    is_sound(&picture);
    assert!(picture.svg().contains("and 188 more") && picture.svg().matches("<title>scene ").count() == 200);
    assert!(picture.to_string().contains("scene 199"));
}

#[test]
fn timelines_grow_while_they_are_filled() {
    let timeline = Timeline::new();
    let status = |word: &str| serde_json::from_value::<StatusInfo>(json!({"status": word, "jobID": "<j&1>"})).expect("status");
    let other = timeline.clone();
    other.record(&status("accepted"));
    other.record(&status("odd \"word\""));
    is_sound(&timeline.picture());
    assert_eq!(timeline.statuses().len(), 2);
    assert!(timeline.picture().to_string().starts_with("Job <j&1>: odd \"word\"\n"), "{}", timeline.picture());
}

#[tokio::test]
async fn previews_and_histograms_of_files() {
    for name in
        ["water-1.tif", "palette.tif", "rgba.tif", "float32-pixel-tiles.tif", "int8.tif", "no-georeference.tif", "sparse.tif"]
    {
        let raster = open(name).await;
        let preview = raster.preview(64).await.expect(name);
        let again = raster.preview(64).await.expect(name);
        assert!(preview == again && preview.png() == again.png(), "{name} differs from run to run");
        let coloured = preview.clone().colours(ColourMap::Viridis).range(0.0, 1.0);
        assert!(coloured.png().starts_with(b"\x89PNG") && coloured.shown_percent() <= 100.0);
        for band in &raster.statistics(64).await.expect(name).bands {
            is_sound(&band.picture());
            is_sound(&band.histogram.picture());
        }
    }
}

/// The mask of the documented run is in UTM; its item says where the corners lie.
#[tokio::test]
async fn a_preview_knows_where_it_lies() {
    let raster = open("water-1.tif").await;
    let preview = raster.preview(64).await.expect("preview");
    let documented = [
        (-121.38391140352763, 40.482936393990066),
        (-120.73977187420928, 40.47213091315636),
        (-120.76118304700903, 39.82340258564599),
        (-121.39922829056682, 39.83396419450036),
    ];
    let corners = preview.corners().expect("corners");
    for ((x, y), (to_x, to_y)) in corners.into_iter().zip(documented) {
        assert!((x - to_x).abs() < 1e-9 && (y - to_y).abs() < 1e-9, "{corners:?}");
    }
    let picture = Map::new().raster("water", &preview).area("its bounds", raster.bounds_wgs84().expect("bounds")).picture();
    is_sound(&picture);
    assert!(picture.svg().contains("data:image/png;base64,") && picture.to_string().contains("1 is blue"), "{picture}");
    // Between the corners places are spread evenly; the map's own middle is less than a pixel of the mask
    // away from the true one.
    let (width, height) = (f64::from(raster.width()), f64::from(raster.height()));
    let middle =
        raster.crs().expect("system").transform(&eoap::Crs::wgs84(), &[raster.transform().apply(width / 2.0, height / 2.0)]);
    let (x, y) = middle.expect("place")[0];
    let even = |pick: fn(&(f64, f64)) -> f64| corners.iter().map(pick).sum::<f64>() / 4.0;
    let (metres_x, metres_y) = ((even(|p| p.0) - x) * 85_000.0, (even(|p| p.1) - y) * 111_000.0);
    assert!(metres_x.hypot(metres_y) < 100.0, "{metres_x} {metres_y}");

    let nowhere = open("no-georeference.tif").await.preview(64).await.expect("preview");
    assert_eq!(nowhere.corners(), None);
    let said = Map::new().raster("nowhere", &nowhere).picture().to_string();
    assert_eq!(said, "map: there is nothing with a place\nNot on the map: nowhere has no place.");
}

#[tokio::test]
async fn a_preview_is_saved_into_a_folder_that_is_made() {
    let preview = open("water-1.tif").await.preview(64).await.expect("preview");
    let folder = std::env::temp_dir().join(format!("eoap-preview-{}", std::process::id()));
    let path = folder.join("new/preview.png");
    preview.save(&path).expect("a file");
    assert_eq!(std::fs::read(&path).expect("the file"), preview.png());
    let error = preview.save(path.join("below-a-file.png")).expect_err("no folder").to_string();
    assert!(error.contains("below-a-file.png") && error.contains("cannot be written"), "{error}");
    std::fs::remove_dir_all(folder).expect("the folder is removed");
}
