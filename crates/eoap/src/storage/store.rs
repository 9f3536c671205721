//! Reads from S3 and stores like it.
//!
//! [`Store`] is one bucket. Its settings come from the caller, the `AWS_*` environment and the STAC asset,
//! in this order. It lists and fetches. It knows nothing about the content of objects.

use std::{
    fmt,
    ops::Range,
    sync::{Arc, OnceLock},
};

use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::future::BoxFuture;
use futures_util::{StreamExt, stream::BoxStream};
use object_store::{
    GetOptions, GetRange, ListResult, ObjectMeta, ObjectStore, ObjectStoreExt,
    aws::AmazonS3Builder,
    path::{Path, PathPart},
};
use tokio::sync::OnceCell;

use crate::{
    error::{Error, Result, chain},
    storage::{
        failure::failure,
        listing::{Entry, Listing},
        object_url::ObjectUrl,
        s3_listing::{CommonPrefix, Page, S3Lister, region_of},
    },
};

/// One bucket of S3 or a store like it, cheap to clone; or of Google Cloud (`gs://`, feature `gcp`) or Azure
/// (`az://`, feature `azure`).
///
/// Each setting comes from the first of these that has it:
///
/// - the builder;
/// - the environment (`AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_DEFAULT_REGION`, `AWS_ACCESS_KEY_ID`,
///   `AWS_SECRET_ACCESS_KEY`, `AWS_SESSION_TOKEN` and the others that object_store reads);
/// - the user's profile in `~/.aws/config` and `~/.aws/credentials` (`AWS_PROFILE`);
/// - the asset's `storage:endpoint` and `storage:region`. The asset's region comes before the profile's.
///
/// If the region of a bucket of AWS is not set, the bucket is asked for it. `AWS_NO_SIGN_REQUEST=YES` is for
/// public buckets. A session token is sent only to an endpoint that the user names. With an endpoint,
/// addresses are path-style (`http://endpoint/bucket/key`) unless `AWS_VIRTUAL_HOSTED_STYLE_REQUEST` says
/// otherwise, and plain HTTP is allowed. Proxies are taken from `http_proxy`, `https_proxy` and `no_proxy`.
///
/// Keys are taken as they are, also with empty parts (`a//b.tif`). Only keys that begin with a slash are not
/// read.
///
/// Google's stores read `GOOGLE_APPLICATION_CREDENTIALS`, `GOOGLE_SERVICE_ACCOUNT`, `GOOGLE_BASE_URL`,
/// `STORAGE_EMULATOR_HOST`, `GS_NO_SIGN_REQUEST` and what `gcloud` has left; Azure's read
/// `AZURE_STORAGE_ACCOUNT_NAME`, `AZURE_STORAGE_ACCOUNT_KEY`, `AZURE_STORAGE_SAS_TOKEN`,
/// `AZURE_STORAGE_CONNECTION_STRING`, `AZURE_STORAGE_ENDPOINT`, `AZURE_NO_SIGN_REQUEST`, and the others that
/// object_store reads. Nothing of an asset but its address counts there.
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
    inner: Arc<Lazy>,
    /// The address of the bucket itself.
    root: ObjectUrl,
    endpoint: Option<String>,
    region: Option<String>,
}

/// A store that is made when it is needed. The region of a bucket of AWS, if it is not set, is requested
/// then.
pub(super) struct Lazy {
    made: OnceCell<Made>,
    bucket: Option<UnplacedBucket>,
}

/// What requests go through.
pub(super) struct Made {
    pub(super) objects: Arc<dyn ObjectStore>,
    /// What lists keys that `objects` refuses.
    pub(super) lister: Option<S3Lister>,
}

/// A bucket whose region is to be found.
#[derive(Clone)]
pub(super) struct UnplacedBucket {
    pub(super) builder: AmazonS3Builder,
    pub(super) url: ObjectUrl,
    /// Where it answers with its region.
    pub(super) address: String,
}

impl Lazy {
    pub(super) fn built(made: Made) -> Self {
        Self { made: OnceCell::new_with(Some(made)), bucket: None }
    }

    pub(super) fn for_bucket(bucket: UnplacedBucket) -> Self {
        Self { made: OnceCell::new(), bucket: Some(bucket) }
    }

    async fn store(&self) -> Result<&Arc<dyn ObjectStore>> {
        Ok(&self.made().await?.objects)
    }

    pub(super) async fn made(&self) -> Result<&Made> {
        self.made
            .get_or_try_init(|| async {
                let UnplacedBucket { builder, url, address } =
                    self.bucket.clone().expect("a store that is not made knows its bucket");
                let builder = match region_of(&address).await {
                    Some(region) => builder.with_region(region),
                    // The request itself gives a better error.
                    None => builder,
                };
                Made::on_s3(builder, &url)
            })
            .await
    }
}

impl Made {
    /// For the bucket of an address.
    pub(super) fn on_s3(builder: AmazonS3Builder, url: &ObjectUrl) -> Result<Self> {
        let built = builder.clone().build().map_err(|error| Error::Store {
            url: url.to_string(),
            reason: chain(&error),
            source: Some(error.into()),
        })?;
        let store = Arc::new(built);
        Ok(Self { objects: store.clone(), lister: Some(S3Lister::new(&builder, &url.bucket, store)) })
    }
}

impl Store {
    pub(super) fn new(inner: Lazy, root: ObjectUrl, endpoint: Option<String>, region: Option<String>) -> Self {
        Self { inner: Arc::new(inner), root, endpoint, region }
    }

    /// The store that another provider's builder has made, if it has.
    #[cfg(any(feature = "azure", feature = "gcp"))]
    pub(super) fn of_provider(
        built: object_store::Result<impl ObjectStore>,
        url: &ObjectUrl,
        endpoint: Option<String>,
    ) -> Result<Self> {
        let objects =
            built.map_err(|error| Error::Store { url: url.to_string(), reason: chain(&error), source: Some(error.into()) })?;
        let made = Made { objects: Arc::new(objects), lister: None };
        Ok(Self::new(Lazy::built(made), url.root(), endpoint, None))
    }

    /// Name of the bucket.
    pub fn bucket(&self) -> &str {
        &self.root.bucket
    }

    /// Address of the store, unless it is that of AWS.
    pub fn endpoint(&self) -> Option<&str> {
        self.endpoint.as_deref()
    }

    /// Region of the bucket, if it is set. For a bucket of AWS it is requested with the first object.
    pub fn region(&self) -> Option<&str> {
        self.region.as_deref()
    }

    /// Lists one level of the bucket, as `aws s3 ls` does: folders, and objects with size and time. `at` is
    /// an `s3://bucket/prefix` URL or the prefix alone. With a slash at its end it is a folder. Without one,
    /// the names in the folder above are listed that begin with its last part.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] for a URL of another bucket, [`Error::Store`] if the store refuses or fails. A missing
    /// folder is an empty listing: S3 has no folders.
    pub fn list(&self, at: impl AsRef<str>) -> BoxFuture<'_, Result<Listing>> {
        self.list_at(self.resolve(at.as_ref()))
    }

    fn list_at(&self, url: Result<ObjectUrl>) -> BoxFuture<'_, Result<Listing>> {
        Box::pin(async move { self.level(url?).await })
    }

    async fn level(&self, url: ObjectUrl) -> Result<Listing> {
        let (folder, stem) = url.key.rsplit_once('/').map_or(("", url.key.as_str()), |(folder, stem)| (folder, stem));
        let made = self.inner.made().await?;
        let lister = made.lister.as_ref();
        // A key that begins with a slash is below a folder without a name, and no path has that.
        let page = match (self.page(&made.objects, &url).await, lister) {
            (Err(object_store::Error::InvalidPath { .. }), Some(lister)) => lister.level(&url.key).await.map(Level::from),
            (page, _) => page,
        };
        let level = page.map_err(|error| self.failed(&url, error))?;
        let below = url.key.len() - stem.len();
        let name = |key: &str| key.get(below..).unwrap_or_default().to_owned();
        let is_of_stem = |key: &str| name(key).starts_with(stem);
        let mut folders: Vec<String> = level.folders.iter().filter(|key| is_of_stem(key)).map(|key| name(key)).collect();
        let mut entries: Vec<Entry> = level
            .objects
            .into_iter()
            // Some programs make an object of a folder's name to show that there is one.
            .filter(|(key, ..)| is_of_stem(key) && key != folder && key.len() > below)
            .map(|(key, size, time)| Entry::new(name(&key), key, size, time))
            .collect();
        folders.sort();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Listing::new(url.to_string(), folders, entries))
    }

    /// One level, as `object_store` lists it.
    async fn page(&self, objects: &Arc<dyn ObjectStore>, url: &ObjectUrl) -> object_store::Result<Level> {
        let prefix = match url.key.rsplit_once('/') {
            None => None,
            // `Path::parse` would take some of them away, and that is another folder.
            Some((folder, _)) if folder.split('/').any(str::is_empty) => {
                return Err(object_store::path::Error::EmptySegment { path: folder.to_owned() }.into());
            }
            Some((folder, _)) => Some(Path::parse(folder)?),
        };
        Ok(objects.list_with_delimiter(prefix.as_ref()).await?.into())
    }

    /// Fetches a whole object. `at` is an `s3://bucket/key` URL or the key alone.
    ///
    /// # Errors
    ///
    /// [`Error::Url`] for a URL of another bucket, [`Error::Store`] if the object is missing or the store
    /// refuses or fails.
    pub fn get(&self, at: impl AsRef<str>) -> BoxFuture<'_, Result<Bytes>> {
        self.get_at(self.resolve(at.as_ref()))
    }

    fn get_at(&self, url: Result<ObjectUrl>) -> BoxFuture<'_, Result<Bytes>> {
        Box::pin(async move {
            let url = url?;
            let path = self.path(&url)?;
            let object = self.inner.store().await?.get(&path).await.map_err(|error| self.failed(&url, error))?;
            object.bytes().await.map_err(|error| self.failed(&url, error))
        })
    }

    /// Fetches an object piece by piece, and says how large it is. What breaks off is asked for from there
    /// on.
    pub(crate) async fn stream(&self, url: &ObjectUrl) -> Result<(BoxStream<'_, Result<Bytes>>, u64)> {
        let path = self.path(url)?;
        let object = self.inner.store().await?.get(&path).await.map_err(|error| self.failed(url, error))?;
        let (size, url) = (object.meta.size, url.clone());
        let pieces = object.into_stream().map(move |piece| piece.map_err(|error| self.failed(&url, error)));
        Ok((pieces.boxed(), size))
    }

    #[cfg_attr(not(feature = "raster"), allow(dead_code, reason = "what only rasters need"))]
    /// Fetches a range of an object's bytes, and says how large the object is. The range may reach beyond the
    /// end.
    pub(crate) async fn get_range(&self, url: &ObjectUrl, range: Range<u64>, version: &OnceLock<String>) -> Result<(Bytes, u64)> {
        let path = self.path(url)?;
        // Parts of different objects are not joined.
        let if_match = version.get().cloned();
        let options = GetOptions { range: Some(GetRange::Bounded(range)), if_match, ..GetOptions::default() };
        let object = match self.inner.store().await?.get_opts(&path, options).await {
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

    /// The full URL for a URL or a key.
    pub(crate) fn resolve(&self, at: &str) -> Result<ObjectUrl> {
        if !at.contains("://") {
            return Ok(ObjectUrl { key: at.to_owned(), ..self.root.clone() });
        }
        let url = ObjectUrl::parse(at)?;
        if url.root() == self.root {
            return Ok(url);
        }
        Err(Error::Url {
            url: at.to_owned(),
            reason: format!("this store is of bucket {:?}; make another with `Store::for_url`", self.root.bucket),
        })
    }

    /// The object's path. Its parts are joined one by one: as a whole, `object_store` refuses empty ones,
    /// which keys may have.
    fn path(&self, url: &ObjectUrl) -> Result<Path> {
        let refuse = |reason: String| Error::Url { url: url.to_string(), reason };
        if url.key.is_empty() {
            return Err(refuse(
                "this is a bucket; give the address of an object in it, such as s3://bucket/folder/file.tif".to_owned(),
            ));
        }
        if url.key.starts_with('/') {
            // A path begins with a part, so it would be another object's.
            let reason = "its key begins with a slash, and such objects are not read; copy it to another key with `aws s3 cp`, \
                          or give a presigned address (`aws s3 presign`) to `Raster::open_http`";
            return Err(refuse(reason.to_owned()));
        }
        let join = |path: Path, part| PathPart::parse(part).map(|part| path.join(part));
        url.key.split('/').try_fold(Path::ROOT, join).map_err(|error| refuse(chain(&error)))
    }

    fn failed(&self, url: &ObjectUrl, error: object_store::Error) -> Error {
        failure(url, self.endpoint.as_deref(), error)
    }
}

/// The content of a level: keys of folders, without a slash at their ends, and objects with size and time.
struct Level {
    folders: Vec<String>,
    objects: Vec<(String, u64, DateTime<Utc>)>,
}

impl From<ListResult> for Level {
    fn from(page: ListResult) -> Self {
        let object = |object: &ObjectMeta| (object.location.to_string(), object.size, object.last_modified);
        Self {
            folders: page.common_prefixes.iter().map(Path::to_string).collect(),
            objects: page.objects.iter().map(object).collect(),
        }
    }
}

impl From<Page> for Level {
    fn from(page: Page) -> Self {
        let folder = |folder: CommonPrefix| folder.prefix.strip_suffix('/').map(str::to_owned).unwrap_or(folder.prefix);
        Self {
            folders: page.common_prefixes.into_iter().map(folder).collect(),
            objects: page.contents.into_iter().map(|object| (object.key, object.size, object.last_modified)).collect(),
        }
    }
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Store")
            .field("bucket", &self.root.bucket)
            .field("endpoint", &self.endpoint)
            .field("region", &self.region)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> Store {
        Store::builder("results").region("r").anonymous().build().expect("store")
    }

    #[test]
    fn other_buckets_are_refused() {
        let store = store();
        assert_eq!(store.resolve("a/b").expect("key").to_string(), "s3://results/a/b");
        let error = store.resolve("s3://other/a").expect_err("other bucket").to_string();
        assert!(error.contains("\"results\"") && error.contains("Store::for_url"), "{error}");
    }

    #[test]
    fn keys_are_those_that_are_asked_for() {
        let store = store();
        for key in ["plain.tif/", "a//b.tif", "a///b c+d%20.tif", "ä//"] {
            let url = ObjectUrl::parse(&format!("s3://results/{key}")).expect("URL");
            assert_eq!(store.path(&url).expect(key).as_ref(), key);
        }
        for (key, words) in [("/plain.tif", "begins with a slash"), ("", "this is a bucket"), ("a/../b.tif", "..")] {
            // A key alone means no other object than its URL.
            let url = store.resolve(key).expect("an address");
            let error = store.path(&url).expect_err(key).to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
