//! Snapshots: what every cell produced the last time somebody looked at it and found it right.
//!
//! The main type is [`SnapshotStore`]. It keeps one file per cell that produced something, `<notebook>/<cell
//! id>.snap`, in insta's format, so that `cargo insta review` and `cargo insta accept` work on it. A new
//! result waits beside it as `.snap.new`. [`Body`] is what a file holds: the cell's record, section by
//! section, as text. Images are beside the text in files that are named after their content.
//!
//! Snapshots know records and notebooks. They know no engine and no terminal, and they never ask the
//! environment whether they may write: the caller says so ([`UpdateMode`]).

mod blob;
mod body;
mod compare;
mod escape;
mod file;
mod recorded;
mod review;
mod sidecars;
mod store;
mod sweep;

pub use blob::Blob;
pub(crate) use blob::{essence, is_binary};
pub use body::{Body, BodyError, Content, Section, SectionName};
pub(crate) use body::{header_name, is_json};
pub(crate) use compare::Sides;
pub(crate) use compare::drawing_difference;
pub use compare::{CompareRule, Comparison, Difference, JsonPath, PictureDifference, SvgComparison, Tolerance};
#[cfg(test)]
pub(crate) use escape::original;
pub use escape::visible;
pub(crate) use escape::{push_picture, steers};
pub use file::SnapshotError;
pub(crate) use recorded::Edits;
pub use review::Review;
pub use store::{SnapshotStore, UpdateMode};
pub use sweep::{Accepted, Orphan, OrphanKind};
