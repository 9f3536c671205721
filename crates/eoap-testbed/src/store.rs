//! The objects of a running testbed, in memory.
//!
//! [`Store`] knows buckets, keys and listing order. It knows neither HTTP nor signatures; the object store's
//! protocol is in `s3`.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::SystemTime;

use bytes::Bytes;
use s3s::crypto::{Checksum, Md5};

use crate::work::Staged;

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
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
}

impl Store {
    /// A new store with these objects.
    pub(crate) fn new(buckets: &[Bucket]) -> Self {
        let keys = |bucket: &Bucket| bucket.objects.iter().map(|object| (object.key.clone(), object.clone())).collect();
        let buckets = buckets.iter().map(|bucket| (bucket.name.clone(), keys(bucket))).collect();
        Self { buckets: Arc::new(RwLock::new(buckets)) }
    }

    pub(crate) fn buckets(&self) -> Vec<String> {
        self.read().keys().cloned().collect()
    }

    /// A bucket of that name, unless there is one.
    pub(crate) fn add_bucket(&self, bucket: &str) {
        self.write().entry(bucket.to_owned()).or_default();
    }

    /// Removes a bucket; `false` where it holds something.
    pub(crate) fn remove_bucket(&self, bucket: &str) -> Result<bool, Missing> {
        let mut buckets = self.write();
        let is_empty = buckets.get(bucket).ok_or(Missing::Bucket)?.is_empty();
        if is_empty {
            buckets.remove(bucket);
        }
        Ok(is_empty)
    }

    /// Puts other tags on an object.
    pub(crate) fn tag(&self, bucket: &str, key: &str, tags: Vec<(String, String)>) -> Result<(), Missing> {
        let mut buckets = self.write();
        let object = buckets.get_mut(bucket).ok_or(Missing::Bucket)?.get_mut(key).ok_or(Missing::Key)?;
        object.about.tags = tags;
        Ok(())
    }

    pub(crate) fn has_bucket(&self, bucket: &str) -> Result<(), Missing> {
        self.read().contains_key(bucket).then_some(()).ok_or(Missing::Bucket)
    }

    pub(crate) fn get(&self, bucket: &str, key: &str) -> Result<Object, Missing> {
        self.read().get(bucket).ok_or(Missing::Bucket)?.get(key).cloned().ok_or(Missing::Key)
    }

    pub(crate) fn put(&self, bucket: &str, object: Object) -> Result<(), Missing> {
        self.write().get_mut(bucket).ok_or(Missing::Bucket)?.insert(object.key.clone(), object);
        Ok(())
    }

    /// Deleting what is not there succeeds, as it does on S3.
    pub(crate) fn delete(&self, bucket: &str, key: &str) -> Result<(), Missing> {
        self.write().get_mut(bucket).ok_or(Missing::Bucket)?.remove(key);
        Ok(())
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
    pub(crate) fn stage_out(&self, from: &str, to: &str, modified: SystemTime) {
        for keys in self.write().values_mut() {
            let named: Vec<Object> = keys.values().filter(|object| object.key.contains(from)).cloned().collect();
            for object in named {
                let body = match std::str::from_utf8(&object.body) {
                    Ok(text) if object.key.ends_with(".json") => Bytes::from(text.replace(from, to)),
                    _ => object.body,
                };
                let copy = Object::new(object.key.replace(from, to), body, modified);
                keys.insert(copy.key.clone(), Object { about: object.about, ..copy });
            }
        }
    }

    /// Stores what a job has made, with its id in the place of the one that it was made under: in keys and in
    /// JSON bodies. What was there of the job before is gone.
    pub(crate) fn put_renamed(&self, staged: Vec<Staged>, from: &str, to: &str, modified: SystemTime) {
        let mut buckets = self.write();
        for keys in buckets.values_mut() {
            keys.retain(|key, _| !key.contains(to));
        }
        for Staged { bucket, key, body } in staged {
            let body = match std::str::from_utf8(&body) {
                Ok(text) if from != to && key.ends_with(".json") => Bytes::from(text.replace(from, to)),
                _ => body,
            };
            let object = Object::new(key.replace(from, to), body, modified);
            buckets.entry(bucket).or_default().insert(object.key.clone(), object);
        }
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
        store.stage_out("j1", "j2", SystemTime::UNIX_EPOCH);
        assert!(store.get("b", "j2/x.json").is_ok() && store.get("b", "j1/x.json").is_ok());
        assert_eq!(store.get("b", "j3/x.json").err(), Some(Missing::Key));
    }
}
