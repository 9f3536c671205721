//! Mirrors a live object store as far as a client reads it.
//!
//! [`StoreMirror`] fetches an object before it is first read or listed, and passes writes on. So a client
//! under record uses the store that will play the recording back, with made-up credentials. The real ones
//! stay here. The mirror keeps the first version that was seen of an object.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path;
use object_store::{Attribute, Attributes, ObjectStore, ObjectStoreExt, PutOptions, RetryConfig};

use super::upstream::{Live, LiveStore};
use crate::store::{About, Object, Store};

/// A larger object is not for a scenario folder.
const LARGEST: u64 = 256 << 20;

/// Why the live store has not answered: its error, as text.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CopyError {
    #[error("the live store: {0}")]
    Store(#[from] object_store::Error),
    #[error("{bucket}/{key} has {size} bytes, and a recording takes {LARGEST} at most")]
    Large { bucket: String, key: String, size: u64 },
}

/// A copy of a live store; clones share it.
#[derive(Clone)]
pub(crate) struct StoreMirror {
    live: Arc<Live>,
    from: LiveStore,
    to: Store,
    seen: Arc<Mutex<Seen>>,
}

/// What was copied, and what the client itself has written or removed.
#[derive(Debug, Default)]
struct Seen {
    copied: BTreeMap<(String, String), Object>,
    own: BTreeSet<(String, String)>,
}

impl fmt::Debug for StoreMirror {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("StoreMirror").field("from", &self.from).finish_non_exhaustive()
    }
}

impl StoreMirror {
    /// Copies `from` into `to`.
    pub(crate) fn new(live: Arc<Live>, from: LiveStore, to: Store) -> Self {
        Self { live, from, to, seen: Arc::default() }
    }

    /// Bucket and object of everything that has been copied.
    pub(crate) fn objects(&self) -> Vec<(String, Object)> {
        self.lock().copied.iter().map(|((bucket, _), object)| (bucket.clone(), object.clone())).collect()
    }

    /// An object is about to be read.
    pub(crate) async fn object(&self, bucket: &str, key: &str) -> Result<(), CopyError> {
        let place = (bucket.to_owned(), key.to_owned());
        {
            let seen = self.lock();
            if seen.copied.contains_key(&place) || seen.own.contains(&place) {
                return Ok(());
            }
        }
        let Ok(path) = Path::parse(key) else { return Ok(()) };
        let found = match self.bucket(bucket)?.get(&path).await {
            Ok(found) => found,
            Err(object_store::Error::NotFound { source, .. }) => {
                if !source.to_string().contains("NoSuchBucket") {
                    drop(self.to.add_bucket(bucket));
                }
                return Ok(());
            }
            Err(error) => return Err(error.into()),
        };
        if found.meta.size > LARGEST {
            return Err(CopyError::Large { bucket: bucket.to_owned(), key: key.to_owned(), size: found.meta.size });
        }
        let modified = found.meta.last_modified.into();
        let content_type = found.attributes.get(&Attribute::ContentType).map(|it| it.as_ref().to_owned());
        let body = found.bytes().await?;
        let body = match std::str::from_utf8(&body) {
            Ok(text) => Bytes::from(self.live.documented(text)),
            Err(_) => body,
        };
        let object = Object { about: About::typed(content_type), ..Object::new(key.to_owned(), body, modified) };
        drop(self.to.add_bucket(bucket));
        // It is there: the bucket has just been added.
        let _ = self.to.put(bucket, object.clone());
        self.lock().copied.insert(place, object);
        Ok(())
    }

    /// It is about to be asked whether there is such a bucket.
    pub(crate) async fn look_for(&self, bucket: &str) -> Result<(), CopyError> {
        match self.bucket(bucket)?.list(None).try_next().await {
            Ok(_) => drop(self.to.add_bucket(bucket)),
            Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        Ok(())
    }

    /// Prepares the listing of a bucket. One object is enough to show a common prefix.
    pub(crate) async fn listing(&self, bucket: &str, prefix: &str, delimiter: Option<&str>) -> Result<(), CopyError> {
        let store = self.bucket(bucket)?;
        // That store lists folders. S3 lists keys that begin with a text.
        let folder = prefix.rsplit_once('/').map(|(folder, _)| Path::from(folder));
        let mut keys = Vec::new();
        let listed = match delimiter {
            Some("/") => store.list_with_delimiter(folder.as_ref()).await.map(|listed| (listed.objects, listed.common_prefixes)),
            _ => store.list(folder.as_ref()).try_collect().await.map(|objects| (objects, Vec::new())),
        };
        let (objects, prefixes) = match listed {
            Ok(listed) => listed,
            Err(object_store::Error::NotFound { .. }) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        keys.extend(objects.into_iter().map(|object| object.location.to_string()));
        for common in prefixes.into_iter().filter(|common| format!("{common}/").starts_with(prefix)) {
            let first = store.list(Some(&common)).try_next().await?;
            keys.extend(first.map(|object| object.location.to_string()));
        }
        drop(self.to.add_bucket(bucket));
        for key in keys.iter().filter(|key| key.starts_with(prefix)) {
            self.object(bucket, key).await?;
        }
        Ok(())
    }

    /// The client writes an object.
    pub(crate) async fn put(&self, bucket: &str, object: &Object) -> Result<(), CopyError> {
        let mut attributes = Attributes::new();
        if let Some(content_type) = &object.about.content_type {
            attributes.insert(Attribute::ContentType, content_type.clone().into());
        }
        let options = PutOptions { attributes, ..PutOptions::default() };
        self.bucket(bucket)?.put_opts(&Path::from(object.key.as_str()), object.body.clone().into(), options).await?;
        drop(self.to.add_bucket(bucket));
        self.lock().own.insert((bucket.to_owned(), object.key.clone()));
        Ok(())
    }

    /// The client removes an object.
    pub(crate) async fn delete(&self, bucket: &str, key: &str) -> Result<(), CopyError> {
        match self.bucket(bucket)?.delete(&Path::from(key)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        self.lock().own.insert((bucket.to_owned(), key.to_owned()));
        Ok(())
    }

    fn bucket(&self, bucket: &str) -> Result<AmazonS3, CopyError> {
        let retry = RetryConfig { max_retries: 2, retry_timeout: Duration::from_secs(30), ..RetryConfig::default() };
        let builder = AmazonS3Builder::new()
            .with_endpoint(&self.from.endpoint)
            .with_allow_http(true)
            .with_region(&self.from.region)
            .with_bucket_name(bucket)
            .with_virtual_hosted_style_request(false)
            .with_retry(retry);
        Ok(match &self.from.credentials {
            None => builder.with_skip_signature(true),
            Some((key, secret, token)) => {
                let signed = builder.with_access_key_id(key).with_secret_access_key(secret);
                token.iter().fold(signed, AmazonS3Builder::with_token)
            }
        }
        .build()?)
    }

    fn lock(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
