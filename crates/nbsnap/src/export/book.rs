//! Pages as the sources of a book for mdBook or Jupyter Book, for courses that have a site already.
//!
//! The pages are those of [`markdown`]. The book's settings and its list of chapters are added.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::page::Page;
use super::{links, markdown};

/// The folder in an mdBook's that has its pages.
pub const PAGES_OF_MDBOOK: &str = "src";

/// The sources of an mdBook (<https://rust-lang.github.io/mdBook/>), by their paths in the book's folder.
pub fn mdbook(title: &str, pages: &[Page]) -> BTreeMap<String, Vec<u8>> {
    let mut summary = String::from("# Summary\n\n");
    let mut files = chapters(pages, &format!("{PAGES_OF_MDBOOK}/"));
    for page in pages {
        // Writing to a string cannot fail, here and below.
        let _ = writeln!(summary, "- [{}]({}.md)", page.title.replace(['[', ']'], ""), links::encoded(&page.name));
    }
    files.insert(format!("{PAGES_OF_MDBOOK}/SUMMARY.md"), summary.into_bytes());
    let settings = format!("[book]\ntitle = {}\n", toml::Value::String(title.to_owned()));
    files.insert("book.toml".to_owned(), settings.into_bytes());
    files
}

/// The sources of a Jupyter Book (<https://jupyterbook.org>, `myst.yml`), by their paths in the book's
/// folder.
pub fn jupyter_book(title: &str, pages: &[Page]) -> BTreeMap<String, Vec<u8>> {
    // A string of JSON is one of YAML.
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let mut settings = format!("version: 1\nproject:\n  title: {}\n  toc:\n", quoted(title));
    for page in pages {
        let _ = writeln!(settings, "    - file: {}", quoted(&format!("{}.md", page.name)));
    }
    settings.push_str("site:\n  template: book-theme\n");
    let mut files = chapters(pages, "");
    files.insert("myst.yml".to_owned(), settings.into_bytes());
    files
}

fn chapters(pages: &[Page], folder: &str) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for page in pages {
        let (text, pictures) = markdown::render(page, pages);
        files.extend(pictures.into_iter().map(|(path, content)| (format!("{folder}{path}"), content)));
        files.insert(format!("{folder}{}.md", page.name), text.into_bytes());
    }
    files
}
