//! What runs notebooks: each module is an [`Engine`](crate::engine::Engine), and [`ByKernel`] chooses among
//! them by a notebook's kernel.

mod by_kernel;
pub mod evcxr;
mod fingerprint;
pub mod jupyter;
pub(crate) mod role;
pub mod rustc;

pub use by_kernel::ByKernel;
