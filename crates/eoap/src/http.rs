//! HTTP: requests, answers, and what is between them (RFC 9110).
//!
//! Knows hosts, credentials, links and retries. Does not know processes, jobs or outputs.

pub(crate) mod auth;
pub(crate) mod connections;
mod exchange;
pub(crate) mod links;
pub(crate) mod media_type;
pub(crate) mod message;
pub(crate) mod multipart;
pub(crate) mod retry;
pub(crate) mod transport;
mod user_info;

pub use auth::Token;
pub use links::LinkPolicy;
pub use retry::Retry;
