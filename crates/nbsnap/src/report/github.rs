//! For GitHub: annotations, which it shows at the very line of the notebook's file, and a summary for the
//! page of a workflow's run.
//!
//! Annotations are lines on standard output, `::error file=…,line=…,title=…::message`; see GitHub's "Workflow
//! commands".

use std::fmt::Write as _;
use std::io::{self, Write};

use super::cell;
use super::printable::printable;
use super::reporter::Reporter;
use super::run::{CellRun, NotebookRun, Run};
use super::style::{Style, count};
use crate::event::{CellVerdict, Event, Status};

/// Writes an annotation for everything that is wrong, once a notebook has ended.
pub struct GithubAnnotations<W> {
    run: Run,
    out: W,
}

impl<W: Write> GithubAnnotations<W> {
    /// A reporter that writes to `out`, which GitHub must read.
    pub fn new(out: W) -> GithubAnnotations<W> {
        GithubAnnotations { run: Run::default(), out }
    }
}

impl<W: Write> Reporter for GithubAnnotations<W> {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        let mut text = String::new();
        if let Some(notebook) = self.run.take(event) {
            annotate(&mut text, notebook);
        }
        if let Event::Redacted { unused, .. } = event {
            for rule in unused {
                let message = format!("redaction rule `{rule}` never applied");
                command(&mut text, "warning", "notebooks/nbsnap.toml", None, "nbsnap.toml", &message);
            }
        }
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }
}

fn annotate(out: &mut String, notebook: &NotebookRun) {
    let file = notebook.path.display().to_string();
    for run in &notebook.cells {
        let CellVerdict::Failed { problems, stderr } = &run.verdict else { continue };
        let details = cell::plain_details(&notebook.path, &notebook.name, &run.cell, problems, stderr);
        let title = format!("{} ({})", cell::title(&notebook.name, &run.cell, problems), run.verdict.status().word());
        command(out, "error", &file, line(run), &title, &details);
    }
    for problem in &notebook.problems {
        let title = format!("{} ({})", notebook.name, problem.status().word());
        command(out, "error", &file, None, &title, &cell::notebook_problem(&notebook.name, problem));
    }
    if notebook.status == Some(Status::Flaky) {
        let message = format!("passed only at run {}", notebook.tries.len() + 1);
        command(out, "warning", &file, None, &format!("{} (flaky)", notebook.name), &message);
    }
}

/// The line of the file at which something is wrong: the line at fault in the cell's source, or its first
/// line.
fn line(run: &CellRun) -> Option<usize> {
    let within = cell::line_at_fault(run.verdict.problems()).map_or(0, |line| line.saturating_sub(1) as usize);
    run.cell.line.map(|first| first + within)
}

fn command(out: &mut String, kind: &str, file: &str, line: Option<usize>, title: &str, message: &str) {
    let line = line.map(|line| format!(",line={line}")).unwrap_or_default();
    let shown = |text: &str| printable(text, Style::plain()).into_owned();
    let (file, title, message) = (property(file), property(&shown(title)), data(&shown(message.trim_end())));
    // Writing to a string cannot fail.
    let _ = writeln!(out, "::{kind} file={file}{line},title={title}::{message}");
}

/// The value of a workflow command.
fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

/// The value of a property of a workflow command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

/// The run as Markdown, for the file that `GITHUB_STEP_SUMMARY` names.
///
/// # Errors
/// Never; every report that is written at a run's end has this type.
pub fn github_summary(run: &Run) -> io::Result<String> {
    let mut out = String::from("### Notebooks\n\n| | notebook | cells | time |\n|---|---|---|---|\n");
    for notebook in &run.notebooks {
        let status = notebook.status.unwrap_or(Status::Internal);
        let (sign, word) = (sign(status), status.word());
        let _ = writeln!(
            out,
            "| {sign} {word} | `{}` | {} | {:.1} s |",
            notebook.name,
            notebook.cells.len(),
            notebook.elapsed.as_secs_f64()
        );
    }
    if let Some((summary, elapsed)) = run.end {
        let notebooks = count(summary.passed + summary.cached + summary.skipped + summary.failed + summary.not_run, "notebook");
        let by = if run.engine.is_empty() { String::new() } else { format!(" (engine {})", run.engine) };
        let _ = writeln!(out, "\n{notebooks} in {:.1} s{by}", elapsed.as_secs_f64());
    }
    for notebook in run.notebooks.iter().filter(|notebook| !notebook.is_good()) {
        let _ = writeln!(out, "\n<details open><summary><b>{}</b> ({})</summary>\n", notebook.name, notebook.path.display());
        for problem in &notebook.problems {
            let _ = writeln!(out, "- {}", cell::notebook_problem(&notebook.name, problem));
        }
        for run in &notebook.cells {
            let CellVerdict::Failed { problems, stderr } = &run.verdict else { continue };
            let details = cell::plain_details(&notebook.path, &notebook.name, &run.cell, problems, stderr);
            // A fence must be longer than any in the text.
            let fence = "`".repeat(longest_fence(&details).max(2) + 1);
            let _ =
                writeln!(out, "\n**{}**\n\n{fence}diff\n{}{fence}", cell::title(&notebook.name, &run.cell, problems), details);
        }
        out.push_str("\n</details>\n");
    }
    Ok(printable(&out, Style::plain()).into_owned())
}

fn sign(status: Status) -> &'static str {
    match status {
        Status::Passed => "✅",
        Status::Cached => "☑️",
        Status::Skipped | Status::NotRun => "⏭️",
        Status::Flaky => "⚠️",
        Status::New => "🆕",
        _ => "❌",
    }
}

fn longest_fence(text: &str) -> usize {
    let mut longest = 0;
    let mut here = 0;
    for c in text.chars() {
        here = if c == '`' { here + 1 } else { 0 };
        longest = longest.max(here);
    }
    longest
}
