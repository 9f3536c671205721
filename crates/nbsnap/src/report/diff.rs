//! Shows how two bodies of a snapshot differ: only what differs and what is around it, under the name of its section.
//!
//! This module compares text. Whether a difference matters was decided before.

use std::fmt::Write;
use std::time::Duration;

use similar::{ChangeTag, TextDiff};

use super::style::Style;
use crate::snapshot::header_name;

/// How many lines around a difference are shown.
const AROUND: usize = 3;
/// How many lines are shown at most.
const LINES: usize = 60;
/// How many characters of a line are shown at most.
const CHARACTERS: usize = 1000;
/// How long to look for a small difference; after that a coarse one will do.
const PATIENCE: Duration = Duration::from_secs(2);

/// The difference between two bodies: `-` for what was recorded, `+` for what came now.
pub fn difference(expected: &str, actual: &str, style: Style) -> String {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(expected, actual);
    let old: Vec<&str> = expected.lines().collect();
    let new: Vec<&str> = actual.lines().collect();
    let mut lines = Vec::new();
    // How far the bodies have been shown.
    let (mut old_shown, mut new_shown) = (0, 0);
    for group in diff.grouped_ops(AROUND) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let (old_start, new_start) = (first.old_range().start, first.new_range().start);
        // In which section is this, unless it begins with a header or goes on in a section that is named already?
        let begins_with_header = new.get(new_start).or(old.get(old_start)).is_some_and(|line| header_name(line).is_some());
        let header = header_before(&new, new_shown, new_start).or_else(|| header_before(&old, old_shown, old_start));
        if let Some((header, _)) = header.filter(|_| !begins_with_header) {
            lines.push(format!("  {}", style.bold(header)));
        }
        if new_start > new_shown && header.is_none_or(|(_, distance)| distance > 1) {
            lines.push(format!("  {}", style.dim("...")));
        }
        (old_shown, new_shown) = (last.old_range().end, last.new_range().end);
        for change in group.iter().flat_map(|op| diff.iter_inline_changes(op)) {
            let tag = change.tag();
            let pieces: Vec<(bool, String)> = change.iter_strings_lossy().map(|(bold, text)| (bold, text.into_owned())).collect();
            lines.push(line(tag, pieces, style));
        }
    }
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

/// The last header between two lines, and how many lines before the second.
fn header_before<'a>(lines: &[&'a str], from: usize, line: usize) -> Option<(&'a str, usize)> {
    let before = lines.get(from..line)?;
    before.iter().rev().enumerate().find(|(_, line)| header_name(line).is_some()).map(|(distance, line)| (*line, distance + 1))
}

/// One line of a difference.
fn line(tag: ChangeTag, mut pieces: Vec<(bool, String)>, style: Style) -> String {
    for (_, text) in &mut pieces {
        text.truncate(text.trim_end_matches('\n').len());
    }
    if tag != ChangeTag::Equal {
        show_spaces_at_the_end(&mut pieces);
    }
    let total: usize = pieces.iter().map(|(_, text)| text.chars().count()).sum();
    let mut left = CHARACTERS;
    let mut out = String::new();
    for (emphasis, text) in pieces {
        let text: String = text.chars().take(left).collect();
        left -= text.chars().count();
        out.push_str(&match tag {
            ChangeTag::Equal => text,
            ChangeTag::Delete => style.removed(text, emphasis),
            ChangeTag::Insert => style.added(text, emphasis),
        });
    }
    if total > CHARACTERS {
        out.push_str(&style.dim(format!("... and {} more characters", total - CHARACTERS)));
    }
    match tag {
        ChangeTag::Equal => format!("  {out}"),
        ChangeTag::Delete => format!("{} {out}", style.removed("-", false)),
        ChangeTag::Insert => format!("{} {out}", style.added("+", false)),
    }
}

/// Makes spaces and tabs at the end of a line visible: nobody finds a difference that cannot be seen.
fn show_spaces_at_the_end(pieces: &mut [(bool, String)]) {
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
        let style = Style { colour: true, width: 80 };
        let shown = difference("a one\n", "a two\n", style);
        assert!(shown.contains("\x1b[31m") && shown.contains("\x1b[32m"), "{shown:?}");
        assert_eq!(console::strip_ansi_codes(&shown), difference("a one\n", "a two\n", Style::plain()));
    }
}
