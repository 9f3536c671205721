//! The servers of the suite, what each of them lacks, and how a scene runs on all of them.
//!
//! Knows no scene. A lack is an observed fact with a name. Scenes ask for it and check that it is still
//! true. So neither a wrong entry nor an improved server goes unnoticed.

use std::path::Path;

use eoap::{Client, Execution, Prefer, ProblemKind};
use eoap_testbed::{Personality, Scenario, Testbed};
use tokio::sync::{Mutex, MutexGuard};

/// Address of a server to run on in place of the testbeds.
const SERVER: &str = "EOAP_SERVER";
/// Which server that is: `pygeoapi` if it is not set, `wraptile` or `fastprocesses`.
const SERVER_NAME: &str = "EOAP_SERVER_NAME";

/// A feature that some servers lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Feature {
    /// The process list has pages.
    ProcessPages,
    /// Conformance classes "job-list" and "dismiss" are declared where there are jobs.
    DeclaredJobs,
    /// `respond-async` makes a job also among other words.
    PreferAmongOthers,
    /// Every process can be run synchronously.
    AllAtOnce,
    /// Inputs are checked before there is a job.
    InputCheck,
    /// The status of an unknown job is a `NoSuchJob`.
    NoSuchJobStatus,
    /// A single output of a job has an address.
    SingleOutput,
    /// Several outputs in JSON come with their media types and encodings.
    OutputFormats,
    /// A document can hold an output that is not JSON.
    TextInDocument,
    /// A process runs synchronously if no job is asked for.
    Synchronous,
    /// There is a job before inputs are looked at.
    JobBeforeCheck,
    /// Jobs can be dismissed.
    Dismissal,
    /// A running job that is dismissed is gone.
    DismissalOfRunning,
    /// Results that are not ready are not found (404).
    NotReadyIsNotFound,
    /// The status of a job leads to its results.
    ResultsLink,
    /// A description says how a process can be executed.
    ExecutionModes,
    /// A description leads to the execution.
    ExecuteLink,
    /// Lists are as short as it is asked for.
    Limits,
    /// Processes are listed in the order of their names.
    OrderedProcesses,
    /// The landing page leads everywhere by the relations of the standard.
    StandardRelations,
    /// The conformance classes of what is there are declared, and one of callbacks is.
    DeclaredClasses,
}

type Lacks = &'static [(Feature, &'static str)];

/// ZOO-Project 2.1 with its extension DRU.
const ZOO: Lacks =
    &[(Feature::AllAtOnce, "a deployed process does not run synchronously: 500 \"not allowed for mutable services\"")];

/// pygeoapi 0.24; of several outputs, that is read in its source and seen on the testbed only.
const PYGEOAPI: Lacks = &[
    (Feature::ProcessPages, "the process list is its first `limit` entries, without a link to more"),
    (Feature::DeclaredJobs, "neither job-list nor dismiss is declared, though both are served"),
    (
        Feature::PreferAmongOthers,
        "only `Prefer: respond-async` and nothing else makes a job; other words run the process at once",
    ),
    (Feature::InputCheck, "a missing input makes the job fail; nothing is refused beforehand"),
    (Feature::NoSuchJobStatus, "the status of an unknown job is 404 InvalidParameterValue"),
    (Feature::SingleOutput, "there is no /jobs/{id}/results/{output}"),
    (Feature::OutputFormats, "several outputs are their values, without media types and encodings"),
];

/// pygeoapi 0.21 also.
const PYGEOAPI_0_21: Lacks =
    &[(Feature::TextInDocument, "bytes in a document make the job fail: \"Object of type bytes is not JSON serializable\"")];

/// wraptile 0.3, of Eozilla, with processes in threads.
const WRAPTILE: Lacks = &[
    (Feature::Synchronous, "every execution makes a job, also without `Prefer`"),
    (Feature::JobBeforeCheck, "wrong inputs are refused before there is a job"),
    (Feature::DismissalOfRunning, "a running job that is dismissed stays in the list, ends, and is successful then"),
    (Feature::NotReadyIsNotFound, "results that are not ready are forbidden (403)"),
    (Feature::SingleOutput, "there is no /jobs/{id}/results/{output}"),
    (Feature::ResultsLink, "statuses have no links"),
    (Feature::ExecutionModes, "descriptions have no jobControlOptions"),
    (Feature::ExecuteLink, "descriptions have no links"),
    (Feature::Limits, "`limit` is ignored"),
    (Feature::StandardRelations, "all links of the landing page but itself are called `service`"),
    (Feature::DeclaredClasses, "there are no callbacks"),
];

/// fastprocesses 0.16, with a worker of Celery.
const FASTPROCESSES: Lacks = &[
    (Feature::Synchronous, "a process runs synchronously only with `Prefer: respond-sync`, which the standard does not have"),
    (Feature::JobBeforeCheck, "wrong inputs are refused before there is a job"),
    (Feature::Dismissal, "there is no DELETE of a job (405)"),
    (Feature::SingleOutput, "there is no /jobs/{id}/results/{output}"),
    (Feature::ExecuteLink, "descriptions have no links"),
    (Feature::OrderedProcesses, "processes are listed as Redis keeps them"),
    (Feature::StandardRelations, "links are called `jobs` and `OpenAPI`"),
    (Feature::DeclaredClasses, "`json` and `job-list` are declared as one word, for a comma is missing; others are not"),
];

/// A server, and a client of it as a notebook makes one.
pub(crate) struct Peer {
    pub(crate) client: Client,
    /// What the problem of a missing input is called.
    pub(crate) missing_input: ProblemKind,
    name: String,
    lacks: Vec<Lacks>,
    /// It serves until it is dropped.
    _testbed: Option<Testbed>,
}

impl Peer {
    /// Whether the server has it; if not, says what is known of that.
    pub(crate) fn has(&self, feature: Feature) -> bool {
        let lack = self.lacks.iter().copied().flatten().find(|(lacked, _)| *lacked == feature);
        if let Some((feature, fact)) = lack {
            println!("    no {feature:?} on {}: {fact}", self.name);
        }
        lack.is_none()
    }

    /// A process and inputs with which its job fails.
    pub(crate) fn failing(&self) -> (&'static str, Execution) {
        match self.has(Feature::InputCheck) {
            true => ("shout", as_job().input("text", "nothing")),
            false => ("hello-world", as_job()),
        }
    }

    fn testbed(name: &str, scenario: &Scenario, lacks: Vec<Lacks>) -> Self {
        let testbed = Testbed::start(scenario).expect("the testbed starts");
        let client = Client::new(testbed.ogc_url()).expect("client");
        let missing_input =
            if lacks.contains(&ZOO) { ProblemKind::MissingParameterValue } else { ProblemKind::InvalidParameterValue };
        Self { client, missing_input, name: name.to_owned(), lacks, _testbed: Some(testbed) }
    }

    /// The server that the environment names.
    async fn real(address: &str) -> Self {
        let client = Client::new(address).expect(SERVER);
        let api = client.api().await.unwrap_or_else(|error| panic!("{SERVER}={address}: {error}"));
        let version = api.version.unwrap_or_default();
        let server = std::env::var(SERVER_NAME).unwrap_or_else(|_| "pygeoapi".to_owned());
        let (lacks, missing_input) = match server.as_str() {
            "wraptile" => (vec![WRAPTILE], ProblemKind::BadRequest),
            "fastprocesses" => (vec![FASTPROCESSES], ProblemKind::Other("Validation error".into())),
            "pygeoapi" if version.starts_with("0.21.") => (vec![PYGEOAPI, PYGEOAPI_0_21], ProblemKind::InvalidParameterValue),
            "pygeoapi" => (vec![PYGEOAPI], ProblemKind::InvalidParameterValue),
            other => panic!("{SERVER_NAME}={other}: what it lacks is not known"),
        };
        Self { client, missing_input, name: format!("{server} {version} at {address}"), lacks, _testbed: None }
    }
}

/// An execution that every server makes a job of.
pub(crate) fn as_job() -> Execution {
    Execution::new().prefer(Prefer::RespondAsync)
}

/// Plays a scene on every server, with the processes `hello-world`, `shout` and `wait`.
pub(crate) async fn on_every_server(scene: &str, play: impl AsyncFn(&Peer) -> eoap::Result<()>) {
    if let Ok(address) = std::env::var(SERVER) {
        // It is shared, and jobs that come and go move the pages of its job list: one scene at a time.
        static TURN: Mutex<()> = Mutex::const_new(());
        let _turn: MutexGuard<'_, ()> = TURN.lock().await;
        return act(scene, &Peer::real(&address).await, &play).await;
    }
    let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servers/scenarios");
    let hello_world = Path::new(env!("CARGO_MANIFEST_DIR")).join("../eoap-testbed/tests/scenarios/hello-world");
    for (name, folder, lacks) in [
        ("ZOO-Project (testbed)", here.join("zoo"), vec![ZOO]),
        ("pygeoapi 0.24 (testbed)", hello_world, vec![PYGEOAPI]),
        ("pygeoapi 0.21 (testbed)", here.join("pygeoapi-0.21"), vec![PYGEOAPI, PYGEOAPI_0_21]),
    ] {
        let scenario = Scenario::load(&folder).expect("scenario");
        act(scene, &Peer::testbed(name, &scenario, lacks), &play).await;
    }
}

/// Plays a scene on the testbed, with another scenario of it, as either server; no other server has these
/// processes.
pub(crate) async fn on_every_testbed(scene: &str, scenario: &str, play: impl AsyncFn(&Peer) -> eoap::Result<()>) {
    if std::env::var_os(SERVER).is_some() {
        println!("{scene}: not here, because {SERVER} does not have the processes of the scenario {scenario}");
        return;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../eoap-testbed/scenarios").join(scenario);
    let scenario = Scenario::load(&folder).expect("scenario");
    for (name, personality, lacks) in [
        ("ZOO-Project (testbed)", Personality::Zoo, vec![ZOO]),
        ("pygeoapi 0.24 (testbed)", Personality::Pygeoapi, vec![PYGEOAPI]),
    ] {
        act(scene, &Peer::testbed(name, &scenario.clone().with_personality(personality), lacks), &play).await;
    }
}

async fn act(scene: &str, peer: &Peer, play: &impl AsyncFn(&Peer) -> eoap::Result<()>) {
    println!("{scene}: {}", peer.name);
    play(peer).await.unwrap_or_else(|error| panic!("{scene}, on {}: {error}", peer.name));
}
