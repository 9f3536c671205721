//! `nbsnap check`: says what is wrong with notebooks without running them, and mends what can be mended.

use std::io::Write;
use std::path::Path;

use nbsnap::document::Document;
use nbsnap::hygiene;
use nbsnap::report::count;

use super::Targets;
use crate::args::CheckArgs;
use crate::error::CommandError;
use crate::exit::Exit;

/// Runs the command.
pub(crate) fn run(targets: &Targets, args: &CheckArgs) -> Result<Exit, CommandError> {
    let mut out = std::io::stdout().lock();
    let mut found = 0;
    let mut fixable = 0;
    for path in &targets.paths {
        let mut document = Document::read(path)?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        if args.fix {
            hygiene::fix(&mut document, &folder, &args.allow)?;
            if document.write(path)? {
                writeln!(out, "{}: fixed", targets.shown(path)).map_err(CommandError::Output)?;
            }
        }
        for finding in hygiene::look(&document, &folder, &args.allow)? {
            found += 1;
            fixable += usize::from(hygiene::is_fixable(finding.rule));
            let place = finding.cell.map(|place| format!(" {place}:")).unwrap_or_default();
            writeln!(out, "{}:{place} {} [{}]", targets.shown(path), finding.message, finding.rule)
                .map_err(CommandError::Output)?;
        }
    }
    let notebooks = count(targets.paths.len(), "notebook");
    if found == 0 {
        writeln!(out, "nothing is wrong with {notebooks}").map_err(CommandError::Output)?;
        return Ok(Exit::Success);
    }
    let hint = match (args.fix, fixable) {
        (false, 1..) => format!("; `nbsnap check --fix` mends {fixable}"),
        _ => String::new(),
    };
    writeln!(out, "{} in {notebooks}{hint}", count(found, "problem")).map_err(CommandError::Output)?;
    Ok(Exit::Failures)
}
