//! The table that the suite ends with.

use std::time::Duration;

use nbsnap::notebook::Notebook;

use crate::engines::Comparison;
use crate::exceptions::Exceptions;

/// What was compared, and what came of it.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<(String, usize, String)>,
    cells: usize,
    equal: (usize, usize),
    excepted: (usize, usize),
    declined: (usize, usize),
    different: (usize, usize),
    other: Duration,
    evcxr: Duration,
    /// A line about notebooks that were made up.
    random: String,
}

impl Table {
    pub(crate) fn add(&mut self, notebook: &Notebook, comparison: &Comparison, exceptions: &Exceptions) {
        let cells = notebook.cells.len();
        let timed =
            |other: &Duration, evcxr: &Duration| format!("{:.1} s, evcxr {:.1} s", other.as_secs_f64(), evcxr.as_secs_f64());
        let (count, said) = match comparison {
            Comparison::Equal { other, evcxr } => {
                self.other += *other;
                self.evcxr += *evcxr;
                (&mut self.equal, format!("equal      {}", timed(other, evcxr)))
            }
            Comparison::Declined { reason } => (&mut self.declined, format!("declined   {reason}")),
            Comparison::Different { cells, other, evcxr, .. } if exceptions.allow(&notebook.name) => {
                (&mut self.excepted, format!("excepted   cells {cells:?}; {}", timed(other, evcxr)))
            }
            Comparison::Different { cells, .. } => (&mut self.different, format!("DIFFERENT  cells {cells:?}")),
        };
        count.0 += 1;
        count.1 += cells;
        self.cells += cells;
        self.rows.push((notebook.name.clone(), cells, said));
    }

    pub(crate) fn add_random(&mut self, line: String) {
        self.random = line;
    }

    pub(crate) fn print(&self) {
        if !self.rows.is_empty() {
            println!("{:<32} {:>5}  outcome", "notebook", "cells");
            for (name, cells, said) in &self.rows {
                println!("{name:<32} {cells:>5}  {said}");
            }
            let both = |(notebooks, cells): (usize, usize)| format!("{notebooks} ({cells} cells)");
            println!(
                "\n{} notebooks, {} cells: {} equal, {} declined, {} excepted, {} different",
                self.rows.len(),
                self.cells,
                both(self.equal),
                both(self.declined),
                both(self.excepted),
                both(self.different),
            );
            println!("those that are equal: {:.1} s, evcxr {:.1} s", self.other.as_secs_f64(), self.evcxr.as_secs_f64());
        }
        if !self.random.is_empty() {
            println!("{}", self.random);
        }
    }
}
