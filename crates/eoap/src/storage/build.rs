//! From settings to a store, by the kind of the bucket's address.

#[cfg(feature = "azure")]
use super::azure;
#[cfg(feature = "gcp")]
use super::google;
use super::{
    object_url::{ObjectUrl, Provider},
    s3,
    store::Store,
    store_builder::StoreBuilder,
};
use crate::error::Result;

impl Store {
    /// Settings for a store of this bucket: a bucket's name for S3, or an address such as `gs://bucket` or
    /// `az://container`.
    pub fn builder(bucket: impl Into<String>) -> StoreBuilder {
        StoreBuilder::new(bucket.into())
    }

    /// The store of the bucket in an `s3://bucket/key` URL, with settings from the environment.
    ///
    /// # Errors
    ///
    /// [`Error::Url`](crate::Error::Url) for another kind of URL, and those of [`StoreBuilder::build`].
    pub fn for_url(url: impl AsRef<str>) -> Result<Self> {
        Self::builder(ObjectUrl::parse(url.as_ref())?.root().to_string()).build()
    }

    /// The store of an asset with an `s3://bucket/key` address. Settings come from the environment and the
    /// asset.
    ///
    /// # Errors
    ///
    /// Those of [`Store::for_url`].
    pub fn for_asset(asset: &stac::Asset) -> Result<Self> {
        Self::builder(ObjectUrl::parse(&asset.href)?.root().to_string()).asset(asset).build()
    }
}

impl StoreBuilder {
    /// Makes the store. Nothing is requested yet.
    ///
    /// # Errors
    ///
    /// [`Error::Store`](crate::Error::Store) if a setting is unusable, if there are no credentials, or if
    /// this library is built without the feature that the store takes, [`Error::Url`](crate::Error::Url) for
    /// an address of another kind in place of the bucket.
    pub fn build(self) -> Result<Store> {
        if !self.bucket.contains("://") {
            let bucket = self.bucket.clone();
            return s3::build(self, bucket);
        }
        let url = ObjectUrl::parse(&self.bucket)?.root();
        if self.requester_pays && url.provider != Provider::S3 {
            let reason = "only stores of S3 are asked to let the requester pay".to_owned();
            return Err(crate::Error::Store { url: url.to_string(), reason, source: None });
        }
        let ObjectUrl { provider, bucket, .. } = url;
        match provider {
            Provider::S3 => s3::build(self, bucket),
            #[cfg(feature = "gcp")]
            Provider::Google => google::build(self, bucket),
            #[cfg(feature = "azure")]
            Provider::Azure => azure::build(self, bucket),
            #[cfg(not(all(feature = "gcp", feature = "azure")))]
            provider => Err(without_feature(provider, &bucket)),
        }
    }
}

#[cfg(not(all(feature = "gcp", feature = "azure")))]
fn without_feature(provider: Provider, bucket: &str) -> crate::Error {
    let feature = if provider == Provider::Azure { "azure" } else { "gcp" };
    let url = ObjectUrl { provider, bucket: bucket.to_owned(), key: String::new() };
    let reason = format!(
        "stores of this kind take the feature {feature:?} of eoap, which is not on; add it where the crate is depended on: \
         `eoap = {{ …, features = [{feature:?}] }}`"
    );
    crate::Error::Store { url: url.to_string(), reason, source: None }
}
