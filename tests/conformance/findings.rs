//! The findings of an abstract test about a server.
//!
//! [`Findings`] collects departures from the standard and goes on. [`Stop`] says why a test cannot go on.
//! `suite` decides what becomes of them.

use crate::http::Reply;

/// Why a test ends before its last step.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The server has nothing that the test could be made on.
    NotApplicable(String),
    /// The server cannot be reached, or answers what no later step can be built on.
    Broken(Finding),
}

/// The result of a step of a test.
pub(crate) type Step<T = ()> = Result<T, Stop>;

/// The steps of one abstract test.
pub(crate) type Check = fn(&crate::server::Server, &mut Findings) -> Step;

/// Something that is not as the standard has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Finding {
    /// The request.
    pub(crate) at: String,
    /// What is wrong with the answer. The text is the same for every server with the same fault.
    pub(crate) problem: String,
}

/// The findings of one run of an abstract test, and the number of checks.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) all: Vec<Finding>,
    /// The number of checked conditions: a test without one has shown nothing.
    pub(crate) conditions: usize,
}

impl Findings {
    /// One condition of the standard, and what to say if it is not met.
    pub(crate) fn expect(&mut self, met: bool, at: &str, problem: impl FnOnce() -> String) -> bool {
        self.conditions += 1;
        if !met {
            self.add(at, problem());
        }
        met
    }

    fn add(&mut self, at: &str, problem: String) {
        let finding = Finding { at: at.to_owned(), problem };
        if !self.all.contains(&finding) {
            self.all.push(finding);
        }
    }

    /// The answer has this status.
    pub(crate) fn status(&mut self, reply: &Reply, wanted: u16) -> bool {
        self.status_in(reply, &[wanted])
    }

    /// The answer has one of these statuses.
    pub(crate) fn status_in(&mut self, reply: &Reply, wanted: &[u16]) -> bool {
        let names: Vec<String> = wanted.iter().map(u16::to_string).collect();
        self.expect(wanted.contains(&reply.status), &reply.to, || {
            format!("status {}, the standard has {}{}", reply.status, names.join(" or "), titled(reply))
        })
    }

    /// The answer has this media type, whatever its parameters, and one only.
    pub(crate) fn media_type(&mut self, reply: &Reply, wanted: &str) {
        let count = reply.all("content-type").len();
        self.expect(count == 1, &reply.to, || format!("{count} Content-Type headers, there has to be one (RFC 9110, 8.3)"));
        let found = reply.media_type();
        self.expect(found == wanted, &reply.to, || format!("media type {found:?}, the standard has {wanted:?}"));
    }

    /// The conditions of a part of a test, met or not.
    pub(crate) fn extend(&mut self, at: &str, problems: Vec<String>) {
        self.conditions += 1;
        for problem in problems {
            self.add(at, problem);
        }
    }
}

/// What a refusal calls itself, for a message.
fn titled(reply: &Reply) -> String {
    let document = reply.json().unwrap_or_default();
    match document["title"].as_str().filter(|_| reply.status >= 400) {
        Some(title) => format!(" ({title})"),
        None => String::new(),
    }
}

/// The end of a test that nothing can be made on.
pub(crate) fn not_applicable<T>(why: impl Into<String>) -> Step<T> {
    Err(Stop::NotApplicable(why.into()))
}

/// The end of a test that cannot go on.
pub(crate) fn broken<T>(at: &str, problem: impl Into<String>) -> Step<T> {
    Err(Stop::Broken(Finding { at: at.to_owned(), problem: problem.into() }))
}
