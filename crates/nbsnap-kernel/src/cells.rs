//! The thread that runs cells, one after another, and reports their outcomes.
//!
//! It owns the compiler and the session. Everything that takes time happens here, so the sockets are always
//! served.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rust_cells::dependencies::{BuildEvent, DependencySet};
use rust_cells::{Chain, Compiler, ProcessSettings, Session, Toolchain};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::KernelSettings;
use crate::execution::Execution;
use crate::failure::Failure;
use crate::known::Known;
use crate::libraries::Builder;
use crate::progress::Progress;
use crate::shared::Shared;
use crate::wire::Request;

/// How often what threads of earlier cells write is looked for while no cell runs.
const LATE: Duration = Duration::from_millis(100);
/// How long to wait for requests that a client has sent together with one that failed.
const SAME_GO: Duration = Duration::from_millis(10);

/// Runs cells until there are no more requests. Sends the compiler's name to `version`.
pub(crate) fn run(settings: KernelSettings, shared: &Shared, jobs: &Receiver<Request>, version: &watch::Sender<String>) {
    let compiler = Toolchain::find().and_then(|toolchain| {
        let _ = version.send(toolchain.name().to_owned());
        Compiler::new(&toolchain, &settings.cache)
    });
    let compiler = match compiler {
        Ok(compiler) => compiler,
        Err(error) => {
            let _ = version.send("rustc".to_owned());
            refuse(&error.to_string(), shared, jobs);
            return;
        }
    };
    let progress = Arc::new(Mutex::new(Progress::new(shared.outbox.clone())));
    let shown = progress.clone();
    let mut builder =
        Builder { toolchain: compiler.toolchain(), settings: &settings, token: shared.interrupts.token().clone(), last: None };
    let libraries = move |set: &DependencySet| {
        let show = |event: BuildEvent| shown.lock().unwrap_or_else(PoisonError::into_inner).show(event);
        let library = builder.library(set, &mut { show });
        shown.lock().unwrap_or_else(PoisonError::into_inner).end(library.is_ok());
        library
    };
    let chain = Chain::new(&compiler, libraries, &settings.directory, &settings.build.opt_level);
    let process = ProcessSettings {
        directory: settings.directory.clone(),
        environment: settings.environment.clone(),
        max_memory: None,
        asks_for_input: true,
        reports_panics: true,
        access_log: None,
    };
    let mut session = Session::new(&compiler, chain, process);
    // Started early, so that the first cell does not wait. If it fails, the first cell reports it.
    let _ = session.start();
    let mut cells = Cells { session, shared, progress, count: 0, sources: BTreeMap::new(), last: None };
    loop {
        match jobs.recv_timeout(LATE) {
            Ok(request) => cells.handle(&request, jobs),
            Err(RecvTimeoutError::Timeout) => cells.late(),
            Err(RecvTimeoutError::Disconnected) => return,
        }
        if shared.interrupts.is_closed() {
            return;
        }
    }
}

/// Answers every cell with the reason why none can be run.
fn refuse(reason: &str, shared: &Shared, jobs: &Receiver<Request>) {
    for request in jobs {
        let failure = Failure::new("Error", reason);
        let outbox = &shared.outbox;
        outbox.publish(request.publication("status", json!({"execution_state": "busy"})));
        outbox.publish(request.publication("error", failure.content()));
        outbox.reply(&request, reply_of(&failure, 0));
        outbox.publish(request.publication("status", json!({"execution_state": "idle"})));
    }
}

/// The content of an `execute_reply` for a cell that failed.
pub(crate) fn reply_of(failure: &Failure, count: u64) -> Value {
    let mut content = failure.content();
    content["status"] = "error".into();
    content["execution_count"] = count.into();
    content["user_expressions"] = json!({});
    content["payload"] = json!([]);
    content
}

/// A session, and what Jupyter asks about it.
pub(crate) struct Cells<'a> {
    pub(crate) session: Session<'a>,
    pub(crate) shared: &'a Shared,
    pub(crate) progress: Arc<Mutex<Progress>>,
    pub(crate) count: u64,
    /// The sources of cells, by their labels.
    pub(crate) sources: BTreeMap<String, String>,
    /// The request of the cell before, to which late output belongs.
    pub(crate) last: Option<Request>,
}

impl Cells<'_> {
    fn handle(&mut self, request: &Request, jobs: &Receiver<Request>) {
        self.late();
        let outbox = self.shared.outbox.clone();
        outbox.publish(request.publication("status", json!({"execution_state": "busy"})));
        let reply = Execution::run(self, request);
        *self.shared.known.lock().unwrap_or_else(PoisonError::into_inner) = Known::of(self.session.chain().state());
        // Requests that were sent together with a failed cell are not run. The reply comes after they are
        // collected. So a client that waits for the reply does not see its next cell aborted.
        let mut aborted = Vec::new();
        if reply["status"] == "error" && request.flag("stop_on_error", true) {
            while let Ok(next) = jobs.recv_timeout(SAME_GO) {
                aborted.push(next);
            }
        }
        outbox.reply(request, reply);
        outbox.publish(request.publication("status", json!({"execution_state": "idle"})));
        self.last = Some(request.clone());
        for request in aborted {
            outbox.publish(request.publication("status", json!({"execution_state": "busy"})));
            // Without an execution count: the cell did not run, and must not show one.
            let content = json!({"status": "aborted"});
            outbox.reply(&request, content);
            outbox.publish(request.publication("status", json!({"execution_state": "idle"})));
        }
    }

    /// Publishes what threads of earlier cells have written since.
    fn late(&mut self) {
        let (outbox, last) = (&self.shared.outbox, &self.last);
        self.session.drain(Duration::ZERO, &mut |output| {
            if let Some(request) = last {
                crate::execution::publish(outbox, request, output);
            }
        });
    }
}
