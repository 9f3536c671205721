//! Rasters on all kinds of HTTP servers: answers are verified, and temporary failures are retried.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering::SeqCst},
};

use eoap::{Error, Raster};
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

const FILE: &[u8] = include_bytes!("../data/overviews.tif");

/// How a server answers a request for a range, from 0 to before the end, the `count`th one.
type Manner = fn(start: usize, end: usize, count: usize, request: &Request) -> ResponseTemplate;

struct Server {
    manner: Manner,
    count: Arc<AtomicUsize>,
}

impl Respond for Server {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let range = request.headers["range"].to_str().expect("text").strip_prefix("bytes=").expect("bytes").to_owned();
        let (start, last) = range.split_once('-').expect("a range");
        let number = |text: &str| text.parse::<usize>().expect("a number");
        (self.manner)(number(start), (number(last) + 1).min(FILE.len()), self.count.fetch_add(1, SeqCst), request)
    }
}

fn ranged(start: usize, end: usize) -> ResponseTemplate {
    ResponseTemplate::new(206)
        .insert_header("Content-Range", format!("bytes {start}-{}/{}", end - 1, FILE.len()))
        .set_body_bytes(&FILE[start..end])
}

async fn read(manner: Manner) -> eoap::Result<Vec<u8>> {
    let server = MockServer::start().await;
    Mock::given(wiremock::matchers::any()).respond_with(Server { manner, count: Arc::default() }).mount(&server).await;
    let raster = Raster::open_http(format!("{}/overviews.tif", server.uri())).await?;
    let all = raster.read::<u8>().await?;
    let small = raster.read::<u8>().shape(8, 8).await?;
    Ok(all.iter().chain(small.iter()).copied().collect())
}

async fn expected() -> Vec<u8> {
    let raster = Raster::open_bytes(FILE).await.expect("raster");
    let (all, small) = (raster.read::<u8>().await.expect("all"), raster.read::<u8>().shape(8, 8).await.expect("small"));
    all.iter().chain(small.iter()).copied().collect()
}

#[tokio::test]
async fn honest_servers_give_the_right_pixels() {
    let manners: [(&str, Manner); 4] = [
        ("plain", |start, end, _, _| ranged(start, end)),
        // Blocks of its own, wider than what was asked for.
        ("aligned", |start, end, _, _| ranged(start / 1000 * 1000, end.next_multiple_of(1000).min(FILE.len()))),
        ("whole", |_, _, _, _| ResponseTemplate::new(200).set_body_bytes(FILE)),
        ("with a validator", |start, end, count, request| {
            assert_eq!(request.headers.get("if-match").is_some(), count > 0);
            ranged(start, end).insert_header("ETag", "\"1\"")
        }),
    ];
    for (name, manner) in manners {
        assert_eq!(read(manner).await.expect(name), expected().await, "{name}");
    }
}

#[tokio::test]
async fn what_passes_is_tried_again() {
    let manners: [(&str, Manner); 4] = [
        ("busy", |start, end, count, _| if count % 3 < 2 { ResponseTemplate::new(503) } else { ranged(start, end) }),
        ("too many requests", |start, end, count, _| match count % 2 {
            0 => ResponseTemplate::new(429).insert_header("Retry-After", "0"),
            _ => ranged(start, end),
        }),
        ("gateway", |start, end, count, _| if count == 1 { ResponseTemplate::new(502) } else { ranged(start, end) }),
        // Fewer bytes than it says.
        ("short", |start, end, count, _| match count % 2 {
            0 => ranged(start, end).set_body_bytes(&FILE[start..end - 1]),
            _ => ranged(start, end),
        }),
    ];
    for (name, manner) in manners {
        assert_eq!(read(manner).await.expect(name), expected().await, "{name}");
    }
    let error = read(|_, _, _, _| ResponseTemplate::new(503)).await.expect_err("busy for ever");
    assert!(matches!(error, Error::RetriesExhausted { attempts: 4, .. }) && error.http_status() == Some(503), "{error}");
}

#[tokio::test]
async fn wrong_bytes_are_no_pixels() {
    let manners: [(&str, Manner, &str); 5] = [
        (
            "another part",
            |start, end, count, _| if count == 0 { ranged(start, end) } else { ranged(0, end - start) },
            "answered with",
        ),
        ("no range", |start, end, _, _| ResponseTemplate::new(206).set_body_bytes(&FILE[start..end]), "Content-Range"),
        (
            "another file",
            |start, end, count, _| ranged(start, end).insert_header("ETag", format!("\"{}\"", count.min(1))),
            "was replaced",
        ),
        (
            "another size",
            |start, end, count, _| match count {
                0 => ranged(start, end),
                _ => ranged(start, end).insert_header("Content-Range", format!("bytes {start}-{}/{}", end - 1, FILE.len() + 1)),
            },
            "was replaced",
        ),
        (
            "precondition",
            |start, end, count, _| match count {
                0 => ranged(start, end).insert_header("ETag", "\"1\""),
                _ => ResponseTemplate::new(412),
            },
            "was replaced",
        ),
    ];
    for (name, manner, words) in manners {
        let error = read(manner).await.expect_err(name).to_string();
        assert!(error.contains(words), "{name}: {error}");
    }
    let empty = read(|_, _, _, _| ResponseTemplate::new(416).insert_header("Content-Range", "bytes */0")).await;
    assert!(matches!(empty, Err(Error::Raster { .. })));
}

#[tokio::test]
async fn passwords_of_addresses_are_in_no_message() {
    let server = MockServer::start().await;
    let address = server.uri().replace("http://", "http://me:hush@");
    let error = Raster::open_http(format!("{address}/none.tif?sig=hush")).await.expect_err("404").to_string();
    assert!(error.contains("/none.tif") && !error.contains("hush"), "{error}");
    Mock::given(wiremock::matchers::any())
        .respond_with(Server { manner: |start, end, _, _| ranged(start, end), count: Arc::default() })
        .mount(&server)
        .await;
    let raster = Raster::open_http(format!("{address}/x.tif")).await.expect("raster");
    assert!(!raster.name().contains("hush") && !format!("{raster:?}").contains("hush"));
}
