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
    different: (usize, usize),
    one: Duration,
    reference: Duration,
    /// A line about notebooks that were made up.
    random: String,
}

impl Table {
    pub(crate) fn add(&mut self, notebook: &Notebook, comparison: &Comparison, exceptions: &Exceptions) {
        let cells = notebook.cells.len();
        let timed =
            |one: &Duration, other: &Duration| format!("{:.1} s, reference {:.1} s", one.as_secs_f64(), other.as_secs_f64());
        let (count, said) = match comparison {
            Comparison::Equal { one, reference } => {
                self.one += *one;
                self.reference += *reference;
                (&mut self.equal, format!("equal      {}", timed(one, reference)))
            }
            Comparison::Alone { one, .. } => {
                self.one += *one;
                (&mut self.equal, format!("alone      {:.1} s", one.as_secs_f64()))
            }
            Comparison::Different { cells, one, reference, .. } if exceptions.allow(&notebook.name) => {
                (&mut self.excepted, format!("excepted   cells {cells:?}; {}", timed(one, reference)))
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
                "\n{} notebooks, {} cells: {} equal, {} excepted, {} different",
                self.rows.len(),
                self.cells,
                both(self.equal),
                both(self.excepted),
                both(self.different),
            );
            println!("those that are equal: {:.1} s, reference {:.1} s", self.one.as_secs_f64(), self.reference.as_secs_f64());
        }
        if !self.random.is_empty() {
            println!("{}", self.random);
        }
    }
}
