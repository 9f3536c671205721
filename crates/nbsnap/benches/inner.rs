//! What a run does besides compiling and running: read a notebook, write it as one program, take out what
//! differs between machines, compare with snapshots. On the fourth lab, and on a notebook of 200 cells.

#![expect(clippy::unwrap_used, reason = "a measurement that cannot go on has failed")]

use std::hint::black_box;
use std::path::{Path, PathBuf};

use criterion::{Criterion, criterion_group, criterion_main};
use nbsnap::notebook::Notebook;
use nbsnap::record::CellRecord;
use nbsnap::redact::Redactor;
use nbsnap::snapshot::{SnapshotStore, UpdateMode};
use serde_json::json;

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// The fourth lab: its path and its text.
fn lab() -> (PathBuf, String) {
    let path = project().join("notebooks/04-execute-and-monitor.ipynb");
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

/// A notebook of cells that each define something and use what the cell before has defined.
fn long_notebook(cells: usize) -> String {
    let cell = |number: usize| {
        let before = number.saturating_sub(1);
        json!({"cell_type": "code", "id": format!("cell-{number}"), "metadata": {}, "execution_count": null, "outputs": [], "source":
            format!("struct Lake{number} {{ area: u64 }}\nlet lake_{number} = Lake{number} {{ area: size_{before}() }};\nprintln!(\"{{}}\", lake_{number}.area);\nfn size_{number}() -> u64 {{ {number} }}")})
    };
    let cells: Vec<_> = (1..=cells).map(cell).collect();
    json!({"cells": cells, "nbformat": 4, "nbformat_minor": 5, "metadata": {"kernelspec": {"name": "rust", "display_name": "Rust", "language": "rust"}}}).to_string()
}

fn notebooks(criterion: &mut Criterion) {
    let (path, text) = lab();
    let long = long_notebook(200);
    let mut group = criterion.benchmark_group("notebook");
    group.bench_function("read the fourth lab", |bencher| bencher.iter(|| Notebook::parse(&path, black_box(&text)).unwrap()));
    group.bench_function("read 200 cells", |bencher| bencher.iter(|| Notebook::parse(&path, black_box(&long)).unwrap()));
    group.finish();
}

/// A record as a lab's cell leaves it: addresses, paths, times, a table, a picture.
fn record(project: &Path) -> CellRecord {
    let lines: String =
        (0..40).map(|n| format!("{n}: http://127.0.0.1:4{n:04}/jobs/{n} took {n}.5 s below {}\n", project.display())).collect();
    let html: String = (0..40).map(|n| format!("<tr><td>{n}</td><td>running</td></tr>")).collect();
    let png = std::fs::read(picture()).unwrap();
    let outputs = [
        ("text/html".to_owned(), html),
        ("image/png".to_owned(), base64::Engine::encode(&base64::prelude::BASE64_STANDARD, png)),
    ];
    CellRecord { stdout: lines, outputs: outputs.into(), ..CellRecord::default() }
}

/// A picture among the labs' snapshots.
fn picture() -> PathBuf {
    let folder = project().join("snapshots/04-execute-and-monitor");
    let mut files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.find(|path| path.extension().is_some_and(|extension| extension == "png")).unwrap()
}

fn records(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    let mut group = criterion.benchmark_group("record");
    let mut builder = Redactor::builder();
    builder.path(folder.path(), "project").secret("a-secret-token");
    let mut redactor = builder.build().unwrap();
    let record = record(folder.path());
    group.bench_function("take out what differs between machines", |bencher| {
        bencher.iter_batched(
            || record.clone(),
            |mut record| redactor.record("cell", &mut record),
            criterion::BatchSize::SmallInput,
        );
    });
    let (path, text) = lab();
    let notebook = Notebook::parse(&path, &text).unwrap();
    let cell = &notebook.cells[0];
    let mut store = SnapshotStore::new(folder.path().join("snapshots"), folder.path().to_owned(), UpdateMode::WritePending);
    store.check(&notebook, cell, &record).unwrap();
    store.accept(None, &[]).unwrap();
    store = SnapshotStore::new(folder.path().join("snapshots"), folder.path().to_owned(), UpdateMode::Never);
    group.bench_function("compare with its snapshot", |bencher| {
        bencher.iter(|| assert!(store.check(&notebook, cell, black_box(&record)).unwrap().is_none()));
    });
    group.finish();
}

criterion_group!(benches, notebooks, records);
criterion_main!(benches);
