//! The settings of a kernel: from the project that it works in, or the user's own outside of a project.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use eoap_testbed::Testbed;
use nbsnap::config::Config;
use nbsnap::engines::rustc::{lock_to_begin_with, set_of};
use nbsnap::notebook::Notebook;
use nbsnap_kernel::KernelSettings;
use rust_cells::dependencies::BuildSettings;
use rust_cells::{ProcessSettings, foreign_variables};

use super::analyser::Analyser;
use super::session;
use super::targets::Place;
use crate::args::{BuildArgs, MannerArgs};
use crate::error::{CommandError, chain};
use crate::testbed_server;

/// The variable in which Jupyter names the notebook.
const NOTEBOOK: &str = "JPY_SESSION_NAME";

/// The settings of a kernel that is started in this folder.
pub(super) fn of(place: &Place<'_>, build: &BuildArgs, connection_file: &Path) -> Result<KernelSettings, CommandError> {
    // A project that cannot be used must not keep its notebooks from being opened, and mended.
    let project = place.project_if_any().unwrap_or_default();
    let usable = project.as_ref().and_then(|project| project.notebooks().ok()).map(|found| found.usable).unwrap_or_default();
    let (config, cache, lock_file) = match &project {
        Some(project) => (project.config.clone(), session::cache_dir(project, build), project.lock_file()),
        None => {
            let cache = build.cache_dir.clone().unwrap_or_else(cache_of_user);
            (Config::default(), cache.clone(), cache.join("Cargo.lock"))
        }
    };
    let directory = std::env::current_dir().unwrap_or_else(|_| PathBuf::from("."));
    let cache = std::path::absolute(&cache).unwrap_or(cache);
    Ok(KernelSettings {
        connection_file: connection_file.to_owned(),
        directory,
        cache,
        lock: lock_to_begin_with(&lock_file),
        projects: usable.iter().filter(|notebook| notebook.is_rust()).map(set_of).collect(),
        notebook: this_notebook(&usable).map(set_of).unwrap_or_default(),
        build: BuildSettings { opt_level: config.build.opt_level.clone(), optimized: config.build.optimize.clone() },
        environment: environment(),
        history: data_of_user().map(|folder| folder.join("nbsnap/history.jsonl")),
        analyser: Some(Arc::new(Analyser::default())),
    })
}

/// A testbed for the kernel's notebook, if that belongs to a project and has a scenario. If the testbed
/// cannot be set up, the notebook must still open.
pub(super) fn testbed(place: &Place<'_>, manner: MannerArgs) -> Option<Testbed> {
    let project = place.project_if_any().ok()??;
    let notebooks = project.notebooks().ok()?.usable;
    let started = testbed_server::of_notebook(&project, this_notebook(&notebooks)?, manner);
    started.unwrap_or_else(|error| {
        // Jupyter shows it in its log.
        let _ = writeln!(std::io::stderr(), "nbsnap: this notebook has no testbed of its own: {}", chain(&error));
        None
    })
}

/// The kernel's notebook, if Jupyter reports it: by a path, or by its name alone.
fn this_notebook(notebooks: &[Notebook]) -> Option<&Notebook> {
    let name = std::env::var_os(NOTEBOOK).map(PathBuf::from)?;
    let of_path = notebooks.iter().find(|notebook| notebook.path.ends_with(&name));
    of_path.or_else(|| notebooks.iter().find(|notebook| notebook.path.file_name() == name.file_name()))
}

/// The variables of this process, except those that would change how cells are compiled. A person's cells
/// get the person's environment.
fn environment() -> BTreeMap<String, String> {
    let foreign = foreign_variables();
    let of_user = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    let mut environment: BTreeMap<String, String> = of_user.filter(|(name, _)| !foreign.contains(name)).collect();
    environment.extend(ProcessSettings::usual_variables());
    environment
}

/// The build folder for notebooks outside of projects. All such notebooks of this user share it.
fn cache_of_user() -> PathBuf {
    folder_of_user("XDG_CACHE_HOME", ".cache").unwrap_or_else(std::env::temp_dir).join("nbsnap/kernel")
}

/// The folder for this user's data.
fn data_of_user() -> Option<PathBuf> {
    folder_of_user("XDG_DATA_HOME", ".local/share")
}

/// A folder of the user's, as the XDG base directory specification finds it.
fn folder_of_user(variable: &str, below_home: &str) -> Option<PathBuf> {
    let named = std::env::var_os(variable).map(PathBuf::from).filter(|folder| folder.is_absolute());
    named.or_else(|| Some(std::env::home_dir()?.join(below_home)))
}
