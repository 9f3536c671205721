//! Shows places in a cell's source: the line, the lines around it, and a mark under the very characters.
//!
//! The main type is [`Mark`]. This module does not know why a place is shown.

use std::fmt::Write;

use super::style::Style;
use crate::snapshot::visible;

/// How many lines before and after a place are shown.
const AROUND: usize = 1;
/// How many columns a tab takes.
const TAB: &str = "    ";

/// A place in a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mark {
    /// The line, from 1.
    pub(super) line: usize,
    /// The columns to underline, in characters from 1, the second one excluded; with the text for them.
    pub(super) columns: Option<(usize, usize, String)>,
}

impl Mark {
    /// A whole line.
    pub(super) fn line(line: u32) -> Mark {
        Mark { line: line as usize, columns: None }
    }
}

/// The marked lines of `source`, and those around them. Marks outside of the source show nothing.
pub(super) fn excerpt(source: &str, marks: &[Mark], style: Style) -> String {
    let lines: Vec<&str> = source.lines().collect();
    let is_shown = |number: usize| marks.iter().any(|mark| mark.line <= lines.len() && number.abs_diff(mark.line) <= AROUND);
    let shown: Vec<usize> = (1..=lines.len()).filter(|number| is_shown(*number)).collect();
    let digits = shown.last().map_or(0, |number| number.to_string().len());
    let mut out = String::new();
    let mut previous = None;
    // Writing to a string cannot fail.
    for number in shown {
        if previous.is_some_and(|previous| previous + 1 < number) {
            let _ = writeln!(out, "{}", style.dim("..."));
        }
        previous = Some(number);
        let line = lines[number - 1];
        let text: String = line.chars().map(shown_as).collect();
        let is_marked = marks.iter().any(|mark| mark.line == number);
        let gutter = format!("{} {number:>digits$} |", if is_marked { '>' } else { ' ' });
        let _ = match (is_marked, text.is_empty()) {
            (_, true) => writeln!(out, "{}", style.dim(gutter)),
            (true, false) => writeln!(out, "{} {text}", style.bad(gutter)),
            (false, false) => writeln!(out, "{} {text}", style.dim(gutter)),
        };
        for (from, to, label) in marks.iter().filter(|mark| mark.line == number).filter_map(|mark| mark.columns.as_ref()) {
            let columns: Vec<usize> = line.chars().map(|c| console::measure_text_width(&shown_as(c))).collect();
            let from = from.saturating_sub(1).min(columns.len());
            let to = to.saturating_sub(1).clamp(from, columns.len());
            let before: usize = columns[..from].iter().sum();
            let under: usize = columns[from..to].iter().sum::<usize>().max(1);
            let mark = format!("{}{}", "^".repeat(under), if label.is_empty() { String::new() } else { format!(" {label}") });
            let gutter = style.dim(format!("  {:digits$} |", ""));
            let _ = writeln!(out, "{gutter} {}{}", " ".repeat(before), style.bad(mark.replace('\n', " ")));
        }
    }
    out
}

/// How a character is shown, so that columns can be counted.
fn shown_as(c: char) -> String {
    if c == '\t' { TAB.to_owned() } else { visible(c.encode_utf8(&mut [0; 4])).into_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(line: usize, from: usize, to: usize, label: &str) -> Mark {
        Mark { line, columns: Some((from, to, label.to_owned())) }
    }

    #[test]
    fn a_line_is_shown_with_what_is_around_it() {
        let source = "one\ntwo\n\nfour\nfive\nsix\nseven\neight\nnine\nten\neleven";
        assert_eq!(
            excerpt(source, &[Mark::line(2), Mark::line(10)], Style::plain()),
            "   1 | one\n>  2 | two\n   3 |\n...\n   9 | nine\n> 10 | ten\n  11 | eleven\n"
        );
        assert_eq!(excerpt(source, &[Mark::line(99)], Style::plain()), "");
        assert_eq!(excerpt("", &[Mark::line(1)], Style::plain()), "");
    }

    #[test]
    fn characters_are_underlined_whatever_they_are_wide() {
        let source = "\tlet 水 = \"é\"?;";
        assert_eq!(
            excerpt(source, &[mark(1, 10, 13, "no\nway"), mark(1, 6, 7, "")], Style::plain()),
            "> 1 |     let 水 = \"é\"?;\n    |              ^^^ no way\n    |         ^^\n"
        );
        // Past the end of the line, as for a missing semicolon, and at the end of the cell.
        assert_eq!(excerpt("x", &[mark(1, 2, 2, "here")], Style::plain()), "> 1 | x\n    |  ^ here\n");
        assert_eq!(excerpt("x", &[mark(1, 9, 3, "")], Style::plain()), "> 1 | x\n    |  ^\n");
    }
}
