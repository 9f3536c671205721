//! The documents of OGC API - Processes as types: what a server sends and receives.
//!
//! Each is read without loss and written unchanged. Nothing is requested here.

pub(crate) mod api_definition;
pub(crate) mod description;
pub(crate) mod execution;
pub(crate) mod input;
pub(crate) mod landing;
pub(crate) mod lenient;
pub(crate) mod link;
pub(crate) mod lossless;
pub(crate) mod output;
pub(crate) mod output_format;
pub(crate) mod package;
pub(crate) mod prefer;
pub(crate) mod process;
pub(crate) mod results;
pub(crate) mod schema;
pub(crate) mod status;
pub(crate) mod validation;
