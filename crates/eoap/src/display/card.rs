//! A heading, paragraphs and tables under each other, in two forms as [`Table`] has them.

use super::{Bundle, Table, escape};
use crate::draw::theme::QUIET;

/// A named thing, described in a few words and tables.
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "a card shows nothing until its bundle is emitted"]
pub(crate) struct Card {
    heading: String,
    paragraphs: Vec<String>,
    tables: Vec<(String, Table)>,
}

impl Card {
    /// A card with this heading.
    pub(crate) fn new(heading: impl Into<String>) -> Self {
        Self { heading: heading.into(), ..Self::default() }
    }

    /// Adds a paragraph, if there is text for one.
    pub(crate) fn paragraph(mut self, text: Option<&str>) -> Self {
        self.paragraphs.extend(text.map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned));
        self
    }

    /// Adds a table below a heading, which may be empty. A table without rows is left out.
    pub(crate) fn table(mut self, heading: &str, table: Table) -> Self {
        if !table.is_empty() {
            self.tables.push((heading.to_owned(), table));
        }
        self
    }

    /// The card in both forms, to be shown.
    pub(crate) fn bundle(&self) -> Bundle {
        Bundle::text(self.to_text()).html(self.to_html())
    }

    /// Text: heading and paragraphs, then the tables with an empty line before each.
    pub(crate) fn to_text(&self) -> String {
        let mut text = self.heading.clone();
        for paragraph in &self.paragraphs {
            text.push('\n');
            text.push_str(paragraph);
        }
        for (heading, table) in &self.tables {
            text.push_str("\n\n");
            if !heading.is_empty() {
                text.push_str(heading);
                text.push('\n');
            }
            text.push_str(&table.to_text());
        }
        text
    }

    /// HTML on one line, without colours.
    pub(crate) fn to_html(&self) -> String {
        let block =
            |style: &str, text: &str| format!("<div style=\"margin:.3em 0{style}\">{}</div>", escape(text).replace('\n', "<br>"));
        let mut html = block(";font-weight:bold", &self.heading);
        for paragraph in &self.paragraphs {
            html.push_str(&block("", paragraph));
        }
        for (heading, table) in &self.tables {
            if !heading.is_empty() {
                html.push_str(&block(&format!(";{QUIET}"), heading));
            }
            html.push_str(&table.to_html());
        }
        html
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_below_the_paragraphs() {
        let mut table = Table::pairs();
        table.row(["version", "1.0.0"]);
        let card = Card::new("Water bodies").paragraph(Some("Finds water.")).table("", table);
        assert_eq!(card.to_text(), "Water bodies\nFinds water.\n\nversion  1.0.0");
    }

    #[test]
    fn html_is_escaped_and_empty_parts_are_left_out() {
        let card = Card::new("<a>").paragraph(Some("x\ny")).paragraph(Some(" ")).paragraph(None).table("none", Table::pairs());
        let html = card.to_html();
        assert!(html.contains("&lt;a&gt;") && html.contains("x<br>y") && !html.contains("none"), "{html}");
        assert_eq!(card.to_text(), "<a>\nx\ny");
    }
}
