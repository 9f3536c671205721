//! The object store's protocol: what a client of S3 may ask, answered from a [`Store`].
//!
//! `s3s` reads the requests, checks their signatures and writes the XML; uploads in parts are kept in
//! `uploads`. This module knows no scenario, no job and no network.

mod access;
mod answers;
mod buckets;
mod uploads;

use std::collections::BTreeMap;

use async_trait::async_trait;
use s3s::auth::SimpleAuth;
use s3s::dto::{
    AbortMultipartUploadInput, AbortMultipartUploadOutput, Bucket, CompleteMultipartUploadInput, CompleteMultipartUploadOutput,
    CopyObjectInput, CopyObjectOutput, CopyObjectResult, CopyPartResult, CreateBucketInput, CreateBucketOutput,
    CreateMultipartUploadInput, CreateMultipartUploadOutput, DeleteBucketInput, DeleteBucketOutput, DeleteObjectInput,
    DeleteObjectOutput, DeleteObjectTaggingInput, DeleteObjectTaggingOutput, DeleteObjectsInput, DeleteObjectsOutput,
    DeletedObject, ETag, GetBucketLocationInput, GetBucketLocationOutput, GetObjectInput, GetObjectOutput, GetObjectTaggingInput,
    GetObjectTaggingOutput, HeadBucketInput, HeadBucketOutput, HeadObjectInput, HeadObjectOutput, ListBucketsInput,
    ListBucketsOutput, ListMultipartUploadsInput, ListMultipartUploadsOutput, ListObjectsInput, ListObjectsOutput,
    ListObjectsV2Input, ListObjectsV2Output, ListPartsInput, ListPartsOutput, MetadataDirective, MultipartUpload, Owner,
    PutObjectInput, PutObjectOutput, PutObjectTaggingInput, PutObjectTaggingOutput, StreamingBlob, Tag, TaggingDirective,
    UploadPartCopyInput, UploadPartCopyOutput, UploadPartInput, UploadPartOutput,
};
use s3s::service::{S3Service, S3ServiceBuilder};
use s3s::{Body, S3, S3Request, S3Response, S3Result, s3_error};

use crate::route::Routes;
use crate::scenario;
use crate::store::{About, FoundUpload, Object, Query, Store};
use crate::upstream::StoreMirror;
use access::PublicBuckets;
use answers::{about, check_conditions, common_prefixes, content_type, entries, etag, limit, metadata, parts, size, tags, whole};
use buckets::Buckets;
use uploads::Uploads;

/// The service over this store, open to the scenario's credentials only, with uploads that are under way;
/// `live` is asked first where the store is a copy.
pub(crate) fn service(
    settings: &scenario::S3,
    (store, uploads): (Store, BTreeMap<String, FoundUpload>),
    routes: Routes,
    live: Option<StoreMirror>,
) -> S3Service {
    let mut builder = S3ServiceBuilder::new(Buckets {
        uploads: Uploads::new(store.clone(), uploads),
        store,
        live,
        modified: settings.modified,
        region: settings.region.clone(),
    });
    builder.set_auth(SimpleAuth::from_single(settings.access_key_id.as_str(), settings.secret_access_key.as_str()));
    builder.set_access(PublicBuckets(settings.public.clone()));
    builder.set_host(routes);
    builder.build()
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
            content_encoding: object.about.content_encoding.clone(),
            content_language: object.about.content_language.clone(),
            content_disposition: object.about.content_disposition.clone(),
            cache_control: object.about.cache_control.clone(),
            metadata: metadata(&object),
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
            content_type: input.response_content_type.or_else(|| content_type(&object)),
            content_encoding: input.response_content_encoding.or_else(|| object.about.content_encoding.clone()),
            content_language: input.response_content_language.or_else(|| object.about.content_language.clone()),
            content_disposition: input.response_content_disposition.or_else(|| object.about.content_disposition.clone()),
            cache_control: input.response_cache_control.or_else(|| object.about.cache_control.clone()),
            metadata: metadata(&object),
            tag_count: i32::try_from(object.about.tags.len()).ok().filter(|count| *count > 0),
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
        let about = about!(input);
        let object = Object { about, ..Object::new(input.key, whole(input.body).await?, self.modified) };
        let tag = etag(&object);
        self.put(&input.bucket, object).await?;
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

    /// Where the region is us-east-1, S3 does not mind that a bucket is there already.
    async fn create_bucket(&self, request: S3Request<CreateBucketInput>) -> S3Result<S3Response<CreateBucketOutput>> {
        let bucket = request.input.bucket;
        match (self.check_bucket(&bucket).await.is_ok(), &self.live) {
            (true, _) if self.region == "us-east-1" => {}
            (true, _) => {
                return Err(s3_error!(BucketAlreadyOwnedByYou, "Your previous request to create the named bucket succeeded"));
            }
            (false, Some(_)) => return Err(s3_error!(NotImplemented, "Under record no bucket can be created")),
            (false, None) => self.store.add_bucket(&bucket).wait().await?,
        }
        Ok(S3Response::new(CreateBucketOutput { location: Some(format!("/{bucket}")) }))
    }

    async fn delete_bucket(&self, request: S3Request<DeleteBucketInput>) -> S3Result<S3Response<DeleteBucketOutput>> {
        if self.live.is_some() {
            return Err(s3_error!(NotImplemented, "Under record no bucket can be removed"));
        }
        let removed = self.store.remove_bucket(&request.input.bucket)?;
        let removed = removed.ok_or_else(|| s3_error!(BucketNotEmpty, "The bucket you tried to delete is not empty"))?;
        removed.wait().await?;
        Ok(S3Response::with_status(DeleteBucketOutput::default(), http::StatusCode::NO_CONTENT))
    }

    async fn copy_object(&self, request: S3Request<CopyObjectInput>) -> S3Result<S3Response<CopyObjectOutput>> {
        let input = request.input;
        let source = self.source(&input.copy_source).await?;
        check_conditions(&source, input.copy_source_if_match.as_ref(), input.copy_source_if_none_match.as_ref())?;
        self.check_bucket(&input.bucket).await?;
        let is = |directive: Option<&str>| directive == Some(MetadataDirective::REPLACE);
        let replaced = about!(input);
        let mut about = if is(input.metadata_directive.as_ref().map(MetadataDirective::as_str)) {
            About { tags: source.about.tags.clone(), ..replaced.clone() }
        } else {
            source.about.clone()
        };
        if is(input.tagging_directive.as_ref().map(TaggingDirective::as_str)) {
            about.tags = replaced.tags;
        }
        let copy = Object { about, ..Object::new(input.key, source.body, self.modified) };
        let result = CopyObjectResult {
            e_tag: Some(etag(&copy)),
            last_modified: Some(copy.modified.into()),
            ..CopyObjectResult::default()
        };
        self.put(&input.bucket, copy).await?;
        Ok(S3Response::new(CopyObjectOutput { copy_object_result: Some(result), ..CopyObjectOutput::default() }))
    }

    async fn create_multipart_upload(
        &self,
        request: S3Request<CreateMultipartUploadInput>,
    ) -> S3Result<S3Response<CreateMultipartUploadOutput>> {
        let input = request.input;
        self.check_bucket(&input.bucket).await?;
        let about = about!(input);
        let (id, kept) = self.uploads.begin(input.bucket.clone(), input.key.clone(), about);
        kept.wait().await?;
        let upload_id = Some(id);
        let (bucket, key) = (Some(input.bucket), Some(input.key));
        Ok(S3Response::new(CreateMultipartUploadOutput { bucket, key, upload_id, ..CreateMultipartUploadOutput::default() }))
    }

    async fn upload_part(&self, request: S3Request<UploadPartInput>) -> S3Result<S3Response<UploadPartOutput>> {
        let input = request.input;
        let body = whole(input.body).await?;
        let (tag, kept) = self.uploads.put(&input.upload_id, &input.bucket, &input.key, input.part_number, body)?;
        kept.wait().await?;
        Ok(S3Response::new(UploadPartOutput { e_tag: Some(ETag::Strong(tag)), ..UploadPartOutput::default() }))
    }

    async fn upload_part_copy(&self, request: S3Request<UploadPartCopyInput>) -> S3Result<S3Response<UploadPartCopyOutput>> {
        let input = request.input;
        let body = self.copied_part(&input.copy_source, input.copy_source_range.as_deref()).await?;
        let (tag, kept) = self.uploads.put(&input.upload_id, &input.bucket, &input.key, input.part_number, body)?;
        kept.wait().await?;
        let result = CopyPartResult {
            e_tag: Some(ETag::Strong(tag)),
            last_modified: Some(self.modified.into()),
            ..CopyPartResult::default()
        };
        Ok(S3Response::new(UploadPartCopyOutput { copy_part_result: Some(result), ..UploadPartCopyOutput::default() }))
    }

    async fn complete_multipart_upload(
        &self,
        request: S3Request<CompleteMultipartUploadInput>,
    ) -> S3Result<S3Response<CompleteMultipartUploadOutput>> {
        let input = request.input;
        let parts = input.multipart_upload.and_then(|upload| upload.parts).unwrap_or_default();
        let parts: Vec<(i32, Option<String>)> = parts
            .into_iter()
            .map(|part| (part.part_number.unwrap_or_default(), part.e_tag.map(|tag| tag.value().to_owned())))
            .collect();
        let object = self.uploads.assembled(&input.upload_id, &input.bucket, &input.key, &parts, self.modified)?;
        let tag = etag(&object);
        self.put(&input.bucket, object).await?;
        self.uploads.forget(&input.upload_id, &input.bucket, &input.key)?.wait().await?;
        let location = Some(format!("/{}/{}", input.bucket, input.key));
        let (bucket, key, e_tag) = (Some(input.bucket), Some(input.key), Some(tag));
        Ok(S3Response::new(CompleteMultipartUploadOutput {
            bucket,
            key,
            location,
            e_tag,
            ..CompleteMultipartUploadOutput::default()
        }))
    }

    async fn abort_multipart_upload(
        &self,
        request: S3Request<AbortMultipartUploadInput>,
    ) -> S3Result<S3Response<AbortMultipartUploadOutput>> {
        let input = request.input;
        self.uploads.forget(&input.upload_id, &input.bucket, &input.key)?.wait().await?;
        Ok(S3Response::with_status(AbortMultipartUploadOutput::default(), http::StatusCode::NO_CONTENT))
    }

    async fn list_parts(&self, request: S3Request<ListPartsInput>) -> S3Result<S3Response<ListPartsOutput>> {
        let input = request.input;
        let upload = self.uploads.get(&input.upload_id, &input.bucket, &input.key)?;
        let parts = parts(&upload, input.part_number_marker.unwrap_or_default(), self.modified);
        Ok(S3Response::new(ListPartsOutput {
            bucket: Some(input.bucket),
            key: Some(input.key),
            upload_id: Some(input.upload_id),
            is_truncated: Some(false),
            parts: Some(parts),
            ..ListPartsOutput::default()
        }))
    }

    async fn list_multipart_uploads(
        &self,
        request: S3Request<ListMultipartUploadsInput>,
    ) -> S3Result<S3Response<ListMultipartUploadsOutput>> {
        let input = request.input;
        self.check_bucket(&input.bucket).await?;
        let prefix = input.prefix.unwrap_or_default();
        let uploads = self.uploads.of(&input.bucket).into_iter().filter(|(_, upload)| upload.key.starts_with(&prefix));
        let uploads = uploads.map(|(id, upload)| MultipartUpload {
            key: Some(upload.key),
            upload_id: Some(id),
            initiated: Some(self.modified.into()),
            ..MultipartUpload::default()
        });
        Ok(S3Response::new(ListMultipartUploadsOutput {
            bucket: Some(input.bucket),
            is_truncated: Some(false),
            uploads: Some(uploads.collect()),
            prefix: Some(prefix),
            ..ListMultipartUploadsOutput::default()
        }))
    }

    async fn get_object_tagging(
        &self,
        request: S3Request<GetObjectTaggingInput>,
    ) -> S3Result<S3Response<GetObjectTaggingOutput>> {
        let object = self.object(&request.input.bucket, &request.input.key).await?;
        let tag = |(key, value): &(String, String)| Tag { key: Some(key.clone()), value: Some(value.clone()) };
        let tag_set = object.about.tags.iter().map(tag).collect();
        Ok(S3Response::new(GetObjectTaggingOutput { tag_set, version_id: None }))
    }

    async fn put_object_tagging(
        &self,
        request: S3Request<PutObjectTaggingInput>,
    ) -> S3Result<S3Response<PutObjectTaggingOutput>> {
        let input = request.input;
        self.object(&input.bucket, &input.key).await?;
        let tags = input.tagging.tag_set.into_iter().map(|tag| (tag.key.unwrap_or_default(), tag.value.unwrap_or_default()));
        self.store.tag(&input.bucket, &input.key, tags.collect())?.wait().await?;
        Ok(S3Response::new(PutObjectTaggingOutput::default()))
    }

    async fn delete_object_tagging(
        &self,
        request: S3Request<DeleteObjectTaggingInput>,
    ) -> S3Result<S3Response<DeleteObjectTaggingOutput>> {
        let input = request.input;
        self.object(&input.bucket, &input.key).await?;
        self.store.tag(&input.bucket, &input.key, Vec::new())?.wait().await?;
        Ok(S3Response::with_status(DeleteObjectTaggingOutput::default(), http::StatusCode::NO_CONTENT))
    }
}
