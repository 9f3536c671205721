//! Scenario folders: their switches, and what is said of a wrong one.

use std::fs;
use std::path::Path;

use eoap_testbed::Scenario;
use serde_json::json;
use tempfile::TempDir;

use crate::client::{JOB, World, folder, inputs, scenario};

/// A copy of the scenario with a text of one of its files replaced.
pub(crate) fn copy(file: &str, from: &str, to: &str) -> TempDir {
    copied("water-bodies", file, from, to)
}

/// The same of another scenario.
pub(crate) fn copied(name: &str, file: &str, from: &str, to: &str) -> TempDir {
    let target = TempDir::new().unwrap();
    copy_folder(&scenario(name), target.path());
    let path = target.path().join(file);
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from), "{file} lacks {from:?}");
    fs::write(path, text.replace(from, to)).unwrap();
    target
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let (path, target) = (entry.as_ref().unwrap().path(), to.join(entry.as_ref().unwrap().file_name()));
        if path.is_dir() {
            copy_folder(&path, &target);
        } else {
            fs::copy(path, target).unwrap();
        }
    }
}

#[track_caller]
pub(crate) fn refused(scenario: &TempDir, file: &str, why: &str) {
    let error = Scenario::load(scenario.path()).expect_err(why).to_string();
    let is_here = error.contains(scenario.path().to_str().unwrap());
    assert!(is_here && error.contains(file) && error.contains(why), "{error}");
}

#[test]
fn scenarios_of_the_crate_need_no_path() {
    for (scenario, name) in [(Scenario::water_bodies(), "water-bodies"), (Scenario::literal(), "literal")] {
        assert_eq!(scenario.unwrap().name(), name);
    }
}

#[test]
fn what_a_test_returns_is_a_sentence() {
    let error = Scenario::load(Path::new("no/such/folder")).unwrap_err();
    assert!(error.to_string().starts_with("cannot read no/such/folder"), "{error}");
    assert_eq!(format!("{error:?}"), error.to_string());
}

#[test]
fn a_scenario_names_itself_and_its_files() {
    let scenario = Scenario::load(&folder()).unwrap();
    assert_eq!(scenario.name(), "water-bodies");
    let files = scenario.files();
    assert!(files.iter().all(|file| file.is_file()));
    let names = [
        "scenario.toml",
        "processes/water-bodies/logs.json",
        "processes/water-bodies/process.toml",
        "processes/echo/results.json",
    ];
    for name in names {
        assert!(files.contains(&folder().join(name)), "{name}");
    }
    assert_eq!(files.iter().filter(|file| file.ends_with("otsu.tif")).count(), 2);
    assert!(!files.iter().any(|file| file.ends_with("make_otsu.py")));
}

#[test]
fn what_is_wrong_is_named() {
    let wrong = copy("scenario.toml", "name = \"water-bodies\"", "name = water-bodies");
    refused(&wrong, "scenario.toml:2", "");
    let wrong = copy("scenario.toml", "region =", "regoin =");
    refused(&wrong, "scenario.toml:19", "did you mean `region`?");
    let wrong = copy("scenario.toml", "http://zoo-project", "https://zoo-project");
    refused(&wrong, "scenario.toml:6: server.root:", "http://");
    let wrong = copy("scenario.toml", "2025-08-20T13:42:57Z", "yesterday");
    refused(&wrong, "scenario.toml:23: s3.modified: ", "\"yesterday\" is not a date");
    let wrong = copy("processes/water-bodies/results.json", "\"stac_version\": \"1.0.0\",", "\"stac_version\" \"1.0.0\",");
    refused(&wrong, "processes/water-bodies/results.json:8", "expected `:`");
    let wrong = copy("processes/echo/process.toml", "status = \"successful\"", "status = \"running\"");
    refused(&wrong, "processes/echo/process.toml", "status: exactly the last status");
    let wrong = copy("processes/echo/description.json", "\"id\": \"echo\"", "\"id\": \"ehco\"");
    refused(&wrong, "processes/echo/description.json", "id: \"ehco\" is not the name of the folder");
    let wrong = copy("processes/echo/process.toml", "1f3b5c20-7dca-11f0-9c41", "1f3b5c20-7dcb-11f0-90ac");
    refused(&wrong, "processes/water-bodies/process.toml", "job: differs from the one of echo");
    let wrong = copy("scenario.toml", "region =", "region =");
    fs::remove_file(wrong.path().join("processes/echo/results.json")).unwrap();
    refused(&wrong, "processes/echo/results.json", "cannot read");
}

#[test]
fn values_are_named_with_their_line() {
    let server = "[server]\n";
    for (from, to, line, why) in [
        ("[server]\n", "[jobs]\nclock = \"fast\"\n[server]\n", 5, "jobs.clock: \"fast\" is neither \"poll\" nor \"real\""),
        ("[server]\n", "[jobs]\nclock = \"real\"\nspeed = 0.0\n[server]\n", 6, "jobs.speed: 0 is no speed"),
        ("[server]\n", "[jobs]\nspeed = 2.0\n[server]\n", 5, "jobs.speed: only the clock"),
        ("/acme/ogc-api", "/ac-me/ogc-api", 6, "server.root: \"http://zoo-project-dru-service/ac-me/ogc-api\" has to end with"),
        (server, "[server]\npersonality = \"zo\"\n", 5, "unknown variant `zo`, expected one of `zoo`, `pygeoapi`, `recorded`"),
        (
            server,
            "[[package]]\nhref = \"http://a/b.cwl\"\nfile = \"b.cwl\"\n[server]\n",
            6,
            "package.file: there is no file b.cwl",
        ),
        (server, "[[s3.object]]\npath = \"a\"\nmodified = \"b\"\n[server]\n", 5, "s3.object.path: there is no file s3/a"),
        (
            "    \"eoap-zoo-project-localstack.eoap-zoo-project:4566\"",
            "    \"not a host\"",
            16,
            "s3.hosts: \"not a host\" is not a host",
        ),
    ] {
        refused(&copy("scenario.toml", from, to), &format!("scenario.toml:{line}: "), why);
    }
    let process = "processes/water-bodies/process.toml";
    for (from, to, line, why) in [
        ("status = \"successful\"", "status = \"done\"", 43, "status.status: \"done\" is none of accepted, running"),
        ("updated = \"2025-08-20T13:42:59.640Z\"", "updated = \"later\"", 40, "status.updated: \"later\" is not a date"),
        ("repeat = 6", "after = \"soon\"", 34, "status.after: \"soon\" is no time"),
        ("repeat = 6", "repaet = 6", 34, "did you mean `repeat`?"),
        ("68046976-7dcb-11f0-90ac-2a20aea25780", "mine", 2, "job: \"mine\" is not a UUID"),
    ] {
        refused(&copy(process, from, to), &format!("{process}:{line}: "), why);
    }
}

// What would be served without a word, and be wrong.

#[test]
fn mistakes_in_results_are_named() {
    let results = "processes/greet/results.json";
    for (from, to, why) in [
        (
            "\"greeting\": \"Hello",
            "\"greting\": \"Hello",
            "greting: the description has no output of this name: did you mean `greeting`?",
        ),
        (
            "  \"greeting\": \"Hello, {{inputs.name}}!\",\n",
            "",
            "greeting: the description has this output, and the results have not",
        ),
        ("\"Hello, {{inputs.name}}!\",\n  \"card\"", "7,\n  \"card\"", "greeting: 7 is not of the type"),
        ("{{inputs.language}}", "{{inputs.langauge}}", "did you mean `inputs.language`?"),
    ] {
        refused(&copied("literal", results, from, to), results, why);
    }
    let water = "processes/water-bodies/results.json";
    let (job, other) = ("68046976-7dcb-11f0-90ac-2a20aea25780", "78046976-7dcb-11f0-90ac-2a20aea25780");
    refused(&copied("water-bodies", water, job, other), water, "and it does not name the job of the fixtures");
    refused(&copied("water-bodies", water, "otsu.tif", "ostu.tif"), water, "there is no object s3/results/");
    refused(&copied("water-bodies", water, "s3://results", "s3://reslts"), water, "there is no bucket \"reslts\"");
}

#[test]
fn mistakes_in_a_process_are_named() {
    let process = "processes/greet/process.toml";
    for (from, to, place, why) in [
        (
            "input = \"name\"",
            "input = \"nme\"",
            "process.toml:19: ",
            "failure.input: the process has no input \"nme\": did you mean `name`?",
        ),
        ("after = 1", "after = 2", "process.toml:21: ", "failure.after: a job has 2 statuses: it cannot fail after 2"),
        ("08:00:02.000Z", "07:00:02.000Z", "process.toml:15: ", "status.updated: \"2025-01-01T07:00:02.000Z\" is earlier"),
        ("08:00:02.012Z", "07:00:02.012Z", "process.toml:16: ", "status.finished: \"2025-01-01T07:00:02.012Z\" is earlier"),
        ("progress = 50", "progress = 400", "process.toml:8: ", "status.progress: 400 is not between 0 and 100"),
        (
            "[[failure]]",
            "[select]\ninput = \"nme\"\noutput = \"card\"\n\n[[failure]]",
            "process.toml:19: ",
            "select.input: the process has no input \"nme\"",
        ),
        (
            "[[failure]]",
            "[select]\ninput = \"name\"\noutput = \"crad\"\n\n[[failure]]",
            "process.toml:20: ",
            "select.output: the process has no output \"crad\": did you mean `card`?",
        ),
    ] {
        refused(&copied("literal", process, from, to), place, why);
    }
    let run = "processes/water-bodies/process.toml";
    refused(
        &copied("water-bodies", run, "\"water-bodies\"", "\"water-body\""),
        run,
        "run.built-in: there is no process \"water-body\" in the testbed",
    );
    refused(&copied("water-bodies", run, "after = 4", "after = 9"), run, "run.after: a job has 10 statuses");
}

#[test]
fn mistakes_in_scenes_are_named() {
    let scenes = "scenes/scenes.toml";
    refused(
        &copied("water-bodies", scenes, "to = \"2024-12-31\"", "to = \"2022-12-31\""),
        scenes,
        "the last day comes before the first one",
    );
    refused(
        &copied("water-bodies", scenes, "LC08_L2SP_044032_20231208_02_T1\"\nlevel", "LC08_L2SP_044032_20231209_02_T1\"\nlevel"),
        scenes,
        "no frame has a scene",
    );
}

#[test]
fn a_wrong_package_is_named() {
    let package = "processes/water-bodies/package.cwl";
    let wrong = copy(package, "    id: water-bodies\n", "    id: water-body\n");
    refused(&wrong, package, "Workflow 'water-bodies' not found");
    let wrong = copy(package, "cwlVersion: v1.0\n", "cwlVersion: [v1.0\n");
    refused(&wrong, &format!("{package}:10: "), "expected ',' or ']'");
    let wrong = copy(package, "        type: string[] # several", "        type: words # several");
    refused(&wrong, package, "Unsupported type for 'stac_items': \"words\"");
}

#[test]
fn a_scenario_that_extends_itself_is_refused() {
    let wrong = copy("scenario.toml", "[server]\n", "[server]\n");
    let text = fs::read_to_string(wrong.path().join("scenario.toml")).unwrap();
    fs::write(
        wrong.path().join("scenario.toml"),
        format!("extends = \"../{}\"\n{text}", wrong.path().file_name().unwrap().display()),
    )
    .unwrap();
    refused(&wrong, "scenario.toml:1: extends:", "extends this scenario in its turn");
    fs::write(wrong.path().join("scenario.toml"), format!("extends = \"../nowhere\"\n{text}")).unwrap();
    let error = Scenario::load(wrong.path()).unwrap_err().to_string();
    assert!(error.starts_with("cannot read") && error.contains("nowhere/scenario.toml"), "{error}");
}

#[test]
fn files_of_the_base_are_named_where_they_are() {
    let files = Scenario::load(&scenario("water-bodies-2024")).unwrap().files();
    for name in
        ["water-bodies-2024/scenario.toml", "water-bodies/scenario.toml", "water-bodies/processes/water-bodies/package.cwl"]
    {
        let is_named = files.iter().any(|file| file.canonicalize().unwrap().ends_with(name));
        assert!(is_named, "{name}");
    }
    assert!(!files.iter().any(|file| file.canonicalize().unwrap().ends_with("water-bodies/processes/water-bodies/process.toml")));
}

#[tokio::test]
async fn exceptions_may_have_another_prefix_and_media_type() {
    let to = "exceptions = \"https://example.org/exceptions/\"\nexceptions-media-type = \"application/json;encoding=utf-8\"\nrelations = \"https://www.opengis.net/def/rel/ogc/1.0\"";
    let scenario = copy("scenario.toml", "exceptions = \"http://www.opengis.net/def/rel/ogc/1.0/exception\"", to);
    let world = World::of(scenario.path());
    let reply = world.get("/jobs/nope").await;
    assert_eq!(reply.json()["type"], "https://example.org/exceptions/no-such-job");
    assert_eq!(reply.header("content-type"), "application/json;encoding=utf-8");
    let description = world.get("/processes/water-bodies").await.json();
    assert_eq!(description["links"][0]["rel"], "https://www.opengis.net/def/rel/ogc/1.0/execute");
}

#[tokio::test]
async fn the_shape_of_2024_has_neither_id_nor_first_progress() {
    let scenario = copy("scenario.toml", "status-shape = \"2025\"", "status-shape = \"2024\"");
    let world = World::of(scenario.path());
    let created = world.execute("water-bodies", &inputs()).await.json();
    assert_eq!((created.get("id"), created.get("progress")), (None, None));
    assert_eq!(created["jobID"], JOB);
    let documents = world.follow(JOB).await;
    assert_eq!((documents[2].get("id"), &documents[2]["progress"]), (None, &json!(23)));
}

#[tokio::test]
async fn a_job_may_be_unknown_for_a_while() {
    let scenario = copy("processes/water-bodies/process.toml", "accepted =", "unknown-for = 2\naccepted =");
    let world = World::of(scenario.path());
    world.execute("water-bodies", &inputs()).await;
    for expected in [404, 404, 200] {
        assert_eq!(world.get(&format!("/jobs/{JOB}")).await.status, expected);
    }
}

#[tokio::test]
async fn links_start_with_the_configured_root() {
    let root = "root = \"http://localhost:8080/acme/ogc-api\"";
    let scenario = copy("scenario.toml", "root = \"http://zoo-project-dru-service/acme/ogc-api\"", root);
    let world = World::of(scenario.path());
    let created = world.execute("water-bodies", &inputs()).await;
    assert_eq!(created.header("location"), format!("http://localhost:8080/acme/ogc-api/jobs/{JOB}"));
    assert_eq!(world.follow(JOB).await[9]["links"][2]["href"].as_str().unwrap().split('/').nth(2), Some("localhost:8080"));
}

#[tokio::test]
async fn a_process_is_added_by_adding_a_folder() {
    let scenario = copy("processes/echo/description.json", "Simply echo", "Simply repeat");
    let (from, to) = (scenario.path().join("processes/echo"), scenario.path().join("processes/parrot"));
    copy_folder(&from, &to);
    let description = fs::read_to_string(to.join("description.json")).unwrap().replace("\"id\": \"echo\"", "\"id\": \"parrot\"");
    fs::write(to.join("description.json"), description).unwrap();
    let process = fs::read_to_string(to.join("process.toml")).unwrap().replace("9c41", "9c42");
    fs::write(to.join("process.toml"), process).unwrap();
    let world = World::of(scenario.path());
    assert_eq!(world.get("/processes").await.json()["numberTotal"], 3);
    let created = world.execute("parrot", &json!({"a": "hello", "b": {}, "c": {"bbox": [0, 0, 1, 1]}})).await;
    assert_eq!(created.json()["jobID"], "1f3b5c20-7dca-11f0-9c42-2a20aea25780");
}
