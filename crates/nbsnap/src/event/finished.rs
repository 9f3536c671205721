//! The ends of cells and notebooks: the two events with most to say.

use std::path::PathBuf;
use std::time::Duration;

use super::{CellVerdict, Evidence, NotebookProblem, Status, Timing};
use crate::notebook::CodeCell;
use crate::record::CellRecord;

/// A cell ended, or was not run.
#[derive(Clone, Debug)]
pub struct CellFinished {
    /// The notebook's name.
    pub notebook: String,
    /// The notebook's file.
    pub path: PathBuf,
    /// The cell.
    pub cell: CodeCell,
    /// What became of it.
    pub verdict: CellVerdict,
    /// What it produced, redacted, if it ran.
    pub record: Option<Box<CellRecord>>,
    /// How long it took.
    pub timing: Timing,
}

/// A notebook ended.
#[derive(Clone, Debug)]
pub struct NotebookFinished {
    /// The notebook's name.
    pub notebook: String,
    /// The notebook's file.
    pub path: PathBuf,
    /// What is wrong with the notebook as a whole, in addition to its cells.
    pub problems: Vec<NotebookProblem>,
    /// The status of the notebook: the most serious status of its cells and of its own problems.
    pub status: Status,
    /// How often it was run.
    pub attempts: u32,
    /// What this verdict depends on.
    pub evidence: Evidence,
    /// How long it took, preparation excluded; the last try alone.
    pub elapsed: Duration,
}
