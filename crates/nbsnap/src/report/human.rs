//! The report for people: one line per notebook, and for each failing cell what they need to find and mend
//! it.
//!
//! The main type is [`HumanReporter`]. It writes to what it was given and asks nobody anything.

mod running;
mod totals;

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use running::Running;
use totals::{leftovers, totals};

use super::cell;
use super::failed_files::pictures;
use super::left_files::LeftFiles;
use super::progress::{Output, Progress};
use super::reporter::Reporter;
use super::style::{Style, clock, count, indented};
use crate::event::{CellFinished, CellProblem, CellVerdict, Event, NotebookFinished, Status, Summary};
use crate::redact::RuleHits;
use crate::snapshot::visible;

/// Writes a run for people.
pub struct HumanReporter<W> {
    output: Output<W>,
    style: Style,
    verbose: bool,
    left: LeftFiles,
    running: BTreeMap<String, Running>,
    /// How many code cells there are, and how many of them are done.
    cells: usize,
    done: usize,
    is_good: bool,
    /// Whether a picture differs from the one that is recorded.
    has_pictures: bool,
    /// How many cells were shown whose output is new.
    new_shown: usize,
}

/// How many cells with new output a run shows; it only counts further ones.
const NEW_CELLS: usize = 10;

impl<W: Write + Send + 'static> HumanReporter<W> {
    /// A reporter that writes to `out`. It shows progress there, too.
    pub fn new(out: W, style: Style, progress: Progress) -> HumanReporter<W> {
        HumanReporter {
            output: Output::new(out, style, progress),
            style,
            verbose: false,
            left: LeftFiles::default(),
            running: BTreeMap::new(),
            cells: 0,
            done: 0,
            is_good: true,
            has_pictures: false,
            new_shown: 0,
        }
    }

    /// Whether every cell is printed, with its times, and how often each redaction rule applied.
    #[must_use]
    pub fn verbose(self, verbose: bool) -> HumanReporter<W> {
        HumanReporter { verbose, ..self }
    }

    /// Prints which files a failed run leaves.
    #[must_use]
    pub fn leaving(self, left: LeftFiles) -> HumanReporter<W> {
        HumanReporter { left, ..self }
    }

    fn line(&mut self, label: &str, good: bool, text: &str) -> io::Result<()> {
        let line = format!("{} {text}\n", self.style.label(label, good));
        self.output.print(&line)
    }

    /// Shows which cells are being run, of all notebooks that run now.
    fn show_running(&mut self) -> io::Result<()> {
        let with_cell = |(notebook, running): (&String, &Running)| match &running.cell {
            Some((_, cell)) => format!("{}, {cell}", visible(notebook)),
            None => visible(notebook).into_owned(),
        };
        let all: Vec<String> = self.running.iter().map(with_cell).collect();
        self.output.running("Running", self.done.min(self.cells), self.cells, &all.join("; "))
    }

    fn prepared(&mut self, crates: usize, compiled: usize, elapsed: Duration) -> io::Result<()> {
        self.output.clear();
        let how = if compiled == 0 { "all reused".to_owned() } else { format!("{compiled} compiled") };
        self.line("Prepared", true, &format!("{} in {:.1} s ({how})", count(crates, "crate"), elapsed.as_secs_f64()))
    }

    /// Prints a cell that failed; in a verbose run, any other one too.
    fn cell_finished(&mut self, finished: &CellFinished) -> io::Result<()> {
        let CellFinished { notebook, cell, verdict, timing, .. } = finished;
        let running = self.running.entry(notebook.clone()).or_default();
        // The verdict may come only when the next cell is under way already.
        running.cell.take_if(|(number, _)| *number == cell.number);
        running.take(verdict, *timing);
        self.done += 1;
        match verdict {
            CellVerdict::Failed { problems, stderr } => self.cell_failed(finished, problems, stderr),
            _ if self.verbose => self.cell_ended_well(finished),
            _ => self.show_running(),
        }
    }

    fn cell_failed(&mut self, finished: &CellFinished, problems: &[CellProblem], stderr: &str) -> io::Result<()> {
        let CellFinished { notebook, path, cell, verdict, timing, .. } = finished;
        self.has_pictures |= pictures(problems).next().is_some();
        let (status, style) = (verdict.status(), self.style);
        let title = style.bold(cell::title(notebook, cell, problems));
        let mut text = format!("{} {} {title}\n", style.label(label(status), false), clock(timing.elapsed));
        if status == Status::New {
            self.new_shown += 1;
            if self.new_shown > NEW_CELLS && !self.verbose {
                return self.show_running();
            }
            cell::new_output(&mut text, path, cell, problems, style);
        } else {
            cell::details(&mut text, path, notebook, cell, problems, stderr, style);
        }
        self.output.print(&text)
    }

    fn cell_ended_well(&mut self, finished: &CellFinished) -> io::Result<()> {
        let CellFinished { notebook, cell, verdict, timing, .. } = finished;
        let title = cell::title(notebook, cell, &[]);
        let mut line = format!("{} {} {title}", self.style.label(label(verdict.status()), true), clock(timing.elapsed));
        // Writing to a string cannot fail.
        if let Some(compile) = timing.compile {
            let _ = write!(line, " ({:.1} s compiling)", compile.as_secs_f64());
        }
        if let CellVerdict::Skipped { reason } = verdict {
            let _ = write!(line, ": {}", visible(reason));
        }
        self.output.print(&(line + "\n"))
    }

    fn retried(&mut self, notebook: &str, attempt: u32, of: u32, status: Status) -> io::Result<()> {
        let running = self.running.remove(notebook).unwrap_or_default();
        self.done -= running.cells.min(self.done);
        let label = if status.is_good() { "AGAIN" } else { "RETRY" };
        let line = format!("{}: {}, now run {} of {of}", visible(notebook), status.word(), attempt + 1);
        self.line(label, status.is_good(), &line)
    }

    fn notebook_finished(&mut self, finished: &NotebookFinished) -> io::Result<()> {
        let NotebookFinished { notebook, path, problems, status, attempts, evidence, elapsed } = finished;
        let (style, running) = (self.style, self.running.remove(notebook).unwrap_or_default());
        self.is_good &= status.is_good();
        let (label, name) = (style.label(label(*status), status.is_good()), style.bold(visible(notebook)));
        let outcome = running.outcome(*status, *attempts, *evidence, self.verbose);
        let mut text = format!("{label} {} {name}{outcome}\n", clock(*elapsed));
        if !problems.is_empty() {
            indented(&mut text, &style.dim(visible(&path.display().to_string())));
        }
        for problem in problems {
            indented(&mut text, &style.bad(cell::notebook_problem(notebook, problem)));
        }
        if let Some(proposal) = running.proposal {
            indented(&mut text, &cell::advice_on_new(path, notebook, proposal));
        }
        self.output.print(&text)?;
        if self.running.is_empty() {
            self.output.clear();
            return Ok(());
        }
        self.show_running()
    }

    fn run_finished(&mut self, summary: &Summary, elapsed: Duration) -> io::Result<()> {
        self.output.clear();
        let is_good = summary.failed == 0 && summary.cells_failed == 0 && summary.orphans == 0;
        self.line("Summary", is_good, &format!("{} {}", clock(elapsed), totals(summary)))?;
        self.output.print(&leftovers(summary))?;
        if self.is_good { Ok(()) } else { self.output.print(&self.left.describe(self.has_pictures)) }
    }

    /// Prints which redaction rules applied, and which should have and did not.
    fn redacted(&mut self, hits: &[RuleHits], unused: &[String]) -> io::Result<()> {
        if self.verbose {
            let applied: Vec<String> =
                hits.iter().filter(|rule| rule.hits > 0).map(|rule| format!("{} {}×", rule.rule, rule.hits)).collect();
            let applied = if applied.is_empty() { "nothing".to_owned() } else { applied.join(", ") };
            self.line("Redacted", true, &applied)?;
        }
        for rule in unused {
            let line = format!("redaction rule `{}` never applied: mend its pattern or its place, or remove it", visible(rule));
            self.line("Note", true, &line)?;
        }
        Ok(())
    }
}

impl<W: Write + Send + 'static> Reporter for HumanReporter<W> {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        let style = self.style;
        match event {
            Event::RunStarted { notebooks, cells, engine } => {
                self.cells = *cells;
                let (notebooks, cells) = (count(*notebooks, "notebook"), count(*cells, "cell"));
                let by = if engine.is_empty() { String::new() } else { format!(" (engine {engine})") };
                self.line("Running", true, &format!("{notebooks}, {cells}{by}"))
            }
            Event::Notice { message } => self.line("Note", true, &visible(message)),
            Event::EngineBuild { done, crates, .. } if done == crates => {
                self.output.clear();
                Ok(())
            }
            Event::EngineBuild { done, crates, name, .. } => self.output.counting("Building", *done, *crates, name),
            Event::PreparationStarted { crates: 0 } | Event::PreparationFinished { crates: 0, .. } => Ok(()),
            Event::PreparationStarted { crates } => {
                self.line("Preparing", true, &format!("{} for the notebooks", count(*crates, "crate")))
            }
            Event::PreparationProgress { done, crates, name } => self.output.counting("Preparing", *done, *crates, name),
            Event::PreparationFinished { crates, compiled, elapsed } => self.prepared(*crates, *compiled, *elapsed),
            Event::NotebookStarted { notebook, cells } => {
                self.running.insert(notebook.clone(), Running { cells: *cells, ..Running::default() });
                self.show_running()
            }
            Event::CellStarted { notebook, cell } => {
                let running = self.running.entry(notebook.clone()).or_default();
                running.cell = Some((cell.number, format!("cell {} of {} `{}`", cell.number, running.cells, visible(&cell.id))));
                self.show_running()
            }
            Event::CellSlow { notebook, cell, elapsed } => {
                let title = cell::title(notebook, cell, &[]);
                let line = format!("{} {} {title} is still at work\n", style.label("SLOW", false), clock(*elapsed));
                self.output.print(&line)
            }
            Event::CellFinished(finished) => self.cell_finished(finished),
            Event::NotebookRetried { notebook, attempt, of, status } => self.retried(notebook, *attempt, *of, *status),
            Event::NotebookSkipped { notebook, cells, reason, .. } => {
                self.done += cells;
                let line = format!("{} {} ({})\n", style.label("SKIP", true), style.bold(visible(notebook)), visible(reason));
                self.output.print(&line)
            }
            Event::NotebookFinished(finished) => self.notebook_finished(finished),
            Event::Redacted { hits, unused } => self.redacted(hits, unused),
            Event::RunFinished { summary, elapsed } => self.run_finished(summary, *elapsed),
        }
    }
}

/// The word that a line about a notebook or a cell begins with.
fn label(status: Status) -> &'static str {
    match status {
        Status::Passed => "PASS",
        Status::Cached => "CACHED",
        Status::Skipped => "SKIP",
        Status::Flaky => "FLAKY",
        Status::NotRun => "NOT RUN",
        Status::New => "NEW",
        Status::Changed => "CHANGED",
        Status::Failed => "FAIL",
        Status::TimedOut => "TIMEOUT",
        Status::Died => "DIED",
        Status::SetUp => "ERROR",
        Status::Internal => "ERROR",
    }
}

#[cfg(test)]
mod tests;
