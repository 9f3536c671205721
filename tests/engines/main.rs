//! Several engines, one meaning: every engine produces the same from a notebook as the reference, cell by
//! cell.
//!
//! Each file in `corpus/` is a notebook about one feature of notebooks, in percent format. Both engines run
//! it through the library, and the records must be equal. Known differences are in a file named after the
//! engine that is not the reference, such as `kernel.toml`. A difference that is missing there fails, and so
//! does an entry that no longer differs. `random.rs` generates further notebooks.
//!
//! `cargo test` runs a sample of this. The variable `NBSNAP_ENGINES=full` runs all of it (`just engines`); a
//! name runs what it matches. With `NBSNAP_ENGINES=kernel` evcxr's kernel runs the corpus in place of the
//! usual one (`just jupyter-engines`).

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

use crate::engines::{Comparison, Engines, Pair};
use crate::exceptions::Exceptions;
use crate::table::Table;

/// The engine that is compared with the reference.
const USUAL: &str = "rustc";

/// The engine that decides.
const REFERENCE: &str = "evcxr";

/// In a run that is not full, one notebook of this many.
const SAMPLE: usize = 12;

fn main() -> ExitCode {
    // An engine starts this very program again for its own processes.
    if let Some(code) = nbsnap::run_role() {
        return code;
    }
    let mut arguments = Arguments::from_args();
    // One build folder, one evcxr.
    arguments.test_threads = Some(1);
    let mode = std::env::var("NBSNAP_ENGINES").unwrap_or_default();
    let is_kernel = mode == "kernel";
    let full = mode == "full" || is_kernel;
    let pair = Pair { one: if is_kernel { "kernel" } else { USUAL }.to_owned(), reference: REFERENCE.to_owned() };
    let named = arguments.filter.is_some();
    let notebooks = corpus::read();
    let exceptions = Arc::new(Exceptions::read(&pair));
    let engines = Arc::new(Mutex::new(Engines::new(&notebooks, pair)));
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
    let made_up = Trial::test("random::made_up_notebooks", {
        let (engines, table) = (engines.clone(), table.clone());
        move || {
            let mut engines = engines.lock().map_err(|_| "an earlier test broke the engines")?;
            random::check(&mut engines, full, &table)
        }
    });
    trials.push(made_up.with_ignored_flag(is_kernel));
    let conclusion = libtest_mimic::run(&arguments, trials);
    table.lock().unwrap().print();
    conclusion.exit_code()
}

/// Whether the engines said the same, in words.
fn verdict(comparison: &Comparison) -> Result<(), String> {
    match comparison {
        Comparison::Equal { .. } => Ok(()),
        Comparison::Alone { breakdowns, .. } if breakdowns.is_empty() => Ok(()),
        Comparison::Alone { breakdowns, .. } => Err(breakdowns.join("\n")),
        Comparison::Different { differences, .. } => Err(differences.join("\n")),
    }
}
