//! Cells that await: a future that can be cancelled at its await points, and a plain way to drive one.
//!
//! Where a notebook depends on tokio, tokio's reactor drives the future. [`block_on`] serves notebooks
//! without it. Neither knows the future's type, so no cell compiles a reactor's loop again.

use std::future::Future;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

use super::outcome::{Ending, Outcome};

static CANCELLED: AtomicBool = AtomicBool::new(false);
static WAKER: Mutex<Option<Waker>> = Mutex::new(None);

/// Makes the awaiting cell end at its await point.
pub(super) fn cancel() {
    CANCELLED.store(true, Ordering::SeqCst);
    let waker = WAKER.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(waker) = waker {
        waker.wake();
    }
}

/// Forgets a request to cancel the cell before.
pub(super) fn begin() {
    CANCELLED.store(false, Ordering::SeqCst);
}

/// How a cell's future ended.
pub struct Awaited(pub(super) Outcome);

/// What drives a future to its end on this thread.
pub type BlockOn = fn(Pin<&mut (dyn Future<Output = ()> + '_)>);

/// Drives a cell's future to its end, or until the cell is cancelled.
pub fn drive<E: Ending>(block_on: BlockOn, future: impl Future<Output = E>) -> Awaited {
    cancellable(block_on, Box::pin(async { future.await.outcome() }))
}

/// The part of [`drive`] that does not depend on the type. Every cell compiles generic code again.
fn cancellable(block_on: BlockOn, future: Pin<Box<dyn Future<Output = Outcome> + '_>>) -> Awaited {
    let mut cancellable = Cancellable { future, outcome: Outcome::Cancelled };
    let pinned: Pin<&mut Cancellable<'_>> = Pin::new(&mut cancellable);
    block_on(pinned);
    Awaited(cancellable.outcome)
}

/// A cell's future, which ends when the cell is cancelled.
struct Cancellable<'a> {
    future: Pin<Box<dyn Future<Output = Outcome> + 'a>>,
    outcome: Outcome,
}

impl Future for Cancellable<'_> {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        *WAKER.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        if CANCELLED.load(Ordering::SeqCst) {
            return Poll::Ready(());
        }
        self.future.as_mut().poll(context).map(|outcome| self.outcome = outcome)
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Drives a future to its end on this thread.
pub fn block_on(mut future: Pin<&mut (dyn Future<Output = ()> + '_)>) {
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if future.as_mut().poll(&mut context).is_ready() {
            return;
        }
        std::thread::park();
    }
}
