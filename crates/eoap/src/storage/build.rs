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
    /// `az://container`, or that of an object in it.
    pub fn builder(bucket: impl Into<String>) -> StoreBuilder {
        StoreBuilder::new(bucket.into())
    }

    /// The store of the bucket in an `s3://bucket/key` URL, with settings from the environment.
    ///
    /// # Errors
    ///
    /// [`Error::Url`](crate::Error::Url) for another kind of URL, and those of [`StoreBuilder::build`].
    pub fn for_url(url: impl AsRef<str>) -> Result<Self> {
        Self::builder(ObjectUrl::parse(url.as_ref())?.to_string()).build()
    }

    /// The store of an asset with an `s3://bucket/key` address. Settings come from the environment and the
    /// asset.
    ///
    /// # Errors
    ///
    /// Those of [`Store::for_url`].
    pub fn for_asset(asset: &stac::Asset) -> Result<Self> {
        Self::builder(ObjectUrl::parse(&asset.href)?.to_string()).asset(asset).build()
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
        let url = self.url()?;
        if self.requester_pays && url.provider != Provider::S3 {
            let reason = "only stores of S3 are asked to let the requester pay".to_owned();
            return Err(crate::Error::Store { url: url.to_string(), reason, source: None });
        }
        match url.provider {
            Provider::S3 => s3::build(self, &url),
            #[cfg(feature = "gcp")]
            Provider::Google => google::build(self, &url),
            #[cfg(feature = "azure")]
            Provider::Azure => azure::build(self, &url),
            #[cfg(not(all(feature = "gcp", feature = "azure")))]
            _ => Err(without_feature(&url)),
        }
    }

    /// The address whose bucket is meant. It keeps the key of an object, for messages.
    pub(super) fn url(&self) -> Result<ObjectUrl> {
        if self.bucket.contains("://") {
            return ObjectUrl::parse(&self.bucket);
        }
        Ok(ObjectUrl { provider: Provider::S3, bucket: self.bucket.clone(), key: String::new() })
    }
}

#[cfg(not(all(feature = "gcp", feature = "azure")))]
fn without_feature(url: &ObjectUrl) -> crate::Error {
    let feature = if url.provider == Provider::Azure { "azure" } else { "gcp" };
    let reason = format!(
        "stores of this kind take the feature {feature:?} of eoap, which is not on; add it where the crate is depended on: \
         `eoap = {{ …, features = [{feature:?}] }}`"
    );
    crate::Error::Store { url: url.to_string(), reason, source: None }
}
