//! A live deployment behind the testbed, for a recording: its addresses, its traffic, and a mirror of its
//! store.

mod store_copy;
mod tape;
#[expect(clippy::module_inception, reason = "the deployment itself, beside what is kept of it")]
mod upstream;

pub(crate) use store_copy::{CopyError, StoreMirror};
pub(crate) use tape::{Kept, Tape};
pub use upstream::{Live, LiveStore};
