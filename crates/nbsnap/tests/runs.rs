//! Runs as a whole, with engines that do what a test wants of them: several for one verdict, and notebooks
//! run for their outputs.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::time::Duration;

use nbsnap::engine::{Engine, EngineError, Progress, Run, Worker};
use nbsnap::environment::Nothing;
use nbsnap::event::{Event, NotebookFinished, NotebookProblem, Status, Summary, Timing};
use nbsnap::notebook::Notebook;
use nbsnap::project::Project;
use nbsnap::record::{CellRecord, Failure};
use nbsnap::run::outputs_only::{AfterFailure, Executed, OutputsOnly};
use nbsnap::run::{Runner, Seen};
use nbsnap::select::Selection;
use nbsnap::snapshot::{SnapshotStore, UpdateMode};

/// An engine whose cells print their own source, with its name in place of `ENGINE`. `sleep` in a cell takes
/// all the time that is left, and a notebook called `broken` cannot be begun.
struct Echo(&'static str);

impl Engine for Echo {
    fn name(&self) -> &'static str {
        self.0
    }

    fn prepare(&mut self, _: &[Notebook], _: &[Notebook], _: &mut dyn FnMut(Event)) -> Result<(), EngineError> {
        Ok(())
    }

    fn fingerprint(&self) -> Result<BTreeMap<String, String>, EngineError> {
        Ok(BTreeMap::from([("engine".to_owned(), self.0.to_owned())]))
    }

    fn sources(&self) -> &[PathBuf] {
        &[]
    }

    fn worker(&self, _: usize) -> Result<Box<dyn Worker + '_>, EngineError> {
        Ok(Box::new(Echo(self.0)))
    }
}

impl Worker for Echo {
    fn run(&mut self, run: &Run<'_>, report: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>) -> Result<(), EngineError> {
        if run.notebook.name == "broken" {
            let _ = report(Progress::CannotBegin(Failure::Engine { message: "there is no kernel".into() }));
            return Ok(());
        }
        for cell in &run.notebook.cells {
            if report(Progress::Started(cell)).is_break() {
                break;
            }
            let mut record = CellRecord { stdout: cell.source.replace("ENGINE", self.0), ..CellRecord::default() };
            if cell.source == "sleep" {
                let limit = run.limits(cell).run;
                while !run.is_over() {
                    std::thread::sleep(Duration::from_millis(5));
                }
                record.failure = Some(Failure::Timeout { limit });
            }
            if report(Progress::Ended(cell, record, Timing::of(Duration::ZERO))).is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// A project with notebooks of one cell each.
fn project(notebooks: &[(&str, &str)]) -> (tempfile::TempDir, Project) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("notebooks")).unwrap();
    for (name, source) in notebooks {
        let cell = serde_json::json!({"cell_type": "code", "execution_count": null, "id": "a", "metadata": {}, "outputs": [], "source": source});
        let kernel = serde_json::json!({"kernelspec": {"display_name": "Rust", "language": "rust", "name": "rust"}});
        let notebook = serde_json::json!({"cells": [cell], "metadata": kernel, "nbformat": 4, "nbformat_minor": 5});
        std::fs::write(folder.path().join(format!("notebooks/{name}.ipynb")), notebook.to_string()).unwrap();
    }
    let project = Project::find(folder.path(), "default").unwrap();
    (folder, project)
}

/// Runs all notebooks on these engines. Returns the counts, and what became of each notebook, as events call
/// it.
fn test(project: &Project, engines: &[&'static str]) -> (Summary, Vec<(String, Status)>) {
    let store = SnapshotStore::new(project.snapshots_dir(), project.root.clone(), UpdateMode::WritePending);
    let mut echoes: Vec<Echo> = engines.iter().map(|name| Echo(name)).collect();
    let engines = echoes.iter_mut().map(|echo| echo as &mut dyn Engine).collect();
    let mut runner =
        Runner { project, engines, environment: &Nothing, store: &store, cache: None, jobs: 1, repeat: 1, seen: Seen::default() };
    let mut seen = Vec::new();
    let summary = runner.run(&Selection::default(), &mut |event| {
        if let Event::NotebookFinished(NotebookFinished { notebook, status, .. }) = event {
            seen.push((notebook, status));
        }
        Ok(())
    });
    (summary.unwrap(), seen)
}

fn accept(project: &Project) {
    SnapshotStore::new(project.snapshots_dir(), project.root.clone(), UpdateMode::Never).accept(None, &[]).unwrap();
}

fn status(label: &str, status: Status) -> (String, Status) {
    (label.to_owned(), status)
}

#[test]
fn a_notebook_is_green_only_if_all_engines_find_it_green() {
    let (_folder, project) = project(&[("same", "hello"), ("telling", "made by ENGINE")]);
    test(&project, &["one"]);
    accept(&project);
    let (summary, seen) = test(&project, &["one", "other"]);
    let expected = [
        status("same (one)", Status::Passed),
        status("telling (one)", Status::Passed),
        status("same (other)", Status::Passed),
        status("telling (other)", Status::Changed),
    ];
    assert_eq!(seen, expected);
    assert_eq!((summary.passed, summary.failed, summary.cells_passed, summary.cells_failed), (1, 1, 1, 1), "each counts once");
    assert_eq!(summary.pending, 0, "what the second engine makes is no proposal");
}

#[test]
fn what_waits_for_review_is_the_first_engines() {
    let (_folder, project) = project(&[("telling", "made by ENGINE")]);
    let (summary, seen) = test(&project, &["one", "other"]);
    assert_eq!(seen, [status("telling (one)", Status::New), status("telling (other)", Status::New)]);
    assert_eq!((summary.failed, summary.pending), (1, 1));
    accept(&project);
    assert_eq!(test(&project, &["one"]).1, [status("telling", Status::Passed)], "one engine alone needs no name");
    // A change is proposed by the first, and the second, which finds its own output recorded, does not take
    // that back.
    assert_eq!(test(&project, &["other", "one"]).0.pending, 1);
}

#[test]
fn an_engine_that_is_named_twice_runs_once() {
    let (_folder, project) = project(&[("same", "hello")]);
    assert_eq!(test(&project, &["one", "one"]).1.len(), 1);
}

/// Runs notebooks for their outputs. Returns the counts, what each came to by its place, and what is wrong
/// with each as a whole.
fn execute(project: &Project) -> (Summary, Vec<(usize, Executed)>, Vec<Vec<NotebookProblem>>) {
    let notebooks = project.notebooks().unwrap().usable;
    let (mut echo, mut done, mut problems) = (Echo("one"), Vec::new(), Vec::new());
    let after_failure = AfterFailure::Stop;
    let mut execution = OutputsOnly { project, engine: &mut echo, environment: &Nothing, after_failure };
    let mut emit = |event| {
        if let Event::NotebookFinished(NotebookFinished { problems: of_notebook, .. }) = event {
            problems.push(of_notebook);
        }
        Ok(())
    };
    let summary = execution.run(&notebooks, &mut emit, &mut |place, executed| done.push((place, executed))).unwrap();
    (summary, done, problems)
}

#[test]
fn a_notebook_that_cannot_be_begun_stops_no_other() {
    let (_folder, project) = project(&[("broken", "hello"), ("well", "hello")]);
    let (summary, done, problems) = execute(&project);
    assert_eq!((summary.passed, summary.failed, summary.internal), (1, 1, 1));
    assert_eq!(done.iter().map(|(_, executed)| executed.passed).collect::<Vec<_>>(), [false, true]);
    assert_eq!(done[0].1.records, [None]);
    assert_eq!(done[1].1.records[0].as_ref().unwrap().stdout, "hello");
    assert_eq!(problems[0], [NotebookProblem::Engine { message: "there is no kernel".into() }], "in the kernel's own words");
}

#[test]
fn running_for_outputs_names_the_time_that_a_whole_notebook_may_take() {
    let (folder, _) = project(&[("slow", "sleep")]);
    std::fs::write(folder.path().join("notebooks/nbsnap.toml"), "notebook-timeout = \"200ms\"\n").unwrap();
    let project = Project::find(Path::new(folder.path()), "default").unwrap();
    let (summary, done, problems) = execute(&project);
    assert_eq!(summary.failed, 1);
    assert!(done[0].1.records[0].is_some(), "what the cell did until then is there");
    assert_eq!(problems[0], [NotebookProblem::TimedOut { limit: Duration::from_millis(200) }]);
}
