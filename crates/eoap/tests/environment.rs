//! What the environment decides: proxies, S3 settings and the poll interval. Also the whole tutorial, whose
//! code has no settings.
//!
//! A separate test binary, because the environment belongs to the whole process.

use std::time::{Duration, Instant};

use eoap::{
    Client, Download, Execution, ItemCollection, Job, Listing, Preview, Profile, Raster, Results, Retry, Statistics, StatusInfo,
    Store,
};
use serde_json::json;
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path, query_param},
};

#[path = "suite/object.rs"]
mod object;

use object::Object;

#[test]
fn environment_is_honoured() {
    let runtime = tokio::runtime::Runtime::new().expect("runtime");
    let proxy = runtime.block_on(MockServer::start());
    // SAFETY: this is the only test of this binary, and the threads of the runtime do not read the
    // environment.
    unsafe {
        for name in ["http_proxy", "https_proxy"] {
            std::env::set_var(name, proxy.uri());
        }
        std::env::set_var("no_proxy", "");
        std::env::set_var("EOAP_POLL_INTERVAL", "5ms");
        std::env::set_var("AWS_ACCESS_KEY_ID", "id");
        std::env::set_var("AWS_SECRET_ACCESS_KEY", "secret");
        std::env::set_var("AWS_DEFAULT_REGION", "us-east-1");
        std::env::remove_var("AWS_ENDPOINT_URL");
    }
    runtime.block_on(tunnels(&proxy));
    runtime.block_on(proxies(&proxy));
    runtime.block_on(keys_with_empty_parts(&proxy)).expect("a download");
    runtime.block_on(tutorial(&proxy)).expect("the tutorial");
    runtime.block_on(poll_interval(&proxy));
}

/// A proxy answers a request for a tunnel; what it answers decides what the user is advised to do.
async fn tunnels(proxy: &MockServer) {
    for (status, advice) in [
        (502, "the proxy refuses this host or does not reach it; check HTTPS_PROXY"),
        (407, "the proxy wants a name and a password: HTTPS_PROXY=http://name:password@proxy:port"),
    ] {
        proxy.reset().await;
        Mock::given(method("CONNECT")).respond_with(ResponseTemplate::new(status)).mount(proxy).await;
        let client = Client::builder("https://elsewhere.invalid/ogc-api").retry(Retry::never()).build().expect("client");
        let error = client.processes().await.expect_err("no tunnel").to_string();
        assert!(
            error.starts_with("no answer to GET https://elsewhere.invalid/ogc-api/processes") && error.contains(advice),
            "{error}"
        );
        let store = Store::builder("results").endpoint("https://store.invalid").build().expect("store");
        let error = store.get("x.tif").await.expect_err("no tunnel").to_string();
        assert!(error.contains("no connection to https://store.invalid: ") && error.contains(advice), "{error}");
    }
    proxy.reset().await;
}

async fn proxies(proxy: &MockServer) {
    let answer = ResponseTemplate::new(200).set_body_json(json!({"processes": [], "links": []}));
    Mock::given(method("GET")).and(path("/acme/ogc-api/processes")).respond_with(answer).mount(proxy).await;
    let client = Client::new("http://zoo.invalid/acme/ogc-api").expect("client");
    assert!(client.processes().await.expect("an answer through the proxy").processes.is_empty());

    let empty = "<ListBucketResult><Name>results</Name><IsTruncated>false</IsTruncated></ListBucketResult>";
    Mock::given(method("GET"))
        .and(path("/results"))
        .respond_with(ResponseTemplate::new(200).set_body_string(empty))
        .mount(proxy)
        .await;
    let asset: eoap::stac::Asset = serde_json::from_value(json!({
        "href": "s3://results/job/otsu.tif", "storage:endpoint": "http://localstack.invalid:4566"
    }))
    .expect("asset");
    let store = Store::for_asset(&asset).expect("store");
    assert!(store.list("s3://results/job/").await.expect("a listing through the proxy").is_empty());

    // Another host is refused by the proxy, which says why; the message must show it.
    Mock::given(path("/results/job/otsu.tif"))
        .respond_with(ResponseTemplate::new(403).set_body_string("host localstack.invalid is not served here"))
        .mount(proxy)
        .await;
    let error = Raster::open(&asset).await.expect_err("refused").to_string();
    assert!(error.contains("s3://results/job/otsu.tif") && error.contains("is not served here"), "{error}");
}

/// An asset whose key has an empty part is saved under its name.
async fn keys_with_empty_parts(proxy: &MockServer) -> eoap::Result<()> {
    let water = include_bytes!("data/water-1.tif").to_vec();
    Mock::given(path("/results/scenes//otsu.tif")).respond_with(Object(water.clone())).mount(proxy).await;
    let asset: eoap::stac::Asset = serde_json::from_value(json!({
        "href": "s3://results/scenes//otsu.tif", "storage:endpoint": "http://localstack.invalid:4566"
    }))
    .expect("asset");
    let folder = std::env::temp_dir().join(format!("eoap-empty-parts-{}", std::process::id()));
    let saved = Download::of(&asset).folder(&folder).await?;
    assert_eq!(saved.file_name().expect("a name"), "otsu.tif");
    assert_eq!(std::fs::read(&saved).expect("the file"), water);
    assert_eq!(Raster::open(&asset).await?.profile().width, 1821);
    std::fs::remove_dir_all(folder).expect("the folder is removed");
    Ok(())
}

/// The code of a notebook, cell by cell, with hosts that only the proxy knows.
async fn tutorial(proxy: &MockServer) -> eoap::Result<()> {
    serve_tutorial(proxy).await;

    let client: Client = Client::new("http://zoo-project-dru-service/tutorial/ogc-api")?;
    let execution: Execution = Execution::new()
        .input("stac_items", ["https://planetary.example/LC08_1", "https://planetary.example/LC08_2"])
        .input("aoi", "-121.399,39.834,-120.74,40.472")
        .input("epsg", "EPSG:4326")
        .input("bands", ["green", "nir08"]);
    let job: Job = client.execute("water-bodies", &execution).await?;
    assert_eq!(job.id(), "0f5a9c1e");
    assert_eq!(job.status_url(), "http://zoo-project-dru-service/tutorial/ogc-api/jobs/0f5a9c1e");

    let (sender, seen) = std::sync::mpsc::channel();
    let on_status = move |s: &StatusInfo| sender.send(format!("Job status: {}", s.status)).expect("receiver");
    let status: StatusInfo = job.wait().every(Duration::from_secs(10)).on_status(on_status).await?;
    assert_eq!(status.status.to_string(), "successful");
    let mut lines = vec!["Job status: running"; 9];
    lines.push("Job status: successful");
    assert_eq!(seen.iter().collect::<Vec<_>>(), lines);

    let results: Results = job.results().await?;
    let items: ItemCollection = results.item_collection("stac_catalog")?;
    for item in &items {
        let asset = &item.assets["data"];
        assert!(eoap::json::to_sorted_string(asset)?.contains(&format!("\"href\": \"{}\"", asset.href)));
    }

    let raster: Raster = Raster::open(&items[0].assets["data"]).await?;
    let profile: Profile = raster.profile();
    assert!(profile.to_string().starts_with("{'driver': 'GTiff', 'dtype': 'uint8', 'nodata': 0.0, 'width': 1821, "));
    let statistics: Statistics = raster.statistics(1024).await?;
    assert_eq!(statistics[0].valid_percent, 60.46467784749034);
    let preview: Preview = raster.preview(512).await?;
    assert_eq!((preview.width(), preview.height()), (389, 512));

    let store: Store = Store::for_asset(&items[0].assets["data"])?;
    let folder = items[0].assets["data"].href.trim_end_matches("otsu.tif");
    let listing: Listing = store.list(folder).await?;
    assert_eq!(listing.to_string(), "2025-08-20 13:42:57     406547 otsu.tif");
    Ok(())
}

async fn serve_tutorial(proxy: &MockServer) {
    let api = "/tutorial/ogc-api";
    let status = |status: &str| {
        let link = json!({"rel": "monitor", "href": "http://localhost:8080/tutorial/ogc-api/jobs/0f5a9c1e"});
        json!({"jobID": "0f5a9c1e", "type": "process", "status": status, "message": "m", "links": [link]})
    };
    let created = ResponseTemplate::new(201).set_body_json(status("running"));
    Mock::given(path(format!("{api}/processes/water-bodies/execution"))).respond_with(created).expect(1).mount(proxy).await;
    let at = format!("{api}/jobs/0f5a9c1e");
    let running = ResponseTemplate::new(200).set_body_json(status("running"));
    Mock::given(path(&at)).respond_with(running).up_to_n_times(9).with_priority(1).mount(proxy).await;
    let successful = ResponseTemplate::new(200).set_body_json(status("successful"));
    Mock::given(path(&at)).respond_with(successful).expect(1).mount(proxy).await;
    let results = ResponseTemplate::new(200).set_body_raw(include_str!("data/results.json"), "application/json");
    Mock::given(path(format!("{at}/results"))).respond_with(results).mount(proxy).await;

    let folder = "0f5a9c1e-7a11-11f0-8d2e-5e0b3c9f4a77/0f5a9c1e-7a11-11f0-8d2e-5e0b3c9f4a77/LC08_L2SP_044032_20231208_02_T1";
    let otsu = include_bytes!("data/water-1.tif").to_vec();
    Mock::given(path(format!("/results/{folder}/otsu.tif"))).respond_with(Object(otsu)).mount(proxy).await;
    let listing = format!(
        "<ListBucketResult><IsTruncated>false</IsTruncated><Contents><Key>{folder}/otsu.tif</Key>\
         <LastModified>2025-08-20T13:42:57.000Z</LastModified><Size>406547</Size></Contents></ListBucketResult>"
    );
    Mock::given(path("/results"))
        .and(query_param("prefix", format!("{folder}/")))
        .respond_with(ResponseTemplate::new(200).set_body_string(listing))
        .with_priority(1)
        .mount(proxy)
        .await;
}

async fn poll_interval(proxy: &MockServer) {
    let running = ResponseTemplate::new(200).set_body_json(json!({"jobID": "1", "status": "running"}));
    let successful = ResponseTemplate::new(200).set_body_json(json!({"jobID": "1", "status": "successful"}));
    Mock::given(path("/acme/ogc-api/jobs/1")).respond_with(running).up_to_n_times(3).with_priority(1).mount(proxy).await;
    Mock::given(path("/acme/ogc-api/jobs/1")).respond_with(successful).mount(proxy).await;
    let job = Client::new("http://zoo.invalid/acme/ogc-api").expect("client").job("1");
    let begin = Instant::now();
    job.wait().every(Duration::from_secs(3600)).await.expect("the end of the job");
    assert!(begin.elapsed() < Duration::from_secs(60));

    // SAFETY: as above.
    unsafe { std::env::set_var("EOAP_POLL_INTERVAL", "often") };
    let error = job.wait().await.expect_err("no interval").to_string();
    assert!(error.starts_with("environment variable EOAP_POLL_INTERVAL=\"often\" cannot be read"), "{error}");
}
