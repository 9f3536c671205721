//! `nbsnap export`: writes notebooks as pages to be read, without running anything.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use nbsnap::document::Document;
use nbsnap::export::site::Site;
use nbsnap::export::{Page, book, html, markdown};
use nbsnap::files::atomic_write;
use nbsnap::notebook::NotebookError;
use nbsnap::snapshot::UpdateMode;

use super::open::open;
use super::output::or_say;
use super::targets::Targets;
use crate::args::{ExportArgs, ExportFormat, OutputSource};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::screen;

/// Runs the command.
pub(crate) fn run(targets: &Targets, args: &ExportArgs) -> Result<Exit, CommandError> {
    let store = targets.project.as_ref().filter(|_| args.outputs == OutputSource::Snapshots);
    let store = store.map(|project| super::store::store(project, UpdateMode::Never));
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
        for (code, host) in page.fetched() {
            let (cell, shown) = (code.id.as_deref().unwrap_or_default(), targets.shown(path));
            let message = format!("{shown}: cell `{cell}` shows what a browser fetches from {host}: readers need a network");
            writeln!(std::io::stderr(), "warning: {message}").map_err(CommandError::Output)?;
        }
        pages.push(page);
    }
    let unless_unread = |exit: Exit| if are_all_read { exit } else { Exit::SetUp };
    if args.check {
        return Ok(if has_stale { Exit::Failures } else { unless_unread(Exit::Success) });
    }
    let output = args.output.clone().unwrap_or_default();
    let extension = output.extension().map(|extension| extension.to_string_lossy().into_owned());
    let is_file = matches!(extension.as_deref(), Some("html" | "htm" | "md" | "markdown")) && !output.is_dir();
    let format = args.format.unwrap_or(match extension.as_deref() {
        Some("md" | "markdown") => ExportFormat::Markdown,
        _ => ExportFormat::Html,
    });
    if is_file && (pages.len() > 1 || args.site || !matches!(format, ExportFormat::Html | ExportFormat::Markdown)) {
        let message = format!("{} is one file, and this writes several: name a folder", output.display());
        return Err(CommandError::Usage(message));
    }
    if args.open && !matches!(format, ExportFormat::Html) {
        return Err(CommandError::Usage("--open shows pages in HTML: leave it out, or `--format html`".to_owned()));
    }
    let title = &args.title;
    let files: BTreeMap<String, Vec<u8>> = match format {
        ExportFormat::Html if args.site || pages.len() > 1 => {
            let notebooks = targets.paths.iter().zip(&pages).map(|(path, page)| Ok((page.name.clone(), read(path)?)));
            let notebooks = notebooks.collect::<Result<_, CommandError>>()?;
            Site { title, pages: &pages, notebooks: &notebooks }.files()
        }
        ExportFormat::Html => pages.iter().map(|page| (format!("{}.html", page.name), html::render(page).into_bytes())).collect(),
        ExportFormat::Markdown => pages.iter().flat_map(of_markdown).collect(),
        ExportFormat::Mdbook => book::mdbook(title, &pages),
        ExportFormat::JupyterBook => book::jupyter_book(title, &pages),
    };
    // The page for the one file. Pictures beside it keep their own names.
    let of_file =
        |name: &str| is_file && pages.first().is_some_and(|page| Path::new(name).with_extension("") == Path::new(&page.name));
    let folder = if is_file { output.parent().unwrap_or(Path::new("")) } else { &output };
    let mut written = Vec::new();
    for (name, content) in &files {
        let path = if of_file(name) { output.clone() } else { folder.join(name) };
        written.push(write(path, content)?);
    }
    let mut out = screen::stdout();
    for path in &written {
        writeln!(out, "wrote {}", path.display()).map_err(CommandError::Output)?;
    }
    drop(out);
    let is_start = |path: &&PathBuf| path.file_name().is_some_and(|name| name == "index.html");
    let is_page = |path: &&PathBuf| path.extension().is_some_and(|extension| extension == "html" || extension == "htm");
    if let Some(page) = written.iter().find(is_start).or_else(|| written.iter().find(is_page)).filter(|_| args.open) {
        open(page);
    }
    Ok(unless_unread(Exit::Success))
}

/// A page as Markdown, and its picture files.
fn of_markdown(page: &Page) -> Vec<(String, Vec<u8>)> {
    let (text, pictures) = markdown::render(page);
    pictures.into_iter().chain([(format!("{}.md", page.name), text.into_bytes())]).collect()
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    std::fs::read(path).map_err(|source| NotebookError::Read { path: path.to_owned(), source }.into())
}

fn write(path: PathBuf, content: &[u8]) -> Result<PathBuf, CommandError> {
    match atomic_write::write(&path, content) {
        Ok(()) => Ok(path),
        Err(source) => Err(CommandError::Write { path, source }),
    }
}
