//! The engine: notebooks run by evcxr itself, cell by cell, as evcxr_jupyter runs them.
//!
//! The main type is [`Evcxr`]. Creating one builds the notebooks' dependencies. What a worker does with a
//! notebook is in `session`.

use std::path::PathBuf;
use std::time::Instant;

use nbsnap::engine::{EngineError, Interrupt};
use nbsnap::engines::evcxr::protocol::Settings;
use nbsnap::event::Event;
use nbsnap::notebook::Notebook;

use crate::prepare::{Preparation, Ready, prepare};
use crate::session::EvcxrWorker;
use crate::toolchain::Toolchain;
use crate::workspace::{BuildFolder, BuildSettings, Layout, Workspace};

/// The engine, with all that notebooks depend on built.
pub(crate) struct Evcxr {
    pub(crate) settings: Settings,
    pub(crate) interrupt: Interrupt,
    folder: BuildFolder,
    pub(crate) toolchain: Toolchain,
    pub(crate) ready: Ready,
}

impl Evcxr {
    /// Pins what `all` notebooks depend on, and builds what those of `selected` do.
    pub(crate) fn prepare(
        settings: Settings,
        all: &[Notebook],
        selected: &[Notebook],
        interrupt: &Interrupt,
        emit: &mut dyn FnMut(Event),
    ) -> Result<Evcxr, EngineError> {
        let toolchain = Toolchain::find(emit)?;
        let folder = BuildFolder::lock(&settings.cache, interrupt, || {
            emit(Event::Notice { message: "another run is using the build folder: waiting for it to end".into() });
        })?;
        let preparation = Preparation {
            folder: &folder,
            toolchain: &toolchain,
            settings: &BuildSettings::of(&settings),
            lock_file: &settings.lock_file,
            may_write_lock: settings.may_write_lock,
            interrupt,
            deadline: Instant::now() + settings.prepare_timeout,
        };
        let ready = prepare(&preparation, all, selected, emit)?;
        Ok(Evcxr { settings, interrupt: interrupt.clone(), folder, toolchain, ready })
    }

    /// The folder that a Jupyter kernel (evcxr_jupyter) finds everything built in, if it is its
    /// `EVCXR_TMPDIR`. One kernel at a time can use it.
    pub(crate) fn kernel_folder(&self) -> Result<PathBuf, EngineError> {
        self.laid_out(self.folder.kernel_workspace()?).map(|workspace| workspace.crate_dir())
    }

    /// The folder in which the kernels of one worker find everything built.
    pub(crate) fn worker_folder(&self, number: usize) -> Result<PathBuf, EngineError> {
        self.laid_out(self.folder.workspace(number)).map(|workspace| workspace.crate_dir())
    }

    /// One of several workers. Each runs one notebook at a time, in its own workspace.
    pub(crate) fn worker(&self, number: usize) -> Result<EvcxrWorker<'_>, EngineError> {
        self.laid_out(self.folder.workspace(number)).map(|workspace| EvcxrWorker::new(self, workspace))
    }

    fn laid_out(&self, workspace: Workspace) -> Result<Workspace, EngineError> {
        let settings = BuildSettings::of(&self.settings);
        workspace.lay_out(Layout { notebooks: &self.ready.notebooks, settings: &settings, lock: self.ready.lock.as_deref() })?;
        Ok(workspace)
    }
}
