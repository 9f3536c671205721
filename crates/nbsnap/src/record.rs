//! What one code cell produced: the unit that engines hand over and that snapshots hold.
//!
//! The main type is [`CellRecord`]. This module knows no engine, no snapshot and no terminal: it is plain
//! data.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Everything that one execution of one code cell produced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellRecord {
    /// What the cell wrote to standard output, display data excluded.
    pub stdout: String,
    /// What the cell wrote to standard error.
    pub stderr: String,
    /// Display data by MIME type. Text is UTF-8, images are base64, as in the Jupyter message format.
    pub outputs: BTreeMap<String, String>,
    /// What the cell displayed after that, in order. evcxr shows one thing a cell, other kernels as many as a
    /// cell displays.
    #[serde(default)]
    pub further: Vec<BTreeMap<String, String>>,
    /// Why the cell failed, if it did.
    pub failure: Option<Failure>,
}

impl CellRecord {
    /// Whether the cell left nothing to see: no output on any channel and no failure.
    pub fn is_empty(&self) -> bool {
        self.stdout.is_empty() && self.stderr.is_empty() && self.outputs.is_empty() && self.failure.is_none()
    }

    /// What the cell displayed, in order, each by MIME type.
    pub fn displays(&self) -> impl Iterator<Item = &BTreeMap<String, String>> {
        std::iter::once(&self.outputs).chain(&self.further).filter(|display| !display.is_empty())
    }

    /// What the cell displayed, to be changed.
    pub(crate) fn displays_mut(&mut self) -> impl Iterator<Item = &mut BTreeMap<String, String>> {
        std::iter::once(&mut self.outputs).chain(&mut self.further)
    }

    /// Adds something that the cell displayed.
    pub fn display(&mut self, display: BTreeMap<String, String>) {
        if self.outputs.is_empty() && self.further.is_empty() {
            self.outputs = display;
        } else {
            self.further.push(display);
        }
    }
}

/// Why a cell failed. Jupyter knows only "error"; a runner has to know which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Failure {
    /// The cell did not compile, or a command line in it (`:dep`, …) was refused.
    Compile {
        /// rustc's or evcxr's errors, in their order.
        diagnostics: Vec<Diagnostic>,
    },
    /// The cell's code panicked; a failed `assert!` is a panic.
    Panic {
        /// The panic message as it was printed, or empty if the panic hook printed nothing.
        message: String,
        /// The line in the cell (1-based) on which the panic was raised, if it is known.
        line: Option<u32>,
    },
    /// A `?` at the top level of the cell met an error.
    Error {
        /// What the error's `Display` wrote; may be empty.
        message: String,
        /// The lines of the cell (1-based) that hold a `?`.
        lines: Vec<u32>,
    },
    /// A kernel reported an error: an exception that nothing caught.
    Exception {
        /// Its name, such as `ValueError`.
        name: String,
        /// What it says.
        value: String,
        /// How it came about, line by line, for people: it is never compared.
        traceback: Vec<String>,
        /// The line of the cell (1-based) that raised it, if it is known.
        line: Option<u32>,
    },
    /// The cell asked for input, and nobody is there to give any.
    InputRequest {
        /// What it asked for.
        prompt: String,
    },
    /// The process that runs the cells ended: `exit`, `abort`, a segmentation fault.
    Died {
        /// How it ended, in words.
        status: String,
    },
    /// The cell was still running, or being compiled, when its time was up.
    Timeout {
        /// The limit that was in force.
        limit: Duration,
    },
    /// The cell was still running, or being compiled, when the time of the whole notebook was up.
    NotebookTimeout {
        /// How long the notebook may take.
        limit: Duration,
        /// How much of that was left when the cell began.
        left: Duration,
    },
    /// The cell printed more than the runner keeps.
    TooMuchOutput {
        /// What was printed, in bytes, on both streams.
        printed: u64,
        /// The limit that was in force, in bytes.
        limit: u64,
    },
    /// The cell printed one of the words with which evcxr steers a kernel, which breaks the notebook in
    /// Jupyter.
    ControlWord {
        /// The word.
        word: String,
    },
    /// Output arrived after the cell had ended and before the next began: a thread or task that nobody waits
    /// for.
    LateOutput {
        /// What arrived.
        text: String,
    },
    /// evcxr refused the cell for a reason of its own, such as a variable that cannot be kept.
    Refused {
        /// evcxr's message.
        message: String,
    },
    /// This machine lacks what the notebook needs in order to run, such as its kernel.
    SetUp {
        /// What is missing, and how to get it.
        message: String,
    },
    /// The engine itself broke down; this says nothing about the notebook.
    Engine {
        /// What happened to it.
        message: String,
    },
}

impl Failure {
    /// One word for the kind of failure, as reports and snapshots name it.
    pub fn kind(&self) -> &'static str {
        match self {
            Failure::Compile { .. } => "compile error",
            Failure::Panic { .. } => "panic",
            Failure::Error { .. } => "error",
            Failure::Exception { .. } => "exception",
            Failure::InputRequest { .. } => "input request",
            Failure::Died { .. } => "process died",
            Failure::Timeout { .. } | Failure::NotebookTimeout { .. } => "timeout",
            Failure::TooMuchOutput { .. } => "too much output",
            Failure::ControlWord { .. } => "control word",
            Failure::LateOutput { .. } => "late output",
            Failure::Refused { .. } => "refused",
            Failure::SetUp { .. } => "set-up error",
            Failure::Engine { .. } => "engine failure",
        }
    }

    /// Whether the cell's own code raised this, so that a cell tagged `raises-exception` may expect it.
    ///
    /// A timeout, a flood of output or a forged control word is never what a tutorial wants to show.
    pub fn is_raised_by_code(&self) -> bool {
        matches!(
            self,
            Failure::Compile { .. }
                | Failure::Panic { .. }
                | Failure::Error { .. }
                | Failure::Exception { .. }
                | Failure::Died { .. }
                | Failure::Refused { .. }
        )
    }
}

/// Why a cell that asks for input fails.
pub(crate) const UNANSWERED: &str = "the cell asks for input, and nobody can answer";

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Failure::Compile { diagnostics } => {
                for (index, diagnostic) in diagnostics.iter().enumerate() {
                    if index > 0 {
                        writeln!(f)?;
                    }
                    write!(f, "{diagnostic}")?;
                }
                Ok(())
            }
            Failure::Panic { message, line: Some(line) } => write!(f, "panicked on line {line}: {message}"),
            Failure::Panic { message, line: None } => write!(f, "panicked: {message}"),
            Failure::Error { message, .. } if message.trim().is_empty() => {
                write!(f, "`?` met an error whose message is empty")
            }
            Failure::Error { message, .. } => write!(f, "`?` met an error: {}", message.trim_end()),
            Failure::Exception { name, value, .. } if value.trim().is_empty() => f.write_str(name),
            Failure::Exception { name, value, .. } => write!(f, "{name}: {}", value.trim_end()),
            Failure::InputRequest { prompt } if prompt.trim().is_empty() => f.write_str(UNANSWERED),
            Failure::InputRequest { prompt } => write!(f, "{UNANSWERED}: {}", prompt.trim()),
            Failure::Died { status } => write!(f, "the process that runs the cells ended: {status}"),
            Failure::Timeout { limit } => {
                write!(f, "not done after {}", humantime::format_duration(*limit))
            }
            Failure::NotebookTimeout { limit, left } => {
                let (limit, left) = (humantime::format_duration(*limit), humantime::format_duration(*left));
                write!(f, "the notebook's time was up ({limit}, notebook-timeout): the cell was not done after {left}")
            }
            Failure::TooMuchOutput { printed, limit } => {
                write!(f, "printed {printed} bytes, more than the {limit} that are kept")
            }
            Failure::ControlWord { word } => {
                write!(f, "printed `{word}`, a word with which evcxr steers a kernel: in Jupyter it breaks the cells after it")
            }
            Failure::LateOutput { text } => write!(
                f,
                "output arrived after the cell had ended (a thread or task that nothing waits for), so no cell can own it: {}",
                text.trim_end()
            ),
            Failure::Refused { message } | Failure::SetUp { message } | Failure::Engine { message } => {
                write!(f, "{}", message.trim_end())
            }
        }
    }
}

/// One message of the compiler, placed in the cell its author wrote.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diagnostic {
    /// rustc's error code, such as `E0308`, if it has one.
    pub code: Option<String>,
    /// The headline.
    pub message: String,
    /// Where in the cell, with what rustc says about the place; the primary place first.
    pub spans: Vec<DiagnosticSpan>,
    /// What rustc suggests.
    pub help: Vec<String>,
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.code {
            Some(code) => write!(f, "error[{code}]: {}", self.message)?,
            None => write!(f, "error: {}", self.message)?,
        }
        for span in &self.spans {
            write!(f, "\n  line {}, column {}", span.line, span.column)?;
            if !span.label.is_empty() {
                write!(f, ": {}", span.label)?;
            }
        }
        for help in &self.help {
            write!(f, "\n  help: {}", help.replace('\n', "\n        "))?;
        }
        Ok(())
    }
}

/// A place in a cell that a [`Diagnostic`] talks about. Lines and columns count from 1, columns in
/// characters.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DiagnosticSpan {
    /// First line.
    pub line: u32,
    /// First column.
    pub column: u32,
    /// Last line.
    pub end_line: u32,
    /// Column after the last character.
    pub end_column: u32,
    /// What rustc says about it; may be empty.
    pub label: String,
}
