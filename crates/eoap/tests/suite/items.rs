//! Results that are STAC items: the results document of a water-bodies run, as ZOO-Project serves it.

use eoap::{ItemCollection, Results};
use serde_json::{Value, json};

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

/// Items and collections, good and odd: what STAC 1.0 and 1.1 allow is read, what they forbid is refused by
/// name.
fn cases() -> serde_json::Map<String, Value> {
    serde_json::from_str(include_str!("../data/stac.json")).expect("JSON")
}

fn read(document: &Value) -> Result<ItemCollection, serde_json::Error> {
    serde_json::from_value(match document["type"].as_str() {
        Some("Feature") => json!({"type": "FeatureCollection", "features": [document]}),
        _ => document.clone(),
    })
}

/// Invalid STAC, and the member that the message names.
const FORBIDDEN: [(&str, &str); 19] = [
    ("asset-no-href", "item \"A\", assets.x: missing field `href`"),
    ("asset-roles-string", "item \"A\", assets.data.roles: "),
    ("bbox-empty", "item \"A\", bbox: "),
    ("bbox-five", "item \"A\", bbox: "),
    ("bbox-strings", "item \"A\", bbox: "),
    ("catalog", "it is a Catalog"),
    ("collection", "it is a Collection"),
    ("datetime-date-only", "item \"A\", properties.datetime: "),
    ("datetime-empty", "item \"A\", properties.datetime: "),
    ("fc-features-null", "`features`"),
    ("geometry-nan-str", "item \"A\", geometry"),
    ("id-empty", "item \"\", id: "),
    ("id-missing", "item 0, id: "),
    ("id-number", "item 0, id: "),
    ("itemcollection-old", "it is a ItemCollection"),
    ("link-no-href", "item \"A\", links[0]: missing field `href`"),
    ("link-no-rel", "item \"A\", links[0]: missing field `rel`"),
    ("properties-null", "item \"A\", properties: "),
    ("version-number", "item \"A\", stac_version: "),
];

#[test]
fn what_stac_allows_is_read_and_what_it_forbids_is_named() {
    for (name, document) in cases() {
        let forbidden = FORBIDDEN.iter().find(|(other, _)| *other == name);
        match (read(&document), forbidden) {
            (Ok(items), None) => assert!(name.starts_with("fc-") || items.refused().is_empty(), "{name}"),
            (Err(error), Some((_, words))) => assert!(error.to_string().contains(words), "{name}: {error}"),
            (Ok(_), Some(_)) => panic!("{name} is read"),
            (Err(error), None) => panic!("{name}: {error}"),
        }
    }
}

#[test]
fn numbers_that_json_has_not_come_back() {
    let cases = cases();
    for name in ["asset-bands11", "stac-nan-asset", "stac-inf-band", "asset-rasterbands-nodata-nan"] {
        let again = serde_json::to_value(read(&cases[name]).expect(name)).expect("JSON");
        let stated: Vec<&Value> = members_called("nodata", &cases[name]);
        let kept: Vec<&Value> = members_called("nodata", &again);
        assert!(stated.iter().all(|value| kept.contains(value) || value.is_number()) && stated.len() == kept.len(), "{name}");
    }
}

/// The values of all members of this name, however deep.
fn members_called<'a>(name: &str, value: &'a Value) -> Vec<&'a Value> {
    let own = value.get(name).into_iter();
    let nested = value.as_object().into_iter().flat_map(|members| members.values()).chain(value.as_array().into_iter().flatten());
    own.chain(nested.flat_map(|value| members_called(name, value))).collect()
}

#[test]
fn one_bad_item_does_not_lose_the_others() {
    let cases = cases();
    let item = |id: &str, name: &str| {
        let mut item = cases[name].clone();
        item["id"] = id.into();
        item
    };
    let features = [item("A", "bbox-3d"), item("B", "asset-roles-string"), item("C", "geometry-null"), json!(5)];
    let document = json!({"type": "FeatureCollection", "features": features, "links": null});
    let items = read(&document).expect("a collection");
    assert_eq!(items.iter().map(|item| item.id.as_str()).collect::<Vec<_>>(), ["A", "C"]);
    let refused: Vec<_> = items.refused().iter().map(|refused| (refused.index, refused.member.as_str())).collect();
    assert_eq!(refused, [(1, "assets.data.roles"), (3, "id")]);
    assert!(items.to_string().contains("not read: item \"B\", assets.data.roles: invalid type: string \"data\""), "{items}");
    let again = serde_json::to_value(&items).expect("JSON");
    assert_eq!(again["features"][1], document["features"][1]);
    assert_eq!((again["features"][2]["id"].as_str(), &again["features"][3]), (Some("C"), &json!(5)));
}

#[test]
fn relative_addresses_start_at_the_item() {
    let mut item = cases()["link-relative"].clone();
    item["links"] = json!([{"rel": "self", "href": "https://host/catalog/A/A.json"}]);
    for (href, absolute) in [
        ("a.tif", "https://host/catalog/A/a.tif"),
        ("./a.tif", "https://host/catalog/A/a.tif"),
        ("../a.tif", "https://host/catalog/a.tif"),
        ("/data/a.tif", "/data/a.tif"),
        ("s3://b/a.tif", "s3://b/a.tif"),
    ] {
        item["assets"]["data"]["href"] = href.into();
        assert_eq!(read(&item).expect("item")[0].assets["data"].href, absolute);
    }
}
