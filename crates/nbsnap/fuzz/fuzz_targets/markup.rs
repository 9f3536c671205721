//! Any markup is compared with any other: it is the same as itself, and neither order changes the answer; no
//! panic, no hang.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use nbsnap::notebook::{CodeCell, Notebook};
use nbsnap::record::CellRecord;
use nbsnap::snapshot::{SnapshotStore, UpdateMode};

const KINDS: [&str; 4] = ["text/html", "image/svg+xml", "application/xml", "application/json"];

fuzz_target!(|input: &str| {
    // Parts are divided by zeros.
    let mut parts = input.split('\0');
    let mut part = || parts.next().unwrap_or_default().to_owned();
    let (one, other, kind) = (part(), part(), part());
    let kind = KINDS[kind.len() % KINDS.len()];
    let record = |content: String| CellRecord { outputs: BTreeMap::from([(kind.to_owned(), content)]), ..CellRecord::default() };
    let (one, other) = (record(one), record(other));
    // Records are compared in memory: no folder is looked at.
    let store = SnapshotStore::new("/nowhere".into(), "/nowhere".into(), UpdateMode::Never);
    let (notebook, cell) = (Notebook::default(), CodeCell::default());
    let differ = |one: &CellRecord, other: &CellRecord| !store.differences(&notebook, &cell, one, other).is_empty();
    assert!(!differ(&one, &one) && !differ(&other, &other));
    assert_eq!(differ(&one, &other), differ(&other, &one));
});
