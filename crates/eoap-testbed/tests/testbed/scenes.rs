//! The catalogue of scenes and the files of their bands, under their documented addresses.

use http::Method;
use serde_json::{Value, json};

use crate::client::{FIRST_ITEM, Reply, SECOND_ITEM, World};

const API: &str = "http://planetarycomputer.microsoft.com/api/stac/v1";

async fn get(world: &World, url: &str) -> Reply {
    world.send(Method::GET, url, &[], "").await
}

async fn post(world: &World, body: &Value) -> Reply {
    world.send(Method::POST, &format!("{API}/search"), &[("content-type", "application/json")], body.to_string()).await
}

fn ids(page: &Value) -> Vec<String> {
    page["features"].as_array().unwrap().iter().map(|item| item["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_documented_items_are_there_and_say_that_they_are_drawn() {
    let world = World::new();
    for (item, date) in [(FIRST_ITEM, "2023-12-08T18:45:23.598169Z"), (SECOND_ITEM, "2023-12-01T18:39:41.392050Z")] {
        let document = get(&world, &format!("{API}/collections/landsat-c2-l2/items/{item}")).await.json();
        assert_eq!((&document["id"], &document["properties"]["datetime"]), (&json!(item), &json!(date)));
        assert!(
            document["properties"]["description"]
                .as_str()
                .unwrap()
                .starts_with("Drawn by a testbed, and not a product of Landsat")
        );
        assert_eq!(document["assets"]["nir08"]["eo:bands"][0]["common_name"], "nir08");
        assert_eq!(document["links"][3]["href"], format!("{API}/collections/landsat-c2-l2/items/{item}"));
        assert!(document["links"].as_array().unwrap().iter().any(|link| link["rel"] == "collection"));
    }
    for (path, status) in [("", 200), ("/conformance", 200), ("/collections", 200), ("/collections/landsat-c2-l2", 200)] {
        assert_eq!(get(&world, &format!("{API}{path}")).await.status, status, "{path}");
    }
    for path in ["/collections/sentinel-2-l2a", "/collections/landsat-c2-l2/items/nope", "/nope"] {
        assert_eq!(get(&world, &format!("{API}{path}")).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_search_goes_by_place_time_and_collection_and_page_by_page() {
    let world = World::new();
    let here =
        json!({"collections": ["landsat-c2-l2"], "bbox": [-121.2, 40.3, -121.1, 40.4], "datetime": "2023-12-01/2023-12-31"});
    let found = post(&world, &here).await.json();
    let december = ["LC08_L2SP_044032_20231224_02_T1", "LC09_L2SP_044032_20231216_02_T1", FIRST_ITEM];
    assert_eq!(ids(&found), december, "the newest first, and none of a frame that begins further south");
    // Page by page, as links say: by body and by query.
    let mut all = Vec::new();
    let mut body = here.clone();
    body["limit"] = json!(1);
    loop {
        let page = post(&world, &body).await.json();
        all.extend(ids(&page));
        let Some(next) = page["links"].as_array().unwrap().iter().find(|link| link["rel"] == "next") else { break };
        assert_eq!((&next["method"], &next["href"]), (&json!("POST"), &json!(format!("{API}/search"))));
        body = next["body"].clone();
    }
    assert_eq!(all, december);
    let mut url =
        format!("{API}/search?collections=landsat-c2-l2&bbox=-121.2,40.3,-121.1,40.4&datetime=2023-12-01/2023-12-31&limit=2");
    let mut all = Vec::new();
    loop {
        let page = get(&world, &url).await.json();
        all.extend(ids(&page));
        let Some(next) = page["links"].as_array().unwrap().iter().find(|link| link["rel"] == "next") else { break };
        url = next["href"].as_str().unwrap().to_owned();
    }
    assert_eq!(all, december);
    let none = [
        json!({"bbox": [2.2, 48.8, 2.4, 48.9]}),
        json!({"collections": ["sentinel-2-l2a"]}),
        json!({"datetime": "1999-01-01/.."}),
    ];
    assert_eq!(post(&world, &none[0]).await.json()["features"], json!([]));
    assert_eq!(post(&world, &none[1]).await.json()["features"], json!([]));
    assert!(!ids(&post(&world, &none[2]).await.json()).is_empty());
    assert_eq!(ids(&post(&world, &json!({"ids": [SECOND_ITEM]})).await.json()), [SECOND_ITEM]);
    for (wrong, why) in [
        (json!({"bbox": [1, 2, 3]}), "west, south, east, north"),
        (json!({"datetime": "last week"}), "neither a date nor an interval"),
        (json!({"limit": 0}), "from 1 on"),
        (json!({"query": {"eo:cloud_cover": {"lt": 10}}}), "does not know the parameter \"query\""),
    ] {
        let reply = post(&world, &wrong).await;
        assert_eq!(reply.status, 400, "{wrong}");
        assert!(reply.json()["description"].as_str().unwrap().contains(why), "{}", reply.text());
    }
}

#[tokio::test]
async fn a_band_is_a_file_that_can_be_read_in_parts() {
    let world = World::new();
    let item = get(&world, &format!("{API}/collections/landsat-c2-l2/items/{FIRST_ITEM}")).await.json();
    let href = item["assets"]["green"]["href"].as_str().unwrap();
    assert!(
        href.ends_with(
            "/2023/044/032/LC08_L2SP_044032_20231208_20231219_02_T1/LC08_L2SP_044032_20231208_20231219_02_T1_SR_B3.TIF"
        ),
        "{href}"
    );
    let head = world.send(Method::HEAD, href, &[], "").await;
    let length: usize = head.header("content-length").parse().unwrap();
    assert!((3900 * 3700 * 2..3900 * 3700 * 4).contains(&length), "{length}");
    let range = async |range: &str| world.send(Method::GET, href, &[("range", range)], "").await;
    let start = range("bytes=0-16383").await;
    assert_eq!((start.status, start.body.len(), &start.body[..4]), (206, 16_384, b"II*\0".as_slice()));
    assert_eq!(start.header("content-range"), format!("bytes 0-16383/{length}"));
    // Across tiles, and in pieces, it is the same.
    let at = length / 2;
    let whole = range(&format!("bytes={at}-{}", at + 299_999)).await.body;
    let second = range(&format!("bytes={}-{}", at + 150_000, at + 299_999)).await.body;
    assert_eq!((whole.len(), &whole[150_000..]), (300_000, second.as_ref()));
    assert_eq!(range(&format!("bytes={length}-")).await.status, 416);
    assert_eq!(get(&world, &href.replace("_SR_B3", "_SR_B9")).await.status, 404);
}
