//! Reporters: they render the [`Event`](crate::event::Event)s of a run for somebody.
//!
//! A reporter is a type with a method `report(&mut self, &Event) -> io::Result<()>` that writes to what it was given and to
//! nothing else. To add one, put it in a file of its own here, called after what it writes, and let the command line pass events
//! on to it. Events carry everything a reporter needs: if one is missing something, the event gets a field. Events of kinds that
//! a reporter does not know must be ignored, as new kinds come. That a reader went away (`BrokenPipe`) is for the caller to judge.
//!
//! - [`HumanReporter`]: for people at a terminal or reading a log. One line per notebook, and for each failing cell what went
//!   wrong, where, and what to do next.

mod cell;
mod diff;
mod excerpt;
mod human;
mod progress;
mod style;

pub use diff::difference;
pub use human::HumanReporter;
pub use progress::Progress;
pub use style::{Style, count};
