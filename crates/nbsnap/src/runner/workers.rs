//! Several workers at once: a queue of notebooks, a thread for each worker, and one place where what they tell comes together.
//!
//! The main function is [`run`]. Events of different notebooks come in turn; those of one notebook stay in order. It decides nothing.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::{SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};

use super::{Emit, RunError};
use crate::engine::Worker;
use crate::event::{Event, Summary};
use crate::notebook::Notebook;

/// How many events may wait to be shown before workers wait.
const WAITING: usize = 16;

/// What a worker's thread tells.
enum Told<'n> {
    Event(Event),
    Ended(&'n Notebook, Result<Summary, RunError>),
    /// The worker could not be set up.
    NoWorker(RunError),
}

/// Runs all notebooks, `jobs` of them at once. `start` sets up a worker by its number, `one` has it run a notebook. What they tell goes to
/// `emit`, and what became of a notebook to `done`, both on this thread.
///
/// The first error ends the run: notebooks that are being run are run to their end, others are not begun.
pub(super) fn run<'e>(
    jobs: usize,
    notebooks: &[Notebook],
    start: &(dyn Fn(usize) -> Result<Box<dyn Worker + 'e>, RunError> + Sync),
    one: &(dyn Fn(&mut dyn Worker, &Notebook, Emit<'_>) -> Result<Summary, RunError> + Sync),
    emit: Emit<'_>,
    done: &mut dyn FnMut(&Notebook, Summary) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let queue = Mutex::new(in_turn(notebooks, jobs));
    std::thread::scope(|scope| {
        let (sender, told) = sync_channel(WAITING);
        for number in 0..jobs {
            let (sender, queue) = (sender.clone(), &queue);
            scope.spawn(move || work(number, queue, start, one, &sender));
        }
        drop(sender);
        for told in told {
            let result = match told {
                Told::Event(event) => emit(event).map_err(RunError::Report),
                Told::Ended(notebook, result) => result.and_then(|summary| done(notebook, summary)),
                Told::NoWorker(error) => Err(error),
            };
            // Leaving drops the receiver, so that no worker waits for being heard.
            if let Err(error) = result {
                lock(&queue).clear();
                return Err(error);
            }
        }
        Ok(())
    })
}

/// The order to begin notebooks in: where several run at once those with most cells come first, so that none of them is left for the end.
fn in_turn(notebooks: &[Notebook], jobs: usize) -> VecDeque<&Notebook> {
    let mut order: Vec<&Notebook> = notebooks.iter().collect();
    if jobs > 1 {
        order.sort_by_key(|notebook| std::cmp::Reverse(notebook.cells.len()));
    }
    order.into()
}

fn work<'n, 'e>(
    number: usize,
    queue: &Mutex<VecDeque<&'n Notebook>>,
    start: &(dyn Fn(usize) -> Result<Box<dyn Worker + 'e>, RunError> + Sync),
    one: &(dyn Fn(&mut dyn Worker, &Notebook, Emit<'_>) -> Result<Summary, RunError> + Sync),
    told: &SyncSender<Told<'n>>,
) {
    let mut worker = match start(number) {
        Ok(worker) => worker,
        Err(error) => return drop(told.send(Told::NoWorker(error))),
    };
    loop {
        let Some(notebook) = lock(queue).pop_front() else { return };
        let emit: Emit<'_> = &mut |event| told.send(Told::Event(event)).map_err(|_| io::Error::other("the run has ended"));
        let result = one(&mut *worker, notebook, emit);
        if told.send(Told::Ended(notebook, result)).is_err() {
            return;
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // The queue is only popped and cleared, which leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
