//! STAC items: collections of them, catalogs and searches that lead to them, and downloads of their assets.
//!
//! Items and assets are the types of the crate `stac`, which is exported as `eoap::stac`.

mod catalog;
mod collection;
pub(crate) mod download;
pub(crate) mod progress;
mod reader;
mod search;

pub use catalog::{Catalog, alternate};
pub use collection::ItemCollection;
pub use download::{Download, DownloadItems};
pub use progress::Progress;
pub use reader::RefusedItem;
pub use search::Search;
