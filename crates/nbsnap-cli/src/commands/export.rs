//! `nbsnap export`: writes notebooks as pages to be read, without running anything.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};

use nbsnap::document::Document;
use nbsnap::export::site::Site;
use nbsnap::export::{Page, book, html, links, markdown};
use nbsnap::files::atomic_write;
use nbsnap::snapshot::UpdateMode;

use super::open::open;
use super::output::or_explain;
use super::targets::Targets;
use crate::args::{ExportArgs, ExportFormat, OutputSource};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::screen;

/// Runs the command.
pub(crate) fn run(targets: &Targets, args: &ExportArgs) -> Result<Exit, CommandError> {
    let (paths, pages) = pages(targets, args)?;
    let unless_unread = |exit: Exit| if paths.len() == targets.paths.len() { exit } else { Exit::SetUp };
    let finds_faults = warn(targets, &paths, &pages)?;
    if args.check {
        return Ok(if finds_faults { Exit::Failures } else { unless_unread(Exit::Success) });
    }
    let place = Place::of(args, pages.len())?;
    let mut written = Vec::new();
    for (name, content) in files(&place, args, &paths, &pages)? {
        written.push(write(place.path(&name, &pages), &content)?);
    }
    for (name, from) in links::taken_along(&pages) {
        written.push(write(place.beside_pages().join(name), &read(from)?)?);
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

/// The pages of the notebooks that can be read, and their files.
fn pages<'t>(targets: &'t Targets, args: &ExportArgs) -> Result<(Vec<&'t Path>, Vec<Page>), CommandError> {
    let project = targets.project.as_ref();
    let store = project.filter(|_| args.outputs == OutputSource::Snapshots);
    let store = store.map(|project| super::store::store(project, UpdateMode::Never));
    let (mut paths, mut pages) = (Vec::new(), Vec::new());
    for path in &targets.paths {
        let Some(document) = or_explain(Document::read(path))? else { continue };
        pages.push(Page::new(&targets.name_of(path), &document, store.as_ref(), project.map(|project| project.root.as_path()))?);
        paths.push(path.as_path());
    }
    Ok((paths, pages))
}

/// Says what a reader of the pages will miss, and whether an author has to mend something.
fn warn(targets: &Targets, paths: &[&Path], pages: &[Page]) -> Result<bool, CommandError> {
    let (mut finds_faults, mut texts) = (false, Vec::new());
    for (path, page) in paths.iter().zip(pages) {
        let shown = targets.shown(path);
        for code in page.stale() {
            let (cell, name) = (code.id.as_deref().unwrap_or_default(), targets.name_of(path));
            texts.push(format!("{shown}: cell `{cell}` was edited after its output was recorded: run `nbsnap test {name}`"));
            finds_faults = true;
        }
        for (code, host) in page.fetched() {
            let cell = code.id.as_deref().unwrap_or_default();
            texts.push(format!("{shown}: cell `{cell}` shows what a browser fetches from {host}: readers need a network"));
        }
        for (link, dead) in links::dead(page, pages) {
            // A cell may have the link twice.
            texts.push(format!("{shown}: cell `{}` links to `{}`, which readers cannot find: {dead}", link.cell, link.address));
            finds_faults = true;
        }
    }
    let mut said = BTreeSet::new();
    texts.retain(|text| said.insert(text.clone()));
    let mut err = screen::stderr();
    for text in texts {
        writeln!(err, "warning: {text}").map_err(CommandError::Output)?;
    }
    Ok(finds_faults)
}

/// Where the pages go, and in which format.
struct Place {
    format: ExportFormat,
    folder: PathBuf,
    /// The one file, where it is named.
    file: Option<PathBuf>,
}

impl Place {
    fn of(args: &ExportArgs, count: usize) -> Result<Place, CommandError> {
        let output = args.output.clone().unwrap_or_default();
        let extension = output.extension().map(|extension| extension.to_string_lossy().into_owned());
        let is_file = matches!(extension.as_deref(), Some("html" | "htm" | "md" | "markdown")) && !output.is_dir();
        let format = args.format.unwrap_or(match extension.as_deref() {
            Some("md" | "markdown") => ExportFormat::Markdown,
            _ => ExportFormat::Html,
        });
        if is_file && (count > 1 || args.site || !matches!(format, ExportFormat::Html | ExportFormat::Markdown)) {
            let message = format!("{} is one file, and this writes several: name a folder", output.display());
            return Err(CommandError::Usage(message));
        }
        if args.open && !matches!(format, ExportFormat::Html) {
            return Err(CommandError::Usage("--open shows pages in HTML: leave it out, or `--format html`".to_owned()));
        }
        Ok(match is_file {
            true => Place { format, folder: output.parent().unwrap_or(Path::new("")).to_owned(), file: Some(output) },
            false => Place { format, folder: output, file: None },
        })
    }

    /// The folder that the pages are in.
    fn beside_pages(&self) -> PathBuf {
        match self.format {
            ExportFormat::Mdbook => self.folder.join(book::PAGES_OF_MDBOOK),
            _ => self.folder.clone(),
        }
    }

    /// The path of one of the files. The page for the one file has the name of that; pictures beside it keep
    /// their own.
    fn path(&self, name: &str, pages: &[Page]) -> PathBuf {
        let is_page = || pages.first().is_some_and(|page| Path::new(name).with_extension("") == Path::new(&page.name));
        match &self.file {
            Some(file) if is_page() => file.clone(),
            _ => self.folder.join(name),
        }
    }
}

/// The files of all pages, by their paths in the folder.
fn files(place: &Place, args: &ExportArgs, paths: &[&Path], pages: &[Page]) -> Result<BTreeMap<String, Vec<u8>>, CommandError> {
    let title = &args.title;
    Ok(match place.format {
        ExportFormat::Html if args.site || pages.len() > 1 => {
            let notebooks = paths.iter().zip(pages).map(|(path, page)| Ok((page.name.clone(), read(path)?)));
            let notebooks = notebooks.collect::<Result<_, CommandError>>()?;
            Site { title, pages, notebooks: &notebooks }.files()
        }
        ExportFormat::Html => pages.iter().map(|page| (format!("{}.html", page.name), html::render(page).into_bytes())).collect(),
        ExportFormat::Markdown => {
            let of_page = |page: &Page| {
                let (text, pictures) = markdown::render(page, pages);
                pictures.into_iter().chain([(format!("{}.md", page.name), text.into_bytes())])
            };
            pages.iter().flat_map(of_page).collect()
        }
        ExportFormat::Mdbook => book::mdbook(title, pages),
        ExportFormat::JupyterBook => book::jupyter_book(title, pages),
    })
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    std::fs::read(path).map_err(|source| CommandError::Read { path: path.to_owned(), source })
}

fn write(path: PathBuf, content: &[u8]) -> Result<PathBuf, CommandError> {
    match atomic_write::write(&path, content) {
        Ok(()) => Ok(path),
        Err(source) => Err(CommandError::Write { path, source }),
    }
}
