//! Snapshots that wait for review, one by one: what is recorded, what is proposed, and the decision between
//! them.
//!
//! The main type is [`Review`]. Who decides, and how they are asked, is not known here.

use std::path::{Path, PathBuf};

use super::file::{self, SnapshotError};
use super::store::{SnapshotStore, remove_empty_folder};
use super::sweep::{Accepted, Name, Orphan, OrphanKind};

/// A snapshot that waits for review, or a file that is left over and waits to be removed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    /// The pending file, `<cell id>.snap.new`, or the file that is left over.
    pub pending: PathBuf,
    /// The snapshot that it would replace, whether or not there is one; the same file if it is left over.
    pub snapshot: PathBuf,
    /// What is left over, if it is that.
    pub left_over: Option<OrphanKind>,
    /// The name of the notebook.
    pub notebook: String,
    /// The id of the cell.
    pub cell: String,
    /// The body that is recorded; empty if there is none.
    pub recorded: String,
    /// The body that is proposed; empty where the cell has nothing to show any more.
    pub proposed: String,
}

impl SnapshotStore {
    /// What waits for review, sorted by path, and then what is left over.
    ///
    /// # Errors
    /// If a file or folder cannot be read, or a file is not a snapshot. What is left over need not be
    /// readable.
    pub fn reviews(&self, orphans: &[Orphan]) -> Result<Vec<Review>, SnapshotError> {
        let body = |path: &Path| -> Result<String, SnapshotError> {
            let text = file::read(path)?.unwrap_or_default();
            Ok(if text.is_empty() { text } else { text + "\n" })
        };
        let review = |pending: PathBuf| -> Result<Review, SnapshotError> {
            let snapshot = snapshot_of(&pending);
            let name = |path: Option<&std::ffi::OsStr>| path.unwrap_or_default().to_string_lossy().into_owned();
            let notebook = self.notebook_of(&pending);
            let (cell, recorded, proposed) = (name(snapshot.file_stem()), body(&snapshot)?, body(&pending)?);
            Ok(Review { pending, snapshot, left_over: None, notebook, cell, recorded, proposed })
        };
        let left_over = |orphan: &Orphan| {
            let (path, notebook) = (orphan.path.clone(), self.notebook_of(&orphan.path));
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let (cell, recorded) = match Name::parse(&name) {
                Some(Name::Snapshot(cell) | Name::Pending(cell)) => (cell.to_owned(), body(&path).unwrap_or_default()),
                Some(Name::Sidecar(cell)) => (cell.to_owned(), String::new()),
                None => return None,
            };
            let (pending, snapshot) = (path.clone(), path.clone());
            Some(Review { pending, snapshot, left_over: Some(orphan.kind), notebook, cell, recorded, proposed: String::new() })
        };
        let is_left = |path: &PathBuf| orphans.iter().any(|orphan| orphan.path == *path);
        let mut reviews = self.pending()?.into_iter().filter(|path| !is_left(path)).map(review).collect::<Result<Vec<_>, _>>()?;
        reviews.extend(orphans.iter().filter_map(left_over));
        Ok(reviews)
    }

    /// Puts a pending snapshot in place. One that is empty removes its snapshot.
    ///
    /// The caller orders this, so it is done whatever the [`UpdateMode`](super::UpdateMode).
    ///
    /// # Errors
    /// If a file cannot be read, written or removed, or the pending file is not a snapshot. Then it still
    /// waits.
    pub fn accept_pending(&self, pending: &Path) -> Result<Accepted, SnapshotError> {
        let mut accepted = Accepted::default();
        let snapshot = snapshot_of(pending);
        if file::read(pending)?.is_none_or(|text| text.is_empty()) {
            if file::remove(&snapshot)? {
                accepted.removed.push(snapshot.clone());
            }
            file::remove(pending)?;
        } else {
            file::promote(pending, &snapshot)?;
            accepted.updated.push(snapshot.clone());
        }
        accepted.removed.extend(self.clean_up(&snapshot)?);
        Ok(accepted)
    }

    /// Removes a pending snapshot, and the pictures that only it names. What is recorded stays.
    ///
    /// # Errors
    /// If a file cannot be removed.
    pub fn reject_pending(&self, pending: &Path) -> Result<(), SnapshotError> {
        file::remove(pending)?;
        self.clean_up(&snapshot_of(pending)).map(drop)
    }

    fn clean_up(&self, snapshot: &Path) -> Result<Vec<PathBuf>, SnapshotError> {
        let cell = snapshot.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let removed = self.remove_unused_sidecars(snapshot, &cell)?;
        remove_empty_folder(snapshot.parent());
        Ok(removed)
    }
}

/// Whether a pending file proposes what is recorded already. A file that cannot be read proposes something.
pub(super) fn proposes_nothing(pending: &Path) -> bool {
    let body = |path: &Path| file::read(path).ok().map(Option::unwrap_or_default);
    let (recorded, proposed) = (body(&snapshot_of(pending)), body(pending));
    recorded.is_some() && recorded == proposed
}

/// `<cell id>.snap.new` without its `.new`.
fn snapshot_of(pending: &Path) -> PathBuf {
    pending.with_extension("")
}

#[cfg(test)]
mod tests {
    use super::super::UpdateMode;
    use super::super::store::tests::{World, png, stdout};

    #[test]
    fn one_is_accepted_one_rejected_and_one_waits_on() {
        let world = World::new();
        world.check(0, &stdout("a\n"));
        world.accept();
        world.check(0, &png([1, 1, 1], png::Compression::Fast));
        world.check(1, &stdout("b\n"));
        let store = world.store(UpdateMode::Never);
        let reviews = store.reviews(&[]).unwrap();
        let told: Vec<_> = reviews.iter().map(|review| (review.notebook.as_str(), review.cell.as_str())).collect();
        assert_eq!(told, [("nb", "a"), ("nb", "b")]);
        assert_eq!(reviews[0].recorded, "═══ stdout ═══\na\n═══ end ═══\n");
        assert_eq!((reviews[1].recorded.as_str(), reviews[1].proposed.as_str()), ("", "═══ stdout ═══\nb\n═══ end ═══\n"));
        store.reject_pending(&reviews[0].pending).unwrap();
        assert_eq!(world.names(), ["nb/a.snap", "nb/b.snap.new"], "the picture went with the proposal");
        assert_eq!(store.accept_pending(&reviews[1].pending).unwrap().updated, [reviews[1].snapshot.clone()]);
        assert_eq!(world.names(), ["nb/a.snap", "nb/b.snap"]);
        assert_eq!(store.reviews(&[]).unwrap(), []);
    }
}
