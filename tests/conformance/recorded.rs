//! Where the real ZOO-Project-DRU (2.1.1-dev) departs from the standard, as recorded.
//!
//! A finding with exactly one of these texts is a deviation. Any other is a failure. Nothing is tested here:
//! the suite compares the tests' findings with this list.

use crate::findings::Finding;

/// The testbed's scenarios that the suite is made on, one after the other.
pub(crate) const SCENARIOS: &[&str] = &["water-bodies", "literal"];

/// A finding that a server is known for.
pub(crate) struct Deviation {
    /// The abstract test with this finding.
    pub(crate) test: &'static str,
    /// A part of the request, as the finding names it; empty where any will do.
    at: &'static str,
    /// What the test says, word for word.
    pub(crate) problem: &'static str,
    /// What the server does instead.
    pub(crate) fact: &'static str,
    pub(crate) by: By,
}

impl Deviation {
    /// Whether the finding is this one.
    pub(crate) fn is(&self, finding: &Finding) -> bool {
        self.problem == finding.problem && finding.at.contains(self.at)
    }
}

/// Who deviates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum By {
    /// The real server, and the testbed just as it does.
    Both,
    /// The real server; the testbed does as the standard has it.
    RealServer,
    /// The testbed, where the real server does as the standard has it, or is not known.
    Testbed,
}

const fn both(test: &'static str, at: &'static str, problem: &'static str, fact: &'static str) -> Deviation {
    Deviation { test, at, problem, fact, by: By::Both }
}

const fn real(test: &'static str, at: &'static str, problem: &'static str, fact: &'static str) -> Deviation {
    Deviation { test, at, problem, fact, by: By::RealServer }
}

const fn testbed(test: &'static str, at: &'static str, problem: &'static str, fact: &'static str) -> Deviation {
    Deviation { test, at, problem, fact, by: By::Testbed }
}

const TYPES: &str =
    "types of exceptions start with the configured exceptionsUrl, http://www.opengis.net/def/rel/ogc/1.0/exception";

const NO_SUCH_PROCESS: &str = "the type is http://www.opengis.net/def/rel/ogc/1.0/exception/no-such-process, \
     the standard has http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/no-such-process";

const NO_SUCH_JOB: &str = "the type is http://www.opengis.net/def/rel/ogc/1.0/exception/no-such-job, \
     the standard has http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/no-such-job";

const NOT_READY: &str = "the type is http://www.opengis.net/def/rel/ogc/1.0/exception/result-not-ready, \
     the standard has http://www.opengis.net/def/exceptions/ogcapi-processes-1/1.0/result-not-ready";

const BAD_QUERY: &str = "status 500, the standard has 400 (InvalidQueryParameterValue)";

const QUERIES: &str = "InvalidQueryParameterValue has no row in the kernel's table of status codes and falls to 500";

const EMPTY_PAGE: &str = "status 200, the standard has 400";

const LIMITS: &str = "a limit that is no number counts as 0, and 0 is an empty page";

const CHECKED: &str = "a job is there before its inputs are looked at, and the process fails of those that it cannot use";

const RUN_TOGETHER: &str = "a boundary begins right behind the body of the part before, and not on a line of its own";

const LAST_TYPE: &str = "of the two Content-Type headers of a raw value Apache keeps the last, application/json";

const STATUS_LINE: &str = "a part has the header Status (RFC 2046, 5.1: only Content-... mean anything)";

const MULTIPART: &str = "the parts of a text have a stray Status line";

const BY_VALUE: &str = "raw outputs come with status 200 and by value, whatever the transmission mode";

const DOCUMENT: &str = "results of a job are a JSON document, whatever form its request asked for; of the real server that is recorded \
     for requests that ask for a document";

const IS_DOCUMENT: &str = "the body is a document of results, not the output itself";

const NOT_MULTIPART: &str = "media type \"application/json\", the standard has \"multipart/related\"";

const RAW_ONE: &str = "core/process-execute-sync-raw-value-one";

const RAW_MULTI: &str = "core/process-execute-sync-raw-value-multi";

const RAW_MIXED: &str = "core/process-execute-sync-raw-mixed-multi";

pub(crate) const DEVIATIONS: &[Deviation] = &[
    both("core/process-exception-no-such-process", "", NO_SUCH_PROCESS, TYPES),
    both("core/job-exception-no-such-job", "", NO_SUCH_JOB, TYPES),
    both("core/job-results-exception-no-such-job", "", NO_SUCH_JOB, TYPES),
    both("core/job-results-exception-results-not-ready", "", NOT_READY, TYPES),
    both("core/pl-limit-definition", "/processes?limit=", EMPTY_PAGE, LIMITS),
    both("job-list/limit-definition", "/jobs?limit=", EMPTY_PAGE, LIMITS),
    both("job-list/datetime-definition", "/jobs?datetime=", BAD_QUERY, QUERIES),
    both("job-list/duration-definition", "Duration=", BAD_QUERY, QUERIES),
    both(
        "core/process-execute-default-execution-mode",
        "/execution",
        "status 500, the standard has 201 (None)",
        "a deployed process is not run asynchronously unless the request prefers it: 500 with the title None",
    ),
    both(
        "core/process-execute-input-validation",
        "/execution",
        "status 200 with an input of a wrong type, the standard has an exception",
        "input values are not checked against their schemas",
    ),
    both(
        "core/process-execute-input-validation",
        "/execution",
        "status 201 with an input of a wrong type, the standard has an exception",
        CHECKED,
    ),
    both(
        "core/process-execute-input-validation",
        "/execution",
        "status 201 with an input left out, the standard has an exception",
        CHECKED,
    ),
    both(
        "core/process-execute-input-validation",
        "/execution",
        "status 500 with an input of a wrong type, the standard has an exception",
        CHECKED,
    ),
    both(RAW_ONE, "/execution", "media type \"application/json\", the description has text/plain", LAST_TYPE),
    both(RAW_ONE, "/execution", "media type \"application/json\", the description has image/png", LAST_TYPE),
    both(RAW_ONE, "/execution", "the body is no value of the output", LAST_TYPE),
    both(RAW_MULTI, "/execution", STATUS_LINE, MULTIPART),
    both("core/process-execute-sync-raw-ref", "/execution", "status 200, the standard has 204", BY_VALUE),
    both("core/process-execute-sync-raw-ref", "/execution", "not as many Link headers as outputs", BY_VALUE),
    both(RAW_MULTI, "echo/execution", "no part has the Content-ID b", RUN_TOGETHER),
    both(RAW_MULTI, "echo/execution", "no part has the Content-ID c", RUN_TOGETHER),
    both(RAW_MULTI, "greet/execution", "no part has the Content-ID card", RUN_TOGETHER),
    both(RAW_MULTI, "greet/execution", "no part has the Content-ID letter", RUN_TOGETHER),
    both(RAW_MULTI, "greet/execution", "no part has the Content-ID stamp", RUN_TOGETHER),
    both(RAW_MULTI, "/execution", "the body does not end with a closing delimiter", RUN_TOGETHER),
    both(RAW_MIXED, "/execution", STATUS_LINE, MULTIPART),
    both(RAW_MIXED, "echo/execution", "no part has the Content-ID b", RUN_TOGETHER),
    both(RAW_MIXED, "echo/execution", "no part has the Content-ID c", RUN_TOGETHER),
    both(RAW_MIXED, "greet/execution", "no part has the Content-ID card", RUN_TOGETHER),
    both(RAW_MIXED, "greet/execution", "no part has the Content-ID letter", RUN_TOGETHER),
    both(RAW_MIXED, "greet/execution", "no part has the Content-ID stamp", RUN_TOGETHER),
    both(RAW_MIXED, "/execution", "the body does not end with a closing delimiter", RUN_TOGETHER),
    testbed("core/job-results-async-raw-value-one", "/results", IS_DOCUMENT, DOCUMENT),
    testbed("core/job-results-async-raw-value-one", "/results", "the body is no value of the output", DOCUMENT),
    testbed(
        "core/job-results-async-raw-value-one",
        "/results",
        "media type \"application/json\", the description has text/plain",
        DOCUMENT,
    ),
    testbed(
        "core/job-results-async-raw-value-one",
        "/results",
        "media type \"application/json\", the description has image/png",
        DOCUMENT,
    ),
    testbed("core/job-results-async-raw-value-multi", "/results", NOT_MULTIPART, DOCUMENT),
    testbed("core/job-results-async-raw-ref", "/results", "status 200, the standard has 204", DOCUMENT),
    testbed("core/job-results-async-raw-ref", "/results", "not as many Link headers as outputs", DOCUMENT),
    testbed("core/job-results-async-raw-mixed-multi", "/results", NOT_MULTIPART, DOCUMENT),
    real(
        "oas30/completeness",
        "/processes",
        "the definition does not name 415 for POST /processes",
        "the configured definition has 201, 403, 409 and 500 for a deployment",
    ),
    real(
        "oas30/exceptions-codes",
        "/processes",
        "the definition does not name 415 for POST /processes",
        "the configured definition has 201, 403, 409 and 500 for a deployment",
    ),
    both(
        "dru/deploy-response-immutable",
        "/processes",
        "status 409, the standard has 403 (DuplicatedProcess)",
        "the deploy service knows duplicated processes only, immutable or not",
    ),
    both(
        "dru/deploy-response-immutable",
        "/processes",
        "the type is http://www.opengis.net/def/exceptions/ogcapi-processes-2/1.0/duplicated-process, \
         the standard has http://www.opengis.net/def/exceptions/ogcapi-processes-2/1.0/immutable-process",
        "the deploy service knows duplicated processes only, immutable or not",
    ),
];

/// The tests for which the testbed offers nothing to be tested on.
pub(crate) const NOT_APPLICABLE: &[&str] = &[
    // No process of its scenarios has one. Like the real server, it keeps no job of what is executed at once,
    // and declares neither of the two classes.
    "core/job-results-sync",
    "html/definition",
    "html/content",
    "docker/deploy-body",
    "docker/replace-body",
    // It lets everybody in.
    "oas30/security",
];
