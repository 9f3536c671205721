//! What evcxr's kernel does not say.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::run::Session;
use crate::engine::{EngineError, Run};
use crate::notebook::CodeCell;
use crate::record::CellRecord;

/// How notebooks in Rust are run by evcxr's kernel.
pub(super) struct Rust {
    folder: PathBuf,
    opt_level: String,
}

impl Rust {
    pub(super) fn new(folder: PathBuf, opt_level: String) -> Rust {
        Rust { folder, opt_level }
    }

    /// evcxr's settings, of which none may be missing: it has defaults for each.
    pub(super) fn settings(&self) -> BTreeMap<String, String> {
        let (folder, opt_level) = (self.folder.display().to_string(), &self.opt_level);
        let text = format!("[evcxr]\ntmpdir = {folder:?}\noffline_mode = true\nopt_level = {opt_level:?}\n");
        BTreeMap::from([("evcxr.toml".to_owned(), text)])
    }

    pub(super) fn run_cell(
        &self,
        _session: &mut Session,
        _cell: &CodeCell,
        _run: &Run<'_>,
    ) -> Result<(CellRecord, String), EngineError> {
        todo!()
    }
}
