//! What every reporter makes of a run in which there is every verdict. The snapshots are to be read: they are
//! what users see.

mod made_up_run;

use std::io::{self, Write};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use made_up_run::{every_verdict, failed, notebook_events};

use super::*;
use crate::event::{CellProblem, CellVerdict, Event, Proposal, Summary};
use crate::record::CellRecord;
use crate::snapshot::{Difference, visible};

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
        !page.contains("<b onclick")
            && !page.contains("<b> & more")
            && page.contains("<iframe class=\"shown lowest\" sandbox srcdoc=")
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
