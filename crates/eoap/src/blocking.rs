//! For programs that are not asynchronous: [`run`] waits for any future of this library.
//!
//! ```no_run
//! use eoap::{Client, Execution, blocking};
//!
//! fn main() -> Result<(), eoap::Error> {
//!     let client = Client::new("http://zoo-project-dru-service/acme/ogc-api")?;
//!     let job = blocking::run(client.execute("water-bodies", Execution::new().input("bands", ["green", "nir08"])))?;
//!     let status = blocking::run(job.wait())?;
//!     println!("{status}");
//!     println!("{}", blocking::run(job.results())?);
//!     Ok(())
//! }
//! ```

use std::{future::IntoFuture, panic::resume_unwind, sync::OnceLock, thread};

use tokio::runtime::{Handle, Runtime};

/// Runs a future to its end, and returns its result.
///
/// It may be called anywhere. In an asynchronous task it blocks the thread of that task; `.await` would not.
///
/// # Panics
///
/// If no thread can be started for the first future of all.
pub fn run<F>(future: F) -> F::Output
where
    F: IntoFuture<Output: Send, IntoFuture: Send>,
{
    let future = future.into_future();
    if Handle::try_current().is_err() {
        return runtime().block_on(future);
    }
    // A thread that a runtime works on cannot wait for another.
    let outcome = thread::scope(|scope| scope.spawn(|| runtime().block_on(future)).join());
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

/// One runtime for all: connections that are kept belong to it.
fn runtime() -> &'static Runtime {
    static RUNTIME: OnceLock<Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| Runtime::new().expect("the system has threads for a runtime"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Raster;

    #[test]
    fn futures_are_run_outside_and_inside_of_tasks() {
        let nothing = || run(Raster::open_bytes(vec![0; 8])).expect_err("no raster").to_string();
        let outside = nothing();
        let inside = run(async move { nothing() });
        assert_eq!(outside, inside);
        assert_eq!(run(async { 17 }), 17);
    }
}
