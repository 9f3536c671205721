//! `nbsnap diff`: shows how two notebooks, or the notebooks of two folders, differ.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use nbsnap::config::Config;
use nbsnap::document::Document;
use nbsnap::document::diff::{CellDifference, Change, differences};
use nbsnap::project::{self, Project, ProjectError};
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
    for Pair { name, one, other } in pairs(&args.one, &args.other)? {
        let (Some(one), Some(other)) = (&one, &other) else {
            let (path, there) =
                if let Some(path) = &one { (path, &args.one) } else { (other.as_ref().unwrap_or(&args.other), &args.other) };
            let _ = writeln!(text, "{} is only in {}\n", path.display(), there.display());
            continue;
        };
        let (one, other) = (Document::read(one)?, Document::read(other)?);
        for found in differences(&root, &config, &one, &other).map_err(RunError::Redact)? {
            tell(&mut text, &name, &found, args, style);
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
struct Pair {
    /// What both are called: the file's name, or its path in the two folders.
    name: String,
    one: Option<PathBuf>,
    other: Option<PathBuf>,
}

/// The files to compare: the two, or those of two folders by their paths in them.
fn pairs(one: &Path, other: &Path) -> Result<Vec<Pair>, CommandError> {
    match (one.is_dir(), other.is_dir()) {
        (false, false) => {
            let name = other.file_name().unwrap_or_default().to_string_lossy().into_owned();
            return Ok(vec![Pair { name, one: Some(one.to_owned()), other: Some(other.to_owned()) }]);
        }
        (true, true) => {}
        _ => return Err(CommandError::Usage("a notebook can be compared with a notebook, and a folder with a folder".into())),
    }
    let (of_one, of_other) = (notebooks_below(one, other)?, notebooks_below(other, one)?);
    let names: BTreeSet<&PathBuf> = of_one.union(&of_other).collect();
    if names.is_empty() {
        let message = format!("there is no notebook (*.ipynb) in {} or {}, nor below them", one.display(), other.display());
        return Err(CommandError::Usage(message));
    }
    let in_folder = |names: &BTreeSet<PathBuf>, folder: &Path, name: &Path| names.contains(name).then(|| folder.join(name));
    let pair = |name: &PathBuf| Pair {
        name: name.display().to_string(),
        one: in_folder(&of_one, one, name),
        other: in_folder(&of_other, other, name),
    };
    Ok(names.into_iter().map(pair).collect())
}

/// The notebooks in a folder and below it, by their paths in it. Where `other` is one of the folders below,
/// its notebooks are those of the other side.
fn notebooks_below(folder: &Path, other: &Path) -> Result<BTreeSet<PathBuf>, CommandError> {
    let found = project::notebook_files(folder)?;
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let other_side = whole(other).strip_prefix(whole(folder)).ok().filter(|below| *below != Path::new("")).map(Path::to_owned);
    let name = |path: &Path| path.strip_prefix(folder).unwrap_or(path).to_owned();
    let is_of_this_side = |name: &PathBuf| other_side.as_ref().is_none_or(|other| !name.starts_with(other));
    for inner in found.projects.iter().filter(|inner| is_of_this_side(&name(inner))) {
        let text = format!("note: {} is a project of its own: its notebooks are not compared here\n", inner.display());
        super::output::print(&mut screen::stderr(), &text)?;
    }
    Ok(found.notebooks.iter().map(|path| name(path)).filter(is_of_this_side).collect())
}

fn tell(text: &mut String, name: &str, found: &CellDifference, args: &DiffArgs, style: Style) {
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
    for (what, difference) in parts {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}, {} cell {} `{}`: {what}\n{difference}", found.kind, found.number, found.cell);
    }
}
