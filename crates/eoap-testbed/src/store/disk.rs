//! What of a store outlives the process: a folder in which every change is written before it is answered.
//!
//! [`Disk`] writes changes one after the other, on a thread of its own, and a [`Receipt`] says when one is
//! written. An object is a body under a name that is used once, and a head that names it: the head is renamed
//! into its place last. So a process that is killed leaves the old object or the new one, whole. What the
//! changes mean is known in `store`.

use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::SystemTime;

use bytes::Bytes;
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Place;
use object_store::{ObjectStore, ObjectStoreExt};
use s3s::crypto::{Checksum, Md5};
use serde::{Deserialize, Serialize};
use tokio::sync::oneshot;

use super::{About, Object};
use crate::error::Error;

/// What cannot be done about a folder that another testbed writes.
const TAKEN: &str = "another testbed keeps its objects there";

/// Why a change is not written.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the change cannot be kept in the folder of the scenario: {0}")]
pub(crate) struct NotKept(String);

/// Says when changes are written.
#[derive(Debug, Default)]
#[must_use = "a change may be answered only when it is written"]
pub(crate) struct Receipt(Vec<oneshot::Receiver<Result<(), NotKept>>>);

impl Receipt {
    /// Waits for it.
    pub(crate) async fn wait(self) -> Result<(), NotKept> {
        for written in self.0 {
            written.await.unwrap_or_else(|_| Err(NotKept("the testbed is stopping".to_owned())))?;
        }
        Ok(())
    }

    /// Waits for it on this thread.
    pub(crate) fn block(self) -> Result<(), NotKept> {
        futures::executor::block_on(self.wait())
    }

    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

/// A change of a store.
#[derive(Debug)]
pub(crate) enum Change {
    Put { bucket: String, object: Object },
    Removed { bucket: String, key: String },
    Bucket { name: String, is_there: bool },
    Upload { id: String, bucket: String, key: String, about: About },
    Part { id: String, number: i32, body: Bytes },
    UploadEnded { id: String },
}

/// What was found in the folder.
#[derive(Debug, Default)]
pub(crate) struct Found {
    /// Buckets that were added, and those that were removed.
    pub(crate) buckets: BTreeMap<String, bool>,
    /// Objects by bucket and key; `None` where one was removed.
    pub(crate) objects: BTreeMap<(String, String), Option<Object>>,
    pub(crate) uploads: BTreeMap<String, FoundUpload>,
}

/// An upload in parts that was under way.
#[derive(Debug, Clone)]
pub(crate) struct FoundUpload {
    pub(crate) bucket: String,
    pub(crate) key: String,
    pub(crate) about: About,
    pub(crate) parts: BTreeMap<i32, Bytes>,
}

/// The head of an object.
#[derive(Debug, Serialize, Deserialize)]
struct Head {
    bucket: String,
    key: String,
    /// `None` where the object was removed.
    body: Option<HeadOfBody>,
}

#[derive(Debug, Serialize, Deserialize)]
struct HeadOfBody {
    file: String,
    etag: String,
    modified: SystemTime,
    about: About,
}

#[derive(Debug, Serialize, Deserialize)]
struct HeadOfUpload {
    bucket: String,
    key: String,
    about: About,
}

#[derive(Debug, Serialize, Deserialize)]
struct HeadOfBucket {
    name: String,
    is_there: bool,
}

/// A folder that changes are written to; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Disk {
    orders: Sender<Order>,
}

#[derive(Debug)]
struct Order {
    change: Change,
    written: oneshot::Sender<Result<(), NotKept>>,
}

impl Disk {
    /// Opens the folder for one testbed, and reads what is there.
    pub(crate) fn open(folder: &Path) -> Result<(Self, Found), Error> {
        let failed = |message: String| Error::Folder { path: folder.to_owned(), message };
        let said = |error: &dyn std::error::Error| failed(error.to_string());
        fs::create_dir_all(folder).map_err(|error| said(&error))?;
        let lock = File::create(folder.join("lock")).map_err(|error| said(&error))?;
        lock.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => failed(TAKEN.to_owned()),
            TryLockError::Error(error) => said(&error),
        })?;
        let files = LocalFileSystem::new_with_prefix(folder).map_err(|error| said(&error))?;
        let runtime = tokio::runtime::Builder::new_current_thread().build().map_err(|error| said(&error))?;
        let mut writer =
            Writer { files: Arc::new(files), folder: folder.to_owned(), next: 0, bodies: BTreeMap::new(), _lock: lock };
        let found = runtime.block_on(writer.read()).map_err(|error| failed(error.0))?;
        let (orders, received) = channel();
        let write = move || runtime.block_on(async { writer.serve(&received).await });
        thread::Builder::new().name("testbed-disk".to_owned()).spawn(write).map_err(|error| said(&error))?;
        Ok((Self { orders }, found))
    }

    /// Has a change written.
    pub(crate) fn keep(&self, change: Change) -> Receipt {
        let (written, receipt) = oneshot::channel();
        // Where the thread has ended, so has the receipt.
        let _ = self.orders.send(Order { change, written });
        Receipt(vec![receipt])
    }
}

/// Who writes.
struct Writer {
    files: Arc<LocalFileSystem>,
    folder: PathBuf,
    /// The number of the next body.
    next: u64,
    /// The body of each object, by the name of its head.
    bodies: BTreeMap<String, String>,
    /// Held as long as this lives.
    _lock: File,
}

type Written = Result<(), NotKept>;

impl From<object_store::Error> for NotKept {
    fn from(error: object_store::Error) -> Self {
        Self(error.to_string())
    }
}

impl From<serde_json::Error> for NotKept {
    fn from(error: serde_json::Error) -> Self {
        Self(error.to_string())
    }
}

impl Writer {
    /// Writes until nobody has a change any more.
    async fn serve(&mut self, received: &Receiver<Order>) {
        while let Ok(Order { change, written }) = received.recv() {
            let outcome = self.write(change).await;
            // Who does not wait for it any more does not answer either.
            let _ = written.send(outcome);
        }
    }

    async fn write(&mut self, change: Change) -> Written {
        match change {
            Change::Put { bucket, object } => {
                let file = format!("bodies/{:016}", self.next);
                self.next += 1;
                self.files.put(&Place::from(file.as_str()), object.body.into()).await?;
                let body = HeadOfBody { file, etag: object.etag, modified: object.modified, about: object.about };
                self.put_head(Head { bucket, key: object.key, body: Some(body) }).await
            }
            Change::Removed { bucket, key } => self.put_head(Head { bucket, key, body: None }).await,
            Change::Bucket { name, is_there } => {
                let place = format!("buckets/{}", digest(&name));
                self.put_json(&place, &HeadOfBucket { name, is_there }).await
            }
            Change::Upload { id, bucket, key, about } => {
                self.put_json(&format!("uploads/{id}/head"), &HeadOfUpload { bucket, key, about }).await
            }
            Change::Part { id, number, body } => {
                self.files.put(&Place::from(format!("uploads/{id}/{number}")), body.into()).await?;
                Ok(())
            }
            Change::UploadEnded { id } => {
                // Without its head it is none.
                self.remove(&format!("uploads/{id}/head")).await?;
                let parts: Vec<_> = self.files.list(Some(&Place::from(format!("uploads/{id}")))).try_collect().await?;
                for part in parts {
                    self.remove(part.location.as_ref()).await?;
                }
                Ok(())
            }
        }
    }

    /// Puts the head of an object in the place of the one before, whose body is of no more use then.
    async fn put_head(&mut self, head: Head) -> Written {
        let name = digest(&format!("{}/{}", head.bucket, head.key));
        self.put_json(&format!("heads/{name}"), &head).await?;
        let before = match head.body {
            Some(body) => self.bodies.insert(name, body.file),
            None => self.bodies.remove(&name),
        };
        match before {
            Some(file) => self.remove(&file).await,
            None => Ok(()),
        }
    }

    async fn put_json(&self, place: &str, document: &impl Serialize) -> Written {
        self.files.put(&Place::from(place), serde_json::to_vec(document)?.into()).await?;
        Ok(())
    }

    async fn remove(&self, place: &str) -> Written {
        match self.files.delete(&Place::from(place)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// What is in the folder. What a killed process has left half-done is removed.
    async fn read(&mut self) -> Result<Found, NotKept> {
        let mut found = Found::default();
        for (_, bytes) in self.all("buckets").await? {
            let HeadOfBucket { name, is_there } = serde_json::from_slice(&bytes)?;
            found.buckets.insert(name, is_there);
        }
        for (name, bytes) in self.all("heads").await? {
            let Head { bucket, key, body } = serde_json::from_slice(&bytes)?;
            let object = match body {
                None => None,
                Some(HeadOfBody { file, etag, modified, about }) => {
                    let body = self.files.get(&Place::from(file.as_str())).await?.bytes().await?;
                    self.bodies.insert(name, file);
                    Some(Object { key: key.clone(), body, modified, etag, about })
                }
            };
            found.objects.insert((bucket, key), object);
        }
        for (name, bytes) in self.all("uploads").await? {
            let Some((id, part)) = name.split_once('/') else { continue };
            match part.parse() {
                Ok(number) => {
                    if let Some(upload) = found.uploads.get_mut(id) {
                        upload.parts.insert(number, bytes);
                    }
                }
                Err(_) => {
                    let HeadOfUpload { bucket, key, about } = serde_json::from_slice(&bytes)?;
                    found.uploads.insert(id.to_owned(), FoundUpload { bucket, key, about, parts: BTreeMap::new() });
                }
            }
        }
        self.tidy(&found).await?;
        Ok(found)
    }

    /// Removes bodies that no head names, parts without an upload, and files that were being written.
    async fn tidy(&mut self, found: &Found) -> Written {
        let bodies: Vec<_> = self.files.list(Some(&Place::from("bodies"))).try_collect().await?;
        for body in bodies {
            let name = body.location.as_ref();
            let number = name.rsplit('/').next().and_then(|number| number.parse::<u64>().ok());
            self.next = self.next.max(number.map_or(0, |number| number + 1));
            if !self.bodies.values().any(|file| file == name) {
                self.remove(name).await?;
            }
        }
        let parts: Vec<_> = self.files.list(Some(&Place::from("uploads"))).try_collect().await?;
        for part in parts {
            let id = part.location.as_ref().split('/').nth(1).unwrap_or_default();
            if !found.uploads.contains_key(id) {
                self.remove(part.location.as_ref()).await?;
            }
        }
        // The store itself does not show them: their names end with `#` and a number.
        for folder in ["bodies", "heads", "buckets"] {
            for entry in fs::read_dir(self.folder.join(folder)).into_iter().flatten().flatten() {
                if entry.file_name().to_string_lossy().contains('#') {
                    // It will be removed next time.
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
        Ok(())
    }

    /// Names and contents of everything below a folder; a head comes before what it is the head of.
    async fn all(&self, folder: &str) -> Result<Vec<(String, Bytes)>, NotKept> {
        let files: Vec<_> = self.files.list(Some(&Place::from(folder))).try_collect().await?;
        let mut all = Vec::with_capacity(files.len());
        for file in files {
            let name = file.location.as_ref().strip_prefix(&format!("{folder}/")).unwrap_or_default().to_owned();
            all.push((name, self.files.get(&file.location).await?.bytes().await?));
        }
        all.sort_by_key(|(name, _)| (!name.ends_with("/head"), name.clone()));
        Ok(all)
    }
}

/// A name that every file system takes.
fn digest(text: &str) -> String {
    Md5::checksum(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(key: &str, body: &'static [u8]) -> Object {
        let about = About { tags: vec![("k".to_owned(), "v".to_owned())], ..About::typed(Some("text/plain".to_owned())) };
        Object { about, ..Object::new(key.to_owned(), Bytes::from_static(body), SystemTime::UNIX_EPOCH) }
    }

    #[test]
    fn what_was_written_is_found_again_whatever_its_key_is() {
        let folder = tempfile::tempdir().unwrap();
        let keys = ["a", "a/", "a/b", "a//b", "../x", "ä %2F#1", &"k".repeat(1024)];
        {
            let (disk, found) = Disk::open(folder.path()).unwrap();
            assert!(found.objects.is_empty());
            let again = Disk::open(folder.path()).unwrap_err().to_string();
            assert!(again.contains(TAKEN), "{again}");
            for key in keys {
                disk.keep(Change::Put { bucket: "b".to_owned(), object: object(key, b"one") }).block().unwrap();
                disk.keep(Change::Put { bucket: "b".to_owned(), object: object(key, b"two") }).block().unwrap();
            }
            disk.keep(Change::Removed { bucket: "b".to_owned(), key: "a".to_owned() }).block().unwrap();
            disk.keep(Change::Bucket { name: "b".to_owned(), is_there: true }).block().unwrap();
            let (id, bucket, key) = ("upload-1".to_owned(), "b".to_owned(), "in-parts".to_owned());
            disk.keep(Change::Upload { id: id.clone(), bucket, key, about: About::default() }).block().unwrap();
            disk.keep(Change::Part { id, number: 12, body: Bytes::from_static(b"part") }).block().unwrap();
        }
        // As a killed process leaves them.
        fs::write(folder.path().join("bodies/0000000000000099"), b"half").unwrap();
        fs::write(folder.path().join("heads/abc#1"), b"{").unwrap();
        let (_, found) = loop {
            // The thread of the first one ends in its own time.
            match Disk::open(folder.path()) {
                Ok(opened) => break opened,
                Err(_) => thread::yield_now(),
            }
        };
        for key in &keys[1..] {
            assert_eq!(found.objects[&("b".to_owned(), (*key).to_owned())].as_ref().unwrap().body, "two", "{key}");
        }
        assert!(found.objects[&("b".to_owned(), "a".to_owned())].is_none());
        assert_eq!(found.objects[&("b".to_owned(), "a/b".to_owned())].as_ref().unwrap().about, object("a/b", b"").about);
        assert_eq!(found.uploads["upload-1"].parts[&12], "part");
        assert!(found.buckets["b"]);
        assert_eq!(fs::read_dir(folder.path().join("bodies")).unwrap().count(), keys.len() - 1);
        assert!(!folder.path().join("heads/abc#1").exists());
    }
}
