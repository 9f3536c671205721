//! What is wrong with a scenario: every mistake, and not only the first.
//!
//! Who reads a part of a scenario adds what is wrong with it to the [`Mistakes`] and goes on. What a mistake
//! means is not known here.

use crate::error::Error;

/// Mistakes in the order in which they were found.
#[derive(Debug, Default)]
pub(crate) struct Mistakes {
    all: Vec<Error>,
}

impl Mistakes {
    pub(crate) fn add(&mut self, mistake: Error) {
        self.all.push(mistake);
    }

    /// The value that was read. Where it could not be, there is a mistake more.
    pub(crate) fn value<T>(&mut self, read: Result<T, Error>) -> Option<T> {
        read.map_err(|mistake| self.add(mistake)).ok()
    }

    /// Takes the last one back.
    pub(crate) fn take_last(&mut self) -> Option<Error> {
        self.all.pop()
    }

    pub(crate) fn into_vec(self) -> Vec<Error> {
        self.all
    }
}
