//! What failed notebooks leave: the executed notebook, and for pictures that differ the recorded one, the new
//! one and what differs.
//!
//! ```text
//! <folder>/<notebook>/<notebook>.ipynb
//! <folder>/<notebook>/<cell id>.image-png.{recorded,now,difference}.png
//! ```
//! The main type is [`FailedFiles`]. It leaves no files of a notebook that is as it should be.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::reporter::{Reporter, about};
use super::run::{NotebookRun, Run};
use crate::document::Document;
use crate::event::{CellProblem, Event};
use crate::files::atomic_write;
use crate::files::cache_tag::{self, CACHE_TAG};
use crate::snapshot::{Difference, PictureDifference};

/// Writes what failed notebooks leave, once they have ended.
pub struct FailedFiles {
    run: Run,
    project: PathBuf,
    folder: PathBuf,
}

impl FailedFiles {
    /// A reporter that writes below `folder`, about notebooks of `project`.
    pub fn new(project: PathBuf, folder: PathBuf) -> FailedFiles {
        FailedFiles { run: Run::default(), project, folder }
    }
}

impl Reporter for FailedFiles {
    fn report(&mut self, event: &Event) -> io::Result<()> {
        let Some(notebook) = self.run.take(event) else { return Ok(()) };
        let folder = self.folder.join(&notebook.name);
        match fs::remove_dir_all(&folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(about(&folder, error)),
            _ => remove_empty_above(&folder, &self.folder),
        }
        if notebook.is_good() {
            remove_if_only_marked(&self.folder);
            return Ok(());
        }
        // Without the mark, the next run would take the executed notebooks for notebooks of the project.
        let content = "What failed notebooks of the last run left.";
        cache_tag::mark(&self.folder, content).map_err(|error| about(&self.folder, error))?;
        write_notebook(notebook, &self.project.join(&notebook.path), &folder).map_err(|error| about(&folder, error))?;
        for run in &notebook.cells {
            for (difference, picture) in pictures(run.verdict.problems()) {
                for (path, content) in picture_files(&folder, &run.cell.id, difference, picture) {
                    atomic_write::write(&path, content).map_err(|error| about(&path, error))?;
                }
            }
        }
        Ok(())
    }
}

/// Removes the folders between a notebook's and `top` that have nothing in them any more.
fn remove_empty_above(folder: &Path, top: &Path) {
    let between = folder.ancestors().skip(1).take_while(|above| *above != top && above.starts_with(top));
    // A folder that is not empty ends it: those above hold this one.
    let _ = between.map(fs::remove_dir).try_for_each(|removed| removed);
}

/// Removes the folder when no notebook has left anything in it.
fn remove_if_only_marked(folder: &Path) {
    let is_only_marked = fs::read_dir(folder)
        .is_ok_and(|mut entries| entries.all(|entry| entry.is_ok_and(|entry| entry.file_name() == CACHE_TAG)));
    if is_only_marked {
        // If this fails, an empty folder stays.
        let _ = fs::remove_dir_all(folder);
    }
}

/// Writes the notebook with what its cells produced in this run. A file that is not a notebook is left out.
fn write_notebook(notebook: &NotebookRun, path: &Path, folder: &Path) -> io::Result<()> {
    let Ok(mut document) = Document::read(path) else { return Ok(()) };
    let records: Vec<_> = notebook.cells.iter().map(|run| run.record.as_deref().cloned()).collect();
    document.set_records(&records);
    let name = notebook.name.rsplit('/').next().unwrap_or_default();
    atomic_write::write(&folder.join(format!("{name}.ipynb")), document.text().as_bytes())
}

/// The pictures that differ.
pub(super) fn pictures(problems: &[CellProblem]) -> impl Iterator<Item = (&Difference, &PictureDifference)> {
    let differences = problems.iter().filter_map(|problem| match problem {
        CellProblem::OutputChanged { differences, .. } => Some(differences),
        _ => None,
    });
    differences.flatten().filter_map(|difference| Some((difference, difference.picture.as_ref()?)))
}

/// The files that a picture leaves, with their contents.
fn picture_files<'a>(
    folder: &Path,
    cell: &str,
    difference: &Difference,
    picture: &'a PictureDifference,
) -> impl Iterator<Item = (PathBuf, &'a [u8])> {
    let contents =
        [("recorded", Some(&picture.expected)), ("now", Some(&picture.actual)), ("difference", picture.difference.as_ref())];
    let stem = folder.join(format!("{cell}.{}", difference.section.replace(|c: char| !c.is_ascii_alphanumeric(), "-")));
    contents.into_iter().filter_map(move |(which, content)| {
        let content = content?;
        let extension = if content.starts_with(b"\xff\xd8") { "jpg" } else { "png" };
        Some((PathBuf::from(format!("{}.{which}.{extension}", stem.display())), content.as_slice()))
    })
}
