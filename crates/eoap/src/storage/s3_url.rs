//! Addresses of objects: `s3://bucket/key`. Keys are taken as they are written; nothing in them is decoded.

use std::fmt;

use super::shown_address::shown_text;
use crate::error::{Error, Result};

/// Bucket and key of an object, or of a folder if the key is empty or ends with a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct S3Url {
    pub(crate) bucket: String,
    pub(crate) key: String,
}

impl S3Url {
    pub(crate) fn parse(url: &str) -> Result<Self> {
        let rest = url.strip_prefix("s3://").or_else(|| url.strip_prefix("s3a://"));
        let (bucket, key) = rest.map(|rest| rest.split_once('/').unwrap_or((rest, ""))).unwrap_or_default();
        if bucket.is_empty() {
            return Err(Error::Url {
                url: shown_text(url),
                reason: "give the address of an object or folder on S3 such as s3://bucket/folder/file.tif".to_owned(),
            });
        }
        Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
    }
}

impl fmt::Display for S3Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bucket_and_key() {
        let url = S3Url::parse("s3://results/job/a b/otsu.tif").expect("URL");
        assert_eq!((url.bucket.as_str(), url.key.as_str()), ("results", "job/a b/otsu.tif"));
        assert_eq!(url.to_string(), "s3://results/job/a b/otsu.tif");
        assert_eq!(S3Url::parse("s3://results").expect("URL").key, "");
    }

    #[test]
    fn other_addresses_are_refused_with_advice() {
        for text in ["", "s3://", "s3:///key", "https://host/key", "results/key"] {
            let error = S3Url::parse(text).expect_err(text).to_string();
            assert!(error.contains("s3://bucket/folder/file.tif"), "{error}");
        }
    }
}
