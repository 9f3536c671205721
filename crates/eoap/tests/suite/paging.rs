//! Lists that a server cuts into pages, as ZOO-Project (`skip`) and pygeoapi (`offset`) do it.

use eoap::{Client, Error, Status};
use futures_util::{Stream, StreamExt};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path, query_param, query_param_is_missing},
};

fn client(server: &MockServer) -> Client {
    Client::new(format!("{}/acme/ogc-api", server.uri())).expect("client")
}

/// Answers with a part of `ids`, two at a time unless `limit` says otherwise; `next` makes the link to the
/// next page.
fn pages(ids: &'static [&'static str], member: &'static str, next: fn(usize, usize) -> Value) -> impl wiremock::Respond {
    move |request: &Request| {
        let query: std::collections::HashMap<_, _> = request.url.query_pairs().into_owned().collect();
        let number = |name: &str, default| query.get(name).map_or(default, |text| text.parse().expect("a number"));
        let (limit, skip): (usize, usize) = (number("limit", 2), number("skip", 0));
        let name = if member == "jobs" { "jobID" } else { "id" };
        let page: Vec<Value> = ids.iter().skip(skip).take(limit).map(|id| json!({name: id, "status": "running"})).collect();
        let mut links = vec![json!({"rel": "self", "href": request.url.as_str()})];
        if skip + limit < ids.len() {
            links.push(next(limit, skip + limit));
        }
        if skip > 0 {
            links.push(json!({"rel": "prev", "href": "?skip=0"}));
        }
        ResponseTemplate::new(200).set_body_json(json!({member: page, "links": links, "numberTotal": ids.len()}))
    }
}

fn relative(limit: usize, skip: usize) -> Value {
    json!({"rel": "http://www.opengis.net/def/rel/iana/1.0/next", "href": format!("?limit={limit}&skip={skip}")})
}

async fn server(member: &'static str, ids: &'static [&'static str]) -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("GET"))
        .and(path(format!("/acme/ogc-api/{member}")))
        .respond_with(pages(ids, member, relative))
        .mount(&server)
        .await;
    server
}

#[tokio::test]
async fn first_page_all_pages_and_one_by_one() {
    let server = server("processes", &["a", "b", "c", "d", "e"]).await;
    let client = client(&server);
    let ids = |list: &eoap::ProcessList| list.processes.iter().map(|process| process.id.clone()).collect::<String>();

    let first = client.processes().await.expect("first page");
    assert_eq!((ids(&first).as_str(), first.number_total()), ("ab", Some(5)));
    assert!(first.link("next").is_some());
    assert_eq!(ids(&client.processes().limit(4).await.expect("first page")), "abcd");

    let all = client.processes().limit(2).all().await.expect("all pages");
    assert_eq!((ids(&all).as_str(), all.number_total()), ("abcde", Some(5)));
    assert!(all.link("next").is_none() && all.link("self").is_some());

    let mut stream = client.processes().limit(3).stream();
    let mut seen = String::new();
    while let Some(process) = stream.next().await {
        seen += &process.expect("process").id;
    }
    assert_eq!(seen, "abcde");
    assert!(stream.next().await.is_none());
}

#[tokio::test]
async fn stream_asks_for_a_page_when_it_needs_one() {
    let server = server("jobs", &["1", "2", "3", "4", "5"]).await;
    let mut stream = client(&server).jobs().limit(2).stream();
    assert!(server.received_requests().await.expect("requests").is_empty());
    for _ in 0..2 {
        stream.next().await.expect("a job").expect("a job");
    }
    assert_eq!(server.received_requests().await.expect("requests").len(), 1);
    // It is a stream like any other, and can be sent to another task.
    fn is_stream<S: Stream + Send + Unpin + 'static>(_: &S) {}
    is_stream(&stream);
    let rest: Vec<_> = tokio::spawn(StreamExt::collect(stream)).await.expect("task");
    assert_eq!(rest.len(), 3);
}

#[tokio::test]
async fn pages_that_go_in_circles_are_an_error() {
    let server = MockServer::start().await;
    let circle = |_: usize, _: usize| json!({"rel": "next", "href": "/acme/ogc-api/jobs?limit=2&skip=0"});
    Mock::given(path("/acme/ogc-api/jobs")).respond_with(pages(&["1", "2", "3"], "jobs", circle)).mount(&server).await;
    let error = client(&server).jobs().all().await.expect_err("a circle");
    assert!(matches!(&error, Error::PagingLoop { url } if url.ends_with("skip=0")), "{error}");
    let mut stream = client(&server).jobs().stream();
    let mut outcomes = Vec::new();
    while let Some(outcome) = stream.next().await {
        outcomes.push(outcome.is_ok());
    }
    assert_eq!(outcomes, [true, true, true, true, false]);
}

#[tokio::test]
async fn empty_page_ends_the_list_whatever_it_links_to() {
    let server = MockServer::start().await;
    let page = |request: &Request| {
        let skip =
            request.url.query_pairs().find(|(name, _)| name == "skip").map_or(0, |(_, skip)| skip.parse().expect("number"));
        let jobs = if skip == 0 { json!([{"jobID": "1", "status": "failed"}]) } else { json!([]) };
        let next = json!([{"rel": "next", "href": format!("?skip={}", skip + 1)}]);
        ResponseTemplate::new(200).set_body_json(json!({"jobs": jobs, "links": next}))
    };
    Mock::given(path("/acme/ogc-api/jobs")).respond_with(page).expect(2).mount(&server).await;
    assert_eq!(client(&server).jobs().all().await.expect("jobs").jobs.len(), 1);
}

#[tokio::test]
async fn error_on_a_later_page_is_told_after_what_came_before() {
    let server = MockServer::start().await;
    Mock::given(path("/acme/ogc-api/processes"))
        .and(query_param_is_missing("skip"))
        .respond_with(pages(&["a", "b", "c"], "processes", relative))
        .mount(&server)
        .await;
    Mock::given(query_param("skip", "2")).respond_with(ResponseTemplate::new(500).set_body_string("oops")).mount(&server).await;
    let mut stream = client(&server).processes().stream();
    let mut outcomes = Vec::new();
    while let Some(outcome) = stream.next().await {
        outcomes.push(outcome.map(|process| process.id).map_err(|error| error.http_status()));
    }
    assert_eq!(outcomes, [Ok("a".to_owned()), Ok("b".to_owned()), Err(Some(500))]);
}

/// A list of processes as pygeoapi cuts it: ten by default, or as many as requested, without a link to the
/// rest.
#[tokio::test]
async fn all_is_all_where_pages_are_cut_without_a_link() {
    const IDS: [&str; 11] = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k"];
    let server = MockServer::start().await;
    let page = |request: &Request| {
        let limit =
            request.url.query_pairs().find(|(name, _)| name == "limit").map_or(10, |(_, limit)| limit.parse().expect("n"));
        let processes: Vec<Value> = IDS.iter().take(limit).map(|id| json!({"id": id})).collect();
        ResponseTemplate::new(200).set_body_json(json!({"processes": processes, "links": []}))
    };
    Mock::given(path("/acme/ogc-api/processes")).respond_with(page).mount(&server).await;
    let all = client(&server).processes().all().await.expect("processes");
    assert_eq!(all.processes.iter().map(|process| process.id.as_str()).collect::<Vec<_>>(), IDS);
    let streamed: Vec<_> = client(&server).processes().stream().map(|process| process.expect("process").id).collect().await;
    assert_eq!(streamed, IDS);
    assert_eq!(server.received_requests().await.expect("requests").len(), 4);
    // Who asks for few gets few.
    assert_eq!(client(&server).processes().limit(3).all().await.expect("processes").processes.len(), 3);
}

#[tokio::test]
async fn server_that_gives_no_long_pages_has_given_all() {
    let server = MockServer::start().await;
    Mock::given(query_param_is_missing("limit"))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"jobs": [{"jobID": "1", "status": "running"}]})))
        .mount(&server)
        .await;
    Mock::given(query_param("limit", "1000"))
        .respond_with(ResponseTemplate::new(422).set_body_string("at most 100"))
        .expect(1)
        .mount(&server)
        .await;
    assert_eq!(client(&server).jobs().all().await.expect("jobs").jobs.len(), 1);
}

#[tokio::test]
async fn filters_that_a_server_ignores_are_kept_here() {
    let server = MockServer::start().await;
    let job = |id: &str, status: &str| json!({"jobID": id, "status": status, "processID": "water-bodies", "type": "process"});
    let jobs = json!({"jobs": [job("1", "failed"), job("2", "successful"), job("3", "FAILED")], "numberTotal": 3});
    Mock::given(path("/acme/ogc-api/jobs")).respond_with(ResponseTemplate::new(200).set_body_json(jobs)).mount(&server).await;
    let ids = |list: &eoap::JobList| list.jobs.iter().map(|job| job.id().expect("id").to_owned()).collect::<String>();
    let failed = || client(&server).jobs().status("failed").process_id(["water-bodies", "other"]);
    assert_eq!(ids(&failed().all().await.expect("jobs")), "13");
    assert_eq!(ids(&failed().await.expect("jobs")), "13");
    let streamed: Vec<_> = failed().stream().map(|job| job.expect("job").job_id.expect("id")).collect().await;
    assert_eq!(streamed, ["1", "3"]);
    assert!(client(&server).jobs().process_id("other").all().await.expect("jobs").jobs.is_empty());
}

#[tokio::test]
async fn filters_go_with_the_request_and_stay_with_the_server() {
    let server = MockServer::start().await;
    Mock::given(path("/acme/ogc-api/jobs"))
        .and(query_param("processID", "water-bodies"))
        .and(query_param("status", "running,failed"))
        .and(query_param("datetime", "2024-10-22T00:00:00Z/.."))
        .respond_with(ResponseTemplate::new(200).set_body_json(json!({"jobs": [], "links": []})))
        .expect(1)
        .mount(&server)
        .await;
    let jobs = client(&server)
        .jobs()
        .process_id("water-bodies")
        .status([Status::Running, Status::Failed])
        .datetime("2024-10-22T00:00:00Z"..)
        .await
        .expect("jobs");
    assert!(jobs.jobs.is_empty());
}
