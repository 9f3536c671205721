//! Processes whose work a scenario brings: commands, and results by inputs.

use std::fs;
use std::time::{Duration, Instant};

use http::Method;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::{ROOT, S3, World};
use crate::scenarios::{copied, refused};

const JOB: &str = "9d1f3a60-c7f5-11ef-8b51-0242ac120002";

/// The scenario `literal`, whose process is this shell script.
fn step(script: &str, more: &str) -> TempDir {
    let run = format!("[run]\ncommand = [\"sh\", \"step.sh\"]\nafter = 0\n{more}\n[[failure]]");
    let scenario = copied("literal", "processes/greet/process.toml", "[[failure]]", &run);
    fs::remove_file(scenario.path().join("processes/greet/results.json")).unwrap();
    fs::write(scenario.path().join("processes/greet/step.sh"), script).unwrap();
    scenario
}

#[tokio::test]
async fn a_command_has_inputs_as_json_and_gives_outputs_and_files() {
    let script = r#"
        cat > request.json
        name=$(sed 's/.*"name":"\([^"]*\)".*/\1/' request.json)
        job=$(sed 's/.*"job":"\([^"]*\)".*/\1/' request.json)
        mkdir -p "s3/results/$job"
        printf 'Dear %s' "$name" > "s3/results/$job/letter.txt"
        printf '{"greeting": "Hello, %s", "card": {"value": {"at": "s3://results/%s/letter.txt"}}}' "$name" "$job"
    "#;
    let scenario = step(script, "");
    let world = World::of(scenario.path());
    for (job, name) in [(JOB, "Ada"), ("9d1f3a61-c7f5-11ef-8b51-0242ac120002", "Bob")] {
        let last = world.last_status("greet", &json!({"name": name})).await;
        assert_eq!(last["status"], "successful", "{last}");
        let results = world.get(&format!("/jobs/{job}/results")).await.json();
        assert_eq!(results["greeting"], format!("Hello, {name}"));
        assert_eq!(results["card"]["value"]["at"], format!("s3://results/{job}/letter.txt"));
        let letter = world.s3(Method::GET, &format!("{S3}/results/{job}/letter.txt"), &[], b"").await;
        assert_eq!(letter.text(), format!("Dear {name}"));
    }
    // At once, too.
    let url = format!("{ROOT}/processes/greet/execution");
    let body = json!({"inputs": {"name": "Eve"}, "response": "document"}).to_string();
    assert_eq!(world.send(Method::POST, &url, &[], body).await.json()["greeting"], "Hello, Eve");
}

#[tokio::test]
async fn a_command_that_fails_says_why_and_one_that_lasts_is_ended() {
    let says = async |script: &str, more: &str| {
        let last = World::of(step(script, more).path()).last_status("greet", &json!({"name": "Ada"})).await;
        assert_eq!(last["status"], "failed");
        last["message"].as_str().unwrap().to_owned()
    };
    assert!(says("echo 'There is nobody.' >&2; exit 3", "").await.ends_with("following: There is nobody."));
    assert!(says("exit 3", "").await.contains("ended with exit status: 3"));
    assert!(says("echo hello", "").await.contains("has to write its outputs as a JSON object to standard output"));
    assert!(says("echo '[]'", "").await.contains("has to write an object, outputs by name, and not []"));
    let started = Instant::now();
    // The processes that it has started end with it, and nobody waits for them.
    let lasting = says("sleep 60 & sleep 60", "timeout = \"200ms\"").await;
    assert!(lasting.contains("took longer than 200ms") && started.elapsed() < Duration::from_secs(20), "{lasting}");
}

#[tokio::test]
async fn results_by_inputs_are_those_of_these_inputs_and_of_no_others() {
    let scenario = copied("literal", "processes/greet/process.toml", "created =", "created =");
    let folder = scenario.path().join("processes/greet");
    let outputs: Value = serde_json::from_slice(&fs::read(folder.join("results.json")).unwrap()).unwrap();
    fs::remove_file(folder.join("results.json")).unwrap();
    fs::create_dir(folder.join("results")).unwrap();
    for name in ["Ada", "Bob"] {
        let mut outputs = outputs.clone();
        outputs["greeting"] = json!(format!("Good day, {name}"));
        fs::write(folder.join(format!("results/{name}.json")), json!({"inputs": {"name": name}, "outputs": outputs}).to_string())
            .unwrap();
    }
    let world = World::of(scenario.path());
    assert_eq!(world.last_status("greet", &json!({"name": "Bob"})).await["status"], "successful");
    assert_eq!(world.get(&format!("/jobs/{JOB}/results")).await.json()["greeting"], "Good day, Bob");
    let other = world.last_status("greet", &json!({"name": "Eve"})).await;
    assert_eq!(other["status"], "failed");
    assert!(
        other["message"]
            .as_str()
            .unwrap()
            .contains("no results for these inputs; the nearest that it has are those where name is \"Ada\"")
    );
    fs::write(folder.join("results/Ada.json"), "{}").unwrap();
    refused(&scenario, "processes/greet/results/Ada.json", "the objects inputs and outputs");
}
