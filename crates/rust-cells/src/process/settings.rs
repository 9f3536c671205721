//! Settings of the process of cells.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::access_log::AccessLog;

/// What the process of cells gets.
#[derive(Clone, Debug, Default)]
pub struct ProcessSettings {
    /// The folder that it runs in.
    pub directory: PathBuf,
    /// All its variables.
    pub environment: BTreeMap<String, String>,
    /// How many bytes of address space it may take.
    pub max_memory: Option<u64>,
    /// Where the system calls of cells are recorded, if they are.
    pub access_log: Option<AccessLog>,
    /// Whether a cell that reads standard input is answered by somebody, with
    /// [`CellHandle::give`](crate::CellHandle::give) after
    /// [`Output::InputRequest`](crate::Output::InputRequest). Otherwise it finds it empty.
    pub asks_for_input: bool,
    /// Whether the caller reports panics itself. Otherwise the panic is also printed on standard error.
    pub reports_panics: bool,
}

impl ProcessSettings {
    /// Variables that every process of cells gets. Backtraces are off, since nobody reads their frames.
    /// evcxr's mark is set, since some libraries display nothing without it.
    pub fn usual_variables() -> [(String, String); 2] {
        [("RUST_BACKTRACE", "0"), ("EVCXR_IS_RUNTIME", "1")].map(|(name, value)| (name.to_owned(), value.to_owned()))
    }
}
