//! A whole run, for reports that are written at its end.
//!
//! The main type is [`Run`]: it takes events in and holds what they reported. It writes nothing.

use std::path::PathBuf;
use std::time::Duration;

use crate::event::{CellFinished, CellVerdict, Event, Evidence, NotebookFinished, NotebookProblem, Status, Summary, Timing};
use crate::notebook::CodeCell;
use crate::record::CellRecord;
use crate::redact::RuleHits;

/// What is known of a run so far.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Run {
    /// The engine's name.
    pub engine: String,
    /// How long the notebooks' dependencies took to build, and how many crates were compiled, where there was
    /// something to build.
    pub preparation: Option<(Duration, usize)>,
    /// The notebooks that ended, in the order in which they did.
    pub notebooks: Vec<NotebookRun>,
    /// The notebooks that are under way.
    running: Vec<NotebookRun>,
    /// How often each redaction rule applied.
    pub hits: Vec<RuleHits>,
    /// The counts and how long it took, once the run has ended.
    pub end: Option<(Summary, Duration)>,
}

/// The outcome of a notebook.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct NotebookRun {
    /// Its name.
    pub name: String,
    /// Its file, as seen from the project's folder.
    pub path: PathBuf,
    /// Its verdict.
    pub status: Option<Status>,
    /// Why it was skipped, if it was.
    pub skipped: Option<String>,
    /// What the verdict rests on.
    pub evidence: Option<Evidence>,
    /// What is wrong with it as a whole.
    pub problems: Vec<NotebookProblem>,
    /// Its code cells, of the last try.
    pub cells: Vec<CellRun>,
    /// The code cells of the tries before, each of which failed.
    pub tries: Vec<Vec<CellRun>>,
    /// How long it took, preparation excluded.
    pub elapsed: Duration,
}

/// The outcome of a cell.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct CellRun {
    /// The cell.
    pub cell: CodeCell,
    /// Its verdict.
    pub verdict: CellVerdict,
    /// What it produced, redacted, if it ran.
    pub record: Option<Box<CellRecord>>,
    /// How long it took.
    pub timing: Timing,
}

impl Run {
    /// Takes an event in. Returns the notebook that ended with it, if one did.
    pub fn take(&mut self, event: &Event) -> Option<&NotebookRun> {
        match event {
            Event::RunStarted { engine, .. } => self.engine = engine.clone(),
            Event::PreparationFinished { crates, compiled, elapsed } if *crates > 0 => {
                self.preparation = Some((*elapsed, *compiled))
            }
            Event::NotebookStarted { notebook, .. } => drop(self.running(notebook)),
            Event::NotebookRetried { notebook, status, .. } => {
                let running = self.running(notebook);
                let cells = std::mem::take(&mut running.cells);
                if !status.is_good() {
                    running.tries.push(cells);
                }
            }
            Event::CellFinished(CellFinished { notebook, cell, verdict, record, timing, .. }) => {
                let (cell, verdict, record) = (cell.clone(), verdict.clone(), record.clone());
                self.running(notebook).cells.push(CellRun { cell, verdict, record, timing: *timing });
            }
            Event::NotebookSkipped { notebook, path, reason, .. } => {
                let running = self.running(notebook);
                (running.path, running.skipped, running.status) = (path.clone(), Some(reason.clone()), Some(Status::Skipped));
                return self.end(notebook);
            }
            Event::NotebookFinished(NotebookFinished { notebook, path, problems, status, evidence, elapsed, .. }) => {
                let running = self.running(notebook);
                (running.path, running.problems, running.elapsed) = (path.clone(), problems.clone(), *elapsed);
                (running.status, running.evidence) = (Some(*status), Some(*evidence));
                return self.end(notebook);
            }
            Event::Redacted { hits, .. } => self.hits.clone_from(hits),
            Event::RunFinished { summary, elapsed } => self.end = Some((*summary, *elapsed)),
            _ => {}
        }
        None
    }

    /// Whether everything is as it should be, so far.
    pub fn is_good(&self) -> bool {
        self.notebooks.iter().all(NotebookRun::is_good) && self.end.is_none_or(|(summary, _)| summary.orphans == 0)
    }

    /// The notebook as it is so far.
    fn running(&mut self, name: &str) -> &mut NotebookRun {
        let at = self.running.iter().position(|notebook| notebook.name == name).unwrap_or_else(|| {
            self.running.push(NotebookRun { name: name.to_owned(), ..NotebookRun::default() });
            self.running.len() - 1
        });
        &mut self.running[at]
    }

    fn end(&mut self, name: &str) -> Option<&NotebookRun> {
        let at = self.running.iter().position(|notebook| notebook.name == name)?;
        let ended = self.running.remove(at);
        self.notebooks.push(ended);
        self.notebooks.last()
    }
}

impl NotebookRun {
    /// Whether it is as it should be.
    pub fn is_good(&self) -> bool {
        self.status.is_none_or(Status::is_good)
    }
}
