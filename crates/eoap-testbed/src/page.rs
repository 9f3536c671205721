//! The page that shows a testbed at work, and the document that it draws.

#[expect(clippy::module_inception, reason = "the page itself, beside the state that it shows")]
mod page;
mod state;

pub(crate) use page::Page;
pub(crate) use state::{Addresses, State};
