//! Log files lie where the links of a job say.

use http::Method;

use crate::client::{JOB, World, inputs};
use crate::scenarios::copy;

#[tokio::test]
async fn every_log_link_of_the_documented_run_leads_to_a_text() {
    let world = World::new();
    world.execute("water-bodies", &inputs()).await;
    let link = format!("http://zoo-project-dru-service/acme/temp/water-bodies-{JOB}/node_crop.log");
    assert_eq!(world.send(Method::GET, &link, &[], "").await.status, 404, "not before the job is over");
    let last = world.follow(JOB).await.pop().unwrap();
    let links: Vec<_> = last["links"].as_array().unwrap().iter().filter(|link| link["rel"] == "related").collect();
    assert_eq!(links.len(), 10);
    for link in links {
        let (href, kind) = (link["href"].as_str().unwrap(), link["type"].as_str().unwrap());
        let log = world.send(Method::GET, href, &[], "").await;
        assert_eq!((log.status, log.header("content-type")), (200, kind));
        let stage = href.rsplit('/').next().unwrap().strip_suffix(".log").unwrap();
        assert!(log.text().starts_with(&format!("{stage} of job {JOB}\n")), "{}", log.text());
        assert!(log.text().contains("[2025-08-20T13:41:58.912Z] execution submitted\n"), "{}", log.text());
    }
    for other in [link.replace("node_crop", "nope"), link.replace("acme", "other"), link.replace(JOB, "x")] {
        assert_eq!(world.send(Method::GET, &other, &[], "").await.status, 404, "{other}");
    }
    world.delete(&format!("/jobs/{JOB}")).await;
    assert_eq!(world.send(Method::GET, &link, &[], "").await.status, 404, "gone with its job");
}

#[tokio::test]
async fn a_scenario_may_bring_its_own_logs() {
    let scenario = copy("scenario.toml", "region =", "region =");
    let folder = scenario.path().join("processes/water-bodies");
    std::fs::remove_file(folder.join("logs.json")).unwrap();
    std::fs::create_dir(folder.join("logs")).unwrap();
    std::fs::write(folder.join("logs/crop.log"), "cropped\n").unwrap();
    let world = World::of(scenario.path());
    world.execute("water-bodies", &inputs()).await;
    let last = world.follow(JOB).await.pop().unwrap();
    let link = &last["links"][2];
    assert_eq!((link["title"].as_str(), last["links"].as_array().unwrap().len()), (Some("Tool log crop.log"), 3));
    assert_eq!(world.send(Method::GET, link["href"].as_str().unwrap(), &[], "").await.text(), "cropped\n");
}
