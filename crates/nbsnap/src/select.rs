//! Which notebooks a command selects, and how far each of them runs.
//!
//! The main type is [`Selection`]: names, a [`Filter`] and a [`Partition`]. Each narrows what the others
//! leave. This module reads no file.

mod filter;
mod partition;

use std::path::{Path, PathBuf};

pub use filter::{Filter, FilterError};
pub use partition::{Partition, PartitionError};

use crate::notebook::Notebook;
use crate::project::Notebooks;
use crate::scope::Glob;

/// Why a selection cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SelectError {
    /// No notebook has the name that was asked for.
    #[error("no notebook is called `{name}`; there are: {known}")]
    NoSuchNotebook {
        /// What was asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// No notebook is in the folder that was asked for.
    #[error("there is no notebook in `{folder}`; there are: {known}")]
    NoneInFolder {
        /// The folder.
        folder: String,
        /// The names there are.
        known: String,
    },
    /// The file exists, but does not belong to the project.
    #[error("{path} is there, but {why} of nbsnap.toml")]
    NotOfProject {
        /// The file.
        path: PathBuf,
        /// What in the settings leaves it out.
        why: &'static str,
    },
    /// The notebook has no such cell.
    #[error("notebook {notebook} has no code cell `{cell}`; there are: {known}")]
    NoSuchCell {
        /// The notebook.
        notebook: String,
        /// What was asked for.
        cell: String,
        /// The ids there are.
        known: String,
    },
    /// A name is a pattern that cannot be read.
    #[error("{reason}")]
    Pattern {
        /// What is wrong with it.
        reason: String,
    },
}

/// Which notebooks are selected. The default selects all.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Names, files, folders with `/` at their ends, beginnings of names, or globs. `./` is all. Each may
    /// end with `::` and the id of a cell, or a glob for ids. If empty, all notebooks are selected.
    pub names: Vec<String>,
    /// What a notebook must be like.
    pub filter: Option<Filter>,
    /// The selected share of the notebooks.
    pub partition: Option<Partition>,
}

/// A selected notebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chosen {
    /// Its name.
    pub name: String,
    /// How many of its code cells run, from the first on. `None` means all. A cell cannot run without those
    /// before it.
    pub cells: Option<usize>,
}

impl Selection {
    /// The notebooks with these names. Without names, all.
    pub fn of_names(names: &[String]) -> Selection {
        Selection { names: names.to_owned(), ..Selection::default() }
    }

    /// Whether every notebook is selected.
    pub(crate) fn is_all(&self) -> bool {
        self.is_share_of_all() && self.partition.is_none()
    }

    /// Whether every notebook is selected, or one partition of all.
    pub(crate) fn is_share_of_all(&self) -> bool {
        self.names.is_empty() && self.filter.is_none()
    }

    /// The names of the selected notebooks.
    ///
    /// # Errors
    /// As [`Selection::choose`].
    pub fn names_of(&self, notebooks: &Notebooks) -> Result<Vec<String>, SelectError> {
        Ok(self.choose(notebooks)?.into_iter().map(|chosen| chosen.name).collect())
    }

    /// The selected notebooks, by name. They include files that cannot be tested, unless a filter reads
    /// notebooks.
    ///
    /// # Errors
    /// When a name matches no notebook, or a notebook has no such cell. It is not an error if a filter or a
    /// partition matches nothing.
    pub fn choose(&self, notebooks: &Notebooks) -> Result<Vec<Chosen>, SelectError> {
        let of_name = |name: &str| notebooks.usable.iter().find(|notebook| notebook.name == name);
        let mut chosen = self.by_name(notebooks)?;
        if let Some(filter) = &self.filter {
            chosen.retain(|chosen| match of_name(&chosen.name) {
                Some(notebook) => filter.matches(notebook),
                None => filter.matches_name(&chosen.name),
            });
        }
        if let Some(partition) = &self.partition {
            let names = notebooks.names();
            chosen.retain(|chosen| partition.holds(&chosen.name, &names));
        }
        Ok(chosen)
    }

    fn by_name(&self, notebooks: &Notebooks) -> Result<Vec<Chosen>, SelectError> {
        let names = notebooks.names();
        let whole = |name: &str| Chosen { name: name.to_owned(), cells: None };
        if self.names.is_empty() {
            return Ok(names.into_iter().map(whole).collect());
        }
        let mut chosen: Vec<Chosen> = Vec::new();
        for asked in &self.names {
            let (asked_notebook, asked_cell) = match asked.rsplit_once("::") {
                Some((notebook, cell)) => (notebook, Some(cell)),
                None => (asked.as_str(), None),
            };
            // Another notebook may have the end of this one's path as its name.
            if let Some(why) = notebooks.why_not(Path::new(asked_notebook)) {
                return Err(SelectError::NotOfProject { path: asked_notebook.into(), why });
            }
            for name in meant(asked_notebook, &names)? {
                let notebook = notebooks.usable.iter().find(|notebook| notebook.name == name);
                let cells = match (asked_cell, notebook) {
                    (Some(cell), Some(notebook)) => Some(last_cell(notebook, cell)?),
                    _ => None,
                };
                match chosen.iter_mut().find(|chosen| chosen.name == name) {
                    // The notebook is selected twice: the selection with more cells counts.
                    Some(known) => known.cells = known.cells.zip(cells).map(|(one, other)| one.max(other)),
                    None => chosen.push(Chosen { name: name.to_owned(), cells }),
                }
            }
        }
        chosen.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(chosen)
    }
}

/// The names that `asked` selects: the equal one, or those that match it if it is a glob, or those that
/// begin with it. With `/` at its end it is a folder, and selects what is in it.
fn meant<'a>(asked: &str, names: &[&'a str]) -> Result<Vec<&'a str>, SelectError> {
    let whole = asked.strip_suffix(".ipynb").unwrap_or(asked);
    let whole = whole.strip_prefix("./").unwrap_or(whole);
    let last = |name: &'a str| name.rsplit('/').next().unwrap_or(name);
    let stem = whole.rsplit('/').next().unwrap_or(whole);
    let those = |is_meant: &dyn Fn(&'a str) -> bool| names.iter().copied().filter(|name| is_meant(name)).collect::<Vec<_>>();
    if asked.ends_with('/') {
        let found = those(&|name| name.starts_with(whole));
        let none = || SelectError::NoneInFolder { folder: asked.to_owned(), known: names.join(", ") };
        return if found.is_empty() { Err(none()) } else { Ok(found) };
    }
    let mut found = those(&|name| name == whole);
    if found.is_empty() {
        // A path that ends with a notebook's name: the longest such name is the nearest.
        found = those(&|name| Path::new(whole).ends_with(name));
        let longest = found.iter().map(|name| name.len()).max();
        found.retain(|name| Some(name.len()) == longest);
    }
    if found.is_empty() && Glob::is_pattern(whole) {
        let glob = |pattern: &str| Glob::new(pattern).map_err(|reason| SelectError::Pattern { reason });
        let (of_whole, of_last) = (glob(whole)?, glob(stem)?);
        found = those(&|name| of_whole.matches(name));
        for pattern in [&of_whole, &of_last] {
            if found.is_empty() {
                found = those(&|name| pattern.matches_notebook(name));
            }
        }
    }
    for is_meant in [
        &(|name: &'a str| Path::new(name).ends_with(whole)) as &dyn Fn(&'a str) -> bool,
        &|name| name.starts_with(whole),
        &|name| last(name).starts_with(stem),
    ] {
        if found.is_empty() && !stem.is_empty() {
            found = those(is_meant);
        }
    }
    if found.is_empty() {
        return Err(SelectError::NoSuchNotebook { name: asked.to_owned(), known: names.join(", ") });
    }
    Ok(found)
}

/// The number of the last cell that `asked`, an id or a glob, means.
fn last_cell(notebook: &Notebook, asked: &str) -> Result<usize, SelectError> {
    let glob = Glob::new(asked).map_err(|reason| SelectError::Pattern { reason })?;
    let last = notebook.cells.iter().rev().find(|cell| cell.id == asked || glob.matches(&cell.id));
    last.map(|cell| cell.number).ok_or_else(|| SelectError::NoSuchCell {
        notebook: notebook.name.clone(),
        cell: asked.to_owned(),
        known: notebook.cells.iter().map(|cell| cell.id.as_str()).collect::<Vec<_>>().join(", "),
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::notebook::CodeCell;

    /// Notebooks with three cells each, `a`, `b` and `c`.
    pub(crate) fn notebooks(names: &[&str]) -> Notebooks {
        let cell = |(index, id): (usize, &str)| CodeCell { number: index + 1, id: id.into(), ..CodeCell::default() };
        let notebook = |name: &&str| Notebook {
            name: (*name).to_owned(),
            path: format!("notebooks/{name}.ipynb").into(),
            cells: ["a", "b", "c"].into_iter().enumerate().map(cell).collect(),
            ..Notebook::default()
        };
        Notebooks { usable: names.iter().map(notebook).collect(), ..Notebooks::default() }
    }

    fn choose(names: &[&str]) -> Result<Vec<(String, Option<usize>)>, String> {
        let selection = Selection::of_names(&names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>());
        let chosen = selection.choose(&notebooks(&["01-deploy", "02-list", "02-list-more", "03-run"]));
        chosen.map(|all| all.into_iter().map(|one| (one.name, one.cells)).collect()).map_err(|error| error.to_string())
    }

    fn names(asked: &[&str]) -> Vec<String> {
        choose(asked).unwrap().into_iter().map(|(name, _)| name).collect()
    }

    #[test]
    fn notebooks_are_meant_by_name_file_beginning_and_glob() {
        assert_eq!(names(&[]).len(), 4);
        assert_eq!(names(&["02-list"]), ["02-list"], "a whole name means only itself");
        assert_eq!(names(&["02"]), ["02-list", "02-list-more"]);
        assert_eq!(names(&["03", "notebooks/01-deploy.ipynb"]), ["01-deploy", "03-run"]);
        assert_eq!(names(&["*list*"]), ["02-list", "02-list-more"]);
        assert_eq!(names(&["0[13]-*"]), ["01-deploy", "03-run"]);
        assert_eq!(
            choose(&["lob"]).unwrap_err(),
            "no notebook is called `lob`; there are: 01-deploy, 02-list, 02-list-more, 03-run"
        );
        assert!(choose(&["x*"]).is_err() && choose(&["[x"]).unwrap_err().contains("no pattern"));
    }

    #[test]
    fn a_notebook_in_a_folder_is_meant_by_its_path_or_its_end() {
        let known = notebooks(&["01-intro", "week1/01-intro", "week1/02-more", "week2/02-more"]);
        let names = |asked: &str| -> Vec<String> {
            let chosen = Selection::of_names(&[asked.to_owned()]).choose(&known);
            chosen.unwrap_or_default().into_iter().map(|chosen| chosen.name).collect()
        };
        assert_eq!(names("week1/01-intro"), ["week1/01-intro"]);
        assert_eq!(names("01-intro"), ["01-intro"]);
        assert_eq!(names("02-more"), ["week1/02-more", "week2/02-more"]);
        assert_eq!(names("notebooks/week1/01-intro.ipynb"), ["week1/01-intro"]);
        assert_eq!(names("./notebooks/01-intro.ipynb"), ["01-intro"]);
        assert_eq!(names("week1/"), ["week1/01-intro", "week1/02-more"]);
        assert_eq!(names("./"), ["01-intro", "week1/01-intro", "week1/02-more", "week2/02-more"]);
        assert!(names("").is_empty() && names("week/").is_empty());
        assert_eq!(names("week*/02*"), ["week1/02-more", "week2/02-more"]);
        assert_eq!(names("02"), ["week1/02-more", "week2/02-more"]);
        assert!(names("week3").is_empty());
    }

    #[test]
    fn a_cell_runs_with_those_before_it() {
        assert_eq!(choose(&["03::b"]), Ok(vec![("03-run".into(), Some(2))]));
        assert_eq!(choose(&["03::[ab]", "03::a"]), Ok(vec![("03-run".into(), Some(2))]));
        assert_eq!(choose(&["03::a", "03"]), Ok(vec![("03-run".into(), None)]));
        assert_eq!(choose(&["03::d"]).unwrap_err(), "notebook 03-run has no code cell `d`; there are: a, b, c");
    }
}
