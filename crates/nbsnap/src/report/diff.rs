//! Shows how two bodies of a snapshot differ: only what differs and the lines around it, under the name of
//! its section. The sides are one below the other, or side by side where there is room.
//!
//! The main type is [`Part`]. This module compares text. Whether a difference matters was decided before.

use std::fmt::Write;
use std::time::Duration;

use similar::{ChangeTag, DiffTag, TextDiff};

use super::style::{INDENT, Style};
use crate::snapshot::header_name;

/// How many lines around a difference are shown.
const AROUND: usize = 3;
/// How many lines are shown at most.
const LINES: usize = 60;
/// How many characters of a line are shown at most.
const CHARACTERS: usize = 1000;
/// How long to look for a small difference; after that a coarse one will do.
const PATIENCE: Duration = Duration::from_secs(2);
/// From how many columns on there may be room for two sides.
const WIDE: usize = 110;
/// Between the two sides.
const BETWEEN: &str = " │ ";

/// A piece of a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// The header of the section in which what follows lies.
    Section(String),
    /// Lines are left out.
    Gap,
    /// A line that is the same on both sides.
    Same(String),
    /// Lines that were recorded, and lines that came in their place.
    Changed(Vec<Line>, Vec<Line>),
}

/// A line in pieces, of which some are what differs.
pub(super) type Line = Vec<(bool, String)>;

/// The difference between two bodies, piece by piece.
pub(super) fn parts(expected: &str, actual: &str) -> Vec<Part> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(expected, actual);
    let old: Vec<&str> = expected.lines().collect();
    let new: Vec<&str> = actual.lines().collect();
    let mut parts = Vec::new();
    // How far the bodies have been shown.
    let (mut old_shown, mut new_shown) = (0, 0);
    for group in diff.grouped_ops(AROUND) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let (old_start, new_start) = (first.old_range().start, first.new_range().start);
        // The section of this part, unless it begins with a header, or goes on in a section that is named
        // already.
        let begins_with_header = new.get(new_start).or(old.get(old_start)).is_some_and(|line| header_name(line).is_some());
        let header = header_before(&new, new_shown, new_start).or_else(|| header_before(&old, old_shown, old_start));
        if let Some((header, _)) = header.filter(|_| !begins_with_header) {
            parts.push(Part::Section(header.to_owned()));
        }
        if new_start > new_shown && header.is_none_or(|(_, distance)| distance > 1) {
            parts.push(Part::Gap);
        }
        (old_shown, new_shown) = (last.old_range().end, last.new_range().end);
        for op in &group {
            let (mut removed, mut added) = (Vec::new(), Vec::new());
            for change in diff.iter_inline_changes(op) {
                let mut line: Line = change.iter_strings_lossy().map(|(differs, text)| (differs, text.into_owned())).collect();
                for (_, text) in &mut line {
                    text.truncate(text.trim_end_matches('\n').len());
                }
                if change.tag() != ChangeTag::Equal {
                    show_spaces_at_the_end(&mut line);
                }
                match change.tag() {
                    ChangeTag::Equal => parts.push(Part::Same(line.into_iter().map(|(_, text)| text).collect())),
                    ChangeTag::Delete => removed.push(line),
                    ChangeTag::Insert => added.push(line),
                }
            }
            if op.tag() != DiffTag::Equal {
                parts.push(Part::Changed(removed, added));
            }
        }
    }
    parts
}

/// The difference between two bodies: `-` for what was recorded, `+` for what came now.
pub fn difference(expected: &str, actual: &str, style: Style) -> String {
    let parts = parts(expected, actual);
    let lines = side_by_side(&parts, style).unwrap_or_else(|| below_each_other(&parts, style));
    let cut = lines.len().saturating_sub(LINES);
    let mut out = String::new();
    // Writing to a string cannot fail.
    for line in lines.iter().take(LINES) {
        let _ = writeln!(out, "{}", line.trim_end());
    }
    if cut > 0 {
        let _ = writeln!(out, "{}", style.dim(format!("... and {cut} more lines")));
    }
    out
}

fn below_each_other(parts: &[Part], style: Style) -> Vec<String> {
    let mut lines = Vec::new();
    for part in parts {
        match part {
            Part::Section(header) => lines.push(format!("  {}", style.bold(header))),
            Part::Gap => lines.push(format!("  {}", style.dim("..."))),
            Part::Same(text) => lines.push(format!("  {}", shown(&vec![(false, text.clone())], style, |text, _| text))),
            Part::Changed(old, new) => {
                lines.extend(old.iter().map(|line| removed(line, style)));
                lines.extend(new.iter().map(|line| added(line, style)));
            }
        }
    }
    lines
}

/// Both sides beside each other, if both have something and no line is too long.
fn side_by_side(parts: &[Part], style: Style) -> Option<Vec<String>> {
    let width = (style.width.checked_sub(INDENT.len() + BETWEEN.chars().count()).filter(|_| style.width >= WIDE)?) / 2;
    let fits = |text: &str| console::measure_text_width(text) + 2 <= width;
    let line_fits = |line: &Line| fits(&line.iter().map(|(_, text)| text.as_str()).collect::<String>());
    let all_fit = parts.iter().all(|part| match part {
        Part::Section(text) | Part::Same(text) => fits(text),
        Part::Gap => true,
        Part::Changed(old, new) => old.iter().chain(new).all(line_fits),
    });
    let has_both = parts.iter().any(|part| matches!(part, Part::Changed(old, new) if !old.is_empty() && !new.is_empty()));
    if !all_fit || !has_both {
        return None;
    }
    let beside = |left: &str, right: &str| {
        let gap = " ".repeat(width.saturating_sub(console::measure_text_width(left)));
        format!("{left}{gap}{}{right}", style.dim(BETWEEN))
    };
    let mut lines = Vec::new();
    for part in parts {
        match part {
            Part::Section(header) => lines.push(format!("  {}", style.bold(header))),
            Part::Gap => lines.push(format!("  {}", style.dim("..."))),
            Part::Same(text) => lines.push(beside(&format!("  {text}"), &format!("  {text}"))),
            Part::Changed(old, new) => {
                for index in 0..old.len().max(new.len()) {
                    let left = old.get(index).map(|line| removed(line, style)).unwrap_or_default();
                    let right = new.get(index).map(|line| added(line, style)).unwrap_or_default();
                    lines.push(beside(&left, &right));
                }
            }
        }
    }
    Some(lines)
}

fn removed(line: &Line, style: Style) -> String {
    format!("{} {}", style.removed("-", false), shown(line, style, |text, differs| style.removed(text, differs)))
}

fn added(line: &Line, style: Style) -> String {
    format!("{} {}", style.added("+", false), shown(line, style, |text, differs| style.added(text, differs)))
}

/// The last header between two lines, and how many lines before the second.
fn header_before<'a>(lines: &[&'a str], from: usize, line: usize) -> Option<(&'a str, usize)> {
    let before = lines.get(from..line)?;
    before.iter().rev().enumerate().find(|(_, line)| header_name(line).is_some()).map(|(distance, line)| (*line, distance + 1))
}

/// A line, cut where it gets too long.
fn shown(line: &Line, style: Style, paint: impl Fn(String, bool) -> String) -> String {
    let total: usize = line.iter().map(|(_, text)| text.chars().count()).sum();
    let mut left = CHARACTERS;
    let mut out = String::new();
    for (differs, text) in line {
        let text: String = text.chars().take(left).collect();
        left -= text.chars().count();
        out.push_str(&paint(text, *differs));
    }
    if total > CHARACTERS {
        out.push_str(&style.dim(format!("... and {} more characters", total - CHARACTERS)));
    }
    out
}

/// Makes spaces and tabs at the end of a line visible: nobody sees a difference in them otherwise.
fn show_spaces_at_the_end(pieces: &mut Line) {
    for (_, text) in pieces.iter_mut().rev() {
        let kept = text.trim_end_matches([' ', '\t']).len();
        let spaces = text.split_off(kept).replace(' ', "·").replace('\t', "→");
        let ends_here = kept > 0;
        text.push_str(&spaces);
        if ends_here {
            break;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(stdout: &str, html: &str) -> String {
        format!("═══ stdout ═══\n{stdout}\n═══ text/html ═══\n{html}\n═══ end ═══\n")
    }

    #[test]
    fn a_difference_stands_under_its_section() {
        let stdout = "1\n2\n3\n4\n5\n6\n7\n8\n9";
        let actual = body(&stdout.replace('8', "eight"), "<b>new</b> ");
        assert_eq!(
            difference(&body(stdout, "<b>old</b>"), &actual, Style::plain()),
            "  ═══ stdout ═══
  ...
  5
  6
  7
- 8
+ eight
  9
  ═══ text/html ═══
- <b>old</b>
+ <b>new</b>·
  ═══ end ═══
"
        );
    }

    #[test]
    fn a_section_that_is_new_or_gone_is_shown_whole() {
        assert_eq!(difference("", "═══ stdout ═══\nhi\n", Style::plain()), "+ ═══ stdout ═══\n+ hi\n");
        assert_eq!(difference("═══ stdout ═══\nhi\n", "", Style::plain()), "- ═══ stdout ═══\n- hi\n");
    }

    #[test]
    fn places_far_from_one_another_are_told_apart() {
        let lines = |first: &str, last: &str| body(&format!("{first}\n2\n3\n4\n5\n6\n7\n8\n9\n10\n{last}"), "x");
        assert_eq!(
            difference(&lines("1", "11"), &lines("one", "eleven"), Style::plain()),
            "  ═══ stdout ═══
- 1
+ one
  2
  3
  4
  ...
  8
  9
  10
- 11
+ eleven
  ═══ text/html ═══
  x
  ═══ end ═══
"
        );
    }

    #[test]
    fn long_differences_are_cut_and_say_by_how_much() {
        let many: String = (0..100).map(|number| format!("{number}\n")).collect();
        let shown = difference("", &many, Style::plain());
        assert_eq!(shown.lines().count(), 61);
        assert!(shown.ends_with("+ 59\n... and 40 more lines\n"), "{shown}");
        let shown = difference("", &"x".repeat(5000), Style::plain());
        assert!(shown.ends_with("x... and 4000 more characters\n"), "{}", shown.len());
    }

    #[test]
    fn colours_appear_when_they_may() {
        let style = Style { colour: true, ..Style::plain() };
        let shown = difference("a one\n", "a two\n", style);
        assert!(shown.contains("\x1b[31m") && shown.contains("\x1b[32m"), "{shown:?}");
        assert_eq!(console::strip_ansi_codes(&shown), difference("a one\n", "a two\n", Style::plain()));
    }

    #[test]
    fn where_there_is_room_both_sides_stand_beside_each_other() {
        let style = Style { width: 120, ..Style::plain() };
        let shown = difference(&body("1\n2", "<b>old</b>"), &body("1\n2\n3", "<b>new</b>"), style);
        let expected = [
            ("  ═══ stdout ═══", "  ═══ stdout ═══"),
            ("  1", "  1"),
            ("  2", "  2"),
            ("", "+ 3"),
            ("  ═══ text/html ═══", "  ═══ text/html ═══"),
            ("- <b>old</b>", "+ <b>new</b>"),
            ("  ═══ end ═══", "  ═══ end ═══"),
        ];
        let expected: String = expected.iter().map(|(left, right)| format!("{left:<53} │ {right}\n")).collect();
        assert_eq!(shown, expected);
        // A line that is too long, and a line that only one side has, need the whole width.
        assert!(!difference("a\n", &"x".repeat(60), style).contains('│'));
        assert!(!difference("a\n", "a\nb\n", style).contains('│'));
        assert!(!difference("a\n", "b\n", Style { width: 100, ..style }).contains('│'));
    }
}
