//! The report for people: one line per notebook, and for each failing cell what they need to find and mend
//! it.
//!
//! The main type is [`HumanReporter`]. It writes to what it was given and asks nobody anything.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use super::cell;
use super::progress::{Output, Progress};
use super::style::{INDENT, Style, clock, count, indented};
use super::{LeftFiles, Reporter};
use crate::event::{CellProblem, CellVerdict, Event, Evidence, Proposal, Status, Summary, Timing};
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
    /// How many cells were shown whose output is new.
    new_shown: usize,
}

/// How many cells with new output a run shows; it only counts further ones.
const NEW_CELLS: usize = 10;

/// A notebook that is being run.
#[derive(Default)]
struct Running {
    cells: usize,
    failed: usize,
    /// Cells whose output is new, and whether the last one's waits for review.
    new: usize,
    proposal: Option<Proposal>,
    not_run: usize,
    skipped: usize,
    /// How long the cells' code compiled, and how long the cells took in all.
    compile: Duration,
    elapsed: Duration,
    /// The number of the cell that is being run, and its name.
    cell: Option<(usize, String)>,
}

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
                self.line("Running", true, &format!("{notebooks}, {cells} (engine {engine})"))
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
                running.cell = Some((cell.number, format!("cell {} of {} `{}`", cell.number, running.cells, visible(&cell.id))));
                self.show_running()
            }
            Event::CellSlow { notebook, cell, elapsed } => {
                let title = cell::title(notebook, cell, &[]);
                let line = format!("{} {} {title} is still at work\n", style.label("SLOW", false), clock(*elapsed));
                self.output.print(&line)
            }
            Event::CellFinished { notebook, path, cell, verdict, timing, .. } => {
                let running = self.running.entry(notebook.clone()).or_default();
                // The verdict may come only when the next cell is under way already.
                running.cell.take_if(|(number, _)| *number == cell.number);
                running.take(verdict, *timing);
                self.done += 1;
                let status = verdict.status();
                match verdict {
                    CellVerdict::Failed { problems, .. } if status == Status::New => {
                        self.new_shown += 1;
                        if self.new_shown > NEW_CELLS && !self.verbose {
                            return self.show_running();
                        }
                        let title = style.bold(cell::title(notebook, cell, problems));
                        let mut text = format!("{} {} {title}\n", style.label(label(status), false), clock(timing.elapsed));
                        cell::new_output(&mut text, path, cell, problems, style);
                        self.output.print(&text)
                    }
                    CellVerdict::Failed { problems, stderr } => {
                        let title = style.bold(cell::title(notebook, cell, problems));
                        let mut text = format!("{} {} {title}\n", style.label(label(status), false), clock(timing.elapsed));
                        cell::details(&mut text, path, notebook, cell, problems, stderr, style);
                        self.output.print(&text)
                    }
                    _ if self.verbose => {
                        let title = cell::title(notebook, cell, &[]);
                        let mut line = format!("{} {} {title}", style.label(label(status), true), clock(timing.elapsed));
                        if let Some(compile) = timing.compile {
                            // Writing to a string cannot fail.
                            let _ = write!(line, " ({:.1} s compiling)", compile.as_secs_f64());
                        }
                        if let CellVerdict::Skipped { reason } = verdict {
                            let _ = write!(line, ": {}", visible(reason));
                        }
                        self.output.print(&(line + "\n"))
                    }
                    _ => self.show_running(),
                }
            }
            Event::NotebookRetried { notebook, attempt, of, status } => {
                let running = self.running.remove(notebook).unwrap_or_default();
                self.done -= running.cells.min(self.done);
                let label = if status.is_good() { "AGAIN" } else { "RETRY" };
                let line = format!("{}: {}, now run {} of {of}", visible(notebook), status.word(), attempt + 1);
                self.line(label, status.is_good(), &line)
            }
            Event::NotebookSkipped { notebook, cells, reason, .. } => {
                self.done += cells;
                let line = format!("{} {} ({})\n", style.label("SKIP", true), style.bold(visible(notebook)), visible(reason));
                self.output.print(&line)
            }
            Event::NotebookFinished { notebook, path, problems, status, attempts, evidence, elapsed } => {
                let running = self.running.remove(notebook).unwrap_or_default();
                self.is_good &= status.is_good();
                let head = format!(
                    "{} {} {}",
                    style.label(label(*status), status.is_good()),
                    clock(*elapsed),
                    style.bold(visible(notebook))
                );
                let mut text = format!("{head}{}\n", running.tell(*status, *attempts, *evidence, self.verbose));
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
            Event::Redacted { hits, unused } => self.redacted(hits, unused),
            Event::RunFinished { summary, elapsed } => {
                self.output.clear();
                let is_good = summary.failed == 0 && summary.cells_failed == 0 && summary.orphans == 0;
                self.line("Summary", is_good, &format!("{} {}", clock(*elapsed), totals(summary)))?;
                self.output.print(&leftovers(summary))?;
                if self.is_good { Ok(()) } else { self.output.print(&self.left.describe()) }
            }
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
        Status::Internal => "ERROR",
    }
}

impl Running {
    fn take(&mut self, verdict: &CellVerdict, timing: Timing) {
        match verdict {
            CellVerdict::Failed { problems, .. } if verdict.status() == Status::New => {
                self.new += 1;
                self.proposal = problems.iter().find_map(CellProblem::proposal);
            }
            CellVerdict::Failed { .. } => self.failed += 1,
            CellVerdict::NotRun => self.not_run += 1,
            CellVerdict::Skipped { .. } => self.skipped += 1,
            CellVerdict::Passed | CellVerdict::Cached => {}
        }
        self.elapsed += timing.elapsed;
        self.compile += timing.compile.unwrap_or_default();
    }

    /// How the notebook did, in the words after its name.
    fn tell(&self, status: Status, attempts: u32, evidence: Evidence, verbose: bool) -> String {
        if !status.is_good() {
            return self.counts();
        }
        let mut parts = vec![count(self.cells, "cell")];
        if self.skipped > 0 {
            parts.push(format!("{} skipped", self.skipped));
        }
        match evidence {
            Evidence::Run => {}
            Evidence::Cache => parts.push("nothing has changed since it passed".into()),
        }
        match status {
            Status::Flaky => parts.push(format!("passed only at run {attempts}")),
            _ if attempts > 1 => parts.push(format!("passed {attempts} times")),
            _ => {}
        }
        if verbose && self.compile > Duration::ZERO {
            let run = self.elapsed.saturating_sub(self.compile);
            parts.push(format!("{:.1} s compiling, {:.1} s running", self.compile.as_secs_f64(), run.as_secs_f64()));
        }
        format!(" ({})", parts.join(", "))
    }

    /// How the cells of a notebook that failed did; nothing if no cell ran.
    fn counts(&self) -> String {
        let mut parts = Vec::new();
        if self.failed > 0 {
            parts.push(format!("{} of {} failed", self.failed, count(self.cells, "cell")));
        }
        if self.new > 0 {
            let of = if self.failed > 0 { String::new() } else { format!(" of {}", count(self.cells, "cell")) };
            parts.push(format!("{}{of} new", self.new));
        }
        if self.not_run > 0 {
            parts.push(format!("{} not run", self.not_run));
        }
        if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
    }
}

fn totals(summary: &Summary) -> String {
    let some = |count: usize, what: &str| if count > 0 { format!(" {count} {what},") } else { String::new() };
    let notebooks = count(summary.passed + summary.cached + summary.skipped + summary.failed + summary.not_run, "notebook");
    let Summary { cells_passed, cells_cached, cells_skipped, cells_failed, cells_new, cells_not_run, .. } = *summary;
    let cells = count(cells_passed + cells_cached + cells_skipped + cells_failed + cells_not_run, "cell");
    let flaky = if summary.flaky > 0 { format!(" ({} flaky)", summary.flaky) } else { String::new() };
    let internal = if summary.internal > 0 { format!(" ({} by an internal error)", summary.internal) } else { String::new() };
    let not_run = |count: usize| if count > 0 { format!(", {count} not run") } else { String::new() };
    let (notebooks_not_run, cells_not_run) = (not_run(summary.not_run), not_run(cells_not_run));
    format!(
        "{notebooks}: {} passed{flaky},{}{}{} {} failed{internal}{notebooks_not_run}; {cells}: {cells_passed} passed,{}{}{} {} failed{cells_not_run}",
        summary.passed,
        some(summary.cached, "cached"),
        some(summary.skipped, "skipped"),
        some(summary.new, "new"),
        summary.failed - summary.new,
        some(cells_cached, "cached"),
        some(cells_skipped, "skipped"),
        some(cells_new, "new"),
        cells_failed - cells_new,
    )
}

/// What waits for a decision.
fn leftovers(summary: &Summary) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    if summary.pending > 0 {
        let verb = if summary.pending == 1 { "waits" } else { "wait" };
        let snapshots = count(summary.pending, "snapshot");
        let _ = writeln!(text, "{INDENT}{snapshots} {verb} for review: `nbsnap review`, or `nbsnap accept` for all");
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
