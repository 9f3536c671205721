//! `nbsnap export`: writes notebooks as pages to be read, without running anything.

use std::io::Write;
use std::path::{Path, PathBuf};

use nbsnap::document::Document;
use nbsnap::export::{Page, html, markdown};
use nbsnap::files::atomic_write;
use nbsnap::snapshot::UpdateMode;

use super::{Targets, or_say};
use crate::args::{ExportArgs, ExportFormat, OutputSource};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::screen;

/// Runs the command.
pub(crate) fn run(targets: &Targets, args: &ExportArgs) -> Result<Exit, CommandError> {
    let store = targets.project.as_ref().filter(|_| args.outputs == OutputSource::Snapshots);
    let store = store.map(|project| super::store(project, UpdateMode::Never));
    let mut pages = Vec::new();
    let (mut has_stale, mut are_all_read) = (false, true);
    for path in &targets.paths {
        let stem = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let name = targets.project.as_ref().map_or_else(stem, |project| project.name_of(path));
        let Some(document) = or_say(Document::read(path))? else {
            are_all_read = false;
            continue;
        };
        let page = Page::new(&name, &document, store.as_ref())?;
        for code in page.stale() {
            let cell = code.id.as_deref().unwrap_or_default();
            let shown = targets.shown(path);
            let message = format!("{shown}: cell `{cell}` was edited after its output was recorded: run `nbsnap test {name}`");
            writeln!(screen::stderr(), "warning: {message}").map_err(CommandError::Output)?;
            has_stale = true;
        }
        pages.push(page);
    }
    let unless_unread = |exit: Exit| if are_all_read { exit } else { Exit::SetUp };
    if args.check {
        return Ok(if has_stale { Exit::Failures } else { unless_unread(Exit::Success) });
    }
    let output = args.output.clone().unwrap_or_default();
    let extension = output.extension().map(|extension| extension.to_string_lossy().into_owned());
    let format = args.format.unwrap_or(match extension.as_deref() {
        Some("md" | "markdown") => ExportFormat::Markdown,
        _ => ExportFormat::Html,
    });
    let is_file = matches!(extension.as_deref(), Some("html" | "htm" | "md" | "markdown")) && !output.is_dir();
    if is_file && pages.len() > 1 {
        let message =
            format!("{} notebooks cannot be written into the one file {}; name a folder", pages.len(), output.display());
        return Err(CommandError::Usage(message));
    }
    let mut written = Vec::new();
    for (index, page) in pages.iter().enumerate() {
        let name = |extension: &str| if is_file { output.clone() } else { output.join(format!("{}.{extension}", page.name)) };
        match format {
            ExportFormat::Html => {
                let neighbours = html::Neighbours {
                    index: pages.len() > 1,
                    previous: index.checked_sub(1).and_then(|index| pages.get(index)),
                    next: pages.get(index + 1),
                };
                written.push(write(name("html"), html::render(page, neighbours).as_bytes())?);
            }
            ExportFormat::Markdown => {
                let (text, files) = markdown::render(page);
                let path = name("md");
                let folder = path.parent().unwrap_or(Path::new("")).to_owned();
                for (file, content) in files {
                    written.push(write(folder.join(file), &content)?);
                }
                written.push(write(path, text.as_bytes())?);
            }
        }
    }
    if format == ExportFormat::Html && pages.len() > 1 {
        written.push(write(output.join("index.html"), html::index(&args.title, &pages).as_bytes())?);
    }
    let mut out = screen::stdout();
    for path in written {
        writeln!(out, "wrote {}", path.display()).map_err(CommandError::Output)?;
    }
    Ok(unless_unread(Exit::Success))
}

fn write(path: PathBuf, content: &[u8]) -> Result<PathBuf, CommandError> {
    match atomic_write::write(&path, content) {
        Ok(()) => Ok(path),
        Err(source) => Err(CommandError::Write { path, source }),
    }
}
