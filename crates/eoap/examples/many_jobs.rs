//! How much one client bears: waits for many jobs at once against a server on this machine, and prints
//! requests per second, connections and memory.
//!
//! ```text
//! cargo run --example many_jobs -- [JOBS] [QUESTIONS PER JOB] [CONNECTIONS]
//! ```
//!
//! The memory is that of the whole process, the server and its notes about each request included.

use std::{
    collections::HashMap,
    error::Error,
    sync::Mutex,
    time::{Duration, Instant},
};

use eoap::Client;
use futures_util::future::join_all;
use serde_json::json;

#[allow(dead_code, reason = "tests use the rest")]
#[path = "../tests/suite/server.rs"]
mod server;

use server::{Reply, Server};

#[allow(clippy::print_stdout, reason = "an example says what it finds")]
#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut numbers = std::env::args().skip(1).map(|text| text.parse::<usize>());
    let jobs = numbers.next().transpose()?.unwrap_or(500);
    let questions = numbers.next().transpose()?.unwrap_or(20);
    let connections = numbers.next().transpose()?.unwrap_or(32);

    let asked: Mutex<HashMap<String, usize>> = Mutex::default();
    let server = Server::start(move |heard, _| {
        let id = heard.path.rsplit('/').next().unwrap_or_default().to_owned();
        let mut asked = asked.lock().expect("nothing panics here");
        let count = asked.entry(id.clone()).or_default();
        *count += 1;
        let status = if *count >= questions { "successful" } else { "running" };
        Reply::json(200, &json!({"jobID": id, "status": status, "message": "ZOO-Kernel accepted to run your service!"}))
    })
    .await;
    let client = Client::builder(server.url()).connections(connections).build()?;
    let before = memory();
    let begin = Instant::now();
    let waits = (0..jobs).map(|number| client.job(format!("job-{number}")).wait().every(Duration::from_millis(10)).into_future());
    for outcome in join_all(waits).await {
        outcome?;
    }
    let seconds = begin.elapsed().as_secs_f64();
    let (requests, rate) = (server.count(), server.count() as f64 / seconds);
    println!("{jobs} jobs, {requests} requests in {seconds:.2} s: {rate:.0} requests per second");
    println!("at most {} requests and {} connections at once", server.most_active(), server.most_open());
    match (before, memory()) {
        (Some(before), Some(after)) => println!("peak of memory: {before} KiB before, {after} KiB after"),
        _ => println!("this system does not tell the peak of memory"),
    }
    Ok(())
}

/// The largest memory of this process so far, in KiB, as Linux reports it.
fn memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches("kB").trim().parse().ok()
}
