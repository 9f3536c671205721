//! Whatever a text is, a secret that is known is not in it afterwards, and hiding what is hidden changes nothing.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nbsnap::redact::Redactor;

/// Hidden it is, in whatever spelling; a plain one can be looked for.
const SECRET: &str = "hunter2-correct-horse";

fuzz_target!(|input: &str| {
    // Parts are divided by zeros.
    let mut parts = input.split('\0');
    let mut part = || parts.next().unwrap_or_default().to_owned();
    let (before, after) = (part(), part());
    let text = format!("{before}{SECRET}{after}");
    let mut rules = Redactor::builder();
    rules.secret(SECRET).home(std::path::Path::new("/root")).path(std::path::Path::new("/work"), "[ROOT]");
    let mut redactor = rules.build().expect("built-in rules");
    let hidden = redactor.text(&text);
    assert!(!hidden.contains(SECRET), "{text:?}\n{hidden:?}");
    let source = redactor.without_secrets(&text);
    assert!(!source.contains(SECRET), "{text:?}\n{source:?}");
    let once = secrets::hide_tokens(&text, "***").text;
    let twice = secrets::hide_tokens(&once, "***").text;
    assert_eq!(once, twice, "{text:?}");
});
