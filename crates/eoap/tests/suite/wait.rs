//! Waiting for jobs.

use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use eoap::{Client, Error, Execution, Job, Retry, Status};
use serde_json::{Value, json};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

const MOMENT: Duration = Duration::from_millis(2);

/// A server whose job has these states one after the other, the last one for ever.
async fn server(states: &[ResponseTemplate]) -> MockServer {
    let server = MockServer::start().await;
    let created = ResponseTemplate::new(201).set_body_json(json!({"jobID": "1", "status": "running"}));
    Mock::given(method("POST")).respond_with(created).mount(&server).await;
    let (last, others) = states.split_last().expect("a state");
    for state in others {
        Mock::given(path("/api/jobs/1")).respond_with(state.clone()).up_to_n_times(1).mount(&server).await;
    }
    Mock::given(path("/api/jobs/1")).respond_with(last.clone()).mount(&server).await;
    server
}

fn state(status: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_json(json!({"jobID": "1", "status": status, "message": "because"}))
}

fn unknown() -> ResponseTemplate {
    let problem: Value =
        json!({"title": "NoSuchJob", "type": "http://www.opengis.net/def/rel/ogc/1.0/exception/no-such-job", "detail": "who?"});
    ResponseTemplate::new(404).set_body_json(problem)
}

async fn submit(server: &MockServer) -> Job {
    submit_with(server, Retry::never()).await
}

/// Most of these tests count single requests, so their client does not repeat any.
async fn submit_with(server: &MockServer, retry: Retry) -> Job {
    let client = Client::builder(format!("{}/api", server.uri())).retry(retry).build().expect("client");
    client.execute("p", Execution::new()).await.expect("job")
}

#[tokio::test]
async fn each_status_is_told_until_the_job_is_successful() {
    let server = server(&[state("accepted"), state("running"), state("paused"), state("running"), state("successful")]).await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seen_too = seen.clone();
    let status = submit(&server)
        .await
        .wait()
        .every(MOMENT)
        .on_status(move |status| seen_too.lock().expect("lock").push(status.status.to_string()))
        .await
        .expect("successful");
    assert_eq!(status.status, Status::Successful);
    assert_eq!(*seen.lock().expect("lock"), ["accepted", "running", "paused", "running", "successful"]);
}

#[tokio::test]
async fn failed_and_dismissed_jobs_are_errors_that_hold_the_status() {
    let failed = server(&[state("running"), state("failed")]).await;
    match submit(&failed).await.wait().every(MOMENT).await.expect_err("failed") {
        error @ Error::JobFailed { .. } => assert_eq!(error.to_string(), "job 1 failed: because"),
        error => panic!("{error}"),
    }
    // Where there are logs, the message leads to them.
    let links = json!([{"href": "http://h/log", "rel": "related"}]);
    let with_logs = json!({"jobID": "1", "status": "failed", "message": "because", "links": links});
    let with_logs = ResponseTemplate::new(200).set_body_json(with_logs);
    let error = submit(&server(&[with_logs]).await).await.wait().every(MOMENT).await.expect_err("failed").to_string();
    assert!(error.starts_with("job 1 failed: because; see its log links with "), "{error}");
    let dismissed = server(&[state("dismissed")]).await;
    match submit(&dismissed).await.wait().every(MOMENT).await.expect_err("dismissed") {
        Error::JobDismissed { status, .. } => assert_eq!(status.message.as_deref(), Some("because")),
        error => panic!("{error}"),
    }
}

#[tokio::test]
async fn job_may_be_unknown_for_a_moment_after_its_submission() {
    let server = server(&[unknown(), unknown(), unknown(), state("successful")]).await;
    submit(&server).await.wait().every(MOMENT).await.expect("successful");
    // A moment is a time, however often it is asked in it.
    let slow = self::server(&[vec![unknown(); 20], vec![state("successful")]].concat()).await;
    submit(&slow).await.wait().every(MOMENT).await.expect("successful");
}

#[tokio::test]
async fn job_ends_whatever_its_server_calls_the_end() {
    for word in ["succeeded", "Successful", "finished", "COMPLETED", "complete", "success"] {
        let server = server(&[state("running"), state(word)]).await;
        let status = submit(&server).await.wait().every(MOMENT).await.expect(word);
        assert_eq!(status.status, Status::Successful);
        // The word itself is kept.
        assert_eq!(serde_json::to_value(&status).expect("JSON")["status"], word);
    }
    for (word, is_failed) in [("FAILED", true), ("error", true), ("cancelled", false), ("Dismissed", false)] {
        let server = server(&[state(word)]).await;
        match submit(&server).await.wait().every(MOMENT).await.expect_err(word) {
            Error::JobFailed { .. } => assert!(is_failed, "{word}"),
            Error::JobDismissed { .. } => assert!(!is_failed, "{word}"),
            error => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn job_that_stays_unknown_or_vanishes_is_lost() {
    for states in [vec![unknown()], vec![state("running"), unknown()]] {
        let server = server(&states).await;
        match submit(&server).await.wait().every(MOMENT).await.expect_err("lost") {
            error @ Error::JobLost { .. } => assert!(error.to_string().contains("NoSuchJob (who?)"), "{error}"),
            error => panic!("{error}"),
        }
    }
    // A job that was not submitted just now is not waited for.
    let server = server(&[unknown(), state("successful")]).await;
    let client = Client::new(format!("{}/api", server.uri())).expect("client");
    assert!(matches!(client.job("1").wait().every(MOMENT).await, Err(Error::JobLost { .. })));
}

#[tokio::test]
async fn short_interruptions_are_borne_and_long_ones_are_not() {
    let gateway = || ResponseTemplate::new(502).set_body_string("upstream is restarting");
    let short = server(&[state("running"), gateway(), gateway(), gateway(), state("successful")]).await;
    submit(&short).await.wait().every(MOMENT).await.expect("successful");
    let long = server(&[state("running"), gateway()]).await;
    assert!(matches!(submit(&long).await.wait().every(MOMENT).await, Err(Error::Http { status: 502, .. })));
    let first = server(&[gateway(), state("successful")]).await;
    assert!(submit(&first).await.wait().every(MOMENT).await.is_err());
}

#[tokio::test]
async fn client_that_repeats_requests_bears_more() {
    let busy = || ResponseTemplate::new(503).set_body_string("restarting");
    let retry = Retry::default().first_delay(MOMENT);
    let first = server(&[busy(), busy(), busy(), state("successful")]).await;
    submit_with(&first, retry).await.wait().every(MOMENT).await.expect("successful");
    let long = server(&[state("running"), busy()]).await;
    match submit_with(&long, retry).await.wait().every(MOMENT).await.expect_err("503 for ever") {
        Error::RetriesExhausted { attempts: 4, last } => assert_eq!(last.http_status(), Some(503)),
        error => panic!("{error}"),
    }
}

#[tokio::test]
async fn server_that_asks_for_time_gets_it() {
    let later = |seconds| state("running").insert_header("Retry-After", seconds);
    let patient = server(&[later("1"), state("successful")]).await;
    let begin = Instant::now();
    submit(&patient).await.wait().every(MOMENT).await.expect("successful");
    assert!(begin.elapsed() >= Duration::from_secs(1));
    // A request has a deadline, and a wait may have none. It waits as long as the server asks.
    let busy = ResponseTemplate::new(429).insert_header("Retry-After", "1");
    let server = server(&[state("running"), busy, state("successful")]).await;
    let client = Client::builder(format!("{}/api", server.uri())).timeout(Duration::from_millis(900)).build().expect("client");
    let job = client.execute("p", Execution::new()).await.expect("job");
    let begin = Instant::now();
    job.wait().every(MOMENT).await.expect("successful");
    assert!(begin.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn deadline_ends_the_waiting_but_not_the_job() {
    let server = server(&[state("running")]).await;
    let job = submit(&server).await;
    match job.wait().every(MOMENT).deadline(Duration::from_millis(100)).await.expect_err("deadline") {
        error @ Error::WaitTimeout { .. } => {
            assert!(error.to_string().contains("job 1 has not ended after 100ms (last status: running: because)"), "{error}");
        }
        error => panic!("{error}"),
    }
    let silent = ResponseTemplate::new(200).set_delay(Duration::from_secs(30));
    let server = self::server(&[silent]).await;
    let outcome = submit(&server).await.wait().deadline(Duration::from_millis(50)).await;
    assert!(matches!(outcome, Err(Error::WaitTimeout { last: None, .. })));
}

#[tokio::test]
async fn waiting_can_be_spawned() {
    let server = server(&[state("running"), state("successful")]).await;
    let job = submit(&server).await;
    let task = tokio::spawn(async move { job.wait().every(MOMENT).await });
    task.await.expect("task").expect("successful");
}
