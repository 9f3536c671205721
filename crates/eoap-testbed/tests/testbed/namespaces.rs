//! Namespaces: each has its own processes, jobs and links.

use http::Method;
use serde_json::json;

use crate::client::{ASYNC, JOB, Reply, SECOND_JOB, World, inputs};

const HOST: &str = "http://zoo-project-dru-service";

async fn get(world: &World, path: &str) -> Reply {
    world.send(Method::GET, &format!("{HOST}{path}"), &[], "").await
}

fn ids(list: &Reply) -> Vec<String> {
    let list = list.json();
    list["processes"].as_array().unwrap().iter().map(|process| process["id"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_namespace_comes_into_being_by_being_used() {
    let world = World::new();
    for (base, root) in [("/other_1/ogc-api", "/other_1/ogc-api"), ("/ogc-api", "/ogc-api")] {
        let list = get(&world, &format!("{base}/processes")).await;
        assert_eq!(ids(&list), ["echo"], "built-in processes only");
        assert_eq!(list.json()["links"][0]["href"], format!("{HOST}{root}/processes"));
        let landing = get(&world, base).await.json();
        assert_eq!(landing["links"][0]["href"], format!("{HOST}{root}/"));
    }
    assert_eq!(get(&world, "/not-a-word/ogc-api/processes").await.status, 400);
    assert_eq!(get(&world, "/a/b/ogc-api/processes").await.status, 400);
}

#[tokio::test]
async fn what_is_deployed_in_one_namespace_is_not_in_another() {
    let world = World::new();
    let cwl = include_str!("../../scenarios/water-bodies/processes/water-bodies/package.cwl");
    let url = format!("{HOST}/mine/ogc-api/processes");
    let created = world.send(Method::POST, &url, &[("content-type", "application/cwl")], cwl).await;
    assert_eq!((created.status, created.header("location")), (201, &*format!("{url}/water-bodies")));
    assert_eq!(ids(&get(&world, "/mine/ogc-api/processes").await), ["echo", "water-bodies"]);
    assert_eq!(ids(&get(&world, "/yours/ogc-api/processes").await), ["echo"]);
    assert_eq!(world.delete("/processes/water-bodies").await.status, 204);
    assert_eq!(ids(&get(&world, "/mine/ogc-api/processes").await), ["echo", "water-bodies"]);

    let body = json!({"inputs": inputs()}).to_string();
    let job = world.send(Method::POST, &format!("{url}/water-bodies/execution"), &[ASYNC], body).await;
    assert_eq!(job.header("location"), format!("{HOST}/mine/ogc-api/jobs/{JOB}"));
    assert_eq!(get(&world, &format!("/mine/ogc-api/jobs/{JOB}")).await.status, 200);
    assert_eq!(get(&world, &format!("/acme/ogc-api/jobs/{JOB}")).await.status, 404);
    assert_eq!(get(&world, "/acme/ogc-api/jobs").await.json()["numberTotal"], 0);
}

#[tokio::test]
async fn ids_are_not_used_twice_on_one_server() {
    let world = World::new();
    world.execute("water-bodies", &inputs()).await;
    let cwl = include_str!("../../scenarios/water-bodies/processes/water-bodies/package.cwl");
    let url = format!("{HOST}/mine/ogc-api/processes");
    world.send(Method::POST, &url, &[("content-type", "application/cwl")], cwl).await;
    let body = json!({"inputs": inputs()}).to_string();
    let job = world.send(Method::POST, &format!("{url}/water-bodies/execution"), &[ASYNC], body).await;
    assert_eq!(job.json()["jobID"], SECOND_JOB);
}
