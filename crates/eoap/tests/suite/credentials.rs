//! Credentials: every request to the server has them, they are renewed in time, and they go nowhere else.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use eoap::{Client, ClientBuilder, Error, Execution, ProblemKind, Token};
use futures_util::future::join_all;
use serde_json::json;

use crate::server::{Heard, Reply, Server};

fn landing() -> Reply {
    Reply::json(200, &json!({"links": []}))
}

fn authorization(heard: &Heard) -> &str {
    heard.headers.get("authorization").map_or("", String::as_str)
}

/// A builder whose tokens are t1, t2, …, and how many there were.
fn counting(server: &Server, lifetime: Option<Duration>) -> (ClientBuilder, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let counter = calls.clone();
    let builder = Client::builder(server.url()).token_provider(move || {
        let counter = counter.clone();
        async move {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let token = Token::new(format!("t{}", counter.fetch_add(1, SeqCst) + 1));
            Ok::<_, std::io::Error>(match lifetime {
                Some(lifetime) => token.expires_in(lifetime),
                None => token,
            })
        }
    });
    (builder, calls)
}

#[tokio::test]
async fn every_kind_of_credentials_arrives() {
    let server = Server::start(|_, _| landing()).await;
    let client = |set: fn(ClientBuilder) -> ClientBuilder| set(Client::builder(server.url())).build().expect("client");
    client(|builder| builder.bearer("t")).landing_page().await.expect("landing page");
    client(|builder| builder.basic("me", "s@cret")).landing_page().await.expect("landing page");
    client(|builder| builder.header_auth("X-API-Key", "k")).landing_page().await.expect("landing page");
    let heard = server.requests();
    assert_eq!(authorization(&heard[0]), "Bearer t");
    assert_eq!(authorization(&heard[1]), "Basic bWU6c0BjcmV0");
    assert_eq!((authorization(&heard[2]), heard[2].headers["x-api-key"].as_str()), ("", "k"));
}

#[tokio::test]
async fn token_is_kept_and_renewed_shortly_before_its_end() {
    let server = Server::start(|_, _| landing()).await;
    let (builder, calls) = counting(&server, Some(Duration::from_millis(1500)));
    let client = builder.build().expect("client");
    for outcome in join_all((0..20).map(|_| client.landing_page())).await {
        outcome.expect("landing page");
    }
    assert_eq!(calls.load(SeqCst), 1);
    // After four fifths of its time the token is still valid, but it is renewed.
    tokio::time::sleep(Duration::from_millis(1250)).await;
    client.landing_page().await.expect("landing page");
    assert_eq!(calls.load(SeqCst), 2);
    assert_eq!(authorization(&server.requests()[20]), "Bearer t2");
}

#[tokio::test]
async fn refused_token_is_renewed_once_however_many_requests_had_it() {
    // All requests with the first token are refused together.
    let server = Server::start(|heard, _| match authorization(heard) {
        "Bearer t1" => Reply::new(401, "who?").after(Duration::from_millis(50)),
        _ => landing(),
    })
    .await;
    let (builder, calls) = counting(&server, None);
    let client = builder.build().expect("client");
    for outcome in join_all((0..20).map(|_| client.landing_page())).await {
        outcome.expect("landing page");
    }
    assert_eq!((calls.load(SeqCst), server.count()), (2, 40));
}

#[tokio::test]
async fn refused_execution_is_not_repeated_but_the_next_one_has_a_new_token() {
    let server = Server::start(|heard, _| match authorization(heard) {
        "Bearer t1" => Reply::new(401, "who?"),
        _ => Reply::json(201, &json!({"jobID": "1", "status": "running"})),
    })
    .await;
    let (builder, _) = counting(&server, None);
    let client = builder.build().expect("client");
    let error = client.execute("p", Execution::new()).await.expect_err("refused");
    assert_eq!((error.http_status(), error.problem_kind()), (Some(401), Some(ProblemKind::NotAllowed)));
    assert!(error.to_string().contains("give credentials"), "{error}");
    assert_eq!(server.count(), 1);
    client.execute("p", Execution::new()).await.expect("job");
    assert_eq!(server.count(), 2);
}

#[tokio::test]
async fn server_that_refuses_every_token_is_asked_twice() {
    let server = Server::start(|_, _| Reply::new(401, "no")).await;
    let (builder, calls) = counting(&server, None);
    let error = builder.build().expect("client").landing_page().await.expect_err("refused");
    assert!(matches!(error, Error::Http { status: 401, .. }), "{error}");
    assert_eq!((calls.load(SeqCst), server.count()), (2, 2));
}

#[tokio::test]
async fn provider_that_fails_or_hangs_is_named_and_nothing_is_sent() {
    let server = Server::start(|_, _| landing()).await;
    let fails = || async { Err::<Token, _>("the identity provider is down") };
    let client = Client::builder(server.url()).token_provider(fails).build().expect("client");
    let error = client.landing_page().await.expect_err("no token");
    assert!(matches!(error, Error::Token { .. }) && error.to_string().contains("provider is down"), "{error}");
    let hangs = || std::future::pending::<Result<Token, std::io::Error>>();
    let limit = Duration::from_millis(100);
    let client = Client::builder(server.url()).token_provider(hangs).timeout(limit).build().expect("client");
    let error = client.landing_page().await.expect_err("no token");
    assert!(matches!(error, Error::Deadline { attempts: 0, .. }) && error.to_string().contains("no token in time"), "{error}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn no_credentials_reach_another_origin() {
    for set in [
        (|builder| builder.bearer("hush")) as fn(ClientBuilder) -> ClientBuilder,
        |builder| builder.basic("me", "hush"),
        |builder| builder.header_auth("X-API-Key", "hush"),
        |builder| builder.token_provider(|| async { Ok::<_, std::io::Error>(Token::new("hush")) }),
    ] {
        let other = Server::start(|_, _| landing()).await;
        // A user in the redirect itself must not be made into credentials either.
        let target = other.url().replace("http://", "http://me:hush@");
        let server = Server::start(move |_, _| Reply::new(302, "").header("Location", target.clone())).await;
        let client = set(Client::builder(server.url())).build().expect("client");
        client.landing_page().await.expect("landing page");
        let heard = &other.requests()[0];
        assert!(!heard.headers.contains_key("authorization") && !heard.headers.contains_key("x-api-key"), "{heard:?}");
        assert!(!heard.headers.values().any(|value| value.contains("hush")), "{heard:?}");
        let error = client.execute("p", Execution::new()).await.expect_err("redirected");
        let text = format!("{error} {error:?}");
        assert!(matches!(error, Error::Redirect { .. }) && text.contains(&other.url()) && !text.contains("hush"), "{text}");
        assert_eq!(other.count(), 1);
    }
}

#[tokio::test]
async fn credentials_come_back_with_the_own_origin() {
    let (sender, receiver) = std::sync::mpsc::channel::<String>();
    let receiver = Mutex::new(receiver);
    let server = Server::start(move |heard, _| match heard.path.as_str() {
        "/" => Reply::new(302, "").header("Location", receiver.lock().expect("lock").recv().expect("address")),
        _ => landing(),
    })
    .await;
    let back = format!("{}/home", server.url());
    let other = Server::start(move |_, _| Reply::new(302, "").header("Location", back.clone())).await;
    sender.send(other.url()).expect("receiver");
    let client = Client::builder(server.url()).bearer("t").build().expect("client");
    client.landing_page().await.expect("landing page");
    assert_eq!(authorization(&server.requests()[1]), "Bearer t");
}
