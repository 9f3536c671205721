//! How a cell ended: by itself, early, by a panic, through `?`, or cancelled.

use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, Location, catch_unwind};
use std::sync::{Mutex, PoisonError};

use super::future::Awaited;
use super::panics::{self, Place};

/// How a cell ended.
#[derive(Debug, Default)]
#[doc(hidden)]
pub enum Outcome {
    /// Its last line was reached.
    #[default]
    Finished,
    /// A `return` left it.
    Returned,
    /// It panicked.
    Panicked {
        /// The panic's message.
        message: String,
        /// Where it was raised, if the hook has seen it.
        place: Option<Place>,
    },
    /// `?` met an error.
    Failed {
        /// What the error says.
        message: String,
        /// Where the `?` is, if that is known.
        place: Option<Place>,
    },
    /// It was cancelled while it awaited.
    Cancelled,
}

#[derive(Default)]
struct State {
    outcome: Outcome,
    reached_end: bool,
}

static STATE: Mutex<Option<State>> = Mutex::new(None);

fn with<R>(act: impl FnOnce(&mut State) -> R) -> R {
    let mut state = STATE.lock().unwrap_or_else(PoisonError::into_inner);
    act(state.get_or_insert_with(State::default))
}

/// Forgets how the cell before ended.
pub(super) fn begin() {
    with(|state| *state = State::default());
}

/// How the cell ended.
pub(super) fn end() -> Outcome {
    with(|state| match std::mem::take(&mut state.outcome) {
        Outcome::Finished if !state.reached_end => Outcome::Returned,
        outcome => outcome,
    })
}

/// Notes that the cell's last line was reached.
pub fn reached_end() {
    with(|state| state.reached_end = true);
}

/// Runs the code that a cell's author wrote. Returns `false` if it panicked, failed or was cancelled.
pub fn run<E: Ending>(code: impl FnOnce() -> E) -> bool {
    let mut code = Some(code);
    attempt(&mut || match code.take() {
        Some(code) => code().outcome(),
        None => Outcome::Finished,
    })
}

/// Runs a whole cell: its code, and the generated code around it. A value that panics when it is dropped
/// does so here.
pub fn whole(cell: impl FnOnce()) {
    let mut cell = Some(cell);
    attempt(&mut || {
        if let Some(cell) = cell.take() {
            cell();
        }
        Outcome::Finished
    });
}

/// The part of [`run`] and [`whole`] that does not depend on the type. Every cell compiles generic code
/// again.
fn attempt(code: &mut dyn FnMut() -> Outcome) -> bool {
    match catch_unwind(AssertUnwindSafe(code)) {
        Ok(Outcome::Finished) => true,
        Ok(other) => {
            with(|state| state.outcome = other);
            false
        }
        Err(payload) => {
            panicked(payload);
            false
        }
    }
}

fn panicked(payload: Box<dyn Any + Send>) {
    let said = payload.downcast_ref::<String>().map(String::as_str).or(payload.downcast_ref::<&str>().copied());
    let (message, place) = (said.unwrap_or("Box<dyn Any>").to_owned(), panics::last_place());
    with(|state| state.outcome = Outcome::Panicked { message, place });
    // A payload may panic again when it is dropped.
    std::mem::forget(payload);
}

/// The result of a cell's code.
pub trait Ending {
    #[doc(hidden)]
    fn outcome(self) -> Outcome;
}

impl Ending for Option<()> {
    fn outcome(self) -> Outcome {
        let failed = || Outcome::Failed { message: "`?` met `None`".to_owned(), place: None };
        self.map_or_else(failed, |()| Outcome::Finished)
    }
}

impl Ending for Awaited {
    fn outcome(self) -> Outcome {
        self.0
    }
}

macro_rules! errors {
    ($($(#[$doc:meta])* $name:ident: $bound:path, $format:literal;)*) => { $(
        $(#[$doc])*
        pub struct $name(String, Option<Place>);

        impl<E: $bound> From<E> for $name {
            // Called by a `?`, whose place it thereby knows.
            #[track_caller]
            fn from(error: E) -> $name {
                $name(format!($format, error), panics::place_of(Location::caller()))
            }
        }

        impl Ending for Result<(), $name> {
            fn outcome(self) -> Outcome {
                let failed = |$name(message, place)| Outcome::Failed { message, place };
                self.map_or_else(failed, |()| Outcome::Finished)
            }
        }
    )* };
}

errors! {
    /// The error of a cell whose errors are shown with `{}`. Everything that can be displayed becomes one.
    DisplayError: fmt::Display, "{}";
    /// The error of a cell whose errors are shown with `{:?}`.
    DebugError: fmt::Debug, "{:?}";
    /// The error of a cell whose errors are shown with `{:#?}`.
    PrettyError: fmt::Debug, "{:#?}";
}
