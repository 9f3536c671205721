//! The abstract tests by name, and their outcomes on a server.
//!
//! [`judge`] runs one test and compares its findings with those recorded of the real server. The steps of
//! the tests are in the modules named after their conformance classes.

use std::path::{Path, PathBuf};

use eoap_testbed::{Scenario, Testbed};
use serde_json::Value;

use crate::findings::{Check, Finding, Findings, Step, Stop};
use crate::recorded::By;
use crate::server::Server;
use crate::{
    callback, core, cwl, deploy, description, dismiss, encoding, execute, inputs, job_list, jobs, list_filters, oas, package,
    recorded, results, sync,
};

/// One abstract test of the standard.
#[derive(Clone, Copy)]
pub(crate) struct AbstractTest {
    /// Conformance class and name, as in `core/http`.
    pub(crate) name: &'static str,
    check: Check,
}

impl AbstractTest {
    /// The conformance class, as the first part of the name has it.
    pub(crate) fn class(&self) -> &'static str {
        self.name.split_once('/').map_or(self.name, |(class, _)| class)
    }

    /// The entry of `conformsTo` without which the test is not applicable, without its scheme.
    fn declaration(&self) -> String {
        let (part, class) = match self.class() {
            "dru" => (2, "deploy-replace-undeploy"),
            class @ ("ogcapppkg" | "cwl" | "docker") => (2, class),
            class => (1, class),
        };
        format!("www.opengis.net/spec/ogcapi-processes-{part}/1.0/conf/{class}")
    }
}

/// Every abstract test, class by class.
pub(crate) fn all() -> Vec<AbstractTest> {
    let modules = [
        core::TESTS,
        execute::TESTS,
        inputs::TESTS,
        sync::TESTS,
        jobs::TESTS,
        results::TESTS,
        description::TESTS,
        encoding::TESTS,
        oas::TESTS,
        job_list::TESTS,
        list_filters::TESTS,
        callback::TESTS,
        dismiss::TESTS,
        deploy::TESTS,
        package::TESTS,
        cwl::TESTS,
    ];
    modules.concat().into_iter().map(|(name, check)| AbstractTest { name, check }).collect()
}

/// The outcome of an abstract test.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    Passed,
    /// Not as the standard has it, but exactly as the real server does it.
    Deviates(String),
    /// Why there is nothing to test.
    NotApplicable(String),
    Failed(String),
}

/// The server for the tests.
pub(crate) enum Target {
    /// Scenarios, each served afresh for every test.
    Testbeds(Vec<Scenario>, Value),
    /// A server that runs somewhere.
    Live { root: String, examples: Value, processes: Vec<String>, listen: Option<String> },
}

impl Target {
    /// The scenarios of the testbed, all of them.
    pub(crate) fn testbeds(examples: Value) -> Result<Self, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("scenarios");
        let wanted = recorded::SCENARIOS.iter().map(|name| folder.join(name)).collect::<Vec<PathBuf>>();
        let load = |folder: &PathBuf| Scenario::load(folder).map_err(|error| error.to_string());
        Ok(Self::Testbeds(wanted.iter().map(load).collect::<Result<_, _>>()?, examples))
    }

    fn is_testbed(&self) -> bool {
        matches!(self, Self::Testbeds(..))
    }

    /// Runs a test on every server of the target.
    fn each<T>(&self, mut run: impl FnMut(&Server) -> T) -> Result<Vec<T>, String> {
        match self {
            Self::Testbeds(scenarios, examples) => {
                let one = |scenario: &Scenario| {
                    let testbed = Testbed::start(scenario).map_err(|error| error.to_string())?;
                    let server = Server::of_testbed(scenario.name(), testbed.ogc_url(), examples.clone());
                    Ok(run(&server.map_err(|error| error.to_string())?))
                };
                scenarios.iter().map(one).collect()
            }
            Self::Live { root, examples, processes, listen } => {
                let server = Server::live(root, examples.clone(), processes.clone(), listen.clone());
                Ok(vec![run(&server.map_err(|error| error.to_string())?)])
            }
        }
    }
}

/// Makes one test on the target.
pub(crate) fn judge(test: &AbstractTest, target: &Target) -> Outcome {
    let runs = target.each(|server| {
        let mut findings = Findings::default();
        let end = declared(test, server).and_then(|()| (test.check)(server, &mut findings));
        (server.name.clone(), end, findings)
    });
    let runs = match runs {
        Ok(runs) => runs,
        Err(error) => return Outcome::Failed(error),
    };
    let mut found = Vec::new();
    let mut reasons = Vec::new();
    let mut completed = false;
    for (name, end, findings) in runs {
        found.extend(findings.all);
        completed |= end.is_ok();
        match end {
            Ok(()) if findings.conditions == 0 => {
                found.push(Finding { at: name, problem: "the test looked at nothing".to_owned() })
            }
            Ok(()) => {}
            Err(Stop::NotApplicable(reason)) => reasons.push(reason),
            Err(Stop::Broken(finding)) => found.push(finding),
        }
    }
    reasons.dedup();
    if found.is_empty() && !completed {
        return not_applicable(test, target, &reasons.join("; "));
    }
    weighed(test, target, &found)
}

/// Whether the server claims the class; `core` is what every server claims by being tested at all.
fn declared(test: &AbstractTest, server: &Server) -> Step {
    let wanted = test.declaration();
    if test.class() == "core" {
        return Ok(());
    }
    let document = server.document("/conformance")?;
    let classes = document["conformsTo"].as_array().into_iter().flatten().filter_map(Value::as_str);
    let mut bare = classes.filter_map(|class| class.split_once("://")).map(|(_, rest)| rest);
    match bare.any(|class| class == wanted) {
        true => Ok(()),
        false => crate::findings::not_applicable(format!("the server does not declare {}", test.class())),
    }
}

/// A testbed is known: there, a test that has nothing to do is a surprise unless it is recorded.
fn not_applicable(test: &AbstractTest, target: &Target, reason: &str) -> Outcome {
    if target.is_testbed() && !recorded::NOT_APPLICABLE.contains(&test.name) {
        return Outcome::Failed(format!("not applicable, which is not recorded: {reason}"));
    }
    Outcome::NotApplicable(reason.to_owned())
}

/// The findings against what is recorded.
fn weighed(test: &AbstractTest, target: &Target, found: &[Finding]) -> Outcome {
    let of_target = if target.is_testbed() { [By::Both, By::Testbed] } else { [By::Both, By::RealServer] };
    let records: Vec<_> =
        recorded::DEVIATIONS.iter().filter(|record| record.test == test.name && of_target.contains(&record.by)).collect();
    let new = found.iter().filter(|finding| records.iter().all(|record| !record.is(finding)));
    let mut wrong: Vec<String> = new.map(|finding| format!("{}: {}", finding.at, finding.problem)).collect();
    let (met, gone): (Vec<_>, Vec<_>) = records.into_iter().partition(|record| found.iter().any(|finding| record.is(finding)));
    if target.is_testbed() {
        wrong.extend(gone.iter().map(|record| format!("recorded, but not found: {}", record.problem)));
        if recorded::NOT_APPLICABLE.contains(&test.name) {
            wrong.push("recorded as not applicable, but it is".to_owned());
        }
    }
    wrong.sort();
    wrong.dedup();
    if !wrong.is_empty() {
        return Outcome::Failed(wrong.join("\n"));
    }
    let told = |record: &&recorded::Deviation| match record.by {
        By::Testbed => format!("the testbed only: {}", record.fact),
        _ => record.fact.to_owned(),
    };
    let mut facts: Vec<String> = met.iter().map(told).collect();
    facts.dedup();
    if facts.is_empty() { Outcome::Passed } else { Outcome::Deviates(facts.join("; ")) }
}
