//! Reads from S3 and stores like it.
//!
//! [`Store`] is one bucket, with its settings from the caller, the `AWS_*` environment and the STAC asset, in this order. It
//! lists and fetches, and knows nothing about what is in the objects.

use std::{
    fmt,
    ops::Range,
    sync::{Arc, OnceLock},
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream::BoxStream};
use object_store::{
    ClientOptions, GetOptions, GetRange, ObjectStore, ObjectStoreExt, RetryConfig,
    aws::{AmazonS3Builder, AmazonS3ConfigKey as Key},
    path::Path,
};

use crate::{
    error::{Error, Result, chain},
    http::connections::ensure_tls,
    storage::{
        listing::{Entry, Listing},
        s3_url::S3Url,
    },
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const RETRIES: usize = 3;
const RETRY_TIMEOUT: Duration = Duration::from_secs(30);
const NO_CREDENTIALS: &str = "there are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, give them to \
     `Store::builder(bucket).credentials(id, secret)`, or say `.anonymous()` for a public bucket";

/// One bucket of S3 or a store like it, cheap to clone.
///
/// Each setting comes from the builder; else from the environment (`AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_DEFAULT_REGION`,
/// `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and the others that object_store reads); else from the
/// asset's `storage:endpoint` and `storage:region`. With an endpoint, addresses are path-style
/// (`http://endpoint/bucket/key`) unless `AWS_VIRTUAL_HOSTED_STYLE_REQUEST` says otherwise, and plain HTTP is allowed.
/// Proxies are taken from `http_proxy`, `https_proxy` and `no_proxy`.
///
/// ```no_run
/// # async fn run(asset: &eoap::stac::Asset) -> Result<(), eoap::Error> {
/// let store = eoap::Store::for_asset(asset)?;
/// println!("{}", store.list("s3://results/job/item/").await?);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Store {
    inner: Arc<dyn ObjectStore>,
    bucket: String,
    endpoint: Option<String>,
    region: Option<String>,
}

/// Settings of a [`Store`], from [`Store::builder`].
#[derive(Clone)]
#[must_use = "a builder does nothing until `build` is called"]
pub struct StoreBuilder {
    bucket: String,
    endpoint: Option<String>,
    region: Option<String>,
    credentials: Option<(String, String)>,
    session_token: Option<String>,
    anonymous: bool,
    fallback_endpoint: Option<String>,
    fallback_region: Option<String>,
}

impl StoreBuilder {
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

    /// Access key and its secret.
    pub fn credentials(mut self, access_key_id: impl Into<String>, secret_access_key: impl Into<String>) -> Self {
        self.credentials = Some((access_key_id.into(), secret_access_key.into()));
        self
    }

    /// Token of temporary credentials.
    pub fn session_token(mut self, token: impl Into<String>) -> Self {
        self.session_token = Some(token.into());
        self
    }

    /// Signs nothing, for public buckets.
    pub fn anonymous(mut self) -> Self {
        self.anonymous = true;
        self
    }

    /// Takes endpoint and region from an asset (`storage:endpoint`, `storage:region`) where neither this builder nor the
    /// environment sets them.
    pub fn asset(mut self, asset: &stac::Asset) -> Self {
        let member = |name: &str| asset.additional_fields.get(name)?.as_str().map(str::to_owned);
        self.fallback_endpoint = member("storage:endpoint");
        self.fallback_region = member("storage:region");
        self
    }

    /// Makes the store. Nothing is requested yet.
    ///
    /// # Errors
    ///
    /// [`Error::Store`] if a setting is unusable, or if an endpoint is set and there are no credentials for it.
    pub fn build(self) -> Result<Store> {
        // A session token of the environment belongs to the keys of the environment.
        let with_token = self.credentials.is_none();
        self.build_from(environment(with_token))
    }

    /// With the environment as an argument, so that tests can do without it.
    fn build_from(self, environment: AmazonS3Builder) -> Result<Store> {
        ensure_tls();
        let set = |key: Key| environment.get_config_value(&key).filter(|value| !value.is_empty());
        // A service-specific endpoint would win over any other inside object_store, the caller's included.
        let endpoint = self.endpoint.or_else(|| set(Key::S3Endpoint)).or_else(|| set(Key::Endpoint)).or(self.fallback_endpoint);
        let region = self.region.or_else(|| set(Key::Region)).or(self.fallback_region);
        let has_credentials = self.credentials.is_some()
            || [
                Key::AccessKeyId,
                Key::WebIdentityTokenFile,
                Key::ContainerCredentialsRelativeUri,
                Key::ContainerCredentialsFullUri,
            ]
            .into_iter()
            .any(|key| set(key).is_some());
        let unsigned = self.anonymous || set(Key::SkipSignature).is_some_and(|value| value == "true");
        let root = format!("s3://{}/", self.bucket);
        if endpoint.is_some() && !has_credentials && !unsigned {
            return Err(Error::Store { url: root, reason: NO_CREDENTIALS.to_owned(), source: None });
        }
        let options = ClientOptions::new().with_connect_timeout(CONNECT_TIMEOUT).with_allow_http(endpoint.is_some());
        let retry = RetryConfig { max_retries: RETRIES, retry_timeout: RETRY_TIMEOUT, ..RetryConfig::default() };
        let mut builder = environment.with_bucket_name(&self.bucket).with_client_options(options).with_retry(retry);
        if let Some(endpoint) = &endpoint {
            let endpoint = endpoint.trim_end_matches('/');
            builder = builder.with_endpoint(endpoint).with_config(Key::S3Endpoint, endpoint);
        }
        if let Some(region) = &region {
            builder = builder.with_region(region);
        }
        if let Some((id, secret)) = self.credentials {
            builder = builder.with_access_key_id(id).with_secret_access_key(secret);
        }
        if let Some(token) = self.session_token {
            builder = builder.with_token(token);
        }
        if self.anonymous {
            builder = builder.with_skip_signature(true);
        }
        let store =
            builder.build().map_err(|error| Error::Store { url: root, reason: chain(&error), source: Some(error.into()) })?;
        Ok(Store { inner: Arc::new(store), bucket: self.bucket, endpoint, region })
    }
}

impl Store {
    /// Settings for a store of this bucket.
    pub fn builder(bucket: impl Into<String>) -> StoreBuilder {
        Self::builder_of(bucket.into())
    }

    fn builder_of(bucket: String) -> StoreBuilder {
        StoreBuilder {
            bucket,
            endpoint: None,
            region: None,
            credentials: None,
            session_token: None,
            anonymous: false,
            fallback_endpoint: None,
            fallback_region: None,
        }
    }

    /// The store of the bucket in an `s3://bucket/key` URL, with settings from the environment.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] for another kind of URL, and those of [`StoreBuilder::build`].
    pub fn for_url(url: impl AsRef<str>) -> Result<Self> {
        Self::builder(S3Url::parse(url.as_ref())?.bucket).build()
    }

    /// The store that an asset with an `s3://bucket/key` address lies in, with settings from the environment and the asset.
    ///
    /// # Errors
    ///
    /// Those of [`Store::for_url`].
    pub fn for_asset(asset: &stac::Asset) -> Result<Self> {
        Self::builder(S3Url::parse(&asset.href)?.bucket).asset(asset).build()
    }

    /// Name of the bucket.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// Address of the store, unless it is that of AWS.
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// Lists one level of the bucket, as `aws s3 ls` does: folders, and objects with size and time. `at` is an
    /// `s3://bucket/prefix` URL or the prefix alone; with a slash at its end it is a folder, without one the names in
    /// the folder above that begin with its last part are listed.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] for a URL of another bucket, [`Error::Store`] if the store refuses or fails. A folder that does not
    /// exist is an empty listing: S3 has no folders.
    pub fn list(&self, at: impl AsRef<str>) -> BoxFuture<'_, Result<Listing>> {
        self.list_at(self.resolve(at.as_ref()))
    }

    fn list_at(&self, url: Result<S3Url>) -> BoxFuture<'_, Result<Listing>> {
        Box::pin(async move { self.level(url?).await })
    }

    async fn level(&self, url: S3Url) -> Result<Listing> {
        let (folder, stem) = url.key.rsplit_once('/').map_or(("", url.key.as_str()), |(folder, stem)| (folder, stem));
        let prefix = (!folder.is_empty()).then(|| self.path(&url, folder)).transpose()?;
        let page = self.inner.list_with_delimiter(prefix.as_ref()).await.map_err(|error| self.failed(&url, error))?;
        let name = |path: &Path| path.filename().unwrap_or_default().to_owned();
        let mut folders: Vec<String> = page.common_prefixes.iter().map(name).filter(|name| name.starts_with(stem)).collect();
        let mut entries: Vec<Entry> = page
            .objects
            .iter()
            .map(|object| Entry::new(name(&object.location), object.location.to_string(), object.size, object.last_modified))
            .filter(|entry| entry.name.starts_with(stem))
            .collect();
        folders.sort();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Listing::new(url.to_string(), folders, entries))
    }

    /// Fetches an object whole. `at` is an `s3://bucket/key` URL or the key alone.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] for a URL of another bucket, [`Error::Store`] if the object is missing or the store refuses or fails.
    pub fn get(&self, at: impl AsRef<str>) -> BoxFuture<'_, Result<Bytes>> {
        self.get_at(self.resolve(at.as_ref()))
    }

    fn get_at(&self, url: Result<S3Url>) -> BoxFuture<'_, Result<Bytes>> {
        Box::pin(async move {
            let url = url?;
            let path = self.path(&url, &url.key)?;
            let object = self.inner.get(&path).await.map_err(|error| self.failed(&url, error))?;
            object.bytes().await.map_err(|error| self.failed(&url, error))
        })
    }

    /// Fetches an object piece by piece, and says how large it is. What breaks off is asked for from there on.
    pub(crate) async fn stream(&self, url: &S3Url) -> Result<(BoxStream<'_, Result<Bytes>>, u64)> {
        let path = self.path(url, &url.key)?;
        let object = self.inner.get(&path).await.map_err(|error| self.failed(url, error))?;
        let (size, url) = (object.meta.size, url.clone());
        let pieces = object.into_stream().map(move |piece| piece.map_err(|error| self.failed(&url, error)));
        Ok((pieces.boxed(), size))
    }

    #[cfg_attr(not(feature = "raster"), allow(dead_code, reason = "what only rasters need"))]
    /// Fetches a range of an object's bytes, and says how large the object is. The range may reach beyond the end.
    pub(crate) async fn get_range(&self, url: &S3Url, range: Range<u64>, version: &OnceLock<String>) -> Result<(Bytes, u64)> {
        let path = self.path(url, &url.key)?;
        // Parts of different objects are not joined.
        let if_match = version.get().cloned();
        let options = GetOptions { range: Some(GetRange::Bounded(range)), if_match, ..GetOptions::default() };
        let object = match self.inner.get_opts(&path, options).await {
            Ok(object) => object,
            Err(object_store::Error::Precondition { source, .. }) => {
                let reason = "the object was replaced by another while it was read; open it again".to_owned();
                let source = Some(Box::new(object_store::Error::Generic { store: "S3", source }));
                return Err(Error::Store { url: url.to_string(), reason, source });
            }
            Err(error) => return Err(self.failed(url, error)),
        };
        if let Some(tag) = object.meta.e_tag.as_ref().filter(|tag| !tag.starts_with("W/")) {
            version.get_or_init(|| tag.clone());
        }
        let size = object.meta.size;
        let bytes = object.bytes().await.map_err(|error| self.failed(url, error))?;
        Ok((bytes, size))
    }

    /// The full URL of what is given as URL or key.
    pub(crate) fn resolve(&self, at: &str) -> Result<S3Url> {
        if !at.contains("://") {
            return Ok(S3Url { bucket: self.bucket.clone(), key: at.trim_start_matches('/').to_owned() });
        }
        let url = S3Url::parse(at)?;
        if url.bucket == self.bucket {
            return Ok(url);
        }
        Err(Error::Url {
            url: at.to_owned(),
            reason: format!("this store is of bucket {:?}; make another with `Store::for_url`", self.bucket),
        })
    }

    fn path(&self, url: &S3Url, key: &str) -> Result<Path> {
        Path::parse(key).map_err(|error| Error::Url { url: url.to_string(), reason: chain(&error) })
    }

    fn failed(&self, url: &S3Url, error: object_store::Error) -> Error {
        let at = self.endpoint.as_deref().map(|endpoint| format!(" (endpoint {endpoint})")).unwrap_or_default();
        let advice = match &error {
            object_store::Error::NotFound { .. } => "there is no such object; `store.list(folder)` shows what is there: ",
            object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => {
                "the store refuses; check AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and the region: "
            }
            _ => "",
        };
        let reason = format!("{advice}{}{at}", chain(&error));
        Error::Store { url: url.to_string(), reason, source: Some(Box::new(error)) }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("bucket", &self.bucket)
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
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

/// The settings in `AWS_*` variables; empty ones count as not set.
fn environment(with_token: bool) -> AmazonS3Builder {
    std::env::vars_os().fold(AmazonS3Builder::new(), |builder, (name, value)| {
        let (Some(name), Some(value)) = (name.to_str(), value.to_str()) else { return builder };
        match name.to_ascii_lowercase().parse::<Key>() {
            Ok(Key::Token) if !with_token => builder,
            Ok(key) if name.starts_with("AWS_") && !value.is_empty() => builder.with_config(key, value),
            _ => builder,
        }
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asset() -> stac::Asset {
        serde_json::from_value(json!({
            "href": "s3://results/job/otsu.tif", "storage:endpoint": "http://localstack.svc:4566", "storage:region": "eu-x"
        }))
        .expect("asset")
    }

    fn environment() -> AmazonS3Builder {
        AmazonS3Builder::new().with_access_key_id("id").with_secret_access_key("hush")
    }

    #[test]
    fn settings_come_in_order() {
        let store = |builder: StoreBuilder, environment| builder.build_from(environment).expect("store");
        let from_asset = store(Store::builder("results").asset(&asset()), environment());
        assert_eq!((from_asset.endpoint(), from_asset.region.as_deref()), (Some("http://localstack.svc:4566"), Some("eu-x")));
        let set = environment().with_endpoint("http://set:1").with_region("us-east-1");
        let from_environment = store(Store::builder("results").asset(&asset()), set.clone());
        assert_eq!((from_environment.endpoint(), from_environment.region.as_deref()), (Some("http://set:1"), Some("us-east-1")));
        let s3 = set.with_config(Key::S3Endpoint, "http://s3-only:1");
        assert_eq!(store(Store::builder("results"), s3.clone()).endpoint(), Some("http://s3-only:1"));
        let explicit = store(Store::builder("results").endpoint("http://explicit:1").region("r"), s3);
        assert_eq!((explicit.endpoint(), explicit.region.as_deref()), (Some("http://explicit:1"), Some("r")));
    }

    #[test]
    fn missing_credentials_are_named_before_any_request() {
        let error = Store::builder("results").asset(&asset()).build_from(AmazonS3Builder::new()).expect_err("no credentials");
        assert!(error.to_string().contains("set AWS_ACCESS_KEY_ID"), "{error}");
        assert!(Store::builder("results").asset(&asset()).anonymous().build_from(AmazonS3Builder::new()).is_ok());
    }

    #[test]
    fn no_secret_in_debug() {
        let builder = Store::builder("b").credentials("id", "hush").session_token("hush");
        assert!(!format!("{builder:?}").contains("hush"));
        let store = builder.build_from(environment()).expect("store");
        assert!(!format!("{store:?}").contains("hush"));
    }

    #[test]
    fn other_buckets_are_refused() {
        let store = Store::builder("results").build_from(environment()).expect("store");
        assert_eq!(store.resolve("a/b").expect("key").to_string(), "s3://results/a/b");
        let error = store.resolve("s3://other/a").expect_err("other bucket").to_string();
        assert!(error.contains("\"results\"") && error.contains("Store::for_url"), "{error}");
    }
}
