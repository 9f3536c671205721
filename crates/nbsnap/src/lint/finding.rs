//! Something that is wrong with a notebook.

use std::fmt;

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule's name.
    pub rule: &'static str,
    /// The cell, where it is about one.
    pub cell: Option<Place>,
    /// What is wrong, and what to do.
    pub message: String,
}

/// Where in a notebook something is wrong.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The cell's position among all cells, from 1.
    pub number: usize,
    /// Its id, if it has one.
    pub id: Option<String>,
    /// The line of its source, from 1, where it is about one.
    pub line: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.id {
            Some(id) => write!(f, "cell `{id}`")?,
            None => write!(f, "cell {}", self.number)?,
        }
        self.line.map_or(Ok(()), |line| write!(f, ", line {line}"))
    }
}
