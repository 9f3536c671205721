//! `nbsnap completions` and `nbsnap man`: shell completions and manual pages, generated from the command
//! line's definition.

use std::io::Write;

use clap::CommandFactory;

use crate::args::{Args, CompletionsArgs, ManArgs};
use crate::error::CommandError;
use crate::exit::Exit;

/// Writes the completions of a shell.
pub(crate) fn completions(args: &CompletionsArgs) -> Result<Exit, CommandError> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Args::command(), "nbsnap", &mut script);
    std::io::stdout().lock().write_all(&script).map_err(CommandError::Output)?;
    Ok(Exit::Success)
}

/// Writes the manual pages.
pub(crate) fn man(args: &ManArgs) -> Result<Exit, CommandError> {
    let mut page = Vec::new();
    let Some(folder) = &args.output else {
        clap_mangen::Man::new(Args::command()).render(&mut page).map_err(CommandError::Output)?;
        std::io::stdout().lock().write_all(&page).map_err(CommandError::Output)?;
        return Ok(Exit::Success);
    };
    let failed = |source| CommandError::Write { path: folder.clone(), source };
    std::fs::create_dir_all(folder).map_err(failed)?;
    clap_mangen::generate_to(Args::command(), folder).map_err(failed)?;
    Ok(Exit::Success)
}
