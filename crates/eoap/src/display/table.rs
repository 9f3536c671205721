//! A small table in two forms: aligned text, and HTML that reads well in JupyterLab's light and dark themes.
//!
//! Colours are only half-transparent grey, so that the theme decides. Cells are escaped here and nowhere
//! else.

use super::{Bundle, escape};
use crate::draw::theme::{Paint, QUIET, RULE};

/// On which side the cells of a column line up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub(crate) enum Align {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// The mark before the text of a cell in HTML.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Mark {
    Dot(Paint),
    /// A bar that is filled up to this share.
    Bar(f64),
}

/// Rows of text under named columns.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    columns: Vec<(String, Align)>,
    heading: bool,
    rows: Vec<Vec<String>>,
    /// Row and column of cells with marks.
    marks: Vec<(usize, usize, Mark)>,
}

impl Table {
    /// A table with these columns.
    pub(crate) fn new<'a>(columns: impl IntoIterator<Item = (&'a str, Align)>) -> Self {
        Self {
            columns: columns.into_iter().map(|(name, align)| (name.to_owned(), align)).collect(),
            heading: true,
            rows: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// A table of names and values, without a heading.
    pub(crate) fn pairs() -> Self {
        Self { heading: false, ..Self::new([("name", Align::Left), ("value", Align::Left)]) }
    }

    /// Adds a row. Cells beyond the columns are left out, missing ones are empty.
    pub(crate) fn row<C: Into<String>>(&mut self, cells: impl IntoIterator<Item = C>) -> &mut Self {
        let mut row: Vec<String> = cells.into_iter().map(Into::into).collect();
        row.resize(self.columns.len(), String::new());
        self.rows.push(row);
        self
    }

    /// Puts a dot of this colour before the text of a cell of the last row, in HTML.
    pub(crate) fn dot(&mut self, column: usize, paint: Paint) -> &mut Self {
        self.marks.push((self.rows.len().saturating_sub(1), column, Mark::Dot(paint)));
        self
    }

    /// Puts a bar before the text of a cell of the last row, in HTML, filled up to this share (from 0 to 1).
    pub(crate) fn bar(&mut self, column: usize, share: f64) -> &mut Self {
        let share = if share.is_nan() { 0.0 } else { share.clamp(0.0, 1.0) };
        self.marks.push((self.rows.len().saturating_sub(1), column, Mark::Bar(share)));
        self
    }

    /// Whether there is no row.
    pub(crate) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// The table in both forms, to be shown.
    pub(crate) fn bundle(&self) -> Bundle {
        Bundle::text(self.to_text()).html(self.to_html())
    }

    /// Text in columns, two spaces apart, without trailing spaces or a final newline. Further lines of a cell
    /// are indented.
    pub(crate) fn to_text(&self) -> String {
        let heading: Vec<String> = self.columns.iter().map(|(name, _)| name.clone()).collect();
        let rows: Vec<&Vec<String>> = self.heading.then_some(&heading).into_iter().chain(&self.rows).collect();
        let width = |text: &str| text.lines().map(|line| line.chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> =
            (0..self.columns.len()).map(|column| rows.iter().map(|row| width(&row[column])).max().unwrap_or(0)).collect();
        let mut lines = Vec::new();
        for row in rows {
            let height = row.iter().map(|cell| cell.lines().count()).max().unwrap_or(1).max(1);
            for index in 0..height {
                let cells = row.iter().zip(&self.columns).zip(&widths).map(|((cell, (_, align)), &width)| {
                    let text = cell.lines().nth(index).unwrap_or("");
                    match align {
                        Align::Left => format!("{text:<width$}"),
                        Align::Right => format!("{text:>width$}"),
                    }
                });
                lines.push(cells.collect::<Vec<_>>().join("  ").trim_end().to_owned());
            }
        }
        lines.join("\n")
    }

    /// An HTML table with inline styles, which scrolls sideways where it is too wide.
    pub(crate) fn to_html(&self) -> String {
        let style = format!("border:0;border-bottom:{RULE};padding:.25em .8em;vertical-align:top");
        let cell = |tag: &str, mark: Option<Mark>, text: &str, align: Align, first: bool| {
            let side = match align {
                Align::Left => "left",
                Align::Right => "right",
            };
            let quiet = if first && !self.heading { format!(";{QUIET}") } else { String::new() };
            // Long addresses may be broken if necessary. Names, identifiers and dates are not. Columns of
            // sentences are wide enough for several words a line.
            let length = text.chars().count();
            let wrap = match text.contains([' ', '\n']) {
                false if length <= 40 => "white-space:nowrap",
                _ if tag == "th" => "white-space:nowrap",
                _ if length > 20 => "overflow-wrap:break-word;min-width:14em",
                _ => "overflow-wrap:break-word",
            };
            let text = escape(text).replace('\n', "<br>");
            let mark = mark.map(Mark::to_html).unwrap_or_default();
            format!("<{tag} style=\"{style};text-align:{side};{wrap}{quiet}\">{mark}{text}</{tag}>")
        };
        let mut html = String::from(
            "<div style=\"overflow-x:auto\"><table style=\"border-collapse:collapse;margin:.3em 0;font-variant-numeric:tabular-nums\">",
        );
        if self.heading {
            let cells = self.columns.iter().map(|(name, align)| cell("th", None, name, *align, false));
            html.push_str(&format!("<thead><tr>{}</tr></thead>", cells.collect::<String>()));
        }
        html.push_str("<tbody>");
        for (row, cells) in self.rows.iter().enumerate() {
            let mark = |column| self.marks.iter().find(|mark| (mark.0, mark.1) == (row, column)).map(|mark| mark.2);
            let cells = cells.iter().zip(&self.columns).enumerate();
            let cells = cells.map(|(column, (text, (_, align)))| cell("td", mark(column), text, *align, column == 0));
            html.push_str(&format!("<tr>{}</tr>", cells.collect::<String>()));
        }
        html.push_str("</tbody></table></div>");
        html
    }
}

impl Mark {
    fn to_html(self) -> String {
        match self {
            Self::Dot(paint) => format!("<span style=\"color:{}\">●</span> ", paint.between()),
            Self::Bar(share) => format!(
                "<span style=\"display:inline-block;width:5em;height:.7em;background:rgba(128,128,128,.25)\">\
                 <span style=\"display:block;height:100%;width:{:.0}%;background:{}\"></span></span> ",
                share * 100.0,
                Paint::Water.between()
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned() {
        let mut table = Table::new([("name", Align::Left), ("bytes", Align::Right)]);
        table.row(["otsu.tif", "406547"]);
        table.row(["item.json", "3447"]);
        assert_eq!(table.to_text(), "name        bytes\notsu.tif   406547\nitem.json    3447");
    }

    #[test]
    fn html_is_escaped_and_on_one_line() {
        let mut table = Table::pairs();
        table.row(["<b>", "a\nb & c"]);
        let html = table.to_html();
        assert!(html.contains("&lt;b&gt;") && html.contains("a<br>b &amp; c"), "{html}");
        assert!(!html.contains('\n') && !html.contains("<th"));
    }

    #[test]
    fn marks_stand_in_their_cells_and_in_html_only() {
        let mut table = Table::new([("job", Align::Left), ("status", Align::Left)]);
        table.row(["1", "running"]).dot(1, Paint::Water);
        table.row(["2", "40 %"]).bar(1, 0.4);
        let html = table.to_html();
        assert!(html.contains("●</span> running</td>") && html.contains("width:40%") && html.matches('●').count() == 1, "{html}");
        assert_eq!(table.to_text(), "job  status\n1    running\n2    40 %");
    }

    #[test]
    fn cells_of_several_lines_stay_in_their_column() {
        let mut table = Table::pairs();
        table.row(["transform", "Affine(1,\n       2)"]);
        table.row(["short"]);
        assert_eq!(table.to_text(), "transform  Affine(1,\n                  2)\nshort");
    }
}
