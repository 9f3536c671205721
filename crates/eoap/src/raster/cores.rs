//! Computes on all cores, where there is nothing to wait for.

use std::{
    num::NonZero,
    sync::{Mutex, PoisonError},
    thread,
};

/// The result of each job, in their order. A core that is done with one takes the next.
pub(super) fn on_all_cores<J: Send, T: Send>(jobs: Vec<J>, work: impl Fn(J) -> T + Sync) -> Vec<T> {
    let workers = thread::available_parallelism().map_or(1, NonZero::get).min(jobs.len());
    if workers < 2 {
        return jobs.into_iter().map(work).collect();
    }
    let count = jobs.len();
    let jobs = Mutex::new(jobs.into_iter().enumerate());
    let next = || jobs.lock().unwrap_or_else(PoisonError::into_inner).next();
    let run = || std::iter::from_fn(next).map(|(number, job)| (number, work(job))).collect::<Vec<_>>();
    let mut results: Vec<Option<T>> = (0..count).map(|_| None).collect();
    thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(run)).collect();
        let own = run();
        let others = others.into_iter().flat_map(|worker| worker.join().expect("computing does not panic"));
        own.into_iter().chain(others).for_each(|(number, result)| results[number] = Some(result));
    });
    results.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_the_order_of_jobs() {
        for count in [0, 1, 2, 1000] {
            let squares: Vec<u64> = (0..count).map(|number| number * number).collect();
            assert_eq!(on_all_cores((0..count).collect(), |number: u64| number * number), squares);
        }
    }
}
