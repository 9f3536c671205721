//! The dependencies of cells: read from `:dep` lines, resolved and built by Cargo, and linked into one
//! dynamic library.
//!
//! With one library, all cells share one tokio, and one set of statics and thread-locals. [`Libraries`]
//! makes a [`Library`] from a [`DependencySet`]. Nothing here knows cells.

mod build;
mod graph;
mod inputs;
mod layer;
mod library;
mod lock_file;
mod prepare;
mod set;
mod settings;
mod workspace;

pub(crate) use inputs::{Freshness, Inputs};
pub use library::Library;
pub use lock_file::{same_lock, without_members};
pub use prepare::{Libraries, Prepared};
pub use set::DependencySet;
pub use settings::{BuildEvent, BuildSettings};
