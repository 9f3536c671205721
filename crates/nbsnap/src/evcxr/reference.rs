//! The reference engine: notebooks run by evcxr itself, cell by cell, as evcxr_jupyter runs them, and as one program where that comes to the
//! same.
//!
//! The main type is [`Evcxr`]. It prepares what notebooks depend on and sets up workers; what a worker does with a notebook is said in `run`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::prepare::{Preparation, Ready, prepare};
use super::run::EvcxrWorker;
use super::slot::{BuildFolder, BuildSettings, Layout};
use super::toolchain::{self, Toolchain};
use crate::engine::{Engine, EngineError, Interrupt, Worker};
use crate::event::Event;
use crate::notebook::Notebook;

/// Where and how the engine builds.
#[derive(Clone, Debug)]
pub struct EvcxrSettings {
    /// Folder for builds, kept between runs.
    pub cache: PathBuf,
    /// The committed lock file of the notebooks' dependencies.
    pub lock_file: PathBuf,
    /// Whether that file may be written when it does not fit.
    pub may_write_lock: bool,
    /// Cargo's `opt-level` for cells and dependencies.
    pub opt_level: String,
    /// Crates built at opt-level 3 all the same.
    pub optimized: Vec<String>,
    /// Whether a notebook is run as one program, without evcxr, where that comes to the same.
    pub fused: bool,
    /// How long the notebooks' dependencies may take to build.
    pub prepare_timeout: Duration,
    /// Tells that the user wants to stop.
    pub interrupt: Interrupt,
}

/// The reference engine.
pub struct Evcxr {
    pub(super) settings: EvcxrSettings,
    prepared: Option<Workshop>,
    sources: Vec<PathBuf>,
}

/// What workers work with.
pub(super) struct Workshop {
    folder: BuildFolder,
    pub(super) toolchain: Toolchain,
    pub(super) ready: Ready,
}

impl Evcxr {
    /// An engine that has not started anything yet.
    pub fn new(settings: EvcxrSettings) -> Evcxr {
        Evcxr { settings, prepared: None, sources: Vec::new() }
    }

    /// The folder that a Jupyter kernel (evcxr_jupyter) finds everything built in that was prepared, if it is its `EVCXR_TMPDIR`. One kernel at
    /// a time can use it.
    ///
    /// # Errors
    /// When nothing was prepared, or the folder cannot be set up.
    pub fn kernel_folder(&self) -> Result<PathBuf, EngineError> {
        let workshop = self.workshop()?;
        let slot = workshop.folder.kernel_slot()?;
        slot.lay_out(self.layout(workshop, &self.build_settings()))?;
        Ok(slot.crate_dir())
    }

    /// The folder in which the kernels of one worker find everything built, and the opt-level that it is built at.
    pub(crate) fn worker_folder(&self, number: usize) -> Result<(PathBuf, String), EngineError> {
        let workshop = self.workshop()?;
        let slot = workshop.folder.slot(number);
        slot.lay_out(self.layout(workshop, &self.build_settings()))?;
        Ok((slot.crate_dir(), self.settings.opt_level.clone()))
    }

    fn workshop(&self) -> Result<&Workshop, EngineError> {
        self.prepared.as_ref().ok_or_else(|| EngineError::Start { message: "the engine was not prepared".into() })
    }

    fn layout<'a>(&self, workshop: &'a Workshop, settings: &'a BuildSettings) -> Layout<'a> {
        Layout { notebooks: &workshop.ready.notebooks, settings, lock: workshop.ready.lock.as_deref() }
    }

    fn build_settings(&self) -> BuildSettings {
        BuildSettings { opt_level: self.settings.opt_level.clone(), optimized: self.settings.optimized.clone() }
    }
}

impl Engine for Evcxr {
    fn name(&self) -> &'static str {
        if self.settings.fused { "fused" } else { "evcxr" }
    }

    fn fingerprint(&self) -> Result<BTreeMap<String, String>, EngineError> {
        let own = |source| EngineError::Io { action: "look at", path: "the runner's own program".into(), source };
        let program = std::env::current_exe().and_then(std::fs::metadata).map_err(own)?;
        let changed = program.modified().map_err(own)?;
        let runner = format!("{} {} {changed:?}", env!("CARGO_PKG_VERSION"), program.len());
        let parts = [("engine", self.name().to_owned()), ("runner", runner), ("toolchain", toolchain::version()?)];
        Ok(parts.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    fn sources(&self) -> &[PathBuf] {
        &self.sources
    }

    fn has_shortcut(&self, _notebook: &Notebook) -> bool {
        self.settings.fused
    }

    fn prepare(&mut self, all: &[Notebook], selected: &[Notebook], emit: &mut dyn FnMut(Event)) -> Result<(), EngineError> {
        let toolchain = Toolchain::find(emit)?;
        let folder = BuildFolder::lock(&self.settings.cache, || {
            emit(Event::Notice { message: "another run is using the build folder: waiting for it to end".into() });
        })?;
        let preparation = Preparation {
            folder: &folder,
            toolchain: &toolchain,
            settings: &self.build_settings(),
            lock_file: &self.settings.lock_file,
            may_write_lock: self.settings.may_write_lock,
            interrupt: &self.settings.interrupt,
            deadline: Instant::now() + self.settings.prepare_timeout,
        };
        let ready = prepare(&preparation, all, selected, emit)?;
        self.sources = ready.local();
        self.prepared = Some(Workshop { folder, toolchain, ready });
        Ok(())
    }

    fn worker(&self, number: usize) -> Result<Box<dyn Worker + '_>, EngineError> {
        let workshop = self.workshop()?;
        let slot = workshop.folder.slot(number);
        slot.lay_out(self.layout(workshop, &self.build_settings()))?;
        Ok(Box::new(EvcxrWorker::new(&self.settings, workshop, slot)))
    }
}
