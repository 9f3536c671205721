//! Results that are written down are those of the inputs that they were recorded for, and of no others.

use std::fs;

use eoap_testbed::{Personality, Scenario, Testbed};
use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{Client, ROOT, World};
use crate::scenarios::{copied, refused};

const PROCESS: &str = "processes/greet/process.toml";
const JOB: &str = "9d1f3a60-c7f5-11ef-8b51-0242ac120002";

/// Outputs of `greet` that do not depend on its inputs.
fn outputs(greeting: &str) -> Value {
    json!({
        "greeting": greeting,
        "card": {"value": {"to": "Ada"}},
        "letter": {"value": "Dear Ada", "format": {"mediaType": "text/plain"}},
        "stamp": {"value": "AAH/", "format": {"mediaType": "image/png", "encoding": "base64"}},
    })
}

/// The scenario `literal` with such results, and what `process.toml` says of them.
fn recorded(table: &str) -> TempDir {
    let scenario = copied("literal", PROCESS, "[[failure]]", &format!("{table}\n[[failure]]"));
    fs::write(scenario.path().join("processes/greet/results.json"), outputs("Hello, Ada!").to_string()).unwrap();
    scenario
}

#[tokio::test]
async fn a_job_with_other_inputs_fails_and_names_those_that_differ() {
    let scenario = recorded("[recorded]\ninputs = { name = \"Ada\" }\nany = [\"stamp\"]\n");
    let world = World::of(scenario.path());
    for inputs in [
        json!({"name": "Ada"}),
        json!({"name": {"value": "Ada"}, "language": "en", "stamp": "AAAA"}),
        // An input that the description does not have reaches no process.
        json!({"name": "Ada", "mood": "good"}),
    ] {
        let last = world.last_status("greet", &inputs).await;
        assert_eq!(last["status"], "successful", "{last}");
    }
    assert_eq!(world.get(&format!("/jobs/{JOB}/results")).await.json()["greeting"], "Hello, Ada!");
    for (inputs, differing) in [
        (json!({"name": "Eve"}), "those where name is \"Ada\", not \"Eve\"."),
        (json!({"name": "Ada", "language": "la"}), "those where language is \"en\", not \"la\"."),
        (json!({"name": "Eve", "language": "la"}), "language is \"en\", not \"la\""),
    ] {
        let last = world.last_status("greet", &inputs).await;
        assert_eq!(last["status"], "failed", "{last}");
        let message = last["message"].as_str().unwrap();
        assert!(message.contains("The scenario has no results for these inputs") && message.contains(differing), "{message}");
    }
    // At once, too.
    let url = format!("{ROOT}/processes/greet/execution");
    let reply = world.send(Method::POST, &url, &[], json!({"inputs": {"name": "Eve"}}).to_string()).await;
    assert_eq!(reply.status, 500);
    assert!(reply.json()["detail"].as_str().unwrap().contains("name is \"Ada\", not \"Eve\""), "{}", reply.text());
}

#[tokio::test]
async fn so_it_is_as_pygeoapi() {
    let scenario = recorded("[recorded]\ninputs = { name = \"Ada\" }\nany = [\"stamp\"]\n");
    let scenario = Scenario::load(scenario.path()).unwrap().with_personality(Personality::Pygeoapi);
    let testbed = Testbed::start(&scenario).unwrap();
    let client = Client(&testbed);
    for (name, status) in [("Ada", 200), ("Eve", 400)] {
        let body = json!({"inputs": {"name": name}}).to_string();
        let reply = client.send(Method::POST, &format!("{ROOT}/processes/greet/execution"), &[], body).await;
        assert_eq!(reply.status, status, "{}", reply.text());
        if status == 400 {
            assert!(reply.text().contains("name is \\\"Ada\\\", not \\\"Eve\\\""), "{}", reply.text());
        }
    }
}

#[test]
fn it_has_to_be_known_what_results_are_for() {
    let why =
        "recorded.inputs: it is not known which \"name\" the results are for: give it a value, write {{inputs.name}} into the";
    refused(&recorded(""), PROCESS, why);
    refused(&recorded("[recorded]\ninputs = { nme = \"Ada\" }\n"), "process.toml:19: ", "no input \"nme\": did you mean `name`?");
    refused(&recorded("[recorded]\nany = [\"nme\"]\n"), "process.toml:19: ", "no input \"nme\": did you mean `name`?");
    let both = "[recorded]\ninputs = { name = \"Ada\" }\nany = [\"name\"]\n";
    refused(&recorded(both), "process.toml:20: ", "recorded.any: \"name\" cannot be anything");
    let run = "[recorded]\ninputs = { name = \"Ada\" }\n[run]\ncommand = [\"true\"]\nafter = 0\n";
    refused(&recorded(run), PROCESS, "recorded: what is carried out has results for all inputs");
}

/// The scenario `literal` with a table of results.
fn table(files: &[(&str, Value)]) -> TempDir {
    let scenario = copied("literal", PROCESS, "created =", "created =");
    let folder = scenario.path().join("processes/greet");
    fs::remove_file(folder.join("results.json")).unwrap();
    fs::create_dir(folder.join("results")).unwrap();
    for (name, document) in files {
        fs::write(folder.join("results").join(name), document.to_string()).unwrap();
    }
    scenario
}

#[tokio::test]
async fn a_table_has_results_by_inputs_and_placeholders_in_them() {
    let mut of_all = outputs("Salve, {{inputs.name}}!");
    of_all["card"] = json!({"value": {"stamp": "{{inputs.stamp}}"}});
    let scenario = table(&[
        ("ada.json", json!({"inputs": {"name": "Ada", "stamp": "AAAA"}, "outputs": outputs("Good day, Ada")})),
        ("latin.json", json!({"inputs": {"language": "la"}, "outputs": of_all})),
    ]);
    let world = World::of(scenario.path());
    let greeting = async |inputs: Value| {
        let last = world.last_status("greet", &inputs).await;
        let job = last["jobID"].as_str().unwrap();
        match last["status"].as_str().unwrap() {
            "successful" => world.get(&format!("/jobs/{job}/results")).await.json()["greeting"].as_str().unwrap().to_owned(),
            _ => last["message"].as_str().unwrap().to_owned(),
        }
    };
    assert_eq!(greeting(json!({"name": "Ada", "stamp": "AAAA"})).await, "Good day, Ada");
    assert_eq!(greeting(json!({"name": "Bob", "language": "la"})).await, "Salve, Bob!");
    let other = greeting(json!({"name": "Bob"})).await;
    assert!(other.ends_with("those where language is \"la\", not \"en\"."), "{other}");
}

#[test]
fn mistakes_of_a_table_are_named() {
    let ada = || json!({"inputs": {"name": "Ada", "stamp": "AAAA"}, "outputs": outputs("Hello")});
    let at = |file: &str| format!("processes/greet/results/{file}");
    refused(&table(&[]), "processes/greet/results", "there are no results: no file ends with .json");
    refused(&table(&[("a.json", json!({}))]), &at("a.json"), "the objects inputs and outputs");
    let same = table(&[("a.json", ada()), ("b.json", ada())]);
    refused(&same, &at("b.json"), "inputs: they are those of processes/greet/results/a.json, too");
    let mut wrong = ada();
    wrong["inputs"] = json!({"nme": "Ada"});
    refused(&table(&[("a.json", wrong)]), &at("a.json"), "the process has no input \"nme\": did you mean `name`?");
    let mut wrong = ada();
    wrong["outputs"]["greting"] = json!("Hello");
    refused(&table(&[("a.json", wrong)]), &at("a.json"), "greting: the description has no output of this name: did you mean");
}

#[test]
fn every_mistake_of_a_scenario_is_found_at_once() {
    let scenario = copied("literal", "scenario.toml", "region =", "regoin =");
    let replace = |file: &str, from: &str, to: &str| {
        let path = scenario.path().join(file);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from}");
        fs::write(path, text.replacen(from, to, 1)).unwrap();
    };
    replace("scenario.toml", "2025-01-01T00", "2025-13-01T00");
    replace(PROCESS, "progress = 50", "progress = 500");
    replace(PROCESS, "status = \"successful\"", "status = \"succesful\"");
    replace(PROCESS, "input = \"name\"", "input = \"nam\"");
    replace(PROCESS, "message = \"There", "mesage = \"There");
    replace("processes/greet/results.json", "\"greeting\": \"Hello, {{inputs.name}}!\",", "\"greting\": \"{{inputs.nme}}\",");
    let mistakes = Scenario::check(scenario.path()).expect_err("mistakes");
    let texts: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    let has = |file: &str, why: &str| texts.iter().any(|text| text.contains(file) && text.contains(why));
    assert!(has("scenario.toml:10", "did you mean `region`?"), "{texts:#?}");
    assert!(has(PROCESS, "did you mean `message`?"), "{texts:#?}");
    // What a file lacks is said first: its values are looked at when it is whole.
    replace(PROCESS, "mesage = \"There", "message = \"There");
    replace("scenario.toml", "regoin =", "region =");
    let mistakes = Scenario::check(scenario.path()).expect_err("mistakes");
    let texts: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    for (file, why) in [
        ("scenario.toml:13", "s3.modified: \"2025-13-01T00:00:00Z\" is not a date"),
        ("process.toml:8", "status.progress: 500 is not between 0 and 100"),
        ("process.toml:13", "\"succesful\" is none of accepted, running, paused, successful, failed: did you mean `successful`?"),
        ("process.toml:19", "no input \"nam\": did you mean `name`?"),
    ] {
        assert!(texts.iter().any(|text| text.contains(file) && text.contains(why)), "{file} {why}: {texts:#?}");
    }
    for (file, from, to) in [
        ("scenario.toml", "2025-13", "2025-12"),
        (PROCESS, "progress = 500", "progress = 50"),
        (PROCESS, "\"succesful\"", "\"successful\""),
        (PROCESS, "\"nam\"", "\"name\""),
    ] {
        replace(file, from, to);
    }
    let mistakes = Scenario::check(scenario.path()).expect_err("mistakes");
    assert_eq!(mistakes.len(), 3, "an unknown output, a missing one, a placeholder: {mistakes:#?}");
    replace("processes/greet/results.json", "\"greting\": \"{{inputs.nme}}\",", "\"greeting\": \"{{inputs.name}}\",");
    assert_eq!(Scenario::check(scenario.path()).unwrap().processes(), ["greet"]);
}

#[tokio::test]
async fn the_scenario_to_begin_with_is_right_and_computes_nothing_else() {
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("sta\"tion");
    let files = Scenario::start(&folder).unwrap();
    assert!(files.iter().all(|file| file.is_file()) && files.len() == 5);
    let scenario = Scenario::check(&folder).unwrap();
    assert_eq!((scenario.name(), scenario.processes(), scenario.object_count()), ("sta\"tion", vec!["field"], 1));
    let again = Scenario::start(&folder).unwrap_err().to_string();
    assert!(again.contains("is there already: name a new folder"), "{again}");

    let testbed = Testbed::start(&scenario).unwrap();
    let client = Client(&testbed);
    let root = "http://processes.example/acme/ogc-api";
    for (inputs, status) in [
        (json!({"area": [12.6, 41.7, 12.8, 41.9]}), 200),
        (json!({"area": [2.2, 48.8, 2.4, 48.9]}), 500),
        (json!({"area": [12.6, 41.7, 12.8, 41.9], "year": 1970}), 500),
    ] {
        let body = json!({"inputs": inputs, "response": "document"}).to_string();
        let reply = client.send(Method::POST, &format!("{root}/processes/field/execution"), &[], body).await;
        assert_eq!(reply.status, status, "{}", reply.text());
    }
}

/// A scenario whose jobs are forgotten.
fn forgetful(after: &str) -> TempDir {
    copied("literal", "scenario.toml", "[s3]", &format!("[jobs]\nexpire-after = {after}\n\n[s3]"))
}

/// Executes the process, and comes back when its job is over.
async fn over(world: &World) -> String {
    let last = world.last_status("greet", &json!({"name": "Ada"})).await;
    last["jobID"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_job_that_is_over_is_forgotten_after_so_many_requests() {
    let world = World::of(forgetful("2").path());
    let job = over(&world).await;
    for path in [format!("/jobs/{job}/results"), format!("/jobs/{job}")] {
        assert_eq!(world.get(&path).await.status, 200, "{path}");
    }
    assert_eq!(world.get("/jobs").await.json()["numberTotal"], 0);
    for path in [format!("/jobs/{job}"), format!("/jobs/{job}/results"), format!("/jobs/{job}/results/greeting")] {
        let reply = world.get(&path).await;
        assert_eq!((reply.status, &reply.json()["title"]), (404, &json!("NoSuchJob")), "{path}");
    }
    // A later job has another id.
    assert_ne!(over(&world).await, job);
}

#[tokio::test]
async fn or_after_a_time() {
    let world = World::of(forgetful("\"300ms\"").path());
    let job = over(&world).await;
    tokio::time::sleep(std::time::Duration::from_millis(350)).await;
    assert_eq!(world.get(&format!("/jobs/{job}/results")).await.status, 404);
    let wrong = forgetful("\"soon\"");
    refused(&wrong, "scenario.toml:9: ", "jobs.expire-after: \"soon\" is neither a number of requests nor a time like");
}

#[tokio::test]
async fn a_gateway_before_pygeoapi_wants_the_token_too() {
    let scenario = copied("literal", "scenario.toml", "[server]\n", "[server]\ntoken = \"open-sesame\"\n");
    let scenario = Scenario::load(scenario.path()).unwrap().with_personality(Personality::Pygeoapi);
    let testbed = Testbed::start(&scenario).unwrap();
    let client = Client(&testbed);
    for (token, status) in [(None, 401), (Some("Bearer open-barley"), 403), (Some("Bearer open-sesame"), 200)] {
        let headers: Vec<(&str, &str)> = token.map(|token| ("authorization", token)).into_iter().collect();
        let reply = client.send(Method::GET, &format!("{ROOT}/processes"), &headers, "").await;
        assert_eq!(reply.status, status, "{token:?}");
    }
}
