//! How long a request lasts: attempts, deadlines, limits, and what is left of it after it was dropped.

use std::{
    sync::Arc,
    time::{Duration, Instant, SystemTime},
};

use eoap::{Client, Error, Execution, Retry};
use futures_util::future::join_all;
use serde_json::json;
use tokio::time::{sleep, timeout};

use crate::server::{Reply, Server};

fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

fn landing() -> Reply {
    Reply::json(200, &json!({"links": []}))
}

fn quick() -> Retry {
    Retry::default().first_delay(ms(2))
}

/// Waits until something is so, which must not take long.
async fn soon(what: &str, is_so: impl Fn() -> bool) {
    let waiting = async {
        while !is_so() {
            sleep(ms(2)).await;
        }
    };
    timeout(Duration::from_secs(3), waiting).await.unwrap_or_else(|_| panic!("{what} does not happen"));
}

#[tokio::test]
async fn retry_after_may_be_a_date() {
    let server = Server::start(|_, number| {
        let now = chrono::DateTime::<chrono::Utc>::from(SystemTime::now());
        let date = |seconds| (now + chrono::TimeDelta::seconds(seconds)).format("%a, %d %b %Y %H:%M:%S GMT").to_string();
        match number {
            1 => Reply::new(503, "busy").header("Date", date(0)).header("Retry-After", date(1)),
            _ => landing(),
        }
    })
    .await;
    let begin = Instant::now();
    let client = Client::builder(server.url()).retry(quick()).build().expect("client");
    client.landing_page().await.expect("landing page");
    assert!(begin.elapsed() >= Duration::from_secs(1) && server.count() == 2);
}

#[tokio::test]
async fn server_that_asks_for_too_much_time_is_not_waited_for() {
    let server = Server::start(|_, _| Reply::new(429, "busy").header("Retry-After", "120")).await;
    let client = Client::builder(server.url()).timeout(Duration::from_secs(60)).build().expect("client");
    let error = client.landing_page().await.expect_err("busy");
    assert!(matches!(&error, Error::RetryAfter { asked, .. } if asked.as_secs() == 120), "{error}");
    assert_eq!(error.http_status(), Some(429));
    let text = error.to_string();
    assert!(text.contains("asks to wait 120s") && text.contains("was answered 429") && text.contains("60.0s left"), "{text}");
}

#[tokio::test]
async fn deadline_counts_all_attempts_and_keeps_the_last_cause() {
    let server = Server::start(|_, _| Reply::new(503, "restarting").after(ms(40))).await;
    let retry = quick().attempts(1000).max_delay(ms(10));
    let client = Client::builder(server.url()).timeout(ms(300)).retry(retry).build().expect("client");
    let begin = Instant::now();
    match client.landing_page().await.expect_err("503 for ever") {
        error @ Error::Deadline { .. } => {
            let text = error.to_string();
            assert!(text.contains("not answered within 300ms") && text.contains("restarting"), "{text}");
        }
        error => panic!("{error}"),
    }
    assert!(begin.elapsed() < Duration::from_secs(3) && server.count() > 1);
}

#[tokio::test]
async fn time_in_the_own_queue_does_not_count() {
    let server = Server::start(|_, _| landing().after(ms(60))).await;
    let client = Client::builder(server.url()).connections(1).timeout(ms(500)).build().expect("client");
    let begin = Instant::now();
    for outcome in join_all((0..12).map(|_| client.landing_page())).await {
        outcome.expect("landing page");
    }
    assert!(begin.elapsed() > ms(700));
    assert_eq!((server.count(), server.most_active()), (12, 1));
}

#[tokio::test]
async fn limits_that_never_end_are_no_trouble() {
    let server = Server::start(|_, _| landing()).await;
    let builder = Client::builder(server.url()).timeout(Duration::MAX).connections(usize::MAX).max_answer(usize::MAX);
    builder.build().expect("client").landing_page().await.expect("landing page");
    let error = Client::builder(server.url()).connections(0).build().expect_err("nothing can be sent");
    assert!(matches!(error, Error::Setup { .. }), "{error}");
}

#[tokio::test]
async fn answer_of_the_largest_size_is_read_and_a_larger_one_is_not() {
    let body = json!({"links": [], "padding": "x".repeat(100_000)}).to_string();
    let size = body.len();
    let server = Server::start(move |heard, _| match heard.path.as_str() {
        "/x/" => Reply::new(200, body.clone()),
        // Without a length in advance, the size shows only on the way.
        "/chunked/" => {
            Reply::new(200, format!("{size:x}\r\n{body}\r\n0\r\n\r\n")).header("Transfer-Encoding", "chunked").without_length()
        }
        _ => Reply::new(500, body.clone()),
    })
    .await;
    let landing_page = async |path: &str, limit| {
        let client = Client::builder(format!("{}/{path}", server.url())).max_answer(limit).build().expect("client");
        client.landing_page().await
    };
    for path in ["x", "chunked"] {
        landing_page(path, size).await.expect("as large as allowed");
        match landing_page(path, size - 1).await.expect_err("too large") {
            Error::TooLarge { limit, .. } => assert_eq!(limit, size - 1),
            error => panic!("{error}"),
        }
    }
    // The status matters more than the length of its body.
    assert!(matches!(landing_page("error", 10).await, Err(Error::Http { status: 500, .. })));
}

#[tokio::test]
async fn requests_that_only_read_share_a_connection_and_executions_have_their_own() {
    let server = Server::start(|heard, _| match heard.method.as_str() {
        "POST" => Reply::json(201, &json!({"jobID": "1", "status": "running"})),
        _ => landing(),
    })
    .await;
    let client = Client::new(server.url()).expect("client");
    for _ in 0..5 {
        client.landing_page().await.expect("landing page");
    }
    assert_eq!(server.most_open(), 1);
    // A connection that the server may be about to close is nothing for a request that is sent once.
    client.execute("p", Execution::new()).await.expect("job");
    assert_eq!(server.most_open(), 2);
    soon("the end of the own connection", || server.open() == 1).await;
}

#[tokio::test]
async fn dropped_request_closes_its_connection_and_sends_nothing_more() {
    let silent = Server::start(|_, _| Reply::silence()).await;
    let client = Client::builder(silent.url()).retry(quick()).build().expect("client");
    for number in 1..=2 {
        let task = tokio::spawn({
            let client = client.clone();
            async move {
                match number {
                    1 => drop(client.landing_page().await),
                    _ => drop(client.execute("p", Execution::new()).await),
                }
            }
        });
        soon("the request", || silent.count() == number).await;
        assert_eq!(silent.open(), 1);
        task.abort();
        soon("the end of the connection", || silent.open() == 0).await;
    }
    sleep(ms(50)).await;
    assert_eq!(silent.count(), 2);
}

#[tokio::test]
async fn dropped_pause_and_dropped_wait_send_nothing_more() {
    let server = Server::start(|heard, _| match heard.path.as_str() {
        "/" => Reply::new(503, "busy"),
        _ => Reply::json(200, &json!({"jobID": "1", "status": "running"})),
    })
    .await;
    let retry = Retry::default().attempts(1000).first_delay(ms(50)).max_delay(ms(50));
    let client = Client::builder(server.url()).retry(retry).build().expect("client");
    assert!(timeout(ms(120), client.landing_page()).await.is_err());
    assert!(timeout(ms(120), client.job("1").wait().every(ms(20))).await.is_err());
    // What was sent before the end may still be on its way.
    sleep(ms(30)).await;
    let count = server.count();
    assert!(count >= 2);
    sleep(ms(150)).await;
    assert_eq!(server.count(), count);
}

#[tokio::test]
async fn dropped_requests_leave_the_queue() {
    let server = Server::start(|heard, _| if heard.path == "/" { Reply::silence() } else { landing() }).await;
    let client = Client::builder(server.url()).connections(2).build().expect("client");
    let hopeless = client.clone();
    let task = tokio::spawn(async move { join_all((0..20).map(|_| hopeless.landing_page())).await });
    soon("two requests", || server.count() == 2).await;
    task.abort();
    timeout(Duration::from_secs(3), client.conformance()).await.expect("no queue").expect_err("no conformance declaration");
    assert_eq!(server.count(), 3);
}

#[test]
fn clients_and_their_futures_go_to_other_threads() {
    fn shareable<T: Send + Sync + Clone>(_: &T) {}
    fn sendable<T: Send>(_: T) {}
    let client = Client::new("http://host/api").expect("client");
    shareable(&client);
    sendable(client.landing_page());
    sendable(Arc::new(client.clone()).execute("p", Execution::new()));
    sendable(client.job("1").wait().into_future());
}
