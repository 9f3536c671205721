//! Parses the output of cells as it comes: text, and displays in the form that libraries for evcxr print.
//!
//! The main type is [`Stdout`]. A display is a block on standard output. It is between a line
//! `EVCXR_BEGIN_CONTENT <MIME type>` and a line `EVCXR_END_CONTENT`. Consecutive blocks of different types
//! are one display in several types.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

/// Something that a cell has shown.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Output {
    /// Text on standard output, as it came.
    Stdout(String),
    /// Text on standard error, as it came.
    Stderr(String),
    /// Display data by MIME type: text as it is, binary data in base64.
    Display(BTreeMap<String, String>),
    /// The value of the cell's last expression, as text. It comes last.
    Value(String),
    /// The value of the cell's last expression as it shows itself: display data by MIME type. It comes last.
    ShownValue(BTreeMap<String, String>),
    /// The cell reads standard input, and waits for a line.
    InputRequest,
    /// A control word of evcxr's generated code, printed by the cell. In evcxr's own kernel it breaks later
    /// cells.
    ControlWord(String),
}

const BEGIN: &str = "EVCXR_BEGIN_CONTENT ";
const END: &str = "EVCXR_END_CONTENT";
/// Control words of evcxr's generated code, each on its own line.
const WORDS: &[&str] =
    &["EVCXR_EXECUTION_COMPLETE", "EVCXR_PANIC_NOTIFICATION", "EVCXR_ERROR_OCCURRED", "EVCXR_INPUT_REQUEST", END];
const WORD_PREFIXES: &[&str] = &["EVCXR_VARIABLE_CHANGED_TYPE:", "EVCXR_INPUT_REQUEST:"];

/// Bytes that become text as soon as they are whole characters.
#[derive(Debug, Default)]
pub(crate) struct Text(Vec<u8>);

impl Text {
    /// The text that these bytes complete. Bytes that are not UTF-8 become U+FFFD.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> String {
        self.0.extend_from_slice(bytes);
        let whole = match std::str::from_utf8(&self.0) {
            Ok(_) => self.0.len(),
            // Only an incomplete character at the end is kept back.
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            Err(_) => {
                let tail = self.0.len().saturating_sub(4);
                let open = (tail..self.0.len()).rev().find(|at| self.0[*at] >= 0xc0);
                let is_open = |at: usize| std::str::from_utf8(&self.0[at..]).is_err_and(|error| error.error_len().is_none());
                open.filter(|at| is_open(*at)).unwrap_or(self.0.len())
            }
        };
        let text = String::from_utf8_lossy(&self.0[..whole]).into_owned();
        self.0.drain(..whole);
        text
    }

    /// The bytes that are left at the end, as text.
    pub(crate) fn end(&mut self) -> String {
        String::from_utf8_lossy(&std::mem::take(&mut self.0)).into_owned()
    }
}

/// Text without places in generated crates, as `dbg!` prints them. Those move with every macro of an earlier
/// cell.
pub(crate) fn without_generated_places(text: &str) -> Cow<'_, str> {
    static PLACE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"src/lib\.rs:\d+:\d+").expect("the pattern is a constant"));
    PLACE.replace_all(text, "the cell")
}

/// Standard output, parsed as it comes.
#[derive(Debug, Default)]
pub(crate) struct Stdout {
    text: Text,
    /// What may become a marker.
    held: String,
    /// The current line, up to the length of a control word.
    line: String,
    /// The block that is being read.
    block: Option<Block>,
    /// A display to which the next block may add another type.
    display: BTreeMap<String, String>,
}

#[derive(Debug)]
struct Block {
    mime: String,
    content: String,
}

impl Stdout {
    /// Takes what was written.
    pub(crate) fn push(&mut self, bytes: &[u8], emit: &mut dyn FnMut(Output)) {
        let text = self.text.push(bytes);
        self.held.push_str(&text);
        while self.step(emit) {}
    }

    /// Ends the cell: emits everything that was kept back.
    pub(crate) fn end(&mut self, emit: &mut dyn FnMut(Output)) {
        let rest = self.text.end();
        self.held.push_str(&rest);
        while self.step(emit) {}
        let held = std::mem::take(&mut self.held);
        match self.block.take() {
            // In evcxr, a block without an end swallows what comes after it.
            Some(Block { mime: _, mut content }) => {
                let closed = held.trim_end_matches('\n') == END;
                if !closed {
                    content.push_str(&held);
                    self.show(content, emit);
                    emit(Output::ControlWord(BEGIN.trim_end().to_owned()));
                }
            }
            None => self.show(held, emit),
        }
        self.show_display(emit);
        self.end_line(emit);
    }

    /// Handles one part of what is kept. Returns whether there may be more.
    fn step(&mut self, emit: &mut dyn FnMut(Output)) -> bool {
        if let Some(block) = &mut self.block {
            let Some(end) = self.held.find('\n') else { return false };
            let line: String = self.held.drain(..=end).collect();
            if line.trim_end_matches('\n') == END {
                let Block { mime, mut content } = self.block.take().expect("it was just there");
                // The line end before the marker is the marker's.
                if content.ends_with('\n') {
                    content.pop();
                }
                if self.display.contains_key(&mime) {
                    self.show_display(emit);
                }
                self.display.insert(mime, content);
            } else {
                block.content.push_str(&line);
            }
            return true;
        }
        if let Some(at) = self.held.find(BEGIN) {
            let Some(end) = self.held[at..].find('\n') else {
                let before: String = self.held.drain(..at).collect();
                self.show(before, emit);
                return false;
            };
            let before: String = self.held.drain(..at).collect();
            self.show(before, emit);
            let line: String = self.held.drain(..=end).collect();
            self.line.clear();
            self.block = Some(Block { mime: line[BEGIN.len()..].trim().to_owned(), content: String::new() });
            return true;
        }
        let kept = (1..BEGIN.len()).rev().find(|length| self.held.ends_with(&BEGIN[..*length])).unwrap_or(0);
        let ready: String = self.held.drain(..self.held.len() - kept).collect();
        self.show(ready, emit);
        false
    }

    /// Emits what is complete, since nothing more is coming for now.
    pub(crate) fn rest(&mut self, emit: &mut dyn FnMut(Output)) {
        if self.block.is_none() && self.held.is_empty() {
            self.show_display(emit);
        }
    }

    fn show_display(&mut self, emit: &mut dyn FnMut(Output)) {
        if !self.display.is_empty() {
            emit(Output::Display(std::mem::take(&mut self.display)));
        }
    }

    /// Emits text, and looks for control words in its lines.
    fn show(&mut self, text: String, emit: &mut dyn FnMut(Output)) {
        if text.is_empty() {
            return;
        }
        self.show_display(emit);
        let mut words = Vec::new();
        for piece in text.split_inclusive('\n') {
            if self.line.len() < 256 {
                self.line.push_str(piece.trim_end_matches('\n'));
            }
            if piece.ends_with('\n') {
                words.extend(control_word(&std::mem::take(&mut self.line)));
            }
        }
        emit(Output::Stdout(text));
        words.into_iter().for_each(|word| emit(Output::ControlWord(word)));
    }

    fn end_line(&mut self, emit: &mut dyn FnMut(Output)) {
        if let Some(word) = control_word(&std::mem::take(&mut self.line)) {
            emit(Output::ControlWord(word));
        }
    }
}

/// The control word in a line.
fn control_word(line: &str) -> Option<String> {
    let line = line.trim();
    let is_word =
        WORDS.contains(&line) || ["EVCXR_PANIC_NOTIFICATION", "EVCXR_ERROR_OCCURRED"].iter().any(|word| line.ends_with(word));
    let prefix = WORD_PREFIXES.iter().find(|prefix| line.starts_with(**prefix));
    match (is_word, prefix) {
        (true, _) => WORDS.iter().find(|word| line.ends_with(**word)).map(|word| (*word).to_owned()),
        (false, Some(prefix)) => Some(prefix.trim_end_matches(':').to_owned()),
        (false, None) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The outputs of a cell that writes these pieces, texts joined.
    fn outputs(pieces: &[&[u8]]) -> Vec<Output> {
        let mut found: Vec<Output> = Vec::new();
        let mut add = |output: Output| match (found.last_mut(), output) {
            (Some(Output::Stdout(before)), Output::Stdout(text)) => before.push_str(&text),
            (_, output) => found.push(output),
        };
        let mut stdout = Stdout::default();
        pieces.iter().for_each(|piece| stdout.push(piece, &mut add));
        stdout.end(&mut add);
        found
    }

    fn display(mime: &str, content: &str) -> Output {
        Output::Display([(mime.to_owned(), content.to_owned())].into())
    }

    #[test]
    fn displays_come_in_order_with_the_text_around_them() {
        let text = "a\nbEVCXR_BEGIN_CONTENT text/html\n<b>\nx</b>\nEVCXR_END_CONTENT\ncEVCXR_BEGIN_CONTENT text/html\n2\nEVCXR_END_CONTENT\n";
        let expected = [
            Output::Stdout("a\nb".into()),
            display("text/html", "<b>\nx</b>"),
            Output::Stdout("c".into()),
            display("text/html", "2"),
        ];
        assert_eq!(outputs(&[text.as_bytes()]), expected);
        for at in 1..text.len() {
            assert_eq!(outputs(&[&text.as_bytes()[..at], &text.as_bytes()[at..]]), expected, "in two pieces at {at}");
        }
    }

    #[test]
    fn blocks_of_several_types_are_one_display() {
        let block = |mime: &str, content: &str| format!("EVCXR_BEGIN_CONTENT {mime}\n{content}\nEVCXR_END_CONTENT\n");
        let text = block("text/plain", "1") + &block("text/html", "<b>1</b>") + &block("text/plain", "2");
        let both = [("text/html", "<b>1</b>"), ("text/plain", "1")].map(|(mime, content)| (mime.to_owned(), content.to_owned()));
        assert_eq!(outputs(&[text.as_bytes()]), [Output::Display(both.into()), display("text/plain", "2")]);
    }

    #[test]
    fn characters_in_two_pieces_are_whole() {
        let text = "žluťoučký kůň";
        for at in 1..text.len() {
            assert_eq!(outputs(&[&text.as_bytes()[..at], &text.as_bytes()[at..]]), [Output::Stdout(text.into())]);
        }
        assert_eq!(outputs(&[b"a\xff", b"b"]), [Output::Stdout("a\u{fffd}b".into())]);
    }

    #[test]
    fn control_words_are_told_from_text() {
        let words = |text: &str| {
            let words = outputs(&[text.as_bytes()]).into_iter();
            words
                .filter_map(|output| match output {
                    Output::ControlWord(word) => Some(word),
                    _ => None,
                })
                .collect::<Vec<_>>()
        };
        assert_eq!(words("EVCXR_EXECUTION_COMPLETE\nrest\n"), ["EVCXR_EXECUTION_COMPLETE"]);
        assert_eq!(words("EVCXR_VARIABLE_CHANGED_TYPE:x"), ["EVCXR_VARIABLE_CHANGED_TYPE"]);
        assert_eq!(words("left overEVCXR_PANIC_NOTIFICATION\n"), ["EVCXR_PANIC_NOTIFICATION"]);
        assert_eq!(words("EVCXR_BEGIN_CONTENT text/plain\nrest\n"), ["EVCXR_BEGIN_CONTENT"]);
        assert!(words("it says EVCXR_EXECUTION_COMPLETE in a sentence\n").is_empty());
    }
}
