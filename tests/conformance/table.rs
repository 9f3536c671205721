//! The outcomes as a table for a person: class, abstract test, outcome, note, and the totals.
//!
//! The only module that prints. It does not know what an outcome means.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "the table is what it is asked for")]

use crate::suite::{AbstractTest, Outcome};

/// Why there will be no table, and no trial either.
pub(crate) fn refuse(why: &str) {
    eprintln!("{why}");
}

/// What begins the table.
pub(crate) fn head() {
    println!("| class | abstract test | outcome | note |\n|---|---|---|---|");
}

/// One line of the table, printed as soon as it is known: a live server takes its time.
pub(crate) fn row(test: &AbstractTest, outcome: &Outcome) {
    let (word, note) = told(outcome);
    let name = test.name.strip_prefix(test.class()).unwrap_or(test.name).trim_start_matches('/');
    println!("| {} | {name} | {word} | {} |", test.class(), note.replace('\n', "; ").replace('|', "\\|"));
}

/// The number of tests with each outcome.
pub(crate) fn totals(outcomes: &[Outcome]) {
    let count = |wanted: &str| outcomes.iter().filter(|outcome| told(outcome).0 == wanted).count();
    let totals: Vec<String> = WORDS.iter().map(|word| format!("{} {word}", count(word))).collect();
    println!("\n{} abstract tests: {}", outcomes.len(), totals.join(", "));
}

const WORDS: [&str; 4] = ["passed", "deviates", "not applicable", "failed"];

fn told(outcome: &Outcome) -> (&'static str, &str) {
    match outcome {
        Outcome::Passed => (WORDS[0], ""),
        Outcome::Deviates(note) => (WORDS[1], note),
        Outcome::NotApplicable(note) => (WORDS[2], note),
        Outcome::Failed(note) => (WORDS[3], note),
    }
}
