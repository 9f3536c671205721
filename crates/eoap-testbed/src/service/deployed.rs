//! What a package becomes when it is deployed.
//!
//! [`deployed`] gives it the timeline and results of the scenario's folder of its name. Without such a folder
//! it runs, and fails in the end with a message that says what to add: this crate runs no package. How a
//! package is read is not known here.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::scenario::{Failure, Fixtures, Package, Process, Status};

/// The process of this description and package.
pub(crate) fn deployed(fixtures: &Fixtures, id: &str, description: Value, package: Package) -> Process {
    let known = fixtures.processes.iter().find(|process| process.id == id);
    let process = known.map_or_else(|| unknown(fixtures, id), |process| Process::clone(process));
    Process { description, package: Some(package), ..process }
}

fn unknown(fixtures: &Fixtures, id: &str) -> Process {
    let created = DateTime::<Utc>::from(fixtures.s3.modified);
    let status = |seconds: i64, status: &str, progress: Option<u32>, message: &str| Status {
        status: status.to_owned(),
        progress: progress.map(Value::from),
        message: message.to_owned(),
        updated: created + TimeDelta::seconds(seconds),
        finished: None,
        after: None,
    };
    let timeline = vec![
        status(1, "running", Some(3), "Pre-execution hook"),
        status(8, "running", Some(15), "processing environment created, preparing execution"),
        status(17, "running", Some(23), "execution submitted"),
        status(60, "failed", None, ""),
    ];
    let message = format!(
        "The testbed runs no packages, and scenario {} has no results for {id}: add a folder processes/{id} with process.toml and \
         results.json.",
        fixtures.name
    );
    let failure = Failure { after: timeline.len() - 1, message, ..Failure::default() };
    Process {
        id: id.to_owned(),
        description: Value::Null,
        package: None,
        cases: Vec::new(),
        logs: json!([]),
        log_texts: Vec::new(),
        job: job_id(id),
        fixtures_of: job_id(id),
        kind: "process".to_owned(),
        created,
        accepted: "ZOO-Kernel accepted to run your service!".to_owned(),
        unknown_for: 0,
        timeline,
        select: None,
        failures: vec![failure],
        run: None,
    }
}

/// A UUID that depends on the process alone (FNV-1a of its id), so that runs can be told apart and yet be
/// repeated.
fn job_id(process: &str) -> String {
    let hash =
        process.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let (high, low) = (hash >> 32, hash & 0xffff_ffff);
    format!("{high:08x}-7dcb-11f0-{:04x}-{:012x}", 0x8000 | (low >> 18), hash & 0xffff_ffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_jobs_are_uuids_of_their_process() {
        let id = job_id("my-process");
        assert_eq!(id.split('-').map(str::len).collect::<Vec<_>>(), [8, 4, 4, 4, 12]);
        assert_eq!(id, job_id("my-process"));
        assert_ne!(id.split_once('-').unwrap().1, job_id("my-other").split_once('-').unwrap().1);
    }
}
