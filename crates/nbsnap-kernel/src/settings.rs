//! The settings of a kernel.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use rust_cells::dependencies::{BuildSettings, DependencySet};

use crate::AnalyserProgram;

/// The settings of a kernel.
#[derive(Clone, Debug)]
pub struct KernelSettings {
    /// The connection file that Jupyter has written.
    pub connection_file: PathBuf,
    /// The folder of the notebook: cells run in it, and relative paths begin there.
    pub directory: PathBuf,
    /// The folder for builds, kept from kernel to kernel.
    pub cache: PathBuf,
    /// The text of the lock file that pins what cells depend on, if there is one.
    pub lock: Option<String>,
    /// The dependencies of the project's notebooks. A library that was built for one of them is used if it
    /// covers what cells ask for.
    pub projects: Vec<DependencySet>,
    /// The dependencies of the whole notebook. Empty if they are unknown.
    pub notebook: DependencySet,
    /// How dependencies and cells are built.
    pub build: BuildSettings,
    /// All variables of the process of cells.
    pub environment: BTreeMap<String, String>,
    /// The file that keeps the history, if there is one.
    pub history: Option<PathBuf>,
    /// The program that knows methods and library documentation, if such help is wanted.
    pub analyser: Option<Arc<dyn AnalyserProgram>>,
}
