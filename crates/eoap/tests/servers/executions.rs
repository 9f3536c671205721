//! Executing a process: as a job, synchronously, or as the server prefers; and executions that cannot
//! succeed.

use std::time::Duration;

use eoap::{Error, Execution, Prefer, ProblemKind, Response, Status, Submitted};

use crate::peer::{Feature, as_job, on_every_server};

const OFTEN: Duration = Duration::from_millis(20);

#[tokio::test]
async fn process_runs_as_a_job() {
    on_every_server("asynchronous execution", async |server| {
        for response in [None, Some(Response::Document)] {
            let execution = as_job().input("name", "World");
            let execution = response.map_or(execution.clone(), |response| execution.response(response));
            let job = server.client.execute("hello-world", &execution).await?;
            assert_eq!(job.process_id(), Some("hello-world"));
            let status = job.wait().every(OFTEN).deadline(Duration::from_secs(30)).await?;
            assert_eq!((status.id(), status.process_id.as_deref()), (Some(job.id()), Some("hello-world")));
            assert!(status.duration().is_some(), "{status:#?}");
            assert_eq!(status.link("results").is_some(), server.has(Feature::ResultsLink), "{status:#?}");
            assert_eq!(job.results().await?.parse::<String>("echo")?, "Hello World!");
            // A client that finds the job later gets the same.
            assert_eq!(server.client.job(job.id()).results().await?.parse::<String>("echo")?, "Hello World!");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn process_runs_at_once() {
    on_every_server("synchronous execution", async |server| {
        let hello = Execution::new().input("name", "World");
        if !server.has(Feature::Synchronous) {
            let refused = server.client.execute_sync("hello-world", &hello).await.expect_err("it makes a job");
            let Error::AnsweredAsynchronously { job, .. } = refused else { panic!("{refused}") };
            // The job that was made is not lost.
            server.client.job(&job).wait().every(OFTEN).await?;
            assert_eq!(server.client.job(job).results().await?.parse::<String>("echo")?, "Hello World!");
            return Ok(());
        }
        for execution in [hello.clone(), hello.response(Response::Document)] {
            assert_eq!(server.client.execute_sync("hello-world", &execution).await?.parse::<String>("echo")?, "Hello World!");
        }
        let shout = Execution::new().input("text", "hey").output("loud");
        let document = server.client.execute_sync("shout", shout.clone().response(Response::Document)).await;
        if server.has(Feature::TextInDocument) {
            assert_eq!(document?.get("loud")?.text()?, "hey!");
        } else {
            assert_eq!(document.expect_err("it fails").problem_kind(), Some(ProblemKind::InvalidParameterValue));
        }
        let loud = server.client.execute_sync("shout", shout.response(Response::Raw)).await?.get("loud")?;
        assert_eq!((loud.media_type().map(essence), loud.text()?), (Some("text/plain"), "hey!".to_owned()));

        let wait = server.client.execute_sync("wait", Execution::new().input("seconds", 0)).await;
        if server.has(Feature::AllAtOnce) {
            assert_eq!(wait?.parse::<f64>("waited")?, 0.0);
        } else {
            assert_eq!(wait.expect_err("refused").problem_kind(), Some(ProblemKind::Other("None".into())));
        }
        Ok(())
    })
    .await;
}

fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default()
}

#[tokio::test]
async fn server_chooses_how_to_run() {
    on_every_server("submission", async |server| {
        let hello = Execution::new().input("name", "World");
        // Without a wish nearly every server runs it at once; with one, all that can make a job of it do.
        let unasked = server.client.submit("hello-world", hello.clone().prefer(Prefer::Nothing)).await?;
        assert_eq!(matches!(unasked, Submitted::Results(_)), server.has(Feature::Synchronous), "{unasked:?}");
        let asked = server.client.submit("hello-world", hello.clone().prefer(Prefer::RespondAsync)).await?;
        assert!(matches!(asked, Submitted::Job(_)), "{asked:?}");
        let by_default = server.client.submit("hello-world", &hello).await?;
        assert_eq!(matches!(by_default, Submitted::Job(_)), server.has(Feature::PreferAmongOthers), "{by_default:?}");
        for submitted in [unasked, asked, by_default] {
            assert_eq!(submitted.results().await?.only()?.text()?, "Hello World!");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn default_works_and_only_one_preference_makes_jobs_everywhere() {
    on_every_server("preferences", async |server| {
        // Different ones, for fastprocesses keeps results of the same inputs.
        for (seconds, prefer, goes_on) in [
            (1.0, Prefer::default(), server.has(Feature::PreferAmongOthers)),
            (1.01, Prefer::respond_async_after(1), server.has(Feature::PreferAmongOthers)),
            (1.02, Prefer::RespondAsync, true),
        ] {
            // Either way there is a job. If it is still at work, the server has not kept the client waiting.
            let job = server.client.execute("wait", Execution::new().input("seconds", seconds).prefer(prefer.clone())).await?;
            assert_eq!(!job.status().await?.status.is_finished(), goes_on, "{prefer:?}");
            job.wait().every(OFTEN).await?;
            assert_eq!(job.results().await?.parse::<f64>("waited")?, seconds, "{prefer:?}");
        }
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn missing_input_is_an_error() {
    on_every_server("missing input", async |server| {
        let at_once = server.client.execute_sync("hello-world", Execution::new()).await.expect_err("an input is missing");
        assert_eq!(at_once.http_status(), Some(400), "{at_once}");
        assert_eq!(at_once.problem_kind(), Some(server.missing_input.clone()), "{at_once}");
        let made = server.client.execute("hello-world", as_job()).await;
        if !server.has(Feature::JobBeforeCheck) {
            assert_eq!(made.expect_err("an input is missing").http_status(), Some(400));
            return Ok(());
        }
        let error = made?.wait().every(OFTEN).await.expect_err("an input is missing");
        assert!(matches!(error, Error::JobFailed { .. }), "{error}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn failed_job_says_why_and_has_no_results() {
    on_every_server("failed job", async |server| {
        let (process, execution) = server.failing();
        let job = server.client.execute(process, &execution).await?;
        let Err(Error::JobFailed { status, .. }) = job.wait().every(OFTEN).await else { panic!("{job} does not fail") };
        assert_eq!((status.id(), &status.status), (Some(job.id()), &Status::Failed));
        assert!(status.message.as_ref().is_some_and(|message| !message.is_empty()), "{status}");
        let error = job.results().await.expect_err("it has failed");
        assert!(matches!(error, Error::Api { .. }) && !error.is_no_such_job(), "{error}");
        assert_ne!(error.problem_kind(), Some(ProblemKind::ResultNotReady), "{error}");
        Ok(())
    })
    .await;
}
