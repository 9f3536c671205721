//! Lists a bucket of S3 with requests of its own (ListObjectsV2), keys as they are.
//!
//! S3 allows keys with empty parts, such as `a//b.tif`. `object_store` refuses a whole listing if there is
//! one in it, so such a level is listed here. Knows neither objects nor other stores.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use object_store::{
    aws::{AmazonS3, AmazonS3Builder, AmazonS3ConfigKey as Key, AwsAuthorizer},
    client::{HttpRequest, HttpRequestBody},
};
use reqwest::{StatusCode, header::HeaderMap};
use serde::Deserialize;
use tokio::time::sleep;
use url::Url;

use crate::{
    error::excerpt,
    http::{
        connections::signed_client,
        retry::{Retry, is_passing},
    },
};

type Failure = object_store::Error;

/// A bucket to list.
#[derive(Debug)]
pub(super) struct S3Lister {
    store: Arc<AmazonS3>,
    address: String,
    region: String,
    is_unsigned: bool,
    is_requester_paying: bool,
}

/// What a page of a listing holds.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Page {
    pub(super) common_prefixes: Vec<CommonPrefix>,
    pub(super) contents: Vec<Content>,
    next_continuation_token: Option<String>,
}

/// A folder.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CommonPrefix {
    pub(super) prefix: String,
}

/// An object.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Content {
    pub(super) key: String,
    pub(super) last_modified: DateTime<Utc>,
    pub(super) size: u64,
}

impl S3Lister {
    /// For the bucket of a store with these settings.
    pub(super) fn new(builder: &AmazonS3Builder, bucket: &str, store: Arc<AmazonS3>) -> Self {
        let set = |key: Key| builder.get_config_value(&key).filter(|value| !value.is_empty());
        let is = |key: Key| set(key).is_some_and(|value| value == "true");
        let region = region(builder);
        let address = match set(Key::S3Endpoint).or_else(|| set(Key::Endpoint)) {
            // The endpoint then names the bucket.
            Some(endpoint) if is(Key::VirtualHostedStyleRequest) => endpoint,
            Some(endpoint) => format!("{}/{bucket}", endpoint.trim_end_matches('/')),
            None => format!("https://s3.{region}.amazonaws.com/{bucket}"),
        };
        let (is_unsigned, is_requester_paying) = (is(Key::SkipSignature), is(Key::RequestPayer));
        Self { store, address, region, is_unsigned, is_requester_paying }
    }

    /// One level: what begins with this, up to the next slash.
    pub(super) async fn level(&self, prefix: &str) -> Result<Page, Failure> {
        let mut level = Page::default();
        loop {
            let page = self.page(prefix, level.next_continuation_token.as_deref()).await?;
            level.common_prefixes.extend(page.common_prefixes);
            level.contents.extend(page.contents);
            level.next_continuation_token = page.next_continuation_token;
            if level.next_continuation_token.is_none() {
                return Ok(level);
            }
        }
    }

    async fn page(&self, prefix: &str, token: Option<&str>) -> Result<Page, Failure> {
        let mut url = Url::parse(&self.address).map_err(generic)?;
        url.query_pairs_mut().extend_pairs([("list-type", "2"), ("delimiter", "/"), ("prefix", prefix)]);
        url.query_pairs_mut().extend_pairs(token.map(|token| ("continuation-token", token)));
        let retry = Retry::default();
        let mut failures = 0;
        loop {
            let (status, body) = self.send(&url).await?;
            if status.is_success() {
                let text = String::from_utf8_lossy(&body);
                return quick_xml::de::from_str(&text).map_err(generic);
            }
            failures += 1;
            match retry.delay(failures) {
                Some(delay) if is_passing(status) => sleep(delay).await,
                _ => return Err(refused(status, prefix, &body)),
            }
        }
    }

    async fn send(&self, url: &Url) -> Result<(StatusCode, Vec<u8>), Failure> {
        let client = signed_client().map_err(generic)?;
        let request = client.get(url.clone()).headers(self.signature(url).await?);
        let answer = request.send().await.map_err(|error| generic(error.without_url()))?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(|error| generic(error.without_url()))?;
        Ok((status, body.into()))
    }

    /// The headers that sign a request.
    async fn signature(&self, url: &Url) -> Result<HeaderMap, Failure> {
        let mut request = HttpRequest::new(HttpRequestBody::empty());
        *request.uri_mut() = url.as_str().parse().map_err(generic)?;
        if self.is_unsigned {
            return Ok(HeaderMap::new());
        }
        let credentials = self.store.credentials().get_credential().await?;
        let authorizer = AwsAuthorizer::new(&credentials, "s3", &self.region).with_request_payer(self.is_requester_paying);
        authorizer.try_authorize(&mut request, None)?;
        Ok(request.into_parts().0.headers)
    }
}

/// The region that requests are signed for.
pub(super) fn region(builder: &AmazonS3Builder) -> String {
    builder.get_config_value(&Key::Region).unwrap_or_else(|| "us-east-1".to_owned())
}

/// The region that a bucket's answer names. It is in answers that redirect (301), refuse the signature (400)
/// or the caller (403), too.
pub(super) async fn region_of(address: &str) -> Option<String> {
    let answer = signed_client().ok()?.head(address).send().await.ok()?;
    answer.headers().get("x-amz-bucket-region")?.to_str().ok().map(str::to_owned)
}

fn generic(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Failure {
    Failure::Generic { store: "S3", source: error.into() }
}

fn refused(status: StatusCode, path: &str, body: &[u8]) -> Failure {
    let (path, source) = (path.to_owned(), format!("the store answers {status}: {}", excerpt(body)).into());
    match status {
        StatusCode::NOT_FOUND => Failure::NotFound { path, source },
        StatusCode::FORBIDDEN => Failure::PermissionDenied { path, source },
        StatusCode::UNAUTHORIZED => Failure::Unauthenticated { path, source },
        _ => Failure::Generic { store: "S3", source },
    }
}

#[cfg(test)]
mod tests {
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::method};

    use super::*;
    use crate::storage::{
        object_url::ObjectUrl,
        store::{Lazy, UnplacedBucket},
    };

    /// What S3 answers a caller who knows neither region nor key: it redirects, or refuses.
    async fn bucket(status: u16, region: Option<&str>) -> (MockServer, Lazy) {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status);
        let answer = region.into_iter().fold(answer, |answer, region| answer.insert_header("x-amz-bucket-region", region));
        Mock::given(method("HEAD")).respond_with(answer).expect(1).mount(&server).await;
        let page = "<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>";
        Mock::given(method("GET")).respond_with(ResponseTemplate::new(200).set_body_string(page)).mount(&server).await;
        let builder = AmazonS3Builder::new()
            .with_bucket_name("results")
            .with_access_key_id("id")
            .with_secret_access_key("hush")
            .with_endpoint(server.uri())
            .with_allow_http(true);
        let url = ObjectUrl::parse("s3://results/").expect("URL");
        let lazy = Lazy::for_bucket(UnplacedBucket { builder, url, address: server.uri() });
        (server, lazy)
    }

    #[tokio::test]
    async fn region_of_any_answer_signs_what_follows() {
        let cases = [301, 400, 403, 200].map(|status| (status, Some("eu-central-1"), "eu-central-1"));
        for (status, said, used) in cases.into_iter().chain([(404, None, "us-east-1")]) {
            let (server, lazy) = bucket(status, said).await;
            let made = lazy.made().await.expect("store");
            made.lister.as_ref().expect("a lister").level("a//").await.expect("an own listing");
            made.objects.list_with_delimiter(None).await.expect("a listing");
            let requests = server.received_requests().await.expect("recorded requests");
            let signed: Vec<_> = requests.iter().filter_map(|request| request.headers.get("authorization")).collect();
            assert_eq!(signed.len(), 2, "{status}");
            for header in signed {
                assert!(header.to_str().expect("text").contains(&format!("/{used}/s3/aws4_request")), "{status}: {header:?}");
            }
        }
    }
}
