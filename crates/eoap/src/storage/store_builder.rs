//! Settings of a store. What is not set here comes from the environment, the user's profile and the asset;
//! the modules of the providers say how.
//!
//! Unusable settings are refused here, before any request. Secrets are sent only to the places that the user
//! names, and are in no message.

use std::{fmt, time::Duration};

use object_store::{ClientOptions, RetryConfig};
use url::Url;

use super::shown_address::{shown, shown_text};
use crate::http::connections::ensure_tls;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const RETRIES: usize = 3;
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);

/// Settings of a [`Store`](crate::Store), from [`Store::builder`](crate::Store::builder).
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct StoreBuilder {
    pub(super) bucket: String,
    pub(super) endpoint: Option<String>,
    pub(super) region: Option<String>,
    pub(super) credentials: Option<(String, String)>,
    pub(super) session_token: Option<String>,
    pub(super) anonymous: bool,
    pub(super) requester_pays: bool,
    pub(super) fallback_endpoint: Option<String>,
    pub(super) fallback_region: Option<String>,
}

impl StoreBuilder {
    pub(crate) fn new(bucket: String) -> Self {
        Self {
            bucket,
            endpoint: None,
            region: None,
            credentials: None,
            session_token: None,
            anonymous: false,
            requester_pays: false,
            fallback_endpoint: None,
            fallback_region: None,
        }
    }

    /// Address of the store, such as `http://eoap-zoo-project-localstack:4566`.
    pub fn endpoint(mut self, endpoint: impl Into<String>) -> Self {
        self.endpoint = Some(endpoint.into());
        self
    }

    /// Region, such as `us-east-1`.
    pub fn region(mut self, region: impl Into<String>) -> Self {
        self.region = Some(region.into());
        self
    }

    /// Access key and its secret; on Azure, the account and its key. Google has none, but access tokens.
    pub fn credentials(mut self, access_key_id: impl Into<String>, secret_access_key: impl Into<String>) -> Self {
        self.credentials = Some((access_key_id.into(), secret_access_key.into()));
        self
    }

    /// Token of temporary credentials: a session token of AWS, an access token of Google, a shared access
    /// signature of Azure.
    pub fn session_token(mut self, token: impl Into<String>) -> Self {
        self.session_token = Some(token.into());
        self
    }

    /// Signs nothing, for public buckets.
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// States that the requester pays for the requests, as some public buckets demand
    /// (`x-amz-request-payer`).
    pub fn requester_pays(mut self) -> Self {
        self.requester_pays = true;
        self
    }

    /// Takes endpoint and region from an asset (`storage:endpoint`, `storage:region`) where neither this
    /// builder nor the environment sets them.
    pub fn asset(mut self, asset: &stac::Asset) -> Self {
        let member = |name: &str| asset.additional_fields.get(name)?.as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        self.fallback_endpoint = member("storage:endpoint");
        self.fallback_region = member("storage:region");
        self
    }
}

/// How requests are sent; only an endpoint that is set can be without TLS.
pub(super) fn options(is_endpoint_set: bool) -> ClientOptions {
    // Every store is made with these, and making one makes a client.
    ensure_tls();
    ClientOptions::new().with_connect_timeout(CONNECT_TIMEOUT).with_allow_http(is_endpoint_set)
}

pub(super) fn retry() -> RetryConfig {
    RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() }
}

/// Whether a variable of the environment says yes, as GDAL reads it.
pub(super) fn is_said(variable: &str) -> bool {
    std::env::var(variable).is_ok_and(|value| ["yes", "true", "1", "on"].contains(&value.to_ascii_lowercase().as_str()))
}

/// Checks an endpoint: it must have no parts that are not sent to it. Removes a slash at its end.
pub(super) fn checked(endpoint: &str) -> Result<String, String> {
    let wrong = |why: &str| {
        format!("the endpoint {:?} {why}; give an http or https URL, such as http://localhost:9000", shown_text(endpoint))
    };
    let text = endpoint.trim().trim_end_matches('/');
    let url = Url::parse(text).map_err(|error| wrong(&format!("is no URL ({error})")))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(wrong("is neither http nor https"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(
            "has a user name or password, which no store takes: keys are set with `credentials`, or in the environment",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(&format!("has more than a host and a path ({})", shown(&url))));
    }
    Ok(text.to_owned())
}

impl fmt::Debug for StoreBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StoreBuilder")
            .field("bucket", &self.bucket)
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .field("anonymous", &self.anonymous)
            .finish_non_exhaustive()
    }
}
