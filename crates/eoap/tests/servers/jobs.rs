//! Jobs from outside: unknown ones, the list, results that are asked for too early, and dismissal.

use std::time::Duration;

use eoap::{Error, Job, ProblemKind, Status};

use crate::peer::{Feature, Peer, as_job, on_every_server};

const OFTEN: Duration = Duration::from_millis(20);

/// A job that has ended.
async fn finished(server: &Peer, process: &str, input: &str) -> eoap::Result<Job> {
    let job = server.client.execute(process, as_job().input(input, "hey")).await?;
    job.wait().every(OFTEN).await?;
    Ok(job)
}

/// Nothing that can be asked of the job finds it, and every answer says so.
async fn assert_gone(server: &Peer, job: &Job) -> eoap::Result<()> {
    let status = job.status().await.expect_err("there is no such job");
    let results = job.results().await.expect_err("there is no such job");
    let dismissed = job.dismiss().await.expect_err("there is no such job");
    let dismissed = server.has(Feature::Dismissal).then_some(dismissed);
    let awaited = job.wait().every(OFTEN).await.expect_err("there is no such job");
    assert!(matches!(awaited, Error::JobLost { .. }), "{awaited}");
    let named = if server.has(Feature::NoSuchJobStatus) { ProblemKind::NoSuchJob } else { ProblemKind::InvalidParameterValue };
    assert_eq!(status.problem_kind(), Some(named), "{status}");
    for error in [Some(&results), dismissed.as_ref()].into_iter().flatten() {
        assert_eq!(error.problem_kind(), Some(ProblemKind::NoSuchJob), "{error}");
    }
    for error in [Some(status), Some(results), dismissed, Some(awaited)].into_iter().flatten() {
        assert!(error.is_no_such_job(), "{error}");
        assert_eq!(error.http_status(), Some(404), "{error}");
    }
    assert!(server.client.jobs().limit(1000).all().await?.get(job.id()).is_none(), "{job} is still listed");
    Ok(())
}

/// The server does not dismiss jobs, and says so.
async fn assert_not_dismissed(job: &Job) -> eoap::Result<()> {
    let error = job.dismiss().await.expect_err("the server does not have this");
    assert_eq!(error.http_status(), Some(405), "{error}");
    job.status().await.map(drop)
}

#[tokio::test]
async fn unknown_job_is_called_that() {
    on_every_server("unknown job", async |server| {
        assert_gone(server, &server.client.job("00000000-0000-0000-0000-000000000000")).await
    })
    .await;
}

#[tokio::test]
async fn jobs_are_listed_page_by_page_and_filtered() {
    on_every_server("job list", async |server| {
        let (hello, shout) = (finished(server, "hello-world", "name").await?, finished(server, "shout", "text").await?);
        let list = server.client.jobs().limit(1000).await?;
        for (job, process) in [(&hello, "hello-world"), (&shout, "shout")] {
            let listed = list.get(job.id()).expect("the job is listed");
            assert_eq!((listed.process_id.as_deref(), &listed.status), (Some(process), &Status::Successful));
        }

        let mut stream = server.client.jobs().limit(1).stream();
        let mut streamed = Vec::new();
        while let Some(job) = stream.next().await {
            streamed.push(job?.id().expect("an identifier").to_owned());
        }
        let mut listed: Vec<_> = list.jobs.iter().filter_map(|job| job.id()).map(str::to_owned).collect();
        streamed.sort();
        listed.sort();
        assert_eq!(streamed, listed);

        // Whether the server obeys them or not.
        let shouts = server.client.jobs().process_id("shout").status(Status::Successful).limit(1000).await?;
        assert!(shouts.get(shout.id()).is_some(), "{shouts}");
        assert!(shouts.get(hello.id()).is_none(), "{shouts}");
        let failed = server.client.jobs().status([Status::Failed, Status::Running]).limit(1000).await?;
        assert!(failed.get(shout.id()).is_none(), "{failed}");
        let later = server.client.jobs().datetime("2100-01-01T00:00:00Z"..).limit(1000).await?;
        assert!(later.jobs.is_empty(), "{later}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn running_job_has_no_results_and_can_be_dismissed() {
    on_every_server("results too early, dismissal of a running job", async |server| {
        let job = server.client.execute("wait", as_job().input("seconds", 1)).await?;
        let error = job.results().await.expect_err("it runs");
        let answer = if server.has(Feature::NotReadyIsNotFound) { 404 } else { 403 };
        assert_eq!((error.problem_kind(), error.http_status()), (Some(ProblemKind::ResultNotReady), Some(answer)), "{error}");
        if !server.has(Feature::Dismissal) {
            return assert_not_dismissed(&job).await;
        }
        let status = job.dismiss().await?;
        assert_eq!((status.id(), &status.status), (Some(job.id()), &Status::Dismissed));
        if !server.has(Feature::DismissalOfRunning) {
            assert!(server.client.jobs().limit(1000).all().await?.get(job.id()).is_some(), "{job} is gone");
            return Ok(());
        }
        assert_gone(server, &job).await
    })
    .await;
}

#[tokio::test]
async fn finished_job_can_be_dismissed() {
    on_every_server("dismissal of a finished job", async |server| {
        let job = finished(server, "shout", "text").await?;
        assert_eq!(job.results().await?.only()?.text()?, "hey!");
        if !server.has(Feature::Dismissal) {
            return assert_not_dismissed(&job).await;
        }
        assert_eq!(job.dismiss().await?.status, Status::Dismissed);
        assert_gone(server, &job).await
    })
    .await;
}

#[tokio::test]
async fn one_output_has_its_own_address() {
    on_every_server("a single output of a job", async |server| {
        let job = finished(server, "shout", "text").await?;
        let loud = job.output("loud").await;
        if server.has(Feature::SingleOutput) {
            assert_eq!(loud?.text()?, "hey!");
            let error = job.output("nope").await.expect_err("there is no such output");
            assert_eq!(error.problem_kind(), Some(ProblemKind::NoSuchOutput), "{error}");
        } else {
            let error = loud.expect_err("there is no such resource");
            assert!(matches!(error, Error::Http { .. } | Error::Api { .. }) && error.http_status() == Some(404), "{error}");
            assert_ne!(error.problem_kind(), Some(ProblemKind::NoSuchOutput), "{error}");
        }
        Ok(())
    })
    .await;
}
