//! Why a notebook cannot be run as one program: named, so that whoever waits for evcxr knows what for.

use std::fmt;

/// The reason, with the cell that gives it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Declined {
    /// The cell's number, where one cell gives the reason.
    pub(crate) cell: Option<usize>,
    /// Half a sentence about the cell, or about the notebook.
    pub(crate) why: String,
}

impl Declined {
    /// Because of what a cell does.
    pub(crate) fn cell(number: usize, why: impl Into<String>) -> Declined {
        Declined { cell: Some(number), why: why.into() }
    }

    /// Because of something that no cell is to blame for.
    pub(crate) fn notebook(why: impl Into<String>) -> Declined {
        Declined { cell: None, why: why.into() }
    }

    /// Because of what was seen while the notebook ran. Any other reason is known before anything of it runs.
    pub(crate) fn seen(self) -> Declined {
        Declined { why: format!("{}, as was seen while it ran", self.why), ..self }
    }
}

impl fmt::Display for Declined {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.cell {
            Some(number) => write!(f, "cell {number} {}", self.why),
            None => f.write_str(&self.why),
        }
    }
}
