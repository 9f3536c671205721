//! Notebooks as pages to be read: what is written in them and what is recorded of their cells, as HTML or Markdown. Nothing is executed.
//!
//! The main type is [`Page`], which `content` puts together; [`html`] and [`markdown`] write it. `prose` and `highlight` turn Markdown
//! and Rust into HTML. HTML that a cell displays is shown as it is, as Jupyter does.

mod content;
mod highlight;
pub mod html;
pub mod markdown;
mod prose;

pub use content::{Code, Data, ExportError, Output, Page, Part, Shown};

/// Text as HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
