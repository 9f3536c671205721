//! Loads the cells' dependencies in rust-analyzer: a package of one file, whose text is never written to
//! disk.

use std::path::{Path, PathBuf};

use nbsnap::files::digest::digest;
use ra_ap_base_db::{SourceRoot, all_crates};
use ra_ap_hir::ChangeWithProcMacros;
use ra_ap_ide::{Analysis, AnalysisHost, FileId};
use ra_ap_ide_db::FxHashMap;
use ra_ap_paths::{AbsPath, AbsPathBuf};
use ra_ap_project_model::{CargoConfig, ProjectManifest, ProjectWorkspace, RustLibSource};
use ra_ap_vfs::loader::Directories;
use ra_ap_vfs::{Change, Vfs, VfsPath};

use super::standard_library;

/// Why a project cannot be loaded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ProjectError {
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: std::io::Error },
    #[error("the path {0} is not absolute, or is not UTF-8")]
    Path(PathBuf),
    #[error("rust-analyzer cannot read the crates that cells depend on: {0}")]
    Load(String),
}

/// Crates, and one file that uses them.
pub(crate) struct Project {
    dependencies: String,
    host: AnalysisHost,
    file: FileId,
}

impl Project {
    /// Loads crates from the lines of a `[dependencies]` table. Cargo resolves them in a separate folder
    /// below `folder`. It begins with the `Cargo.lock` beside that, if there is one.
    pub(crate) fn load(folder: &Path, dependencies: &str) -> Result<Project, ProjectError> {
        let lock = std::fs::read_to_string(folder.join("Cargo.lock")).ok();
        let key = digest(format!("{dependencies}\0{}", lock.as_deref().unwrap_or_default()).as_bytes());
        let package = folder.join(&key[..16]);
        write(&package.join("Cargo.toml"), &manifest(dependencies))?;
        write(&package.join("src/lib.rs"), "")?;
        if let (Some(lock), false) = (&lock, package.join("Cargo.lock").exists()) {
            write(&package.join("Cargo.lock"), lock)?;
        }
        let root = absolute(&package)?;
        let sysroot = standard_library::sysroot();
        let source = sysroot.as_deref().and_then(|sysroot| standard_library::source(sysroot, folder));
        let config = CargoConfig {
            sysroot: sysroot.as_deref().and_then(|sysroot| absolute(sysroot).ok()).map(RustLibSource::Path),
            sysroot_src: source.as_deref().and_then(|source| absolute(source).ok()),
            ..CargoConfig::default()
        };
        let broken = |error: &dyn std::fmt::Display| ProjectError::Load(format!("{error:#}"));
        let manifest = ProjectManifest::from_manifest_file(root.join("Cargo.toml")).map_err(|error| broken(&error))?;
        let workspace = ProjectWorkspace::load(manifest, &config, &|_| {}).map_err(|error| broken(&error))?;
        let file = VfsPath::from(root.join("src/lib.rs"));
        let (host, file) = read(&workspace, &root, &file).ok_or_else(|| broken(&"its sources cannot be read"))?;
        Ok(Project { dependencies: dependencies.to_owned(), host, file })
    }

    /// What it was loaded with.
    pub(crate) fn dependencies(&self) -> &str {
        &self.dependencies
    }

    /// The file with this text.
    pub(crate) fn with(&mut self, text: &str) -> (Analysis, FileId) {
        let mut change = ChangeWithProcMacros::default();
        change.change_file(self.file, Some(text.to_owned()));
        self.host.apply_change(change);
        (self.host.analysis(), self.file)
    }
}

fn manifest(dependencies: &str) -> String {
    format!(
        "[workspace]\n\n[package]\nname = \"cell\"\nversion = \"1.0.0\"\nedition = \"2024\"\n\n[dependencies]\n{dependencies}"
    )
}

/// Reads all sources of a workspace. Sources that no cell can change are marked as a library's. So
/// rust-analyzer need not read them again when a cell changes.
fn read(workspace: &ProjectWorkspace, own: &AbsPathBuf, file: &VfsPath) -> Option<(AnalysisHost, FileId)> {
    let roots = workspace.to_roots();
    let mut vfs = Vfs::default();
    for root in &roots {
        let (extensions, include, exclude) = (vec!["rs".to_owned()], root.include.clone(), root.exclude.clone());
        let directories = Directories { extensions, include, exclude };
        for folder in &root.include {
            add_files(folder, &directories, &mut vfs);
        }
    }
    let mut sets = ra_ap_vfs::file_set::FileSetConfig::builder();
    let is_own = |path: &AbsPathBuf| path.starts_with(own);
    sets.add_file_set(vec![own.clone().into()]);
    for root in roots.iter().filter(|root| !root.include.iter().any(is_own)) {
        sets.add_file_set(root.include.iter().cloned().map(VfsPath::from).collect());
    }
    let mut change = ChangeWithProcMacros::default();
    for (id, changed) in vfs.take_changes() {
        if let Change::Create(bytes, _) | Change::Modify(bytes, _) = changed.change {
            change.change_file(id, String::from_utf8(bytes).ok());
        }
    }
    let root = |(index, files)| if index == 0 { SourceRoot::new_local(files) } else { SourceRoot::new_library(files) };
    change.set_roots(sets.build().partition(&vfs).into_iter().enumerate().map(root).collect());
    let find = |path: &AbsPath| vfs.file_id(&path.to_path_buf().into()).map(|(id, _)| id);
    let (crates, _) = workspace.to_crate_graph(&mut { find }, &FxHashMap::default());
    change.set_crate_graph(crates);
    let mut host = AnalysisHost::default();
    host.apply_change(change);
    // A method call may depend on any crate. All cores index them now, so that the first question does not
    // wait for one core.
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let crates = all_crates(host.raw_database());
    host.analysis().parallel_prime_caches(&crates, cores, |_| ()).ok()?;
    Some((host, vfs.file_id(file)?.0))
}

/// Adds the sources below a folder. What cannot be read is left out.
fn add_files(folder: &AbsPath, directories: &Directories, vfs: &mut Vfs) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Some(name) = entry.file_name().to_str().filter(|name| !name.starts_with('.')).map(str::to_owned) else { continue };
        let path = folder.join(&name);
        let Ok(kind) = std::fs::metadata(&path).map(|found| found.file_type()) else { continue };
        if kind.is_dir() && directories.contains_dir(&path) && !entry.file_type().is_ok_and(|kind| kind.is_symlink()) {
            add_files(&path, directories, vfs);
        } else if kind.is_file() && directories.contains_file(&path) {
            vfs.set_file_contents(path.clone().into(), std::fs::read(&path).ok());
        }
    }
}

fn absolute(path: &Path) -> Result<AbsPathBuf, ProjectError> {
    let text = path.to_str().ok_or_else(|| ProjectError::Path(path.to_owned()))?;
    AbsPathBuf::try_from(text).map_err(|_| ProjectError::Path(path.to_owned()))
}

/// Writes a file unless it already says just that.
fn write(path: &Path, text: &str) -> Result<(), ProjectError> {
    if std::fs::read_to_string(path).is_ok_and(|old| old == text) {
        return Ok(());
    }
    let failed = |source| ProjectError::Write { path: path.to_owned(), source };
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}
