//! Where data is: stores of objects (S3 and the like), addresses of assets, files that are complete or
//! missing.
//!
//! Knows bytes and names, but not their content.

pub(crate) mod asset_address;
pub(crate) mod atomic_file;
#[cfg(feature = "azure")]
mod azure;
mod build;
mod failure;
#[cfg(feature = "gcp")]
mod google;
mod listing;
pub(crate) mod object_url;
mod profile;
mod s3;
mod s3_listing;
pub(crate) mod shown_address;
mod store;
mod store_builder;

pub use listing::{Entry, Listing};
pub use store::Store;
pub use store_builder::StoreBuilder;
