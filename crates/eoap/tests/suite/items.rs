//! Results that are STAC items: the results document of a water-bodies run, as ZOO-Project serves it.

use eoap::{ItemCollection, Results};
use serde_json::Value;

const RESULTS: &str = include_str!("../data/results.json");
/// Written by Python: `json.dumps(asset, sort_keys=True, indent=4)`.
const ASSET: &str = include_str!("../data/asset-python.txt");

fn items() -> ItemCollection {
    Results::from_json(RESULTS).expect("results").item_collection("stac_catalog").expect("items")
}

#[test]
fn nothing_is_lost_between_json_and_items() {
    let document: Value = serde_json::from_str(RESULTS).expect("JSON");
    let items = serde_json::to_value(items()).expect("JSON");
    // Comparing text as well keeps `0.0` and `0` apart, which comparing values does not always do.
    assert_eq!(items, document["stac_catalog"]["value"]);
    let sorted = |value: &Value| eoap::json::to_sorted_string(value).expect("JSON");
    assert_eq!(sorted(&items), sorted(&document["stac_catalog"]["value"]));
}

#[test]
fn assets_print_as_in_python() {
    let items = items();
    assert_eq!(eoap::json::to_sorted_string(&items[0].assets["data"]).expect("JSON") + "\n", ASSET);
}

#[test]
fn items_are_indexed_iterated_and_shown() {
    let items = items();
    assert_eq!(items.len(), 2);
    let hrefs: Vec<&str> = (&items).into_iter().map(|item| item.assets["data"].href.as_str()).collect();
    assert!(hrefs.iter().all(|href| href.ends_with("/otsu.tif")));
    assert!(items.get("LC08_L2SP_043033_20231201_02_T1").is_some());
    let text = items.to_string();
    assert_eq!(text, format!("{items:?}"));
    assert!(
        text.contains("LC08_L2SP_044032_20231208_02_T1  2023-12-08T18:45:23Z  -121.4000, 39.7500, -120.7500, 40.4823  data"),
        "{text}"
    );
}
