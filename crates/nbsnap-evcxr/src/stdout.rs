//! Display blocks and control words that evcxr's generated code prints among the user's own text.
//!
//! The main function is [`split`]. It parses the whole stdout of a cell after the cell has ended, so nothing
//! in it can hang or shift.

use std::collections::BTreeMap;

const BEGIN_CONTENT: &str = "EVCXR_BEGIN_CONTENT ";
const END_CONTENT: &str = "EVCXR_END_CONTENT";
const EXECUTION_COMPLETE: &str = "EVCXR_EXECUTION_COMPLETE";
const PANIC: &str = "EVCXR_PANIC_NOTIFICATION";
const ERROR: &str = "EVCXR_ERROR_OCCURRED";
/// Makes evcxr compile and run a cell again.
pub(crate) const CHANGED_TYPE: &str = "EVCXR_VARIABLE_CHANGED_TYPE:";
const INPUT_REQUEST: &str = "EVCXR_INPUT_REQUEST";

/// A cell's standard output, taken apart.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Parts {
    /// The user's own text.
    pub(crate) text: String,
    /// Display blocks by MIME type; of two blocks of one type the last, as in evcxr.
    pub(crate) outputs: BTreeMap<String, String>,
    /// Lines that evcxr's generated code means for evcxr.
    pub(crate) words: Vec<String>,
    /// Whether a panic was reported.
    pub(crate) panicked: bool,
    /// Whether a failed `?` was reported.
    pub(crate) errored: bool,
    /// Words that generated code would not have printed there: user code did.
    pub(crate) forged: Vec<String>,
}

/// Takes a cell's standard output apart.
pub(crate) fn split(stdout: &str) -> Parts {
    let mut parts = Parts::default();
    let mut lines = stdout.split_inclusive('\n');
    while let Some(line) = lines.next() {
        let bare = line.trim_end_matches('\n');
        // A display may follow `print!` without a newline: the text before it on the line is the user's.
        if let Some(at) = bare.find(BEGIN_CONTENT) {
            let mime = bare[at + BEGIN_CONTENT.len()..].trim().to_owned();
            parts.text.push_str(&bare[..at]);
            read_block(&mut lines, mime, &mut parts);
        } else if let Some(at) = word_at_end(bare, PANIC) {
            parts.text.push_str(&bare[..at]);
            parts.panicked = true;
            parts.words.push(PANIC.to_owned());
        } else if let Some(at) = word_at_end(bare, ERROR) {
            parts.text.push_str(&bare[..at]);
            parts.errored = true;
            parts.words.push(ERROR.to_owned());
        } else if bare.starts_with(CHANGED_TYPE) {
            parts.words.push(bare.to_owned());
        } else {
            for word in [EXECUTION_COMPLETE, INPUT_REQUEST, END_CONTENT] {
                if bare.trim() == word || (word == INPUT_REQUEST && bare.starts_with(word)) {
                    parts.forged.push(word.to_owned());
                }
            }
            parts.text.push_str(line);
        }
    }
    parts
}

/// Where the control word begins if it ends the line. `print!` without a newline may have left text before
/// it.
fn word_at_end(line: &str, word: &str) -> Option<usize> {
    line.strip_suffix(word).map(str::len)
}

fn read_block<'a>(lines: &mut impl Iterator<Item = &'a str>, mime: String, parts: &mut Parts) {
    let mut content = String::new();
    for line in lines {
        let bare = line.trim_end_matches('\n');
        if bare == END_CONTENT {
            // The newline before the end marker belongs to the marker.
            if content.ends_with('\n') {
                content.pop();
            }
            parts.outputs.insert(mime, content);
            return;
        }
        if bare == PANIC {
            parts.panicked = true;
            parts.words.push(PANIC.to_owned());
            parts.outputs.insert(mime, content);
            return;
        }
        content.push_str(line);
    }
    parts.forged.push(BEGIN_CONTENT.trim_end().to_owned());
    parts.text.push_str(&content);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn display_blocks_are_taken_out_of_the_text() {
        let parts = split("a\nEVCXR_BEGIN_CONTENT text/html\n<b>\nx</b>\nEVCXR_END_CONTENT\nb");
        assert_eq!(parts.text, "a\nb");
        assert_eq!(parts.outputs["text/html"], "<b>\nx</b>");
        assert_eq!(parts, Parts { text: parts.text.clone(), outputs: parts.outputs.clone(), ..Parts::default() });
    }

    #[test]
    fn text_before_a_block_on_its_line_is_kept_and_the_last_block_of_a_type_wins() {
        let block = |text: &str| format!("EVCXR_BEGIN_CONTENT text/plain\n{text}\nEVCXR_END_CONTENT\n");
        let parts = split(&format!("no newline{}{}", block("1"), block("2")));
        assert_eq!(parts.text, "no newline");
        assert_eq!(parts.outputs["text/plain"], "2");
    }

    #[test]
    fn words_of_generated_code_are_passed_on_and_told() {
        let parts = split("left overEVCXR_PANIC_NOTIFICATION\n");
        assert!(parts.panicked && parts.text == "left over" && parts.forged.is_empty());
        let parts = split("EVCXR_ERROR_OCCURRED\n");
        assert!(parts.errored && parts.text.is_empty());
        let parts = split("EVCXR_VARIABLE_CHANGED_TYPE:x\n");
        assert_eq!(parts.words, ["EVCXR_VARIABLE_CHANGED_TYPE:x"]);
    }

    #[test]
    fn words_that_only_user_code_can_have_printed_are_called_forged() {
        assert_eq!(split("EVCXR_EXECUTION_COMPLETE\nrest\n").forged, ["EVCXR_EXECUTION_COMPLETE"]);
        assert_eq!(split("EVCXR_BEGIN_CONTENT text/plain\nrest\n").forged, ["EVCXR_BEGIN_CONTENT"]);
        assert_eq!(split("EVCXR_INPUT_REQUEST:x\n").forged, ["EVCXR_INPUT_REQUEST"]);
        assert!(split("it says EVCXR_EXECUTION_COMPLETE in a sentence\n").forged.is_empty());
    }
}
