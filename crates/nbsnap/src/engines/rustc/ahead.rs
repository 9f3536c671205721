//! Compiles a notebook's cells ahead of its run. The results are kept by what they depend on, so that the run
//! finds them.
//!
//! It assumes that every cell runs to its end, except those that are meant to fail. Where a cell ends
//! otherwise, the run itself compiles the cells after it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::mpsc::{Receiver, Sender, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use rust_cells::cell::Cell;
use rust_cells::{Came, CancellationToken, CellOutcome, Chain, Error, Finished, Step, Unfinished};

use crate::notebook::CodeCell;
use crate::record::Failure;

/// How many cells may be compiled at a time. rustc checks one cell while it generates the code of those
/// before.
const AT_ONCE: usize = 3;

/// Compiles cells in order, and reports after each that it is done. Ends at the first that does not compile,
/// unless it is meant to fail.
pub(super) fn compile(
    chain: Chain<'_>,
    cells: &[CodeCell],
    limit: &(dyn Fn(&CodeCell) -> Duration + Sync),
    token: &CancellationToken,
    done: Sender<()>,
) {
    // Beside those in the channel, one is being begun and one is being finished.
    let (begun, unfinished) = sync_channel(AT_ONCE - 2);
    // This thread begins them, so it has to live until they are finished: the scope sees to that.
    std::thread::scope(|scope| {
        scope.spawn(move || finish(&unfinished, token, &done));
        begin(chain, cells, limit, token, &begun);
        drop(begun);
    });
}

/// A cell that was begun: what is unfinished of it, and when that must be done.
type Begun = (Option<Unfinished>, Instant);

fn begin(
    mut chain: Chain<'_>,
    cells: &[CodeCell],
    limit: &dyn Fn(&CodeCell) -> Duration,
    token: &CancellationToken,
    begun: &SyncSender<Begun>,
) {
    for cell in cells {
        let deadline = Instant::now() + limit(cell);
        let Ok((step, unfinished)) = chain.begin(&cell.source, &label(cell), deadline, token) else { return };
        let goes_on = match step {
            Step::Ready(compiled) => {
                let came = if cell.must_raise() { Came::NotToItsEnd } else { Came::ToItsEnd };
                chain.proceed(&compiled, came);
                true
            }
            Step::Failed(_) | Step::Refused { .. } => cell.must_raise(),
            Step::TimedOut => false,
        };
        if begun.send((unfinished, deadline)).is_err() || !goes_on {
            return;
        }
    }
}

/// Waits for the cells' libraries, one after another, and reports each. Ends at the first that is not made:
/// the run compiles that cell again, and says why.
fn finish(begun: &Receiver<Begun>, token: &CancellationToken, done: &Sender<()>) {
    for (unfinished, deadline) in begun {
        let finished = unfinished.map_or(Ok(Finished::Kept), |unfinished| unfinished.finish(deadline, token));
        if done.send(()).is_err() || !matches!(finished, Ok(Finished::Kept)) {
            return;
        }
    }
}

/// The cells that do not compile, by number. A cell that does not compile defines nothing for the cells after
/// it. Errors that only come from what it would have defined are left out.
pub(super) fn check(
    chain: &mut Chain<'_>,
    cells: &[CodeCell],
    limit: &dyn Fn(&CodeCell) -> Duration,
    token: &CancellationToken,
) -> Result<BTreeMap<usize, Failure>, Error> {
    let (mut failures, mut missing) = (BTreeMap::new(), BTreeSet::new());
    for cell in cells {
        let allowed = limit(cell);
        let outcome = match chain.compile(&cell.source, &label(cell), Instant::now() + allowed, token)? {
            Step::Ready(compiled) => {
                let came = if cell.must_raise() { Came::NotToItsEnd } else { Came::ToItsEnd };
                chain.proceed(&compiled, came);
                continue;
            }
            Step::Failed(mut diagnostics) => {
                diagnostics.retain(|diagnostic| !is_about(diagnostic, &missing));
                missing.extend(Cell::parse(&cell.source).names());
                if diagnostics.is_empty() {
                    continue;
                }
                CellOutcome::CompileErrors(diagnostics)
            }
            Step::Refused { message, line } => {
                missing.extend(Cell::parse(&cell.source).names());
                CellOutcome::Refused { message, line }
            }
            Step::TimedOut => CellOutcome::CompileTimeout(allowed),
        };
        let record = super::outcome::Collected::default().into_record(cell, outcome, u64::MAX);
        failures.extend(record.failure.map(|failure| (cell.number, failure)));
    }
    Ok(failures)
}

/// Whether an error says that one of these names is not known.
fn is_about(diagnostic: &rust_cells::Diagnostic, missing: &BTreeSet<String>) -> bool {
    const UNKNOWN: &[&str] = &["E0405", "E0412", "E0422", "E0423", "E0425", "E0432", "E0433", "E0531", "E0532", "E0574"];
    let is_unknown = diagnostic.code.as_deref().is_some_and(|code| UNKNOWN.contains(&code));
    // A macro that is not known has no code.
    let is_unknown = is_unknown || diagnostic.message.starts_with("cannot find macro");
    is_unknown && diagnostic.message.split('`').skip(1).step_by(2).any(|name| missing.contains(name))
}

/// The name of a cell in messages.
pub(super) fn label(cell: &CodeCell) -> String {
    format!("cell {}", cell.number)
}
