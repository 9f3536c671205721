//! Help while typing, and what was typed before.

use serde_json::json;

use crate::client::Kernel;
use crate::{Story, cache, kernel};

pub(crate) const STORIES: &[Story] = &[
    ("names_are_completed_and_explained", names_are_completed_and_explained),
    ("enter_means_the_right_thing", enter_means_the_right_thing),
    ("history_outlives_the_kernel", history_outlives_the_kernel),
    ("requests_that_mean_nothing_here_are_answered", requests_that_mean_nothing_here_are_answered),
];

fn names_are_completed_and_explained() {
    let (_folder, mut kernel) = kernel();
    kernel.value(
        "/// Doubles.\nfn doubled(n: i32) -> i32 { n * 2 }\nlet downloads: Vec<u8> = vec![1];\nuse std::collections::HashMap;",
    );
    let completed = kernel.ask("complete_request", json!({"code": "let a = do", "cursor_pos": 10}));
    assert_eq!(completed["matches"], json!(["downloads", "doubled"]));
    assert_eq!(completed["metadata"]["_jupyter_types_experimental"][0]["signature"], "std::vec::Vec<u8>");
    assert_eq!(kernel.ask("complete_request", json!({"code": ":ex", "cursor_pos": 3}))["matches"], json!([":explain"]));
    let explained = kernel.ask("inspect_request", json!({"code": "doubled", "cursor_pos": 3, "detail_level": 0}));
    assert_eq!(explained["found"], true);
    assert!(explained["data"]["text/plain"].as_str().unwrap().contains("fn doubled(n: i32) -> i32\n\nDoubles."));
    assert!(explained["data"]["text/markdown"].as_str().unwrap().contains("```rust"));
    let explained = kernel.ask("inspect_request", json!({"code": "downloads", "cursor_pos": 9}));
    assert_eq!(explained["data"]["text/plain"], "let downloads: std::vec::Vec<u8>");
    // While a cell runs.
    let id = kernel.begin("std::thread::sleep(std::time::Duration::from_secs(2));");
    assert_eq!(kernel.ask("complete_request", json!({"code": "dou", "cursor_pos": 3}))["matches"], json!(["doubled"]));
    let unknown = kernel.ask("inspect_request", json!({"code": "unknown", "cursor_pos": 1}));
    assert_eq!((&unknown["status"], &unknown["found"]), (&json!("ok"), &json!(false)));
    assert_eq!(kernel.end(&id).status(), "ok");
}

fn enter_means_the_right_thing() {
    let (_folder, mut kernel) = kernel();
    let mut ask = |code: &str| kernel.ask("is_complete_request", json!({"code": code}));
    assert_eq!(ask("1 + 1")["status"], "complete");
    assert_eq!(ask("fn f() {"), json!({"status": "incomplete", "indent": "    "}));
    assert_eq!(ask("}")["status"], "invalid");
}

fn history_outlives_the_kernel() {
    let (folder, mut first) = kernel();
    first.value("let a = 1;");
    first.value("a + 1");
    // As a program runs a whole notebook: it takes no questions.
    let id = first.send("execute_request", json!({"code": "a + 2", "store_history": true, "allow_stdin": false}));
    assert_eq!(first.end(&id).value(), "3");
    let tail = first.ask("history_request", json!({"hist_access_type": "tail", "n": 5, "output": true, "raw": true}));
    assert_eq!(tail["history"], json!([[1, 1, ["let a = 1;", null]], [1, 2, ["a + 1", "2"]], [1, 3, ["a + 2", "3"]]]));
    drop(first);
    let mut second = Kernel::start(folder.path(), &cache());
    second.value("let b = 2;");
    let mut ask = |request| second.ask("history_request", request)["history"].clone();
    let tail = json!({"hist_access_type": "tail", "n": 2, "output": false, "raw": true});
    assert_eq!(ask(tail), json!([[1, 2, "a + 1"], [2, 1, "let b = 2;"]]));
    let range = json!({"hist_access_type": "range", "session": -1, "start": 1, "stop": 2, "output": false, "raw": true});
    assert_eq!(ask(range), json!([[1, 1, "let a = 1;"]]));
    let search = json!({"hist_access_type": "search", "pattern": "let*", "n": 1, "output": false, "raw": true});
    assert_eq!(ask(search), json!([[2, 1, "let b = 2;"]]));
}

fn requests_that_mean_nothing_here_are_answered() {
    let (_folder, mut kernel) = kernel();
    assert_eq!(kernel.ask("comm_info_request", json!({})), json!({"status": "ok", "comms": {}}));
    let id = kernel.send("comm_open", json!({"comm_id": "1", "target_name": "jupyter.widget", "data": {}}));
    assert_eq!(kernel.until_idle(&id)[0].kind, "comm_close");
    let id = kernel.send("made_up_request", json!({}));
    assert!(kernel.until_idle(&id).is_empty());
    assert_eq!(kernel.control("debug_request", json!({"command": "attach", "seq": 1}))["success"], false);
}
