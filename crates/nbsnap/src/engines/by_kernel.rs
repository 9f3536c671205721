//! Two engines in one: every notebook is run by the one that its kernel asks for.
//!
//! The main type is [`ByKernel`]. Notebooks in Rust go to an engine for Rust, or to kernels like all others.
//! The others go to kernels of Jupyter's.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;

use crate::engine::{Check, Engine, EngineError, Progress, Run, Worker};
use crate::engines::evcxr::Evcxr;
use crate::engines::jupyter::Jupyter;
use crate::event::Event;
use crate::notebook::Notebook;
use crate::record::Failure;

/// Runs notebooks in Rust with an engine for Rust, and all others with the kernels that are installed for
/// Jupyter.
pub struct ByKernel {
    rust: ForRust,
    jupyter: Jupyter,
    /// Whether there is a notebook in Rust to run, so that its engine had to be prepared.
    is_prepared: bool,
    /// Why notebooks in Rust cannot run, where others can: there is no toolchain, for example.
    cannot_run: Option<String>,
}

/// What runs notebooks in Rust.
enum ForRust {
    /// This engine.
    Engine(Box<dyn Engine>),
    /// Their kernels.
    Kernels(Box<Kernels>),
}

/// What builds in advance for kernels.
struct Kernels {
    /// For evcxr's kernel.
    evcxr: Evcxr,
    /// For our own.
    own: Box<dyn Engine>,
    /// Whether a notebook asks for evcxr's kernel.
    has_evcxr: bool,
    /// Whether all notebooks in Rust go to evcxr's kernel, whatever they ask for.
    only_evcxr: bool,
}

impl Kernels {
    fn preparing(&self) -> &dyn Engine {
        if self.has_evcxr { &self.evcxr } else { &*self.own }
    }
}

impl ByKernel {
    /// Runs notebooks in Rust with the first, all others with the second.
    pub fn new(rust: impl Engine + 'static, jupyter: Jupyter) -> ByKernel {
        ByKernel { rust: ForRust::Engine(Box::new(rust)), jupyter, is_prepared: false, cannot_run: None }
    }

    /// Runs all notebooks with their kernels. evcxr's kernel finds what `evcxr` has built, our own finds what
    /// `own` has built.
    pub fn kernels_only(evcxr: Evcxr, own: impl Engine + 'static, jupyter: Jupyter) -> ByKernel {
        let kernels = Kernels { evcxr, own: Box::new(own), has_evcxr: false, only_evcxr: false };
        ByKernel { rust: ForRust::Kernels(Box::new(kernels)), jupyter, is_prepared: false, cannot_run: None }
    }

    /// The same for evcxr's kernel alone, whatever kernels notebooks ask for.
    pub fn only_evcxrs(mut self) -> ByKernel {
        if let ForRust::Kernels(kernels) = &mut self.rust {
            kernels.only_evcxr = true;
        }
        self
    }

    /// [`Evcxr::kernel_folder`], of what was prepared for kernels.
    ///
    /// # Errors
    /// As there, and where notebooks in Rust do not go to kernels.
    pub fn kernel_folder(&self) -> Result<PathBuf, EngineError> {
        match &self.rust {
            ForRust::Kernels(kernels) => kernels.evcxr.kernel_folder(),
            ForRust::Engine(_) => Err(EngineError::Failed { message: "nothing was prepared for kernels".into() }),
        }
    }

    fn preparing(&self) -> &dyn Engine {
        match &self.rust {
            ForRust::Engine(engine) => &**engine,
            ForRust::Kernels(kernels) => kernels.preparing(),
        }
    }

    fn engine_for(&self, notebook: &Notebook) -> &dyn Engine {
        match &self.rust {
            ForRust::Engine(engine) if notebook.is_rust() => &**engine,
            _ => &self.jupyter,
        }
    }
}

impl Engine for ByKernel {
    fn name(&self) -> &'static str {
        match &self.rust {
            ForRust::Engine(engine) => engine.name(),
            ForRust::Kernels(_) => self.jupyter.name(),
        }
    }

    fn name_for(&self, notebook: &Notebook) -> &'static str {
        self.engine_for(notebook).name()
    }

    fn prepare(&mut self, all: &[Notebook], selected: &[Notebook], emit: &mut dyn FnMut(Event)) -> Result<(), EngineError> {
        let in_rust = |notebooks: &[Notebook]| -> Vec<Notebook> {
            notebooks.iter().filter(|notebook| notebook.is_rust()).cloned().collect()
        };
        let has_others = selected.iter().any(|notebook| !notebook.is_rust());
        let selected = in_rust(selected);
        self.is_prepared = !selected.is_empty();
        self.cannot_run = None;
        if !self.is_prepared {
            return Ok(());
        }
        let prepared = match &mut self.rust {
            ForRust::Engine(engine) => engine.prepare(&in_rust(all), &selected, emit),
            ForRust::Kernels(kernels) => {
                let (of_evcxr, of_ours): (Vec<Notebook>, Vec<Notebook>) =
                    selected.into_iter().partition(|notebook| kernels.only_evcxr || self.jupyter.is_evcxr(notebook));
                kernels.has_evcxr = !of_evcxr.is_empty();
                if kernels.has_evcxr {
                    kernels.evcxr.prepare(&in_rust(all), &of_evcxr, emit)?;
                }
                if of_ours.is_empty() { Ok(()) } else { kernels.own.prepare(&in_rust(all), &of_ours, emit) }
            }
        };
        match prepared {
            Err(error) if has_others && !matches!(error, EngineError::Interrupted) => {
                self.is_prepared = false;
                self.cannot_run = Some(error.to_string());
                Ok(())
            }
            prepared => prepared,
        }
    }

    fn fingerprint(&self) -> Result<BTreeMap<String, String>, EngineError> {
        self.preparing().fingerprint()
    }

    fn fingerprint_for(&self, notebook: &Notebook) -> Result<BTreeMap<String, String>, EngineError> {
        self.engine_for(notebook).fingerprint_for(notebook)
    }

    fn sources(&self) -> &[PathBuf] {
        self.preparing().sources()
    }

    fn variables(&self) -> &[String] {
        self.preparing().variables()
    }

    fn knows_inputs(&self, notebook: &Notebook) -> bool {
        self.engine_for(notebook).knows_inputs(notebook)
    }

    fn worker(&self, number: usize) -> Result<Box<dyn Worker + '_>, EngineError> {
        let (rust, folder) = match &self.rust {
            _ if !self.is_prepared => (None, None),
            ForRust::Engine(engine) => (Some(engine.worker(number)?), None),
            ForRust::Kernels(kernels) if kernels.has_evcxr => (None, Some(kernels.evcxr.worker_folder(number)?)),
            ForRust::Kernels(_) => (None, None),
        };
        let cannot_run = self.cannot_run.as_deref();
        Ok(Box::new(EitherWorker { rust, cannot_run, jupyter: self.jupyter.worker_with(folder) }))
    }
}

/// A worker of each engine.
struct EitherWorker<'a> {
    /// None where no notebook is its.
    rust: Option<Box<dyn Worker + 'a>>,
    /// Why notebooks in Rust cannot run.
    cannot_run: Option<&'a str>,
    jupyter: Box<dyn Worker + 'a>,
}

impl<'a> EitherWorker<'a> {
    /// The worker of a notebook, or why there is none.
    fn of(&mut self, notebook: &Notebook) -> Result<&mut (dyn Worker + 'a), &'a str> {
        match (&mut self.rust, self.cannot_run) {
            (Some(rust), _) if notebook.is_rust() => Ok(&mut **rust),
            (_, Some(why)) if notebook.is_rust() => Err(why),
            _ => Ok(&mut *self.jupyter),
        }
    }
}

impl Worker for EitherWorker<'_> {
    fn check(&mut self, run: &Run<'_>) -> Result<Check, EngineError> {
        match self.of(run.notebook) {
            Ok(worker) => worker.check(run),
            Err(why) => Ok(Check::Unknown(why.to_owned())),
        }
    }

    fn run(&mut self, run: &Run<'_>, report: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>) -> Result<(), EngineError> {
        match self.of(run.notebook) {
            Ok(worker) => worker.run(run, report),
            Err(why) => {
                // That the run goes on with the next notebook is all there is to do.
                let _ = report(Progress::CannotBegin(Failure::Engine { message: why.to_owned() }));
                Ok(())
            }
        }
    }
}
