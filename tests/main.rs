//! Tests of the real binary, run as a person runs it, on small projects.
//!
//! Each folder under `tests/projects` is a project. The `expect.toml` beside it has the expected exit code,
//! parts of the report, and pending snapshots. To add a case, add a folder and a line in `cases.rs`. Tests
//! of more than one run have their own files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod anywhere;
mod architecture;
mod cache;
mod cases;
mod check;
mod ci;
mod diff;
mod documents;
mod export;
mod export_links;
mod foreign;
mod guide;
mod housekeeping;
mod init;
mod inner;
mod interrupt;
mod kept;
mod kernel;
mod kernel_names;
mod kill;
mod list;
mod live;
mod messages;
mod new_and_changed;
// What tests of the kernel alone use, too.
#[path = "../crates/nbsnap-kernel/tests/kernel/ports.rs"]
mod ports;
mod printing;
mod record;
mod reports;
mod repositories;
mod review;
mod rooms;
mod rules;
mod run;
mod scenario;
mod selection;
mod serve;
mod strip;
mod terminal;
mod verdicts;
mod watch;
mod words;
mod world;
