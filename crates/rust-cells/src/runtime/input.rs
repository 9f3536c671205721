//! Standard input of cells. If the front allows it, a read waits until a person has typed a line.
//!
//! The standard library reads descriptor 0 by `read`, and the process of cells uses the `read` of this
//! module. So nothing has to guess whether a cell waits for input, and `stdin().read_line(…)` works as in a
//! program. Reads of other descriptors are unchanged.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

use super::system;

/// The answer to a request for input.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Answer {
    /// Nothing yet.
    Awaited,
    /// There is a line.
    Given,
    /// The client takes no input.
    Refused,
    /// The cell was cancelled.
    Cancelled,
}

struct State {
    /// Where to ask. `None` if standard input is empty.
    front: Option<UnixStream>,
    answer: Answer,
    /// What was typed and not read.
    typed: Vec<u8>,
}

static STATE: Mutex<State> = Mutex::new(State { front: None, answer: Answer::Given, typed: Vec::new() });
static ANSWERED: Condvar = Condvar::new();

/// Not supported, and cancelled, as the system's errors are numbered.
const NOT_SUPPORTED: i32 = 95;
const CANCELLED: i32 = 125;

fn state() -> MutexGuard<'static, State> {
    STATE.lock().unwrap_or_else(PoisonError::into_inner)
}

/// From now on the front is asked for input.
pub(super) fn ask(front: UnixStream) {
    state().front = Some(front);
}

/// Forgets what a cell before has left unread.
pub(super) fn begin() {
    state().typed.clear();
}

/// A person has typed this line.
pub(super) fn give(line: &str) {
    let mut state = state();
    state.typed.extend_from_slice(line.as_bytes());
    state.typed.push(b'\n');
    state.answer = Answer::Given;
    ANSWERED.notify_all();
}

/// Nobody can be asked.
pub(super) fn refuse() {
    state().answer = Answer::Refused;
    ANSWERED.notify_all();
}

/// Ends the wait for input with an error.
pub(super) fn cancel() {
    let mut state = state();
    if state.answer == Answer::Awaited {
        state.answer = Answer::Cancelled;
        ANSWERED.notify_all();
    }
}

/// Reads what was typed, and asks for it if there is nothing. `None` where this module does not replace
/// standard input.
fn typed(buffer: &mut [u8]) -> Option<Result<usize, i32>> {
    let mut state = state();
    state.front.as_ref()?;
    if buffer.is_empty() {
        return Some(Ok(0));
    }
    if state.typed.is_empty() {
        drop(state);
        // Shows what the cell has printed, perhaps its question, before asking.
        let _ = std::io::stdout().flush();
        state = self::state();
        state.answer = Answer::Awaited;
        let asked = state.front.as_ref().is_some_and(|mut front| front.write_all(b"asks\n").is_ok());
        while asked && state.answer == Answer::Awaited {
            state = ANSWERED.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        match state.answer {
            Answer::Given => {}
            Answer::Cancelled => return Some(Err(CANCELLED)),
            Answer::Refused | Answer::Awaited => {
                drop(state);
                let _ = std::io::stderr().write_all(b"this client takes no input: run the notebook where somebody can type\n");
                return Some(Err(NOT_SUPPORTED));
            }
        }
    }
    let mut rest = state.typed.as_slice();
    let count = rest.read(buffer).unwrap_or(0);
    state.typed.drain(..count);
    Some(Ok(count))
}

/// Replaces `read` of the C library in the process of cells.
///
/// # Safety
/// As for that: `buffer` must have `count` writable bytes.
pub(super) unsafe fn read(file: i32, buffer: *mut u8, count: usize) -> isize {
    if file == 0 && !buffer.is_null() {
        // SAFETY: the caller guarantees what this function demands.
        let buffer = unsafe { std::slice::from_raw_parts_mut(buffer, count) };
        match typed(buffer) {
            Some(Ok(count)) => return count.cast_signed(),
            Some(Err(error)) => {
                system::set_error(error);
                return -1;
            }
            None => {}
        }
    }
    // SAFETY: the caller guarantees what this function demands.
    unsafe { system::read_into(file, buffer, count) }
}
