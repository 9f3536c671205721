//! What a process was deployed with, and the description that follows from it.

use http::Method;
use serde_json::{Value, json};

use crate::client::{ROOT, Reply, World};

const PACKAGE: &str = include_str!("../../scenarios/water-bodies/processes/water-bodies/package.cwl");

async fn package(world: &World, id: &str, accept: &str) -> Reply {
    world.send(Method::GET, &format!("{ROOT}/processes/{id}/package"), &[("accept", accept)], "").await
}

#[tokio::test]
async fn the_description_of_the_package_is_the_documented_one() {
    let mut documented: Value = serde_json::from_str(include_str!("documented/water-bodies.json")).unwrap();
    documented["links"][0]["href"] = json!(format!("{ROOT}/processes/water-bodies/execution"));
    documented["links"][0]["rel"] = json!("http://www.opengis.net/def/rel/ogc/1.0/execute");
    let description = World::new().get("/processes/water-bodies").await;
    assert_eq!(description.json(), documented);
    // Members come in the documented order, too.
    assert_eq!(description.text(), documented.to_string());
}

#[tokio::test]
async fn a_package_is_given_back_as_it_was_deployed() {
    let world = World::new();
    for accept in ["application/cwl", "application/cwl+yaml", "text/html, application/cwl;q=0.5"] {
        let reply = package(&world, "water-bodies", accept).await;
        assert_eq!((reply.status, reply.text()), (200, PACKAGE), "{accept}");
    }
    let json = package(&world, "water-bodies", "application/cwl+json").await;
    assert_eq!(json.header("content-type"), "application/cwl+json");
    assert_eq!(json.json()["$graph"][0]["id"], "water-bodies");
    let wrapped = package(&world, "water-bodies", "application/ogcapppkg+json").await;
    assert_eq!(wrapped.header("content-type"), "application/ogcapppkg+json");
    assert_eq!(wrapped.json()["executionUnit"]["value"], json.json());

    let cwl = json!({"cwlVersion": "v1.0", "class": "Workflow", "id": "mine", "inputs": {}, "outputs": {}});
    let unit = json!({"executionUnit": {"value": cwl, "mediaType": "application/cwl+json"}}).to_string();
    let headers = [("content-type", "application/ogcapppkg+json")];
    assert_eq!(world.send(Method::POST, &format!("{ROOT}/processes"), &headers, unit.clone()).await.status, 201);
    assert_eq!(package(&world, "mine", "application/ogcapppkg+json").await.text(), unit);
    assert_eq!(package(&world, "mine", "application/cwl").await.json(), cwl);
}

#[tokio::test]
async fn a_package_has_to_be_asked_for_by_its_type() {
    let world = World::new();
    for (id, accept, status, title) in [
        ("water-bodies", "application/json", 406, "NotAcceptable"),
        ("water-bodies", "*/*", 406, "NotAcceptable"),
        ("echo", "application/cwl", 404, "ImmutableProcess"),
        ("nope", "application/cwl", 404, "NoSuchProcess"),
    ] {
        let reply = package(&world, id, accept).await;
        assert_eq!((reply.status, &reply.json()["title"]), (status, &json!(title)), "{id} as {accept}");
    }
}
