//! What a kernel is started with.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use rust_cells::dependencies::{BuildSettings, DependencySet};

use crate::AnalyserProgram;

/// What a kernel is started with.
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
    /// What the notebooks of the project depend on: what was built for one of them is taken where it covers
    /// what cells ask for.
    pub projects: Vec<DependencySet>,
    /// What the notebook as a whole depends on, as far as it is known; empty if it is not.
    pub notebook: DependencySet,
    /// How dependencies and cells are built.
    pub build: BuildSettings,
    /// All variables of the process of cells.
    pub environment: BTreeMap<String, String>,
    /// The file that keeps what was typed, if it is to be kept.
    pub history: Option<PathBuf>,
    /// The program that knows methods and library documentation, if there is to be such help.
    pub analyser: Option<Arc<dyn AnalyserProgram>>,
}
