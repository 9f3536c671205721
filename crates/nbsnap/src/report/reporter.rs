//! What every reporter does.

use std::io;
use std::path::Path;

use crate::event::Event;

/// Renders a run for somebody.
pub trait Reporter {
    /// Writes what the report has about an event.
    ///
    /// # Errors
    /// If it cannot be written. The error names the file.
    fn report(&mut self, event: &Event) -> io::Result<()>;
}

/// Several reporters, each of which gets every event, in order.
#[derive(Default)]
pub struct Reporters<'a>(Vec<Box<dyn Reporter + 'a>>);

impl<'a> Reporters<'a> {
    /// Adds a reporter.
    pub fn add(&mut self, reporter: impl Reporter + 'a) {
        self.0.push(Box::new(reporter));
    }
}

impl Reporter for Reporters<'_> {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        self.0.iter_mut().try_for_each(|reporter| reporter.report(event))
    }
}

/// A system error, with the file that it is about.
pub(super) fn about(path: &Path, error: io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}
