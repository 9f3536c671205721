//! The build folders: kept between runs, locked while in use, with the notebooks' dependencies pinned.
//!
//! evcxr writes a crate `ctx` and builds it once a cell. On its own it resolves dependencies again, without
//! a lock. So the crate becomes a member of our workspace. Cargo then takes versions from the workspace's
//! `Cargo.lock` and settings from its profile. Further members, one a notebook, keep the dependencies of all
//! notebooks in that lock. Each worker has its own [`Workspace`]. Dependencies are built once for all of
//! them.
//!
//! ```text
//! lock            held while a run uses the folder
//! target-0/       what the notebooks depend on (target-1 if two notebooks want one dynamic library in two ways)
//! prepared/       how to compile with what is built there
//! workspace-0/
//!   Cargo.toml      the workspace: members, profile
//!   Cargo.lock      a copy of the project's notebooks/Cargo.lock
//!   ctx/            evcxr's crate
//!   notebooks/*/    one empty crate a notebook, with the notebook's dependencies
//! workspace-kernel/    the same for a Jupyter kernel that is not ours, workspace-kernel-0/ and so on for ours
//! ```
//! This module writes files. It does not run Cargo or know evcxr.

use std::collections::BTreeSet;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::dependencies::DependencySet;
use nbsnap::engine::{EngineError, Interrupt};
use nbsnap::engines::evcxr::protocol::Settings;
use nbsnap::files::digest::digest;

/// The crate that represents notebooks without dependencies.
pub(crate) const PLAIN_MEMBER: &str = "no-dependencies";

/// How often a process that waits for the folder checks whether it is free.
const TICK: Duration = Duration::from_millis(100);

/// The folder that all is built in, locked for this process until dropped.
#[derive(Debug)]
pub(crate) struct BuildFolder {
    root: PathBuf,
    _lock: File,
}

/// The workspace of one worker.
#[derive(Clone, Debug)]
pub(crate) struct Workspace {
    root: PathBuf,
}

/// Cargo settings for what notebooks depend on, and for their cells.
#[derive(Clone, Debug)]
pub(crate) struct BuildSettings {
    /// Cargo's `opt-level` for cells and dependencies.
    pub(crate) opt_level: String,
    /// Crates that are built at opt-level 3 whatever `opt_level` is, because notebooks spend their time in
    /// them.
    pub(crate) optimized: Vec<String>,
}

impl BuildSettings {
    /// Those among all settings.
    pub(crate) fn of(settings: &Settings) -> BuildSettings {
        BuildSettings { opt_level: settings.opt_level.clone(), optimized: settings.optimized.clone() }
    }
}

/// The settings for laying out all workers' workspaces.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Layout<'a> {
    /// All notebooks, by name.
    pub(crate) notebooks: &'a [(String, DependencySet)],
    pub(crate) settings: &'a BuildSettings,
    /// The lock file to begin with, if any.
    pub(crate) lock: Option<&'a str>,
}

impl BuildFolder {
    /// Locks the folder, and waits for another run to end. Calls `on_wait` first if it has to wait.
    pub(crate) fn lock(root: &Path, interrupt: &Interrupt, on_wait: impl FnOnce()) -> Result<BuildFolder, EngineError> {
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| EngineError::Io { action: "write", path, source }
        };
        fs::create_dir_all(root).map_err(at(root))?;
        // Paths without links are easier to compare with those in rustc's messages and Cargo's fingerprints.
        let root = root.canonicalize().map_err(at(root))?;
        let path = root.join("lock");
        let lock = File::create(&path).map_err(at(&path))?;
        let mut on_wait = Some(on_wait);
        loop {
            match lock.try_lock() {
                Ok(()) => return Ok(BuildFolder { root, _lock: lock }),
                Err(TryLockError::WouldBlock) if interrupt.is_set() => return Err(EngineError::Interrupted),
                Err(TryLockError::WouldBlock) => {
                    if let Some(on_wait) = on_wait.take() {
                        on_wait();
                    }
                    std::thread::sleep(TICK);
                }
                Err(TryLockError::Error(source)) => return Err(at(&path)(source)),
            }
        }
    }

    /// A worker's workspace.
    pub(crate) fn workspace(&self, number: usize) -> Workspace {
        Workspace { root: self.root.join(format!("workspace-{number}")) }
    }

    /// The workspace of a Jupyter kernel, which builds where everything is built already.
    pub(crate) fn kernel_workspace(&self) -> Result<Workspace, EngineError> {
        let workspace = Workspace { root: self.root.join("workspace-kernel") };
        let (target, link) = (self.target(0), workspace.crate_dir().join("target"));
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |source| EngineError::Io { action: "write", path, source }
        };
        fs::create_dir_all(workspace.crate_dir()).map_err(failed(&workspace.crate_dir()))?;
        if !fs::read_link(&link).is_ok_and(|old| old == target) {
            // Whatever is there was built by something else.
            let _ = fs::remove_file(&link).or_else(|_| fs::remove_dir_all(&link));
            std::os::unix::fs::symlink(&target, &link).map_err(failed(&link))?;
        }
        Ok(workspace)
    }

    /// A folder that dependencies are built in.
    pub(crate) fn target(&self, number: usize) -> PathBuf {
        target_folder(&self.root, number)
    }

    /// The folder of kept results.
    pub(crate) fn prepared(&self) -> PathBuf {
        prepared_folder(&self.root)
    }
}

/// The folder of kept results, below the build folder.
pub(crate) fn prepared_folder(root: &Path) -> PathBuf {
    root.join("prepared")
}

/// The folder that dependencies are built in, below the build folder.
pub(crate) fn target_folder(root: &Path, number: usize) -> PathBuf {
    root.join(format!("target-{number}"))
}

impl Workspace {
    /// The workspace's folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// evcxr's crate.
    pub(crate) fn crate_dir(&self) -> PathBuf {
        self.root.join("ctx")
    }

    /// The workspace's lock file.
    pub(crate) fn lock_file(&self) -> PathBuf {
        self.root.join("Cargo.lock")
    }

    /// Writes the workspace.
    pub(crate) fn lay_out(&self, layout: Layout<'_>) -> Result<(), EngineError> {
        let members = self.root.join("notebooks");
        let plain = (PLAIN_MEMBER.to_owned(), DependencySet::default());
        let crates: Vec<(String, &DependencySet)> =
            layout.notebooks.iter().map(|(name, set)| (member_name(name), set)).chain([(plain.0, &plain.1)]).collect();
        let names: BTreeSet<&str> = crates.iter().map(|(name, _)| name.as_str()).collect();
        self.remove_members_but(&members, &names)?;
        write(&self.root.join("Cargo.toml"), &workspace_manifest(layout.settings))?;
        // What evcxr left there names the last notebook's dependencies.
        write(&self.crate_dir().join("Cargo.toml"), &member_manifest("ctx", &DependencySet::default()))?;
        write(&self.crate_dir().join("src/lib.rs"), "")?;
        for (name, dependencies) in crates {
            let folder = members.join(&name);
            write(&folder.join("Cargo.toml"), &member_manifest(&name, dependencies))?;
            write(&folder.join("src/lib.rs"), "")?;
        }
        match layout.lock {
            Some(lock) => write(&self.lock_file(), lock),
            None => match fs::remove_file(self.lock_file()) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    Err(EngineError::Io { action: "remove", path: self.lock_file(), source })
                }
                _ => Ok(()),
            },
        }
    }

    /// Removes the crates of notebooks that no longer exist. The others are not rewritten: Cargo compares
    /// the times of their files.
    fn remove_members_but(&self, members: &Path, names: &BTreeSet<&str>) -> Result<(), EngineError> {
        let Ok(entries) = fs::read_dir(members) else { return Ok(()) };
        for path in entries.flatten().map(|entry| entry.path()) {
            if !names.contains(path.file_name().unwrap_or_default().to_string_lossy().as_ref()) {
                fs::remove_dir_all(&path).map_err(|source| EngineError::Io { action: "clear", path, source })?;
            }
        }
        Ok(())
    }

    /// The main file of a notebook's crate.
    pub(crate) fn member_source(&self, member: &str) -> PathBuf {
        self.root.join("notebooks").join(member).join("src/lib.rs")
    }
}

/// The name of the crate that represents a notebook: Cargo allows letters, digits, `-` and `_`.
pub(crate) fn member_name(notebook: &str) -> String {
    let clean: String = notebook.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    if clean == notebook {
        return format!("notebook-{clean}");
    }
    // `Lab 1` and `lab-1` are two notebooks.
    format!("notebook-{clean}-{}", &digest(notebook.as_bytes())[..8])
}

/// The settings are evcxr's own, from its generated manifest, except for the opt-levels.
pub(crate) fn workspace_manifest(settings: &BuildSettings) -> String {
    let mut manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\"ctx\", \"notebooks/*\"]\n\n\
         [profile.dev]\nopt-level = {}\ndebug = false\nstrip = \"debuginfo\"\nrpath = true\nlto = false\n\
         debug-assertions = true\ncodegen-units = 16\npanic = 'unwind'\nincremental = true\noverflow-checks = true\n",
        settings.opt_level
    );
    for name in &settings.optimized {
        manifest.push_str(&format!("\n[profile.dev.package.{name:?}]\nopt-level = 3\n"));
    }
    manifest
}

fn member_manifest(name: &str, dependencies: &DependencySet) -> String {
    // The source that evcxr generates for a cell, so that a notebook's crate is compiled as its cells are.
    format!(
        "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[lib]\ncrate-type = [\"cdylib\"]\n\n[dependencies]\n{}",
        dependencies.manifest_lines()
    )
}

/// Writes a file unless its content is the same, so that Cargo sees a change only where there is one.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), EngineError> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let failed = |source| EngineError::Io { action: "write", path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_waits_for_the_folder_can_be_interrupted() {
        let folder = tempfile::tempdir().unwrap();
        let interrupt = Interrupt::default();
        let held = BuildFolder::lock(folder.path(), &interrupt, || panic!("nobody else is here")).unwrap();
        let waiting = BuildFolder::lock(folder.path(), &interrupt, || interrupt.set());
        assert!(matches!(waiting, Err(EngineError::Interrupted)));
        drop(held);
        assert!(BuildFolder::lock(folder.path(), &Interrupt::default(), || panic!("it is free")).is_ok());
    }
}
