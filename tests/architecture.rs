//! The arrows between crates that `docs/src/architecture.md` draws, and no others. And what their packages
//! contain.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};
use std::process::Command;

use crate::world::workspace;

/// Which crates of the workspace a crate may depend on.
const ARROWS: &[(&str, &[&str])] = &[
    ("eoap", &[]),
    ("eoap-testbed", &["eoap-testbed-scenes", "text-secrets"]),
    ("eoap-testbed-scenes", &[]),
    ("nbsnap", &["rust-cells", "text-secrets"]),
    ("nbsnap-cli", &["eoap-testbed", "nbsnap", "nbsnap-kernel", "rust-cells", "text-secrets"]),
    ("nbsnap-evcxr", &["nbsnap", "rust-cells"]),
    ("nbsnap-kernel", &["rust-cells"]),
    ("rust-cells", &[]),
    ("text-secrets", &[]),
];

#[test]
fn crates_depend_on_each_other_as_it_is_drawn() {
    let allowed: BTreeMap<String, BTreeSet<String>> =
        ARROWS.iter().map(|(from, to)| ((*from).to_owned(), to.iter().map(|to| (*to).to_owned()).collect())).collect();
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(workspace().join("crates")).unwrap() {
        let Ok(text) = std::fs::read_to_string(entry.unwrap().path().join("Cargo.toml")) else { continue };
        let manifest: toml::Table = text.parse().unwrap();
        let name = manifest["package"]["name"].as_str().unwrap().to_owned();
        let dependencies = manifest.get("dependencies").and_then(toml::Value::as_table);
        let own = dependencies.into_iter().flat_map(toml::Table::keys).filter(|name| allowed.contains_key(*name)).cloned();
        found.insert(name, own.collect());
    }
    assert_eq!(found, allowed, "an arrow was added or taken away: `docs/src/architecture.md` and this list say why they are so");
}

#[test]
fn every_file_that_is_compiled_in_is_in_the_package() {
    let crates = std::fs::read_dir(workspace().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    let mut missing = Vec::new();
    for folder in crates {
        let mut cargo = Command::new(env!("CARGO"));
        cargo.args(["package", "--list", "--allow-dirty", "--offline"]).current_dir(&folder);
        let listed = cargo.output().unwrap();
        assert!(listed.status.success(), "{}", String::from_utf8_lossy(&listed.stderr));
        let listed = String::from_utf8(listed.stdout).unwrap();
        let listed: BTreeSet<PathBuf> = listed.lines().map(PathBuf::from).collect();
        for source in listed.iter().filter(|path| path.extension().is_some_and(|extension| extension == "rs")) {
            let text = std::fs::read_to_string(folder.join(source)).unwrap_or_default();
            // Tests, also those of the documentation, are compiled from the tree alone.
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            let lines = text.lines().filter(|line| !line.trim_start().starts_with("#[doc ="));
            let included = lines.flat_map(|line| ["include_str!(\"", "include_bytes!(\""].map(|start| line.split(start).nth(1)));
            for name in included.flatten().filter_map(|rest| rest.split('"').next()) {
                let path = tidy(&source.with_file_name(name));
                // What is no file is an example in a text.
                if folder.join(&path).is_file() && !listed.contains(&path) {
                    missing.push(format!("{}: {}", folder.join(source).display(), path.display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "`include` in a Cargo.toml leaves out what is compiled in:\n{}", missing.join("\n"));
}

/// The path without `..`.
fn tidy(path: &Path) -> PathBuf {
    path.components().fold(PathBuf::new(), |mut tidy, part| {
        if part == Component::ParentDir {
            tidy.pop();
        } else {
            tidy.push(part);
        }
        tidy
    })
}
