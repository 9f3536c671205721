//! The buckets behind the protocol: a store, and the live store that it is a copy of, if there is one.
//!
//! This module knows no request of the protocol.

use bytes::Bytes;
use s3s::dto::{CopySource, Range};
use s3s::{S3Error, S3Result, s3_error};

use super::uploads::Uploads;
use crate::store::{Missing, NotKept, Object, Page, Query, Store};
use crate::upstream::{CopyError, StoreMirror};

/// The buckets of a store, as the protocol sees them.
pub(super) struct Buckets {
    pub(super) store: Store,
    pub(super) live: Option<StoreMirror>,
    pub(super) uploads: Uploads,
    pub(super) modified: std::time::SystemTime,
    pub(super) region: String,
}

impl From<Missing> for S3Error {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Bucket => s3_error!(NoSuchBucket, "The specified bucket does not exist"),
            Missing::Key => s3_error!(NoSuchKey, "The specified key does not exist."),
        }
    }
}

impl From<NotKept> for S3Error {
    fn from(error: NotKept) -> Self {
        Self::with_message(s3s::S3ErrorCode::InternalError, error.to_string())
    }
}

impl From<CopyError> for S3Error {
    fn from(error: CopyError) -> Self {
        Self::with_message(s3s::S3ErrorCode::InternalError, error.to_string())
    }
}

impl Buckets {
    /// The object, if there is one.
    pub(super) async fn object(&self, bucket: &str, key: &str) -> S3Result<Object> {
        if let Some(live) = &self.live {
            live.object(bucket, key).await?;
        }
        Ok(self.store.get(bucket, key)?)
    }

    /// A part of a bucket's listing.
    pub(super) async fn list(&self, bucket: &str, query: &Query<'_>) -> S3Result<Page> {
        if let Some(live) = &self.live {
            live.listing(bucket, query.prefix, query.delimiter).await?;
        }
        Ok(self.store.list(bucket, query)?)
    }

    /// Whether there is such a bucket.
    pub(super) async fn check_bucket(&self, bucket: &str) -> S3Result {
        if let (Some(live), Err(_)) = (&self.live, self.store.has_bucket(bucket)) {
            live.look_for(bucket).await?;
        }
        Ok(self.store.has_bucket(bucket)?)
    }

    /// Stores an object, here and in the live store.
    pub(super) async fn put(&self, bucket: &str, object: Object) -> S3Result {
        if let Some(live) = &self.live {
            live.put(bucket, &object).await?;
        }
        Ok(self.store.put(bucket, object)?.wait().await?)
    }

    /// The object that a copy is made of.
    pub(super) async fn source(&self, source: &CopySource) -> S3Result<Object> {
        match source {
            CopySource::Bucket { bucket, key, .. } => self.object(bucket, key).await,
            _ => Err(s3_error!(NotImplemented, "The testbed has no access points")),
        }
    }

    /// The bytes of an object that a part of an upload is copied from.
    pub(super) async fn copied_part(&self, source: &CopySource, range: Option<&str>) -> S3Result<Bytes> {
        let body = self.source(source).await?.body;
        let Some(range) = range else { return Ok(body) };
        let range = Range::parse(range)
            .map_err(|_| s3_error!(InvalidArgument, "The range to copy has to be bytes=first-last"))?
            .check(body.len() as u64)?;
        // A part of a slice has ends that fit into its index type.
        Ok(body.slice(range.start as usize..range.end as usize))
    }

    pub(super) async fn delete(&self, bucket: &str, key: &str) -> S3Result {
        if let Some(live) = &self.live {
            live.delete(bucket, key).await?;
        }
        Ok(self.store.delete(bucket, key)?.wait().await?)
    }
}
