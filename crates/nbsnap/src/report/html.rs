//! One HTML page of a run: every notebook with its cells, what they are, what they produced, and what is
//! wrong with them.
//!
//! The page is one file: styles and pictures are in it, and it loads nothing. What a notebook produced as
//! HTML is shown in a frame that may run no script. The page itself is `templates/report.html`; this module
//! gathers its content. `summary` is what comes first, `sides` shows outputs beside what was recorded.

mod sides;
mod summary;

use std::io;
use std::time::Duration;

use askama::Template;

use self::sides::{Shown, SidesView};
use self::summary::{Finding, Prose, prose};
use super::cell;
use super::diff::{Line, Part, parts};
use super::run::{CellRun, NotebookRun, Run};
use super::style::count;
use crate::event::{CellProblem, CellVerdict, Evidence, Status};
use crate::record::CellRecord;
use crate::snapshot::{is_binary, visible};

/// The run as an HTML page.
///
/// # Errors
/// Never for what a run can hold; the template's type says that it might.
pub fn html(run: &Run) -> io::Result<String> {
    page(run).render().map_err(io::Error::other)
}

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    tone: &'static str,
    headline: String,
    facts: Vec<String>,
    /// What is said of the notebooks that are as they should be.
    good: Option<String>,
    findings: Vec<Finding>,
    notebooks: Vec<NotebookView>,
    rules: Vec<(String, usize)>,
}

struct NotebookView {
    name: String,
    path: String,
    status: &'static str,
    tone: &'static str,
    is_open: bool,
    facts: String,
    problems: Vec<Prose>,
    cells: Vec<CellView>,
}

struct CellView {
    number: usize,
    id: String,
    status: &'static str,
    tone: &'static str,
    facts: String,
    lines: Vec<SourceLine>,
    problems: Vec<ProblemView>,
    /// The title above what it produced.
    output_title: &'static str,
    outputs: Vec<OutputView>,
}

struct SourceLine {
    number: usize,
    text: String,
    is_at_fault: bool,
}

struct ProblemView {
    headline: Prose,
    text: String,
    /// The titles above the rows: both sides, or the one that there is.
    columns: Vec<&'static str>,
    rows: Vec<RowView>,
    sides: Vec<SidesView>,
}

/// A row of a difference: a whole line, or two sides.
enum RowView {
    Section(String),
    Gap,
    Same(String),
    Changed(Option<Line>, Option<Line>),
}

enum OutputView {
    Text(String, String),
    Seen(String, Shown),
}

fn page(run: &Run) -> Page {
    let bad = run.notebooks.iter().filter(|notebook| !notebook.is_good()).count();
    let new = run.notebooks.iter().filter(|notebook| notebook.status == Some(Status::New)).count();
    let all = count(run.notebooks.len(), "notebook");
    let headline = match (bad - new, new) {
        (0, 0) => format!("{all} as recorded"),
        (0, new) => format!("{new} of {all} new"),
        (failed, 0) => format!("{failed} of {all} failed"),
        (failed, new) => format!("{failed} of {all} failed, {new} new"),
    };
    let mut facts = Vec::new();
    if !run.engine.is_empty() {
        facts.push(format!("engine {}", run.engine));
    }
    if let Some((elapsed, compiled)) = run.preparation {
        facts.push(format!("dependencies {:.1} s ({} compiled)", elapsed.as_secs_f64(), count(compiled, "crate")));
    }
    if let Some((summary, elapsed)) = run.end {
        facts.push(format!("{:.1} s in all", elapsed.as_secs_f64()));
        if summary.pending > 0 {
            facts.push(format!("{} for review", count(summary.pending, "snapshot")));
        }
    }
    Page {
        tone: match (bad - new, new) {
            (0, 0) => "good",
            (0, _) => "new",
            _ => "bad",
        },
        headline,
        facts,
        good: summary::of_good(run),
        findings: summary::findings(run),
        notebooks: run.notebooks.iter().map(notebook).collect(),
        rules: run.hits.iter().filter(|rule| rule.hits > 0 || rule.is_own).map(|rule| (rule.rule.clone(), rule.hits)).collect(),
    }
}

fn notebook(notebook: &NotebookRun) -> NotebookView {
    let status = notebook.status.unwrap_or(Status::Internal);
    let mut facts = Vec::new();
    if notebook.skipped.is_none() {
        facts.extend([count(notebook.cells.len(), "cell"), format!("{:.1} s", notebook.elapsed.as_secs_f64())]);
    }
    if notebook.evidence == Some(Evidence::Cache) {
        facts.push("nothing has changed since it passed".into());
    }
    if !notebook.tries.is_empty() {
        facts.push(format!("{} before this one", count(notebook.tries.len(), "try")));
    }
    facts.extend(notebook.skipped.clone());
    NotebookView {
        name: notebook.name.clone(),
        path: notebook.path.display().to_string(),
        status: status.word(),
        tone: tone(status),
        is_open: !status.is_good(),
        facts: facts.join(" · "),
        problems: notebook.problems.iter().map(|problem| prose(&cell::notebook_problem(&notebook.name, problem))).collect(),
        cells: notebook.cells.iter().map(|run| cell_view(notebook, run)).collect(),
    }
}

/// How something with this verdict looks.
fn tone(status: Status) -> &'static str {
    match status {
        Status::NotRun | Status::Skipped | Status::Cached => "idle",
        Status::New => "new",
        status if status.is_good() => "good",
        _ => "bad",
    }
}

fn cell_view(notebook: &NotebookRun, run: &CellRun) -> CellView {
    let status = run.verdict.status();
    let at_fault = cell::line_at_fault(run.verdict.problems());
    let lines = run.cell.source.lines().enumerate().map(|(index, text)| SourceLine {
        number: index + 1,
        text: visible(text).into_owned(),
        is_at_fault: at_fault == u32::try_from(index + 1).ok(),
    });
    let mut facts = Vec::new();
    // One program for a whole notebook has one time for all cells.
    if run.timing.elapsed > Duration::ZERO {
        facts.push(format!("{:.2} s", run.timing.elapsed.as_secs_f64()));
    }
    if let Some(compile) = run.timing.compile {
        facts.push(format!("{:.2} s of it compiling", compile.as_secs_f64()));
    }
    if let CellVerdict::Skipped { reason } = &run.verdict {
        facts.push(reason.clone());
    }
    CellView {
        number: run.cell.number,
        id: run.cell.id.clone(),
        status: status.word(),
        tone: tone(status),
        facts: facts.join(" · "),
        lines: lines.collect(),
        problems: run.verdict.problems().iter().map(|problem| problem_view(notebook, run, problem)).collect(),
        output_title: if status == Status::New { "Output, which nobody has looked at yet" } else { "Output" },
        outputs: run.record.as_deref().map(outputs).unwrap_or_default(),
    }
}

fn problem_view(notebook: &NotebookRun, run: &CellRun, problem: &CellProblem) -> ProblemView {
    let text = |side: &str| side.to_owned();
    let (columns, expected, actual) = match problem {
        CellProblem::OutputChanged { expected, actual, .. } => (vec!["recorded", "now"], text(expected), text(actual)),
        CellProblem::OutputMissing { expected, .. } => (vec!["recorded"], text(expected), String::new()),
        // The output itself is shown below.
        CellProblem::SnapshotMissing { actual, .. } if run.record.is_none() => (vec!["now"], String::new(), text(actual)),
        _ => (Vec::new(), String::new(), String::new()),
    };
    let is_about_output = problem.proposal().is_some();
    let text = match &run.verdict {
        CellVerdict::Failed { stderr, .. } if !is_about_output => {
            cell::plain_details(&notebook.path, &notebook.name, &run.cell, std::slice::from_ref(problem), stderr)
        }
        _ => String::new(),
    };
    ProblemView {
        headline: prose(&cell::headline(problem)),
        text,
        rows: if columns.is_empty() { Vec::new() } else { rows(parts(&expected, &actual)) },
        columns,
        sides: sides::sides(problem),
    }
}

fn rows(parts: Vec<Part>) -> Vec<RowView> {
    let mut rows = Vec::new();
    for part in parts {
        match part {
            Part::Section(header) => rows.push(RowView::Section(header)),
            Part::Gap => rows.push(RowView::Gap),
            Part::Same(text) => rows.push(RowView::Same(text)),
            Part::Changed(old, new) => {
                let (mut old, mut new) = (old.into_iter(), new.into_iter());
                loop {
                    match (old.next(), new.next()) {
                        (None, None) => break,
                        (left, right) => rows.push(RowView::Changed(left, right)),
                    }
                }
            }
        }
    }
    rows
}

fn outputs(record: &CellRecord) -> Vec<OutputView> {
    let mut outputs = Vec::new();
    for (name, text) in [("stdout", &record.stdout), ("stderr", &record.stderr)] {
        if !text.is_empty() {
            outputs.push(OutputView::Text(name.to_owned(), visible(text).into_owned()));
        }
    }
    for (mime, content) in record.displays().flatten() {
        outputs.push(if let Some(shown) = Shown::markup(mime, content) {
            OutputView::Seen(mime.clone(), shown)
        } else if mime.starts_with("image/") && is_binary(mime, content) {
            let base64: String = content.split_whitespace().collect();
            OutputView::Seen(mime.clone(), Shown::Picture(format!("data:{mime};base64,{base64}")))
        } else if is_binary(mime, content) {
            OutputView::Text(mime.clone(), format!("{} bytes of base64", content.len()))
        } else {
            OutputView::Text(mime.clone(), visible(content).into_owned())
        });
    }
    outputs
}
