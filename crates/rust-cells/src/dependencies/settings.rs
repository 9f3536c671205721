//! How what cells depend on is built, and what a build reports.

/// How what cells depend on is built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuildSettings {
    /// Cargo's `opt-level`.
    pub opt_level: String,
    /// Crates that are always built at opt-level 3.
    pub optimized: Vec<String>,
}

/// What happens while libraries are made.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BuildEvent {
    /// Another process builds in the same folder.
    Waiting,
    /// A build begins.
    Started {
        /// How many crates it has, known ones included.
        crates: usize,
    },
    /// A crate is ready.
    Crate {
        /// How many are.
        done: usize,
        /// How many there are.
        crates: usize,
        /// Which one.
        name: String,
    },
}
