//! The kept result of building a set of dependencies: how to compile with it, and whether it is still up to
//! date.
//!
//! The main type is [`PreparedSet`]. It is a file between runs, so a run that changes no dependency never
//! calls Cargo. It builds nothing.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use nbsnap::files::digest::{digest, digest_of_files, sources_of};
use serde::{Deserialize, Serialize};

use crate::dependencies::DependencySet;
use crate::rustc::RustcCall;
use nbsnap::files::atomic_write;

/// A set of dependencies that was built.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct PreparedSet {
    /// The number of the target folder that it was built in.
    pub(crate) target: usize,
    /// How many crates that are.
    pub(crate) crates: usize,
    /// Folders of the packages among them that are on this machine and not from a registry.
    pub(crate) local: Vec<PathBuf>,
    /// How to compile with it.
    pub(crate) call: RustcCall,
    /// The digest of the local packages.
    sources: String,
    /// The files that a compilation names, with their sizes and times.
    built: Vec<(PathBuf, u64, SystemTime)>,
}

impl PreparedSet {
    /// Records what was just built. `None` if files cannot be read: then a later build from them cannot be
    /// checked either.
    ///
    /// `sources` is the digest of the local packages from before the build began. So a change during the
    /// build counts as a change.
    pub(crate) fn of(call: RustcCall, target: usize, crates: usize, local: Vec<PathBuf>, sources: String) -> Option<PreparedSet> {
        let built = call.files().map(stamp).collect::<Option<_>>()?;
        Some(PreparedSet { target, crates, local, call, sources, built })
    }

    /// Reads a kept result.
    pub(crate) fn read(folder: &Path, key: &str) -> Option<PreparedSet> {
        serde_json::from_slice(&fs::read(folder.join(format!("{key}.json"))).ok()?).ok()
    }

    /// Keeps it. Where that fails Cargo is simply asked again.
    pub(crate) fn write(&self, folder: &Path, key: &str) {
        let Ok(text) = serde_json::to_vec_pretty(self) else { return };
        let _ = atomic_write::write(&folder.join(format!("{key}.json")), &text);
    }

    /// Whether the built files still exist, and were not replaced by another build.
    pub(crate) fn is_there(&self) -> bool {
        self.built.iter().all(|built| stamp(&built.0).as_ref() == Some(built))
    }

    /// Whether it is what would be built now.
    pub(crate) fn is_up_to_date(&self) -> bool {
        self.is_there() && digest_of_packages(&self.local).as_ref() == Some(&self.sources)
    }
}

/// The digest of the packages in these folders.
pub(crate) fn digest_of_packages(folders: &[PathBuf]) -> Option<String> {
    let files = sources_of(folders).ok()?;
    digest_of_files(&files).ok().map(|(digest, _)| digest)
}

/// The key of a set of dependencies: everything that decides what is built, except the local packages.
pub(crate) fn key(set: &DependencySet, manifest: &str, lock: &str, toolchain: &str) -> String {
    let parts = [set.manifest_lines().as_str(), manifest, lock, toolchain].map(|part| digest(part.as_bytes()));
    digest(parts.concat().as_bytes())[..20].to_owned()
}

fn stamp(path: &Path) -> Option<(PathBuf, u64, SystemTime)> {
    let metadata = fs::metadata(path).ok()?;
    Some((path.to_owned(), metadata.len(), metadata.modified().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_built_is_known_until_it_or_a_local_package_changes() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("package/src")).unwrap();
        fs::write(at("package/src/lib.rs"), "").unwrap();
        fs::write(at("libx.rlib"), "1").unwrap();
        let messages =
            format!("     Running `CARGO=c rustc --crate-name lab --extern x={} lab/src/lib.rs`", at("libx.rlib").display());
        let local = vec![at("package")];
        let call = RustcCall::find(&messages, "lab").unwrap();
        let sources = digest_of_packages(&local).unwrap();
        PreparedSet::of(call, 0, 1, local, sources).unwrap().write(&at("prepared"), "k");

        let known = PreparedSet::read(&at("prepared"), "k").unwrap();
        assert!(known.is_up_to_date());
        fs::write(at("package/src/lib.rs"), "// new").unwrap();
        assert!(known.is_there() && !known.is_up_to_date());
        fs::write(at("package/src/lib.rs"), "").unwrap();
        assert!(known.is_up_to_date());
        fs::write(at("libx.rlib"), "12").unwrap();
        assert!(!known.is_there());
        assert!(PreparedSet::read(&at("prepared"), "other").is_none());
    }
}
