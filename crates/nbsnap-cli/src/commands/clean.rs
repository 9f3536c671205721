//! `nbsnap clean`: shows what is in the build folder, and removes leftovers.

use std::io::Write;
use std::path::{Path, PathBuf};

use nbsnap::files::cleanup;
use nbsnap::project::{Project, ProjectError};
use nbsnap::snapshot::{OrphanKind, UpdateMode};

use super::session;
use crate::args::CleanArgs;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::screen;

/// Runs the command.
pub(crate) fn run(project: &Project, args: &CleanArgs) -> Result<Exit, CommandError> {
    let cache = session::cache_dir(project, &args.build);
    let mut out = screen::stdout();
    let shown = |path: &Path| path.strip_prefix(&project.root).unwrap_or(path).display().to_string();
    let mut say = |text: String| writeln!(out, "{text}").map_err(CommandError::Output);

    let builds = cleanup::builds(&cache).map_err(|source| unreadable(&cache, source))?;
    let total: u64 = builds.iter().map(|entry| entry.bytes).sum();
    say(format!("{}: {}", shown(&cache), size(total)))?;
    for entry in &builds {
        say(format!("  {:>9}  {}", size(entry.bytes), entry.path.strip_prefix(&cache).unwrap_or(&entry.path).display()))?;
    }

    // Whether a pending snapshot has lost its cell is known only if its notebook can be read.
    let store = super::store::store(project, UpdateMode::Never);
    let notebooks = project.notebooks()?;
    let mut left: Vec<PathBuf> = cleanup::half_written(project).map_err(|source| unreadable(&project.root, source))?;
    let orphans = store.orphans(&notebooks.usable, true)?;
    left.extend(orphans.into_iter().filter(|orphan| orphan.kind == OrphanKind::Pending).map(|orphan| orphan.path));
    if args.builds && !builds.is_empty() {
        left.push(cache.clone());
    }
    for path in &left {
        if !args.dry_run {
            let removed = if path.is_dir() { cleanup::remove_builds(path) } else { std::fs::remove_file(path) };
            removed.map_err(|source| CommandError::Remove { path: path.clone(), source })?;
        }
        say(format!("{} {}", if args.dry_run { "would remove" } else { "removed" }, shown(path)))?;
    }
    if left.is_empty() {
        say("nothing is left over".into())?;
    }
    Ok(Exit::Success)
}

fn unreadable(path: &Path, source: std::io::Error) -> CommandError {
    CommandError::Project(ProjectError::List { path: path.to_owned(), source })
}

/// A size as people say it.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000 => format!("{bytes} B"),
        1_000..1_000_000 => format!("{:.1} kB", bytes as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.1} GB", bytes as f64 / 1e9),
    }
}
