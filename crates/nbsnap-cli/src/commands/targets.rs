//! Which notebook files a command means: those of the project, or any files that are named.

use std::path::{Path, PathBuf};

use nbsnap::config::{CI_PROFILE, DEFAULT_PROFILE, LIVE_PROFILE};
use nbsnap::document::Document;
use nbsnap::notebook::{Notebook, NotebookError};
use nbsnap::project::{Project, ProjectError};
use nbsnap::run::RunError;
use nbsnap::select::{Chosen, Selection};

use super::session;
use crate::args::{Args, Command};
use crate::error::CommandError;

/// The notebook files that a command means, and the project that they are of.
pub(crate) struct Targets {
    /// The files, in order.
    pub(crate) paths: Vec<PathBuf>,
    /// The project, if there is one.
    pub(crate) project: Option<Project>,
}

/// Where the command line looks for the project, and which of its settings apply.
pub(crate) struct Place<'a> {
    named: Option<&'a Path>,
    pub(crate) profile: &'a str,
}

impl Place<'_> {
    /// What the command line says.
    pub(crate) fn of(args: &Args) -> Place<'_> {
        let is_live = match &args.command {
            Command::Test(args) => args.live.live,
            Command::Run(args) => args.live.live,
            _ => false,
        };
        let usual = || match is_live {
            true => LIVE_PROFILE,
            false if session::on_ci() => CI_PROFILE,
            false => DEFAULT_PROFILE,
        };
        let profile = args.profile.as_deref().unwrap_or_else(usual);
        Place { named: args.project.as_deref(), profile }
    }

    /// Whether the command line names a project.
    pub(crate) fn is_named(&self) -> bool {
        self.named.is_some()
    }

    /// The folder that the command line names.
    pub(crate) fn named(&self) -> Option<&Path> {
        self.named
    }

    /// The project that is named, or the one that this folder is in.
    pub(crate) fn project(&self) -> Result<Project, CommandError> {
        Ok(Project::find(self.named.unwrap_or(Path::new(".")), self.profile)?)
    }

    /// The project, if there is one. A named project must exist.
    pub(crate) fn project_if_any(&self) -> Result<Option<Project>, CommandError> {
        match self.project() {
            Err(CommandError::Project(ProjectError::NotFound { .. })) if !self.is_named() => Ok(None),
            found => found.map(Some),
        }
    }

    /// The project: the named one, or that of the files and folders among `names`, or the one around this
    /// folder.
    pub(crate) fn project_of(&self, names: &[String]) -> Result<Project, CommandError> {
        let mut paths = names.iter().map(|name| Path::new(name.split("::").next().unwrap_or(name)));
        let folder = paths.find_map(|path| match path.extension().is_some_and(|extension| extension == "ipynb") {
            true => path.parent().filter(|folder| path.is_file() && !folder.as_os_str().is_empty()),
            false => Some(path).filter(|path| path.is_dir()),
        });
        let found = folder.filter(|_| self.named.is_none()).map(|folder| Project::find(folder, self.profile));
        match found {
            // A folder elsewhere may have the name of a notebook of this project.
            None | Some(Err(ProjectError::NotFound { .. })) => self.project(),
            Some(found) => Ok(found?),
        }
    }
}

/// Names, with absolute paths for existing files, and the project's names for existing folders. `01.ipynb` in
/// a folder means that file, whatever else has its name; `.` means all that is in this folder.
pub(crate) fn with_whole_paths(project: &Project, names: &[String]) -> Vec<String> {
    let whole = |name: &String| {
        let (path, cell) = name.split_once("::").map_or((name.as_str(), None), |(path, cell)| (path, Some(cell)));
        let found = Path::new(path).canonicalize().ok()?;
        let whole = match path.ends_with(".ipynb") && found.is_file() {
            true => found.to_str()?.to_owned(),
            false => project.name_of_folder(&found).or_else(|| {
                // Only a folder is called so. That no notebook is in it is an error by its whole path.
                let is_folder = found.is_dir() && (path.ends_with(['/', '.']));
                is_folder.then(|| format!("{}/", found.display()))
            })?,
        };
        Some(whole + &cell.map(|cell| format!("::{cell}")).unwrap_or_default())
    };
    names.iter().map(|name| whole(name).unwrap_or_else(|| name.clone())).collect()
}

impl Targets {
    /// Finds the targets. A name that is an existing file means that file, and one of a folder the
    /// notebooks in it. Other names mean notebooks of the project. No name means all of them.
    pub(crate) fn find(place: &Place<'_>, names: &[String]) -> Result<Targets, CommandError> {
        let is_file = |name: &&String| name.ends_with(".ipynb") && Path::new(name.as_str()).is_file();
        let mut paths: Vec<PathBuf> = names.iter().filter(is_file).map(PathBuf::from).collect();
        let others: Vec<String> = names.iter().filter(|name| !is_file(name)).cloned().collect();
        if others.is_empty() && !names.is_empty() {
            // Without a named project, a file belongs to the project around it, if there is one.
            let folder = paths[0].parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let project = match Project::find(place.named.unwrap_or(folder), place.profile) {
                Ok(project) => Some(project),
                Err(ProjectError::NotFound { .. }) if place.named.is_none() => None,
                Err(error) => return Err(error.into()),
            };
            return Ok(Targets { paths, project });
        }
        let project = place.project_of(&others)?;
        let notebooks = project.notebooks()?;
        if notebooks.names().is_empty() {
            return Err(RunError::NoNotebooks { folder: project.notebooks_dir() }.into());
        }
        let chosen = Selection::of_names(&with_whole_paths(&project, &others)).choose(&notebooks)?;
        if chosen.iter().any(|chosen| chosen.cells.is_some()) {
            return Err(CommandError::Usage("this command takes whole notebooks: leave out `::` and what follows it".into()));
        }
        for Chosen { name, .. } in chosen {
            let usable = notebooks.usable.iter().map(|notebook| (&notebook.name, &notebook.path));
            let unusable = notebooks.unusable.iter().map(|(name, path, _)| (name, path));
            paths.extend(usable.chain(unusable).filter(|(known, _)| **known == name).map(|(_, path)| path.clone()));
        }
        Ok(Targets { paths, project: Some(project) })
    }

    /// The notebook that a document is, with its name in the project.
    pub(crate) fn notebook(&self, document: &Document) -> Result<Notebook, NotebookError> {
        Ok(Notebook { name: self.name_of(document.path()), ..document.notebook()? })
    }

    /// A notebook's name: that in its project, or that of its file.
    pub(crate) fn name_of(&self, path: &Path) -> String {
        // A link has its own name, if it is in the project, wherever it leads.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let whole = folder.canonicalize().ok().zip(path.file_name()).map(|(folder, name)| folder.join(name));
        let root = self.project.as_ref().map(|project| &project.root);
        let whole = whole.filter(|whole| root.is_some_and(|root| whole.starts_with(root)));
        let path = &whole.or_else(|| path.canonicalize().ok()).unwrap_or_else(|| path.to_owned());
        let stem = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        self.project.as_ref().map_or_else(stem, |project| project.name_of(path))
    }

    /// A file's name for people: relative to the project's folder, or as the user has named it.
    pub(crate) fn shown(&self, path: &Path) -> String {
        let root = self.project.as_ref().map(|project| project.root.as_path());
        root.and_then(|root| path.strip_prefix(root).ok()).unwrap_or(path).display().to_string()
    }
}
