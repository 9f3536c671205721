//! Everything that happens during a run as JSON lines: one object an event, as it happens.
//!
//! Every line has the members `version` ([`FORMAT_VERSION`]) and `event`, the event's name; the crate's
//! README lists the others. Within a version, members and events are only added. Durations are seconds.
//! Outputs are redacted, as everywhere.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::{Value, json};

use super::cell;
use super::printable::printable_json;
use super::reporter::Reporter;
use crate::event::{CellFinished, CellProblem, CellVerdict, Event, Evidence, NotebookFinished, Proposal, Summary};
use crate::notebook::CodeCell;
use crate::record::{CellRecord, Failure};

/// The version of the format.
pub const FORMAT_VERSION: u32 = 1;

/// Writes a line an event.
pub struct JsonLines<W> {
    out: W,
}

impl<W: Write> JsonLines<W> {
    /// A reporter that writes to `out`.
    pub fn new(out: W) -> JsonLines<W> {
        JsonLines { out }
    }
}

impl<W: Write> Reporter for JsonLines<W> {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        let Some((name, members)) = describe(event) else { return Ok(()) };
        let mut line = json!({ "version": FORMAT_VERSION, "event": name });
        if let (Value::Object(line), Value::Object(members)) = (&mut line, members) {
            line.extend(members);
        }
        writeln!(self.out, "{}", printable_json(&line.to_string()))?;
        // Readers want to see it as it happens.
        self.out.flush()
    }
}

/// The event's name and members.
fn describe(event: &Event) -> Option<(&'static str, Value)> {
    Some(match event {
        Event::RunStarted { notebooks, cells, engine } => {
            ("run-started", json!({ "notebooks": notebooks, "cells": cells, "engine": engine }))
        }
        Event::Notice { message } => ("notice", json!({ "message": message })),
        Event::EngineBuild { program, done, crates, name } => {
            ("engine-build", json!({ "program": program, "done": done, "crates": crates, "crate": name }))
        }
        Event::PreparationStarted { crates } => ("preparation-started", json!({ "crates": crates })),
        Event::PreparationProgress { done, crates, name } => {
            ("preparation-progress", json!({ "done": done, "crates": crates, "crate": name }))
        }
        Event::PreparationFinished { crates, compiled, elapsed } => {
            ("preparation-finished", json!({ "crates": crates, "compiled": compiled, "elapsed": seconds(*elapsed) }))
        }
        Event::NotebookStarted { notebook, cells } => ("notebook-started", json!({ "notebook": notebook, "cells": cells })),
        Event::CellStarted { notebook, cell } => ("cell-started", json!({ "notebook": notebook, "cell": named(cell) })),
        Event::CellSlow { notebook, cell, elapsed } => {
            ("cell-slow", json!({ "notebook": notebook, "cell": named(cell), "elapsed": seconds(*elapsed) }))
        }
        Event::CellFinished(finished) => ("cell-finished", cell_finished(finished)),
        Event::NotebookRetried { notebook, attempt, of, status } => {
            ("notebook-retried", json!({ "notebook": notebook, "attempt": attempt, "of": of, "status": status.word() }))
        }
        Event::NotebookSkipped { notebook, path, cells, reason } => {
            ("notebook-skipped", json!({ "notebook": notebook, "file": path, "cells": cells, "reason": reason }))
        }
        Event::NotebookFinished(finished) => ("notebook-finished", notebook_finished(finished)),
        Event::Redacted { hits, unused } => {
            let hits: Vec<Value> =
                hits.iter().map(|rule| json!({ "rule": rule.rule, "hits": rule.hits, "own": rule.is_own })).collect();
            ("redacted", json!({ "hits": hits, "unused": unused }))
        }
        Event::RunFinished { summary, elapsed } => ("run-finished", run_finished(summary, *elapsed)),
    })
}

fn cell_finished(finished: &CellFinished) -> Value {
    let CellFinished { notebook, path, cell, verdict, record, timing } = finished;
    let skipped = if let CellVerdict::Skipped { reason } = verdict { Some(reason) } else { None };
    let problems: Vec<Value> = verdict.problems().iter().map(problem).collect();
    json!({
        "notebook": notebook,
        "file": path,
        "line": cell.line,
        "cell": named(cell),
        "status": verdict.status().word(),
        "skipped": skipped,
        "problems": problems,
        "record": record.as_deref().map(recorded),
        "elapsed": seconds(timing.elapsed),
        "compile": timing.compile.map(seconds),
    })
}

fn recorded(record: &CellRecord) -> Value {
    let failure = record.failure.as_ref().map(failure);
    let mut members = json!({ "stdout": record.stdout, "stderr": record.stderr, "outputs": record.outputs, "failure": failure });
    if !record.further.is_empty() {
        members["further"] = json!(record.further);
    }
    members
}

fn notebook_finished(finished: &NotebookFinished) -> Value {
    let NotebookFinished { notebook, path, problems, status, attempts, evidence, elapsed } = finished;
    let problems: Vec<Value> = problems
        .iter()
        .map(|problem| json!({ "status": problem.status().word(), "message": cell::notebook_problem(notebook, problem) }))
        .collect();
    let evidence = match evidence {
        Evidence::Run => "run",
        Evidence::Cache => "cache",
    };
    json!({
        "notebook": notebook,
        "file": path,
        "status": status.word(),
        "problems": problems,
        "attempts": attempts,
        "evidence": evidence,
        "elapsed": seconds(*elapsed),
    })
}

fn run_finished(summary: &Summary, elapsed: Duration) -> Value {
    json!({
        "notebooks": {
            "passed": summary.passed,
            "flaky": summary.flaky,
            "cached": summary.cached,
            "skipped": summary.skipped,
            "not-run": summary.not_run,
            "failed": summary.failed,
            "new": summary.new,
            "set-up": summary.set_up,
            "internal": summary.internal,
        },
        "cells": {
            "passed": summary.cells_passed,
            "cached": summary.cells_cached,
            "skipped": summary.cells_skipped,
            "failed": summary.cells_failed,
            "new": summary.cells_new,
            "not-run": summary.cells_not_run,
        },
        "pending": summary.pending,
        "orphans": summary.orphans,
        "elapsed": seconds(elapsed),
    })
}

fn named(cell: &CodeCell) -> Value {
    json!({ "number": cell.number, "id": cell.id })
}

fn seconds(duration: Duration) -> Value {
    // Milliseconds are enough, and all the digits of a float are noise.
    json!((duration.as_secs_f64() * 1000.0).round() / 1000.0)
}

fn problem(problem: &CellProblem) -> Value {
    let mut members = json!({ "status": problem.status().word(), "message": cell::headline(problem) });
    match problem {
        CellProblem::Failed(found) => members["failure"] = failure(found),
        CellProblem::OutputChanged { snapshot, expected, actual, pending, differences } => {
            let sections: Vec<Value> = differences
                .iter()
                .map(|one| json!({ "section": one.section, "picture": one.picture.as_ref().map(|picture| &picture.summary) }))
                .collect();
            members["snapshot"] =
                json!({ "file": snapshot, "expected": expected, "actual": actual, "pending": *pending == Proposal::Pending });
            members["differences"] = sections.into();
        }
        CellProblem::OutputMissing { snapshot, expected, pending } => {
            members["snapshot"] =
                json!({ "file": snapshot, "expected": expected, "actual": "", "pending": *pending == Proposal::Pending });
        }
        CellProblem::SnapshotMissing { snapshot, actual, pending } => {
            members["snapshot"] =
                json!({ "file": snapshot, "expected": null, "actual": actual, "pending": *pending == Proposal::Pending });
        }
        CellProblem::DidNotRaise => {}
    }
    members
}

fn failure(failure: &Failure) -> Value {
    let line = cell::line_at_fault(&[CellProblem::Failed(failure.clone())]);
    json!({ "kind": failure.kind(), "message": failure.to_string(), "line": line })
}
