//! Two engines in one: every notebook is run by the one that its kernel asks for.
//!
//! The main type is [`ByKernel`]: notebooks in Rust go to the engine that was chosen for them, all others to kernels of Jupyter's.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::engine::{Check, Engine, EngineError, Progress, Run, Worker};
use crate::engines::evcxr::Evcxr;
use crate::engines::jupyter::Jupyter;
use crate::event::Event;
use crate::notebook::Notebook;

/// Runs notebooks in Rust with one engine, and all others with the kernels that are installed for Jupyter.
pub struct ByKernel {
    for_rust: ForRust,
    jupyter: Jupyter,
    /// Whether there is a notebook in Rust to run, so that something had to be prepared.
    is_prepared: bool,
}

/// What runs notebooks in Rust.
pub enum ForRust {
    /// This engine.
    Engine(Box<dyn Engine>),
    /// The kernel that the notebook names, which finds built what evcxr has prepared.
    Kernel(Evcxr),
}

impl ForRust {
    /// What prepares.
    fn preparing(&self) -> &dyn Engine {
        match self {
            ForRust::Engine(engine) => &**engine,
            ForRust::Kernel(evcxr) => evcxr,
        }
    }

    fn preparing_mut(&mut self) -> &mut dyn Engine {
        match self {
            ForRust::Engine(engine) => &mut **engine,
            ForRust::Kernel(evcxr) => evcxr,
        }
    }
}

impl ByKernel {
    /// Chooses between these two.
    pub fn new(for_rust: ForRust, jupyter: Jupyter) -> ByKernel {
        ByKernel { for_rust, jupyter, is_prepared: false }
    }

    /// [`Evcxr::kernel_folder`], where kernels run notebooks in Rust.
    ///
    /// # Errors
    /// As there, and where another engine runs them.
    pub fn kernel_folder(&self) -> Result<PathBuf, EngineError> {
        match &self.for_rust {
            ForRust::Kernel(evcxr) => evcxr.kernel_folder(),
            ForRust::Engine(engine) => {
                Err(EngineError::Failed { message: format!("engine {} builds nothing for kernels", engine.name()) })
            }
        }
    }

    fn engine_for(&self, notebook: &Notebook) -> &dyn Engine {
        match &self.for_rust {
            ForRust::Engine(engine) if notebook.is_rust() => &**engine,
            _ => &self.jupyter,
        }
    }
}

impl Engine for ByKernel {
    fn name(&self) -> &'static str {
        match &self.for_rust {
            ForRust::Engine(engine) => engine.name(),
            ForRust::Kernel(_) => self.jupyter.name(),
        }
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
        if self.is_prepared { self.for_rust.preparing_mut().prepare(&in_rust(all), &selected, emit) } else { Ok(()) }
    }

    fn fingerprint(&self) -> Result<BTreeMap<String, String>, EngineError> {
        self.for_rust.preparing().fingerprint()
    }

    fn sources(&self) -> &[PathBuf] {
        self.for_rust.preparing().sources()
    }

    fn knows_inputs(&self, notebook: &Notebook) -> bool {
        self.engine_for(notebook).knows_inputs(notebook)
    }

    fn worker(&self, number: usize) -> Result<Box<dyn Worker + '_>, EngineError> {
        let (mut own, mut folder) = (None, None);
        match &self.for_rust {
            _ if !self.is_prepared => {}
            ForRust::Engine(engine) => own = Some(engine.worker(number)?),
            ForRust::Kernel(evcxr) => folder = Some(evcxr.worker_folder(number)?),
        }
        Ok(Box::new(EitherWorker { own, jupyter: self.jupyter.worker_with(folder) }))
    }
}

/// A worker of each engine.
struct EitherWorker<'a> {
    /// Of the engine for Rust, where it has notebooks to run.
    own: Option<Box<dyn Worker + 'a>>,
    jupyter: Box<dyn Worker + 'a>,
}

impl<'a> EitherWorker<'a> {
    fn of(&mut self, notebook: &Notebook) -> &mut (dyn Worker + 'a) {
        match &mut self.own {
            Some(own) if notebook.is_rust() => &mut **own,
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
