//! The object store's protocol: what a client of S3 may ask, answered from a [`Store`].
//!
//! `s3s` reads the requests, checks their signatures and writes the XML. This module knows no scenario, no job and no network.

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use s3s::auth::SimpleAuth;
use s3s::dto::{
    Bucket, CommonPrefix, DeleteObjectInput, DeleteObjectOutput, DeleteObjectsInput, DeleteObjectsOutput, DeletedObject, ETag,
    ETagCondition, GetBucketLocationInput, GetBucketLocationOutput, GetObjectInput, GetObjectOutput, HeadBucketInput,
    HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput, ListBucketsOutput, ListObjectsInput,
    ListObjectsOutput, ListObjectsV2Input, ListObjectsV2Output, Object as Entry, ObjectStorageClass, Owner, PutObjectInput,
    PutObjectOutput, StreamingBlob,
};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, S3, S3Error, S3Request, S3Response, S3Result, s3_error};

use crate::route::Routes;
use crate::scenario;
use crate::store::{Missing, Object, Page, Query, Store};
use crate::upstream::{CopyError, StoreMirror};

/// Keys in an answer when the client names no number, and the most it gets.
const PAGE: usize = 1000;

/// The service over this store, open to the scenario's credentials only; `live` is asked first where the store is a copy.
pub(crate) fn service(settings: &scenario::S3, store: Store, routes: Routes, live: Option<StoreMirror>) -> S3Service {
    let mut builder =
        S3ServiceBuilder::new(Buckets { store, live, modified: settings.modified, region: settings.region.clone() });
    builder.set_auth(SimpleAuth::from_single(settings.access_key_id.as_str(), settings.secret_access_key.as_str()));
    builder.set_host(routes);
    builder.build()
}

struct Buckets {
    store: Store,
    live: Option<StoreMirror>,
    modified: std::time::SystemTime,
    region: String,
}

impl From<Missing> for S3Error {
    fn from(missing: Missing) -> Self {
        match missing {
            Missing::Bucket => s3_error!(NoSuchBucket, "The specified bucket does not exist"),
            Missing::Key => s3_error!(NoSuchKey, "The specified key does not exist."),
        }
    }
}

impl From<CopyError> for S3Error {
    fn from(error: CopyError) -> Self {
        Self::with_message(s3s::S3ErrorCode::InternalError, error.to_string())
    }
}

impl Buckets {
    /// The object, if there is one.
    async fn object(&self, bucket: &str, key: &str) -> S3Result<Object> {
        if let Some(live) = &self.live {
            live.object(bucket, key).await?;
        }
        Ok(self.store.get(bucket, key)?)
    }

    /// A part of a bucket's listing.
    async fn list(&self, bucket: &str, query: &Query<'_>) -> S3Result<Page> {
        if let Some(live) = &self.live {
            live.listing(bucket, query.prefix, query.delimiter).await?;
        }
        Ok(self.store.list(bucket, query)?)
    }

    /// Whether there is such a bucket.
    async fn check_bucket(&self, bucket: &str) -> S3Result {
        if let (Some(live), Err(_)) = (&self.live, self.store.has_bucket(bucket)) {
            live.look_for(bucket).await?;
        }
        Ok(self.store.has_bucket(bucket)?)
    }

    async fn delete(&self, bucket: &str, key: &str) -> S3Result {
        if let Some(live) = &self.live {
            live.delete(bucket, key).await?;
        }
        Ok(self.store.delete(bucket, key)?)
    }
}

fn etag(object: &Object) -> ETag {
    ETag::Strong(object.etag.clone())
}

fn size(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

fn content_type(object: &Object) -> Option<String> {
    Some(object.content_type.clone().unwrap_or_else(|| "binary/octet-stream".to_owned()))
}

/// `If-Match` and `If-None-Match`.
fn check_conditions(object: &Object, wanted: Option<&ETagCondition>, unwanted: Option<&ETagCondition>) -> S3Result {
    let matches = |condition: &ETagCondition| match condition {
        ETagCondition::Any => true,
        ETagCondition::ETag(tag) => tag.value() == object.etag,
    };
    if wanted.is_some_and(|condition| !matches(condition)) {
        return Err(s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold"));
    }
    if unwanted.is_some_and(matches) {
        return Err(s3_error!(NotModified));
    }
    Ok(())
}

fn entries(page: &Page) -> Vec<Entry> {
    let entry = |object: &Object| Entry {
        key: Some(object.key.clone()),
        size: Some(size(object.body.len())),
        last_modified: Some(object.modified.into()),
        e_tag: Some(etag(object)),
        storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
        ..Entry::default()
    };
    page.objects.iter().map(entry).collect()
}

fn common_prefixes(page: &Page) -> Vec<CommonPrefix> {
    page.prefixes.iter().map(|prefix| CommonPrefix { prefix: Some(prefix.clone()) }).collect()
}

fn limit(max_keys: Option<i32>) -> usize {
    max_keys.and_then(|keys| usize::try_from(keys).ok()).map_or(PAGE, |keys| keys.min(PAGE))
}

#[async_trait]
impl S3 for Buckets {
    async fn list_buckets(&self, _: S3Request<ListBucketsInput>) -> S3Result<S3Response<ListBucketsOutput>> {
        let bucket = |name| Bucket { name: Some(name), creation_date: Some(self.modified.into()), ..Bucket::default() };
        let buckets = self.store.buckets().into_iter().map(bucket).collect();
        Ok(S3Response::new(ListBucketsOutput {
            buckets: Some(buckets),
            owner: Some(Owner { id: Some("testbed".to_owned()), ..Owner::default() }),
            ..ListBucketsOutput::default()
        }))
    }

    async fn head_bucket(&self, request: S3Request<HeadBucketInput>) -> S3Result<S3Response<HeadBucketOutput>> {
        self.check_bucket(&request.input.bucket).await?;
        Ok(S3Response::new(HeadBucketOutput { bucket_region: Some(self.region.clone()), ..HeadBucketOutput::default() }))
    }

    async fn get_bucket_location(
        &self,
        request: S3Request<GetBucketLocationInput>,
    ) -> S3Result<S3Response<GetBucketLocationOutput>> {
        self.check_bucket(&request.input.bucket).await?;
        // S3 says nothing where the region is us-east-1.
        let region = (self.region != "us-east-1").then(|| self.region.clone().into());
        Ok(S3Response::new(GetBucketLocationOutput { location_constraint: region }))
    }

    async fn list_objects_v2(&self, request: S3Request<ListObjectsV2Input>) -> S3Result<S3Response<ListObjectsV2Output>> {
        let input = request.input;
        let query = Query {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref(),
            after: input.continuation_token.as_deref().or(input.start_after.as_deref()),
            limit: limit(input.max_keys),
        };
        let page = self.list(&input.bucket, &query).await?;
        Ok(S3Response::new(ListObjectsV2Output {
            contents: Some(entries(&page)),
            common_prefixes: Some(common_prefixes(&page)),
            key_count: i32::try_from(page.len()).ok(),
            max_keys: i32::try_from(query.limit).ok(),
            is_truncated: Some(page.next.is_some()),
            next_continuation_token: page.next,
            name: Some(input.bucket),
            prefix: Some(input.prefix.unwrap_or_default()),
            delimiter: input.delimiter,
            continuation_token: input.continuation_token,
            start_after: input.start_after,
            ..ListObjectsV2Output::default()
        }))
    }

    async fn list_objects(&self, request: S3Request<ListObjectsInput>) -> S3Result<S3Response<ListObjectsOutput>> {
        let input = request.input;
        let query = Query {
            prefix: input.prefix.as_deref().unwrap_or_default(),
            delimiter: input.delimiter.as_deref(),
            after: input.marker.as_deref(),
            limit: limit(input.max_keys),
        };
        let page = self.list(&input.bucket, &query).await?;
        Ok(S3Response::new(ListObjectsOutput {
            contents: Some(entries(&page)),
            common_prefixes: Some(common_prefixes(&page)),
            max_keys: i32::try_from(query.limit).ok(),
            is_truncated: Some(page.next.is_some()),
            next_marker: page.next,
            name: Some(input.bucket),
            prefix: Some(input.prefix.unwrap_or_default()),
            delimiter: input.delimiter,
            marker: Some(input.marker.unwrap_or_default()),
            ..ListObjectsOutput::default()
        }))
    }

    async fn head_object(&self, request: S3Request<HeadObjectInput>) -> S3Result<S3Response<HeadObjectOutput>> {
        let input = request.input;
        let object = self.object(&input.bucket, &input.key).await?;
        check_conditions(&object, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        Ok(S3Response::new(HeadObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: Some(size(object.body.len())),
            content_type: content_type(&object),
            e_tag: Some(etag(&object)),
            last_modified: Some(object.modified.into()),
            ..HeadObjectOutput::default()
        }))
    }

    async fn get_object(&self, request: S3Request<GetObjectInput>) -> S3Result<S3Response<GetObjectOutput>> {
        let input = request.input;
        let object = self.object(&input.bucket, &input.key).await?;
        check_conditions(&object, input.if_match.as_ref(), input.if_none_match.as_ref())?;
        let whole = object.body.len();
        let (body, content_range) = match input.range {
            None => (object.body.clone(), None),
            Some(range) => {
                let part = range.check(whole as u64)?;
                // A part of a slice has ends that fit into its index type.
                let (start, end) = (part.start as usize, part.end as usize);
                (object.body.slice(start..end), Some(format!("bytes {start}-{}/{whole}", end - 1)))
            }
        };
        Ok(S3Response::new(GetObjectOutput {
            accept_ranges: Some("bytes".to_owned()),
            content_length: Some(size(body.len())),
            content_range,
            content_type: content_type(&object),
            e_tag: Some(etag(&object)),
            last_modified: Some(object.modified.into()),
            body: Some(StreamingBlob::from(Body::from(body))),
            ..GetObjectOutput::default()
        }))
    }

    async fn put_object(&self, request: S3Request<PutObjectInput>) -> S3Result<S3Response<PutObjectOutput>> {
        let input = request.input;
        self.check_bucket(&input.bucket).await?;
        if input.if_none_match.is_some() && self.object(&input.bucket, &input.key).await.is_ok() {
            return Err(s3_error!(PreconditionFailed, "At least one of the pre-conditions you specified did not hold"));
        }
        let body = match input.body {
            Some(blob) => blob
                .try_fold(BytesMut::new(), |mut all, part| async move {
                    all.extend_from_slice(&part);
                    Ok(all)
                })
                .await
                .map_err(|source| S3Error::with_source(s3s::S3ErrorCode::IncompleteBody, source))?
                .freeze(),
            None => Bytes::new(),
        };
        let object = Object { content_type: input.content_type, ..Object::new(input.key, body, self.modified) };
        let tag = etag(&object);
        if let Some(live) = &self.live {
            live.put(&input.bucket, &object).await?;
        }
        self.store.put(&input.bucket, object)?;
        Ok(S3Response::new(PutObjectOutput { e_tag: Some(tag), ..PutObjectOutput::default() }))
    }

    async fn delete_object(&self, request: S3Request<DeleteObjectInput>) -> S3Result<S3Response<DeleteObjectOutput>> {
        self.delete(&request.input.bucket, &request.input.key).await?;
        Ok(S3Response::with_status(DeleteObjectOutput::default(), http::StatusCode::NO_CONTENT))
    }

    async fn delete_objects(&self, request: S3Request<DeleteObjectsInput>) -> S3Result<S3Response<DeleteObjectsOutput>> {
        let mut deleted = Vec::new();
        for object in request.input.delete.objects {
            self.delete(&request.input.bucket, &object.key).await?;
            deleted.push(DeletedObject { key: Some(object.key), ..DeletedObject::default() });
        }
        Ok(S3Response::new(DeleteObjectsOutput { deleted: Some(deleted), ..DeleteObjectsOutput::default() }))
    }
}
