//! Files that a failed run leaves, for the readers of its report.

use std::fmt::Write;
use std::path::PathBuf;

use super::style::INDENT;

/// Files that a failed run leaves, by the names to print. A file that is not written has no name here.
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
