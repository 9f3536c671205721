//! The threads that work, and their queue.
//!
//! [`Workers`] do as many works at once as the machine has cores, but at most two. So memory stays bounded
//! however many jobs there are. They do not know what a work does.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use tokio::sync::watch;

use super::outcome::Outcome;

/// Works that are carried out at once, at most.
const MOST: usize = 2;

/// How nice the threads are: they get a third of what others get, and still get on where the machine is busy.
#[cfg(target_os = "linux")]
const NICE: i32 = 5;

/// What a work ends with, or why it failed.
type Ended = Option<Arc<Result<Outcome, String>>>;

/// A work that has been given out; clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Work {
    ended: Arc<watch::Sender<Ended>>,
    cancelled: Arc<AtomicBool>,
}

/// Says whether a work was cancelled, and whether there are others.
#[derive(Debug, Clone)]
pub(crate) struct Cancelled {
    is_cancelled: Arc<AtomicBool>,
    /// Works that are not done.
    pending: Arc<AtomicUsize>,
}

impl Cancelled {
    /// `Err` where it is time to stop.
    pub(crate) fn check(&self) -> Result<(), String> {
        if self.is_cancelled.load(Ordering::Relaxed) { Err("cancelled".to_owned()) } else { Ok(()) }
    }

    /// Whether no other work is at hand: then this one may have more than its own thread.
    pub(crate) fn is_alone(&self) -> bool {
        self.pending.load(Ordering::Relaxed) <= 1
    }
}

impl Work {
    /// The result, if it has ended.
    pub(crate) fn ended(&self) -> Option<Arc<Result<Outcome, String>>> {
        self.ended.borrow().clone()
    }

    /// Waits for its end.
    pub(crate) async fn wait(&self) {
        // The sender lives as long as `self` does.
        let _ = self.ended.subscribe().wait_for(Option::is_some).await;
    }

    /// Cancels the work.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

type Task = Box<dyn FnOnce() + Send>;

/// Threads that work. When this is dropped, they end after their current work is done or cancelled.
pub(crate) struct Workers {
    tasks: Sender<Task>,
    cancelled: Arc<AtomicBool>,
    waiting: Arc<Mutex<Receiver<Task>>>,
    pending: Arc<AtomicUsize>,
    threads: usize,
}

impl fmt::Debug for Workers {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Workers").field("threads", &self.threads).finish_non_exhaustive()
    }
}

impl Workers {
    /// Workers without a thread. The first works start them.
    pub(crate) fn new() -> Self {
        let (tasks, waiting) = channel();
        Self { tasks, cancelled: Arc::default(), waiting: Arc::new(Mutex::new(waiting)), pending: Arc::default(), threads: 0 }
    }

    /// Gives out a work.
    pub(crate) fn start(&mut self, task: impl FnOnce(&Cancelled) -> Result<Outcome, String> + Send + 'static) -> Work {
        let work = Work { ended: Arc::new(watch::Sender::new(None)), cancelled: Arc::default() };
        let (mine, all) = (work.clone(), Arc::clone(&self.cancelled));
        let cancelled = Cancelled { is_cancelled: Arc::clone(&work.cancelled), pending: Arc::clone(&self.pending) };
        self.pending.fetch_add(1, Ordering::Relaxed);
        let run = move || {
            let outcome = if all.load(Ordering::Relaxed) { Err("cancelled".to_owned()) } else { task(&cancelled) };
            cancelled.pending.fetch_sub(1, Ordering::Relaxed);
            mine.ended.send_replace(Some(Arc::new(outcome)));
        };
        let cores = thread::available_parallelism().map_or(1, usize::from);
        if self.threads < cores.min(MOST) {
            let waiting = Arc::clone(&self.waiting);
            let spawned = thread::Builder::new().name("testbed-work".to_owned()).spawn(move || serve(&waiting));
            self.threads += usize::from(spawned.is_ok());
        }
        if self.threads == 0 {
            work.ended.send_replace(Some(Arc::new(Err("The system gives the testbed no thread to work on.".to_owned()))));
        } else {
            // A thread listens as long as this is not dropped.
            let _ = self.tasks.send(Box::new(run));
        }
        work
    }
}

impl Drop for Workers {
    fn drop(&mut self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }
}

/// Works until the queue is closed.
fn serve(waiting: &Mutex<Receiver<Task>>) {
    give_way();
    loop {
        let task = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(task) = task else { return };
        task();
    }
}

/// Has this thread, and what it starts, leave the processor to threads that answer. Only on Linux has a
/// thread a priority of its own.
fn give_way() {
    #[cfg(target_os = "linux")]
    {
        // Where the system does not let it, answers are slower while something is computed.
        let _ = rustix::process::setpriority_process(None, NICE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn works_end_and_can_be_waited_for() {
        let mut workers = Workers::new();
        let works: Vec<Work> = (0..5).map(|_| workers.start(|_| Ok(Outcome::default()))).collect();
        for work in works {
            work.wait().await;
            assert!(work.ended().unwrap().is_ok());
        }
    }

    #[tokio::test]
    async fn a_work_that_nobody_wants_is_told() {
        let (started, wait) = channel();
        let work = Workers::new().start(move |cancelled| {
            wait.recv().map_err(|error| error.to_string())?;
            cancelled.check()?;
            Ok(Outcome::default())
        });
        work.cancel();
        let _ = started.send(());
        work.wait().await;
        assert!(work.ended().unwrap().is_err());
    }
}
