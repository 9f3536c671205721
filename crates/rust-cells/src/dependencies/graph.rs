//! What the members of a workspace depend on, as Cargo says.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde_json::Value;

/// What a member depends on, on this machine's platform.
#[derive(Clone, Debug, Default)]
pub(super) struct Graph {
    /// The crates, by Cargo's package ids.
    pub(super) crates: BTreeSet<String>,
    /// Packages that are folders on this machine and not from a registry, by package id.
    pub(super) local: BTreeMap<String, PathBuf>,
    /// The version of tokio 1 among them.
    pub(super) tokio: Option<String>,
}

/// Reads the answer of `cargo metadata`.
pub(super) fn read(metadata: &[u8], members: &[String]) -> BTreeMap<String, Graph> {
    let metadata: Value = serde_json::from_slice(metadata).unwrap_or_default();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let nodes: BTreeMap<String, Value> = list(&metadata["resolve"]["nodes"])
        .into_iter()
        .filter_map(|node| Some((node["id"].as_str()?.to_owned(), node)))
        .collect();
    let packages = list(&metadata["packages"]);
    let graph = |member: &String| {
        let own = packages.iter().find(|package| package["name"] == member.as_str()).and_then(|package| package["id"].as_str());
        let mut graph = Graph::default();
        let mut ahead: Vec<&str> = own.into_iter().collect();
        while let Some(id) = ahead.pop() {
            if graph.crates.insert(id.to_owned())
                && let Some(dependencies) = nodes.get(id).and_then(|node| node["dependencies"].as_array())
            {
                ahead.extend(dependencies.iter().filter_map(Value::as_str));
            }
        }
        graph.crates.retain(|id| Some(id.as_str()) != own);
        for package in &packages {
            let Some(id) = package["id"].as_str().filter(|id| graph.crates.contains(*id)) else { continue };
            let is_ours = package["name"].as_str().is_some_and(|name| name.starts_with("cells-deps-"));
            if package["source"].is_null()
                && !is_ours
                && let Some(folder) = package["manifest_path"].as_str().and_then(|path| Path::new(path).parent())
            {
                graph.local.insert(id.to_owned(), folder.to_owned());
            }
            let version = package["version"].as_str().unwrap_or_default();
            if package["name"] == "tokio" && version.starts_with("1.") {
                graph.tokio = Some(version.to_owned());
            }
        }
        graph
    };
    members.iter().map(|member| (member.clone(), graph(member))).collect()
}
