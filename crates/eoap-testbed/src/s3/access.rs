//! Who may do what: with the right signature everything, without one read what is public.

use std::collections::BTreeSet;

use async_trait::async_trait;
use http::Method;
use s3s::access::{S3Access, S3AccessContext};
use s3s::{S3Result, s3_error};

/// Buckets that anybody may read and list, as those of open data are.
pub(super) struct PublicBuckets(pub(super) BTreeSet<String>);

#[async_trait]
impl S3Access for PublicBuckets {
    async fn check(&self, request: &mut S3AccessContext<'_>) -> S3Result<()> {
        let reads = [Method::GET, Method::HEAD].contains(request.method());
        let is_public = request.s3_path().get_bucket_name().is_some_and(|bucket| self.0.contains(bucket));
        if request.credentials().is_some() || reads && is_public {
            return Ok(());
        }
        Err(s3_error!(AccessDenied, "Signature is required"))
    }
}
