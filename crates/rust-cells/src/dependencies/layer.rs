//! A second library on top of one that a process has loaded. What both need is in the first one alone, so
//! values of its types live on.
//!
//! A layer is a dynamic library that depends on the first one. Cargo builds it in the same workspace, and
//! takes every crate of the first library from there. This works as long as new crates ask for no further
//! features of those.

use std::collections::{BTreeMap, BTreeSet};

use super::build::{Build, Built, Cargo, Ended};
use super::graph;
use super::library::Library;
use super::prepare::{Libraries, MEMBERS};
use super::set::DependencySet;
use super::settings::BuildEvent;
use super::workspace::{SETS, Workspace, copy_all};
use crate::Error;
use crate::digest::digest;

impl Libraries<'_> {
    /// A library for `set` on top of a loaded one, if that is possible. Values from the loaded library then
    /// stay valid.
    ///
    /// # Errors
    /// When Cargo cannot be run, the time is up, or the token is cancelled. A failed build is not an error
    /// here: building a separate library reports the reason.
    pub fn layer(
        &self,
        below: &Library,
        set: &DependencySet,
        emit: &mut dyn FnMut(BuildEvent),
    ) -> Result<Option<Library>, Error> {
        let Some(crate_name) = below.crate_name.as_ref().filter(|_| set.covers(&below.set)) else { return Ok(None) };
        let _lock = self.lock(emit)?;
        if !self.is_still_built(below) {
            return Ok(None);
        }
        let workspace = self.workspace("shared");
        let below_name = crate_name.replace('_', "-");
        let added = set.without(&below.set);
        let name = format!("cells-deps-{}", &digest(format!("{below_name}\n{}", added.manifest_lines()).as_bytes())[..12]);
        // Who builds something else lays the workspace out without it.
        let Some(kept) = below.folder.as_ref().map(|folder| folder.join(MEMBERS)) else { return Ok(None) };
        copy_all(&kept, &workspace.root.join(SETS))?;
        if !workspace.member(&below_name).join("Cargo.toml").is_file() {
            return Ok(None);
        }
        let mut members: Vec<String> = std::fs::read_dir(&kept)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().into_string().ok())
            .collect();
        members.push(name.clone());
        members.sort();
        workspace.write_layer(&name, &below_name, &added, below.has_reactor)?;
        workspace.write_root(&members, self.settings)?;
        let made = self.try_layer(&workspace, below, &below_name, &name, emit);
        made.map(|made| made.map(|library| Library { set: set.clone(), ..library }))
    }

    /// Whether Cargo's folder still contains what is loaded. If another build has overwritten it, Cargo
    /// would first rebuild all of it.
    fn is_still_built(&self, below: &Library) -> bool {
        let built = self.folder.join(&self.toolchain.host).join("debug/deps");
        let kept = below.folder.iter().filter_map(|folder| std::fs::read_dir(folder).ok()).flatten().flatten();
        let mut objects = kept.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "so"));
        let read = |path: &std::path::Path| std::fs::read(path).ok();
        objects.all(|path| path.file_name().is_some_and(|name| read(&built.join(name)) == read(&path)))
    }

    fn try_layer(
        &self,
        workspace: &Workspace,
        below: &Library,
        below_name: &str,
        name: &str,
        emit: &mut dyn FnMut(BuildEvent),
    ) -> Result<Option<Library>, Error> {
        let cargo = self.cargo(workspace);
        let Ended::Well(metadata) = cargo.metadata()? else { return Ok(None) };
        let graph = graph::read(&metadata, &[name.to_owned()]).remove(name).unwrap_or_default();
        if !below.has_reactor && graph.tokio.is_some() || !is_the_same_below(&cargo, below_name, name)? {
            return Ok(None);
        }
        emit(BuildEvent::Started { crates: graph.crates.len() });
        let mut built = match cargo.build(name, graph.crates.len(), emit)? {
            Build::Made(built) => built,
            Build::Failed(_) => return Ok(None),
        };
        if built.arguments.is_none() {
            // Cargo says how it compiles only when it does.
            workspace.touch(name)?;
            built = match cargo.build(name, graph.crates.len(), emit)? {
                Build::Made(built) => built,
                Build::Failed(_) => return Ok(None),
            };
        }
        if !is_loaded(&built, below) {
            return Ok(None);
        }
        let mut library = self.keep(workspace, name, &graph, &built)?;
        library.base = Some(below.digest.clone());
        if let (Some(kept), Some(folder)) = (&below.folder, &library.folder) {
            copy_all(&kept.join(MEMBERS), &folder.join(MEMBERS))?;
        }
        library.arguments.extend(below.arguments.iter().cloned());
        library.externs.extend(below.externs.iter().cloned());
        library.has_reactor |= below.has_reactor;
        library.has_display |= below.has_display;
        library.inputs.extend(&below.inputs);
        Ok(Some(library))
    }
}

/// Whether the crates below are built with exactly the same features as before, so that their files stay the
/// same.
fn is_the_same_below(cargo: &Cargo<'_>, below: &str, layer: &str) -> Result<bool, Error> {
    let features = |member: &str| -> Result<Option<BTreeMap<String, BTreeSet<String>>>, Error> {
        let Some(text) = cargo.tree(member)? else { return Ok(None) };
        let mut features: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for line in text.lines().filter(|line| !line.starts_with("cells-deps-")) {
            let (package, enabled) = line.split_once('\t').unwrap_or((line, ""));
            features.entry(package.to_owned()).or_default().insert(enabled.to_owned());
        }
        Ok(Some(features))
    };
    let (Some(below), Some(layer)) = (features(below)?, features(layer)?) else { return Ok(false) };
    Ok(below.iter().all(|(package, enabled)| layer.get(package) == Some(enabled)))
}

/// Whether the library below is the very file that is loaded.
fn is_loaded(built: &Built, below: &Library) -> bool {
    let name = format!("lib{}.so", below.crate_name.as_deref().unwrap_or_default());
    let file = built.files.values().flatten().find(|file| file.file_name().is_some_and(|found| *found == *name));
    file.and_then(|file| std::fs::read(file).ok()).is_some_and(|bytes| digest(&bytes) == below.digest)
}
