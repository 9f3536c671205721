//! Several engines, one meaning: what `fused` makes of a notebook is what evcxr makes of it, cell by cell, and so is what evcxr's kernel does.
//!
//! Each file in `corpus/` is a notebook about one feature of notebooks, in percent format. It is run by both engines through the library, and
//! the records must be equal. Where `fused` declines it says why before it runs anything; `exceptions.toml` names those notebooks, and the few
//! where the engines do differ, and both lists are checked. `random.rs` makes notebooks up.
//!
//! `cargo test` runs a sample of this. The variable `NBSNAP_ENGINES=full` runs all of it (`just engines`); a name runs what it matches. With
//! `NBSNAP_ENGINES=kernel` the corpus is run by evcxr's kernel in place of `fused` (`just jupyter-engines`); where that differs stands in `kernel.toml`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::print_stdout, reason = "the table is what the suite is for")]

mod corpus;
mod engines;
mod exceptions;
mod random;
mod table;

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use libtest_mimic::{Arguments, Failed, Trial};

use crate::engines::{Comparison, Engines, Other};
use crate::exceptions::Exceptions;
use crate::table::Table;

/// In a run that is not full, one notebook of this many.
const SAMPLE: usize = 12;

fn main() -> ExitCode {
    // The engine starts this very program again for its own processes.
    if let Some(code) = nbsnap::run_role() {
        return code;
    }
    let mut arguments = Arguments::from_args();
    // One build folder, one evcxr.
    arguments.test_threads = Some(1);
    let mode = std::env::var("NBSNAP_ENGINES").unwrap_or_default();
    let full = mode == "full" || mode == "kernel";
    let other = if mode == "kernel" { Other::Kernel } else { Other::Fused };
    let named = arguments.filter.is_some();
    let notebooks = corpus::read();
    let exceptions = Arc::new(Exceptions::read(other));
    let engines = Arc::new(Mutex::new(Engines::new(&notebooks, other)));
    let table = Arc::new(Mutex::new(Table::default()));

    let names: Vec<String> = notebooks.iter().map(|notebook| notebook.name.clone()).collect();
    let mut trials = vec![Trial::test("every_exception_is_about_a_notebook_of_the_corpus", {
        let exceptions = exceptions.clone();
        move || exceptions.check_names(&names).map_err(Failed::from)
    })];
    for (index, notebook) in notebooks.into_iter().enumerate() {
        let (engines, exceptions, table) = (engines.clone(), exceptions.clone(), table.clone());
        let trial = Trial::test(format!("corpus::{}", notebook.name), move || {
            let comparison = engines.lock().map_err(|_| "an earlier test broke the engines")?.compare(&notebook);
            table.lock().unwrap().add(&notebook, &comparison, &exceptions);
            exceptions.judge(&notebook.name, &comparison).map_err(Failed::from)
        });
        trials.push(trial.with_ignored_flag(!full && !named && index % SAMPLE != 0));
    }
    // What is made up is made for `fused`.
    let made_up = Trial::test("random::made_up_notebooks", {
        let (engines, table) = (engines.clone(), table.clone());
        move || {
            let mut engines = engines.lock().map_err(|_| "an earlier test broke the engines")?;
            random::check(&mut engines, full, &table)
        }
    });
    trials.push(made_up.with_ignored_flag(other == Other::Kernel));
    let conclusion = libtest_mimic::run(&arguments, trials);
    table.lock().unwrap().print();
    conclusion.exit_code()
}

/// Whether the engines said the same, in words.
fn verdict(comparison: &Comparison) -> Result<(), String> {
    match comparison {
        Comparison::Equal { .. } => Ok(()),
        Comparison::Declined { reason } => Err(format!("fused declines: {reason}")),
        Comparison::Different { differences, .. } => Err(differences.join("\n")),
    }
}
