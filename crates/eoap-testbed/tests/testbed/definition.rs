//! The API definition promises what is really served, and only that.

use http::Method;
use serde_json::{Value, json};

use crate::client::{JOB, ROOT, World, inputs};

#[tokio::test]
async fn every_operation_of_the_definition_is_answered() {
    let world = World::new();
    let reply = world.get("/api").await;
    assert_eq!(reply.header("content-type"), "application/vnd.oai.openapi+json;version=3.0;charset=UTF-8");
    let document = reply.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.0"));
    assert_eq!(document["servers"][0]["url"], ROOT);
    world.execute("water-bodies", &inputs()).await;
    world.follow(JOB).await;
    let mut operations = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let path = path.replace("{processID}", "echo").replace("{jobID}", JOB).replace("{outputID}", "stac_catalog");
        for method in ["get", "post", "put", "delete", "patch"] {
            if method == "delete" && path.starts_with("/jobs") {
                continue;
            }
            let named = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let status = world.send(named, &format!("{ROOT}{path}"), &[], "").await.status;
            // Of a method that no resource has, the server knows nothing; and an execution under another
            // method is no such process.
            let refusal = match (method, path.ends_with("/execution")) {
                ("patch", _) => 500,
                (_, true) => 404,
                _ => 405,
            };
            assert_eq!(item.get(method).is_none(), status == refusal, "{method} {path}: {status}");
            operations += usize::from(item.get(method).is_some());
            if let Some(operation) = item.get(method) {
                let known = operation["responses"].get(status.to_string()).is_some();
                assert!(known, "{method} {path}: {status} is not in the definition");
            }
        }
    }
    assert!(operations >= 15, "{operations}");
}

#[tokio::test]
async fn every_reference_leads_somewhere_and_every_operation_has_its_own_id() {
    let document = World::new().get("/api").await.json();
    let mut references = Vec::new();
    let mut ids = Vec::new();
    walk(&document, &mut |name, value| match name {
        "$ref" => references.push(value.as_str().unwrap().to_owned()),
        "operationId" => ids.push(value.as_str().unwrap().to_owned()),
        _ => {}
    });
    assert!(references.len() > 20);
    for reference in references.iter().filter_map(|reference| reference.strip_prefix('#')) {
        assert!(document.pointer(reference).is_some(), "{reference}");
    }
    let mut once = ids.clone();
    once.sort();
    once.dedup();
    assert_eq!(once.len(), ids.len(), "{ids:?}");
}

#[tokio::test]
async fn deployed_processes_are_in_the_definition_while_they_are_there() {
    let world = World::new();
    let path = "/processes/water-bodies/execution";
    let inputs = |document: &Value| {
        let schema = &document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"];
        schema["allOf"][1]["properties"]["inputs"]["properties"].as_object().map(|inputs| inputs.len())
    };
    assert_eq!(inputs(&world.get("/api").await.json()), Some(4));
    world.delete("/processes/water-bodies").await;
    assert_eq!(world.get("/api").await.json()["paths"].get(path), None);
}

#[tokio::test]
async fn every_link_of_the_landing_page_leads_to_what_it_says() {
    let world = World::new();
    for link in world.get("/").await.json()["links"].as_array().unwrap() {
        let reply = world.send(Method::GET, link["href"].as_str().unwrap(), &[], "").await;
        assert_eq!(reply.status, 200, "{link}");
        let (kind, said) = (reply.header("content-type").replace(' ', ""), link["type"].as_str().unwrap());
        assert!(kind.starts_with(said), "{link}: {kind}");
        assert!(said != "text/html" || reply.text().contains("<li>"), "{link}");
    }
}

#[tokio::test]
async fn the_landing_page_mirrors_its_links_in_a_header() {
    let landing = World::new().get("/").await;
    let header = landing.header("link").to_owned();
    let links = landing.json()["links"].clone();
    assert_eq!(header.matches("rel=").count(), links.as_array().unwrap().len());
    assert!(header.starts_with(&format!("<{ROOT}/>; rel=\"self\"; type=\"application/json\"")), "{header}");
    assert_ne!(links, json!([]));
}

fn walk(value: &Value, visit: &mut impl FnMut(&str, &Value)) {
    match value {
        Value::Object(members) => {
            for (name, value) in members {
                visit(name, value);
                walk(value, visit);
            }
        }
        Value::Array(values) => values.iter().for_each(|value| walk(value, visit)),
        _ => {}
    }
}
