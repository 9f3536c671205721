//! Searches in catalogs with an API, page by page.

use eoap::{Error, items::Search};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_partial_json, header, method, path, query_param},
};

fn item(id: &str) -> Value {
    json!({
        "type": "Feature", "stac_version": "1.0.0", "id": id, "geometry": null, "properties": {"datetime": "2023-12-08T18:45:23Z"},
        "links": [], "assets": {"data": {"href": format!("https://host/{id}.tif")}}
    })
}

fn page(ids: &[&str], next: Option<Value>) -> ResponseTemplate {
    let features: Vec<Value> = ids.iter().map(|id| item(id)).collect();
    let links: Vec<Value> = next.into_iter().collect();
    ResponseTemplate::new(200).set_body_json(json!({"type": "FeatureCollection", "features": features, "links": links}))
}

fn ids(items: &eoap::ItemCollection) -> String {
    items.iter().map(|item| item.id.as_str()).collect()
}

#[tokio::test]
async fn items_of_all_pages_are_found() {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path("/stac/search"))
        .and(query_param("collections", "sentinel-2-l2a,landsat-c2-l2"))
        .and(query_param("bbox", "-121.399,39.834,-120.74,40.472"))
        .and(query_param("datetime", "2023-12-01T00:00:00+00:00/.."))
        .and(query_param("limit", "2"))
        .respond_with(page(&["a", "b"], Some(json!({"rel": "next", "href": "search?token=2"}))))
        .mount(&server)
        .await;
    Mock::given(query_param("token", "2"))
        .respond_with(page(&["c"], Some(json!({"rel": "next", "href": format!("{}/stac/search?token=3", server.uri())}))))
        .mount(&server)
        .await;
    Mock::given(query_param("token", "3")).respond_with(page(&[], None)).mount(&server).await;
    let search = || {
        Search::at(format!("{}/stac/", server.uri()))
            .expect("search")
            .collections(["sentinel-2-l2a", "landsat-c2-l2"])
            .bbox([-121.399, 39.834, -120.74, 40.472])
            .datetime("2023-12-01T00:00:00+00:00"..)
            .page(2)
    };
    assert_eq!(ids(&search().await.expect("items")), "abc");
    assert_eq!(server.received_requests().await.expect("requests").len(), 3);
    assert_eq!(ids(&search().at_most(2).await.expect("items")), "ab");
    assert_eq!(server.received_requests().await.expect("requests").len(), 4);
}

/// As servers of the Planetary Computer's kind do it.
#[tokio::test]
async fn pages_may_be_asked_for_with_a_body() {
    let server = MockServer::start().await;
    let link = |token: &str, merge: bool| json!({"rel": "next", "href": format!("{}/search", server.uri()), "method": "POST", "merge": merge, "body": {"token": token, "limit": 1}});
    Mock::given(method("GET")).respond_with(page(&["a"], Some(link("2", false)))).mount(&server).await;
    Mock::given(method("POST"))
        .and(body_partial_json(json!({"token": "2"})))
        .respond_with(page(
            &["b"],
            Some(json!({"rel": "next", "href": "/search", "method": "POST", "merge": true, "body": {"token": "3"}})),
        ))
        .mount(&server)
        .await;
    Mock::given(method("POST"))
        .and(body_partial_json(json!({"token": "3", "limit": 1})))
        .respond_with(page(&["c"], None))
        .mount(&server)
        .await;
    assert_eq!(ids(&Search::at(server.uri()).expect("search").await.expect("items")), "abc");
}

#[tokio::test]
async fn odd_answers_are_errors_or_left_out() {
    let server = MockServer::start().await;
    let round = page(&["a"], Some(json!({"rel": "next", "href": "search?limit=100"})));
    Mock::given(path("/round/search")).respond_with(round).mount(&server).await;
    let error = Search::at(format!("{}/round", server.uri())).expect("search").await.expect_err("round in circles");
    assert!(matches!(error, Error::PagingLoop { .. }), "{error}");
    Mock::given(path("/page/search")).respond_with(ResponseTemplate::new(200).set_body_string("<html>")).mount(&server).await;
    let error = Search::at(format!("{}/page", server.uri())).expect("search").await.expect_err("no items");
    assert!(matches!(error, Error::Decode { .. }), "{error}");
    let mut bad = item("b");
    bad["bbox"] = json!([1, 2]);
    let items = json!({"type": "FeatureCollection", "features": [item("a"), bad]});
    Mock::given(path("/bad/search"))
        .and(header("authorization", "Bearer hush"))
        .respond_with(ResponseTemplate::new(200).set_body_json(items))
        .mount(&server)
        .await;
    let search = Search::with_token(format!("{}/bad", server.uri()), "hush").expect("search");
    assert!(!format!("{search:?}").contains("hush"));
    let items = search.await.expect("items");
    assert_eq!((ids(&items).as_str(), items.refused()[0].to_string().starts_with("item \"b\", bbox")), ("a", true));
    assert!(Search::at("ftp://host").is_err());
}
