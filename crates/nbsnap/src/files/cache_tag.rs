//! The file that marks a folder as generated (<https://bford.info/cachedir>). Backup programs leave such
//! folders out, and so does the search for notebooks.

use std::io;
use std::path::Path;

use super::atomic_write;

/// The file's name.
pub(crate) const CACHE_TAG: &str = "CACHEDIR.TAG";
/// What the file begins with.
const SIGNATURE: &str = "Signature: 8a477f597d28d172789f06886806bc55";

/// Whether a folder is marked.
pub(crate) fn is_marked(folder: &Path) -> bool {
    folder.join(CACHE_TAG).is_file()
}

/// Marks a folder. `content` says to people what it contains.
///
/// # Errors
/// When the file cannot be written.
pub(crate) fn mark(folder: &Path, content: &str) -> io::Result<()> {
    if is_marked(folder) {
        return Ok(());
    }
    atomic_write::write(&folder.join(CACHE_TAG), format!("{SIGNATURE}\n# {content}\n").as_bytes())
}
