//! The server under test: its address, its processes, and the requests that several abstract tests begin
//! with.
//!
//! [`Server`] sends requests and returns the answers. The tests decide whether an answer conforms to the
//! standard.

use std::thread;
use std::time::Duration;

use http::Method;
use serde_json::{Map, Value, json};

use crate::findings::{Step, broken, not_applicable};
use crate::http::{Call, Client, Reply};
use crate::process::Process;

/// The preference of RFC 7240, 4.1, alone: some servers understand nothing else.
pub(crate) const ASYNC: &str = "respond-async";

/// A server that speaks OGC API - Processes.
pub(crate) struct Server {
    /// What the scenario, or else the address, calls it.
    pub(crate) name: String,
    /// Its address without a slash at the end: what the standard calls `{root}`.
    pub(crate) root: String,
    client: Client,
    /// By process, inputs that succeed and inputs that fail.
    examples: Value,
    /// The processes to test; empty for all that the server lists.
    only: Vec<String>,
    /// The longest pause between two checks of a job, and the number of checks.
    poll: (Duration, u32),
    /// The address, reachable by the server, where the suite may listen.
    pub(crate) listen: Option<String>,
}

impl Server {
    /// A testbed on loopback, whose jobs go on with every look.
    pub(crate) fn of_testbed(name: &str, root: String, examples: Value) -> std::io::Result<Self> {
        let poll = (Duration::ZERO, 100);
        let listen = Some("127.0.0.1:0".to_owned());
        Ok(Self { name: name.to_owned(), root, client: Client::new()?, examples, only: Vec::new(), poll, listen })
    }

    /// A server that runs somewhere.
    pub(crate) fn live(root: &str, examples: Value, only: Vec<String>, listen: Option<String>) -> std::io::Result<Self> {
        let root = root.trim_end_matches('/').to_owned();
        let poll = (Duration::from_secs(1), 1800);
        Ok(Self { name: root.clone(), root, client: Client::new()?, examples, only, poll, listen })
    }

    pub(crate) fn call(&self, method: Method, path: &str) -> Call {
        Call::new(method, format!("{}{path}", self.root))
    }

    pub(crate) fn send(&self, call: Call) -> Step<Reply> {
        let at = format!("{} {}", call.method, call.url);
        self.client.send(call).or_else(|problem| broken(&at, problem))
    }

    /// GET of a path below the root, as JSON if the server has a choice.
    pub(crate) fn get(&self, path: &str) -> Step<Reply> {
        self.send(self.call(Method::GET, path).header("accept", "application/json"))
    }

    /// GET of a path below the root. The test ends unless the answer is JSON.
    pub(crate) fn document(&self, path: &str) -> Step<Value> {
        let reply = self.get(path)?;
        match reply.json() {
            Ok(document) if reply.status == 200 => Ok(document),
            Ok(_) => broken(&reply.to, format!("status {}, where the test needs the document", reply.status)),
            Err(problem) => broken(&reply.to, problem),
        }
    }

    /// A link of this server with an address that the suite can reach. A server writes its own idea of its
    /// address.
    pub(crate) fn reachable(&self, href: &str) -> String {
        let after_scheme = |url: &str| url.split_once("://").map(|(_, rest)| rest.to_owned());
        let Some(rest) = after_scheme(href) else { return format!("{}{href}", self.origin()) };
        let path = rest.split_once('/').map_or_else(String::new, |(_, path)| format!("/{path}"));
        format!("{}{path}", self.origin())
    }

    /// Scheme and host of the root.
    pub(crate) fn origin(&self) -> String {
        let end = self.root.find("://").map_or(0, |at| at + 3);
        let length = self.root[end..].find('/').map_or(self.root.len(), |at| end + at);
        self.root[..length].to_owned()
    }

    /// The processes under test, with their descriptions.
    pub(crate) fn processes(&self) -> Step<Vec<Process>> {
        let list = self.document("/processes")?;
        let ids = list["processes"].as_array().into_iter().flatten().filter_map(|summary| summary["id"].as_str());
        let wanted = ids.filter(|id| self.only.is_empty() || self.only.iter().any(|only| only == id));
        let all: Vec<Process> =
            wanted.map(|id| Ok(Process::new(id, self.document(&format!("/processes/{id}"))?))).collect::<Step<_>>()?;
        if all.is_empty() { not_applicable("the server lists no process to test") } else { Ok(all) }
    }

    /// The processes for which this holds.
    pub(crate) fn processes_that(&self, what: &str, holds: impl Fn(&Process) -> bool) -> Step<Vec<Process>> {
        let all: Vec<Process> = self.processes()?.into_iter().filter(holds).collect();
        if all.is_empty() { not_applicable(format!("no process {what}")) } else { Ok(all) }
    }

    /// Inputs with which the process succeeds: known ones, or else made after its description.
    pub(crate) fn inputs(&self, process: &Process) -> Step<Map<String, Value>> {
        match self.examples[&process.id]["succeeds"].as_object() {
            Some(inputs) => Ok(inputs.clone()),
            None => match process.example_inputs() {
                Ok(inputs) => Ok(inputs),
                Err(input) => not_applicable(format!("no example is known for the input {input} of {}", process.id)),
            },
        }
    }

    /// How many values of an input the process needs, where that is known.
    pub(crate) fn needed(&self, process: &Process, input: &str) -> Option<usize> {
        usize::try_from(self.examples[&process.id]["needs"][input].as_u64()?).ok()
    }

    /// Inputs with which a job of the process fails, where they are known.
    pub(crate) fn failing_inputs(&self, process: &Process) -> Option<Value> {
        self.examples[&process.id].get("fails").cloned()
    }

    /// An execute request; no preference means no `Prefer` header.
    pub(crate) fn execute(&self, process: &Process, body: &Value, prefer: Option<&str>) -> Step<Reply> {
        let mut call = self.call(Method::POST, &format!("/processes/{}/execution", process.id));
        if let Some(prefer) = prefer {
            call = call.header("prefer", prefer);
        }
        self.send(call.body("application/json", body.to_string()))
    }

    /// A new job, created asynchronously with the example inputs: its id.
    pub(crate) fn start(&self, process: &Process) -> Step<String> {
        self.start_with(process, &json!({"inputs": self.inputs(process)?}))
    }

    /// A new job, created asynchronously: its id.
    pub(crate) fn start_with(&self, process: &Process, body: &Value) -> Step<String> {
        let reply = self.execute(process, body, Some(ASYNC))?;
        match job_of(&reply) {
            Some(id) if reply.status == 201 => Ok(id),
            _ => broken(&reply.to, format!("status {}, where the test needs a job", reply.status)),
        }
    }

    /// The first process that makes jobs, and a new job of it.
    pub(crate) fn any_job(&self) -> Step<(Process, String)> {
        let process = self.processes_that("can be executed asynchronously", Process::can_async)?.remove(0);
        let job = self.start(&process)?;
        Ok((process, job))
    }

    /// The last status of a job.
    pub(crate) fn wait(&self, job: &str) -> Step<Value> {
        let path = format!("/jobs/{job}");
        let (longest, looks) = self.poll;
        let mut pause = Duration::from_millis(30);
        for _ in 0..looks {
            let status = self.document(&path)?;
            if matches!(status["status"].as_str(), Some("successful" | "failed" | "dismissed")) {
                return Ok(status);
            }
            pause = (pause * 2).min(longest);
            thread::sleep(pause);
        }
        broken(&format!("GET {path}"), format!("the job is not over after {looks} looks"))
    }
}

/// The job that an answer names: in its body, or at the end of its `Location`.
pub(crate) fn job_of(reply: &Reply) -> Option<String> {
    let document = reply.json().unwrap_or_default();
    let of_location = || reply.header("location").and_then(|url| url.trim_end_matches('/').rsplit('/').next()).map(str::to_owned);
    document["jobID"].as_str().map(str::to_owned).or_else(of_location)
}
