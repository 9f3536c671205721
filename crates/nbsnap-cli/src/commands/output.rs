//! What commands print that have no reporter.

use std::io::Write;

use nbsnap::notebook::NotebookError;

use crate::error::{CommandError, chain};
use crate::screen;

/// A notebook, if it can be read. If not, the reason is printed on standard error, and other notebooks go on.
pub(super) fn or_explain<T>(read: Result<T, NotebookError>) -> Result<Option<T>, CommandError> {
    match read {
        Ok(read) => Ok(Some(read)),
        Err(error) => {
            writeln!(screen::stderr(), "nbsnap: error: {}", chain(&error)).map_err(CommandError::Output)?;
            Ok(None)
        }
    }
}

/// Prints a line on standard output.
pub(super) fn say(text: &str) -> Result<(), CommandError> {
    print(&mut screen::stdout(), &format!("{text}\n"))
}

/// Writes a text and flushes it.
pub(super) fn print(out: &mut dyn Write, text: &str) -> Result<(), CommandError> {
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).map_err(CommandError::Output)
}
