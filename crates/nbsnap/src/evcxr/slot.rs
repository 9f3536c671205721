//! The folder that evcxr builds in: kept between runs, locked while in use, with the notebooks' dependencies pinned.
//!
//! evcxr writes a crate `ctx` and builds it once a cell. Left alone it resolves dependencies anew, without a lock. So the
//! crate is made a member of a workspace of ours: Cargo then takes versions from the workspace's `Cargo.lock` and settings
//! from its profile, and further members, one a notebook, keep everything that any notebook needs in that lock.
//!
//! ```text
//! slot-0/
//!   lock            held while a run uses the slot
//!   Cargo.toml      the workspace: members, profile
//!   Cargo.lock      a copy of the project's notebooks/Cargo.lock
//!   ctx/            evcxr's crate, and its target folder
//!   fused/          a whole notebook as one program
//!   notebooks/*/    one empty crate a notebook, with the notebook's dependencies
//! ```
//! This module lays out files. It neither runs Cargo nor knows evcxr.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::dependencies::DependencySet;
use crate::engine::EngineError;

/// A slot, locked for this process until dropped.
#[derive(Debug)]
pub(crate) struct Slot {
    root: PathBuf,
    _lock: File,
}

/// Cargo settings for what notebooks depend on, and for their cells.
#[derive(Clone, Debug)]
pub(crate) struct BuildSettings {
    /// Cargo's `opt-level` for cells and dependencies.
    pub(crate) opt_level: String,
    /// Crates that are built at opt-level 3 whatever `opt_level` says, because notebooks spend their time in them.
    pub(crate) optimized: Vec<String>,
}

impl Slot {
    /// Locks the slot in `cache`, waiting for another run to end; `on_wait` is called first if there is one.
    pub(crate) fn lock(cache: &Path, on_wait: impl FnOnce()) -> Result<Slot, EngineError> {
        let root = cache.join("slot-0");
        let at = |path: &Path| {
            let path = path.to_owned();
            move |source| EngineError::Io { action: "write", path, source }
        };
        fs::create_dir_all(&root).map_err(at(&root))?;
        // Paths in messages of rustc and in Cargo's fingerprints are easier to compare when there are no links in them.
        let root = root.canonicalize().map_err(at(&root))?;
        let path = root.join("lock");
        let lock = File::create(&path).map_err(at(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                on_wait();
                lock.lock().map_err(at(&path))?;
            }
            Err(TryLockError::Error(source)) => return Err(at(&path)(source)),
        }
        Ok(Slot { root, _lock: lock })
    }

    /// evcxr's crate.
    pub(crate) fn crate_dir(&self) -> PathBuf {
        self.root.join("ctx")
    }

    /// The workspace's lock file.
    pub(crate) fn lock_file(&self) -> PathBuf {
        self.root.join("Cargo.lock")
    }

    /// Writes a notebook as one program, with what it depends on.
    pub(crate) fn write_program(&self, source: &str, dependencies: &DependencySet) -> Result<(), EngineError> {
        let folder = self.root.join("fused");
        write(&folder.join("Cargo.toml"), &member_manifest("fused", dependencies))?;
        write(&folder.join("src/main.rs"), source)
    }

    /// Writes the workspace for these notebooks. `lock` is the lock file to begin with, if any.
    pub(crate) fn lay_out(
        &self,
        notebooks: &[(String, DependencySet)],
        settings: &BuildSettings,
        lock: Option<&str>,
    ) -> Result<(), EngineError> {
        let members = self.root.join("notebooks");
        if members.exists() {
            fs::remove_dir_all(&members).map_err(|source| EngineError::Io { action: "clear", path: members.clone(), source })?;
        }
        write(&self.root.join("Cargo.toml"), &workspace_manifest(settings))?;
        // What evcxr left there names the last notebook's dependencies.
        write(&self.crate_dir().join("Cargo.toml"), &member_manifest("ctx", &DependencySet::default()))?;
        write(&self.crate_dir().join("src/lib.rs"), "")?;
        self.write_program("fn main() {}\n", &DependencySet::default())?;
        for (name, dependencies) in notebooks {
            let folder = members.join(member_name(name));
            write(&folder.join("Cargo.toml"), &member_manifest(&member_name(name), dependencies))?;
            write(&folder.join("src/lib.rs"), "")?;
        }
        match lock {
            Some(lock) => write(&self.lock_file(), lock),
            None => match fs::remove_file(self.lock_file()) {
                Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
                    Err(EngineError::Io { action: "remove", path: self.lock_file(), source })
                }
                _ => Ok(()),
            },
        }
    }
}

/// The name of the crate that stands for a notebook: Cargo allows letters, digits, `-` and `_`.
pub(crate) fn member_name(notebook: &str) -> String {
    let clean: String = notebook.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    format!("notebook-{clean}")
}

/// The settings are evcxr's own, from its generated manifest, except for the opt-levels.
fn workspace_manifest(settings: &BuildSettings) -> String {
    let mut manifest = format!(
        "[workspace]\nresolver = \"3\"\nmembers = [\"ctx\", \"fused\", \"notebooks/*\"]\n\n\
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
    let crate_type = if name == "ctx" { "\n[lib]\ncrate-type = [\"cdylib\"]\n" } else { "" };
    format!(
        "[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n{crate_type}\n[dependencies]\n{}",
        dependencies.manifest_lines()
    )
}

/// Writes a file unless it already says just that, so that Cargo sees no change where there is none.
fn write(path: &Path, text: &str) -> Result<(), EngineError> {
    if fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let failed = |source| EngineError::Io { action: "write", path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    fs::write(path, text).map_err(failed)
}
