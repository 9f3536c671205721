//! Features of the runner that work for any kernel: snapshots, tags, redactions. No notebook is taken as
//! passed before.

use std::path::{Path, PathBuf};
use std::time::Duration;

use nbsnap::engine::Interrupt;
use nbsnap::engines::evcxr::protocol::Settings;
use nbsnap::environment::Nothing;
use nbsnap::event::{Event, Evidence, NotebookFinished, Status};
use nbsnap::project::Project;
use nbsnap::run::cache::ResultCache;
use nbsnap::run::{Runner, Seen};
use nbsnap::select::Selection;
use nbsnap::snapshot::{SnapshotStore, UpdateMode};
use nbsnap::{ByKernel, Evcxr, EvcxrProgram, EvcxrSettings, Jupyter, JupyterSettings, Kernelspecs};

use crate::KERNEL;

pub(crate) const TESTS: &[(&str, fn())] = &[("everything_that_the_runner_has_holds", everything_that_the_runner_has_holds)];

/// A cell's id, its tags and its source.
type Cell<'a> = (&'a str, &'a [&'a str], &'a str);

fn write_notebook(root: &Path, name: &str, cells: &[Cell<'_>]) {
    let cell = |(id, tags, source): &Cell<'_>| serde_json::json!({"cell_type": "code", "execution_count": null, "id": id, "metadata": {"tags": tags}, "outputs": [], "source": source});
    let cells: Vec<serde_json::Value> = cells.iter().map(cell).collect();
    let kernel = serde_json::json!({"kernelspec": {"display_name": "Fake", "language": "fake", "name": "fake"}});
    let notebook = serde_json::json!({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5});
    std::fs::create_dir_all(root.join("notebooks")).unwrap();
    std::fs::write(root.join(format!("notebooks/{name}.ipynb")), notebook.to_string()).unwrap();
}

/// What becomes of each notebook, and what it rests on.
fn run(root: &Path) -> Vec<(String, Status, Evidence)> {
    let kernels = root.join("jupyter");
    std::fs::create_dir_all(kernels.join("kernels/fake")).unwrap();
    let program = std::env::current_exe().unwrap();
    let argv = serde_json::json!([program, KERNEL, "{connection_file}", "normal"]);
    let spec = serde_json::json!({"argv": argv, "display_name": "Fake", "language": "fake", "interrupt_mode": "message"});
    std::fs::write(kernels.join("kernels/fake/kernel.json"), spec.to_string()).unwrap();

    let project = Project::find(root, "default").unwrap();
    let jupyter = Jupyter::new(JupyterSettings {
        kernelspecs: Kernelspecs::in_folders([kernels]),
        start_timeout: Duration::from_secs(30),
        interrupt: Interrupt::default(),
    });
    // Never asked for anything: no notebook is in Rust.
    let evcxr = Evcxr::new(EvcxrSettings {
        program: EvcxrProgram::At(PathBuf::from("/nowhere")),
        build: Settings::new(&project.config, PathBuf::from("/nowhere"), PathBuf::from("/nowhere/Cargo.lock")),
        interrupt: Interrupt::default(),
    });
    let mut engine = ByKernel::new(evcxr, jupyter);
    let store = SnapshotStore::new(project.snapshots_dir(), project.root.clone(), UpdateMode::WritePending);
    let cache = ResultCache::new(&root.join("cache"), &project);
    let mut runner = Runner {
        project: &project,
        engines: vec![&mut engine],
        environment: &Nothing,
        store: &store,
        cache: Some(&cache),
        jobs: 2,
        repeat: 1,
        seen: Seen::default(),
    };
    let mut seen = Vec::new();
    let summary = runner.run(&Selection::default(), &mut |event| {
        match event {
            Event::RunStarted { engine, .. } => assert_eq!(engine, "jupyter"),
            Event::NotebookFinished(NotebookFinished { notebook, status, evidence, .. }) => {
                seen.push((notebook, status, evidence))
            }
            _ => {}
        }
        Ok(())
    });
    summary.unwrap();
    store.accept(None, &[]).unwrap();
    seen.sort_by(|one, other| one.0.cmp(&other.0));
    seen
}

fn everything_that_the_runner_has_holds() {
    let world = tempfile::tempdir().unwrap();
    let root = world.path().canonicalize().unwrap();
    let green: &[Cell<'_>] = &[
        ("shows", &[], "stdout <object at 0x7f0123456789>\ndisplay a one\ndisplay - two\nupdate a three\nfolder"),
        ("fails", &["raises-exception"], "error ValueError no good"),
        ("skipped", &["skip-execution"], "exit 1"),
        ("ends", &["raises-exception"], "exit 3"),
        ("comment", &[], "stdout after"),
    ];
    write_notebook(&root, "green", green);
    write_notebook(&root, "red", &[("fails", &[], "error ValueError no good"), ("never", &[], "stdout never")]);
    write_notebook(&root, "tame", &[("tame", &["raises-exception"], "stdout fine")]);
    let first: Vec<Status> = run(&root).into_iter().map(|(_, status, _)| status).collect();
    assert_eq!(first, [Status::New, Status::Failed, Status::Failed], "a cell that must fail and does not is red");
    let snapshot = |cell: &str| std::fs::read_to_string(root.join(format!("snapshots/green/{cell}.snap"))).unwrap();
    let shown = "═══ stdout ═══\n<object at [ADDRESS]>\n[ROOT]/notebooks\n═══ text/plain ═══\nthree\n═══ display 2: text/plain ═══\ntwo\n═══ end ═══";
    assert!(snapshot("shows").contains(shown), "{}", snapshot("shows"));
    assert!(snapshot("fails").contains("exception\nValueError: no good\n"), "no traceback: {}", snapshot("fails"));
    // A passed notebook runs again: what is installed with the kernel is unknown.
    for _ in 0..2 {
        assert_eq!(run(&root)[0], ("green".to_owned(), Status::Passed, Evidence::Run));
    }
    write_notebook(&root, "green", &[("shows", &[], "stdout other"), ("fails", &["raises-exception"], "error ValueError bad")]);
    assert_eq!(run(&root)[0].1, Status::Failed, "the output differs, and snapshots belong to no cell");
}
