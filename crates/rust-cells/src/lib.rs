#![doc = include_str!("../README.md")]

mod access_layer;
pub mod analysis;
mod artefacts;
mod cancellation;
pub mod cell;
mod chain;
mod commands;
mod compile;
mod compiler;
mod crate_source;
mod dep_info;
pub mod dependencies;
mod diagnostics;
mod digest;
mod error;
mod file_state;
mod generate;
mod items;
mod lifetime;
mod output;
mod position;
mod process;
mod refusal;
#[allow(
    clippy::exit,
    dead_code,
    unused_imports,
    missing_docs,
    unreachable_pub,
    reason = "compiled for the process of cells from its text"
)]
mod runtime;
mod runtime_files;
mod scratch;
mod session;
mod shell;
mod state;
mod toolchain;
mod types;

pub use access_layer::access_variables;
pub use cancellation::CancellationToken;
pub use chain::{Came, Chain, LibrarySource, Step, dependencies_of, dependency_stages};
pub use commands::{COMMANDS, CommandHelp};
pub use compiler::{CompiledCell, Compiler, Finished, Unfinished};
pub use diagnostics::{Diagnostic, Place};
pub use error::Error;
pub use file_state::{FileState, Interest};
pub use output::Output;
pub use process::{AccessLog, Accesses, Beyond, CellHandle, Ending, Process, ProcessSettings, describe_exit};
pub use session::{CellOutcome, Executed, Limits, Session, WHILE_NO_CELL_RAN};
pub use state::{Definition, ErrorFormat, LiveVariable, State};
pub use toolchain::{Toolchain, foreign_variables};
