//! Many jobs at once: one client waits for five hundred, over few connections, and misses nothing.
//!
//! A separate test binary, so that no other test takes part in the counting.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use eoap::{Client, Retry, Status};
use futures_util::future::join_all;
use serde_json::json;

#[allow(dead_code, reason = "other tests use the rest")]
#[path = "suite/server.rs"]
mod server;

use server::{Reply, Server};

const JOBS: usize = 500;
const CONNECTIONS: usize = 16;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_jobs_are_awaited_over_few_connections() {
    // Each job reports its progress and ends. Every seventh request finds the server busy.
    let asked: Mutex<HashMap<String, u32>> = Mutex::default();
    let server = Server::start(move |heard, number| {
        if number % 7 == 0 {
            return Reply::new(503, "busy");
        }
        let id = heard.path.rsplit('/').next().unwrap_or_default().to_owned();
        let mut asked = asked.lock().expect("lock");
        let progress = asked.entry(id.clone()).or_default();
        *progress += 25;
        let status = if *progress == 100 { "successful" } else { "running" };
        Reply::json(200, &json!({"jobID": id, "status": status, "progress": *progress})).after(Duration::from_millis(2))
    })
    .await;
    let retry = Retry::default().attempts(20).first_delay(Duration::from_millis(2)).max_delay(Duration::from_millis(20));
    let client = Client::builder(server.url()).connections(CONNECTIONS).retry(retry).build().expect("client");
    let jobs: Vec<_> = (0..JOBS).map(|number| client.job(format!("job-{number}"))).collect();
    let ends = join_all(jobs.iter().map(async |job| {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let seen_too = seen.clone();
        let on_status = move |status: &eoap::StatusInfo| seen_too.lock().expect("lock").push(status.progress());
        let status = job.wait().every(Duration::from_millis(20)).on_status(on_status).await;
        (status, Arc::into_inner(seen).expect("one owner").into_inner().expect("lock"))
    }))
    .await;
    for (job, (status, seen)) in jobs.iter().zip(ends) {
        let status = status.expect("the job is successful");
        assert_eq!((status.id(), &status.status), (Some(job.id()), &Status::Successful));
        assert_eq!(seen, [25.0, 50.0, 75.0, 100.0].map(Some), "{job}");
    }
    println!(
        "{} requests, at most {} at once, over at most {} connections",
        server.count(),
        server.most_active(),
        server.most_open()
    );
    assert!(server.count() > 4 * JOBS, "{} requests, none of them repeated", server.count());
    assert!(server.most_active() <= CONNECTIONS, "{} requests at once", server.most_active());
    assert!(server.most_open() <= 2 * CONNECTIONS, "{} connections at once", server.most_open());
}
