//! Nothing leaves, nothing is shared, nothing stays.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use eoap_testbed::{Scenario, Testbed};
use http::Method;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::client::{JOB, SECOND_JOB, World, folder, inputs};

#[tokio::test]
async fn a_foreign_host_is_refused_by_name() {
    let world = World::new();
    let reply = world.send(Method::GET, "http://earth-search.aws.element84.com/api/stac/v1", &[], "").await;
    assert_eq!(reply.status, 502);
    assert_eq!(reply.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(
        reply.text(),
        "testbed: no route to host \"earth-search.aws.element84.com\": this run is hermetic and serves only \
         zoo-project-dru-service, eoap-zoo-project-localstack:4566, eoap-zoo-project-localstack.eoap-zoo-project:4566, \
         eoap-zoo-project-localstack.eoap-zoo-project.svc.cluster.local:4566, planetarycomputer.microsoft.com, \
         landsateuwest.blob.core.windows.net\n"
    );
    // Another port is another server.
    assert_eq!(world.send(Method::GET, "http://zoo-project-dru-service:8080/", &[], "").await.status, 502);
    world.send(Method::GET, "http://earth-search.aws.element84.com:80/again", &[], "").await;
    assert_eq!(world.testbed.refused_hosts(), ["earth-search.aws.element84.com", "zoo-project-dru-service:8080"]);
}

#[tokio::test]
async fn a_tunnel_is_refused_too() {
    let world = World::new();
    let connect = async |target: &str| {
        let mut stream = tokio::net::TcpStream::connect(world.proxy()).await.unwrap();
        let request = format!("CONNECT {target} HTTP/1.1\r\nHost: {target}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        answer
    };
    let foreign = connect("earth-search.aws.element84.com:443").await;
    assert!(foreign.starts_with("HTTP/1.1 502 "), "{foreign}");
    assert!(foreign.contains("\r\n\r\ntestbed: no route to host \"earth-search.aws.element84.com\": this run"), "{foreign}");
    // Its catalogue is served, but not so.
    let catalogue = connect("planetarycomputer.microsoft.com:443").await;
    assert!(catalogue.contains("no route to host \"planetarycomputer.microsoft.com:443\" over https: this run"), "{catalogue}");
    let known = connect("zoo-project-dru-service:443").await;
    assert!(known.contains("no route to host \"zoo-project-dru-service:443\" over https: this run"), "{known}");
    assert_eq!(
        world.testbed.refused_hosts(),
        ["earth-search.aws.element84.com", "planetarycomputer.microsoft.com:443", "zoo-project-dru-service:443"]
    );
}

#[tokio::test]
async fn the_servers_answer_under_their_own_addresses_too() {
    let world = World::new();
    let api = world.testbed.ogc_url();
    assert!(api.starts_with("http://127.0.0.1:") && api.ends_with("/acme/ogc-api"), "{api}");
    let list = world.send(Method::GET, &format!("{api}/processes"), &[], "").await.json();
    let href = list["links"][0]["href"].as_str().unwrap();
    assert_eq!(href, "http://zoo-project-dru-service/acme/ogc-api/processes", "links do not follow the request");
    let url = format!("{}/results?list-type=2", world.testbed.s3_url());
    assert_eq!(world.s3(Method::GET, &url, &[], b"").await.status, 200);
    assert_eq!(world.testbed.refused_hosts(), Vec::<String>::new());
}

#[tokio::test]
async fn a_request_that_is_not_for_a_proxy_is_told_so() {
    let world = World::new();
    let mut stream = tokio::net::TcpStream::connect(world.proxy()).await.unwrap();
    stream.write_all(b"GET /acme/ogc-api HTTP/1.1\r\nHost: me\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 ") && answer.contains("forward proxy"), "{answer}");
}

#[tokio::test]
async fn testbeds_share_nothing() {
    let (one, other) = (World::new(), World::new());
    assert_eq!(one.execute("water-bodies", &inputs()).await.json()["jobID"], JOB);
    assert_eq!(one.execute("water-bodies", &inputs()).await.json()["jobID"], SECOND_JOB);
    assert_eq!(other.get(&format!("/jobs/{JOB}")).await.status, 404);
    assert_eq!(other.execute("water-bodies", &inputs()).await.json()["jobID"], JOB);
    one.send(Method::GET, "http://example.com/", &[], "").await;
    assert_eq!(other.testbed.refused_hosts(), Vec::<String>::new());
}

#[test]
fn many_start_at_once_and_quickly() {
    let scenario = Scenario::load(&folder()).unwrap();
    let before = Instant::now();
    let testbeds: Vec<Testbed> = std::thread::scope(|scope| {
        let starts: Vec<_> = (0..16).map(|_| scope.spawn(|| Testbed::start(&scenario).unwrap())).collect();
        starts.into_iter().map(|start| start.join().unwrap()).collect()
    });
    let took = before.elapsed();
    assert!(took < Duration::from_secs(4), "sixteen testbeds took {took:?}");
    let mut ports: Vec<&str> = testbeds.iter().map(Testbed::proxy_url).collect();
    ports.sort_unstable();
    ports.dedup();
    assert_eq!(ports.len(), 16);
}

#[tokio::test]
async fn dropping_frees_the_ports_even_inside_a_runtime() {
    let world = World::new();
    let address = |url: &str| url.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    let testbed = &world.testbed;
    let addresses = [address(testbed.proxy_url()), address(&testbed.ogc_url()), address(&testbed.s3_url())];
    assert!(addresses.iter().all(|address| TcpStream::connect(address).is_ok()));
    drop(world);
    let deadline = Instant::now() + Duration::from_secs(5);
    while addresses.iter().any(|address| TcpStream::connect(address).is_ok()) {
        assert!(Instant::now() < deadline, "still listening on one of {addresses:?}");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_environment_is_all_that_a_client_needs() {
    let world = World::new();
    let environment = world.testbed.environment();
    let value = |name: &str| environment[name].as_str();
    for name in ["http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        assert_eq!(value(name), world.testbed.proxy_url());
    }
    assert_eq!((value("no_proxy"), value("NO_PROXY")), ("", ""));
    assert_eq!((value("AWS_REGION"), value("AWS_DEFAULT_REGION")), ("us-east-1", "us-east-1"));
    assert_eq!(value("AWS_ENDPOINT_URL"), "http://eoap-zoo-project-localstack:4566");
    assert_eq!(value("EOAP_POLL_INTERVAL"), "5ms");
    assert!(world.testbed.secrets().iter().any(|secret| secret == value("AWS_SECRET_ACCESS_KEY")));
}
