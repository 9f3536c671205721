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
    /// Names them. The folder has pictures only where some differ.
    pub(super) fn describe(&self, has_pictures: bool) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        if let Some(html) = &self.html {
            let _ = writeln!(text, "{INDENT}the run as a page: {}", html.display());
        }
        if let Some(failed) = &self.failed {
            let pictures = if has_pictures { ", and pictures that differ" } else { "" };
            let _ = writeln!(text, "{INDENT}executed notebooks{pictures}: {}", failed.display());
        }
        text
    }
}
