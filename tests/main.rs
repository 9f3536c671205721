//! The real binary, run as a person runs it, on small projects of its own.
//!
//! Each folder under `tests/projects` is a project with an `expect.toml` beside it that says what a run must come to: exit code,
//! what the report must say, which pending snapshots it leaves. To add a case, add a folder and a line in `cases.rs`.
//! Tests that are more than one run have a file of their own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod architecture;
mod cache;
mod cases;
mod check;
mod ci;
mod diff;
mod documents;
mod export;
mod foreign;
mod guide;
mod housekeeping;
mod init;
mod inner;
mod interrupt;
mod kept;
mod kernel;
mod kill;
mod list;
mod live;
mod record;
mod reports;
mod review;
mod rules;
mod run;
mod scenario;
mod selection;
mod serve;
mod strip;
mod terminal;
mod verdicts;
mod watch;
mod world;
