//! rustc's list of what it read to compile a crate (`--emit=dep-info`).

use std::collections::BTreeSet;

/// What one list says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct DepInfo {
    /// Files, as rustc calls them: relative to the folder that it ran in, or absolute.
    pub(crate) files: BTreeSet<String>,
    /// Names of variables.
    pub(crate) variables: BTreeSet<String>,
}

impl DepInfo {
    /// Reads a list. Lines are `made: read read …`, with escaped spaces, or `# env-dep:NAME=value`.
    pub(crate) fn read(text: &str) -> DepInfo {
        let mut info = DepInfo::default();
        for line in text.lines() {
            if let Some(variable) = line.strip_prefix("# env-dep:") {
                info.variables.insert(variable.split('=').next().unwrap_or_default().to_owned());
            } else if let Some((_, read)) = line.split_once(": ") {
                let read = read.replace("\\ ", "\u{0}");
                info.files.extend(read.split(' ').filter(|file| !file.is_empty()).map(|file| file.replace('\u{0}', " ")));
            }
        }
        info
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_variables_are_found_whatever_was_made_of_them() {
        let text = "cell.d: src/lib.rs /etc/host\\ name\n\nlibctx.so: src/lib.rs /etc/host\\ name\n\nsrc/lib.rs:\n/etc/host\\ name:\n\n\
                    # env-dep:HOME=/root\n# env-dep:NONE\n";
        let info = DepInfo::read(text);
        assert_eq!(info.files, ["src/lib.rs", "/etc/host name"].map(str::to_owned).into());
        assert_eq!(info.variables, ["HOME", "NONE"].map(str::to_owned).into());
    }
}
