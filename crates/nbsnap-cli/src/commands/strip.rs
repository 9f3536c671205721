//! `nbsnap strip`: takes outputs and execution counts out of notebooks.

use std::io::Write;

use nbsnap::document::{Clear, Document};
use nbsnap::report::count;

use super::output::or_explain;
use super::targets::Targets;
use crate::args::StripArgs;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::screen;

/// Runs the command.
pub(crate) fn run(targets: &Targets, args: &StripArgs) -> Result<Exit, CommandError> {
    let mut out = screen::stdout();
    let (mut found, mut are_all_read) = (0, true);
    for path in &targets.paths {
        let Some(mut document) = or_explain(Document::read(path))? else {
            are_all_read = false;
            continue;
        };
        let before = document.text();
        document.clear(Clear { metadata: args.metadata, injected: args.injected });
        if document.text() == before {
            continue;
        }
        found += 1;
        let what = if args.check { "has something to strip" } else { "stripped" };
        if !args.check {
            document.write(path)?;
        }
        writeln!(out, "{}: {what}", targets.shown(path)).map_err(CommandError::Output)?;
    }
    if !are_all_read {
        return Ok(Exit::SetUp);
    }
    if found == 0 {
        writeln!(out, "nothing to strip in {}", count(targets.paths.len(), "notebook")).map_err(CommandError::Output)?;
    }
    Ok(if args.check && found > 0 { Exit::Failures } else { Exit::Success })
}
