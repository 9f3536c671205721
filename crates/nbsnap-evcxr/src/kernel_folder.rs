//! A Jupyter kernel's folder: evcxr's own kernel (evcxr_jupyter) builds there, and finds built what the project's notebooks depend on.
//!
//! The main type is [`KernelFolder`]. It says in which environment the kernel is to be started, and starts nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use nbsnap::engine::EngineError;
use nbsnap::engines::evcxr::protocol::Settings;
use nbsnap::notebook::Notebook;
use nbsnap::process::environment::foreign_to_cargo;

use crate::cargo::{self, OpenNotebooks};
use crate::dependencies::DependencySet;
use crate::host;
use crate::prepare;
use crate::toolchain::Toolchain;
use crate::workspace::{BuildSettings, Layout, Workspace, prepared_folder, target_folder};

/// How many kernels may run at once.
const MOST_KERNELS: usize = 256;

/// A folder that one kernel builds in.
#[derive(Debug)]
pub(crate) struct KernelFolder {
    variables: BTreeMap<OsString, OsString>,
    foreign: Vec<String>,
    lock: File,
}

impl KernelFolder {
    /// Sets up a folder that no other kernel uses, below the one that `settings` name. What was prepared for any of `notebooks` and is up to
    /// date is found built; what was not is built by Cargo when a cell first asks for it, once for all kernels.
    ///
    /// # Errors
    /// When there is no Rust toolchain, or the folder cannot be written.
    pub(crate) fn set_up(settings: &Settings, notebooks: &[Notebook]) -> Result<KernelFolder, EngineError> {
        let failed = |action: &'static str, path: &Path| {
            let path = path.to_owned();
            move |source| EngineError::Io { action, path, source }
        };
        let cache = &settings.cache;
        fs::create_dir_all(cache).map_err(failed("create", cache))?;
        let cache = cache.canonicalize().map_err(failed("find", cache))?;
        // Nobody would see what it tells.
        let toolchain = Toolchain::find(&mut |_| ())?;
        let (workspace, lock) = free_workspace(&cache)?;

        let build = BuildSettings::of(settings);
        let committed = fs::read_to_string(&settings.lock_file).ok();
        let sets: BTreeSet<DependencySet> = notebooks.iter().map(DependencySet::of).chain([DependencySet::default()]).collect();
        let folder = prepared_folder(&cache);
        let known = sets.into_iter().filter_map(|set| {
            let prepared = prepare::up_to_date(&folder, &set, &build, committed.as_deref(), &toolchain)?;
            Some((set, prepared.call))
        });
        let known: Vec<_> = known.collect();
        let members: Vec<(String, DependencySet)> =
            known.iter().enumerate().map(|(number, (set, _))| (number.to_string(), set.clone())).collect();
        workspace.lay_out(Layout { notebooks: &members, settings: &build, lock: committed.as_deref() })?;
        OpenNotebooks::new(known.iter().map(|(set, call)| (set, call))).leave_in(&workspace)?;

        let path = host::tools(workspace.root(), &toolchain).map_err(failed("set up", workspace.root()))?;
        let variables: [(&str, OsString); 6] = [
            ("EVCXR_TMPDIR", workspace.crate_dir().into()),
            ("RUSTC", toolchain.rustc.clone().into()),
            ("CARGO", toolchain.cargo_path().into()),
            (cargo::REAL_VARIABLE, toolchain.cargo_path().into()),
            (cargo::SHARED_TARGET_VARIABLE, target_folder(&cache, 0).into()),
            ("PATH", path),
        ];
        let variables = variables.into_iter().map(|(name, value)| (name.into(), value)).collect();
        // What the user has set for evcxr stays: this is a session of the user's, and no verdict rests on it.
        let foreign = foreign_to_cargo().into_iter().filter(|name| !name.starts_with("EVCXR")).collect();
        Ok(KernelFolder { variables, foreign, lock })
    }

    /// What the kernel's environment must hold.
    pub(crate) fn variables(&self) -> &BTreeMap<OsString, OsString> {
        &self.variables
    }

    /// Variables that the kernel's environment must not hold: they would make Cargo build everything anew.
    pub(crate) fn foreign_variables(&self) -> &[String] {
        &self.foreign
    }

    /// Keeps the folder taken for as long as this process and what it becomes live: the lock outlasts `exec`.
    ///
    /// # Errors
    /// When the system refuses.
    pub(crate) fn hold(self) -> std::io::Result<()> {
        rustix::io::fcntl_setfd(&self.lock, rustix::io::FdFlags::empty())?;
        std::mem::forget(self.lock);
        Ok(())
    }
}

/// The first workspace that no kernel holds.
fn free_workspace(cache: &Path) -> Result<(Workspace, File), EngineError> {
    for number in 0..MOST_KERNELS {
        let root = cache.join(format!("workspace-kernel-{number}"));
        let path = root.join("lock");
        let failed = |path: &PathBuf| {
            let path = path.clone();
            move |source| EngineError::Io { action: "write", path, source }
        };
        fs::create_dir_all(&root).map_err(failed(&root))?;
        let lock = File::create(&path).map_err(failed(&path))?;
        match lock.try_lock() {
            Ok(()) => return Ok((Workspace::at(root), lock)),
            Err(fs::TryLockError::WouldBlock) => {}
            Err(fs::TryLockError::Error(source)) => return Err(failed(&path)(source)),
        }
    }
    Err(EngineError::Failed { message: format!("{MOST_KERNELS} kernels run already") })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kernel_has_a_folder_of_its_own_until_it_ends() {
        let cache = tempfile::tempdir().unwrap();
        let (first, held) = free_workspace(cache.path()).unwrap();
        let (second, _also_held) = free_workspace(cache.path()).unwrap();
        assert_ne!(first.root(), second.root());
        drop(held);
        assert_eq!(free_workspace(cache.path()).unwrap().0.root(), first.root());
    }
}
