//! Cells that await: a future that can be cancelled at its await points, and a plain way to drive one.
//!
//! Where a notebook depends on tokio its own reactor drives the future; [`block_on`] serves notebooks without it.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker};
use std::thread::Thread;

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

/// Forgets a wish to cancel the cell before.
pub(super) fn begin() {
    CANCELLED.store(false, Ordering::SeqCst);
}

/// What a cell's future comes to.
pub enum Completion<T> {
    /// It is done.
    Done(T),
    /// It was cancelled, and has been dropped.
    Cancelled,
}

/// A cell's future, which ends when the cell is cancelled.
pub struct Cancellable<F>(Pin<Box<F>>);

impl<F: Future> Cancellable<F> {
    /// Makes a future cancellable.
    pub fn new(future: F) -> Cancellable<F> {
        Cancellable(Box::pin(future))
    }
}

impl<F: Future> Future for Cancellable<F> {
    type Output = Completion<F::Output>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        *WAKER.lock().unwrap_or_else(PoisonError::into_inner) = Some(context.waker().clone());
        if CANCELLED.load(Ordering::SeqCst) {
            return Poll::Ready(Completion::Cancelled);
        }
        self.0.as_mut().poll(context).map(Completion::Done)
    }
}

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

/// Drives a future to its end on this thread.
pub fn block_on<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let waker = Waker::from(Arc::new(Unpark(std::thread::current())));
    let mut context = Context::from_waker(&waker);
    loop {
        if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
            return output;
        }
        std::thread::park();
    }
}
