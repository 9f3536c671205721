//! How a cell ended, and how a process did, in words.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// How a cell ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// It reached its end.
    Finished,
    /// A `return` left it, so that it defined no variable.
    Returned,
    /// It panicked.
    Panicked {
        /// The panic's message.
        message: String,
        /// The line, from 1, and the label of the cell if it is an earlier one.
        place: Option<(Option<String>, u32)>,
    },
    /// `?` met an error, which says this.
    Failed {
        /// What the error says; may be empty.
        message: String,
        /// The line of the `?`, from 1, and the label of the cell if it is an earlier one. `None` if that is
        /// not known, as for `?` on an option.
        place: Option<(Option<String>, u32)>,
    },
    /// It was cancelled while it awaited; variables are as after a failure.
    Cancelled,
    /// The process ended.
    Died {
        /// How, in words: `it exited with code 3`.
        status: String,
    },
    /// It was still running when its time was up. The process was ended.
    TimedOut,
}

impl Ending {
    /// Reads it from the fields of an answer. `None` if the answer does not end a cell.
    pub(crate) fn read(fields: &[&str]) -> Option<Ending> {
        Some(match fields {
            ["finished", ..] => Ending::Finished,
            ["returned", ..] => Ending::Returned,
            ["cancelled", ..] => Ending::Cancelled,
            [how @ ("failed" | "panicked"), message, label, line, ..] => {
                let label = (!label.is_empty()).then(|| (*label).to_owned());
                let (message, place) = ((*message).to_owned(), line.parse().ok().map(|line| (label, line)));
                if *how == "failed" { Ending::Failed { message, place } } else { Ending::Panicked { message, place } }
            }
            _ => return None,
        })
    }

    /// A process that ended as the supervisor's last line says, `code 3` or `signal 9`.
    pub(crate) fn died(last_line: &str) -> Ending {
        let raw = last_line.split_once(' ').and_then(|(kind, number)| {
            let number: i32 = number.parse().ok()?;
            Some(if kind == "code" { (number & 0xff) << 8 } else { number })
        });
        let status = match raw {
            Some(raw) => describe_exit(ExitStatus::from_raw(raw)),
            None => "it closed the channel over which it is steered".to_owned(),
        };
        Ending::Died { status }
    }
}

/// How a process ended, as half a sentence: `by signal 11 (SIGSEGV, a segmentation fault)`, `it exited with
/// code 3`.
pub fn describe_exit(status: ExitStatus) -> String {
    let Some(signal) = status.signal() else {
        return status.code().map_or_else(|| status.to_string(), |code| format!("it exited with code {code}"));
    };
    let name = match signal {
        4 => "SIGILL, an illegal instruction",
        5 => "SIGTRAP, a trap",
        6 => "SIGABRT, an abort",
        7 => "SIGBUS, a bus error",
        8 => "SIGFPE, an arithmetic fault",
        9 => "SIGKILL, killed from outside or out of memory",
        11 => "SIGSEGV, a segmentation fault",
        15 => "SIGTERM",
        _ => return format!("by signal {signal}"),
    };
    format!("by signal {signal} ({name})")
}
