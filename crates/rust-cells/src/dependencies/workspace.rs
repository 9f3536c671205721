//! A Cargo workspace with a member for each set of dependencies, so that one lock file pins all of them.
//!
//! This module writes files. It does not run Cargo or know what is built.

use std::path::{Path, PathBuf};

use super::set::DependencySet;
use super::settings::BuildSettings;
use crate::Error;
use crate::digest::digest;

/// A workspace's folder.
#[derive(Clone, Debug)]
pub(super) struct Workspace {
    pub(super) root: PathBuf,
}

/// The folder of the members, below the workspace's.
pub(super) const SETS: &str = "sets";

/// The package with a set's dependencies. Its crate's name has underscores.
pub(super) fn member_name(set: &DependencySet) -> String {
    format!("cells-deps-{}", &digest(set.manifest_lines().as_bytes())[..12])
}

impl Workspace {
    /// Writes the workspace.
    pub(super) fn lay_out(&self, sets: &[&DependencySet], settings: &BuildSettings, lock: Option<&str>) -> Result<(), Error> {
        let members = self.root.join(SETS);
        let names: Vec<String> = sets.iter().map(|set| member_name(set)).collect();
        if let Ok(entries) = std::fs::read_dir(&members) {
            for path in entries.flatten().map(|entry| entry.path()) {
                if !names.iter().any(|name| path.ends_with(name)) {
                    std::fs::remove_dir_all(&path).map_err(Error::io("remove", &path))?;
                }
            }
        }
        write(&self.root.join("Cargo.toml"), &manifest(&names, settings))?;
        for (set, name) in sets.iter().zip(&names) {
            // Keeps what a build has added: Cargo compares the times of files.
            let text = std::fs::read_to_string(self.member(name).join("Cargo.toml")).unwrap_or_default();
            let added = text.strip_prefix(&member_manifest(name, set));
            if !added.is_some_and(|added| added.is_empty() || added.starts_with(REACTOR)) {
                self.write_member(name, set, None)?;
            }
        }
        let path = self.root.join("Cargo.lock");
        match lock {
            Some(lock) => write(&path, lock),
            None => match std::fs::remove_file(&path) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => Err(Error::Io { action: "remove", path, source }),
                _ => Ok(()),
            },
        }
    }

    /// Writes a member, which drives futures with this version of tokio if one is given.
    pub(super) fn write_member(&self, name: &str, set: &DependencySet, tokio: Option<&str>) -> Result<(), Error> {
        let folder = self.member(name);
        let mut manifest = member_manifest(name, set);
        let mut source: String = set.crate_names().map(|name| format!("extern crate {name} as _;\n")).collect();
        if let Some(version) = tokio {
            // A separate package, since Cargo does not accept one dependency under two names.
            let reactor = format!("{REACTOR}{}", version.replace('.', "-"));
            let beside = self.root.join("reactors").join(&reactor);
            let of_reactor = format!(
                "[package]\nname = {reactor:?}\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[dependencies]\n\
                 tokio = {{ version = \"={version}\", features = [\"rt-multi-thread\"] }}\n"
            );
            write(&beside.join("Cargo.toml"), &of_reactor)?;
            write(&beside.join("src/lib.rs"), include_str!("reactor.txt"))?;
            manifest.push_str(&format!("{reactor} = {{ path = {:?} }}\n", beside.display().to_string()));
            source.push_str(&format!("pub use {}::{{block_on, enter}};\n", reactor.replace('-', "_")));
        }
        write(&folder.join("Cargo.toml"), &manifest)?;
        write(&folder.join("src/lib.rs"), &source)
    }

    /// Writes a member that is a layer on another one. What drives futures comes from below, if anything
    /// does.
    pub(super) fn write_layer(&self, name: &str, below: &str, added: &DependencySet, has_reactor: bool) -> Result<(), Error> {
        let manifest = format!("{}{below} = {{ path = \"../{below}\" }}\n", member_manifest(name, added));
        let names = added.crate_names().chain([below.replace('-', "_")]);
        let mut source: String = names.map(|name| format!("extern crate {name} as _;\n")).collect();
        if has_reactor {
            source.push_str(&format!("pub use {}::{{block_on, enter}};\n", below.replace('-', "_")));
        }
        write(&self.member(name).join("Cargo.toml"), &manifest)?;
        write(&self.member(name).join("src/lib.rs"), &source)
    }

    /// Makes these members the workspace's.
    pub(super) fn write_root(&self, members: &[String], settings: &BuildSettings) -> Result<(), Error> {
        write(&self.root.join("Cargo.toml"), &manifest(members, settings))
    }

    /// Makes Cargo rebuild a member.
    pub(super) fn touch(&self, name: &str) -> Result<(), Error> {
        let source = self.member(name).join("src/lib.rs");
        let text = std::fs::read_to_string(&source).map_err(Error::io("read", &source))?;
        std::fs::write(&source, text).map_err(Error::io("write", &source))
    }

    pub(super) fn member(&self, name: &str) -> PathBuf {
        self.root.join(SETS).join(name)
    }

    pub(super) fn lock(&self) -> Option<String> {
        std::fs::read_to_string(self.root.join("Cargo.lock")).ok()
    }
}

/// How packages begin that drive futures.
const REACTOR: &str = "cells-deps-reactor-";

fn member_manifest(name: &str, set: &DependencySet) -> String {
    format!(
        "[package]\nname = {name:?}\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[lib]\ncrate-type = [\"dylib\"]\n\n[dependencies]\n{}",
        set.manifest_lines()
    )
}

fn manifest(members: &[String], settings: &BuildSettings) -> String {
    let members: Vec<String> = members.iter().map(|name| format!("\"sets/{name}\"")).collect();
    let mut manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [{}]\n\n[profile.dev]\nopt-level = {}\ndebug = false\n\
         incremental = true\npanic = 'unwind'\ncodegen-units = 16\n",
        members.join(", "),
        settings.opt_level
    );
    for name in &settings.optimized {
        manifest.push_str(&format!(
            "\n[profile.dev.package.{name:?}]\nopt-level = 3\noverflow-checks = false\ndebug-assertions = false\n"
        ));
    }
    manifest
}

/// Copies missing files from one folder to another, with their times, which Cargo compares.
pub(super) fn copy_all(from: &Path, to: &Path) -> Result<(), Error> {
    for entry in std::fs::read_dir(from).into_iter().flatten().flatten() {
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        if path.is_dir() {
            copy_all(&path, &place)?;
        } else if !place.exists() {
            std::fs::create_dir_all(to).map_err(Error::io("create", to))?;
            std::fs::copy(&path, &place).map_err(Error::io("copy", &path))?;
            let changed = std::fs::metadata(&path).and_then(|metadata| metadata.modified());
            let file = std::fs::File::options().write(true).open(&place);
            let _ = file.and_then(|file| file.set_modified(changed?));
        }
    }
    Ok(())
}

/// Writes a file unless its content is the same: Cargo compares the times of files.
pub(super) fn write(path: &Path, text: &str) -> Result<(), Error> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
    }
    std::fs::write(path, text).map_err(Error::io("write", path))
}
