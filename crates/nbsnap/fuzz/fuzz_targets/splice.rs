//! Any notebook that is read is written as it was, and after a change it is a notebook with that change: no
//! panic, nothing lost.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use nbsnap::document::{Clear, Document, set, set_source};
use nbsnap::record::CellRecord;

fuzz_target!(|input: &str| {
    // Parts are divided by zeros.
    let mut parts = input.split('\0');
    let mut part = || parts.next().unwrap_or_default().to_owned();
    let (text, at, words) = (part(), part(), part());
    let path = Path::new("a.ipynb");
    let Ok(document) = Document::parse(path, text.clone()) else { return };
    assert_eq!(document.text(), text);
    let cells = document.cells().count();
    let at = at.bytes().next().map_or(0, usize::from);
    let mut changed = document.clone();
    match at % 6 {
        0 => changed.clear(Clear { metadata: at & 64 != 0, injected: at & 128 != 0 }),
        1 => changed.insert_cell(at % (cells + 1), serde_json::json!({ "cell_type": "raw", "source": words }).as_object().cloned().unwrap_or_default()),
        2 if cells > 0 => changed.remove_cell(at % cells),
        3 => drop(changed.metadata_mut().insert(words, at.into())),
        4 => {
            let record = CellRecord { stdout: words, ..CellRecord::default() };
            changed.set_records(&vec![Some(record); cells]);
        }
        _ => {
            for cell in changed.cells_mut() {
                set_source(cell, &words);
                set(cell, "execution_count", at.into());
            }
        }
    }
    let written = changed.text();
    let again = Document::parse(path, written.clone()).unwrap_or_else(|error| panic!("{error}\n{text}\n{written}"));
    assert!(again.cells().eq(changed.cells()) && again.metadata() == changed.metadata(), "{text}\n{written}");
    assert_eq!(again.text(), written);
});
