//! The object store as clients write to it: buckets, copies, uploads in parts, metadata and tags.

use eoap_testbed::{Scenario, Testbed};
use http::Method;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{
    Attribute, Attributes, GetOptions, MultipartUpload, ObjectStore, ObjectStoreExt, PutMultipartOptions, PutOptions, TagSet,
};

use crate::client::{S3, World, folder};

fn store(testbed: &Testbed, bucket: &str) -> AmazonS3 {
    // The first one decides. All of them do the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let environment = testbed.environment();
    AmazonS3Builder::new()
        .with_endpoint(testbed.s3_url())
        .with_allow_http(true)
        .with_region(&environment["AWS_REGION"])
        .with_access_key_id(&environment["AWS_ACCESS_KEY_ID"])
        .with_secret_access_key(&environment["AWS_SECRET_ACCESS_KEY"])
        .with_bucket_name(bucket)
        .build()
        .unwrap()
}

fn attributes() -> Attributes {
    Attributes::from_iter([
        (Attribute::ContentType, "text/plain"),
        (Attribute::CacheControl, "max-age=60"),
        (Attribute::Metadata("station".into()), "Oroville"),
    ])
}

#[tokio::test]
async fn large_objects_come_in_parts_and_keep_what_was_said_of_them() {
    let world = World::new();
    let store = store(&world.testbed, "results");
    let path = Path::from("large/file.txt");
    let options = PutMultipartOptions { attributes: attributes(), ..PutMultipartOptions::default() };
    let mut upload = store.put_multipart_opts(&path, options).await.unwrap();
    let part = |letter: u8, length: usize| vec![letter; length];
    for bytes in [part(b'a', 5 << 20), part(b'b', 6 << 20), part(b'c', 17)] {
        upload.put_part(bytes.into()).await.unwrap();
    }
    let stored = upload.complete().await.unwrap();
    assert!(stored.e_tag.unwrap().ends_with("-3\""));
    let copy = Path::from("large/copy.txt");
    store.copy(&path, &copy).await.unwrap();
    for path in [path, copy] {
        let found = store.get_opts(&path, GetOptions::default()).await.unwrap();
        assert_eq!(found.attributes.get(&Attribute::Metadata("station".into())).unwrap().as_ref(), "Oroville");
        assert_eq!(found.attributes.get(&Attribute::CacheControl).unwrap().as_ref(), "max-age=60");
        assert_eq!(found.attributes.get(&Attribute::ContentType).unwrap().as_ref(), "text/plain");
        let bytes = found.bytes().await.unwrap();
        assert_eq!(bytes.len(), (11 << 20) + 17);
        assert_eq!((bytes[0], bytes[5 << 20], bytes[11 << 20]), (b'a', b'b', b'c'));
    }
    let mut aborted = store.put_multipart(&Path::from("never")).await.unwrap();
    aborted.put_part(part(b'a', 10).into()).await.unwrap();
    aborted.abort().await.unwrap();
    let reply = world.s3(Method::GET, &format!("{S3}/results?uploads="), &[], b"").await;
    assert!(reply.status == 200 && !reply.text().contains("<Upload>"), "{}", reply.text());
}

#[tokio::test]
async fn objects_have_tags() {
    let world = World::new();
    let mut tags = TagSet::default();
    tags.push("project", "water & land");
    let path = Path::from("tagged");
    store(&world.testbed, "results").put_opts(&path, "x".into(), PutOptions { tags, ..PutOptions::default() }).await.unwrap();
    let url = format!("{S3}/results/tagged?tagging=");
    let listed = world.s3(Method::GET, &url, &[], b"").await;
    assert!(listed.text().contains("<Key>project</Key><Value>water &amp; land</Value>"), "{}", listed.text());
    let put =
        world.s3(Method::PUT, &url, &[], b"<Tagging><TagSet><Tag><Key>a</Key><Value>1</Value></Tag></TagSet></Tagging>").await;
    assert_eq!(put.status, 200, "{}", put.text());
    assert!(world.s3(Method::GET, &url, &[], b"").await.text().contains("<Key>a</Key>"));
    assert_eq!(world.s3(Method::DELETE, &url, &[], b"").await.status, 204);
    assert!(!world.s3(Method::GET, &url, &[], b"").await.text().contains("<Key>"));
}

#[tokio::test]
async fn buckets_come_and_go() {
    let testbed = Testbed::start(&Scenario::load(&folder()).unwrap()).unwrap();
    let world = World { testbed };
    let bucket = format!("{S3}/mine");
    assert_eq!(world.s3(Method::HEAD, &bucket, &[], b"").await.status, 404);
    for again in ["first", "again"] {
        assert_eq!(world.s3(Method::PUT, &bucket, &[], b"").await.status, 200, "{again}");
    }
    assert_eq!(world.s3(Method::PUT, &format!("{S3}/results"), &[], b"").await.status, 200, "as rclone asks before an upload");
    assert_eq!(world.s3(Method::PUT, &format!("{bucket}/key"), &[], b"x").await.status, 200);
    let full = world.s3(Method::DELETE, &bucket, &[], b"").await;
    assert!(full.status == 409 && full.text().contains("BucketNotEmpty"), "{}", full.text());
    world.s3(Method::DELETE, &format!("{bucket}/key"), &[], b"").await;
    assert_eq!(world.s3(Method::DELETE, &bucket, &[], b"").await.status, 204);
    assert_eq!(world.s3(Method::HEAD, &bucket, &[], b"").await.status, 404);
}
