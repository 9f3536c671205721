//! `nbsnap settings`: every setting with its meaning and its default.

use nbsnap::config::BUILT_IN;

use super::output::print;
use crate::error::CommandError;
use crate::exit::Exit;

/// Runs the command.
pub(crate) fn run() -> Result<Exit, CommandError> {
    print(&mut std::io::stdout().lock(), BUILT_IN)?;
    Ok(Exit::Success)
}
