//! Uploads in parts that are under way.
//!
//! [`Uploads`] keeps the parts until they are put together, in memory and where the store keeps its changes.
//! What asks for them is not known here.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::{Bytes, BytesMut};
use s3s::crypto::{Checksum, Md5};
use s3s::{S3Error, S3Result, s3_error};

use crate::store::{About, Change, FoundUpload, Object, Receipt, Store};

/// Every part but the last has at least so many bytes, as on S3.
const SMALLEST: usize = 5 << 20;

/// A part that has come in.
#[derive(Debug, Clone)]
pub(super) struct Part {
    pub(super) body: Bytes,
    pub(super) digest: [u8; 16],
}

impl Part {
    pub(super) fn etag(&self) -> String {
        hex(&self.digest)
    }
}

/// An upload.
#[derive(Debug, Clone)]
pub(super) struct Upload {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) about: About,
    pub(super) parts: BTreeMap<i32, Part>,
}

/// All uploads of a store, by their ids.
#[derive(Debug)]
pub(super) struct Uploads {
    state: Mutex<State>,
    store: Store,
}

#[derive(Debug, Default)]
struct State {
    all: BTreeMap<String, Upload>,
    count: u64,
}

impl Uploads {
    /// Uploads to a store, with those that are under way.
    pub(super) fn new(store: Store, found: BTreeMap<String, FoundUpload>) -> Self {
        let number = |id: &String| id.rsplit('-').next().and_then(|number| number.parse().ok()).unwrap_or_default();
        let count = found.keys().map(number).max().unwrap_or_default();
        let part = |(number, body): (i32, Bytes)| (number, Part { digest: Md5::checksum(&body), body });
        let all = found.into_iter().map(|(id, FoundUpload { bucket, key, about, parts })| {
            (id, Upload { bucket, key, about, parts: parts.into_iter().map(part).collect() })
        });
        Self { state: Mutex::new(State { all: all.collect(), count }), store }
    }

    /// Begins an upload and gives its id.
    pub(super) fn begin(&self, bucket: String, key: String, about: About) -> (String, Receipt) {
        let mut state = self.lock();
        state.count += 1;
        let id = format!("upload-{:08}", state.count);
        let receipt =
            self.store.keep(|| Change::Upload { id: id.clone(), bucket: bucket.clone(), key: key.clone(), about: about.clone() });
        state.all.insert(id.clone(), Upload { bucket, key, about, parts: BTreeMap::new() });
        (id, receipt)
    }

    /// Keeps a part, in the place of an earlier one of its number; gives its tag.
    pub(super) fn put(&self, id: &str, bucket: &str, key: &str, number: i32, body: Bytes) -> S3Result<(String, Receipt)> {
        if !(1..=10_000).contains(&number) {
            return Err(s3_error!(InvalidArgument, "Part number must be an integer between 1 and 10000, inclusive"));
        }
        let part = Part { digest: Md5::checksum(&body), body: body.clone() };
        let etag = part.etag();
        let mut state = self.lock();
        found(state.all.get_mut(id), bucket, key)?.parts.insert(number, part);
        Ok((etag, self.store.keep(|| Change::Part { id: id.to_owned(), number, body })))
    }

    /// The upload as it is.
    pub(super) fn get(&self, id: &str, bucket: &str, key: &str) -> S3Result<Upload> {
        found(self.lock().all.get_mut(id), bucket, key).cloned()
    }

    /// The uploads to a bucket, with their ids.
    pub(super) fn of(&self, bucket: &str) -> Vec<(String, Upload)> {
        let state = self.lock();
        state.all.iter().filter(|(_, upload)| upload.bucket == bucket).map(|(id, upload)| (id.clone(), upload.clone())).collect()
    }

    pub(super) fn forget(&self, id: &str, bucket: &str, key: &str) -> S3Result<Receipt> {
        let mut state = self.lock();
        found(state.all.get_mut(id), bucket, key)?;
        state.all.remove(id);
        Ok(self.store.keep(|| Change::UploadEnded { id: id.to_owned() }))
    }

    /// The object that these parts make, by number and tag; the upload stays until it is forgotten.
    pub(super) fn assembled(
        &self,
        id: &str,
        bucket: &str,
        key: &str,
        parts: &[(i32, Option<String>)],
        modified: SystemTime,
    ) -> S3Result<Object> {
        let upload = self.get(id, bucket, key)?;
        if parts.is_empty() {
            return Err(s3_error!(MalformedXML, "You must specify at least one part"));
        }
        if !parts.windows(2).all(|pair| pair[0].0 < pair[1].0) {
            return Err(s3_error!(
                InvalidPartOrder,
                "The list of parts was not in ascending order. Parts must be ordered by part number."
            ));
        }
        let (mut body, mut digests) = (BytesMut::new(), Vec::new());
        for (index, (number, etag)) in parts.iter().enumerate() {
            let part = upload.parts.get(number).filter(|part| etag.as_ref().is_none_or(|etag| *etag == part.etag()));
            let part = part.ok_or_else(|| {
                s3_error!(InvalidPart, "One or more of the specified parts could not be found. The part may not have been uploaded, or its tag is another.")
            })?;
            if part.body.len() < SMALLEST && index + 1 < parts.len() {
                return Err(s3_error!(EntityTooSmall, "Your proposed upload is smaller than the minimum allowed object size."));
            }
            body.extend_from_slice(&part.body);
            digests.extend_from_slice(&part.digest);
        }
        let etag = format!("{}-{}", hex(&Md5::checksum(&digests)), parts.len());
        Ok(Object { etag, about: upload.about, ..Object::new(upload.key, body.freeze(), modified) })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn found<'a>(upload: Option<&'a mut Upload>, bucket: &str, key: &str) -> S3Result<&'a mut Upload> {
    upload.filter(|upload| upload.bucket == bucket && upload.key == key).ok_or_else(no_such_upload)
}

fn no_such_upload() -> S3Error {
    s3_error!(
        NoSuchUpload,
        "The specified multipart upload does not exist. The upload ID may be invalid, or it may have been aborted or completed."
    )
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
