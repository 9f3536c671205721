//! Conformance suite for OGC API - Processes, Part 1 (OGC 18-062r2, version 1.0) and Part 2 (draft), over
//! plain HTTP.
//!
//! Every abstract test of the standard has its name here and runs on each of the testbed's scenarios, with a
//! fresh server:
//!
//! ```sh
//! cargo test --test conformance                    # one trial a test
//! cargo test --test conformance -- --table         # the outcome of each, with the reason
//! CONFORMANCE_SERVER=http://localhost:8080/acme/ogc-api just conformance  # the same on a server that runs somewhere
//! ```
//!
//! A test passes, fails, deviates or is not applicable. `recorded.rs` lists where the real ZOO-Project-DRU
//! departs from the standard, finding by finding. Only exactly that is a deviation. The testbed claims to
//! answer as the real server does, so for it a missing deviation is an error. Nothing is shared with the
//! testbed or with any client.
//!
//! A live server is tested with one request after the other. Three variables describe it:
//!
//! - `CONFORMANCE_PROCESSES` has ids, separated by commas. Only these are executed.
//! - `CONFORMANCE_EXAMPLES` is a file like `examples.json`, with inputs that succeed and inputs that fail.
//! - `CONFORMANCE_LISTEN` is an address and port of this machine that the server can reach, for callbacks
//!   and inputs by reference.
//!
//! If the server declares Part 2, processes named `conformance-...` are deployed and removed again. As the
//! abstract tests demand, a removal of processes that claim to be immutable is tried.

mod callback;
mod core;
mod cwl;
mod deploy;
mod description;
mod dismiss;
mod documents;
mod encoding;
mod execute;
mod findings;
mod http;
mod inputs;
mod job_list;
mod jobs;
mod list_filters;
mod listener;
mod multipart;
mod oas;
mod openapi;
mod package;
mod process;
mod recorded;
mod results;
mod schema;
mod self_check;
mod server;
mod suite;
mod sync;
mod table;

use std::collections::BTreeSet;
use std::process::ExitCode;
use std::sync::Arc;
use std::{env, fs};

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

use suite::{Outcome, Target};

/// Every abstract test there is, class by class.
const CHECKLIST: &str = include_str!("checklist.txt");

fn main() -> ExitCode {
    let (table, arguments): (Vec<String>, Vec<String>) = env::args().partition(|argument| argument == "--table");
    let arguments = Arguments::from_iter(arguments);
    let target = match target() {
        Ok(target) => Arc::new(target),
        Err(why) => {
            table::refuse(&why);
            return ExitCode::FAILURE;
        }
    };
    if !table.is_empty() || env::var_os("CONFORMANCE_TABLE").is_some_and(|value| value == "1") {
        return print_table(&target, arguments.filter.as_deref());
    }
    let mut trials = vec![Trial::test("every-abstract-test-appears-once", checklist)];
    trials.extend(self_check::trials());
    for test in suite::all() {
        let target = Arc::clone(&target);
        trials.push(Trial::test(test.name, move || match suite::judge(&test, &target) {
            Outcome::Failed(why) => Err(why.into()),
            _ => Ok(()),
        }));
    }
    let one_at_a_time = matches!(*target, Target::Live { .. }).then_some(1);
    libtest_mimic::run(&Arguments { test_threads: arguments.test_threads.or(one_at_a_time), ..arguments }, trials).exit_code()
}

/// Prints the table instead of trials. The exit code reports whether a test failed.
fn print_table(target: &Target, filter: Option<&str>) -> ExitCode {
    let tests = suite::all().into_iter().filter(|test| filter.is_none_or(|filter| test.name.contains(filter)));
    table::head();
    let mut outcomes = Vec::new();
    for test in tests {
        let outcome = suite::judge(&test, target);
        table::row(&test, &outcome);
        outcomes.push(outcome);
    }
    table::totals(&outcomes);
    match outcomes.iter().any(|outcome| matches!(outcome, Outcome::Failed(_))) {
        true => ExitCode::FAILURE,
        false => ExitCode::SUCCESS,
    }
}

/// What the environment asks for: the testbed, if nothing.
fn target() -> Result<Target, String> {
    let examples = match env::var("CONFORMANCE_EXAMPLES") {
        Ok(path) => fs::read_to_string(&path).map_err(|error| format!("CONFORMANCE_EXAMPLES: {path}: {error}"))?,
        Err(_) => include_str!("examples.json").to_owned(),
    };
    let examples: Value = serde_json::from_str(&examples).map_err(|error| format!("CONFORMANCE_EXAMPLES: {error}"))?;
    let Ok(root) = env::var("CONFORMANCE_SERVER") else { return Target::testbeds(examples) };
    if !root.starts_with("http://") {
        return Err(format!("CONFORMANCE_SERVER: {root:?} has to start with http://"));
    }
    let ids = env::var("CONFORMANCE_PROCESSES").unwrap_or_default();
    let processes = ids.split(',').filter(|id| !id.is_empty()).map(str::to_owned).collect();
    Ok(Target::Live { root, examples, processes, listen: env::var("CONFORMANCE_LISTEN").ok() })
}

/// The names of the standard's abstract tests and the names here are the same, each once.
fn checklist() -> Result<(), Failed> {
    let wanted: Vec<&str> = CHECKLIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
    let tests = suite::all();
    let here: BTreeSet<&str> = tests.iter().map(|test| test.name).collect();
    if here.len() != tests.len() {
        return Err("a name appears twice".into());
    }
    let missing: Vec<_> = wanted.iter().filter(|name| !here.contains(*name)).collect();
    let unknown: Vec<_> = here.iter().filter(|name| !wanted.contains(name)).collect();
    let records = recorded::DEVIATIONS.iter().map(|record| record.test).chain(recorded::NOT_APPLICABLE.iter().copied());
    let stale: Vec<_> = records.filter(|name| !here.contains(name)).collect();
    match missing.is_empty() && unknown.is_empty() && stale.is_empty() {
        true => Ok(()),
        false => Err(format!("missing: {missing:?}\nnot on the list: {unknown:?}\nrecorded, but no test: {stale:?}").into()),
    }
}
