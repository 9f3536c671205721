//! Static catalogs: files that lead to one another, on a server, on disk and in between.

use std::path::Path;

use eoap::{Error, items::Catalog};
use serde_json::{Value, json};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers::path};

fn item(id: &str, href: &str) -> Value {
    json!({
        "type": "Feature", "stac_version": "1.0.0", "id": id, "geometry": null, "properties": {"datetime": "2023-12-08T18:45:23Z"},
        "links": [], "assets": {"data": {"href": href}}
    })
}

/// A catalog with an item, a collection below it with two, and a way back.
fn files() -> Vec<(&'static str, Value)> {
    let link = |rel: &str, href: &str| json!({"rel": rel, "href": href});
    let catalog = json!({
        "type": "Catalog", "stac_version": "1.0.0", "id": "c", "description": "d",
        "links": [link("root", "./catalog.json"), link("child", "./deep/collection.json"), link("item", "a/item.json")]
    });
    let collection = json!({
        "type": "Collection", "stac_version": "1.0.0", "id": "k", "description": "d", "license": "other",
        "extent": {"spatial": {"bbox": [[0, 0, 1, 1]]}, "temporal": {"interval": [[null, null]]}},
        "links": [link("parent", "../catalog.json"), link("child", "../catalog.json"), link("item", "./items.json")]
    });
    let items = json!({"type": "FeatureCollection", "features": [item("B", "../b.tif"), item("C", "s3://results/c.tif")]});
    vec![
        ("catalog.json", catalog),
        ("deep/collection.json", collection),
        ("deep/items.json", items),
        ("a/item.json", item("A", "./a.tif")),
    ]
}

#[tokio::test]
async fn links_are_followed_from_the_web() {
    let server = MockServer::start().await;
    for (name, document) in files() {
        Mock::given(path(format!("/c/{name}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(document))
            .mount(&server)
            .await;
    }
    let address = format!("{}/c/catalog.json", server.uri());
    let items = Catalog::at(&address).await.expect("items");
    let found: Vec<_> = items.iter().map(|item| (item.id.as_str(), item.assets["data"].href.clone())).collect();
    let at = |name: &str| format!("{}/c/{name}", server.uri());
    assert_eq!(found, [("A", at("a/a.tif")), ("B", at("b.tif")), ("C", "s3://results/c.tif".to_owned())]);
    assert_eq!(server.received_requests().await.expect("requests").len(), 4, "each file once");
    assert_eq!(Catalog::at(&address).at_most(1).await.expect("one").len(), 1);
    let one = Catalog::at(at("a/item.json")).await.expect("an item");
    assert_eq!(one[0].id, "A");
    assert!(matches!(
        Catalog::at(at("nothing.json")).await,
        Err(Error::Http { status: 404, .. } | Error::Api { status: 404, .. })
    ));
}

#[tokio::test]
async fn links_are_followed_on_disk() {
    let folder = std::env::temp_dir().join(format!("eoap-catalog-{}", std::process::id()));
    for (name, document) in files() {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().expect("folder")).expect("folder");
        std::fs::write(path, document.to_string()).expect("file");
    }
    let items = Catalog::at(folder.join("catalog.json").display().to_string()).await.expect("items");
    assert_eq!(items.len(), 3);
    assert_eq!(Path::new(&items[1].assets["data"].href), folder.join("b.tif"));
    std::fs::write(folder.join("other.json"), "{\"type\": \"Topology\"}").expect("file");
    let error = Catalog::at(folder.join("other.json").display().to_string()).await.expect_err("no catalog").to_string();
    assert!(error.contains("neither a catalog nor items of STAC (its type is Topology)"), "{error}");
    std::fs::remove_dir_all(folder).expect("removed");
}
