//! The arrows between crates that `docs/src/architecture.md` draws, and no others.

use std::collections::{BTreeMap, BTreeSet};

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
