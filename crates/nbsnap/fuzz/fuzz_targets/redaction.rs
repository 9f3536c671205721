//! Whatever a text is, a secret that is known is not in it afterwards, and hiding what is hidden changes
//! nothing.

#![no_main]

use std::cell::RefCell;
use std::path::Path;

use libfuzzer_sys::fuzz_target;
use nbsnap::redact::Redactor;

/// Hidden it is, in whatever spelling; a plain one can be looked for.
const SECRET: &str = "hunter2-correct-horse";

thread_local! {
    /// One for all inputs: a regular expression takes its time for the first text that it sees.
    static REDACTOR: RefCell<Redactor> = {
        let mut rules = Redactor::builder();
        rules.secret(SECRET).home(Path::new("/root")).path(Path::new("/work"), "[ROOT]");
        RefCell::new(rules.build().expect("built-in rules"))
    };
}

fuzz_target!(|input: &str| {
    // Parts are divided by zeros.
    let mut parts = input.split('\0');
    let mut part = || parts.next().unwrap_or_default().to_owned();
    let (before, after) = (part(), part());
    let text = format!("{before}{SECRET}{after}");
    REDACTOR.with_borrow_mut(|redactor| {
        let hidden = redactor.text(&text);
        assert!(!hidden.contains(SECRET), "{text:?}\n{hidden:?}");
        let source = redactor.without_secrets(&text);
        assert!(!source.contains(SECRET), "{text:?}\n{source:?}");
    });
    let once = text_secrets::hide_tokens(&text, "***").text;
    let twice = text_secrets::hide_tokens(&once, "***").text;
    assert_eq!(once, twice, "{text:?}");
});
