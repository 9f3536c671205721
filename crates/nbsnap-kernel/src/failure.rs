//! A failed cell as Jupyter reports it: a name, one line, and a text for people.

use rust_cells::cell::question_mark_lines;
use rust_cells::{CellOutcome, Diagnostic, Ending};
use serde_json::{Value, json};

use crate::advice;
use crate::excerpt::{self, Sources};

/// A failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Failure {
    /// Such as `Panic` or `E0308`.
    pub(crate) name: String,
    /// One line.
    pub(crate) value: String,
    /// What a person wants to read.
    pub(crate) traceback: Vec<String>,
}

impl Failure {
    /// A failure that one line describes.
    pub(crate) fn new(name: &str, value: &str) -> Failure {
        let mut traceback = vec![headline(name, value.lines().next().unwrap_or_default())];
        traceback.extend(value.lines().skip(1).map(str::to_owned));
        Failure { name: name.to_owned(), value: one_line(value), traceback }
    }

    /// As members of a message.
    pub(crate) fn content(&self) -> Value {
        json!({"ename": self.name, "evalue": self.value, "traceback": self.traceback})
    }

    fn with(mut self, text: &str) -> Failure {
        self.traceback.extend(text.lines().map(str::to_owned));
        self
    }

    /// Adds where it happened, in the cell with this label, or in the one that runs.
    fn at(self, label: Option<&str>, line: u32, sources: &dyn Sources) -> Failure {
        let at = format!("\x1b[34m --> \x1b[0m{}, line {line}", label.unwrap_or_else(|| sources.label()));
        let lines = sources.source(label).map(|source| excerpt::arrow(source, line)).unwrap_or_default();
        self.with(&at).with(&lines)
    }

    /// The same by another name.
    pub(crate) fn renamed(mut self, name: &str) -> Failure {
        name.clone_into(&mut self.name);
        self
    }

    /// Adds a line about lost variables.
    pub(crate) fn with_lost(self, lost: &[String]) -> Failure {
        match lost {
            [] => self,
            lost => {
                let names: Vec<String> = lost.iter().map(|name| format!("`{name}`")).collect();
                let text = format!(
                    "\x1b[36mnote\x1b[0m: {} gone; functions, types and imports are still there. Run the cells that make what you need again.",
                    match names.as_slice() {
                        [one] => format!("the variable {one} is"),
                        names => format!("the variables {} are", names.join(", ")),
                    }
                );
                self.with(&text)
            }
        }
    }
}

fn headline(name: &str, value: &str) -> String {
    let separator = if value.is_empty() { "" } else { ": " };
    format!("\x1b[1m{name}\x1b[0m{separator}{value}")
}

fn one_line(text: &str) -> String {
    text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
}

/// How a cell failed, if it did. `word` is a control word of evcxr's that it has printed.
pub(crate) fn of(outcome: CellOutcome, word: Option<String>, sources: &dyn Sources) -> Option<Failure> {
    let source = sources.source(None).unwrap_or_default();
    let failure = match outcome {
        CellOutcome::Finished => {
            return word.map(|word| {
                let value = format!(
                    "the cell printed `{word}`, a word that steers evcxr's own kernel and breaks the cells after it there"
                );
                Failure::new("ControlWord", &value)
            });
        }
        CellOutcome::Refused { message, line } => Failure::new("CommandError", &message).with(&excerpt::arrow(source, line)),
        CellOutcome::CompileErrors(diagnostics) => compile_errors(&diagnostics, sources),
        CellOutcome::CompileTimeout(limit) => Failure::new("Timeout", &format!("the cell was not compiled within {limit:?}")),
        CellOutcome::RunTimeout(limit) => Failure::new("Timeout", &format!("the cell was still running after {limit:?}")),
        CellOutcome::Ended(Ending::Panicked { message, place }) => {
            let failure = Failure::new("Panic", &message);
            match place {
                Some((label, line)) => failure.at(label.as_deref(), line, sources),
                None => failure,
            }
        }
        CellOutcome::Ended(Ending::Failed { message, place }) => {
            let failure = Failure::new("Error", &message);
            match (place, question_mark_lines(source).as_slice()) {
                (Some((label, line)), _) => failure.at(label.as_deref(), line, sources),
                (None, []) => failure,
                (None, [line]) => failure.at(None, *line, sources),
                (None, lines) => {
                    let numbers: Vec<String> = lines.iter().map(u32::to_string).collect();
                    let at =
                        format!("\x1b[34m --> \x1b[0m{}, at a `?` on one of the lines {}", sources.label(), numbers.join(", "));
                    failure.with(&at).with(&excerpt::lines(source, lines))
                }
            }
        }
        CellOutcome::Ended(Ending::Cancelled) => Failure::new(
            "Interrupted",
            "the cell was cancelled where it awaited; variables of earlier cells are still there, unless it had taken them",
        ),
        CellOutcome::Ended(Ending::Died { status }) => {
            let name = if status.starts_with("by signal") { "Signal" } else { "ProcessExit" };
            Failure::new(name, &format!("the process of cells ended: {status}"))
        }
        other => Failure::new("Error", &format!("the cell came to {other:?}")),
    };
    Some(failure)
}

fn compile_errors(diagnostics: &[Diagnostic], sources: &dyn Sources) -> Failure {
    let first = diagnostics.first();
    let name = first.and_then(|first| first.code.clone()).unwrap_or_else(|| "CompileError".to_owned());
    let value = first.map(|first| one_line(&first.message)).unwrap_or_default();
    let advice = first.and_then(advice::of);
    let mut traceback = Vec::new();
    for (index, diagnostic) in diagnostics.iter().enumerate() {
        if index > 0 {
            traceback.push(String::new());
        }
        let is_said =
            |help: &String| advice.as_ref().is_some_and(|advice| index == 0 && (advice == help || !advice::is_help(help)));
        let help = diagnostic.help.iter().filter(|help| !is_said(help)).cloned().collect();
        let shown = Diagnostic { help, ..diagnostic.clone() };
        traceback.extend(excerpt::diagnostic(&shown, sources).lines().map(str::to_owned));
    }
    if let Some(advice) = advice {
        traceback.push(format!("\x1b[1mWhat to do:\x1b[0m {advice}"));
    }
    Failure { name, value, traceback }
}
