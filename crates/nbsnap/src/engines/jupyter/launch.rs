//! What a kernel's process is started with, by the runner itself or by a fork server.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

/// What a process is started with.
#[derive(Debug)]
pub(super) struct Launch {
    /// The program and its arguments.
    pub(super) arguments: Vec<OsString>,
    /// All its variables.
    pub(super) variables: BTreeMap<String, String>,
    /// The names of those that are the notebook's own.
    pub(super) own_variables: Vec<String>,
    /// Where it runs.
    pub(super) directory: PathBuf,
    /// How many bytes of address space it may take.
    pub(super) max_memory: Option<u64>,
    /// The file with how it is reached, which it reads before all else.
    pub(super) connection_file: PathBuf,
    /// Where a process that is watched notes what it asks the system for.
    pub(super) accesses: Option<String>,
    /// The file that says how it ended.
    pub(super) ended: PathBuf,
}
