//! A run made up of one notebook for each verdict that there is.

use std::path::PathBuf;
use std::time::Duration;

use crate::event::{
    CellFinished, CellProblem, CellVerdict, Event, Evidence, NotebookFinished, NotebookProblem, Proposal, Status, Summary, Timing,
};
use crate::notebook::CodeCell;
use crate::record::{CellRecord, Diagnostic, DiagnosticSpan, Failure};
use crate::redact::RuleHits;
use crate::snapshot::{Difference, PictureDifference};

/// The outcome of a notebook with one cell.
pub(super) fn notebook_events(name: &str, source: &str, verdict: CellVerdict, record: Option<CellRecord>) -> Vec<Event> {
    let cell = CodeCell { number: 1, id: "cell-1".into(), source: source.into(), line: Some(10), ..CodeCell::default() };
    let (path, status) = (format!("notebooks/{name}.ipynb").into(), verdict.status());
    let timing = match record {
        Some(_) => Timing { elapsed: Duration::from_millis(3210), compile: Some(Duration::from_millis(2100)) },
        None => Timing::default(),
    };
    vec![
        Event::NotebookStarted { notebook: name.into(), cells: 1 },
        Event::CellStarted { notebook: name.into(), cell: cell.clone() },
        Event::CellFinished(CellFinished {
            notebook: name.into(),
            path: PathBuf::clone(&path),
            cell,
            verdict,
            record: record.map(Box::new),
            timing,
        }),
        Event::NotebookFinished(NotebookFinished {
            notebook: name.into(),
            path,
            problems: Vec::new(),
            status,
            attempts: 1,
            evidence: if status == Status::Cached { Evidence::Cache } else { Evidence::Run },
            elapsed: Duration::from_millis(4560),
        }),
    ]
}

pub(super) fn failed(problem: CellProblem) -> CellVerdict {
    CellVerdict::Failed { problems: vec![problem], stderr: String::new() }
}

fn failure(failure: Failure) -> CellVerdict {
    failed(CellProblem::Failed(failure))
}

/// A PNG of one pixel.
fn pixel(colour: u8) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, 1, 1);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.write_header().unwrap().write_image_data(&[colour]).unwrap();
    out
}

fn changed() -> CellVerdict {
    let picture = PictureDifference {
        expected: pixel(1),
        actual: pixel(2),
        difference: Some(pixel(3)),
        summary: "1 of 1 pixels differ (100.00 %), by up to 1 of 255".into(),
    };
    let body = |status: &str, sha: &str| {
        format!(
            "═══ stdout ═══\nJob status: running\nJob status: {status}\n═══ image/png ═══\n\\ 1 × 1 pixels, sha256 {sha}\n═══ end ═══\n"
        )
    };
    let difference = |section: &str, picture| Difference { section: section.into(), picture, file: None };
    failed(CellProblem::OutputChanged {
        snapshot: "snapshots/changed/cell-1.snap".into(),
        expected: body("successful", "aaaa"),
        actual: body("failed", "bbbb"),
        pending: Proposal::Pending,
        differences: vec![difference("stdout", None), difference("image/png", Some(picture))],
    })
}

fn recorded(stdout: &str) -> Option<CellRecord> {
    Some(CellRecord { stdout: stdout.into(), ..CellRecord::default() })
}

/// A run in which there is every verdict.
pub(super) fn every_verdict() -> Vec<Event> {
    let mut events = vec![
        Event::RunStarted { notebooks: 16, cells: 15, engine: "evcxr".into() },
        Event::PreparationStarted { crates: 143 },
        Event::PreparationFinished { crates: 143, compiled: 7, elapsed: Duration::from_secs(12) },
    ];
    events.extend(good());
    events.extend(snapshots_at_fault());
    events.extend(failures());
    let hits = |rule: &str, hits, is_own| RuleHits { rule: rule.into(), hits, is_own };
    events.push(Event::Redacted {
        hits: vec![hits("paths", 3, false), hits("ports", 0, false), hits("took", 2, true), hits("never", 0, true)],
        unused: vec!["never".into()],
    });
    let summary = Summary {
        passed: 3,
        flaky: 1,
        cached: 1,
        skipped: 1,
        not_run: 0,
        failed: 11,
        new: 1,
        set_up: 0,
        internal: 1,
        cells_passed: 2,
        cells_cached: 1,
        cells_skipped: 1,
        cells_failed: 10,
        cells_new: 1,
        cells_not_run: 1,
        pending: 2,
        orphans: 0,
    };
    events.push(Event::RunFinished { summary, elapsed: Duration::from_secs(99) });
    events
}

fn assertion() -> Failure {
    Failure::Panic { message: "assertion failed: <b> & more\n  left: 1".into(), line: Some(2) }
}

/// Notebooks with which nothing is wrong.
fn good() -> Vec<Event> {
    let mut events = notebook_events("passed", "1 + 1", CellVerdict::Passed, recorded("2\n"));
    events.extend(notebook_events("cached", "1 + 1", CellVerdict::Cached, None));
    events.extend(notebook_events(
        "cell-skipped",
        "gpu()",
        CellVerdict::Skipped { reason: "tagged `skip-execution`".into() },
        None,
    ));
    events.push(Event::NotebookSkipped {
        notebook: "skipped".into(),
        path: "notebooks/skipped.ipynb".into(),
        cells: 4,
        reason: "needs a GPU".into(),
    });
    let mut flaky = notebook_events("flaky", "let x = 1;\nassert!(x > 1);", failure(assertion()), recorded(""));
    flaky.pop();
    flaky.push(Event::NotebookRetried { notebook: "flaky".into(), attempt: 1, of: 3, status: Status::Failed });
    flaky.extend(notebook_events("flaky", "let x = 1;\nassert!(x > 1);", CellVerdict::Passed, recorded("")));
    if let Some(Event::NotebookFinished(finished)) = flaky.last_mut() {
        (finished.status, finished.attempts) = (Status::Flaky, 2);
    }
    events.extend(flaky);
    events
}

/// Notebooks whose output is not what is recorded.
fn snapshots_at_fault() -> Vec<Event> {
    let new = CellProblem::SnapshotMissing {
        snapshot: "snapshots/new/cell-1.snap".into(),
        actual: "═══ stdout ═══\nhi\n═══ end ═══\n".into(),
        pending: Proposal::Pending,
    };
    let mut events = notebook_events("new", "println!(\"hi\");", failed(new), recorded("hi\n"));
    let pictured = CellRecord {
        stdout: "Job status: running\nJob status: failed\n".into(),
        outputs: [("image/png", "AAAA"), ("text/html", "<b onclick=\"x\">bold</b>")].map(|(a, b)| (a.into(), b.into())).into(),
        ..CellRecord::default()
    };
    events.extend(notebook_events("changed", "job.wait();", changed(), Some(pictured)));
    let gone = CellProblem::OutputMissing {
        snapshot: "snapshots/gone/cell-1.snap".into(),
        expected: "═══ stdout ═══\nhi\n═══ end ═══\n".into(),
        pending: Proposal::UpdatesAreOff,
    };
    events.extend(notebook_events("gone", "let _ = 1;", failed(gone), recorded("")));
    events
}

/// Notebooks with a cell that fails, and one that is at fault as a whole.
fn failures() -> Vec<Event> {
    let span = DiagnosticSpan { line: 1, column: 13, end_line: 1, end_column: 16, label: "expected `u8`, found `&str`".into() };
    let diagnostic = Diagnostic {
        code: Some("E0308".into()),
        message: "mismatched types".into(),
        spans: vec![span],
        help: vec!["try a number".into()],
    };
    let compile = failure(Failure::Compile { diagnostics: vec![diagnostic] });
    let mut events = notebook_events("compile", "let x: u8 = \"1\";", compile, recorded(""));
    events.extend(notebook_events("panic", "let x = 1;\nassert!(x > 1);", failure(assertion()), recorded("before\n")));
    let error = Failure::Error { message: "no such job".into(), lines: vec![1] };
    events.extend(notebook_events("error", "let job = find()?;", failure(error), recorded("")));
    events.extend(notebook_events("quiet", "1", failed(CellProblem::DidNotRaise), recorded("")));
    let timeout = failure(Failure::Timeout { limit: Duration::from_secs(120) });
    let mut slow = notebook_events("slow", "loop {}", timeout, recorded(""));
    if let Some(Event::CellStarted { notebook, cell }) = slow.get(1).cloned() {
        slow.insert(2, Event::CellSlow { notebook, cell, elapsed: Duration::from_secs(30) });
    }
    events.extend(slow);
    let died = failure(Failure::Died { status: "signal 6".into() });
    events.extend(notebook_events("died", "std::process::abort()", died, recorded("")));
    let engine = Failure::Engine { message: "the worker ended".into() };
    events.extend(notebook_events("internal", "1", failure(engine), None));
    let mut whole = notebook_events("whole", "1", CellVerdict::NotRun, None);
    if let Some(Event::NotebookFinished(finished)) = whole.last_mut() {
        finished.problems.push(NotebookProblem::TimedOut { limit: Duration::from_secs(3600) });
        finished.problems.push(NotebookProblem::RefusedHost { host: "example.org".into() });
        finished.status = Status::TimedOut;
    }
    events.extend(whole);
    events
}
