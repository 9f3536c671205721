//! Makes control characters visible, and undoes it. What a snapshot holds must survive git, editors and
//! insta's normalisation of line ends. It must not control a terminal or break XML either.
//!
//! A control character becomes its picture (`\r` becomes `␍`). Characters that turn the direction of text,
//! and noncharacters, become their number (`␦u{202e}`). A picture that was there before gets `␦` in front of
//! it, so that nothing is ambiguous. Line feeds and tabs stay as they are.

use std::borrow::Cow;
use std::fmt::Write;

/// Says that the next character means itself, or begins `u{…}`.
const ESCAPE: char = '␦';

/// Replaces every character that controls what shows it by something visible that differs from all other
/// text.
pub fn visible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(|c| steers(c) || is_picture(c)) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if steers(c) => push_picture(&mut out, c),
            c if is_picture(c) => out.extend([ESCAPE, c]),
            c => out.push(c),
        }
    }
    Cow::Owned(out)
}

/// Whether a character does something to what shows it: control characters except line feed and tab, those
/// that turn the direction of text, and the two noncharacters that XML forbids.
pub(crate) fn steers(c: char) -> bool {
    let turns_direction = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() && c != '\n' && c != '\t' || turns_direction || matches!(c, '\u{fffe}' | '\u{ffff}')
}

/// Writes the replacement of a character that [`steers`].
pub(crate) fn push_picture(out: &mut String, c: char) {
    match c {
        '\0'..='\u{1f}' => out.extend(char::from_u32(0x2400 + u32::from(c))),
        '\u{7f}' => out.push('␡'),
        c => {
            // Writing to a string cannot fail.
            let _ = write!(out, "{ESCAPE}u{{{:x}}}", u32::from(c));
        }
    }
}

/// [`visible`], for text that must stay on one line: line feeds are made visible too.
pub(crate) fn visible_line(text: &str) -> String {
    visible(text).replace('\n', "␊")
}

/// What `text` was before [`visible`] or [`visible_line`]. An escape that makes no sense stays as it is:
/// neither of them wrote it.
pub(crate) fn original(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == ESCAPE {
            if let Some((code, after)) = rest.as_str().strip_prefix("u{").and_then(|tail| tail.split_once('}'))
                && let Some(c) = u32::from_str_radix(code, 16).ok().and_then(char::from_u32)
            {
                out.push(c);
                rest = after.chars();
            } else {
                out.push(rest.next().unwrap_or(ESCAPE));
            }
        } else if c == '␡' {
            out.push('\u{7f}');
        } else if is_picture(c) {
            out.extend(char::from_u32(u32::from(c) - 0x2400));
        } else {
            out.push(c);
        }
    }
    out
}

/// Whether [`visible`] may have written `c` in place of another character.
fn is_picture(c: char) -> bool {
    matches!(c, '\u{2400}'..='\u{241f}' | '␡' | ESCAPE)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn control_characters_become_their_pictures() {
        assert_eq!(visible("a\r\n\tb\0\x1b[0m\x7f"), "a␍\n\tb␀␛[0m␡");
        assert_eq!(visible("\u{85}\u{9b}"), "␦u{85}␦u{9b}");
        assert_eq!(visible("␍ ␦"), "␦␍ ␦␦");
        assert_eq!(visible("a\u{202e}b\u{2069}\u{ffff}"), "a␦u{202e}b␦u{2069}␦u{ffff}");
        assert!(matches!(visible("plain ═══ é 水\n"), Cow::Borrowed(_)));
    }

    #[test]
    fn text_by_another_hand_is_taken_as_it_is() {
        assert_eq!(original("␦u{zz} ␦"), "u{zz} ␦");
    }

    proptest! {
        #[test]
        fn the_original_comes_back(text in "(\\PC|\\pC|[\u{2400}-\u{2426}]|␦u\\{[0-9a-f]{2}\\}|\r|\n){0,40}") {
            prop_assert_eq!(original(&visible(&text)), text.clone());
            prop_assert_eq!(original(&visible_line(&text)), text);
        }

        #[test]
        fn nothing_steers_the_terminal(text in any::<String>()) {
            prop_assert!(!visible(&text).chars().any(steers));
        }
    }
}
