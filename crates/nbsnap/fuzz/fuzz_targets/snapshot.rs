//! Any text is the body of a snapshot or an error; what is read is written as it was read; and what a cell
//! produced comes back.

#![no_main]

use std::collections::BTreeMap;

use libfuzzer_sys::fuzz_target;
use nbsnap::record::CellRecord;
use nbsnap::snapshot::Body;

fuzz_target!(|input: &str| {
    // Parts are divided by zeros.
    let mut parts = input.split('\0');
    let mut part = || parts.next().unwrap_or_default().to_owned();
    let (text, stdout, mime, shown) = (part(), part(), part(), part());
    if let Ok(body) = Body::parse(&text) {
        let again = Body::parse(&body.to_string());
        assert!(again.as_ref().is_ok_and(|again| *again == body), "{text:?}\n{body:?}\n{again:?}");
    }
    let record = CellRecord { stdout, stderr: text, outputs: BTreeMap::from([(mime, shown)]), ..CellRecord::default() };
    let (body, _) = Body::render("a", &record);
    let written = body.to_string();
    let again = Body::parse(&written);
    assert!(again.as_ref().is_ok_and(|again| *again == body), "{record:?}\n{written}\n{again:?}");
});
