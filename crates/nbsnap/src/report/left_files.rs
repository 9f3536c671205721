//! Files that a run leaves in which something failed, for whoever reads the report on it.

use std::fmt::Write;
use std::path::PathBuf;

use super::style::INDENT;

/// Files that a run leaves in which something failed, as they are to be named. What is none is not written.
#[derive(Clone, Debug, Default)]
pub struct LeftFiles {
    /// The HTML page.
    pub html: Option<PathBuf>,
    /// The folder with executed notebooks and pictures.
    pub failed: Option<PathBuf>,
}

impl LeftFiles {
    pub(super) fn describe(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        if let Some(html) = &self.html {
            let _ = writeln!(text, "{INDENT}the run as a page: {}", html.display());
        }
        if let Some(failed) = &self.failed {
            let _ = writeln!(text, "{INDENT}executed notebooks, and pictures that differ: {}", failed.display());
        }
        text
    }
}
