//! What answers and requests of S3 say of objects, in the words of the protocol.
//!
//! Each function turns what the store knows into a member of an answer, or the other way round. None of them
//! asks the store.

use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use futures::TryStreamExt;
use s3s::dto::{CommonPrefix, ETag, ETagCondition, Metadata, Object as Entry, ObjectStorageClass, Part, StreamingBlob};
use s3s::{S3Error, S3Result, s3_error};

use super::uploads::Upload;
use crate::store::{Object, Page};

/// Keys in an answer when the client names no number, and the most it gets.
const PAGE: usize = 1000;

pub(super) fn etag(object: &Object) -> ETag {
    ETag::Strong(object.etag.clone())
}

pub(super) fn size(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

pub(super) fn content_type(object: &Object) -> Option<String> {
    Some(object.about.content_type.clone().unwrap_or_else(|| "binary/octet-stream".to_owned()))
}

pub(super) fn metadata(object: &Object) -> Option<Metadata> {
    let metadata = &object.about.metadata;
    (!metadata.is_empty()).then(|| metadata.iter().map(|(name, value)| (name.clone(), value.clone())).collect())
}

/// What a request says of the object that it stores.
macro_rules! about {
    ($input:expr) => {
        About {
            content_type: $input.content_type.clone(),
            content_encoding: $input.content_encoding.clone(),
            content_language: $input.content_language.clone(),
            content_disposition: $input.content_disposition.clone(),
            cache_control: $input.cache_control.clone(),
            metadata: $input.metadata.clone().into_iter().flatten().collect(),
            tags: $input.tagging.as_deref().map(tags).unwrap_or_default(),
        }
    };
}
pub(super) use about;

/// Tags as a header has them: like a query.
pub(super) fn tags(header: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(header.as_bytes()).into_owned().collect()
}

/// A body, whole.
pub(super) async fn whole(body: Option<StreamingBlob>) -> S3Result<Bytes> {
    let Some(blob) = body else { return Ok(Bytes::new()) };
    let all = blob.try_fold(BytesMut::new(), |mut all, part| async move {
        all.extend_from_slice(&part);
        Ok(all)
    });
    Ok(all.await.map_err(|source| S3Error::with_source(s3s::S3ErrorCode::IncompleteBody, source))?.freeze())
}

/// `If-Match` and `If-None-Match`.
pub(super) fn check_conditions(object: &Object, wanted: Option<&ETagCondition>, unwanted: Option<&ETagCondition>) -> S3Result {
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

pub(super) fn entries(page: &Page) -> Vec<Entry> {
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

pub(super) fn common_prefixes(page: &Page) -> Vec<CommonPrefix> {
    page.prefixes.iter().map(|prefix| CommonPrefix { prefix: Some(prefix.clone()) }).collect()
}

/// The parts of an upload with numbers after this one.
pub(super) fn parts(upload: &Upload, after: i32, modified: SystemTime) -> Vec<Part> {
    let parts = upload.parts.iter().filter(|(number, _)| **number > after);
    let answered = parts.map(|(number, part)| Part {
        part_number: Some(*number),
        e_tag: Some(ETag::Strong(part.etag())),
        size: Some(size(part.body.len())),
        last_modified: Some(modified.into()),
        ..Part::default()
    });
    answered.collect()
}

pub(super) fn limit(max_keys: Option<i32>) -> usize {
    max_keys.and_then(|keys| usize::try_from(keys).ok()).map_or(PAGE, |keys| keys.min(PAGE))
}
