//! Which of the machine's variables reach the processes that run notebooks: what programs need to be found
//! and to start, and nothing that would make one machine's verdict another's.

use std::collections::BTreeMap;

pub use rust_cells::foreign_variables as foreign_to_cargo;

/// Plain variables of the machine that every notebook's process gets.
pub const PLAIN: &[&str] = &["PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];

/// The variables that every notebook's process gets: the plain ones of the machine, and the same language and
/// time zone everywhere.
pub fn plain() -> BTreeMap<String, String> {
    let of_machine = PLAIN.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)));
    let same_everywhere = [("LANG", "C.UTF-8"), ("TZ", "UTC")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    of_machine.chain(same_everywhere).collect()
}
