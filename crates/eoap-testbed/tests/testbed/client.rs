//! A testbed and a bare client that uses its proxy. It has no opinion: it shows status, headers and body as
//! they came.

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;
use chrono::{DateTime, Utc};
use eoap_testbed::{Scenario, Testbed};
use http::{HeaderMap, Method, Request};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::TokioIo;
use s3s::crypto::{Checksum, Sha256};
use serde_json::{Value, json};
use tokio::net::TcpStream;

pub(crate) const ROOT: &str = "http://zoo-project-dru-service/acme/ogc-api";
pub(crate) const JOB: &str = "68046976-7dcb-11f0-90ac-2a20aea25780";
pub(crate) const SECOND_JOB: &str = "68046977-7dcb-11f0-90ac-2a20aea25780";
pub(crate) const FIRST_ITEM: &str = "LC08_L2SP_044032_20231208_02_T1";
pub(crate) const SECOND_ITEM: &str = "LC08_L2SP_043033_20231201_02_T1";
pub(crate) const S3: &str = "http://eoap-zoo-project-localstack:4566";
pub(crate) const ASYNC: (&str, &str) = ("prefer", "respond-async;return=representation");

pub(crate) fn folder() -> PathBuf {
    scenario("water-bodies")
}

/// The folder of a scenario of this crate.
pub(crate) fn scenario(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios").join(name)
}

/// The inputs of the documented run.
pub(crate) fn inputs() -> Value {
    let items = "https://planetarycomputer.microsoft.com/api/stac/v1/collections/landsat-c2-l2/items";
    json!({
        "stac_items": [format!("{items}/{FIRST_ITEM}"), format!("{items}/{SECOND_ITEM}")],
        "aoi": "-121.399,39.834,-120.74,40.472",
        "epsg": "EPSG:4326",
        "bands": ["green", "nir08"],
    })
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A running testbed.
pub(crate) struct World {
    pub(crate) testbed: Testbed,
}

impl World {
    pub(crate) fn new() -> Self {
        Self::of(&folder())
    }

    pub(crate) fn of(folder: &Path) -> Self {
        Self { testbed: Testbed::start(&Scenario::load(folder).unwrap()).unwrap() }
    }

    pub(crate) fn proxy(&self) -> &str {
        Client(&self.testbed).proxy()
    }

    /// A request through the proxy.
    pub(crate) async fn send(&self, method: Method, url: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Reply {
        Client(&self.testbed).send(method, url, headers, body).await
    }

    /// A request through the proxy, with no header but these and the host.
    pub(crate) async fn send_bare(&self, method: Method, url: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Reply {
        let headers: Vec<(&str, &str)> = std::iter::once(("x-bare", "")).chain(headers.iter().copied()).collect();
        Client(&self.testbed).send(method, url, &headers, body).await
    }

    /// A signed request to the object store, with the credentials of the environment.
    pub(crate) async fn s3(&self, method: Method, url: &str, headers: &[(&str, &str)], body: &'static [u8]) -> Reply {
        Client(&self.testbed).s3(method, url, headers, body).await
    }

    /// A request to the object store, signed with this secret.
    pub(crate) async fn signed(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: &'static [u8],
        secret: &str,
    ) -> Reply {
        Client(&self.testbed).signed(method, url, headers, body, secret).await
    }

    /// GET of a path of the API.
    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, &format!("{ROOT}{path}"), &[], "").await
    }

    /// DELETE of a path of the API.
    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.send(Method::DELETE, &format!("{ROOT}{path}"), &[], "").await
    }

    /// An asynchronous execution.
    pub(crate) async fn execute(&self, process: &str, inputs: &Value) -> Reply {
        let url = format!("{ROOT}/processes/{process}/execution");
        self.send(Method::POST, &url, &[ASYNC], json!({"inputs": inputs}).to_string()).await
    }

    /// The last status of a job with these inputs.
    pub(crate) async fn last_status(&self, process: &str, inputs: &Value) -> Value {
        let job = self.execute(process, inputs).await.json();
        self.follow(job["jobID"].as_str().unwrap()).await.pop().unwrap()
    }

    /// Asks for the job's status until it is over, and gives all the documents.
    pub(crate) async fn follow(&self, job: &str) -> Vec<Value> {
        let mut documents = Vec::new();
        for _ in 0..100 {
            let document = self.get(&format!("/jobs/{job}")).await.json();
            let running = document["status"] == "running";
            documents.push(document);
            if !running {
                return documents;
            }
        }
        panic!("job {job} never ends");
    }
}

/// A client of one testbed's proxy.
pub(crate) struct Client<'a>(pub(crate) &'a Testbed);

impl<'a> Client<'a> {
    fn proxy(&self) -> &'a str {
        self.0.proxy_url().strip_prefix("http://").unwrap()
    }

    /// A request through the proxy.
    pub(crate) async fn send(&self, method: Method, url: &str, headers: &[(&str, &str)], body: impl Into<Bytes>) -> Reply {
        let stream = TcpStream::connect(self.proxy()).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        let mut request = Request::builder().method(&method).uri(url);
        // As every client of an API says of its documents.
        if method == Method::POST
            && url.ends_with("/execution")
            && !headers.iter().any(|(name, _)| matches!(*name, "content-type" | "Content-Type" | "x-bare"))
        {
            request = request.header("content-type", "application/json");
        }
        if !headers.iter().any(|(name, _)| *name == "host") {
            request = request.header("host", url.split('/').nth(2).unwrap());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = sender.send_request(request.body(Full::new(body.into())).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Reply { status: parts.status.as_u16(), headers: parts.headers, body }
    }

    /// A signed request to the object store, with the credentials of the environment.
    pub(crate) async fn s3(&self, method: Method, url: &str, headers: &[(&str, &str)], body: &'static [u8]) -> Reply {
        let environment = self.0.environment();
        self.signed(method, url, headers, body, &environment["AWS_SECRET_ACCESS_KEY"]).await
    }

    /// A request to the object store, signed with this secret: SigV4 as the documentation of S3 spells it
    /// out.
    pub(crate) async fn signed(
        &self,
        method: Method,
        url: &str,
        headers: &[(&str, &str)],
        body: &'static [u8],
        secret: &str,
    ) -> Reply {
        let environment = self.0.environment();
        let (key, region) = (&environment["AWS_ACCESS_KEY_ID"], &environment["AWS_REGION"]);
        let now = DateTime::<Utc>::from(SystemTime::now()).to_rfc3339_opts(chrono::SecondsFormat::Secs, true);
        let now = now.replace(['-', ':'], "");
        let date = &now[..8];
        let (host, path) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut query: Vec<String> =
            query.split('&').filter(|part| !part.is_empty()).map(|part| part.replace('/', "%2F")).collect();
        query.sort();
        let digest = hex(&Sha256::checksum(body));
        let names = "host;x-amz-content-sha256;x-amz-date";
        let canonical = format!(
            "{method}\n/{path}\n{}\nhost:{host}\nx-amz-content-sha256:{digest}\nx-amz-date:{now}\n\n{names}\n{digest}",
            query.join("&")
        );
        let scope = format!("{date}/{region}/s3/aws4_request");
        let to_sign = format!("AWS4-HMAC-SHA256\n{now}\n{scope}\n{}", hex(&Sha256::checksum(canonical.as_bytes())));
        let mut signature = format!("AWS4{secret}").into_bytes();
        for part in [date, region, "s3", "aws4_request", &to_sign] {
            signature = hmac(&signature, part.as_bytes()).to_vec();
        }
        let authorization =
            format!("AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={}", hex(&signature));
        let mut all = vec![("x-amz-date", now.as_str()), ("x-amz-content-sha256", &digest), ("authorization", &authorization)];
        all.extend_from_slice(headers);
        self.send(method, url, &all, body).await
    }
}

fn hmac(key: &[u8], text: &[u8]) -> [u8; 32] {
    let mut block = [0_u8; 64];
    if key.len() > block.len() {
        block[..32].copy_from_slice(&Sha256::checksum(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let with = |pad: u8, text: &[u8]| {
        let padded: Vec<u8> = block.iter().map(|byte| byte ^ pad).chain(text.iter().copied()).collect();
        Sha256::checksum(&padded)
    };
    with(0x5c, &with(0x36, text))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
