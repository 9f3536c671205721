// Cells that await: what their code finds around it. This file is part of the programs of notebooks that do; it is not compiled here.

use std::cell::RefCell;
use std::future::{Future, pending, poll_fn};
use std::mem::ManuallyDrop;
use std::pin::Pin;
use std::task::Poll;

type Ended = Result<(), EvcxrUserCodeError>;

/// A cell: one type for all of them, as rustc writes what runs a future anew for each type of futures.
pub type Running<'a> = Pin<Box<dyn Future<Output = Ended> + 'a>>;

pub struct Runtime(tokio::runtime::Runtime);

impl Runtime {
    /// The runtime that there is from the first cell that awaits, to the end.
    pub fn new() -> &'static Runtime {
        Box::leak(Box::new(Runtime(tokio::runtime::Runtime::new().unwrap())))
    }

    /// Runs a cell to its end.
    pub fn run(&self, cell: Running<'_>) -> Ended {
        self.0.block_on(cell)
    }

    /// Runs a cell until it hands its variables on. It is never dropped: what it does not hand on lives on in it, as in evcxr.
    pub fn run_until_out<T>(&self, out: &Out<T>, cell: Running<'_>) -> Result<T, EvcxrUserCodeError> {
        let mut cell = ManuallyDrop::new(cell);
        self.run(Box::pin(poll_fn(move |context| match cell.as_mut().poll(context) {
            Poll::Pending if out.0.borrow().is_some() => Poll::Ready(Ok(())),
            ended => ended,
        })))?;
        Ok(out.0.take().expect("a cell that ends well has handed its variables on"))
    }
}

/// Where a cell lays what it hands on.
pub struct Out<T>(RefCell<Option<T>>);

impl<T> Out<T> {
    pub fn new() -> Out<T> {
        Out(RefCell::new(None))
    }

    /// Hands variables on, and stays where it is.
    pub async fn hand_on(&self, variables: T) {
        *self.0.borrow_mut() = Some(variables);
        pending().await
    }
}
