//! Compiles a notebook's cells ahead of its run. What comes of it is kept by what it depends on, so that the run finds it.
//!
//! It is assumed that every cell runs to its end, but for those that are meant to fail. Where that is not what happens, the run compiles
//! the cells that follow itself.

use std::collections::BTreeMap;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use rust_cells::{Came, CancellationToken, Chain, Error, Step};

use crate::notebook::CodeCell;
use crate::record::Failure;

/// Compiles cells in order, and says after each that it is done. Ends at the first that does not compile, unless it is meant not to.
pub(super) fn compile(
    mut chain: Chain<'_>,
    cells: &[CodeCell],
    limit: &dyn Fn(&CodeCell) -> Duration,
    token: &CancellationToken,
    done: &Sender<()>,
) {
    for cell in cells {
        let deadline = Instant::now() + limit(cell);
        let step = chain.compile(&cell.source, &label(cell), deadline, token);
        let goes_on = match step {
            Ok(Step::Ready(compiled)) => {
                let came = if cell.must_raise() { Came::NotToItsEnd } else { Came::ToItsEnd };
                chain.proceed(&compiled, came);
                true
            }
            Ok(Step::Failed(_) | Step::Refused { .. }) => cell.must_raise(),
            Ok(Step::TimedOut) | Err(_) => false,
        };
        if done.send(()).is_err() || !goes_on {
            return;
        }
    }
}

/// The cells that do not compile, by number; cells after one that does not are compiled as if it had brought nothing.
pub(super) fn check(
    chain: &mut Chain<'_>,
    cells: &[CodeCell],
    limit: &dyn Fn(&CodeCell) -> Duration,
    token: &CancellationToken,
) -> Result<BTreeMap<usize, Failure>, Error> {
    let mut failures = BTreeMap::new();
    for cell in cells {
        let allowed = limit(cell);
        let outcome = match chain.compile(&cell.source, &label(cell), Instant::now() + allowed, token)? {
            Step::Ready(compiled) => {
                let came = if cell.must_raise() { Came::NotToItsEnd } else { Came::ToItsEnd };
                chain.proceed(&compiled, came);
                continue;
            }
            Step::Failed(diagnostics) => rust_cells::CellOutcome::CompileErrors(diagnostics),
            Step::Refused { message, line } => rust_cells::CellOutcome::Refused { message, line },
            Step::TimedOut => rust_cells::CellOutcome::CompileTimeout(allowed),
        };
        let record = super::outcome::Collected::default().into_record(cell, outcome, u64::MAX);
        failures.extend(record.failure.map(|failure| (cell.number, failure)));
        if !cell.must_raise() {
            break;
        }
    }
    Ok(failures)
}

/// What messages call a cell.
pub(super) fn label(cell: &CodeCell) -> String {
    format!("cell {}", cell.number)
}
