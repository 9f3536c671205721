//! `nbsnap diff`: shows how two notebooks, or the notebooks of two folders, differ.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use nbsnap::config::Config;
use nbsnap::document::Document;
use nbsnap::document::diff::{CellDifference, Change, differences};
use nbsnap::project::{Project, ProjectError};
use nbsnap::report::{Style, difference};
use nbsnap::run::RunError;

use super::session;
use super::targets::Place;
use crate::args::DiffArgs;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::screen;

/// Runs the command.
pub(crate) fn run(place: &Place<'_>, args: &DiffArgs) -> Result<Exit, CommandError> {
    let style = session::style(&args.report);
    // The rules are those of the named project, or of the one around this folder, or else the built-in ones.
    let (root, config) = match place.project() {
        Ok(Project { root, config, .. }) => (root, config),
        Err(CommandError::Project(ProjectError::NotFound { .. })) if !place.is_named() => (PathBuf::from("."), Config::default()),
        Err(error) => return Err(error),
    };
    let mut text = String::new();
    for (one, other) in pairs(&args.one, &args.other)? {
        let (Some(one), Some(other)) = (&one, &other) else {
            let (path, there) =
                if let Some(path) = &one { (path, &args.one) } else { (other.as_ref().unwrap_or(&args.other), &args.other) };
            let _ = writeln!(text, "{} is only in {}\n", path.display(), there.display());
            continue;
        };
        let (one, other) = (Document::read(one)?, Document::read(other)?);
        for found in differences(&root, &config, &one, &other).map_err(RunError::Redact)? {
            tell(&mut text, other.path(), &found, args, style);
        }
    }
    let is_same = text.is_empty();
    if is_same {
        text.push_str("no difference\n");
    }
    screen::styled(style).write_all(text.as_bytes()).map_err(CommandError::Output)?;
    Ok(if is_same { Exit::Success } else { Exit::Failures })
}

/// A notebook of one side and that of the other; either may be missing.
type Pair = (Option<PathBuf>, Option<PathBuf>);

/// The files to compare: the two, or those of two folders by name.
fn pairs(one: &Path, other: &Path) -> Result<Vec<Pair>, CommandError> {
    match (one.is_dir(), other.is_dir()) {
        (false, false) => return Ok(vec![(Some(one.to_owned()), Some(other.to_owned()))]),
        (true, true) => {}
        _ => return Err(CommandError::Usage("a notebook can be compared with a notebook, and a folder with a folder".into())),
    }
    let names = |folder: &Path| -> Result<BTreeSet<std::ffi::OsString>, CommandError> {
        let failed = |source| ProjectError::List { path: folder.to_owned(), source };
        let entries = std::fs::read_dir(folder).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        Ok(entries.iter().map(std::fs::DirEntry::file_name).filter(|name| name.to_string_lossy().ends_with(".ipynb")).collect())
    };
    let (names_of_one, names_of_other) = (names(one)?, names(other)?);
    let in_folder =
        |names: &BTreeSet<_>, folder: &Path, name: &std::ffi::OsString| names.contains(name).then(|| folder.join(name));
    let all = names_of_one.union(&names_of_other);
    Ok(all.map(|name| (in_folder(&names_of_one, one, name), in_folder(&names_of_other, other, name))).collect())
}

fn tell(text: &mut String, path: &Path, found: &CellDifference, args: &DiffArgs, style: Style) {
    let (wants_sources, wants_outputs) = (!args.outputs, !args.sources);
    let mut parts = Vec::new();
    match &found.change {
        Change::Removed(source) if wants_sources => parts.push(("the cell is gone", difference(source, "", style))),
        Change::Added(source) if wants_sources => parts.push(("the cell is new", difference("", source, style))),
        Change::Removed(_) | Change::Added(_) => {}
        Change::Changed { source, outputs } => {
            if let Some((old, new)) = source.as_ref().filter(|_| wants_sources) {
                parts.push(("the source differs", difference(old, new, style)));
            }
            if let Some((old, new)) = outputs.as_ref().filter(|_| wants_outputs) {
                parts.push(("the output differs", difference(old, new, style)));
            }
        }
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    for (what, difference) in parts {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}, {} cell {} `{}`: {what}\n{difference}", found.kind, found.number, found.cell);
    }
}
