//! The object store: signatures, ranges, listings, uploads.

use http::Method;

use crate::client::{FIRST_ITEM, JOB, Reply, S3, SECOND_ITEM, World, folder};
use crate::scenarios::copy;

fn raster() -> String {
    format!("results/{JOB}/{JOB}/{FIRST_ITEM}/otsu.tif")
}

fn fixture(key: &str) -> Vec<u8> {
    std::fs::read(folder().join("s3").join(key)).unwrap()
}

/// The texts of all elements of that name.
fn elements<'a>(xml: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    xml.split(&open).skip(1).map(|rest| rest.split(&close).next().unwrap()).collect()
}

#[track_caller]
fn refused(reply: &Reply, status: u16, code: &str) {
    assert_eq!((reply.status, elements(reply.text(), "Code")), (status, vec![code]), "{}", reply.text());
}

#[test]
fn the_fixtures_have_the_documented_sizes() {
    assert_eq!(fixture(&raster()).len(), 406_547);
    assert_eq!(fixture(&format!("results/{JOB}/{JOB}/{FIRST_ITEM}/{FIRST_ITEM}.json")).len(), 3447);
    for item in [FIRST_ITEM, SECOND_ITEM] {
        let tiff = fixture(&format!("results/{JOB}/{JOB}/{item}/otsu.tif"));
        assert_eq!(&tiff[..4], b"II*\0", "{item}");
    }
}

#[tokio::test]
async fn an_object_is_what_the_scenario_holds() {
    let world = World::new();
    for host in [
        S3,
        "http://eoap-zoo-project-localstack.eoap-zoo-project:4566",
        "http://eoap-zoo-project-localstack.eoap-zoo-project.svc.cluster.local:4566",
    ] {
        let reply = world.s3(Method::GET, &format!("{host}/{}", raster()), &[], b"").await;
        assert_eq!(reply.status, 200);
        assert_eq!(reply.body, fixture(&raster()), "{host}");
        assert_eq!(reply.header("last-modified"), "Wed, 20 Aug 2025 13:42:57 GMT");
        assert_eq!(reply.header("content-length"), "406547");
        assert_eq!(reply.header("etag").len(), 34);
        assert_eq!(reply.header("accept-ranges"), "bytes");
    }
    let (bucket, key) = ("results", raster().split_once('/').unwrap().1.to_owned());
    let virtual_host = format!("http://{bucket}.eoap-zoo-project-localstack:4566/{key}");
    assert_eq!(world.s3(Method::GET, &virtual_host, &[], b"").await.body, fixture(&raster()));
    let head = world.s3(Method::HEAD, &format!("{S3}/{}", raster()), &[], b"").await;
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, "406547", 0));
}

#[tokio::test]
async fn only_the_right_signature_opens() {
    let world = World::new();
    let url = format!("{S3}/{}", raster());
    refused(&world.signed(Method::GET, &url, &[], b"", "wrong").await, 403, "SignatureDoesNotMatch");
    refused(&world.send(Method::GET, &url, &[], "").await, 403, "AccessDenied");
    let elsewhere = [("host", "eoap-zoo-project-localstack.eoap-zoo-project:4566")];
    refused(&world.s3(Method::GET, &url, &elsewhere, b"").await, 403, "SignatureDoesNotMatch");
}

#[tokio::test]
async fn a_public_bucket_is_read_by_anybody_and_written_by_nobody_else() {
    let scenario = copy("scenario.toml", "region = ", "public = [\"results\"]\nregion = ");
    let world = World::of(scenario.path());
    let url = format!("{S3}/{}", raster());
    let reply = world.send(Method::GET, &url, &[], "").await;
    assert_eq!((reply.status, reply.body.len()), (200, 406_547));
    assert_eq!(world.send(Method::GET, &format!("{S3}/results?list-type=2"), &[], "").await.status, 200);
    for method in [Method::PUT, Method::DELETE] {
        refused(&world.send(method, &url, &[], "mine").await, 403, "AccessDenied");
    }
    refused(&world.send(Method::GET, &format!("{S3}/other/object"), &[], "").await, 403, "AccessDenied");
}

#[tokio::test]
async fn what_is_not_there_has_a_name() {
    let world = World::new();
    refused(&world.s3(Method::GET, &format!("{S3}/results/nope"), &[], b"").await, 404, "NoSuchKey");
    refused(&world.s3(Method::GET, &format!("{S3}/nothing/nope"), &[], b"").await, 404, "NoSuchBucket");
    refused(&world.s3(Method::GET, &format!("{S3}/nothing?list-type=2"), &[], b"").await, 404, "NoSuchBucket");
    assert_eq!(world.s3(Method::HEAD, &format!("{S3}/results/nope"), &[], b"").await.status, 404);
}

#[tokio::test]
async fn ranges_are_cut_as_asked() {
    let world = World::new();
    let url = format!("{S3}/{}", raster());
    let whole = fixture(&raster());
    for (range, part, content_range) in [
        ("bytes=0-15", &whole[..16], "bytes 0-15/406547"),
        ("bytes=406500-", &whole[406_500..], "bytes 406500-406546/406547"),
        ("bytes=-47", &whole[406_500..], "bytes 406500-406546/406547"),
        ("bytes=406540-999999", &whole[406_540..], "bytes 406540-406546/406547"),
        ("bytes=-999999", &whole[..], "bytes 0-406546/406547"),
    ] {
        let reply = world.s3(Method::GET, &url, &[("range", range)], b"").await;
        assert_eq!((reply.status, reply.header("content-range")), (206, content_range), "{range}");
        assert_eq!(reply.body, part, "{range}");
    }
    refused(&world.s3(Method::GET, &url, &[("range", "bytes=406547-")], b"").await, 416, "InvalidRange");
}

#[tokio::test]
async fn the_documented_listing() {
    let world = World::new();
    let url = format!("{S3}/results?list-type=2&prefix={JOB}/{JOB}/{FIRST_ITEM}/");
    let reply = world.s3(Method::GET, &url, &[], b"").await;
    let xml = reply.text();
    let folder = format!("{JOB}/{JOB}/{FIRST_ITEM}");
    assert_eq!(elements(xml, "Key"), [format!("{folder}/{FIRST_ITEM}.json"), format!("{folder}/otsu.tif")]);
    assert_eq!(elements(xml, "Size"), ["3447", "406547"]);
    assert_eq!(elements(xml, "LastModified"), ["2025-08-20T13:42:57.000Z"; 2]);
    assert_eq!(elements(xml, "KeyCount"), ["2"]);
    assert_eq!(elements(xml, "IsTruncated"), ["false"]);
}

#[tokio::test]
async fn a_listing_has_folders_and_pages() {
    let world = World::new();
    let mut url = format!("{S3}/results?delimiter=/&list-type=2&max-keys=1&prefix={JOB}/");
    let first = world.s3(Method::GET, &url, &[], b"").await;
    assert_eq!(elements(first.text(), "IsTruncated"), ["true"]);
    assert_eq!(elements(first.text(), "CommonPrefixes"), [format!("<Prefix>{JOB}/{JOB}/</Prefix>")]);
    let token = elements(first.text(), "NextContinuationToken")[0];
    url += &format!("&continuation-token={token}");
    let second = world.s3(Method::GET, &url, &[], b"").await;
    assert_eq!(elements(second.text(), "Key"), [format!("{JOB}/catalog.json")]);
    assert_eq!(elements(second.text(), "IsTruncated"), ["false"]);
    let buckets = world.s3(Method::GET, &format!("{S3}/"), &[], b"").await;
    assert_eq!(elements(buckets.text(), "Name"), ["results"]);
    let old = world.s3(Method::GET, &format!("{S3}/results?prefix={JOB}/catalog"), &[], b"").await;
    assert_eq!(elements(old.text(), "Key"), [format!("{JOB}/catalog.json")]);
}

#[tokio::test]
async fn what_is_uploaded_can_be_read_and_deleted() {
    let world = World::new();
    let url = format!("{S3}/results/mine/note.txt");
    let put = world.s3(Method::PUT, &url, &[("content-type", "text/plain")], b"hello").await;
    assert_eq!((put.status, put.header("etag")), (200, "\"5d41402abc4b2a76b9719d911017c592\""));
    let get = world.s3(Method::GET, &url, &[], b"").await;
    assert_eq!((get.text(), get.header("content-type")), ("hello", "text/plain"));
    assert_eq!(world.s3(Method::DELETE, &url, &[], b"").await.status, 204);
    refused(&world.s3(Method::GET, &url, &[], b"").await, 404, "NoSuchKey");
    refused(&world.s3(Method::PUT, &format!("{S3}/nothing/a"), &[], b"x").await, 404, "NoSuchBucket");
}
