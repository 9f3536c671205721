//! Addresses of objects: `s3://bucket/key`, `gs://bucket/key`, `az://container/key`. Keys are taken as they
//! are written; nothing in them is decoded.

use std::fmt;

use super::shown_address::shown_text;
use crate::error::{Error, Result};

/// Whose interface a store of objects has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Provider {
    S3,
    Google,
    Azure,
}

/// Schemes of addresses, the one that is shown first.
const SCHEMES: [(Provider, &[&str]); 3] =
    [(Provider::S3, &["s3", "s3a"]), (Provider::Google, &["gs", "gcs"]), (Provider::Azure, &["az", "abfs"])];

impl Provider {
    /// The provider of addresses with a scheme.
    pub(crate) fn of_scheme(scheme: &str) -> Option<Self> {
        SCHEMES.iter().find(|(_, schemes)| schemes.contains(&scheme)).map(|(provider, _)| *provider)
    }

    fn scheme(self) -> &'static str {
        match self {
            Self::S3 => "s3",
            Self::Google => "gs",
            Self::Azure => "az",
        }
    }
}

/// Bucket and key of an object, or of a folder if the key is empty or ends with a slash. What Azure calls a
/// container is a bucket here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ObjectUrl {
    pub(crate) provider: Provider,
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl ObjectUrl {
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let refuse = |reason: &str| Err(Error::Url { url: shown_text(url), reason: reason.to_owned() });
        let parts = url.split_once("://").and_then(|(scheme, rest)| Some((Provider::of_scheme(scheme)?, rest)));
        let Some((provider, rest)) = parts.filter(|(_, rest)| !rest.is_empty() && !rest.starts_with('/')) else {
            return refuse("give the address of an object or folder on S3 such as s3://bucket/folder/file.tif");
        };
        let (bucket, key) = rest.split_once('/').unwrap_or((rest, ""));
        if bucket.contains('@') {
            return refuse(
                "what is before its first slash is more than a container; give az://container/key, and set AZURE_STORAGE_ACCOUNT_NAME",
            );
        }
        Ok(Self { provider, bucket: bucket.to_owned(), key: key.to_owned() })
    }

    /// The address of the bucket itself.
    pub(crate) fn root(&self) -> Self {
        Self { key: String::new(), ..self.clone() }
    }
}

impl fmt::Display for ObjectUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}/{}", self.provider.scheme(), self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_and_key() {
        let url = ObjectUrl::parse("s3://results/job/a b/otsu.tif").expect("URL");
        assert_eq!((url.bucket.as_str(), url.key.as_str()), ("results", "job/a b/otsu.tif"));
        assert_eq!(url.to_string(), "s3://results/job/a b/otsu.tif");
        assert_eq!(ObjectUrl::parse("s3://results").expect("URL").key, "");
        for (text, shown) in [("gcs://b/x.tif", "gs://b/x.tif"), ("abfs://c/x.tif", "az://c/x.tif"), ("s3a://b/", "s3://b/")] {
            assert_eq!(ObjectUrl::parse(text).expect(text).to_string(), shown);
        }
    }

    #[test]
    fn other_addresses_are_refused_with_advice() {
        for text in ["", "s3://", "s3:///key", "gs:///key", "https://host/key", "results/key"] {
            let error = ObjectUrl::parse(text).expect_err(text).to_string();
            assert!(error.contains("s3://bucket/folder/file.tif"), "{error}");
        }
        let error = ObjectUrl::parse("abfs://c@account.dfs.core.windows.net/x.tif").expect_err("an account").to_string();
        assert!(error.contains("AZURE_STORAGE_ACCOUNT_NAME"), "{error}");
    }
}
