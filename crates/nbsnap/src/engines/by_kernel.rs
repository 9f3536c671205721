//! Two engines in one: every notebook is run by the one that its kernel asks for.
//!
//! The main type is [`ByKernel`]: notebooks in Rust go to evcxr, all others, or all there are, to kernels of Jupyter's.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::engine::{Check, Engine, EngineError, Progress, Run, Worker};
use crate::engines::evcxr::Evcxr;
use crate::engines::jupyter::Jupyter;
use crate::event::Event;
use crate::notebook::Notebook;

/// Runs notebooks in Rust with evcxr embedded, and all others with the kernels that are installed for Jupyter.
pub struct ByKernel {
    evcxr: Evcxr,
    jupyter: Jupyter,
    /// Whether notebooks in Rust, too, are run by a kernel.
    kernels_only: bool,
    /// Whether there is a notebook in Rust to run, so that evcxr had to be prepared.
    is_prepared: bool,
}

impl ByKernel {
    /// Chooses between these two. With `kernels_only` notebooks in Rust, too, go to their kernel, which finds built what evcxr has prepared.
    pub fn new(evcxr: Evcxr, jupyter: Jupyter, kernels_only: bool) -> ByKernel {
        ByKernel { evcxr, jupyter, kernels_only, is_prepared: false }
    }

    /// [`Evcxr::kernel_folder`].
    ///
    /// # Errors
    /// As there.
    pub fn kernel_folder(&self) -> Result<PathBuf, EngineError> {
        self.evcxr.kernel_folder()
    }

    fn engine_for(&self, notebook: &Notebook) -> &dyn Engine {
        if notebook.is_rust() && !self.kernels_only { &self.evcxr } else { &self.jupyter }
    }
}

impl Engine for ByKernel {
    fn name(&self) -> &'static str {
        if self.kernels_only { self.jupyter.name() } else { self.evcxr.name() }
    }

    fn name_for(&self, notebook: &Notebook) -> &'static str {
        self.engine_for(notebook).name()
    }

    fn prepare(&mut self, all: &[Notebook], selected: &[Notebook], emit: &mut dyn FnMut(Event)) -> Result<(), EngineError> {
        let in_rust = |notebooks: &[Notebook]| -> Vec<Notebook> {
            notebooks.iter().filter(|notebook| notebook.is_rust()).cloned().collect()
        };
        let selected = in_rust(selected);
        self.is_prepared = !selected.is_empty();
        if self.is_prepared { self.evcxr.prepare(&in_rust(all), &selected, emit) } else { Ok(()) }
    }

    fn fingerprint(&self) -> Result<BTreeMap<String, String>, EngineError> {
        self.evcxr.fingerprint()
    }

    fn sources(&self) -> &[PathBuf] {
        self.evcxr.sources()
    }

    fn knows_inputs(&self, notebook: &Notebook) -> bool {
        self.engine_for(notebook).knows_inputs(notebook)
    }

    fn worker(&self, number: usize) -> Result<Box<dyn Worker + '_>, EngineError> {
        let evcxr = if self.is_prepared && !self.kernels_only { Some(self.evcxr.worker(number)?) } else { None };
        let folder = if self.is_prepared && self.kernels_only { Some(self.evcxr.worker_folder(number)?) } else { None };
        Ok(Box::new(EitherWorker { evcxr, jupyter: self.jupyter.worker_with(folder) }))
    }
}

/// A worker of each engine.
struct EitherWorker<'a> {
    /// None where no notebook is its.
    evcxr: Option<Box<dyn Worker + 'a>>,
    jupyter: Box<dyn Worker + 'a>,
}

impl<'a> EitherWorker<'a> {
    fn of(&mut self, notebook: &Notebook) -> &mut (dyn Worker + 'a) {
        match &mut self.evcxr {
            Some(evcxr) if notebook.is_rust() => &mut **evcxr,
            _ => &mut *self.jupyter,
        }
    }
}

impl Worker for EitherWorker<'_> {
    fn check(&mut self, run: &Run<'_>) -> Result<Check, EngineError> {
        self.of(run.notebook).check(run)
    }

    fn run(&mut self, run: &Run<'_>, report: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>) -> Result<(), EngineError> {
        self.of(run.notebook).run(run, report)
    }
}
