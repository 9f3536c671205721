//! Notebooks as pages to be read: their text and their recorded outputs, as HTML or Markdown. Nothing is
//! executed.
//!
//! The main type is [`Page`], which `content` puts together. [`html`] and [`markdown`] write one page,
//! [`site`] and [`book`] many. `prose`, `math` and `highlight` turn Markdown, LaTeX and Rust into HTML;
//! `addresses` finds and replaces what they refer to, `beside` reads pictures, and [`links`] says where
//! the rest leads. `forms` says which form of an output is shown. HTML that a cell displays is shown as
//! in Jupyter.

mod addresses;
mod anchors;
mod beside;
pub mod book;
mod content;
mod dialect;
mod escape;
mod forms;
mod highlight;
pub mod html;
pub mod links;
pub mod markdown;
mod math;
mod page;
mod prose;
mod remote;
pub mod site;

pub use page::{Code, Data, ExportError, Output, Page, Part, Shown};
