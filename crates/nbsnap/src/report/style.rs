//! How text for people is laid out and coloured.
//!
//! The main type is [`Style`]. Whether there may be colour is the caller's decision, never looked up here.

use std::fmt::{Display, Write};
use std::time::Duration;

/// Columns of the word that a line begins with.
const LABEL: usize = 10;
/// What lines below such a word begin with.
pub(super) const INDENT: &str = "           ";

/// How a report may look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Style {
    /// Whether to colour.
    pub colour: bool,
    /// The columns of the terminal.
    pub width: usize,
    /// Whether it goes to the log of a workflow on GitHub, which obeys lines that are commands.
    pub is_github_log: bool,
}

impl Style {
    /// No colour, 80 columns, no log of GitHub's.
    pub fn plain() -> Style {
        Style { colour: false, width: 80, is_github_log: false }
    }

    pub(super) fn good(self, text: impl Display) -> String {
        self.paint(console::Style::new().green().bold(), text)
    }

    pub(super) fn bad(self, text: impl Display) -> String {
        self.paint(console::Style::new().red().bold(), text)
    }

    pub(super) fn bold(self, text: impl Display) -> String {
        self.paint(console::Style::new().bold(), text)
    }

    pub(super) fn dim(self, text: impl Display) -> String {
        self.paint(console::Style::new().dim(), text)
    }

    pub(super) fn added(self, text: impl Display, emphasis: bool) -> String {
        let style = console::Style::new().green();
        self.paint(if emphasis { style.underlined().bold() } else { style }, text)
    }

    pub(super) fn removed(self, text: impl Display, emphasis: bool) -> String {
        let style = console::Style::new().red();
        self.paint(if emphasis { style.underlined().bold() } else { style }, text)
    }

    /// The word that a line begins with, in the colour of success if `good`, else in that of failure.
    pub(super) fn label(self, word: &str, good: bool) -> String {
        let word = format!("{word:>LABEL$}");
        if good { self.good(word) } else { self.bad(word) }
    }

    fn paint(self, style: console::Style, text: impl Display) -> String {
        style.force_styling(self.colour).apply_to(text).to_string()
    }
}

/// Adds `text` to `out`, every line indented.
pub(super) fn indented(out: &mut String, text: &str) {
    for line in text.lines() {
        // Writing to a string cannot fail.
        let _ = if line.is_empty() { writeln!(out) } else { writeln!(out, "{INDENT}{line}") };
    }
}

/// A number with its noun: `1 cell`, `2 cells`.
pub fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// A duration in a column of its own.
pub(super) fn clock(elapsed: Duration) -> String {
    format!("[{:>5.1}s]", elapsed.as_secs_f64())
}
