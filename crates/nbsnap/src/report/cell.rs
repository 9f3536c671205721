//! Describes what is wrong with a cell: which cell, what happened, where in its source, and what to do next.
//!
//! This module writes text into a string. It knows no run and counts nothing.

use std::collections::BTreeSet;
use std::path::Path;

use super::diff::difference;
use super::excerpt::{Mark, excerpt};
use super::style::{INDENT, Style, count, indented};
use crate::event::{CellProblem, NotebookProblem, Proposal};
use crate::notebook::CodeCell;
use crate::record::{Diagnostic, Failure};
use crate::snapshot::visible;

/// How many of a cell's compile errors are shown; the first is mostly the cause of the others.
const DIAGNOSTICS: usize = 5;
/// How many characters of a cell's first line are shown.
const BEGINNING: usize = 160;
/// How many lines of a traceback are shown, the last ones.
const TRACEBACK_LINES: usize = 16;
/// How many lines of an output that is new are shown.
const NEW_LINES: usize = 12;
/// How many lines of standard error are shown.
const STDERR_LINES: usize = 10;

/// Which cell, in words: its notebook, number and id, and the line at fault if there is one.
pub(super) fn title(notebook: &str, cell: &CodeCell, problems: &[CellProblem]) -> String {
    let line = line_at_fault(problems).map(|line| format!(", line {line}")).unwrap_or_default();
    format!("{}, cell {} `{}`{line}", visible(notebook), cell.number, visible(&cell.id))
}

/// The line of the cell, from 1, that is at fault, if one is.
pub(super) fn line_at_fault(problems: &[CellProblem]) -> Option<u32> {
    problems.iter().find_map(|problem| match problem {
        CellProblem::Failed(Failure::Panic { line, .. } | Failure::Exception { line, .. }) => *line,
        CellProblem::Failed(Failure::Compile { diagnostics }) => {
            diagnostics.iter().flat_map(|one| &one.spans).map(|span| span.line).next()
        }
        CellProblem::Failed(Failure::Error { lines, .. }) if lines.len() == 1 => lines.first().copied(),
        _ => None,
    })
}

/// What is wrong, in a line.
pub(super) fn headline(problem: &CellProblem) -> String {
    let text = match problem {
        CellProblem::Failed(failure) => failure.to_string(),
        CellProblem::DidNotRaise => "the cell is tagged `raises-exception` and did not fail".to_owned(),
        CellProblem::OutputChanged { .. } => "the output is not as recorded".to_owned(),
        CellProblem::OutputMissing { .. } => "there is no output any more, and some is recorded".to_owned(),
        CellProblem::SnapshotMissing { .. } => "there is output, and none is recorded yet".to_owned(),
    };
    visible(text.lines().next().unwrap_or_default()).into_owned()
}

/// What is wrong with a notebook as a whole.
pub(super) fn notebook_problem(notebook: &str, problem: &NotebookProblem) -> String {
    match problem {
        NotebookProblem::RefusedHost { host } => {
            format!("asked for `{}`, which its environment does not serve", visible(host))
        }
        NotebookProblem::OrphanSnapshot { snapshot } => {
            let snapshot = snapshot.display().to_string();
            format!(
                "{} belongs to no cell that is compared; `nbsnap accept {}` removes it",
                visible(&snapshot),
                visible(&quoted(notebook))
            )
        }
        NotebookProblem::TimedOut { limit } => {
            format!("not done after {}, which is all a notebook may take (notebook-timeout)", humantime::format_duration(*limit))
        }
        NotebookProblem::Nondeterministic { number, cell, sections } => {
            let (cell, sections) = (visible(cell), visible(&sections.join(", ")).into_owned());
            format!(
                "cell {number} `{cell}` is nondeterministic: two runs of the same source gave another {sections}. Hide what changes with a \
                 redaction in nbsnap.toml (`[redactions]`, `[[redact]]`), or tag the cell `nbsnap-ignore-output`"
            )
        }
        NotebookProblem::Interrupted => "stopped by the user before it was done".into(),
        NotebookProblem::Unusable { reason } => visible(reason).into_owned(),
        NotebookProblem::SetUp { message } => visible(message).into_owned(),
        NotebookProblem::Engine { message } => format!("the engine broke down: {}", visible(message)),
    }
}

/// All about a cell that failed, below its title.
pub(super) fn details(
    out: &mut String,
    path: &Path,
    notebook: &str,
    cell: &CodeCell,
    problems: &[CellProblem],
    stderr: &str,
    style: Style,
) {
    indented(out, &style.dim(visible(&path.display().to_string())));
    body(out, path, notebook, cell, problems, stderr, style);
}

/// [`details`] without the file's name.
fn body(out: &mut String, path: &Path, notebook: &str, cell: &CodeCell, problems: &[CellProblem], stderr: &str, style: Style) {
    for problem in problems {
        describe(out, cell, problem, style);
    }
    if let Some(stderr) = telling_stderr(problems, stderr) {
        indented(out, "on standard error, at last:");
        indented(out, &stderr.lines().map(|line| format!("  {line}\n")).collect::<String>());
    }
    if let Some(hint) = hint(&as_argument(path, notebook), problems) {
        indented(out, &hint);
    }
}

/// The output of a cell that is not recorded yet, its first lines, below its title. What to do about it is
/// printed once for the notebook.
pub(super) fn new_output(out: &mut String, path: &Path, cell: &CodeCell, problems: &[CellProblem], style: Style) {
    indented(out, &style.dim(visible(&path.display().to_string())));
    for problem in problems {
        let CellProblem::SnapshotMissing { snapshot, actual, .. } = problem else { continue };
        indented(
            out,
            &format!("there is output, and none is recorded yet: {}", style.dim(visible(&snapshot.display().to_string()))),
        );
        indented(out, &beginning(cell, style));
        let shown: String = actual.split_inclusive('\n').take(NEW_LINES).collect();
        indented(out, &difference("", &shown, style));
        if let Some(more) = actual.lines().count().checked_sub(NEW_LINES).filter(|more| *more > 0) {
            indented(out, &style.dim(format!("... and {}", count(more, "more line"))));
        }
    }
}

/// What to do about a notebook whose output is not recorded yet.
pub(super) fn advice_on_new(path: &Path, notebook: &str, proposal: Proposal) -> String {
    let name = as_argument(path, notebook);
    match proposal {
        Proposal::Pending => format!("recorded as new: look at it with `nbsnap review {name}`, then `nbsnap accept {name}`"),
        Proposal::UpdatesAreOff => format!(
            "nothing is written where updates are off, as on CI and in hooks: `nbsnap test {name}` on your machine, look, \
             `nbsnap accept {name}`, and `git add` the snapshots"
        ),
        Proposal::OfFurtherEngine => OF_FURTHER_ENGINE.to_owned(),
    }
}

/// What to do about output of a further engine that differs.
const OF_FURTHER_ENGINE: &str = "the output of the first engine is what is recorded: if that is right, the engines differ here, and no snapshot is \
                                 green on both; have the cell say the same on both, hide what differs with a redaction, or tag it `nbsnap-ignore-output`";

/// [`details`] of one problem or several, without indentation and without the file's name. It is for reports
/// that show the file in a place of its own.
pub(super) fn plain_details(path: &Path, notebook: &str, cell: &CodeCell, problems: &[CellProblem], stderr: &str) -> String {
    let mut text = String::new();
    body(&mut text, path, notebook, cell, problems, stderr, Style::plain());
    text.lines().map(|line| format!("{}\n", line.strip_prefix(INDENT).unwrap_or(line))).collect()
}

fn describe(out: &mut String, cell: &CodeCell, problem: &CellProblem, style: Style) {
    let mut show_difference = |what: &str, snapshot: &Path, expected: &str, actual: &str| {
        indented(out, &format!("{} {}", style.bad(what), style.dim(snapshot.display())));
        indented(out, &beginning(cell, style));
        indented(out, &difference(expected, actual, style));
    };
    match problem {
        CellProblem::OutputChanged { snapshot, expected, actual, differences, .. } => {
            show_difference("the output is not as recorded (- recorded, + now):", snapshot, expected, actual);
            for (difference, picture) in differences.iter().filter_map(|one| Some((one, one.picture.as_ref()?))) {
                indented(out, &format!("{}: {}", difference.section, picture.summary));
            }
            for (difference, why) in differences.iter().filter_map(|one| Some((one, one.file.as_ref()?))) {
                let section = &difference.section;
                indented(out, &format!("{section}: {why}: restore it with git, or accept the picture as it is now"));
            }
        }
        CellProblem::OutputMissing { snapshot, expected, .. } => {
            show_difference("there is no output any more, and some is recorded:", snapshot, expected, "");
        }
        CellProblem::SnapshotMissing { snapshot, actual, .. } => {
            show_difference("there is output, and none is recorded yet:", snapshot, "", actual);
        }
        CellProblem::DidNotRaise => {
            indented(out, &style.bad("the cell is tagged `raises-exception` and did not fail"));
            indented(out, &beginning(cell, style));
        }
        CellProblem::Failed(Failure::Compile { diagnostics }) => compile_errors(out, cell, diagnostics, style),
        CellProblem::Failed(failure) => {
            indented(out, &style.bad(visible(&failure.to_string())));
            let places = match failure {
                Failure::Panic { line: Some(line), .. } | Failure::Exception { line: Some(line), .. } => {
                    excerpt(&cell.source, &[Mark::line(*line)], style)
                }
                Failure::Error { lines, .. } if !lines.is_empty() => {
                    if lines.len() > 1 {
                        let lines: Vec<String> = lines.iter().map(u32::to_string).collect();
                        indented(out, &format!("at one of the `?` on lines {}", lines.join(", ")));
                    }
                    excerpt(&cell.source, &lines.iter().copied().map(Mark::line).collect::<Vec<_>>(), style)
                }
                _ => beginning(cell, style),
            };
            indented(out, &places);
            if let Failure::Exception { traceback, .. } = failure {
                let lines: Vec<&str> = traceback.iter().flat_map(|entry| entry.lines()).collect();
                let last = &lines[lines.len().saturating_sub(TRACEBACK_LINES)..];
                indented(out, &style.dim(last.iter().map(|line| format!("  {}\n", visible(line))).collect::<String>()));
            }
        }
    }
}

fn compile_errors(out: &mut String, cell: &CodeCell, diagnostics: &[Diagnostic], style: Style) {
    for diagnostic in diagnostics.iter().take(DIAGNOSTICS) {
        let code = diagnostic.code.as_ref().map(|code| format!("[{code}]")).unwrap_or_default();
        indented(out, &style.bad(visible(&format!("error{code}: {}", diagnostic.message))));
        let marks = diagnostic.spans.iter().map(|span| {
            let to = if span.end_line == span.line { span.end_column as usize } else { usize::MAX };
            let label = visible(&span.label).into_owned();
            Mark { line: span.line as usize, columns: Some((span.column as usize, to, label)) }
        });
        indented(out, &excerpt(&cell.source, &marks.collect::<Vec<_>>(), style));
        for help in &diagnostic.help {
            indented(out, &format!("help: {}", visible(help).replace('\n', "\n      ")));
        }
    }
    if let Some(more) = diagnostics.len().checked_sub(DIAGNOSTICS).filter(|more| *more > 0) {
        indented(out, &style.dim(format!("... and {}", count(more, "more error"))));
    }
}

/// The first line of the cell, by which a reader knows it; cut where it gets too long.
fn beginning(cell: &CodeCell, style: Style) -> String {
    let Some((index, line)) = cell.source.lines().enumerate().find(|(_, line)| !line.trim().is_empty()) else {
        return String::new();
    };
    let mut line = visible(line).into_owned();
    if let Some((end, _)) = line.char_indices().nth(BEGINNING) {
        line.truncate(end);
        line.push('…');
    }
    style.dim(format!("  {} | {line}", index + 1))
}

/// The end of what came on standard error, unless it only repeats what is shown anyway.
fn telling_stderr(problems: &[CellProblem], stderr: &str) -> Option<String> {
    let mut told = String::new();
    for problem in problems {
        match problem {
            CellProblem::Failed(failure) => told.push_str(&failure.to_string()),
            CellProblem::OutputChanged { actual, .. } | CellProblem::SnapshotMissing { actual, .. } => told.push_str(actual),
            _ => {}
        }
        told.push('\n');
    }
    let told: BTreeSet<&str> = told.lines().map(str::trim).collect();
    // A panic's own message and backtrace are printed above, and better.
    let is_panic = |line: &&str| line.starts_with("thread '") && line.contains(" panicked at ");
    let lines: Vec<&str> = stderr.lines().take_while(|line| !is_panic(line)).collect();
    let repeats =
        |line: &str| told.contains(line.trim()) || told.iter().any(|told| !line.trim().is_empty() && told.ends_with(line.trim()));
    if lines.iter().all(|line| line.trim().is_empty() || repeats(line)) {
        return None;
    }
    Some(visible(&lines[lines.len().saturating_sub(STDERR_LINES)..].join("\n")).into_owned())
}

/// The arguments that select the notebook which events call `label`: its name, and its project where that is
/// one inside another.
fn as_argument(path: &Path, label: &str) -> String {
    let file = path.with_extension("").display().to_string();
    let ends_with = |name: &str| file.strip_suffix(name).filter(|before| before.is_empty() || before.ends_with('/'));
    // Where several engines run it, its engine is after its name.
    let name =
        [Some(label), label.rsplit_once(" (").map(|(name, _)| name)].into_iter().flatten().find(|name| ends_with(name).is_some());
    let (name, folder) = name.map_or((label, ""), |name| (name, ends_with(name).unwrap_or_default()));
    let folder = Path::new(folder.trim_end_matches('/'));
    let name = quoted(name);
    let argument = match folder.file_name() {
        Some(last) if last != "notebooks" => format!("--project {} {name}", quoted(&folder.display().to_string())),
        _ => name,
    };
    visible(&argument).into_owned()
}

/// A word as one types it in a shell.
fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "-_./:@%+=,".contains(c);
    if word.chars().all(is_plain) && !word.is_empty() { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// What to do about a cell's problems, where that is not obvious.
pub(super) fn advice(path: &Path, notebook: &str, problems: &[CellProblem]) -> Option<String> {
    hint(&as_argument(path, notebook), problems)
}

/// What to do about it, where that is not obvious.
fn hint(notebook: &str, problems: &[CellProblem]) -> Option<String> {
    problems.iter().find_map(|problem| match problem {
        CellProblem::OutputChanged { pending, .. }
        | CellProblem::OutputMissing { pending, .. }
        | CellProblem::SnapshotMissing { pending, .. } => Some(match pending {
            Proposal::Pending => {
                format!("if this is right: `nbsnap accept {notebook}`, or `nbsnap review {notebook}` to look first")
            }
            Proposal::UpdatesAreOff => format!(
                "nothing is written where updates are off, as on CI and in hooks; if this is right: `nbsnap test {notebook}` on your machine, \
                 `nbsnap accept {notebook}`, and `git add` the snapshots"
            ),
            Proposal::OfFurtherEngine => OF_FURTHER_ENGINE.to_owned(),
        }),
        CellProblem::Failed(Failure::Timeout { .. }) => Some(
            "more time: `cell-timeout` and `compile-timeout` in nbsnap.toml; for this cell a tag, `nbsnap-timeout=DURATION` or \
             `nbsnap-compile-timeout=DURATION`"
                .to_owned(),
        ),
        CellProblem::Failed(Failure::NotebookTimeout { .. }) => {
            Some("more time: `notebook-timeout` in nbsnap.toml, or in the notebook's metadata".to_owned())
        }
        CellProblem::DidNotRaise => Some("remove the tag if the cell may succeed".to_owned()),
        CellProblem::Failed(_) => None,
    })
}
