//! The engine as the runner sees it: any kernel that is installed for Jupyter.
//!
//! The main type is [`Jupyter`]. It prepares nothing: what a kernel needs is installed where the kernel is.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::kernelspec::Kernelspecs;
use super::run::JupyterWorker;
use super::rust::Rust;
use super::{environment, forks};
use crate::engine::{Engine, EngineError, Interrupt, Worker};
use crate::engines::fingerprint;
use crate::event::Event;
use crate::files::digest::digest;
use crate::notebook::Notebook;

/// How kernels are found and started.
#[derive(Clone, Debug)]
pub struct JupyterSettings {
    /// Where kernels are looked for.
    pub kernelspecs: Kernelspecs,
    /// How long a kernel may take until it answers.
    pub start_timeout: Duration,
    /// Set when the user wants to stop.
    pub interrupt: Interrupt,
}

/// The engine that runs notebooks with kernels of Jupyter's.
#[derive(Debug)]
pub struct Jupyter {
    settings: JupyterSettings,
}

impl Jupyter {
    /// An engine that has not started anything yet.
    pub fn new(settings: JupyterSettings) -> Jupyter {
        Jupyter { settings }
    }

    /// Whether a notebook's kernel is evcxr's.
    pub(crate) fn is_evcxr(&self, notebook: &Notebook) -> bool {
        self.settings.kernelspecs.is_evcxr(notebook)
    }

    /// A worker whose kernels of evcxr's find in `folder` what notebooks depend on, built at this opt-level;
    /// one kernel at a time may use it.
    pub(crate) fn worker_with(&self, folder: Option<(PathBuf, String)>) -> Box<dyn Worker + '_> {
        Box::new(JupyterWorker::new(&self.settings, Rust::new(folder)))
    }
}

impl Engine for Jupyter {
    fn name(&self) -> &'static str {
        "jupyter"
    }

    fn prepare(&mut self, _all: &[Notebook], _selected: &[Notebook], _emit: &mut dyn FnMut(Event)) -> Result<(), EngineError> {
        Ok(())
    }

    fn fingerprint(&self) -> Result<BTreeMap<String, String>, EngineError> {
        Ok(BTreeMap::from([("engine".to_owned(), self.name().to_owned())]))
    }

    fn fingerprint_for(&self, notebook: &Notebook) -> Result<BTreeMap<String, String>, EngineError> {
        let mut parts = fingerprint::of_runner(self.name())?;
        let spec = self.settings.kernelspecs.find(&notebook.kernel, notebook.language.as_deref());
        let spec = spec.map_err(|error| EngineError::Failed { message: error.to_string() })?;
        // The folder and the file are others in each run.
        let folder = Path::new("[PRIVATE]");
        let mut variables = environment::variables(folder);
        variables.extend(spec.variables(&variables));
        let started = format!("{:?} {variables:?}", spec.arguments(&folder.join("connection.json")));
        parts.insert("kernel".to_owned(), digest(started.as_bytes()));
        Ok(parts)
    }

    fn knows_inputs(&self, notebook: &Notebook) -> bool {
        let spec = self.settings.kernelspecs.find(&notebook.kernel, notebook.language.as_deref());
        spec.is_ok_and(|spec| forks::is_forked(&spec.arguments(Path::new(""))))
    }

    fn sources(&self) -> &[PathBuf] {
        &[]
    }

    fn worker(&self, _number: usize) -> Result<Box<dyn Worker + '_>, EngineError> {
        Ok(self.worker_with(None))
    }
}
