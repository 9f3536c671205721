//! The documented run, from the landing page to the results.

use http::Method;
use serde_json::json;

use crate::client::{ASYNC, FIRST_ITEM, JOB, ROOT, SECOND_ITEM, World, inputs};

#[tokio::test]
async fn the_documented_run_goes_as_documented() {
    let world = World::new();

    let created = world.execute("water-bodies", &inputs()).await;
    assert_eq!(created.status, 201);
    assert_eq!(created.header("location"), format!("{ROOT}/jobs/{JOB}"));
    assert_eq!(created.header("preference-applied"), ASYNC.1);
    assert_eq!(created.header("content-type"), "application/json;charset=UTF-8");
    assert_eq!(created.header("x-powered-by"), "ZOO-Project-DRU");
    assert_eq!(created.header("x-also-also-also-powered-by"), "dru.securityOut");
    let document = created.json();
    assert_eq!(
        document.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["progress", "id", "jobID", "type", "processID", "created", "started", "updated", "status", "message", "links"]
    );
    assert_eq!((&document["id"], &document["jobID"]), (&json!(JOB), &json!(JOB)));
    assert_eq!((&document["status"], &document["progress"]), (&json!("running"), &json!(0)));
    assert_eq!(document["message"], "ZOO-Kernel accepted to run your service!");
    assert_eq!(document["links"][0]["rel"], "monitor");
    assert_eq!(document["links"][0]["href"], format!("{ROOT}/jobs/{JOB}"));

    let documents = world.follow(JOB).await;
    let statuses: Vec<&str> = documents.iter().map(|document| document["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, [["running"; 9].as_slice(), &["successful"]].concat());
    let progress: Vec<Option<u64>> = documents.iter().map(|document| document["progress"].as_u64()).collect();
    assert!(progress[..9].is_sorted() && progress[0].is_some());

    let last = documents.last().unwrap();
    assert_eq!(last.get("progress"), None);
    assert_eq!(last["message"], "ZOO-Kernel successfully run your service!");
    assert!(last["updated"].as_str() < last["finished"].as_str());
    let links = last["links"].as_array().unwrap();
    assert_eq!(links.len(), 12);
    assert_eq!(links[1]["rel"], "http://www.opengis.net/def/rel/ogc/1.0/results");
    assert_eq!(links[2]["href"], format!("http://zoo-project-dru-service/acme/temp/water-bodies-{JOB}/node_crop.log"));
    assert_eq!(world.get(&format!("/jobs/{JOB}")).await.json(), *last, "a finished job stays as it is");

    let results = world.get(&format!("/jobs/{JOB}/results")).await;
    assert_eq!(results.status, 200);
    let collection = &results.json()["stac_catalog"]["value"];
    assert_eq!(collection["id"], JOB);
    let expected =
        [(FIRST_ITEM, [2402, 1821], 60.464_677_847_490_34, 481_086), (SECOND_ITEM, [482, 1821], 12.319_766_773_897_06, 34_314)];
    for (item, (id, shape, percent, valid)) in collection["features"].as_array().unwrap().iter().zip(expected) {
        let band = &item["assets"]["data"]["raster:bands"][0];
        assert_eq!(item["id"], id);
        assert_eq!(item["properties"]["proj:shape"], json!(shape));
        assert_eq!(item["assets"]["data"]["href"], format!("s3://results/{JOB}/{JOB}/{id}/otsu.tif"));
        assert_eq!(band["statistics"]["valid_percent"], percent);
        assert_eq!(band["histogram"]["buckets"][5], valid);
    }
    // The page prints the answer as Python does: with a blank after every comma and colon.
    assert_eq!(spaced(results.text()).len(), 5225);
}

/// JSON with a blank after the commas and colons outside of its strings.
fn spaced(text: &str) -> String {
    let mut all = String::new();
    let mut inside = false;
    for character in text.chars() {
        all.push(character);
        match character {
            '"' => inside = !inside,
            ',' | ':' if !inside => all.push(' '),
            _ => {}
        }
    }
    all
}

#[tokio::test]
async fn the_server_describes_itself_and_its_processes() {
    let world = World::new();

    let landing = world.get("/").await.json();
    let rels: Vec<&str> = landing["links"].as_array().unwrap().iter().map(|link| link["rel"].as_str().unwrap()).collect();
    assert_eq!(
        rels.iter().map(|rel| rel.rsplit('/').next().unwrap()).collect::<Vec<_>>(),
        ["self", "alternate", "service-desc", "service-doc", "conformance", "processes", "job-list"]
    );
    assert_eq!(world.get("").await.json(), landing);
    assert_eq!(world.get("/conformance").await.json()["conformsTo"].as_array().unwrap().len(), 14);

    let description = world.get("/processes/water-bodies").await.json();
    let ids: Vec<&String> = description["inputs"].as_object().unwrap().keys().collect();
    assert_eq!(ids, ["aoi", "bands", "epsg", "stac_items"]);
    assert_eq!(description["links"][0]["href"], format!("{ROOT}/processes/water-bodies/execution"));
    assert_eq!(description["outputs"]["stac_catalog"]["description"], "None");

    let list = world.get("/processes").await.json();
    assert_eq!(list["numberTotal"], 2);
    assert_eq!(list["links"].as_array().unwrap().len(), 1);
    let ids: Vec<_> = list["processes"].as_array().unwrap().iter().map(|process| process["id"].clone()).collect();
    assert_eq!(ids, ["echo", "water-bodies"]);
    assert_eq!(list["processes"][1].get("inputs"), None);
    assert_eq!(list["processes"][1]["links"][0]["rel"], "self");
}

#[tokio::test]
async fn lists_are_paged() {
    let world = World::new();
    let first = world.get("/processes?limit=1").await.json();
    assert_eq!((&first["processes"][0]["id"], &first["numberTotal"]), (&json!("echo"), &json!(2)));
    let next = &first["links"][1];
    assert_eq!((&next["rel"], &next["href"]), (&json!("next"), &json!(format!("{ROOT}/processes?limit=1&skip=1"))));
    let second = world.get("/processes?limit=1&skip=1").await.json();
    assert_eq!(second["processes"][0]["id"], "water-bodies");
    assert_eq!(second["links"][1]["rel"], "prev");
    assert_eq!(second["links"].as_array().unwrap().len(), 2);
    assert_eq!(world.get("/processes?skip=9").await.json()["processes"], json!([]));
}

#[tokio::test]
async fn the_job_list_shows_jobs_without_moving_them_on() {
    let world = World::new();
    world.execute("water-bodies", &inputs()).await;
    world.execute("echo", &json!({"a": "hello", "b": {}, "c": {"bbox": [0, 0, 1, 1]}})).await;
    for _ in 0..20 {
        assert_eq!(world.get("/jobs").await.json()["numberTotal"], 2);
    }
    assert_eq!(world.get("/jobs?processID=echo").await.json()["numberTotal"], 1);
    assert_eq!(world.get("/jobs?status=successful,failed").await.json()["numberTotal"], 0);
    assert_eq!(world.follow(JOB).await.len(), 10);
    let done = world.get("/jobs?status=successful").await.json();
    assert_eq!(done["jobs"][0]["jobID"], JOB);
    let unread = world.send(Method::GET, &format!("{ROOT}/jobs?limit=none"), &[], "").await;
    assert_eq!((unread.status, &unread.json()["jobs"]), (200, &json!([])));
}
