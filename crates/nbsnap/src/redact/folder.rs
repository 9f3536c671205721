//! A folder of this machine in a text.

use std::path::Path;

/// A folder, and its replacement.
#[derive(Clone, Debug)]
pub(super) struct NamedFolder {
    pub(super) folder: String,
    pub(super) name: String,
    /// Whether a path counts only if it exists: `/root` is also the beginning of an XPath, and the end of
    /// `</root>`.
    pub(super) only_what_exists: bool,
}

impl NamedFolder {
    /// Whether a match between these texts is the folder.
    pub(super) fn is_meant(&self, before: &str, after: &str) -> bool {
        let exists = || {
            let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '`' | '<' | '>' | ':' | ',' | ';' | ')');
            let entry = after.strip_prefix('/').and_then(|rest| rest.split(ends).next()).unwrap_or_default();
            !entry.is_empty() && Path::new(&self.folder).join(entry.trim_end_matches('.')).exists()
        };
        is_path_boundary(before, after) && (!self.only_what_exists || exists())
    }
}

/// Whether a path between these texts is not merely a piece of a longer name: not `/home/anna` in
/// `/home/annabel`.
fn is_path_boundary(before: &str, after: &str) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut after = after.chars();
    let ends = match after.next() {
        Some('.') => !after.next().is_some_and(in_name),
        Some(c) => !in_name(c),
        None => true,
    };
    ends && !before.chars().next_back().is_some_and(|c| in_name(c) || c == '.')
}
