//! What cells asked for when they last ran, and how those files were then.

use std::collections::BTreeMap;

use rust_cells::Accesses;

use super::cache::Looked;

/// What the cells of each notebook asked for when it last ran, where its engine knows that. A caller that
/// waits for changes passes it from run to run.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub(super) accesses: BTreeMap<String, Accesses>,
    /// These files as they were last: one that nobody has touched since is not read again.
    pub(super) looked: Looked,
}
