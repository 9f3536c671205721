//! What is proposed, accepted, withdrawn and compared, in a folder of snapshots.

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
    assert_eq!(world.store(UpdateMode::Never).check(&world.notebook, &world.notebook.cells[0], &stdout("hi\n")).unwrap(), None);
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
    assert!(matches!(world.check(0, &stdout("hi\n")), Some(CellProblem::OutputChanged { expected, .. }) if expected == "hi\n"));
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
