//! Interrupts a cell: at its await point where possible, else by ending what it does.
//!
//! The main type is [`Interrupts`]. The thread that runs cells marks their begin and end. Tasks interrupt
//! them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rust_cells::{CancellationToken, CellHandle};

/// How long a cell has to end at its await point.
const PATIENCE: Duration = Duration::from_millis(450);
/// How often it is asked to: what still compiles may await later.
const ASKING: Duration = Duration::from_millis(30);

/// What interrupts the cell that runs. Clones share one state.
#[derive(Clone, Default)]
pub(crate) struct Interrupts {
    token: CancellationToken,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    /// The cell's number, and a handle to it. `None` while no cell runs.
    running: Option<(u64, Option<CellHandle>)>,
    last: u64,
    interrupted: bool,
    /// Whether the kernel is ending. Then no further cell starts.
    closed: bool,
}

impl Interrupts {
    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What stops compiling, building and computing.
    pub(crate) fn token(&self) -> &CancellationToken {
        &self.token
    }

    /// Notes that a cell begins. Returns whether it may.
    pub(crate) fn begin(&self) -> bool {
        let mut state = self.state();
        if state.closed {
            return false;
        }
        state.last += 1;
        state.running = Some((state.last, None));
        state.interrupted = false;
        self.token.flag().store(false, std::sync::atomic::Ordering::Relaxed);
        true
    }

    /// Notes what steers the cell that has begun.
    pub(crate) fn steer(&self, cell: CellHandle) {
        if let Some((_, handle)) = &mut self.state().running {
            *handle = Some(cell);
        }
    }

    /// Whether the cell that runs was interrupted.
    pub(crate) fn was_interrupted(&self) -> bool {
        self.state().interrupted
    }

    /// Notes that the cell is over.
    pub(crate) fn end(&self) {
        self.state().running = None;
    }

    /// Gives a line to the cell that reads input. `None` means that nobody can be asked for one.
    pub(crate) fn give(&self, line: Option<&str>) {
        if let Some((_, Some(cell))) = &self.state().running {
            cell.give(line);
        }
    }

    /// Interrupts the cell that runs, if one does. Returns when it is over, or will be within moments.
    pub(crate) async fn interrupt(&self) {
        let started = Instant::now();
        let Some(number) = self.state().running.as_ref().map(|(number, _)| *number) else { return };
        loop {
            {
                let mut state = self.state();
                match &state.running {
                    Some((running, cell)) if *running == number => {
                        if let Some(cell) = cell {
                            cell.cancel();
                        }
                        if started.elapsed() >= PATIENCE {
                            self.token.cancel();
                            state.interrupted = true;
                            return;
                        }
                        state.interrupted = true;
                    }
                    _ => return,
                }
            }
            tokio::time::sleep(ASKING).await;
        }
    }

    /// Whether the kernel is going.
    pub(crate) fn is_closed(&self) -> bool {
        self.state().closed
    }

    /// Ends the running cell at once. No further cell starts.
    pub(crate) fn close(&self) {
        self.state().closed = true;
        self.token.cancel();
    }
}
