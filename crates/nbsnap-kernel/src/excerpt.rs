//! Lines of cells with their errors marked, coloured for terminals and notebooks.

use std::fmt::Write;

use rust_cells::{Diagnostic, Place};

// Words are bold, and only marks are red. Notebooks show errors on a red ground, on which red words are
// unreadable in a dark theme.
const RESET: &str = "\x1b[0m";
const ERROR: &str = "\x1b[1;31m";
const BOLD: &str = "\x1b[1m";
const FRAME: &str = "\x1b[34m";
const NOTE: &str = "\x1b[36m";

/// How many lines are shown around a line that is marked.
const AROUND: usize = 2;

/// Looks up the sources of cells.
pub(crate) trait Sources {
    /// The source of the cell with this label; of the one that runs without a label.
    fn source(&self, label: Option<&str>) -> Option<&str>;
    /// The label of the cell that runs.
    fn label(&self) -> &str;
}

/// rustc's message as a person wants to read it, a line of text each.
pub(crate) fn diagnostic(diagnostic: &Diagnostic, sources: &dyn Sources) -> String {
    let code = diagnostic.code.as_ref().map(|code| format!("[{code}]")).unwrap_or_default();
    let mut text = format!("{BOLD}error{code}: {}{RESET}\n", diagnostic.message);
    let mut rest: Vec<&Place> = diagnostic.places.iter().collect();
    let mut is_first = true;
    while let Some(first) = rest.first() {
        let cell = first.cell.clone();
        let (of_cell, others): (Vec<&Place>, Vec<&Place>) = rest.iter().partition(|place| place.cell == cell);
        let name = cell.as_deref().unwrap_or_else(|| sources.label());
        let _ = writeln!(text, "{FRAME} --> {RESET}{name}, line {}, column {}", of_cell[0].line, of_cell[0].column);
        if let Some(source) = sources.source(cell.as_deref()) {
            text.push_str(&marked(source, &of_cell, is_first));
        }
        (rest, is_first) = (others, false);
    }
    for help in &diagnostic.help {
        let _ = writeln!(text, "{NOTE}help{RESET}: {help}");
    }
    text
}

/// A line of a cell, and those before it, with the line marked by an arrow.
pub(crate) fn arrow(source: &str, line: u32) -> String {
    let number = usize::try_from(line).unwrap_or(0);
    let width = number.to_string().len();
    let mut text = String::new();
    for (index, content) in source.lines().enumerate() {
        let this = index + 1;
        if this + AROUND < number || this > number {
            continue;
        }
        let _ = if this == number {
            writeln!(text, "{ERROR}> {this:>width$}{RESET}{FRAME} |{RESET} {BOLD}{content}{RESET}")
        } else {
            writeln!(text, "{FRAME}  {this:>width$} |{RESET} {content}")
        };
    }
    text
}

/// Lines of a cell, with their numbers.
pub(crate) fn lines(source: &str, numbers: &[u32]) -> String {
    let width = numbers.iter().max().map_or(1, |number| number.to_string().len());
    let mut text = String::new();
    for number in numbers {
        let content = usize::try_from(*number).ok().and_then(|number| source.lines().nth(number.checked_sub(1)?));
        let _ = writeln!(text, "{FRAME}  {number:>width$} |{RESET} {}", content.unwrap_or_default());
    }
    text
}

/// The lines that places are in, each with marks and what rustc says below it. The first place is the primary
/// one.
fn marked(source: &str, places: &[&Place], with_primary: bool) -> String {
    let lines: Vec<&str> = source.lines().collect();
    let width = places.iter().map(|place| place.line.to_string().len()).max().unwrap_or(1);
    let mut numbers: Vec<u32> = places.iter().map(|place| place.line).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let mut text = format!("{FRAME}{:width$} |{RESET}\n", "");
    let mut before: Option<u32> = None;
    for number in numbers {
        if before.is_some_and(|before| before + 1 < number) {
            let _ = writeln!(text, "{FRAME}...{RESET}");
        }
        before = Some(number);
        let content =
            usize::try_from(number).ok().and_then(|number| lines.get(number.checked_sub(1)?)).copied().unwrap_or_default();
        let _ = writeln!(text, "{FRAME}{number:>width$} |{RESET} {}", content.replace('\t', " "));
        for (index, place) in places.iter().enumerate().filter(|(_, place)| place.line == number) {
            let is_primary = with_primary && index == 0;
            let (colour, words, mark) = if is_primary { (ERROR, BOLD, "^") } else { (FRAME, FRAME, "-") };
            let end = if place.end_line == place.line { place.end_column } else { place.column.max(length(content)) };
            let count = usize::try_from(end.saturating_sub(place.column)).unwrap_or(1).max(1);
            let indent = usize::try_from(place.column.saturating_sub(1)).unwrap_or(0);
            let label = if place.label.is_empty() { String::new() } else { format!("{words} {}", place.label) };
            let _ =
                writeln!(text, "{FRAME}{:width$} |{RESET} {:indent$}{colour}{}{RESET}{label}{RESET}", "", "", mark.repeat(count));
        }
    }
    text
}

fn length(line: &str) -> u32 {
    u32::try_from(line.chars().count() + 1).unwrap_or(u32::MAX)
}
