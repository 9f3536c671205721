//! Any text is a cell, and any line after `:dep` asks for a crate or is refused; what is asked for is TOML
//! that Cargo can read.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use rust_cells::cell::Cell;
use rust_cells::dependencies::DependencySet;
use rust_cells::dependencies_of;

fn is_toml(set: &DependencySet) {
    for (name, value) in set.iter() {
        let line = format!("{name} = {value}");
        let table: toml::Table = line.parse().unwrap_or_else(|error| panic!("{line:?}: {error}"));
        assert_eq!(table.len(), 1, "{line:?}");
    }
    let _ = (set.paths().count(), set.crate_names().count());
}

fuzz_target!(|source: &str| {
    let cell = Cell::parse(source);
    assert!(cell.source.is_char_boundary(cell.code_from));
    is_toml(&dependencies_of([source], Path::new("/notebooks")));
    let mut set = DependencySet::default();
    if set.add(source, Path::new("/notebooks")).is_ok() {
        assert!(!set.is_empty());
        is_toml(&set);
    }
});
