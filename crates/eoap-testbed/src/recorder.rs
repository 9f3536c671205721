//! Records the traffic between a client and a live deployment, to be played back without the deployment.
//!
//! A [`Recorder`] replaces a testbed for one client. What it has kept is a [`Session`]. A [`Recording`] of
//! one or more sessions is written as a scenario folder. What the exchanges mean is not known here.
//!
//! ```no_run
//! # fn main() -> Result<(), eoap_testbed::Error> {
//! use eoap_testbed::{Live, Recorder, Recording};
//!
//! let live = Live::new("http://zoo-project-dru-service/acme/ogc-api", "https://ogc.example.org/api")?;
//! let recorder = Recorder::start(&live)?;
//! std::process::Command::new("my-client").envs(recorder.testbed().environment());
//! let mut recording = Recording::new(&live);
//! recording.add("my-client", recorder.session());
//! recording.write("scenarios/example".as_ref())?;
//! # Ok(())
//! # }
//! ```

mod folder;
mod stable;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use crate::error::Error;
use crate::scenario::{Answers, Clock, Fixtures, Personality, S3, Scenario, Server};
use crate::store::Object;
use crate::testbed::{Ports, Testbed};
use crate::upstream::{Kept, Live, StoreMirror, Tape};

/// Credentials for the store in front of a live one, and in the recording. They are made up, so that real
/// ones are never given to a client or written.
pub(crate) const ACCESS_KEY_ID: &str = "TESTBEDACCESSKEYID01";
pub(crate) const SECRET_ACCESS_KEY: &str = "testbed/secret/that/never/leaves/loopback";

/// Passes a client's requests on to a live deployment and keeps them, until it is stopped.
#[derive(Debug)]
pub struct Recorder {
    testbed: Testbed,
    tape: Tape,
    mirror: Option<StoreMirror>,
    began: DateTime<Utc>,
}

/// The traffic between one client and a live deployment.
#[derive(Debug, Clone)]
pub struct Session {
    kept: Kept,
    objects: Vec<(String, Object)>,
    began: DateTime<Utc>,
    ended: DateTime<Utc>,
}

/// Sessions with one live deployment, to be written as a scenario folder.
pub struct Recording {
    live: Live,
    sessions: BTreeMap<String, Session>,
    secrets: Vec<String>,
    environment: BTreeMap<String, String>,
}

impl fmt::Debug for Recording {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Recording")
            .field("live", &self.live)
            .field("sessions", &self.sessions.keys())
            .finish_non_exhaustive()
    }
}

/// The size of a recording.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Extent {
    /// Exchanges with the servers.
    pub exchanges: usize,
    /// Objects of the store.
    pub objects: usize,
}

impl Recorder {
    /// Starts it on loopback, on free ports.
    ///
    /// # Errors
    /// [`Error::Start`] or [`Error::Listen`], as [`Testbed::start`].
    pub fn start(live: &Live) -> Result<Self, Error> {
        let live = Arc::new(live.clone());
        let failed = |source| Error::Start { what: "the client of the live server", source: std::io::Error::other(source) };
        let tape = Tape::new(Arc::clone(&live)).map_err(failed)?;
        let began = now();
        let (testbed, mirror) = Testbed::to_record(&scenario(&live), Ports::default(), &live, tape.clone())?;
        Ok(Self { testbed, tape, mirror, began })
    }

    /// The testbed in front of the live deployment. It has the environment, the page, and the refused
    /// requests.
    pub fn testbed(&self) -> &Testbed {
        &self.testbed
    }

    /// The exchanges so far.
    pub fn session(&self) -> Session {
        let objects = self.mirror.as_ref().map(StoreMirror::objects).unwrap_or_default();
        Session { kept: self.tape.kept(), objects, began: self.began, ended: now() }
    }
}

impl Recording {
    /// An empty recording of this deployment.
    pub fn new(live: &Live) -> Self {
        let credentials = live.store.as_ref().and_then(|store| store.credentials.clone());
        let secrets =
            credentials.into_iter().flat_map(|(key, secret, token)| [Some(key), Some(secret), token]).flatten().collect();
        Self { live: live.clone(), sessions: BTreeMap::new(), secrets, environment: BTreeMap::new() }
    }

    /// A text that must not be in anything that is written, in addition to the credentials that the recorder
    /// has found itself.
    pub fn add_secret(&mut self, secret: impl Into<String>) {
        self.secrets.push(secret.into());
    }

    /// A variable that clients had, and are to have when the recording is played back. A secret among them is
    /// written nowhere.
    pub fn add_variable(&mut self, name: impl Into<String>, value: impl Into<String>) {
        let (name, value) = (name.into(), value.into());
        if text_secrets::is_secret_variable(&name, &value) {
            self.secrets.push(value.clone());
        }
        self.environment.insert(name, value);
    }

    /// Adds the session of the client with this name. Of several sessions with one name the last one counts.
    pub fn add(&mut self, client: impl Into<String>, session: Session) {
        self.sessions.insert(client.into(), session);
    }
}

/// This moment, no finer than dates in answers are.
fn now() -> DateTime<Utc> {
    std::time::SystemTime::now().into()
}

/// The scenario of a live deployment: its addresses, and nothing that could be answered without it.
fn scenario(live: &Live) -> Scenario {
    let fixtures = Fixtures {
        name: "recording".to_owned(),
        server: Server::of(live.root(), live.hosts()),
        s3: S3::new(&live.s3_endpoint, &live.s3_hosts, ACCESS_KEY_ID, SECRET_ACCESS_KEY),
        expiry: None,
        answers: Answers::own(),
        scenes: None,
        processes: Vec::new(),
        packages: BTreeMap::new(),
        buckets: Vec::new(),
        environment: BTreeMap::new(),
        recordings: BTreeMap::new(),
        files: Vec::new(),
    };
    // Jobs of a live server take their time.
    Scenario::of(fixtures, Personality::Recorded, Clock::Real { speed: 1.0 })
}
