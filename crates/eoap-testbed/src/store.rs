//! The objects of a running testbed, in memory, and where the scenario says so in a folder as well.
//!
//! [`Store`] knows buckets, keys and listing order; `disk` keeps its changes. It knows neither HTTP nor
//! signatures; the object store's protocol is in `s3`.

mod disk;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use bytes::Bytes;
use s3s::crypto::{Checksum, Md5};
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::work::Staged;
pub(crate) use disk::{Change, Disk, FoundUpload, NotKept, Receipt};

/// An object and its metadata.
#[derive(Debug, Clone)]
pub(crate) struct Object {
    pub(crate) key: String,
    pub(crate) body: Bytes,
    pub(crate) modified: SystemTime,
    /// MD5 of the body, in hex.
    pub(crate) etag: String,
    pub(crate) about: About,
}

/// What who stored an object said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct About {
    pub(crate) content_type: Option<String>,
    pub(crate) content_encoding: Option<String>,
    pub(crate) content_language: Option<String>,
    pub(crate) content_disposition: Option<String>,
    pub(crate) cache_control: Option<String>,
    /// Headers `x-amz-meta-...`, without that.
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) tags: Vec<(String, String)>,
}

impl About {
    /// Only a media type.
    pub(crate) fn typed(content_type: Option<String>) -> Self {
        Self { content_type, ..Self::default() }
    }
}

impl Object {
    pub(crate) fn new(key: String, body: Bytes, modified: SystemTime) -> Self {
        let etag = Md5::checksum(&body).iter().map(|byte| format!("{byte:02x}")).collect();
        Self { key, body, modified, etag, about: About::default() }
    }
}

/// A bucket and its objects when a testbed starts.
#[derive(Debug)]
pub(crate) struct Bucket {
    pub(crate) name: String,
    pub(crate) objects: Vec<Object>,
}

/// Why the store has nothing to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Missing {
    Bucket,
    Key,
}

/// What to list of a bucket.
#[derive(Debug, Default)]
pub(crate) struct Query<'a> {
    pub(crate) prefix: &'a str,
    pub(crate) delimiter: Option<&'a str>,
    /// List what comes after this key. If it is a common prefix, list what comes after everything that
    /// starts with it.
    pub(crate) after: Option<&'a str>,
    pub(crate) limit: usize,
}

/// A part of a listing.
#[derive(Debug, Default)]
pub(crate) struct Page {
    pub(crate) objects: Vec<Object>,
    pub(crate) prefixes: Vec<String>,
    /// Where the next page starts, if there is more.
    pub(crate) next: Option<String>,
}

impl Page {
    pub(crate) fn len(&self) -> usize {
        self.objects.len() + self.prefixes.len()
    }
}

type Keys = BTreeMap<String, Object>;

/// Buckets with their objects; clones share them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Store {
    buckets: Arc<RwLock<BTreeMap<String, Keys>>>,
    /// Where changes are kept.
    disk: Option<Disk>,
}

impl Store {
    /// A new store with these objects.
    pub(crate) fn new(buckets: &[Bucket]) -> Self {
        let keys = |bucket: &Bucket| bucket.objects.iter().map(|object| (object.key.clone(), object.clone())).collect();
        let buckets = buckets.iter().map(|bucket| (bucket.name.clone(), keys(bucket))).collect();
        Self { buckets: Arc::new(RwLock::new(buckets)), disk: None }
    }

    /// A store that starts with these objects, changed as the folder says, and keeps its changes there; and
    /// the uploads that were under way.
    pub(crate) fn kept_in(folder: &Path, buckets: &[Bucket]) -> Result<(Self, BTreeMap<String, FoundUpload>), Error> {
        let (disk, found) = Disk::open(folder)?;
        let store = Self { disk: Some(disk), ..Self::new(buckets) };
        {
            let mut buckets = store.write();
            for (name, is_there) in found.buckets {
                match is_there {
                    true => buckets.entry(name).or_default(),
                    false => &mut buckets.remove(&name).unwrap_or_default(),
                };
            }
            for ((bucket, key), object) in found.objects {
                let Some(keys) = buckets.get_mut(&bucket) else { continue };
                match object {
                    Some(object) => keys.insert(key, object),
                    None => keys.remove(&key),
                };
            }
        }
        Ok((store, found.uploads))
    }

    /// Has a change kept, where changes are.
    pub(crate) fn keep(&self, change: impl FnOnce() -> Change) -> Receipt {
        self.disk.as_ref().map(|disk| disk.keep(change())).unwrap_or_default()
    }

    pub(crate) fn buckets(&self) -> Vec<String> {
        self.read().keys().cloned().collect()
    }

    /// A bucket of that name, unless there is one.
    pub(crate) fn add_bucket(&self, bucket: &str) -> Receipt {
        self.bucket_in(&mut self.write(), bucket)
    }

    fn bucket_in(&self, buckets: &mut BTreeMap<String, Keys>, bucket: &str) -> Receipt {
        if buckets.contains_key(bucket) {
            return Receipt::default();
        }
        buckets.insert(bucket.to_owned(), Keys::new());
        self.keep(|| Change::Bucket { name: bucket.to_owned(), is_there: true })
    }

    /// Removes a bucket, unless it holds something.
    pub(crate) fn remove_bucket(&self, bucket: &str) -> Result<Option<Receipt>, Missing> {
        let mut buckets = self.write();
        if !buckets.get(bucket).ok_or(Missing::Bucket)?.is_empty() {
            return Ok(None);
        }
        buckets.remove(bucket);
        Ok(Some(self.keep(|| Change::Bucket { name: bucket.to_owned(), is_there: false })))
    }

    /// Puts other tags on an object.
    pub(crate) fn tag(&self, bucket: &str, key: &str, tags: Vec<(String, String)>) -> Result<Receipt, Missing> {
        let mut buckets = self.write();
        let object = buckets.get_mut(bucket).ok_or(Missing::Bucket)?.get_mut(key).ok_or(Missing::Key)?;
        object.about.tags = tags;
        Ok(self.keep(|| Change::Put { bucket: bucket.to_owned(), object: object.clone() }))
    }

    pub(crate) fn has_bucket(&self, bucket: &str) -> Result<(), Missing> {
        self.read().contains_key(bucket).then_some(()).ok_or(Missing::Bucket)
    }

    pub(crate) fn get(&self, bucket: &str, key: &str) -> Result<Object, Missing> {
        self.read().get(bucket).ok_or(Missing::Bucket)?.get(key).cloned().ok_or(Missing::Key)
    }

    pub(crate) fn put(&self, bucket: &str, object: Object) -> Result<Receipt, Missing> {
        let mut buckets = self.write();
        let keys = buckets.get_mut(bucket).ok_or(Missing::Bucket)?;
        Ok(self.put_in(bucket, keys, object))
    }

    fn put_in(&self, bucket: &str, keys: &mut Keys, object: Object) -> Receipt {
        let receipt = self.keep(|| Change::Put { bucket: bucket.to_owned(), object: object.clone() });
        keys.insert(object.key.clone(), object);
        receipt
    }

    /// Deleting what is not there succeeds, as it does on S3.
    pub(crate) fn delete(&self, bucket: &str, key: &str) -> Result<Receipt, Missing> {
        let mut buckets = self.write();
        let removed = buckets.get_mut(bucket).ok_or(Missing::Bucket)?.remove(key);
        let change = || Change::Removed { bucket: bucket.to_owned(), key: key.to_owned() };
        Ok(removed.map(|_| self.keep(change)).unwrap_or_default())
    }

    pub(crate) fn list(&self, bucket: &str, query: &Query<'_>) -> Result<Page, Missing> {
        let buckets = self.read();
        let keys = buckets.get(bucket).ok_or(Missing::Bucket)?;
        let mut page = Page::default();
        let mut last = query.after;
        for (key, object) in keys.range(query.prefix.to_owned()..) {
            let Some(name) = key.strip_prefix(query.prefix) else { break };
            let delimiter = query.delimiter.filter(|delimiter| !delimiter.is_empty());
            let common = delimiter.and_then(|delimiter| Some(name.find(delimiter)? + query.prefix.len() + delimiter.len()));
            let entry = common.map_or(key.as_str(), |end| &key[..end]);
            if last.is_some_and(|last| entry <= last) {
                continue;
            }
            if page.len() == query.limit {
                page.next = last.map(str::to_owned);
                break;
            }
            match common {
                Some(_) => page.prefixes.push(entry.to_owned()),
                None => page.objects.push(object.clone()),
            }
            last = Some(entry);
        }
        Ok(page)
    }

    /// Stores again, for another job, what a job has stored: everything whose key names it, with the other
    /// job's id in the keys and in JSON bodies.
    pub(crate) fn stage_out(&self, from: &str, to: &str, modified: SystemTime) -> Receipt {
        let mut receipt = Receipt::default();
        for (bucket, keys) in self.write().iter_mut() {
            let named: Vec<Object> = keys.values().filter(|object| object.key.contains(from)).cloned().collect();
            for object in named {
                let body = match std::str::from_utf8(&object.body) {
                    Ok(text) if object.key.ends_with(".json") => Bytes::from(text.replace(from, to)),
                    _ => object.body,
                };
                let copy = Object::new(object.key.replace(from, to), body, modified);
                receipt = receipt.and(self.put_in(bucket, keys, Object { about: object.about, ..copy }));
            }
        }
        receipt
    }

    /// Stores what a job has made, with its id in the place of the one that it was made under: in keys and in
    /// JSON bodies. What was there of the job before is gone.
    pub(crate) fn put_renamed(&self, staged: Vec<Staged>, from: &str, to: &str, modified: SystemTime) -> Receipt {
        let mut receipt = Receipt::default();
        let mut buckets = self.write();
        for (bucket, keys) in buckets.iter_mut() {
            for (key, _) in keys.extract_if(.., |key, _| key.contains(to)) {
                receipt = receipt.and(self.keep(|| Change::Removed { bucket: bucket.clone(), key }));
            }
        }
        for Staged { bucket, key, body } in staged {
            let body = match std::str::from_utf8(&body) {
                Ok(text) if from != to && key.ends_with(".json") => Bytes::from(text.replace(from, to)),
                _ => body,
            };
            let object = Object::new(key.replace(from, to), body, modified);
            receipt = receipt.and(self.bucket_in(&mut buckets, &bucket));
            receipt = receipt.and(self.put_in(&bucket, buckets.entry(bucket.clone()).or_default(), object));
        }
        receipt
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<String, Keys>> {
        self.buckets.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<String, Keys>> {
        self.buckets.write().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn store(keys: &[&str]) -> Store {
        let object = |key: &&str| Object::new((*key).to_owned(), Bytes::from_static(b"{}"), SystemTime::UNIX_EPOCH);
        Store::new(&[Bucket { name: "b".to_owned(), objects: keys.iter().map(object).collect() }])
    }

    fn entries(page: &Page) -> Vec<&str> {
        page.prefixes.iter().map(String::as_str).chain(page.objects.iter().map(|object| object.key.as_str())).collect()
    }

    #[test]
    fn a_listing_is_paged_over_objects_and_common_prefixes() {
        let store = store(&["a/1", "a/2", "b", "c/1"]);
        let mut all = Vec::new();
        let mut next: Option<String> = None;
        loop {
            let query = Query { delimiter: Some("/"), limit: 1, after: next.as_deref(), ..Query::default() };
            let page = store.list("b", &query).unwrap();
            all.extend(entries(&page).into_iter().map(str::to_owned));
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(all, ["a/", "b", "c/"]);
    }

    #[test]
    fn a_prefix_and_a_full_last_page_end_a_listing() {
        let store = store(&["a/1", "a/2", "b"]);
        let page = store.list("b", &Query { prefix: "a/", limit: 2, ..Query::default() }).unwrap();
        assert_eq!((entries(&page), page.next.as_deref()), (vec!["a/1", "a/2"], None));
        assert_eq!(store.list("nope", &Query::default()).err(), Some(Missing::Bucket));
    }

    #[test]
    fn staging_out_names_the_other_job() {
        let store = store(&["j1/x.json", "other"]);
        store.stage_out("j1", "j2", SystemTime::UNIX_EPOCH).block().unwrap();
        assert!(store.get("b", "j2/x.json").is_ok() && store.get("b", "j1/x.json").is_ok());
        assert_eq!(store.get("b", "j3/x.json").err(), Some(Missing::Key));
    }
}
