//! The last lines of the report for people: the counts of the run, and what waits for a decision.

use std::fmt::Write as _;

use crate::event::Summary;
use crate::report::style::{INDENT, count};

/// The counts of a run, in a line.
pub(super) fn totals(summary: &Summary) -> String {
    let some = |count: usize, what: &str| if count > 0 { format!(" {count} {what},") } else { String::new() };
    let notebooks = count(summary.passed + summary.cached + summary.skipped + summary.failed + summary.not_run, "notebook");
    let Summary { cells_passed, cells_cached, cells_skipped, cells_failed, cells_new, cells_not_run, .. } = *summary;
    let cells = count(cells_passed + cells_cached + cells_skipped + cells_failed + cells_not_run, "cell");
    let flaky = if summary.flaky > 0 { format!(" ({} flaky)", summary.flaky) } else { String::new() };
    let causes = [(summary.set_up, "a set-up error"), (summary.internal, "an internal error")];
    let causes: Vec<String> =
        causes.iter().filter(|(number, _)| *number > 0).map(|(number, cause)| format!("{number} by {cause}")).collect();
    let causes = if causes.is_empty() { String::new() } else { format!(" ({})", causes.join(", ")) };
    let not_run = |count: usize| if count > 0 { format!(", {count} not run") } else { String::new() };
    let (notebooks_not_run, cells_not_run) = (not_run(summary.not_run), not_run(cells_not_run));
    format!(
        "{notebooks}: {} passed{flaky},{}{}{} {} failed{causes}{notebooks_not_run}; {cells}: {cells_passed} passed,{}{}{} {} failed{cells_not_run}",
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
pub(super) fn leftovers(summary: &Summary) -> String {
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
