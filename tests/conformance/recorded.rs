//! What is recorded of the real ZOO-Project-DRU (2.1.1-dev) as not being as the standard has it.
//!
//! A finding that is word for word one of these is a deviation; any other is a failure. Nothing here is tested: it is what the
//! findings of the tests are weighed against.

/// The testbed's scenarios that the suite is made on, one after the other.
pub(crate) const SCENARIOS: &[&str] = &["water-bodies"];

/// A finding that the real server is known for.
pub(crate) struct Deviation {
    /// The abstract test that comes to it.
    pub(crate) test: &'static str,
    /// What the test says.
    pub(crate) problem: &'static str,
    /// What the real server does, and where that is seen.
    pub(crate) fact: &'static str,
    /// Whether the testbed does the same.
    pub(crate) imitated: bool,
}

pub(crate) const DEVIATIONS: &[Deviation] = &[];

/// The tests for which the testbed, like the real server, offers nothing to be tested on.
pub(crate) const NOT_APPLICABLE: &[&str] = &["html/definition", "html/content", "docker/deploy-body", "docker/replace-body"];
