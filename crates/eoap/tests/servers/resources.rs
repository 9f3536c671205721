//! A server's description of itself and its processes, before anything is executed.

use eoap::{Error, Execution, ProblemKind};

use crate::peer::{Feature, on_every_server};

#[tokio::test]
async fn server_introduces_itself() {
    on_every_server("landing page, conformance, API definition", async |server| {
        let page = server.client.landing_page().await?;
        assert!(page.title.is_some(), "{page}");
        let relations = ["self", "service-desc", "conformance", "processes", "job-list"];
        let missing: Vec<_> = relations.into_iter().filter(|relation| page.link(relation).is_none()).collect();
        assert_eq!(missing.is_empty(), server.has(Feature::StandardRelations), "{missing:?} are not in\n{page}");
        let conformance = server.client.conformance().await?;
        assert!(conformance.has("ogcapi-processes-1/1.0/conf/core"), "{conformance}");
        let classes = ["json", "ogc-process-description", "callback"];
        let missing: Vec<_> =
            classes.into_iter().filter(|class| !conformance.has(&format!("ogcapi-processes-1/1.0/conf/{class}"))).collect();
        assert_eq!(missing.is_empty(), server.has(Feature::DeclaredClasses), "{missing:?} are not in\n{conformance}");
        let declared = server.has(Feature::DeclaredJobs);
        for (class, is_served) in [("job-list", true), ("dismiss", server.has(Feature::Dismissal))] {
            assert_eq!(conformance.has(&format!("ogcapi-processes-1/1.0/conf/{class}")), declared && is_served, "{class}");
        }
        let api = server.client.api().await?;
        for path in ["/conformance", "/processes", "/jobs"] {
            assert!(api.methods(path).iter().any(|method| method == "GET"), "GET {path} is not in\n{api}");
        }
        let executions: Vec<&str> = api.paths().into_iter().filter(|path| path.ends_with("/execution")).collect();
        assert!(!executions.is_empty(), "{api}");
        assert!(executions.iter().all(|path| api.methods(path) == ["POST"]), "{api}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn processes_are_listed_page_by_page() {
    on_every_server("process list", async |server| {
        let list = server.client.processes().await?;
        let ids: Vec<&str> = list.processes.iter().map(|process| process.id.as_str()).collect();
        let mut sorted = ids.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, ["hello-world", "shout", "wait"]);
        if server.has(Feature::OrderedProcesses) {
            assert_eq!(ids, sorted);
        }
        let first = server.client.processes().limit(1).await?.processes.len();
        assert_eq!(first, if server.has(Feature::Limits) { 1 } else { ids.len() });

        let reached = if server.has(Feature::ProcessPages) { &ids[..] } else { &ids[..1] };
        let all = server.client.processes().limit(1).all().await?;
        assert_eq!(all.processes.iter().map(|process| process.id.as_str()).collect::<Vec<_>>(), reached);
        let mut stream = server.client.processes().limit(1).stream();
        let mut streamed = Vec::new();
        while let Some(process) = stream.next().await {
            streamed.push(process?.id);
        }
        assert_eq!(streamed, reached);
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn execution_is_checked_against_the_description() {
    on_every_server("description and validation", async |server| {
        let process = server.client.process("hello-world").await?;
        assert_eq!((process.id.as_str(), process.version.as_deref()), ("hello-world", Some("0.2.0")));
        let is_required = |name: &str| process.input(name).expect(name).is_required();
        assert!(is_required("name") && !is_required("message"), "{process}");
        assert!(process.output("echo").is_some(), "{process}");
        assert_eq!(process.link("execute").is_some(), server.has(Feature::ExecuteLink), "{process}");
        let says = server.has(Feature::ExecutionModes);
        for mode in ["sync-execute", "async-execute"] {
            assert_eq!(process.job_control_options.iter().any(|option| option == mode), says, "{process}");
        }

        process.validate(&Execution::new().input("name", "World").input("message", "How do you do?"))?;
        let wrong = Execution::new().input("nmae", "World").input("message", 5);
        let Err(Error::InvalidInputs { problems, .. }) = wrong.validated(&process) else { panic!("it is wrong") };
        let about: Vec<_> = problems.iter().filter_map(|problem| Some(problem.split_once(": ")?.0)).collect();
        assert_eq!(about, ["nmae", "message", "name"], "{problems:?}");
        Ok(())
    })
    .await;
}

#[tokio::test]
async fn unknown_process_is_called_that() {
    on_every_server("unknown process", async |server| {
        let described = server.client.process("nope").await.expect_err("there is none");
        let executed = server.client.execute("nope", Execution::new()).await.expect_err("there is none");
        let executed_sync = server.client.execute_sync("nope", Execution::new()).await.expect_err("there is none");
        for error in [described, executed, executed_sync] {
            assert_eq!((error.problem_kind(), error.http_status()), (Some(ProblemKind::NoSuchProcess), Some(404)), "{error}");
        }
        Ok(())
    })
    .await;
}
