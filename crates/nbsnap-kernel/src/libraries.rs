//! Libraries for cells. One that was prepared for the project is used as it is. Another one is built while
//! the user watches.
//!
//! The main type is [`Builder`]. It does not know where the progress is shown.

use std::time::{Duration, Instant};

use rust_cells::dependencies::{BuildEvent, BuildSettings, DependencySet, Libraries, Library};
use rust_cells::{CancellationToken, Toolchain};

use crate::KernelSettings;

/// How long a build may take. A person can interrupt it.
const LIMIT: Duration = Duration::from_secs(24 * 3600);

/// Finds and builds libraries.
pub(crate) struct Builder<'a> {
    pub(crate) toolchain: &'a Toolchain,
    pub(crate) settings: &'a KernelSettings,
    pub(crate) token: CancellationToken,
    /// What was asked for last, with the library that it got.
    pub(crate) last: Option<Library>,
}

impl Builder<'_> {
    /// A library that covers this set.
    ///
    /// # Errors
    /// When it cannot be built, in Cargo's words.
    pub(crate) fn library(&mut self, set: &DependencySet, emit: &mut dyn FnMut(BuildEvent)) -> Result<Library, String> {
        // The library that cells have been compiled with is kept if it covers the set: variables of its
        // types live on.
        if let Some(last) = self.last.as_ref().filter(|last| last.set().covers(set)) {
            return Ok(last.clone());
        }
        let library = match self.layer(set, emit)?.or_else(|| self.prepared(set)) {
            Some(library) => library,
            None => self.build(set, emit)?,
        };
        self.last = Some(library.clone());
        Ok(library)
    }

    /// A layer on the library that cells have been compiled with, so that their variables live on.
    fn layer(&self, set: &DependencySet, emit: &mut dyn FnMut(BuildEvent)) -> Result<Option<Library>, String> {
        let Some(last) = &self.last else { return Ok(None) };
        let folder = self.settings.cache.join("dependencies");
        self.libraries(&folder, &self.settings.build).layer(last, set, emit).map_err(|error| error.to_string())
    }

    fn libraries<'s>(&'s self, folder: &'s std::path::Path, build: &'s BuildSettings) -> Libraries<'s> {
        Libraries { toolchain: self.toolchain, folder, settings: build, token: &self.token, deadline: Instant::now() + LIMIT }
    }

    /// A library that was built for the project: the one of this notebook, or else the smallest one that
    /// covers the set.
    fn prepared(&self, set: &DependencySet) -> Option<Library> {
        let lock = self.settings.lock.as_deref()?;
        let folder = self.settings.cache.join("dependencies");
        let libraries = self.libraries(&folder, &self.settings.build);
        let mut candidates: Vec<&DependencySet> = self.settings.projects.iter().filter(|known| known.covers(set)).collect();
        candidates.sort_by_key(|known| (**known != self.settings.notebook, known.iter().count()));
        candidates.dedup();
        candidates.into_iter().find_map(|known| libraries.built(known, lock))
    }

    fn build(&self, set: &DependencySet, emit: &mut dyn FnMut(BuildEvent)) -> Result<Library, String> {
        let folder = self.settings.cache.join("dependencies");
        let libraries = self.libraries(&folder, &self.settings.build);
        // A library for the whole notebook, if its dependencies are known: a second library would have a
        // second tokio.
        let wanted = if self.settings.notebook.covers(set) { &self.settings.notebook } else { set };
        let mut all = self.settings.projects.clone();
        all.push(wanted.clone());
        let lock = self.settings.lock.as_deref();
        let prepared = libraries.prepare(&all, std::slice::from_ref(wanted), lock, emit).map_err(|error| error.to_string())?;
        let missing = || Err("it was not built".to_owned());
        let built = prepared.library(set, wanted).cloned().unwrap_or_else(missing);
        if built.is_err() && wanted != set {
            // A later cell's line must not make an earlier one fail.
            let prepared = libraries.prepare(&all, std::slice::from_ref(set), lock, emit).map_err(|error| error.to_string())?;
            return prepared.library(set, set).cloned().unwrap_or_else(missing);
        }
        built
    }
}
