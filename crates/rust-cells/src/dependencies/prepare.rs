//! Builds libraries for sets of dependencies. One lock file pins all sets where that is possible.
//!
//! The main type is [`Libraries`]. A library that was built before and is up to date is used without a call
//! of Cargo.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{File, TryLockError};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::build::{Build, Built, Cargo, Ended};
use super::graph::{self, Graph};
use super::inputs::{self, Freshness};
use super::library::Library;
use super::lock_file::without_members;
use super::set::DependencySet;
use super::settings::{BuildEvent, BuildSettings};
use super::workspace::{Workspace, copy_all, member_name, write};
use crate::cancellation::CancellationToken;
use crate::digest::digest;
use crate::{Error, Toolchain};

/// The folder with the packages of a library, below the library's own folder. A layer is built with them.
pub(super) const MEMBERS: &str = "members";

/// Where libraries are made and kept.
pub struct Libraries<'a> {
    /// The toolchain that makes them.
    pub toolchain: &'a Toolchain,
    /// The folder.
    pub folder: &'a Path,
    /// How they are built.
    pub settings: &'a BuildSettings,
    /// Stops a build.
    pub token: &'a CancellationToken,
    /// When everything must be built.
    pub deadline: Instant,
}

/// What came of [`Libraries::prepare`].
#[derive(Clone, Debug)]
pub struct Prepared {
    /// The lock file that pins all sets that can be pinned together, without generated packages.
    pub lock: Option<String>,
    /// The libraries of the wanted sets. The error is in Cargo's words.
    pub libraries: BTreeMap<DependencySet, Result<Library, String>>,
    /// How many crates the largest library has.
    pub crates: usize,
    /// How many crates were compiled now.
    pub compiled: usize,
}

impl Prepared {
    /// The library for cells that have asked for `set` so far and will have asked for `whole` in the end.
    /// All cells share one where that is possible: a second one would have a second tokio.
    pub fn library(&self, set: &DependencySet, whole: &DependencySet) -> Option<&Result<Library, String>> {
        let of_whole = self.libraries.get_key_value(whole).filter(|(known, _)| known.covers(set));
        let found = of_whole.or_else(|| self.libraries.iter().find(|(known, _)| known.covers(set)));
        found.map(|(_, library)| library)
    }
}

impl Libraries<'_> {
    /// Pins `all` sets and builds the `wanted` ones, beginning with the lock file `lock`.
    ///
    /// # Errors
    /// When nothing can be built. The error of a single set is in [`Prepared::libraries`].
    pub fn prepare(
        &self,
        all: &[DependencySet],
        wanted: &[DependencySet],
        lock: Option<&str>,
        emit: &mut dyn FnMut(BuildEvent),
    ) -> Result<Prepared, Error> {
        let mut prepared = Prepared { lock: lock.map(without_members), libraries: BTreeMap::new(), crates: 0, compiled: 0 };
        prepared.libraries.insert(DependencySet::default(), Ok(Library::none()));
        let mut wanted: Vec<&DependencySet> = wanted.iter().filter(|set| !set.is_empty()).collect();
        wanted.sort();
        wanted.dedup();
        if wanted.is_empty() {
            return Ok(prepared);
        }
        let known: Option<Vec<Library>> =
            lock.and_then(|lock| wanted.iter().map(|set| self.known(set, &without_members(lock))).collect());
        if let Some(known) = known {
            prepared.crates = known.iter().map(|library| library.crates).max().unwrap_or(0);
            prepared.libraries.extend(known.into_iter().map(|library| (library.set.clone(), Ok(library))));
            return Ok(prepared);
        }
        let _lock = self.lock(emit)?;
        let mut sets: Vec<&DependencySet> = all.iter().chain(wanted.iter().copied()).filter(|set| !set.is_empty()).collect();
        sets.sort();
        sets.dedup();
        let shared = self.workspace("shared");
        let rooms = self.resolve(&shared, &sets, lock, &mut prepared)?;
        for (workspace, members) in &rooms {
            let names: Vec<String> = members.iter().map(|set| member_name(set)).collect();
            let Ended::Well(metadata) = self.cargo(workspace).metadata()? else { continue };
            let graphs = graph::read(&metadata, &names);
            for (set, name) in members.iter().zip(&names).filter(|(set, _)| wanted.contains(set)) {
                workspace.write_member(name, set, graphs[name].tokio.as_deref())?;
            }
            let lock = workspace.lock().map(|lock| without_members(&lock)).unwrap_or_default();
            if workspace.root == shared.root {
                prepared.lock = Some(lock.clone());
            }
            for (set, name) in members.iter().zip(&names).filter(|(set, _)| wanted.contains(set)) {
                let made = self.library(workspace, set, &graphs[name], &lock, &mut prepared, emit)?;
                prepared.libraries.insert((*set).clone(), made);
            }
        }
        Ok(prepared)
    }

    pub(super) fn workspace(&self, name: &str) -> Workspace {
        Workspace { root: self.folder.join("workspaces").join(name) }
    }

    pub(super) fn cargo<'a>(&'a self, workspace: &'a Workspace) -> Cargo<'a> {
        Cargo {
            toolchain: self.toolchain,
            workspace: &workspace.root,
            target: self.target(),
            token: self.token,
            deadline: self.deadline,
        }
    }

    fn target(&self) -> &Path {
        self.folder
    }

    /// Divides the sets into workspaces whose members can be pinned together: all of them in one, where that
    /// is possible.
    fn resolve<'s>(
        &self,
        shared: &Workspace,
        sets: &[&'s DependencySet],
        lock: Option<&str>,
        prepared: &mut Prepared,
    ) -> Result<Vec<(Workspace, Vec<&'s DependencySet>)>, Error> {
        shared.lay_out(sets, self.settings, lock)?;
        if let Ended::Well(_) = self.cargo(shared).metadata()? {
            return Ok(vec![(shared.clone(), sets.to_vec())]);
        }
        let (mut together, mut alone): (Vec<&DependencySet>, Vec<_>) = (Vec::new(), Vec::new());
        for set in sets {
            let own = self.workspace(&member_name(set));
            own.lay_out(&[set], self.settings, lock)?;
            if let Ended::Badly(message) = self.cargo(&own).metadata()? {
                prepared.libraries.insert((*set).clone(), Err(message));
                continue;
            }
            together.push(set);
            shared.lay_out(&together, self.settings, lock)?;
            if let Ended::Badly(_) = self.cargo(shared).metadata()? {
                together.pop();
                alone.push((own, vec![*set]));
            }
        }
        if !together.is_empty() {
            shared.lay_out(&together, self.settings, lock)?;
            self.cargo(shared).metadata()?;
            alone.insert(0, (shared.clone(), together));
        }
        Ok(alone)
    }

    fn library(
        &self,
        workspace: &Workspace,
        set: &DependencySet,
        graph: &Graph,
        lock: &str,
        prepared: &mut Prepared,
        emit: &mut dyn FnMut(BuildEvent),
    ) -> Result<Result<Library, String>, Error> {
        let crates = graph.crates.len();
        prepared.crates = prepared.crates.max(crates);
        if let Some(known) = self.known(set, lock) {
            return Ok(Ok(known));
        }
        emit(BuildEvent::Started { crates });
        let name = member_name(set);
        let cargo = self.cargo(workspace);
        // Cargo compares times. It would not rebuild for a changed file that is older than the build, so its
        // packages are cleaned.
        if let Some(stale) = self.read(set, lock)
            && stale.inputs.freshness() == Freshness::Changed
        {
            let packages: Vec<String> = graph.local.values().filter_map(|folder| package_name(folder)).collect();
            if !packages.is_empty() {
                cargo.clean(&packages)?;
            }
        }
        let mut built = match cargo.build(&name, crates, emit)? {
            Build::Made(built) => built,
            Build::Failed(message) => return Ok(Err(message)),
        };
        if built.arguments.is_none() {
            // Cargo says how it compiles only when it does.
            workspace.touch(&name)?;
            built = match cargo.build(&name, crates, emit)? {
                Build::Made(again) => Built { compiled: built.compiled + again.compiled, ..again },
                Build::Failed(message) => return Ok(Err(message)),
            };
        }
        prepared.compiled += built.compiled;
        let library = Library { set: set.clone(), ..self.keep(workspace, &name, graph, &built)? };
        let text = serde_json::to_string_pretty(&library).unwrap_or_default();
        write(&self.record(set, lock), &text)?;
        Ok(Ok(library))
    }

    /// Copies what was built to a place where no later build writes. Its name depends on its content.
    pub(super) fn keep(&self, workspace: &Workspace, name: &str, graph: &Graph, built: &Built) -> Result<Library, Error> {
        let bytes = std::fs::read(&built.library).map_err(Error::io("read", &built.library))?;
        let digest = digest(&bytes);
        let folder = self.folder.join("libraries").join(&digest[..16]);
        std::fs::create_dir_all(&folder).map_err(Error::io("create", &folder))?;
        let local = graph.local.keys().filter_map(|id| built.files.get(id)).flatten();
        for file in local.chain([&built.library]).chain(&built.metadata) {
            let Some(name) = file.file_name() else { continue };
            copy(file, &folder.join(name))?;
        }
        copy_all(&workspace.member(name), &folder.join(MEMBERS).join(name))?;
        let (mut arguments, externs) = call_from(&folder, built);
        let crate_name = name.replace('-', "_");
        let library = folder.join(built.library.file_name().unwrap_or_default());
        // Newer versions of Cargo leave the metadata out of the library.
        let metadata = built.metadata.as_ref().and_then(|file| Some(folder.join(file.file_name()?)));
        let own = [&library].into_iter().chain(&metadata);
        let own: Vec<String> = own.flat_map(|file| ["--extern".to_owned(), format!("{crate_name}={}", file.display())]).collect();
        let search = [
            "-L".to_owned(),
            format!("dependency={}", folder.display()),
            format!("-Clink-arg=-Wl,-rpath,{}", folder.display()),
            // Shared objects do not say where those are that they need. A cell does, for all that comes with
            // it, as only the older tag can.
            "-Clink-arg=-Wl,--disable-new-dtags".to_owned(),
        ];
        arguments.splice(0..0, own.into_iter().chain(search));
        Ok(Library {
            set: DependencySet::default(),
            crate_name: Some(crate_name),
            arguments,
            externs,
            has_reactor: graph.tokio.is_some(),
            has_display: memchr::memmem::find(&bytes, b"evcxr_display").is_some() || self.any_display(graph, built),
            folder: Some(folder),
            crates: graph.crates.len(),
            digest,
            base: None,
            inputs: inputs::of_packages(graph, built, &workspace.root),
        })
    }

    /// Whether a crate's metadata names `evcxr_display`.
    fn any_display(&self, _graph: &Graph, built: &Built) -> bool {
        let names = |path: &PathBuf| path.extension().is_some_and(|end| end == "rlib" || end == "so");
        let holds =
            |path: &PathBuf| std::fs::read(path).is_ok_and(|bytes| memchr::memmem::find(&bytes, b"evcxr_display").is_some());
        built.files.values().flatten().filter(|path| names(path)).any(holds)
    }

    /// The library that was built for a set with this lock file, if it is up to date. Builds nothing, and
    /// does not call Cargo.
    pub fn built(&self, set: &DependencySet, lock: &str) -> Option<Library> {
        if set.is_empty() { Some(Library::none()) } else { self.known(set, &without_members(lock)) }
    }

    /// The kept library of a set, if it is up to date.
    fn known(&self, set: &DependencySet, lock: &str) -> Option<Library> {
        self.read(set, lock).filter(|library| library.is_there() && library.inputs.freshness() == Freshness::Same)
    }

    fn read(&self, set: &DependencySet, lock: &str) -> Option<Library> {
        serde_json::from_slice(&std::fs::read(self.record(set, lock)).ok()?).ok()
    }

    fn record(&self, set: &DependencySet, lock: &str) -> PathBuf {
        let BuildSettings { opt_level, optimized } = self.settings;
        let parts = [FORMAT, &set.manifest_lines(), lock, &self.toolchain.version, opt_level, &optimized.join(",")]
            .map(|part| digest(part.as_bytes()));
        self.folder.join("known").join(format!("{}.json", &digest(parts.concat().as_bytes())[..20]))
    }

    /// Locks the folder for this process until the file is dropped.
    pub(super) fn lock(&self, emit: &mut dyn FnMut(BuildEvent)) -> Result<File, Error> {
        std::fs::create_dir_all(self.folder).map_err(Error::io("create", self.folder))?;
        let path = self.folder.join("lock");
        let file = File::create(&path).map_err(Error::io("write", &path))?;
        let mut waits = false;
        loop {
            match file.try_lock() {
                Ok(()) => return Ok(file),
                Err(TryLockError::Error(source)) => return Err(Error::Io { action: "lock", path, source }),
                Err(TryLockError::WouldBlock) if self.token.is_cancelled() => return Err(Error::Cancelled),
                Err(TryLockError::WouldBlock) if Instant::now() > self.deadline => return Err(Error::DependenciesTimeout),
                Err(TryLockError::WouldBlock) => {
                    if !std::mem::replace(&mut waits, true) {
                        emit(BuildEvent::Waiting);
                    }
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
        }
    }
}

/// How rustc is called for a cell: arguments for all cells, and one for each crate, with its name. Files that
/// were copied to `folder` are taken from there.
fn call_from(folder: &Path, built: &Built) -> (Vec<String>, Vec<(String, String)>) {
    let moved = |path: &str| {
        let kept = folder.join(Path::new(path).file_name().unwrap_or_default());
        if kept.exists() { kept.display().to_string() } else { path.to_owned() }
    };
    let (mut arguments, mut externs, mut folders) = (Vec::new(), Vec::new(), BTreeSet::new());
    for pair in built.arguments.as_deref().unwrap_or_default().chunks(2) {
        let [flag, value] = pair else { continue };
        if let (true, Some((_, path))) = (flag == "--extern", value.split_once('=')) {
            folders.extend(Path::new(path).parent().map(Path::to_owned));
        }
        match value.split_once('=') {
            Some((name, path)) if flag == "--extern" && !name.starts_with("cells_deps_") => {
                externs.push((name.rsplit(':').next().unwrap_or(name).to_owned(), format!("{name}={}", moved(path))));
            }
            _ if flag == "-L" => arguments.extend(pair.iter().cloned()),
            _ => {}
        }
    }
    // Newer versions of Cargo give each crate a folder of its own. rustc also looks for crates there that a
    // cell has not asked for.
    for folder in folders {
        let search = format!("dependency={}", folder.display());
        if !arguments.contains(&search) {
            arguments.extend(["-L".to_owned(), search]);
        }
    }
    (arguments, externs)
}

/// Increase this when the description of a library needs something that older ones lack.
const FORMAT: &str = "6";

/// Copies a file unless it exists: the folder's name depends on its content.
fn copy(from: &Path, to: &Path) -> Result<(), Error> {
    let same = |path: &Path| std::fs::metadata(path).map(|metadata| metadata.len()).ok();
    if same(to).is_some() && same(from) == same(to) {
        return Ok(());
    }
    let part = to.with_extension("part");
    std::fs::copy(from, &part).map_err(Error::io("copy", from))?;
    std::fs::rename(&part, to).map_err(Error::io("write", to))
}

fn package_name(folder: &Path) -> Option<String> {
    let manifest: toml::Table = std::fs::read_to_string(folder.join("Cargo.toml")).ok()?.parse().ok()?;
    Some(manifest.get("package")?.get("name")?.as_str()?.to_owned())
}
