//! What every reporter makes of a run in which there is every verdict. The snapshots are to be read: they are
//! what users see.

use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::*;
use crate::event::{CellProblem, CellVerdict, Evidence, NotebookProblem, Proposal, Status, Summary, Timing};
use crate::notebook::CodeCell;
use crate::record::{CellRecord, Diagnostic, DiagnosticSpan, Failure};
use crate::redact::RuleHits;
use crate::snapshot::{Difference, PictureDifference, visible};

/// A writer whose text can be looked at afterwards.
#[derive(Clone, Default)]
pub(super) struct Page(Arc<Mutex<Vec<u8>>>);

impl Write for Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Page {
    pub(super) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

/// The outcome of a notebook with one cell.
fn notebook_events(name: &str, source: &str, verdict: CellVerdict, record: Option<CellRecord>) -> Vec<Event> {
    let cell = CodeCell { number: 1, id: "cell-1".into(), source: source.into(), line: Some(10), ..CodeCell::default() };
    let (path, status) = (format!("notebooks/{name}.ipynb").into(), verdict.status());
    let timing = match record {
        Some(_) => Timing { elapsed: Duration::from_millis(3210), compile: Some(Duration::from_millis(2100)) },
        None => Timing::default(),
    };
    vec![
        Event::NotebookStarted { notebook: name.into(), cells: 1 },
        Event::CellStarted { notebook: name.into(), cell: cell.clone() },
        Event::CellFinished {
            notebook: name.into(),
            path: PathBuf::clone(&path),
            cell,
            verdict,
            record: record.map(Box::new),
            timing,
        },
        Event::NotebookFinished {
            notebook: name.into(),
            path,
            problems: Vec::new(),
            status,
            attempts: 1,
            evidence: if status == Status::Cached { Evidence::Cache } else { Evidence::Run },
            elapsed: Duration::from_millis(4560),
        },
    ]
}

fn failed(problem: CellProblem) -> CellVerdict {
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

/// A run in which there is every verdict.
fn every_verdict() -> Vec<Event> {
    let record = |stdout: &str| Some(CellRecord { stdout: stdout.into(), ..CellRecord::default() });
    let span = DiagnosticSpan { line: 1, column: 13, end_line: 1, end_column: 16, label: "expected `u8`, found `&str`".into() };
    let diagnostic = Diagnostic {
        code: Some("E0308".into()),
        message: "mismatched types".into(),
        spans: vec![span],
        help: vec!["try a number".into()],
    };
    let mut events = vec![
        Event::RunStarted { notebooks: 16, cells: 15, engine: "evcxr".into() },
        Event::PreparationStarted { crates: 143 },
        Event::PreparationFinished { crates: 143, compiled: 7, elapsed: Duration::from_secs(12) },
    ];
    events.extend(notebook_events("passed", "1 + 1", CellVerdict::Passed, record("2\n")));
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
    let panic = Failure::Panic { message: "assertion failed: <b> & more\n  left: 1".into(), line: Some(2) };
    let mut flaky = notebook_events("flaky", "let x = 1;\nassert!(x > 1);", failure(panic.clone()), record(""));
    flaky.pop();
    flaky.push(Event::NotebookRetried { notebook: "flaky".into(), attempt: 1, of: 3, status: Status::Failed });
    flaky.extend(notebook_events("flaky", "let x = 1;\nassert!(x > 1);", CellVerdict::Passed, record("")));
    if let Some(Event::NotebookFinished { status, attempts, .. }) = flaky.last_mut() {
        (*status, *attempts) = (Status::Flaky, 2);
    }
    events.extend(flaky);
    let new = CellProblem::SnapshotMissing {
        snapshot: "snapshots/new/cell-1.snap".into(),
        actual: "═══ stdout ═══\nhi\n═══ end ═══\n".into(),
        pending: Proposal::Pending,
    };
    events.extend(notebook_events("new", "println!(\"hi\");", failed(new), record("hi\n")));
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
    events.extend(notebook_events("gone", "let _ = 1;", failed(gone), record("")));
    events.extend(notebook_events(
        "compile",
        "let x: u8 = \"1\";",
        failure(Failure::Compile { diagnostics: vec![diagnostic] }),
        record(""),
    ));
    events.extend(notebook_events("panic", "let x = 1;\nassert!(x > 1);", failure(panic), record("before\n")));
    let error = Failure::Error { message: "no such job".into(), lines: vec![1] };
    events.extend(notebook_events("error", "let job = find()?;", failure(error), record("")));
    events.extend(notebook_events("quiet", "1", failed(CellProblem::DidNotRaise), record("")));
    let mut slow = notebook_events("slow", "loop {}", failure(Failure::Timeout { limit: Duration::from_secs(120) }), record(""));
    if let Some(Event::CellStarted { notebook, cell }) = slow.get(1).cloned() {
        slow.insert(2, Event::CellSlow { notebook, cell, elapsed: Duration::from_secs(30) });
    }
    events.extend(slow);
    events.extend(notebook_events(
        "died",
        "std::process::abort()",
        failure(Failure::Died { status: "signal 6".into() }),
        record(""),
    ));
    let engine = Failure::Engine { message: "the worker ended".into() };
    events.extend(notebook_events("internal", "1", failure(engine), None));
    let mut whole = notebook_events("whole", "1", CellVerdict::NotRun, None);
    if let Some(Event::NotebookFinished { problems, status, .. }) = whole.last_mut() {
        problems.push(NotebookProblem::TimedOut { limit: Duration::from_secs(3600) });
        problems.push(NotebookProblem::RefusedHost { host: "example.org".into() });
        *status = Status::TimedOut;
    }
    events.extend(whole);
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

fn human(width: usize, colour: bool, verbose: bool) -> String {
    let page = Page::default();
    let left = LeftFiles { html: Some("target/nbsnap/report.html".into()), failed: Some("target/nbsnap/failed".into()) };
    let reporter = HumanReporter::new(page.clone(), Style { colour, width, is_github_log: false }, Progress::Hidden);
    let mut reporter = reporter.verbose(verbose).leaving(left);
    every_verdict().iter().for_each(|event| reporter.report(event).unwrap());
    // Escapes for colours in a visible form.
    visible(&page.text()).into_owned()
}

fn whole() -> Run {
    let mut run = Run::default();
    every_verdict().iter().for_each(|event| drop(run.take(event).map(|notebook| notebook.name.clone())));
    run
}

#[test]
fn people_see_every_verdict() {
    insta::assert_snapshot!("people-80", human(80, false, false));
    insta::assert_snapshot!("people-80-colour", human(80, true, false));
    insta::assert_snapshot!("people-120", human(120, false, false));
    insta::assert_snapshot!("people-120-colour", human(120, true, false));
    insta::assert_snapshot!("people-80-verbose", human(80, false, true));
}

#[test]
fn colours_change_nothing_else() {
    for width in [80, 120] {
        let coloured = crate::snapshot::original(&human(width, true, true));
        assert_eq!(console::strip_ansi_codes(&coloured), crate::snapshot::original(&human(width, false, true)));
    }
}

#[test]
fn build_servers_see_every_verdict() {
    insta::assert_snapshot!("junit", junit(&whole()).unwrap());
}

#[test]
fn programs_see_every_verdict() {
    let page = Page::default();
    let mut reporter = JsonLines::new(page.clone());
    every_verdict().iter().for_each(|event| reporter.report(event).unwrap());
    for line in page.text().lines() {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["version"], FORMAT_VERSION);
    }
    insta::assert_snapshot!("json-lines", page.text());
}

#[test]
fn github_sees_every_verdict() {
    let page = Page::default();
    let mut reporter = GithubAnnotations::new(page.clone());
    every_verdict().iter().for_each(|event| reporter.report(event).unwrap());
    insta::assert_snapshot!("github-annotations", page.text());
    insta::assert_snapshot!("github-summary", github_summary(&whole()).unwrap());
}

#[test]
fn the_page_shows_every_verdict_and_runs_nothing() {
    let page = html(&whole()).unwrap();
    for word in
        ["passed", "cached", "skipped", "flaky", "new", "changed", "failed", "timed out", "died", "internal error", "not run"]
    {
        assert!(page.contains(&format!("<span class=\"status\">{word}</span>")), "{word}");
    }
    assert!(page.contains("<mark>successful</mark>") && page.contains("<mark>failed</mark>"));
    assert_eq!(page.matches("data:image/png;base64,").count(), 4, "three of the difference, and the output");
    // What a notebook writes is text here, or markup in a frame that may not do anything.
    assert!(
        !page.contains("<b onclick") && !page.contains("<b> & more") && page.contains("<iframe class=\"shown lowest\" sandbox srcdoc=")
    );
    assert!(!page.contains("<script") && page.contains("default-src 'none'"));
    insta::assert_snapshot!("page", page);
}

/// The page of a run of one notebook with one cell.
fn page_of(verdict: CellVerdict, record: CellRecord) -> String {
    let mut run = Run::default();
    notebook_events("rain", "show()", verdict, Some(record))
        .iter()
        .for_each(|event| drop(run.take(event).map(|one| one.name.clone())));
    html(&run).unwrap()
}

#[test]
fn a_first_recording_is_shown_once_and_beside_nothing() {
    let new = CellProblem::SnapshotMissing {
        snapshot: "snapshots/rain/cell-1.snap".into(),
        actual: "═══ stdout ═══\nhi\n═══ end ═══\n".into(),
        pending: Proposal::Pending,
    };
    let page = page_of(failed(new), CellRecord { stdout: "hi\n".into(), ..CellRecord::default() });
    assert!(!page.contains("<table class=\"diff"), "there is nothing to compare with");
    assert_eq!(page.matches("hi\n").count(), 1);
    assert!(
        page.contains("1 cell shows something that nobody has looked at yet.")
            && page.contains("<code>nbsnap accept rain</code>")
    );
    let gone = CellProblem::OutputMissing {
        snapshot: "snapshots/rain/cell-1.snap".into(),
        expected: "═══ stdout ═══\nhi\n═══ end ═══\n".into(),
        pending: Proposal::Pending,
    };
    let page = page_of(failed(gone), CellRecord::default());
    assert!(page.contains("<th scope=\"col\">recorded</th></tr>") && !page.contains("<th scope=\"col\">now</th>"), "{page}");
}

#[test]
fn markup_that_changed_is_shown_as_a_reader_sees_it() {
    let svg =
        |width: u32| format!("<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'><path d='M0 0h{width}v3z'/></svg>");
    let body = |width: u32, word: &str| {
        format!("═══ text/html ═══\n<b>{word}</b>\n═══ image/svg+xml ═══\n{}\n═══ end ═══\n", svg(width))
    };
    let difference = |section: &str| Difference { section: section.into(), picture: None, file: None };
    let changed = CellProblem::OutputChanged {
        snapshot: "snapshots/rain/cell-1.snap".into(),
        expected: body(3, "dry"),
        actual: body(6, "wet"),
        pending: Proposal::Pending,
        differences: vec![difference("text/html"), difference("image/svg+xml")],
    };
    let page = page_of(failed(changed), CellRecord::default());
    for word in ["dry", "wet"] {
        assert!(page.contains(&format!("srcdoc=\"&#60;b&#62;{word}&#60;/b&#62;\"")), "{page}");
    }
    assert_eq!(page.matches("src=\"data:image/svg+xml;base64,").count(), 2, "recorded and now");
    assert_eq!(page.matches("src=\"data:image/png;base64,").count(), 1, "what differs between the drawings");
    assert!(page.contains("1 cell shows something else than was recorded.") && page.contains(" pixels differ"), "{page}");
}

#[test]
fn files_are_written_at_the_end_and_name_themselves_when_they_cannot_be() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deep/report.xml");
    let tell = |reporter: &mut dyn Reporter, events: &[Event]| events.iter().try_for_each(|event| reporter.report(event));
    tell(&mut AtEnd::new(path.clone(), When::Always, junit), &every_verdict()).unwrap();
    assert!(std::fs::read_to_string(&path).unwrap().contains("<testsuites name=\"nbsnap\""));
    // A run in which nothing fails removes the page of an earlier one.
    tell(
        &mut AtEnd::new(path.clone(), When::SomethingFailed, html),
        &[Event::RunFinished { summary: Summary::default(), elapsed: Duration::ZERO }],
    )
    .unwrap();
    assert!(!path.exists());
    tell(&mut AtEnd::new(path.clone(), When::Appending, github_summary), &every_verdict()).unwrap();
    tell(&mut AtEnd::new(path.clone(), When::Appending, github_summary), &every_verdict()).unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap().matches("### Notebooks").count(), 2);
    let error = tell(&mut AtEnd::new(path.join("x"), When::Always, junit), &every_verdict()).unwrap_err();
    assert!(error.to_string().contains("report.xml/x: "), "{error}");
}

#[test]
fn a_failed_notebook_leaves_itself_executed_and_its_pictures() {
    let folder = tempfile::tempdir().unwrap();
    let notebook = r#"{"cells":[{"cell_type":"code","execution_count":null,"id":"cell-1","metadata":{},"outputs":[],"source":["1"]}],
        "metadata":{"kernelspec":{"display_name":"Rust","name":"rust"}},"nbformat":4,"nbformat_minor":5}"#;
    std::fs::create_dir(folder.path().join("notebooks")).unwrap();
    std::fs::write(folder.path().join("notebooks/changed.ipynb"), notebook).unwrap();
    let failed = folder.path().join("failed");
    let mut reporter = FailedFiles::new(folder.path().to_owned(), failed.clone());
    every_verdict().iter().for_each(|event| reporter.report(event).unwrap());
    let mut names: Vec<String> = std::fs::read_dir(failed.join("changed"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    let pictures = ["difference", "now", "recorded"].map(|which| format!("cell-1.image-png.{which}.png"));
    assert_eq!(names, [&pictures[..], &["changed.ipynb".to_owned()]].concat());
    let executed = std::fs::read_to_string(failed.join("changed/changed.ipynb")).unwrap();
    assert!(executed.contains("Job status: failed") && executed.contains("\"execution_count\""), "{executed}");
    assert!(!failed.join("passed").exists());
    // The next run does not take it for a notebook of the project.
    std::fs::write(folder.path().join("nbsnap.toml"), "").unwrap();
    let found = crate::project::Project::find(folder.path(), "default").unwrap().notebooks().unwrap();
    let names: Vec<&str> = found.usable.iter().map(|notebook| notebook.name.as_str()).collect();
    assert_eq!(names, ["notebooks/changed"], "{:?}", found.unusable);
    // Once it passes, none of its files stay.
    let mut reporter = FailedFiles::new(folder.path().to_owned(), failed.clone());
    notebook_events("changed", "1", CellVerdict::Passed, None).iter().for_each(|event| reporter.report(event).unwrap());
    assert!(!failed.join("changed").exists());
}
