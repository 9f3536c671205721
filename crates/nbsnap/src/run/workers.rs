//! Several workers at once: a queue of notebooks, a thread for each worker, and one place where what they
//! report comes together.
//!
//! The main type is [`Crew`]. Events of different notebooks come in turn; those of one notebook stay in
//! order. It decides nothing.

use std::collections::VecDeque;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::error::RunError;
use super::one::{OneNotebook, Outcome};
use super::slow::SlowCells;
use super::target::Target;
use crate::engine::Worker;
use crate::event::{Emit, Event};

/// How many events may wait to be shown before workers wait.
const WAITING: usize = 16;
/// How often slow cells are looked for.
const TICK: Duration = Duration::from_millis(200);

/// The notebooks that are still to be run.
struct Queue<'n> {
    ahead: VecDeque<&'n Target>,
    /// Those that are not to be run any more.
    not_begun: Vec<&'n Target>,
}

/// From a worker's thread.
enum Message<'n> {
    Event(Event),
    Ended(&'n Target, Box<Result<Outcome, RunError>>),
    /// The worker could not be set up.
    NoWorker(RunError),
}

/// Several workers, and what they run.
pub(super) struct Crew<'a, 'e> {
    /// How many notebooks run at once.
    pub(super) jobs: usize,
    pub(super) targets: &'a [Target],
    /// Sets up a worker by its number.
    pub(super) start: &'a Start<'e>,
    /// Has a worker run a notebook.
    pub(super) one: &'a OneNotebook<'a>,
}

/// Sets up a worker by its number.
pub(super) type Start<'e> = dyn Fn(usize) -> Result<Box<dyn Worker + 'e>, RunError> + Sync + 'e;

impl Crew<'_, '_> {
    /// Runs all notebooks. Events go to `emit`, and the outcome of each notebook to `done`, both on this
    /// thread.
    ///
    /// The first error ends the run: notebooks that are running go on to their end, others are not begun. A
    /// notebook can end the run, too. Then the notebooks that were not begun are returned.
    pub(super) fn run(
        &self,
        emit: Emit<'_>,
        slow: &mut SlowCells,
        done: &mut dyn FnMut(&Target, Outcome) -> Result<(), RunError>,
    ) -> Result<Vec<Target>, RunError> {
        let queue = Mutex::new(Queue { ahead: in_turn(self.targets, self.jobs), not_begun: Vec::new() });
        std::thread::scope(|scope| {
            let (sender, messages) = sync_channel(WAITING);
            for number in 0..self.jobs {
                let (sender, queue) = (sender.clone(), &queue);
                scope.spawn(move || self.work(number, queue, &sender));
            }
            drop(sender);
            loop {
                let result = match messages.recv_timeout(TICK) {
                    Ok(Message::Event(event)) => {
                        slow.hear(&event);
                        emit(event).map_err(RunError::Report)
                    }
                    Ok(Message::Ended(target, result)) => result.and_then(|outcome| done(target, outcome)),
                    Ok(Message::NoWorker(error)) => Err(error),
                    Err(RecvTimeoutError::Timeout) => Ok(()),
                    Err(RecvTimeoutError::Disconnected) => {
                        let not_begun = std::mem::take(&mut lock(&queue).not_begun);
                        return Ok(not_begun.into_iter().cloned().collect());
                    }
                };
                let result = result.and_then(|()| slow.announce().into_iter().try_for_each(&mut *emit).map_err(RunError::Report));
                // Leaving drops the receiver, so that no worker blocks on a full channel.
                if let Err(error) = result {
                    lock(&queue).ahead.clear();
                    return Err(error);
                }
            }
        })
    }

    /// One worker: runs notebooks until there are no more.
    fn work<'n>(&self, number: usize, queue: &Mutex<Queue<'n>>, messages: &SyncSender<Message<'n>>) {
        let mut worker = match (self.start)(number) {
            Ok(worker) => worker,
            Err(error) => return drop(messages.send(Message::NoWorker(error))),
        };
        loop {
            let Some(target) = lock(queue).ahead.pop_front() else { return };
            let emit: Emit<'_> =
                &mut |event| messages.send(Message::Event(event)).map_err(|_| io::Error::other("the run has ended"));
            let run = catch_unwind(AssertUnwindSafe(|| self.one.run(&mut *worker, target, emit)));
            let result = run.unwrap_or_else(|panic| {
                // Nobody knows what state the worker is in. The notebook is reported, and the next one gets
                // another.
                worker = (self.start)(number)?;
                let message = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
                self.one.broke(target, message.unwrap_or("a panic without a message").to_owned(), emit)
            });
            if self.one.ends_run(&result) {
                let mut queue = lock(queue);
                let ahead = std::mem::take(&mut queue.ahead);
                queue.not_begun.extend(ahead);
            }
            if messages.send(Message::Ended(target, Box::new(result))).is_err() {
                return;
            }
        }
    }
}

/// The order to begin notebooks in: where several run at once those with most cells come first, so that none
/// of them is left for the end.
fn in_turn(notebooks: &[Target], jobs: usize) -> VecDeque<&Target> {
    let mut order: Vec<&Target> = notebooks.iter().collect();
    if jobs > 1 {
        order.sort_by_key(|notebook| std::cmp::Reverse(notebook.cells().len()));
    }
    order.into()
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // The queue is only popped and emptied, which leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
