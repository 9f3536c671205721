//! The crates that `:dep` lines ask for.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

/// Crates by the names that cells use for them, each with its value in Cargo's `[dependencies]` table.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub struct DependencySet(BTreeMap<String, String>);

impl DependencySet {
    /// Adds what follows `:dep` in a line: `name`, `name = "1"`, `name = { … }`, or a path to a package.
    /// Relative paths begin at `directory`. The new value replaces an older one of the same crate.
    ///
    /// # Errors
    /// When Cargo would not understand the line, in words for its author.
    pub fn add(&mut self, arguments: &str, directory: &Path) -> Result<(), String> {
        let (name, value) = parse(arguments.trim(), directory)?;
        self.0.insert(name, value);
        Ok(())
    }

    /// Whether there is anything to build.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether this crate is asked for, with just this value if one is given.
    pub fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// Whether this set has every entry of the other one, with the same value.
    pub fn covers(&self, other: &DependencySet) -> bool {
        other.0.iter().all(|(name, value)| self.0.get(name) == Some(value))
    }

    /// The entries of this set that the other one lacks.
    pub(crate) fn without(&self, other: &DependencySet) -> DependencySet {
        DependencySet(
            self.0.iter().filter(|(name, _)| !other.0.contains_key(*name)).map(|(n, v)| (n.clone(), v.clone())).collect(),
        )
    }

    /// The names of the crates, as Rust writes them.
    pub fn crate_names(&self) -> impl Iterator<Item = String> + '_ {
        self.0.keys().map(|name| name.replace('-', "_"))
    }

    /// Each crate and its value.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// The folders of packages that are asked for by path.
    pub fn paths(&self) -> impl Iterator<Item = std::path::PathBuf> + '_ {
        self.0.values().filter_map(|value| {
            let table: toml::Table = format!("value = {value}").parse().ok()?;
            Some(table.get("value")?.get("path")?.as_str()?.into())
        })
    }

    /// The lines of a `[dependencies]` table.
    pub(crate) fn manifest_lines(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name} = {value}\n")).collect()
    }
}

impl fmt::Display for DependencySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(|(name, value)| format!(":dep {name} = {value}")).collect();
        f.write_str(&lines.join("\n"))
    }
}

fn parse(text: &str, directory: &Path) -> Result<(String, String), String> {
    let usage =
        "write `:dep name`, `:dep name = \"1.2\"`, `:dep name = { version = \"1.2\", features = [\"…\"] }` or `:dep ./path`";
    if text.is_empty() {
        return Err(format!("`:dep` names no crate: {usage}"));
    }
    if text.starts_with('.') || text.starts_with('/') {
        let path = folder(text, directory)?;
        return Ok((
            package_name(&path)?,
            inline(&[("path".into(), toml::Value::String(path.display().to_string()))].into_iter().collect()),
        ));
    }
    if !text.contains('=') {
        // `name@1.2`, as `cargo add` takes it.
        let (name, version) = text.split_once('@').unwrap_or((text, "*"));
        return Ok((checked(name)?, toml_text(version)));
    }
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| format!("`:dep {text}`: {}; {usage}", error.message()))?;
    let mut entries = table.into_iter();
    let (Some((name, value)), None) = (entries.next(), entries.next()) else {
        return Err(format!("`:dep {text}` asks for no crate, or for several: {usage}"));
    };
    match value {
        toml::Value::String(version) => Ok((checked(&name)?, toml_text(&version))),
        toml::Value::Table(mut value) => {
            if let Some(toml::Value::String(path)) = value.get("path") {
                let path = folder(path, directory)?;
                value.insert("path".into(), toml::Value::String(path.display().to_string()));
            }
            Ok((checked(&name)?, inline(&value)))
        }
        _ => Err(format!("`:dep {text}` gives neither a version nor a table: {usage}")),
    }
}

/// A text as TOML writes it, which escapes otherwise than Rust does.
fn toml_text(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn checked(name: &str) -> Result<String, String> {
    let name = name.trim();
    // Neither a key of Cargo's manifest nor a crate's name has other letters: one of them would break the
    // manifest of every notebook.
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    if is_name { Ok(name.to_owned()) } else { Err(format!("`{name}` is not a valid crate name")) }
}

/// The folder of a package, whole.
fn folder(path: &str, directory: &Path) -> Result<std::path::PathBuf, String> {
    let whole = directory.join(path);
    let found = whole.canonicalize().ok().filter(|found| found.join("Cargo.toml").is_file());
    found.ok_or_else(|| format!("there is no package at `{path}`: {} has no Cargo.toml", whole.display()))
}

fn package_name(path: &Path) -> Result<String, String> {
    let manifest = path.join("Cargo.toml");
    let text = std::fs::read_to_string(&manifest).map_err(|error| format!("cannot read {}: {error}", manifest.display()))?;
    let table: toml::Table =
        text.parse().map_err(|error: toml::de::Error| format!("{}: {}", manifest.display(), error.message()))?;
    let name = table.get("package").and_then(|package| package.get("name")).and_then(toml::Value::as_str);
    name.map(str::to_owned).ok_or_else(|| format!("{} names no package", manifest.display()))
}

fn inline(table: &toml::Table) -> String {
    toml::Value::Table(table.clone()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn add(line: &str) -> Result<String, String> {
        let mut set = DependencySet::default();
        set.add(line, Path::new(env!("CARGO_MANIFEST_DIR"))).map(|()| set.manifest_lines())
    }

    #[test]
    fn no_line_breaks_the_manifest_of_others() {
        for name in ["ƛ", "a.b", "a b", "é = \"1\""] {
            assert!(add(name).is_err(), "{name}");
        }
        for version in ["regex@1\u{9a}", "regex@1\"\\", "regex = \"1\\u009a\""] {
            let lines = add(version).unwrap();
            assert!(lines.parse::<toml::Table>().is_ok(), "{lines:?}");
        }
    }

    #[test]
    fn lines_are_read() {
        assert_eq!(add("regex").unwrap(), "regex = \"*\"\n");
        assert_eq!(add("regex = \"1\"").unwrap(), "regex = \"1\"\n");
        assert_eq!(add("regex@1.5").unwrap(), "regex = \"1.5\"\n");
        assert!(add("tokio = { version = \"1\", features = [\"full\"] }").unwrap().contains("features = [\"full\"]"));
        assert!(add("../rust-cells").unwrap().starts_with("rust-cells = { path = \"/"));
        assert!(add("x = { path = \"../rust-cells\" }").unwrap().contains("path = \"/"));
    }

    #[test]
    fn what_cannot_be_meant_is_said() {
        assert!(add("").unwrap_err().contains("names no crate"));
        assert!(add("a b").unwrap_err().contains("not a valid crate name"));
        assert!(add("x = { path = \"no such folder\" }").unwrap_err().contains("there is no package at `no such folder`"));
        assert!(add("x = 3").unwrap_err().contains("neither a version nor a table"));
        assert!(add("x = {").unwrap_err().contains(":dep x = {"));
    }
}
