//! The state of a file or folder when something read it, and whether that has changed.
//!
//! The main type is [`FileState`]. It opens only files and folders, never a FIFO or a device. It reads a
//! large file again only if it seems to have changed. It does not know who read the file, or why.

use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Files above this size are compared by size and times alone: reading them would cost more than it saves.
const MAX_DIGEST: u64 = 256 << 20;

/// What was asked of a file or folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Interest {
    /// Its content: a file's bytes, a folder's names.
    Content,
    /// Whether it is there, and what it is.
    Presence,
}

/// A file or folder, as it was.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FileState {
    path: PathBuf,
    interest: Interest,
    kind: Kind,
    stamp: Option<Stamp>,
    /// Of the content, if it was read.
    digest: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
enum Kind {
    Missing,
    File,
    Folder,
    /// A device, a FIFO or a socket, whose content cannot be known in advance.
    Other,
}

/// By what a file is the same without being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
struct Stamp {
    size: u64,
    modified: (i64, i64),
    /// When the system last changed anything about it. Moving a file changes this, but not when it was
    /// modified.
    changed: (i64, i64),
    device: u64,
    inode: u64,
}

impl Stamp {
    fn of(metadata: &std::fs::Metadata) -> Stamp {
        Stamp {
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            device: metadata.dev(),
            inode: metadata.ino(),
        }
    }
}

impl FileState {
    /// The state now.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn now(path: impl Into<PathBuf>, interest: Interest) -> std::io::Result<FileState> {
        let path = path.into();
        let metadata = match std::fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) if is_missing(&error) => {
                return Ok(FileState { path, interest, kind: Kind::Missing, stamp: None, digest: None });
            }
            Err(error) => return Err(error),
        };
        let kind = match metadata.file_type() {
            kind if kind.is_file() => Kind::File,
            kind if kind.is_dir() => Kind::Folder,
            _ => Kind::Other,
        };
        let digest = match (kind, interest) {
            (Kind::File, Interest::Content) if metadata.len() <= MAX_DIGEST => Some(digest_of_file(&path)?),
            (Kind::Folder, Interest::Content) => Some(digest_of_names(&path)?),
            _ => None,
        };
        let stamp = Stamp::of(&metadata);
        Ok(FileState { path, interest, kind, stamp: Some(stamp), digest })
    }

    /// Which file or folder it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether there was nothing by that name.
    pub fn is_missing(&self) -> bool {
        self.kind == Kind::Missing
    }

    /// Whether its content was of interest but cannot be known in advance, as for a device, a FIFO or a
    /// socket.
    pub fn is_unknowable(&self) -> bool {
        self.kind == Kind::Other && self.interest == Interest::Content
    }

    /// Whether its size, times and place are what they were, or there is still nothing. Nothing is read for
    /// that, and so a file that was rewritten with the same content is not.
    pub fn is_untouched(&self) -> bool {
        match std::fs::metadata(&self.path) {
            Ok(metadata) => self.stamp == Some(Stamp::of(&metadata)),
            Err(error) => self.is_missing() && is_missing(&error),
        }
    }

    /// Whether it is unchanged. A file that was rewritten with the same content is; one that cannot be read
    /// is not.
    pub fn holds(&self) -> bool {
        if self.is_unknowable() {
            return false;
        }
        if let (Kind::File, Some(stamp), Ok(metadata)) = (self.kind, self.stamp, std::fs::metadata(&self.path)) {
            let now = Stamp::of(&metadata);
            if metadata.is_file() && now == stamp {
                return true;
            }
            // A file of another size has changed. One that is too large to read counts as changed.
            if self.interest == Interest::Content && (now.size != stamp.size || self.digest.is_none()) {
                return false;
            }
        }
        FileState::now(&self.path, self.interest).is_ok_and(|now| now.kind == self.kind && now.digest == self.digest)
    }

    /// When it was last changed, by its author or by being moved into place. `None` if it was missing, or
    /// only looked for.
    pub fn changed(&self) -> Option<SystemTime> {
        let stamp = self.stamp.filter(|_| self.interest == Interest::Content)?;
        let (seconds, nanoseconds) = stamp.changed.max(stamp.modified);
        let whole = Duration::new(u64::try_from(seconds).ok()?, u32::try_from(nanoseconds).ok()?);
        UNIX_EPOCH.checked_add(whole)
    }
}

/// Whether the error means that nothing is there.
fn is_missing(error: &std::io::Error) -> bool {
    matches!(error.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory)
}

fn digest_of_file(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let (mut hash, mut buffer) = (Sha256::new(), vec![0; 256 << 10]);
    loop {
        match file.read(&mut buffer) {
            Ok(0) => return Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()),
            Ok(count) => hash.update(&buffer[..count]),
            Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn digest_of_names(path: &Path) -> std::io::Result<String> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(path)? {
        names.push(entry?.file_name());
    }
    names.sort();
    let names: Vec<u8> = names.iter().flat_map(|name| [name.as_encoded_bytes(), b"/"].concat()).collect();
    Ok(crate::digest::digest(&names))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now(path: &Path) -> FileState {
        FileState::now(path, Interest::Content).expect("it can be read")
    }

    #[test]
    fn a_file_holds_until_its_bytes_change() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("data.csv");
        let missing = now(&path);
        assert!(missing.is_missing() && missing.holds());
        std::fs::write(&path, "one").expect("written");
        let (first, names) = (now(&path), now(folder.path()));
        assert!(first.holds() && names.holds() && !missing.holds());
        assert!(first.is_untouched() && names.is_untouched() && !missing.is_untouched());
        std::thread::sleep(Duration::from_millis(20));
        std::fs::write(&path, "one").expect("written");
        assert!(first.holds() && !first.is_untouched(), "the same bytes written again");
        std::fs::write(&path, "two").expect("written");
        assert!(!first.holds() && names.holds(), "other bytes of the same length");
        std::fs::write(folder.path().join("more.csv"), "").expect("written");
        assert!(!names.holds(), "another name in the folder");
        std::fs::remove_file(&path).expect("removed");
        assert!(missing.holds());
    }

    #[test]
    fn a_file_that_is_moved_in_with_an_old_time_is_another_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let (path, other) = (folder.path().join("data.csv"), folder.path().join("other.csv"));
        let old = SystemTime::now() - Duration::from_secs(3600);
        for (path, text) in [(&path, "one"), (&other, "two")] {
            std::fs::write(path, text).expect("written");
            std::fs::File::options().write(true).open(path).and_then(|file| file.set_modified(old)).expect("an old time");
        }
        let first = now(&path);
        let before = SystemTime::now() - Duration::from_secs(60);
        std::fs::rename(&other, &path).expect("moved");
        assert!(!first.holds());
        assert!(now(&path).changed().expect("a time") > before, "that it was moved shows");
    }

    #[test]
    fn what_is_no_file_is_never_opened() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("queue");
        assert!(std::process::Command::new("mkfifo").arg(&path).status().expect("mkfifo").success());
        let content = now(&path);
        assert!(content.is_unknowable() && !content.holds());
        let presence = FileState::now(&path, Interest::Presence).expect("it is there");
        assert!(presence.holds());
        std::fs::remove_file(&path).expect("removed");
        assert!(!presence.holds());
    }

    #[test]
    fn folders_that_link_to_themselves_are_no_loop() {
        let folder = tempfile::tempdir().expect("a folder");
        std::os::unix::fs::symlink(folder.path(), folder.path().join("again")).expect("a link");
        assert!(now(folder.path()).holds());
        let dangling = folder.path().join("nowhere");
        std::os::unix::fs::symlink(folder.path().join("gone"), &dangling).expect("a link");
        assert!(now(&dangling).is_missing());
    }
}
