//! Which of the machine's variables reach the processes that run notebooks. Programs need some to be found
//! and to start. Others could change a verdict between machines.

use std::collections::BTreeMap;

pub use rust_cells::foreign_variables as foreign_to_cargo;

/// Plain variables of the machine that every notebook's process gets.
pub const PLAIN: &[&str] = &["PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];

/// The variables of every notebook's process: the plain ones of the machine, and a fixed language and time
/// zone.
pub fn plain() -> BTreeMap<String, String> {
    let of_machine = PLAIN.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)));
    let same_everywhere = [("LANG", "C.UTF-8"), ("TZ", "UTC")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    of_machine.chain(same_everywhere).collect()
}
