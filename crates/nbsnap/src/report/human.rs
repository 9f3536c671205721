//! The report for people: one line per notebook, and for each failing cell what they need to find and mend it.
//!
//! The main type is [`HumanReporter`]. It writes to what it was given and asks nobody anything.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::cell;
use super::progress::{Output, Progress};
use super::style::{INDENT, Style, clock, count, indented};
use crate::event::{CellVerdict, Event, Evidence, NotebookProblem, Summary};
use crate::snapshot::visible;

/// Writes a run for people.
pub struct HumanReporter<W> {
    output: Output<W>,
    style: Style,
    running: BTreeMap<String, Running>,
}

/// A notebook that is being run.
#[derive(Default)]
struct Running {
    cells: usize,
    failed: usize,
    not_run: usize,
    /// The number of the cell that is being run, and how to call it.
    cell: Option<(usize, String)>,
}

impl<W: Write + Send + 'static> HumanReporter<W> {
    /// A reporter that writes to `out`. What is under way is shown there too.
    pub fn new(out: W, style: Style, progress: Progress) -> HumanReporter<W> {
        HumanReporter { output: Output::new(out, style.width, progress), style, running: BTreeMap::new() }
    }

    /// Writes what is to be said about an event.
    ///
    /// # Errors
    /// If it cannot be written.
    pub fn report(&mut self, event: &Event) -> io::Result<()> {
        let style = self.style;
        match event {
            Event::RunStarted { notebooks, cells, engine } => {
                let (notebooks, cells) = (count(*notebooks, "notebook"), count(*cells, "cell"));
                self.line("Running", true, &format!("{notebooks}, {cells} (engine {engine})"))
            }
            Event::Notice { message } => self.line("Note", true, &visible(message)),
            Event::PreparationStarted { crates: 0 } | Event::PreparationFinished { crates: 0, .. } => Ok(()),
            Event::PreparationStarted { crates } => {
                self.line("Preparing", true, &format!("{} for the notebooks", count(*crates, "crate")))
            }
            Event::PreparationProgress { done, crates, name } => self.output.counting("Preparing", *done, *crates, name),
            Event::PreparationFinished { crates, compiled, elapsed } => {
                self.output.clear();
                let how = if *compiled == 0 { "all reused".to_owned() } else { format!("{compiled} compiled") };
                self.line("Prepared", true, &format!("{} in {:.1} s ({how})", count(*crates, "crate"), elapsed.as_secs_f64()))
            }
            Event::NotebookStarted { notebook, cells } => {
                self.running.insert(notebook.clone(), Running { cells: *cells, ..Running::default() });
                self.show_running()
            }
            Event::CellStarted { notebook, cell } => {
                let running = self.running.entry(notebook.clone()).or_default();
                running.cell = Some((cell.number, format!("cell {} of {} `{}`", cell.number, running.cells, cell.id)));
                self.show_running()
            }
            Event::CellFinished { notebook, path, cell, verdict, elapsed } => {
                let running = self.running.entry(notebook.clone()).or_default();
                // The verdict may come only when the next cell is under way already.
                running.cell.take_if(|(number, _)| *number == cell.number);
                match verdict {
                    CellVerdict::Passed | CellVerdict::Cached => Ok(()),
                    CellVerdict::NotRun => {
                        running.not_run += 1;
                        Ok(())
                    }
                    CellVerdict::Failed { problems, stderr } => {
                        running.failed += 1;
                        let title = style.bold(cell::title(notebook, cell, problems));
                        let mut text = format!("{} {} {title}\n", style.label("FAIL", false), clock(*elapsed));
                        cell::details(&mut text, path, notebook, cell, problems, stderr, style);
                        self.output.print(&text)
                    }
                }
            }
            Event::NotebookFinished { notebook, path, problems, passed, evidence, elapsed } => {
                let running = self.running.remove(notebook).unwrap_or_default();
                let clock = clock(*elapsed);
                let mut text = if *passed {
                    let cells = count(running.cells, "cell");
                    let (label, how) = match evidence {
                        Evidence::Run => ("PASS", ""),
                        Evidence::Shortcut => ("PASS", ", fused"),
                        Evidence::Cache => ("CACHED", ", nothing has changed since it passed"),
                    };
                    format!("{} {clock} {} ({cells}{how})\n", style.label(label, true), style.bold(notebook))
                } else {
                    format!("{} {clock} {}{}\n", style.label("FAIL", false), style.bold(notebook), running.counts())
                };
                if !problems.is_empty() {
                    indented(&mut text, &style.dim(path.display()));
                }
                for problem in problems {
                    indented(&mut text, &style.bad(describe(notebook, problem)));
                }
                self.output.print(&text)?;
                if self.running.is_empty() {
                    self.output.clear();
                    return Ok(());
                }
                self.show_running()
            }
            Event::RunFinished { summary, elapsed } => {
                self.output.clear();
                let is_good = summary.failed == 0 && summary.cells_failed == 0 && summary.orphans == 0;
                self.line("Summary", is_good, &format!("{} {}", clock(*elapsed), totals(summary)))?;
                self.output.print(&leftovers(summary))
            }
        }
    }

    fn line(&mut self, label: &str, good: bool, text: &str) -> io::Result<()> {
        let line = format!("{} {text}\n", self.style.label(label, good));
        self.output.print(&line)
    }

    /// Shows which cells are being run, of all notebooks that are.
    fn show_running(&mut self) -> io::Result<()> {
        let with_cell = |(notebook, running): (&String, &Running)| match &running.cell {
            Some((_, cell)) => format!("{notebook}, {cell}"),
            None => notebook.clone(),
        };
        let all: Vec<String> = self.running.iter().map(with_cell).collect();
        self.output.spinning("Running", &all.join("; "))
    }
}

impl Running {
    /// How the cells of a notebook that failed did; nothing if none was run.
    fn counts(&self) -> String {
        let mut parts = Vec::new();
        if self.failed > 0 {
            parts.push(format!("{} of {} failed", self.failed, count(self.cells, "cell")));
        }
        if self.not_run > 0 {
            parts.push(format!("{} not run", self.not_run));
        }
        if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
    }
}

fn describe(notebook: &str, problem: &NotebookProblem) -> String {
    match problem {
        NotebookProblem::RefusedHost { host } => {
            format!("asked for the host `{}`, which its environment does not serve", visible(host))
        }
        NotebookProblem::OrphanSnapshot { snapshot } => {
            format!("{} belongs to no cell; `nbsnap accept {notebook}` removes it", snapshot.display())
        }
        NotebookProblem::Unusable { reason } => visible(reason).into_owned(),
        NotebookProblem::Engine { message } => format!("the engine broke down: {}", visible(message)),
    }
}

fn totals(summary: &Summary) -> String {
    let Summary { passed, cached, failed, cells_passed, cells_cached, cells_failed, cells_not_run, .. } = summary;
    let of_cache = |count: &usize| if *count > 0 { format!(" {count} cached,") } else { String::new() };
    let not_run = if *cells_not_run > 0 { format!(", {cells_not_run} not run") } else { String::new() };
    let notebooks = count(passed + cached + failed, "notebook");
    let cells = count(cells_passed + cells_cached + cells_failed + cells_not_run, "cell");
    let (cached, cells_cached) = (of_cache(cached), of_cache(cells_cached));
    format!(
        "{notebooks}: {passed} passed,{cached} {failed} failed; {cells}: {cells_passed} passed,{cells_cached} {cells_failed} failed{not_run}"
    )
}

/// What waits for somebody to decide.
fn leftovers(summary: &Summary) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    if summary.pending > 0 {
        let verb = if summary.pending == 1 { "waits" } else { "wait" };
        let snapshots = count(summary.pending, "snapshot");
        let _ = writeln!(text, "{INDENT}{snapshots} {verb} for review: `nbsnap accept` or `cargo insta review`");
    }
    if summary.orphans > 0 {
        let (verb, them) = if summary.orphans == 1 { ("belongs", "it") } else { ("belong", "them") };
        let snapshots = count(summary.orphans, "snapshot");
        let _ = writeln!(text, "{INDENT}{snapshots} {verb} to no notebook: `nbsnap accept` removes {them}");
    }
    text
}

#[cfg(test)]
mod tests;
