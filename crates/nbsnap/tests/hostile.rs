//! Files that somebody broke: settings, snapshots and notebooks that are changed at random must be refused or
//! read, and neither break the reader nor keep it busy.
//!
//! `hostile/` holds the files that are changed; what once broke something is kept in
//! `hostile.proptest-regressions`. `cargo test` tries some hundreds of changes each; `PROPTEST_CASES=100000
//! cargo test --test hostile` as many as it says.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nbsnap::config::Config;
use nbsnap::notebook::{CodeCell, Notebook};
use nbsnap::record::CellRecord;
use nbsnap::redact::Redactor;
use nbsnap::snapshot::{Body, SnapshotStore, UpdateMode};
use proptest::prelude::*;

/// How long a reader may take for a file of a few kilobytes, on a machine that is busy.
const SOON: Duration = Duration::from_secs(10);

/// The files of a kind, by name.
fn seeds(kind: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hostile").join(kind);
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).unwrap()).collect()
}

/// A way to break a file. Numbers mean places as shares of its length.
#[derive(Clone, Debug)]
enum Change {
    /// Other bytes in place of some.
    Replace(u16, u8, Vec<u8>),
    /// A piece of it at another place.
    Copy(u16, u16, u16),
    /// Only its beginning.
    Cut(u16),
    /// A line twice.
    Repeat(u16),
    /// A line less.
    Drop(u16),
}

fn change() -> impl Strategy<Value = Change> {
    // What means something to one of the readers.
    let word = prop::sample::select(vec![
        "═══",
        "═══ end ═══",
        "\\ ",
        "---",
        "\n",
        "\r\n",
        "\0",
        "␦u{",
        "\"",
        "'",
        "[",
        "]",
        "[[",
        "{",
        "}",
        "=",
        ",",
        "*",
        "/**",
        "(?",
        "1e999",
        "-1",
        "NaN",
        "99999999999999999999",
        "\u{feff}",
        "é",
        "\\u0000",
        "null",
        "true",
        "extension: png",
        "snapshot_kind: binary",
    ]);
    let bytes = prop_oneof![word.prop_map(|word| word.as_bytes().to_vec()), prop::collection::vec(any::<u8>(), 0..6)];
    prop_oneof![
        4 => (any::<u16>(), 0..8_u8, bytes).prop_map(|(at, less, bytes)| Change::Replace(at, less, bytes)),
        1 => any::<(u16, u16, u16)>().prop_map(|(from, length, to)| Change::Copy(from, length, to)),
        1 => any::<u16>().prop_map(Change::Cut),
        1 => any::<u16>().prop_map(Change::Repeat),
        1 => any::<u16>().prop_map(Change::Drop),
    ]
}

fn apply(file: &mut Vec<u8>, change: &Change) {
    let at = |share: u16, length: usize| usize::from(share) * length / usize::from(u16::MAX);
    let line = |file: &[u8], share: u16| {
        let from = at(share, file.len());
        let start = file[..from].iter().rposition(|byte| *byte == b'\n').map_or(0, |found| found + 1);
        let end = file[from..].iter().position(|byte| *byte == b'\n').map_or(file.len(), |found| from + found + 1);
        start..end
    };
    match change {
        Change::Replace(share, less, bytes) => {
            let from = at(*share, file.len());
            let to = (from + usize::from(*less)).min(file.len());
            file.splice(from..to, bytes.iter().copied());
        }
        Change::Copy(from, length, to) => {
            let (from, to) = (at(*from, file.len()), at(*to, file.len()));
            let piece = file[from..].iter().copied().take(at(*length, 64)).collect::<Vec<u8>>();
            file.splice(to..to, piece);
        }
        Change::Cut(share) => file.truncate(at(*share, file.len())),
        Change::Repeat(share) => {
            let range = line(file, *share);
            let copy = file[range.clone()].to_vec();
            file.splice(range.start..range.start, copy);
        }
        Change::Drop(share) => drop(file.drain(line(file, *share))),
    }
}

/// A file of a kind, broken.
fn broken(kind: &str) -> impl Strategy<Value = Vec<u8>> + use<> {
    (prop::sample::select(seeds(kind)), prop::collection::vec(change(), 1..6)).prop_map(|(mut file, changes)| {
        changes.iter().for_each(|change| apply(&mut file, change));
        file
    })
}

proptest! {
    #[test]
    fn settings(file in broken("config")) {
        let started = Instant::now();
        let text = String::from_utf8_lossy(&file);
        for profile in ["default", "ci"] {
            match Config::resolve(Path::new("nbsnap.toml"), &text, profile) {
                Ok(config) => {
                    // What was read can be used, or is refused by name.
                    let built = Redactor::builder().notebook("01-x").configure(&config).build();
                    if let Err(error) = built {
                        prop_assert!(error.to_string().starts_with("redaction rule `"), "{}", error);
                    }
                }
                Err(error) => prop_assert!(error.to_string().starts_with("nbsnap.toml "), "{}", error),
            }
        }
        prop_assert!(started.elapsed() < SOON);
    }

    #[test]
    fn snapshots(file in broken("snapshot")) {
        let started = Instant::now();
        if let Ok(body) = Body::parse(&String::from_utf8_lossy(&file)) {
            prop_assert_eq!(Body::parse(&body.to_string()).unwrap(), body);
        }
        let folder = tempfile::tempdir().unwrap();
        let cell = CodeCell { number: 1, id: "a".into(), ..CodeCell::default() };
        let path = folder.path().join("notebooks/nb.ipynb");
        let notebook = Notebook { path, name: "nb".into(), cells: vec![cell], ..Notebook::default() };
        let snapshots = folder.path().join("snapshots");
        std::fs::create_dir_all(snapshots.join("nb")).unwrap();
        std::fs::write(snapshots.join("nb/a.snap"), &file).unwrap();
        let store = SnapshotStore::new(snapshots, folder.path().to_owned(), UpdateMode::Never);
        if let Err(error) = store.check(&notebook, &notebook.cells[0], &CellRecord::default()) {
            prop_assert!(error.to_string().contains("a.snap"), "{}", error);
        }
        store.orphans(std::slice::from_ref(&notebook), true).unwrap();
        prop_assert!(started.elapsed() < SOON);
    }
}
