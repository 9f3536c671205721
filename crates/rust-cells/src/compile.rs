//! Calls rustc for one generated crate, and reads what it made and reported.
//!
//! This module does not write crates or decide what an error means.

mod running;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use serde::Deserialize;

use crate::cancellation::CancellationToken;
use crate::{Error, Toolchain};

use running::{Stream, Until, Waited};

pub(crate) use running::Running;

/// A call of rustc for cells with the same dependencies.
#[derive(Clone, Debug)]
pub(crate) struct Rustc<'a> {
    pub(crate) toolchain: &'a Toolchain,
    /// Arguments that are the same for all cells: dependencies, search paths, settings.
    pub(crate) arguments: &'a [String],
}

/// What became of a call.
pub(crate) enum Called {
    /// rustc ended.
    Ended(Made),
    /// It was still at work when its time was up.
    TimedOut,
}

/// How far rustc has come with a library.
pub(crate) enum Begun {
    /// It has checked the crate and written its MIR, and now generates code.
    Checked(Running),
    /// It ended before that: the crate has errors.
    Ended(Made),
    /// It was still at work when its time was up.
    TimedOut,
}

/// The result of compiling a crate.
pub(crate) struct Made {
    /// Whether there is a library now.
    pub(crate) success: bool,
    pub(crate) messages: Vec<Message>,
    /// Output that is not a message, such as the report of a crash.
    pub(crate) other: String,
}

/// A message of rustc's, as it writes it with `--error-format=json`.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Message {
    pub(crate) message: String,
    pub(crate) code: Option<Code>,
    pub(crate) level: String,
    pub(crate) spans: Vec<Span>,
    pub(crate) children: Vec<Message>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Code {
    pub(crate) code: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Span {
    pub(crate) file_name: String,
    pub(crate) byte_start: usize,
    pub(crate) byte_end: usize,
    pub(crate) is_primary: bool,
    pub(crate) label: Option<String>,
    pub(crate) suggested_replacement: Option<String>,
    pub(crate) expansion: Option<Box<Expansion>>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct Expansion {
    pub(crate) span: Span,
}

/// The path of a cell's crate, below the folder that rustc runs in.
pub(crate) const SOURCE: &str = "src/lib.rs";

/// The name of the FIFO through which rustc hands out the MIR.
const MIR: &str = "cell.mir";

impl Rustc<'_> {
    /// Begins to compile the crate in `folder/src/lib.rs` to `folder/cell.so`, with the list of files that
    /// were read beside it. Returns when the crate's MIR is known, which is halfway.
    pub(crate) fn library(&self, folder: &Path, deadline: Instant, token: &CancellationToken) -> Result<Begun, Error> {
        let path = folder.join(MIR);
        let mir = Stream::fifo(&path).map_err(|source| Error::io("create", &path)(source.into()))?;
        let emit = format!("--emit=mir={MIR},link=cell.so,dep-info=cell.d");
        let mut running = Running::start(self.command(folder, &emit), Some(mir))?;
        match running.wait(Until::MirIsKnown, deadline, token)? {
            Waited::TimedOut => Ok(Begun::TimedOut),
            Waited::MirIsKnown => Ok(Begun::Checked(running)),
            // It was quicker than we looked.
            Waited::Ended if running.has_succeeded()? => Ok(Begun::Checked(running)),
            Waited::Ended => running.made().map(Begun::Ended),
        }
    }

    /// Checks the crate in `folder/src/lib.rs` and makes nothing.
    pub(crate) fn check(&self, folder: &Path, deadline: Instant, token: &CancellationToken) -> Result<Called, Error> {
        Running::start(self.command(folder, "--emit=metadata=cell.rmeta"), None)?.finish(deadline, token)
    }

    fn command(&self, folder: &Path, emit: &str) -> Command {
        let mut command = self.toolchain.command(&self.toolchain.rustc);
        command
            .current_dir(folder)
            .args(["--crate-name", "ctx", SOURCE, "--crate-type", "cdylib", "--edition", "2024"])
            .args(["--error-format=json", "-A", "warnings", emit])
            .args(self.arguments);
        command
    }
}
