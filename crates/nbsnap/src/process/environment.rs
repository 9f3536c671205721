//! Which of the machine's variables reach the processes that run notebooks: what programs need to be found and to start, and nothing
//! that would make one machine's verdict another's.

use std::collections::BTreeMap;

/// Plain variables of the machine that every notebook's process gets.
pub const PLAIN: &[&str] = &["PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"];

/// The variables that every notebook's process gets: the plain ones of the machine, and the same language and time zone everywhere.
pub fn plain() -> BTreeMap<String, String> {
    let of_machine = PLAIN.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)));
    let same_everywhere = [("LANG", "C.UTF-8"), ("TZ", "UTC")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    of_machine.chain(same_everywhere).collect()
}

/// Variables of this process that would change how Cargo, rustc or evcxr work: the machine's settings must not change a verdict.
///
/// `cargo run` itself sets many of them, which would make Cargo build everything a second time.
pub fn foreign_to_cargo() -> Vec<String> {
    std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| {
            let is_kept = ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"].contains(&name.as_str())
                || name.starts_with("CARGO_HTTP_")
                || name.starts_with("CARGO_NET_")
                || name.starts_with("CARGO_REGISTR");
            let is_foreign = ["CARGO", "RUST", "EVCXR", "LD_LIBRARY_PATH"].iter().any(|beginning| name.starts_with(beginning));
            is_foreign && !is_kept
        })
        .collect()
}
