//! The engine as the runner sees it.
//!
//! The main type is [`Evcxr`]. It starts `nbsnap-evcxr` when there is a notebook to prepare, and ends it when
//! it is dropped.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::connection::Connection;
use super::program::EvcxrProgram;
use super::protocol::{Answer, Folder, Request, SentNotebook, Settings};
use super::worker::EvcxrWorker;
use crate::engine::{Engine, EngineError, Interrupt, Worker};
use crate::engines::fingerprint;
use crate::event::Event;
use crate::notebook::Notebook;

/// Where and how the engine builds, and where its program is.
#[derive(Clone, Debug)]
pub struct EvcxrSettings {
    /// The program `nbsnap-evcxr`.
    pub program: EvcxrProgram,
    /// Where and how notebooks' dependencies are built.
    pub build: Settings,
    /// Set when the user wants to stop.
    pub interrupt: Interrupt,
}

/// The engine that runs notebooks with evcxr.
pub struct Evcxr {
    settings: EvcxrSettings,
    connection: Option<Connection>,
    sources: Vec<PathBuf>,
}

impl Evcxr {
    /// An engine that has not started anything yet.
    pub fn new(settings: EvcxrSettings) -> Evcxr {
        Evcxr { settings, connection: None, sources: Vec::new() }
    }

    /// The folder for a Jupyter kernel (evcxr_jupyter). With it as its `EVCXR_TMPDIR` the kernel finds
    /// everything built that was prepared. One kernel at a time can use it.
    ///
    /// # Errors
    /// When nothing was prepared, or the folder cannot be set up.
    pub fn kernel_folder(&self) -> Result<PathBuf, EngineError> {
        self.folder(Folder::OfKernel)
    }

    /// The folder in which the kernels of one worker find everything built, and the opt-level that it is
    /// built at.
    pub(crate) fn worker_folder(&self, number: usize) -> Result<(PathBuf, String), EngineError> {
        Ok((self.folder(Folder::OfWorker(number))?, self.settings.build.opt_level.clone()))
    }

    fn folder(&self, folder: Folder) -> Result<PathBuf, EngineError> {
        let connection = self.connection()?;
        connection.say(&Request::Folder(folder))?;
        match connection.answer(None)? {
            Answer::Folder(folder) => Ok(folder?),
            other => Err(out_of_turn(&other)),
        }
    }

    fn connection(&self) -> Result<&Connection, EngineError> {
        self.connection.as_ref().ok_or_else(|| EngineError::Failed { message: "engine evcxr was not prepared".into() })
    }
}

impl Engine for Evcxr {
    fn name(&self) -> &'static str {
        "evcxr"
    }

    fn fingerprint(&self) -> Result<BTreeMap<String, String>, EngineError> {
        let mut parts = fingerprint::of_engine(self.name())?;
        let program = self.settings.program.path().and_then(|path| fingerprint::of_program(&path).ok());
        parts.insert("evcxr".to_owned(), program.unwrap_or_else(|| "not there yet".to_owned()));
        Ok(parts)
    }

    fn sources(&self) -> &[PathBuf] {
        &self.sources
    }

    fn prepare(&mut self, all: &[Notebook], selected: &[Notebook], emit: &mut dyn FnMut(Event)) -> Result<(), EngineError> {
        // A program that prepared earlier still holds the build folder.
        self.connection = None;
        let program = self.settings.program.find(&self.settings.interrupt, emit)?;
        let connection = Connection::start(&program, &self.settings.interrupt)?;
        connection.say(&Request::Prepare {
            settings: self.settings.build.clone(),
            all: all.iter().map(SentNotebook::from).collect(),
            selected: selected.iter().map(|notebook| notebook.name.clone()).collect(),
        })?;
        let prepared = loop {
            match connection.answer(None)? {
                Answer::Event(event) => emit(event.into()),
                Answer::Prepared(prepared) => break prepared?,
                other => return Err(out_of_turn(&other)),
            }
        };
        self.sources = prepared.sources;
        self.connection = Some(connection);
        Ok(())
    }

    fn worker(&self, number: usize) -> Result<Box<dyn Worker + '_>, EngineError> {
        Ok(Box::new(EvcxrWorker::new(self.connection()?, number)))
    }
}

fn out_of_turn(answer: &Answer) -> EngineError {
    EngineError::Failed { message: format!("nbsnap-evcxr answered out of turn: {answer:?}") }
}
