use std::path::PathBuf;
use std::time::Duration;

use super::*;
use crate::event::{CellFinished, CellProblem, Evidence, NotebookFinished, NotebookProblem, Proposal, Timing};
use crate::notebook::CodeCell;
use crate::record::{Diagnostic, DiagnosticSpan, Failure};
use crate::report::tests::Page;

fn render(events: &[Event]) -> String {
    let page = Page::default();
    let mut reporter = HumanReporter::new(page.clone(), Style::plain(), Progress::Hidden);
    for event in events {
        reporter.report(event).unwrap();
    }
    page.text()
}

fn cell(source: &str) -> CodeCell {
    CodeCell { number: 5, id: "monitor".into(), source: source.into(), tags: Vec::new(), ..CodeCell::default() }
}

fn finished(source: &str, problems: Vec<CellProblem>, stderr: &str) -> Event {
    Event::CellFinished(CellFinished {
        notebook: "04-execute".into(),
        path: "notebooks/04-execute.ipynb".into(),
        cell: cell(source),
        verdict: CellVerdict::Failed { problems, stderr: stderr.into() },
        record: None,
        timing: Timing::of(Duration::from_millis(3210)),
    })
}

fn failed(source: &str, failure: Failure) -> String {
    render(&[finished(source, vec![CellProblem::Failed(failure)], "")])
}

/// A run in which one notebook passes and the other fails.
fn whole_run() -> Vec<Event> {
    let (passed, failed, pending, orphans) = (1, 1, 1, 2);
    let summary = Summary { passed, failed, pending, orphans, cells_passed: 9, ..Summary::default() };
    let summary = Summary { cells_failed: 1, cells_not_run: 2, ..summary };
    let (notebook, path) = (|| "04-execute".to_owned(), || PathBuf::from("notebooks/04-execute.ipynb"));
    let not_run = Event::CellFinished(CellFinished {
        notebook: notebook(),
        path: path(),
        cell: cell(""),
        verdict: CellVerdict::NotRun,
        record: None,
        timing: Timing::default(),
    });
    let panic = Failure::Panic { message: "assertion `left == right` failed\n  left: 1\n right: 2".into(), line: Some(2) };
    vec![
        Event::RunStarted { notebooks: 2, cells: 12, engine: "evcxr".into() },
        Event::Notice { message: "waiting for another run".into() },
        Event::PreparationStarted { crates: 143 },
        Event::PreparationProgress { done: 1, crates: 143, name: "syn".into() },
        Event::PreparationFinished { crates: 143, compiled: 0, elapsed: Duration::from_millis(98_240) },
        Event::NotebookStarted { notebook: "03-describe".into(), cells: 1 },
        Event::CellStarted { notebook: "03-describe".into(), cell: cell("") },
        Event::NotebookFinished(NotebookFinished {
            notebook: "03-describe".into(),
            path: "notebooks/03-describe.ipynb".into(),
            problems: Vec::new(),
            status: Status::Passed,
            attempts: 1,
            evidence: Evidence::Run,
            elapsed: Duration::from_millis(12_345),
        }),
        Event::NotebookStarted { notebook: notebook(), cells: 11 },
        finished(
            "let x = 1;\nassert_eq!(x, 2);",
            vec![CellProblem::Failed(panic)],
            "hello\nthread 'main' panicked at src/lib.rs:3:1:\nassertion",
        ),
        not_run.clone(),
        not_run,
        Event::NotebookFinished(NotebookFinished {
            notebook: notebook(),
            path: path(),
            problems: vec![
                NotebookProblem::RefusedHost { host: "example.org".into() },
                NotebookProblem::OrphanSnapshot { snapshot: "snapshots/04-execute/old.snap".into() },
            ],
            status: Status::Failed,
            attempts: 1,
            evidence: Evidence::Run,
            elapsed: Duration::from_secs(101),
        }),
        Event::RunFinished { summary, elapsed: Duration::from_secs(115) },
    ]
}

#[test]
fn a_run_reads_well_from_beginning_to_end() {
    assert_eq!(
        render(&whole_run()),
        "   Running 2 notebooks, 12 cells (engine evcxr)
      Note waiting for another run
 Preparing 143 crates for the notebooks
  Prepared 143 crates in 98.2 s (all reused)
      PASS [ 12.3s] 03-describe (1 cell)
      FAIL [  3.2s] 04-execute, cell 5 `monitor`, line 2
           notebooks/04-execute.ipynb
           panicked on line 2: assertion `left == right` failed
             left: 1
            right: 2
             1 | let x = 1;
           > 2 | assert_eq!(x, 2);
           on standard error, at last:
             hello
      FAIL [101.0s] 04-execute: 1 of 11 cells failed, 2 not run
           notebooks/04-execute.ipynb
           asked for `example.org`, which its environment does not serve
           snapshots/04-execute/old.snap belongs to no cell that is compared; `nbsnap accept 04-execute` removes it
   Summary [115.0s] 2 notebooks: 1 passed, 1 failed; 12 cells: 9 passed, 1 failed, 2 not run
           1 snapshot waits for review: `nbsnap review`, or `nbsnap accept` for all
           2 snapshots belong to no notebook: `nbsnap accept` removes them
"
    );
}

#[test]
fn a_changed_output_is_shown_as_a_difference_with_what_to_do() {
    let problem = |pending| CellProblem::OutputChanged {
        snapshot: "snapshots/04-execute/monitor.snap".into(),
        expected: "═══ stdout ═══\nJob status: running\nJob status: successful\n═══ end ═══\n".into(),
        actual: "═══ stdout ═══\nJob status: running\nJob status: failed\n═══ end ═══\n".into(),
        pending,
        differences: Vec::new(),
    };
    let page = render(&[finished("\njob.wait();\n1", vec![problem(Proposal::Pending)], "Job status: failed")]);
    assert_eq!(
        page,
        "   CHANGED [  3.2s] 04-execute, cell 5 `monitor`
           notebooks/04-execute.ipynb
           the output is not as recorded (- recorded, + now): snapshots/04-execute/monitor.snap
             2 | job.wait();
             ═══ stdout ═══
             Job status: running
           - Job status: successful
           + Job status: failed
             ═══ end ═══
           if this is right: `nbsnap accept 04-execute`, or `nbsnap review 04-execute` to look first
"
    );
    let page = render(&[finished("1", vec![problem(Proposal::UpdatesAreOff)], "")]);
    let hint = "           nothing is written where updates are off, as on CI and in hooks; if this is right: `nbsnap test 04-execute` on your machine, `nbsnap accept 04-execute`, and `git add` the snapshots\n";
    assert!(page.ends_with(hint), "{page}");
}

#[test]
fn output_without_a_snapshot_and_a_snapshot_without_output_are_shown_whole() {
    let snapshot = || PathBuf::from("s.snap");
    let missing =
        CellProblem::SnapshotMissing {
            snapshot: snapshot(), actual: "═══ stdout ═══\nhi\n".into(), pending: Proposal::Pending
        };
    let ended = Event::NotebookFinished(NotebookFinished {
        notebook: "04-execute".into(),
        path: "notebooks/04-execute.ipynb".into(),
        problems: Vec::new(),
        status: Status::New,
        attempts: 1,
        evidence: Evidence::Run,
        elapsed: Duration::from_secs(1),
    });
    let page = render(&[finished("1", vec![missing], ""), ended]);
    let expected = "           there is output, and none is recorded yet: s.snap
             1 | 1
           + ═══ stdout ═══
           + hi
       NEW [  1.0s] 04-execute: 1 of 0 cells new
           recorded as new: look at it with `nbsnap review 04-execute`, then `nbsnap accept 04-execute`
";
    assert!(page.ends_with(expected), "{page}");
    let gone =
        CellProblem::OutputMissing {
            snapshot: snapshot(), expected: "═══ stdout ═══\nhi\n".into(), pending: Proposal::Pending
        };
    let page = render(&[finished("1", vec![CellProblem::DidNotRaise, gone], "")]);
    let expected = "           the cell is tagged `raises-exception` and did not fail
             1 | 1
           there is no output any more, and some is recorded: s.snap
             1 | 1
           - ═══ stdout ═══
           - hi
";
    assert!(page.contains(expected), "{page}");
}

#[test]
fn a_compile_error_points_at_the_very_characters() {
    let span =
        |line, column, end_column, label: &str| DiagnosticSpan { line, column, end_line: line, end_column, label: label.into() };
    let diagnostic = Diagnostic {
        code: Some("E0308".into()),
        message: "mismatched types".into(),
        spans: vec![span(2, 13, 16, "expected `u8`, found `&str`"), span(2, 8, 10, "expected due to this")],
        help: vec!["try this:\n1".into()],
    };
    let bare = Diagnostic { code: None, message: "no".into(), spans: vec![], help: vec![] };
    let mut diagnostics = vec![diagnostic];
    diagnostics.extend(std::iter::repeat_n(bare, 6));
    assert_eq!(
        failed("let y = 1;\nlet x: u8 = \"1\";", Failure::Compile { diagnostics }),
        "      FAIL [  3.2s] 04-execute, cell 5 `monitor`, line 2
           notebooks/04-execute.ipynb
           error[E0308]: mismatched types
             1 | let y = 1;
           > 2 | let x: u8 = \"1\";
               |             ^^^ expected `u8`, found `&str`
               |        ^^ expected due to this
           help: try this:
                 1
           error: no
           error: no
           error: no
           error: no
           ... and 2 more errors
"
    );
}

#[test]
fn a_question_mark_is_told_by_its_candidates() {
    let source = "let a = one()?;\nlet b = 2;\nlet c = 3;\nlet d = 4;\nlet e = two()?;";
    assert_eq!(
        failed(source, Failure::Error { message: "no such job\n".into(), lines: vec![1, 5] }),
        "      FAIL [  3.2s] 04-execute, cell 5 `monitor`
           notebooks/04-execute.ipynb
           `?` met an error: no such job
           at one of the `?` on lines 1, 5
           > 1 | let a = one()?;
             2 | let b = 2;
           ...
             4 | let d = 4;
           > 5 | let e = two()?;
"
    );
    let page = failed(source, Failure::Error { message: String::new(), lines: vec![5] });
    assert!(page.contains("cell 5 `monitor`, line 5\n"), "{page}");
    assert!(page.contains("`?` met an error whose message is empty\n             4 | let d"), "{page}");
}

#[test]
fn other_failures_name_the_cell_and_its_first_line() {
    let page = failed("loop {}", Failure::Timeout { limit: Duration::from_secs(60) });
    assert!(
        page.contains("           not done after 1m\n             1 | loop {}\n           more time: `cell-timeout`"),
        "{page}"
    );
    let page = failed("loop {}", Failure::NotebookTimeout { limit: Duration::from_secs(60), left: Duration::from_secs(5) });
    assert!(page.contains("the notebook's time was up (1m, notebook-timeout): the cell was not done after 5s\n"), "{page}");
    let page = failed("loop {}", Failure::Died { status: "\x1b[2Jsignal 9\r".into() });
    assert!(page.contains("ended: ␛[2Jsignal 9␍\n"), "nothing steers the terminal: {page}");
}

#[test]
fn a_notebook_that_cannot_be_tested_says_why() {
    let page = render(&[Event::NotebookFinished(NotebookFinished {
        notebook: "x".into(),
        path: "x.ipynb".into(),
        problems: vec![NotebookProblem::Unusable { reason: "notebook x.ipynb is not JSON".into() }],
        status: Status::Failed,
        attempts: 1,
        evidence: Evidence::Run,
        elapsed: Duration::ZERO,
    })]);
    assert_eq!(page, "      FAIL [  0.0s] x\n           x.ipynb\n           notebook x.ipynb is not JSON\n");
}

/// What is shown while things are under way.
fn under_way(progress: Progress, prepare: impl FnOnce(&mut HumanReporter<Page>)) -> String {
    let page = Page::default();
    let mut reporter = HumanReporter::new(page.clone(), Style::plain(), progress);
    prepare(&mut reporter);
    let events = [
        Event::RunStarted { notebooks: 1, cells: 11, engine: "evcxr".into() },
        Event::PreparationStarted { crates: 143 },
        Event::PreparationProgress { done: 57, crates: 143, name: "syn".into() },
        Event::PreparationFinished { crates: 143, compiled: 143, elapsed: Duration::from_secs(1) },
        Event::NotebookStarted { notebook: "nb".into(), cells: 11 },
        Event::CellStarted { notebook: "nb".into(), cell: cell("") },
        Event::RunFinished { summary: Summary::default(), elapsed: Duration::ZERO },
    ];
    for event in &events {
        reporter.report(event).unwrap();
        // Bars draw at most so often.
        if progress == Progress::Bar {
            std::thread::sleep(Duration::from_millis(150));
        }
    }
    drop(reporter);
    page.text()
}

#[test]
fn a_log_hears_now_and_then_what_is_under_way() {
    let quick = under_way(Progress::Lines, |_| ());
    assert!(!quick.contains("57 of 143") && !quick.contains("cell 5"), "{quick}");
    let slow = under_way(Progress::Lines, |reporter| reporter.output.never_silent());
    assert!(slow.contains("\n Preparing 57 of 143 (syn)\n"), "{slow}");
    assert!(slow.contains("\n   Running nb, cell 5 of 11 `monitor`\n"), "{slow}");
}

#[test]
fn a_terminal_shows_a_bar_and_then_which_cell_runs_and_is_left_clean() {
    let page = under_way(Progress::Bar, |_| ());
    assert!(page.contains("] 57/143 syn") && !page.contains("0/0"), "{page:?}");
    assert!(page.contains("nb, cell 5 of 11 `monitor`"), "{page:?}");
    let last = page.rsplit('\n').next().unwrap();
    assert!(!last.contains("Running"), "{page:?}");
    assert!(page.contains("   Summary [  0.0s] 0 notebooks: 0 passed, 0 failed; 0 cells"), "{page:?}");
}
