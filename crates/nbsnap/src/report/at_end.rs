//! Reports that are one file, written when the run has ended.
//!
//! The main type is [`AtEnd`]. The function that it gets makes the content of the file.

use std::fs;
use std::io;
use std::path::PathBuf;

use super::reporter::{Reporter, about};
use super::run::Run;
use crate::event::Event;
use crate::files::atomic_write;

/// Writes a file when the run has ended.
pub struct AtEnd {
    run: Run,
    path: PathBuf,
    when: When,
    render: fn(&Run) -> io::Result<String>,
}

/// When a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// After every run.
    Always,
    /// After a run in which something failed. After any other run, the file of an earlier run is removed.
    SomethingFailed,
    /// After every run, at the end of the file.
    Appending,
}

impl AtEnd {
    /// A reporter that writes what `render` makes of the run to `path`.
    pub fn new(path: PathBuf, when: When, render: fn(&Run) -> io::Result<String>) -> AtEnd {
        AtEnd { run: Run::default(), path, when, render }
    }

    fn write(&self) -> io::Result<()> {
        if self.when == When::SomethingFailed && self.run.is_good() {
            return match fs::remove_file(&self.path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            };
        }
        let text = (self.render)(&self.run)?;
        if self.when == When::Appending {
            return io::Write::write_all(
                &mut fs::OpenOptions::new().create(true).append(true).open(&self.path)?,
                text.as_bytes(),
            );
        }
        atomic_write::write(&self.path, text.as_bytes())
    }
}

impl Reporter for AtEnd {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        self.run.take(event);
        if matches!(event, Event::RunFinished { .. }) {
            return self.write().map_err(|error| about(&self.path, error));
        }
        Ok(())
    }
}
