//! The crates that notebooks ask for with `:dep`, read the way evcxr reads them.
//!
//! The main type is [`DependencySet`]. Nothing is resolved or built here.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use nbsnap::notebook::Notebook;
use regex::Regex;

/// evcxr adds this by itself when a cell first awaits, unless the notebook names tokio.
const TOKIO_OF_EVCXR: &str = r#"{version="1.34.0", features=["rt", "rt-multi-thread"]}"#;

/// The dependencies of one notebook: crate name to Cargo's value for it.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct DependencySet(pub(crate) BTreeMap<String, String>);

impl DependencySet {
    /// What the notebook needs. Lines that evcxr would refuse are left to evcxr, which says why, in their
    /// cell.
    pub(crate) fn of(notebook: &Notebook) -> DependencySet {
        let mut set = BTreeMap::new();
        for line in notebook.dependency_lines() {
            if let Some((name, value)) = parse(&line, notebook.directory()) {
                set.insert(name, value);
            }
        }
        if first_await(notebook).is_some() && !set.contains_key("tokio") {
            set.insert("tokio".into(), TOKIO_OF_EVCXR.into());
        }
        DependencySet(set)
    }

    /// A line for tokio that evcxr gets before the first cell. Otherwise evcxr finds out that cells await by
    /// a further pass over all sources. `None` where the line would be visible: a cell that names tokio
    /// before one has awaited must be refused.
    pub(crate) fn tokio_line(notebook: &Notebook) -> Option<String> {
        let first = first_await(notebook)?;
        let named = notebook.cells[..first].iter().any(|cell| cell.source.contains("tokio"));
        let asked = notebook.dependency_lines().iter().any(|line| line.contains("tokio"));
        (!named && !asked).then(|| format!(":dep tokio = {TOKIO_OF_EVCXR}"))
    }

    /// Whether there is anything to build.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The lines of a manifest's `[dependencies]` table.
    pub(crate) fn manifest_lines(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name} = {value}\n")).collect()
    }
}

/// The index of the first cell that awaits.
fn first_await(notebook: &Notebook) -> Option<usize> {
    notebook.cells.iter().position(|cell| cell.source.contains(".await"))
}

/// `:dep name = value`, `:dep name` or `:dep ./path`, with relative paths made absolute. `None` for a line
/// that evcxr refuses.
pub(crate) fn parse(line: &str, directory: &Path) -> Option<(String, String)> {
    static DEP: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^:dep +([^= ]+) *(?:= *(.+))?$").expect("the pattern is a constant"));
    static PATH: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"^(.*\bpath *= *")([^"]+)(".*)$"#).expect("the pattern is a constant"));
    let captures = DEP.captures(line.trim())?;
    let name = &captures[1];
    if name.starts_with('.') || name.starts_with('/') {
        let path = directory.join(name).canonicalize().ok()?;
        let manifest: toml::Table = std::fs::read_to_string(path.join("Cargo.toml")).ok()?.parse().ok()?;
        let name = manifest.get("package")?.get("name")?.as_str()?.to_owned();
        return Some((name, format!("{{ path = {:?} }}", path.to_str()?)));
    }
    let value = captures.get(2).map_or("\"*\"", |value| value.as_str());
    let value = match PATH.captures(value) {
        Some(parts) => {
            let path = directory.join(&parts[2]).canonicalize().ok()?;
            format!("{}{}{}", &parts[1], path.to_str()?.escape_default(), &parts[3])
        }
        None => value.to_owned(),
    };
    Some((name.to_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dep_lines_are_read_as_evcxr_reads_them() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let value = |line: &str| parse(line, here);
        assert_eq!(value(":dep regex"), Some(("regex".into(), "\"*\"".into())));
        assert_eq!(value(":dep regex = \"1\""), Some(("regex".into(), "\"1\"".into())));
        let (name, path) = value(r#":dep nbsnap-evcxr = { path = "../nbsnap-evcxr", features = [] }"#).unwrap();
        assert_eq!(name, "nbsnap-evcxr");
        assert_eq!(path, format!("{{ path = \"{}\", features = [] }}", here.display()));
        assert_eq!(value(":dep ../nbsnap").unwrap().0, "nbsnap");
        assert_eq!(value(r#":dep x = { path = "no such folder" }"#), None);
    }
}
