//! The snapshots of a project, with its rules of comparison.

use nbsnap::project::Project;
use nbsnap::snapshot::{Comparison, SnapshotStore, UpdateMode};

pub(super) fn store(project: &Project, update: UpdateMode) -> SnapshotStore {
    let comparison = Comparison::new(project.config.compare.clone());
    SnapshotStore::new(project.snapshots_dir(), project.root.clone(), update).with_comparison(comparison)
}
