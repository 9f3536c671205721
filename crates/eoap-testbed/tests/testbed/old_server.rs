//! The server of October 2024: another shape, another root, the same process.

use http::Method;
use serde_json::{Value, json};

use crate::client::{ROOT, World, inputs, scenario};

const OLD_ROOT: &str = "http://localhost:8080/acme/ogc-api";
const OLD_JOB: &str = "bfafdb8e-902c-11ef-a29c-8e55bd0a3308";

#[tokio::test]
async fn the_recorded_job_goes_as_recorded() {
    let world = World::of(&scenario("water-bodies-2024"));
    let created = world.execute("water-bodies", &inputs()).await;
    assert_eq!(created.header("location"), format!("{OLD_ROOT}/jobs/{OLD_JOB}"));
    assert_eq!(
        created.json(),
        json!({
            "jobID": OLD_JOB, "type": "process", "processID": "water-bodies",
            "created": "2024-10-22T04:18:54.378Z", "started": "2024-10-22T04:18:54.378Z", "updated": "2024-10-22T04:18:54.378Z",
            "status": "running", "message": "ZOO-Kernel accepted to run your service!",
            "links": [{"title": "Status location", "rel": "monitor", "type": "application/json", "href": format!("{OLD_ROOT}/jobs/{OLD_JOB}")}],
        })
    );
    let documents = world.follow(OLD_JOB).await;
    assert_eq!((&documents[0]["progress"], &documents[0]["updated"]), (&json!(23), &json!("2024-10-22T04:19:41.546Z")));
    let last = documents.last().unwrap();
    assert_eq!((last.get("id"), last.get("progress")), (None, None));
    assert_eq!(last["finished"], "2024-10-22T04:22:25.175Z");
    assert_eq!(last["updated"], "2024-10-22T04:22:25.018Z");
    let logs: Vec<&Value> = last["links"].as_array().unwrap().iter().skip(2).collect();
    assert_eq!(logs.len(), 10);
    assert_eq!(
        *logs[1],
        json!({
            "href": format!("http://localhost:8080/acme/temp/water-bodies-{OLD_JOB}/node_crop_2.log"),
            "title": "Tool log node_crop_2.log", "rel": "related", "type": "text/plain",
        })
    );
    let results = world.get(&format!("/jobs/{OLD_JOB}/results")).await;
    assert_eq!(results.json()["stac_catalog"]["value"]["id"], OLD_JOB);
    let key = results.json()["stac_catalog"]["value"]["features"][0]["assets"]["data"]["href"].as_str().unwrap().to_owned();
    let url = key.replace("s3://", "http://eoap-zoo-project-localstack:4566/");
    assert_eq!(world.s3(Method::HEAD, &url, &[], b"").await.status, 200);

    let dismissed = world.delete(&format!("/jobs/{OLD_JOB}")).await.json();
    assert_eq!(
        dismissed,
        json!({
            "jobID": OLD_JOB, "status": "dismissed", "message": "ZOO-Kernel successfully dismissed your service!",
            "links": [{
                "title": "The job list for the current process", "rel": "parent", "type": "application/json",
                "href": format!("{OLD_ROOT}/jobs"),
            }],
            "type": "process", "processID": "water-bodies",
            "created": "2024-10-22T04:18:54.378Z", "started": "2024-10-22T04:18:54.378Z",
            "finished": "2024-10-22T04:22:25.175Z", "updated": "2024-10-22T04:22:25.018Z",
        })
    );
}

#[tokio::test]
async fn links_name_another_host_than_the_one_that_was_asked() {
    let world = World::of(&scenario("water-bodies-2024"));
    let landing = world.send(Method::GET, ROOT, &[], "").await;
    assert_eq!(landing.header("link"), "", "the old server does not mirror its links");
    assert_eq!(landing.json()["links"][0]["href"], format!("{OLD_ROOT}/"));
    let list = world.get("/processes").await.json();
    assert_eq!(list["numberTotal"], 2);
    assert_eq!(list["processes"][1]["links"][0]["href"], format!("{OLD_ROOT}/processes/water-bodies"));
}
