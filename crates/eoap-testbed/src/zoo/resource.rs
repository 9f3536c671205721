//! The resources of the API, and the methods that each of them has.
//!
//! [`Resource::of`] reads a path. What a resource answers is not known here.

use http::Method;

/// What a path below the root means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Resource<'a> {
    Landing,
    Conformance,
    Processes,
    Process(&'a str),
    Execution(&'a str),
    Jobs,
    Job(&'a str),
    Results(&'a str),
    Result(&'a str, &'a str),
}

impl<'a> Resource<'a> {
    pub(super) fn of(segments: &[&'a str]) -> Option<Self> {
        Some(match *segments {
            [] => Self::Landing,
            ["conformance"] => Self::Conformance,
            ["processes"] => Self::Processes,
            ["processes", id] => Self::Process(id),
            ["processes", id, "execution"] => Self::Execution(id),
            ["jobs"] => Self::Jobs,
            ["jobs", id] => Self::Job(id),
            ["jobs", id, "results"] => Self::Results(id),
            ["jobs", id, "results", output] => Self::Result(id, output),
            _ => return None,
        })
    }

    /// What can be done with it; HEAD goes wherever GET does.
    pub(super) fn methods(self) -> &'static [Method] {
        match self {
            Self::Execution(_) => &[Method::POST],
            Self::Job(_) => &[Method::GET, Method::DELETE],
            _ => &[Method::GET],
        }
    }
}
