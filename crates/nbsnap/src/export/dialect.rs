//! The dialect of Markdown that Jupyter shows: GitHub's, with formulas and footnotes.

use pulldown_cmark::{Options, Parser};

/// Reads Markdown.
pub(super) fn parser(markdown: &str) -> Parser<'_> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_FOOTNOTES
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_GFM
        | Options::ENABLE_MATH;
    Parser::new_ext(markdown, options)
}
