//! Computes on all cores, where there is nothing to wait for.

use std::{num::NonZero, thread};

/// The result of each job, in their order.
pub(super) fn on_all_cores<J: Sync, T: Send>(jobs: &[J], work: impl Fn(&J) -> T + Sync) -> Vec<T> {
    let workers = thread::available_parallelism().map_or(1, NonZero::get);
    if jobs.len() < 2 || workers == 1 {
        return jobs.iter().map(work).collect();
    }
    let work = &work;
    thread::scope(|scope| {
        let parts = jobs.chunks(jobs.len().div_ceil(workers));
        let workers: Vec<_> = parts.map(|jobs| scope.spawn(move || jobs.iter().map(work).collect::<Vec<_>>())).collect();
        workers.into_iter().flat_map(|worker| worker.join().expect("computing does not panic")).collect()
    })
}
