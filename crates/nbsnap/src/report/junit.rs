//! JUnit's XML, for build servers: a test suite a notebook, a test case a cell.
//!
//! A cell that is not as recorded, or failed, is a failure; one that timed out, died or met a breakdown of
//! the runner is an error. What is wrong with a notebook as a whole is a test case of its own, `(notebook)`.

use std::io;

use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestRerun, TestSuite};

use super::cell;
use super::printable::printable;
use super::run::{CellRun, NotebookRun, Run};
use super::style::Style;
use crate::event::{CellVerdict, Status};

/// The run as JUnit's XML. Characters that XML cannot hold are made visible, wherever they come from.
///
/// # Errors
/// Never for what a run can hold; the writer of XML has the error in its type.
pub fn junit(run: &Run) -> io::Result<String> {
    let mut report = Report::new("nbsnap");
    if let Some((_, elapsed)) = run.end {
        report.set_time(elapsed);
    }
    report.add_test_suites(run.notebooks.iter().map(suite));
    report.to_string().map_err(io::Error::other)
}

fn suite(notebook: &NotebookRun) -> TestSuite {
    let mut suite = TestSuite::new(xml(&notebook.name));
    suite.set_time(notebook.elapsed);
    suite.add_property(Property::new("file", xml(&notebook.path.display().to_string())));
    if let Some(status) = notebook.status {
        suite.add_property(Property::new("status", status.word()));
    }
    for run in &notebook.cells {
        suite.add_test_case(case(notebook, run));
    }
    if let Some(reason) = &notebook.skipped {
        let mut status = TestCaseStatus::skipped();
        status.set_message(xml(reason));
        suite.add_test_case(TestCase::new("(notebook)", status));
    } else if let Some(worst) = notebook.problems.iter().map(|problem| problem.status()).max() {
        let mut status = TestCaseStatus::non_success(kind(worst));
        let text: Vec<String> = notebook.problems.iter().map(|problem| cell::notebook_problem(&notebook.name, problem)).collect();
        status.set_type(worst.word()).set_message(xml(&text.join("; "))).set_description(xml(&text.join("\n")));
        suite.add_test_case(TestCase::new("(notebook)", status));
    }
    suite
}

fn case(notebook: &NotebookRun, run: &CellRun) -> TestCase {
    let status = match &run.verdict {
        CellVerdict::Passed | CellVerdict::Cached => {
            let mut status = TestCaseStatus::success();
            for earlier in failures_before(notebook, run) {
                status.add_rerun(rerun(notebook, earlier));
            }
            status
        }
        CellVerdict::Skipped { reason } => skipped(reason),
        CellVerdict::NotRun => skipped("an earlier cell failed, or the notebook's time was up"),
        CellVerdict::Failed { .. } => {
            let worst = run.verdict.status();
            let mut status = TestCaseStatus::non_success(kind(worst));
            status.set_type(worst.word()).set_message(headline(run)).set_description(details(notebook, run));
            status
        }
    };
    let mut case = TestCase::new(xml(&format!("cell {} {}", run.cell.number, run.cell.id)), status);
    case.set_classname(xml(&notebook.name)).set_time(run.timing.elapsed);
    case.add_property(Property::new("file", xml(&notebook.path.display().to_string())));
    if let Some(line) = run.cell.line {
        case.add_property(Property::new("line", line.to_string()));
    }
    if let Some(compile) = run.timing.compile {
        case.add_property(Property::new("compile-seconds", format!("{:.3}", compile.as_secs_f64())));
    }
    if let Some(record) = run.record.as_ref().filter(|_| !run.verdict.status().is_good()) {
        for (text, is_stdout) in [(&record.stdout, true), (&record.stderr, false)] {
            match text.as_str() {
                "" => &mut case,
                text if is_stdout => case.set_system_out(xml(text)),
                text => case.set_system_err(xml(text)),
            };
        }
    }
    case
}

fn skipped(reason: &str) -> TestCaseStatus {
    let mut status = TestCaseStatus::skipped();
    status.set_message(xml(reason));
    status
}

/// How the cell failed in the tries before the one that passed.
fn failures_before<'a>(notebook: &'a NotebookRun, run: &'a CellRun) -> impl Iterator<Item = &'a CellRun> {
    let of_cell = |cells: &'a Vec<CellRun>| cells.iter().find(|one| one.cell.id == run.cell.id);
    notebook.tries.iter().filter_map(of_cell).filter(|one| matches!(one.verdict, CellVerdict::Failed { .. }))
}

fn rerun(notebook: &NotebookRun, run: &CellRun) -> TestRerun {
    let worst = run.verdict.status();
    let mut rerun = TestRerun::new(kind(worst));
    rerun.set_time(run.timing.elapsed).set_type(worst.word()).set_message(headline(run)).set_description(details(notebook, run));
    rerun
}

fn kind(status: Status) -> NonSuccessKind {
    match status {
        Status::TimedOut | Status::Died | Status::SetUp | Status::Internal => NonSuccessKind::Error,
        _ => NonSuccessKind::Failure,
    }
}

fn headline(run: &CellRun) -> String {
    xml(&run.verdict.problems().first().map(cell::headline).unwrap_or_default())
}

fn details(notebook: &NotebookRun, run: &CellRun) -> String {
    let CellVerdict::Failed { problems, stderr } = &run.verdict else { return String::new() };
    xml(&cell::plain_details(&notebook.path, &notebook.name, &run.cell, problems, stderr))
}

/// Text that XML can hold.
fn xml(text: &str) -> String {
    printable(text, Style::plain()).into_owned()
}
