//! What a cell has shown and how it ended, as a record.

use rust_cells::cell::question_mark_lines;
use rust_cells::{CellOutcome, Ending, Output, Place};

use crate::notebook::CodeCell;
use crate::record::{CellRecord, Diagnostic, DiagnosticSpan, Failure};

/// Collects what a cell shows.
#[derive(Debug, Default)]
pub(super) struct Collected {
    record: CellRecord,
    printed: u64,
    overflowed: bool,
    word: Option<String>,
}

impl Collected {
    /// Takes in an output. Of each stream `max_output` bytes are kept.
    pub(super) fn take(&mut self, output: Output, max_output: u64) {
        match output {
            Output::Stdout(text) => self.print(text, max_output, |record| &mut record.stdout),
            Output::Stderr(text) => self.print(text, max_output, |record| &mut record.stderr),
            Output::Display(display) | Output::ShownValue(display) => {
                let bytes: usize = display.values().map(String::len).sum();
                self.printed += bytes as u64;
                self.record.display(display);
            }
            Output::Value(text) => {
                self.printed += text.len() as u64;
                self.record.display([("text/plain".to_owned(), text)].into());
            }
            Output::ControlWord(word) => drop(self.word.get_or_insert(word)),
            _ => {}
        }
    }

    fn print(&mut self, mut text: String, max_output: u64, stream: fn(&mut CellRecord) -> &mut String) {
        self.printed += text.len() as u64;
        let kept = stream(&mut self.record);
        let left = usize::try_from(max_output).unwrap_or(usize::MAX).saturating_sub(kept.len());
        if text.len() > left {
            self.overflowed = true;
            text.truncate((0..=left).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0));
        }
        kept.push_str(&text);
    }

    /// All text that was shown, for output that no cell owns.
    pub(super) fn into_text(self) -> String {
        let displays: Vec<String> = self.record.displays().flat_map(|display| display.values().cloned()).collect();
        self.record.stdout + &self.record.stderr + &displays.concat()
    }

    /// The record of a cell with this outcome.
    pub(super) fn into_record(self, cell: &CodeCell, outcome: CellOutcome, max_output: u64) -> CellRecord {
        let Collected { mut record, printed, overflowed, word } = self;
        let failure = failure(cell, outcome, &mut record);
        record.failure = if overflowed {
            Some(Failure::TooMuchOutput { printed, limit: max_output })
        } else if let Some(word) = word {
            Some(Failure::ControlWord { word })
        } else {
            failure
        };
        record
    }
}

fn failure(cell: &CodeCell, outcome: CellOutcome, record: &mut CellRecord) -> Option<Failure> {
    Some(match outcome {
        CellOutcome::Finished => return None,
        CellOutcome::Refused { message, line } => {
            let text = cell.source.lines().nth(usize::try_from(line).unwrap_or(1).saturating_sub(1)).unwrap_or_default();
            if text.trim_start().starts_with('!') {
                return Some(Failure::Refused { message });
            }
            let end_column = u32::try_from(text.chars().count() + 1).unwrap_or(u32::MAX);
            let span = DiagnosticSpan { line, column: 1, end_line: line, end_column, label: String::new() };
            Failure::Compile { diagnostics: vec![Diagnostic { code: None, message, spans: vec![span], help: Vec::new() }] }
        }
        CellOutcome::CompileErrors(diagnostics) => {
            Failure::Compile { diagnostics: diagnostics.into_iter().map(diagnostic).collect() }
        }
        CellOutcome::CompileTimeout(limit) | CellOutcome::RunTimeout(limit) => Failure::Timeout { limit },
        CellOutcome::Ended(Ending::Panicked { message, place }) => {
            let line = place.and_then(|(label, line)| label.is_none().then_some(line));
            Failure::Panic { message, line }
        }
        CellOutcome::Ended(Ending::Failed { message, place }) => {
            // evcxr prints it, and so does its kernel.
            record.stderr.push_str(&message);
            record.stderr.push('\n');
            let lines = match place {
                Some((None, line)) => vec![line],
                _ => question_mark_lines(&cell.source),
            };
            Failure::Error { message: record.stderr.clone(), lines }
        }
        CellOutcome::Ended(Ending::Died { status }) => Failure::Died { status },
        other => Failure::Engine { message: format!("the cell came to {other:?}") },
    })
}

fn diagnostic(diagnostic: rust_cells::Diagnostic) -> Diagnostic {
    let rust_cells::Diagnostic { code, message, places, mut help, .. } = diagnostic;
    let (here, elsewhere): (Vec<Place>, Vec<Place>) = places.into_iter().partition(|place| place.cell.is_none());
    for place in elsewhere {
        let cell = place.cell.unwrap_or_default();
        let label = if place.label.is_empty() { String::new() } else { format!(": {}", place.label) };
        help.push(format!("see {cell}, line {}, column {}{label}", place.line, place.column));
    }
    let span = |place: Place| {
        let Place { line, column, end_line, end_column, label, .. } = place;
        DiagnosticSpan { line, column, end_line, end_column, label }
    };
    Diagnostic { code, message, spans: here.into_iter().map(span).collect(), help }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_than_the_limit_is_kept_of_each_stream() {
        let mut collected = Collected::default();
        collected.take(Output::Stdout("äbc".into()), 3);
        collected.take(Output::Stdout("d".into()), 3);
        let record = collected.into_record(&CodeCell::default(), CellOutcome::Finished, 3);
        assert_eq!(record.stdout, "äb");
        assert_eq!(record.failure, Some(Failure::TooMuchOutput { printed: 5, limit: 3 }));
    }
}
