//! Reporters: they render the [`Event`](crate::event::Event)s of a run for somebody.
//!
//! A [`Reporter`] writes only to what it was given. To add one, put it in a file of its own here, named after
//! what it writes, and let the command line add it to its [`Reporters`]. Events carry everything a reporter
//! needs: if one is missing something, the event gets a field. A reporter must ignore events of kinds that it
//! does not know, as new kinds come. The caller decides what it means that a reader went away (`BrokenPipe`).
//!
//! - [`HumanReporter`]: for people at a terminal or reading a log. One line per notebook, and for each
//!   failing cell what went wrong, where, and what to do next.
//! - [`JsonLines`]: for programs, everything as it happens.
//! - [`GithubAnnotations`]: for GitHub, what is wrong at which line of which file; [`github_summary`] for the
//!   page of a workflow's run.
//! - [`FailedFiles`]: what failed notebooks leave: the executed notebook, and pictures with what differs in
//!   them.
//! - [`AtEnd`] writes a file once the whole [`Run`] is known: [`junit`] for build servers, [`html`] for a
//!   reader.

mod at_end;
mod cell;
mod diff;
mod excerpt;
mod failed_files;
mod github;
mod html;
mod human;
mod jsonl;
mod junit;
mod left_files;
mod printable;
mod progress;
mod reporter;
mod run;
mod style;

pub use at_end::{AtEnd, When};
pub use diff::difference;
pub use failed_files::FailedFiles;
pub use github::{GithubAnnotations, github_summary};
pub use html::html;
pub use human::HumanReporter;
pub use jsonl::{FORMAT_VERSION, JsonLines};
pub use junit::junit;
pub use left_files::LeftFiles;
pub use printable::{printable, printable_json};
pub use progress::Progress;
pub use reporter::{Reporter, Reporters};
pub use run::{CellRun, NotebookRun, Run};
pub use style::{Style, count};

#[cfg(test)]
mod tests;
