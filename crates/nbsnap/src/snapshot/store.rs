//! The folder of snapshots: compares a cell's record with what was recorded, and writes pending snapshots for
//! review.
//!
//! The main type is [`SnapshotStore`]. It trusts the caller that records are redacted. Files that are left
//! over when notebooks change, and pending snapshots that are accepted, are the work of `sweep`.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::blob;
use super::body::Body;
use super::compare::{Comparison, Sides};
use super::file::{self, Header, SnapshotError};
use super::sidecars::Sidecars;
use crate::event::{CellProblem, Proposal};
use crate::notebook::{CodeCell, Notebook};
use crate::record::CellRecord;

/// Whether a difference is written for review.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UpdateMode {
    /// A new body is written beside the snapshot as `.snap.new`; a stale one is removed.
    WritePending,
    /// The tree is not touched, as on a CI server.
    Never,
    /// The tree is not touched, because pending snapshots are those of another engine.
    OfFurtherEngine,
}

/// A folder of snapshots: `<root>/<notebook>/<cell id>.snap`.
#[derive(Clone, Debug)]
pub struct SnapshotStore {
    pub(super) root: PathBuf,
    pub(super) project: PathBuf,
    update: UpdateMode,
    comparison: Comparison,
    sidecars: Sidecars,
}

impl SnapshotStore {
    /// The snapshots in the folder `root` of the project whose folder is `project_root`. The folder need not
    /// exist.
    pub fn new(root: PathBuf, project_root: PathBuf, update: UpdateMode) -> SnapshotStore {
        SnapshotStore { root, project: project_root, update, comparison: Comparison::default(), sidecars: Sidecars::default() }
    }

    /// Sets how far outputs may be from their snapshots.
    #[must_use]
    pub fn with_comparison(self, comparison: Comparison) -> SnapshotStore {
        SnapshotStore { comparison, ..self }
    }

    /// Sets whether differences are written for review.
    #[must_use]
    pub fn with_update(self, update: UpdateMode) -> SnapshotStore {
        SnapshotStore { update, ..self }
    }

    /// The folder that holds the snapshots.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The snapshot of a cell, whether or not there is one.
    ///
    /// # Errors
    /// If the notebook's name cannot name a folder.
    pub fn path(&self, notebook: &Notebook, cell: &CodeCell) -> Result<PathBuf, SnapshotError> {
        Ok(self.folder(&notebook.name)?.join(format!("{}.snap", cell.id)))
    }

    /// Compares what a cell produced, already redacted, with its snapshot. `None` means that it is as
    /// recorded.
    ///
    /// With [`UpdateMode::WritePending`], a difference is written for review. Where there is none, the
    /// pending files of this cell's earlier differences are removed. For a cell that is as recorded nothing
    /// is written.
    ///
    /// # Errors
    /// If a file cannot be read or written, or is not a snapshot at all. A snapshot with a broken body is a
    /// difference.
    pub fn check(&self, notebook: &Notebook, cell: &CodeCell, record: &CellRecord) -> Result<Option<CellProblem>, SnapshotError> {
        self.check_with(notebook, cell, record, &mut |_| ())
    }

    /// As [`SnapshotStore::check`], but `hide` first takes out of both bodies, the recorded one and the new
    /// one, what is not to be compared.
    ///
    /// # Errors
    /// As [`SnapshotStore::check`].
    pub fn check_with(
        &self,
        notebook: &Notebook,
        cell: &CodeCell,
        record: &CellRecord,
        hide: &mut dyn FnMut(&mut Body),
    ) -> Result<Option<CellProblem>, SnapshotError> {
        let snapshot = self.path(notebook, cell)?;
        let (mut actual, files) = Body::render(&cell.id, record);
        hide(&mut actual);
        // A review with insta leaves an empty snapshot where a cell has nothing to show any more.
        let Some(recorded) = file::read(&snapshot)?.filter(|text| !text.is_empty()) else {
            if actual.is_empty() {
                self.settle(&snapshot, cell)?;
                return Ok(None);
            }
            let pending = self.propose(notebook, cell, &snapshot, &actual, &files)?;
            return Ok(Some(CellProblem::SnapshotMissing { snapshot, actual: actual.to_string(), pending }));
        };
        let recorded = recorded + "\n";
        let folder = snapshot.parent().unwrap_or(&self.root);
        let file = |blob: &blob::Blob| fs::read(folder.join(&blob.file)).ok();
        let (expected, differences) = match Body::parse(&recorded) {
            Ok(mut expected) => {
                hide(&mut expected);
                let sides = Sides { expected: &expected, recorded: file, actual: &actual, files: &files };
                let differences = sides.differences(&self.comparison, &notebook.name, &cell.id);
                (expected.to_string(), Some(differences))
            }
            Err(_) => (recorded.clone(), None),
        };
        if differences.as_ref().is_some_and(Vec::is_empty) {
            self.settle(&snapshot, cell)?;
            self.note_source(notebook, cell, &snapshot, &recorded)?;
            return Ok(None);
        }
        let pending = self.propose(notebook, cell, &snapshot, &actual, &files)?;
        Ok(Some(if actual.is_empty() {
            CellProblem::OutputMissing { snapshot, expected, pending }
        } else {
            let differences = differences.unwrap_or_default();
            CellProblem::OutputChanged { snapshot, expected, actual: actual.to_string(), pending, differences }
        }))
    }

    /// The channels on which two records of a cell, already redacted, differ by more than is allowed.
    pub fn differences(&self, notebook: &Notebook, cell: &CodeCell, one: &CellRecord, other: &CellRecord) -> Vec<String> {
        let ((expected, recorded), (actual, files)) = (Body::render(&cell.id, one), Body::render(&cell.id, other));
        let recorded = |blob: &blob::Blob| recorded.get(&blob.file).cloned();
        let sides = Sides { expected: &expected, recorded, actual: &actual, files: &files };
        sides.differences(&self.comparison, &notebook.name, &cell.id).into_iter().map(|one| one.section).collect()
    }

    /// The folder of a notebook's snapshots.
    pub(super) fn folder(&self, notebook: &str) -> Result<PathBuf, SnapshotError> {
        let is_name = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', '\0']);
        if !notebook.split('/').all(is_name) {
            return Err(SnapshotError::Name { name: notebook.to_owned() });
        }
        Ok(self.root.join(notebook))
    }

    /// Writes a new body for review, if the update mode allows it.
    fn propose(
        &self,
        notebook: &Notebook,
        cell: &CodeCell,
        snapshot: &Path,
        body: &Body,
        files: &BTreeMap<String, Vec<u8>>,
    ) -> Result<Proposal, SnapshotError> {
        match self.update {
            UpdateMode::WritePending => {}
            UpdateMode::Never => return Ok(Proposal::UpdatesAreOff),
            UpdateMode::OfFurtherEngine => return Ok(Proposal::OfFurtherEngine),
        }
        for (name, content) in files {
            self.sidecars.write(&snapshot.with_file_name(name), &cell.id, content)?;
        }
        file::write(&pending_path(snapshot), &Header::new(&self.project, notebook, cell), &body.to_string())?;
        self.remove_unused_sidecars(snapshot, &cell.id)?;
        Ok(Proposal::Pending)
    }

    /// Notes, for a cell that was edited and has the same output, that the output is that of the source as it
    /// is now. A snapshot without a digest stays as it is.
    fn note_source(&self, notebook: &Notebook, cell: &CodeCell, snapshot: &Path, body: &str) -> Result<(), SnapshotError> {
        let header = Header::new(&self.project, notebook, cell);
        let is_other = |digest: Option<String>| digest.is_some_and(|digest| digest != header.digest);
        if self.update == UpdateMode::WritePending && is_other(file::recorded_digest(snapshot)?) {
            file::write(snapshot, &header, body)?;
        }
        Ok(())
    }

    /// Removes the pending files of a cell whose output is not compared any more.
    ///
    /// # Errors
    /// If a file cannot be read or removed.
    pub fn withdraw(&self, notebook: &Notebook, cell: &CodeCell) -> Result<(), SnapshotError> {
        self.settle(&self.path(notebook, cell)?, cell)
    }

    /// Removes the pending files of this cell's earlier differences.
    fn settle(&self, snapshot: &Path, cell: &CodeCell) -> Result<(), SnapshotError> {
        if self.update == UpdateMode::WritePending {
            file::remove(&pending_path(snapshot))?;
            self.remove_unused_sidecars(snapshot, &cell.id)?;
            remove_empty_folder(snapshot.parent());
        }
        Ok(())
    }

    /// Removes the binary files of a cell that neither its snapshot nor its pending one names, and returns which.
    pub(super) fn remove_unused_sidecars(&self, snapshot: &Path, cell: &str) -> Result<Vec<PathBuf>, SnapshotError> {
        let Some(folder) = snapshot.parent() else { return Ok(Vec::new()) };
        let sidecars = self.sidecars.of_cell(folder, cell)?;
        if sidecars.is_empty() {
            return Ok(Vec::new());
        }
        let texts = [read_any(snapshot)?, read_any(&pending_path(snapshot))?];
        let mut removed = Vec::new();
        for name in sidecars.iter().filter(|name| !texts.iter().any(|text| text.contains(*name))) {
            if self.sidecars.remove(folder, cell, name)? {
                removed.push(folder.join(name));
            }
        }
        Ok(removed)
    }
}

/// Where the new body of a snapshot waits for review.
pub(super) fn pending_path(snapshot: &Path) -> PathBuf {
    snapshot.with_extension("snap.new")
}

/// The text of a file, whatever it holds; empty if the file does not exist.
///
/// The bare text is enough to see whether a snapshot names a binary file: a broken snapshot must not cost a
/// picture.
pub(super) fn read_any(path: &Path) -> Result<String, SnapshotError> {
    match fs::read(path) {
        Ok(content) => Ok(String::from_utf8_lossy(&content).into_owned()),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(String::new()),
        Err(source) => Err(SnapshotError::Read { path: path.to_owned(), source }),
    }
}

/// Removes a folder that has nothing in it. A folder that is not empty is no failure.
pub(super) fn remove_empty_folder(folder: Option<&Path>) {
    let _ = folder.map(fs::remove_dir);
}

#[cfg(test)]
pub(super) mod tests {
    use base64::Engine as _;
    use proptest::prelude::*;

    use super::super::body::tests::text;
    use super::*;

    /// A project with two cells, `a` and `b`, and their snapshots.
    pub(in crate::snapshot) struct World {
        pub(in crate::snapshot) folder: tempfile::TempDir,
        pub(in crate::snapshot) notebook: Notebook,
    }

    impl World {
        pub(in crate::snapshot) fn new() -> World {
            let folder = tempfile::tempdir().unwrap();
            let cell = |number, id: &str| CodeCell {
                number,
                id: id.into(),
                source: "\nprintln!(\"x\");".into(),
                tags: Vec::new(),
                ..CodeCell::default()
            };
            let path = folder.path().join("notebooks/nb.ipynb");
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "{}").unwrap();
            let cells = vec![cell(1, "a"), cell(2, "b")];
            World { notebook: Notebook { path, name: "nb".into(), cells, ..Notebook::default() }, folder }
        }

        pub(in crate::snapshot) fn store(&self, update: UpdateMode) -> SnapshotStore {
            SnapshotStore::new(self.folder.path().join("snapshots"), self.folder.path().to_owned(), update)
        }

        pub(in crate::snapshot) fn check(&self, cell: usize, record: &CellRecord) -> Option<CellProblem> {
            self.store(UpdateMode::WritePending).check(&self.notebook, &self.notebook.cells[cell], record).unwrap()
        }

        pub(in crate::snapshot) fn accept(&self) -> crate::snapshot::Accepted {
            self.store(UpdateMode::Never).accept(None, &[]).unwrap()
        }

        /// Every file under `snapshots`, with its modification time.
        pub(in crate::snapshot) fn files(&self) -> BTreeMap<String, std::time::SystemTime> {
            let mut files = BTreeMap::new();
            for folder in file::names(&self.folder.path().join("snapshots")).unwrap() {
                let path = self.folder.path().join("snapshots").join(&folder);
                for name in fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()) {
                    let modified = fs::metadata(path.join(&name)).unwrap().modified().unwrap();
                    files.insert(format!("{folder}/{name}"), modified);
                }
            }
            files
        }

        pub(in crate::snapshot) fn names(&self) -> Vec<String> {
            self.files().into_keys().collect()
        }
    }

    pub(in crate::snapshot) fn stdout(text: &str) -> CellRecord {
        CellRecord { stdout: text.into(), ..CellRecord::default() }
    }

    pub(in crate::snapshot) fn png(colour: [u8; 3], compression: png::Compression) -> CellRecord {
        let content = crate::snapshot::compare::tests::png(colour, compression, false);
        let base64 = base64::engine::general_purpose::STANDARD.encode(content);
        CellRecord { outputs: BTreeMap::from([("image/png".into(), base64)]), ..CellRecord::default() }
    }

    #[test]
    fn a_new_cell_is_proposed_accepted_and_then_passes_without_touching_a_file() {
        let world = World::new();
        let problem = world.check(0, &stdout("hi\n")).unwrap();
        let snapshot = world.folder.path().join("snapshots/nb/a.snap");
        let actual = "═══ stdout ═══\nhi\n═══ end ═══\n".to_owned();
        assert_eq!(problem, CellProblem::SnapshotMissing { snapshot: snapshot.clone(), actual, pending: Proposal::Pending });
        assert_eq!(world.names(), ["nb/a.snap.new"]);
        assert_eq!(world.accept().updated, std::slice::from_ref(&snapshot));
        let files = world.files();
        assert_eq!(files.keys().collect::<Vec<_>>(), ["nb/a.snap"]);
        assert_eq!(world.check(0, &stdout("hi\n")), None);
        assert_eq!(world.files(), files);
        let text = fs::read_to_string(snapshot).unwrap();
        assert!(text.starts_with("---\nsource: notebooks/nb.ipynb\n"), "{text}");
        assert!(text.contains("println!") && text.contains("\nexpression: cell 1\n"), "{text}");
    }

    #[test]
    fn a_difference_is_proposed_and_withdrawn_when_it_is_gone() {
        let world = World::new();
        world.check(0, &stdout("hi\n"));
        world.accept();
        let problem = world.check(0, &stdout("ho\n"));
        assert!(matches!(problem, Some(CellProblem::OutputChanged { expected, actual, pending: Proposal::Pending, .. })
            if expected == "═══ stdout ═══\nhi\n═══ end ═══\n" && actual == "═══ stdout ═══\nho\n═══ end ═══\n"));
        assert_eq!(world.names(), ["nb/a.snap", "nb/a.snap.new"]);
        assert_eq!(world.check(0, &stdout("hi\n")), None);
        assert_eq!(world.names(), ["nb/a.snap"]);
    }

    #[test]
    fn a_cell_that_falls_silent_is_a_difference_and_loses_its_snapshot_when_accepted() {
        let world = World::new();
        assert_eq!(world.check(0, &CellRecord::default()), None);
        assert!(world.names().is_empty());
        world.check(0, &stdout("hi\n"));
        world.accept();
        assert!(matches!(
            world.check(0, &CellRecord::default()),
            Some(CellProblem::OutputMissing { pending: Proposal::Pending, .. })
        ));
        assert_eq!(file::read(&world.folder.path().join("snapshots/nb/a.snap.new")).unwrap().as_deref(), Some(""));
        // What `cargo insta accept` does.
        fs::copy(world.folder.path().join("snapshots/nb/a.snap.new"), world.folder.path().join("snapshots/nb/a.snap")).unwrap();
        assert_eq!(world.check(0, &CellRecord::default()), None);
        assert!(matches!(world.check(0, &stdout("hi\n")), Some(CellProblem::SnapshotMissing { .. })));
        world.accept();
        world.check(0, &CellRecord::default());
        assert_eq!(world.accept().removed, [world.folder.path().join("snapshots/nb/a.snap")]);
        assert!(world.names().is_empty());
    }

    #[test]
    fn nothing_is_ever_touched_when_updates_are_off() {
        let world = World::new();
        let store = world.store(UpdateMode::Never);
        let check = |record: &CellRecord| store.check(&world.notebook, &world.notebook.cells[0], record).unwrap();
        assert!(matches!(check(&stdout("hi\n")), Some(CellProblem::SnapshotMissing { pending: Proposal::UpdatesAreOff, .. })));
        assert!(world.names().is_empty());
        world.check(0, &stdout("hi\n"));
        assert_eq!(check(&CellRecord::default()), None);
        assert_eq!(world.names(), ["nb/a.snap.new"]);
    }

    #[test]
    fn an_output_says_what_source_it_is_of() {
        let mut world = World::new();
        let stale = |world: &World| {
            let cell = &world.notebook.cells[0];
            world.store(UpdateMode::Never).is_stale("nb", &cell.id, &cell.source).unwrap()
        };
        world.check(0, &stdout("hi\n"));
        world.accept();
        assert!(!stale(&world));
        world.notebook.cells[0].source = "println!(\"hi\")".into();
        assert!(stale(&world), "edited, and not run");
        // As on CI, nothing is touched; elsewhere a run that gives the same output notes it.
        assert_eq!(
            world.store(UpdateMode::Never).check(&world.notebook, &world.notebook.cells[0], &stdout("hi\n")).unwrap(),
            None
        );
        assert!(stale(&world));
        assert_eq!(world.check(0, &stdout("hi\n")), None);
        assert!(!stale(&world));
        let files = world.files();
        assert_eq!(world.check(0, &stdout("hi\n")), None);
        assert_eq!(world.files(), files, "and nothing is written again");
    }

    #[test]
    fn what_waits_is_taken_back_of_a_cell_whose_output_is_not_compared_any_more() {
        let world = World::new();
        world.check(0, &stdout("hi\n"));
        assert_eq!(world.names(), ["nb/a.snap.new"]);
        world.store(UpdateMode::WritePending).withdraw(&world.notebook, &world.notebook.cells[0]).unwrap();
        assert!(world.names().is_empty());
    }

    #[test]
    fn a_picture_whose_file_is_gone_or_another_one_is_a_difference() {
        let world = World::new();
        let picture = png([1, 1, 1], png::Compression::Fast);
        world.check(0, &picture);
        world.accept();
        let name = world.names().into_iter().find(|name| name.ends_with(".png")).unwrap();
        let file = world.folder.path().join("snapshots").join(&name);
        let store = world.store(UpdateMode::Never);
        let why = || match store.check(&world.notebook, &world.notebook.cells[0], &picture).unwrap() {
            Some(CellProblem::OutputChanged { differences, .. }) => differences[0].file.clone().unwrap_or_default(),
            other => format!("{other:?}"),
        };
        let content = fs::read(&file).unwrap();
        fs::write(&file, "another one").unwrap();
        assert!(why().ends_with("is another one than the snapshot says"), "{}", why());
        fs::remove_file(&file).unwrap();
        assert!(why().ends_with(" is missing"), "{}", why());
        fs::write(&file, content).unwrap();
        assert_eq!(why(), "None");
    }

    #[test]
    fn pictures_lie_beside_the_text_and_are_compared_by_pixels() {
        let world = World::new();
        world.check(0, &png([1, 1, 1], png::Compression::Fast));
        let pending = world.names();
        assert!(pending.len() == 2 && pending[0].ends_with(".png"), "{pending:?}");
        // A new try replaces the picture of the old one.
        world.check(0, &png([2, 2, 2], png::Compression::Fast));
        assert_eq!(world.names().len(), 2);
        world.accept();
        let files = world.files();
        assert_eq!(world.check(0, &png([2, 2, 2], png::Compression::NoCompression)), None, "the same picture, encoded otherwise");
        assert_eq!(world.files(), files);
        // A different picture: both are there until one is accepted.
        assert!(matches!(world.check(0, &png([3, 3, 3], png::Compression::Fast)), Some(CellProblem::OutputChanged { .. })));
        assert_eq!(world.names().len(), 4);
        let accepted = world.accept();
        assert_eq!((accepted.updated.len(), accepted.removed.len()), (1, 1));
        assert_eq!(world.names().len(), 2);
        let rule = crate::config::CompareRule { channel: Some(1), ..crate::config::CompareRule::default() };
        let store = world.store(UpdateMode::Never).with_comparison(Comparison::new(vec![rule]));
        let near = png([4, 3, 3], png::Compression::Fast);
        assert_eq!(store.check(&world.notebook, &world.notebook.cells[0], &near).unwrap(), None);
    }

    #[test]
    fn a_broken_body_is_a_difference_and_a_broken_file_an_error() {
        let world = World::new();
        world.check(0, &stdout("hi\n"));
        world.accept();
        let path = world.folder.path().join("snapshots/nb/a.snap");
        fs::write(&path, "---\nsource: x\n---\nhi\n").unwrap();
        assert!(
            matches!(world.check(0, &stdout("hi\n")), Some(CellProblem::OutputChanged { expected, .. }) if expected == "hi\n")
        );
        fs::write(&path, "<<<<<<<\n").unwrap();
        let result = world.store(UpdateMode::Never).check(&world.notebook, &world.notebook.cells[0], &stdout("hi\n"));
        assert!(matches!(result, Err(SnapshotError::NotASnapshot { .. })));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn whatever_a_cell_prints_is_as_recorded_once_accepted(one in text(), other in text(), html in text()) {
            let world = World::new();
            let record = |stdout: &str| CellRecord { outputs: BTreeMap::from([("text/html".into(), html.clone())]), ..super::tests::stdout(stdout) };
            world.check(0, &record(&one));
            world.accept();
            prop_assert_eq!(world.check(0, &record(&one)), None);
            prop_assert_eq!(world.check(0, &record(&other)).is_none(), one == other);
        }
    }

    #[test]
    fn a_notebook_cannot_send_its_snapshots_elsewhere() {
        let mut world = World::new();
        for name in ["..", "", ".git", "a/../b", "/a", "a//b", "a/.git", "a\\b"] {
            world.notebook.name = name.into();
            assert!(world.store(UpdateMode::Never).path(&world.notebook, &world.notebook.cells[0]).is_err(), "{name}");
        }
    }
}
