//! The points that measure any Jupyter kernel, whatever its language: the demands of the protocol, one by
//! one.
//!
//! The list is that of the public conformance suite for kernels
//! (<https://github.com/runtimed/kernel-testbed>), tier by tier. Each demand is taken from the protocol
//! itself, and stricter than there.

use serde_json::{Value, json};

use crate::client::Kernel;
use crate::ports::PATIENCE;
use crate::received::Message;
use crate::{Story, kernel};

/// The 27 points.
pub(crate) const STORIES: [Story; 27] = [
    // Basic protocol.
    ("conformance_heartbeat_responds", heartbeat_responds),
    ("conformance_iopub_welcome", iopub_welcome),
    ("conformance_kernel_info_reply_valid", kernel_info_reply_valid),
    ("conformance_kernel_info_has_language_info", kernel_info_has_language_info),
    ("conformance_kernel_info_has_protocol_version", kernel_info_has_protocol_version),
    ("conformance_execute_stdout", execute_stdout),
    ("conformance_execute_stderr", execute_stderr),
    ("conformance_execute_reply_ok", execute_reply_ok),
    ("conformance_status_busy_idle_lifecycle", status_busy_idle_lifecycle),
    ("conformance_execute_input_broadcast", execute_input_broadcast),
    ("conformance_shutdown_reply", shutdown_reply),
    // Interactive features.
    ("conformance_complete_request", complete_request),
    ("conformance_inspect_request", inspect_request),
    ("conformance_is_complete_complete", is_complete_complete),
    ("conformance_is_complete_incomplete", is_complete_incomplete),
    ("conformance_history_request", history_request),
    ("conformance_comm_info_request", comm_info_request),
    ("conformance_error_handling", error_handling),
    // Rich output.
    ("conformance_display_data", display_data),
    ("conformance_update_display_data", update_display_data),
    ("conformance_execute_result", execute_result),
    ("conformance_rich_execute_result", rich_execute_result),
    // Advanced features.
    ("conformance_stdin_input_request", stdin_input_request),
    ("conformance_comms_lifecycle", comms_lifecycle),
    ("conformance_interrupt_request", interrupt_request),
    ("conformance_execution_count_increments", execution_count_increments),
    ("conformance_parent_header_correlation", parent_header_correlation),
];

/// Every publication after a cell was sent, up to its `idle`. What the kernel says when it starts may come
/// late, and is about no request.
fn published(kernel: &mut Kernel, code: &str) -> Vec<Message> {
    let id = kernel.begin(code);
    let mut messages = Vec::new();
    loop {
        let message = kernel.publication();
        let is_over = message.parent == id && message.content["execution_state"] == "idle";
        if message.content["execution_state"] != "starting" {
            messages.push(message);
        }
        if is_over {
            kernel.reply(&id);
            return messages;
        }
    }
}

fn heartbeat_responds() {
    let (_folder, kernel) = kernel();
    assert!(kernel.beats());
}

fn iopub_welcome() {
    // The client waits for it before it sends anything, and demands the subscription that it has made.
    let (_folder, kernel) = kernel();
    assert_eq!(kernel.welcome, json!({"subscription": ""}));
}

fn info() -> Value {
    let (_folder, mut kernel) = kernel();
    kernel.ask("kernel_info_request", json!({}))
}

fn kernel_info_reply_valid() {
    let info = info();
    assert_eq!(info["status"], "ok");
    for member in ["implementation", "implementation_version", "banner"] {
        assert!(info[member].as_str().is_some_and(|text| !text.is_empty()), "{member} in {info}");
    }
}

fn kernel_info_has_language_info() {
    let language = info()["language_info"].clone();
    assert_eq!((&language["name"], &language["file_extension"]), (&json!("rust"), &json!(".rs")));
    assert!(language["mimetype"].is_string() && language["version"].is_string(), "{language}");
}

fn kernel_info_has_protocol_version() {
    let info = info();
    let numbers: Vec<u32> = info["protocol_version"].as_str().unwrap().split('.').map(|part| part.parse().unwrap()).collect();
    assert!(numbers >= vec![5, 3], "{numbers:?}");
}

fn execute_stdout() {
    let (_folder, mut kernel) = kernel();
    let executed = kernel.execute("println!(\"hello\");");
    assert_eq!((executed.status(), executed.stream("stdout").as_str()), ("ok", "hello\n"));
    assert_eq!(executed.stream("stderr"), "");
}

fn execute_stderr() {
    let (_folder, mut kernel) = kernel();
    let executed = kernel.execute("eprintln!(\"error\");");
    assert_eq!((executed.status(), executed.stream("stderr").as_str()), ("ok", "error\n"));
    assert_eq!(executed.stream("stdout"), "");
}

fn execute_reply_ok() {
    let (_folder, mut kernel) = kernel();
    let reply = kernel.execute("let x = 1;").reply;
    assert_eq!((&reply["status"], &reply["execution_count"]), (&json!("ok"), &json!(1)));
}

fn status_busy_idle_lifecycle() {
    let (_folder, mut kernel) = kernel();
    let messages = published(&mut kernel, "println!(\"x\");");
    let states: Vec<&str> = messages.iter().filter_map(|message| message.content["execution_state"].as_str()).collect();
    assert_eq!(states.iter().filter(|state| **state == "busy").count(), 1, "{states:?}");
    assert_eq!((states.first(), states.last()), (Some(&"busy"), Some(&"idle")));
    assert_eq!(messages.last().map(|message| message.content["execution_state"].clone()), Some(json!("idle")));
}

fn execute_input_broadcast() {
    let (_folder, mut kernel) = kernel();
    let executed = kernel.execute("let x = 1;");
    assert_eq!(executed.of_kind("execute_input"), [&json!({"code": "let x = 1;", "execution_count": 1})]);
}

fn shutdown_reply() {
    let (_folder, mut kernel) = kernel();
    assert_eq!(kernel.control("shutdown_request", json!({"restart": false})), json!({"status": "ok", "restart": false}));
    kernel.wait();
}

fn complete_request() {
    let (_folder, mut kernel) = kernel();
    kernel.value("let variable_to_complete = 42;");
    let reply = kernel.ask("complete_request", json!({"code": "variable_to_", "cursor_pos": 12}));
    assert_eq!((&reply["status"], &reply["matches"]), (&json!("ok"), &json!(["variable_to_complete"])));
    assert_eq!((&reply["cursor_start"], &reply["cursor_end"]), (&json!(0), &json!(12)));
}

fn inspect_request() {
    let (_folder, mut kernel) = kernel();
    kernel.value("let variable_to_inspect = 42;");
    let reply = kernel.ask("inspect_request", json!({"code": "variable_to_inspect", "cursor_pos": 19, "detail_level": 0}));
    assert_eq!((&reply["status"], &reply["found"]), (&json!("ok"), &json!(true)));
    assert!(reply["data"]["text/plain"].as_str().unwrap().contains("i32"), "{reply}");
}

fn is_complete_complete() {
    let (_folder, mut kernel) = kernel();
    assert_eq!(kernel.ask("is_complete_request", json!({"code": "let x = 1;"}))["status"], "complete");
}

fn is_complete_incomplete() {
    let (_folder, mut kernel) = kernel();
    for code in ["fn foo(", "if true {", "let text = \"", "/* not closed"] {
        assert_eq!(kernel.ask("is_complete_request", json!({"code": code}))["status"], "incomplete", "{code}");
    }
}

fn history_request() {
    let (_folder, mut kernel) = kernel();
    kernel.value("let x = 1;");
    let tail = json!({"hist_access_type": "tail", "n": 10, "output": false, "raw": true});
    assert_eq!(kernel.ask("history_request", tail), json!({"status": "ok", "history": [[1, 1, "let x = 1;"]]}));
}

fn comm_info_request() {
    let (_folder, mut kernel) = kernel();
    assert_eq!(kernel.ask("comm_info_request", json!({})), json!({"status": "ok", "comms": {}}));
}

fn error_handling() {
    let (_folder, mut kernel) = kernel();
    let executed = kernel.execute("fn fn");
    assert_eq!(executed.status(), "error");
    let errors = executed.of_kind("error");
    assert_eq!(errors.len(), 1, "{executed:?}");
    for member in ["ename", "evalue", "traceback"] {
        assert_eq!(errors[0][member], executed.reply[member]);
    }
}

/// A function that shows a block of HTML, in place of one of the same name if there is any.
const SHOW: &str = r#"fn show(mime: &str, text: &str) { println!("EVCXR_BEGIN_CONTENT {mime}\n{text}\nEVCXR_END_CONTENT"); }"#;

fn display_data() {
    let (_folder, mut kernel) = kernel();
    let executed = kernel.execute(&format!("{SHOW}\nshow(\"text/html\", \"<b>bold</b>\");"));
    let shown = executed.of_kind("display_data");
    assert_eq!(shown, [&json!({"data": {"text/html": "<b>bold</b>"}, "metadata": {}, "transient": {}})]);
}

fn update_display_data() {
    let (_folder, mut kernel) = kernel();
    let cell = format!("{SHOW}\nfor n in 1..=2 {{ show(\"text/html; display_id=one\", &n.to_string()); print!(\" \"); }}");
    let executed = kernel.execute(&cell);
    let (first, second) = (executed.of_kind("display_data"), executed.of_kind("update_display_data"));
    assert_eq!((first.len(), second.len()), (1, 1), "{executed:?}");
    assert_eq!((&first[0]["data"]["text/html"], &second[0]["data"]["text/html"]), (&json!("1"), &json!("2")));
    assert_eq!(first[0]["transient"], json!({"display_id": "one"}));
    assert_eq!(first[0]["transient"], second[0]["transient"]);
}

fn execute_result() {
    let (_folder, mut kernel) = kernel();
    let executed = kernel.execute("1 + 1");
    let expected = json!({"execution_count": 1, "data": {"text/plain": "2"}, "metadata": {}});
    assert_eq!(executed.of_kind("execute_result"), [&expected]);
}

fn rich_execute_result() {
    let (_folder, mut kernel) = kernel();
    let cell = format!(
        "{SHOW}\nstruct Html(&'static str);\nimpl Html {{ fn evcxr_display(&self) {{ show(\"text/html\", self.0); }} }}\nshow(\"text/plain\", \"before\");\nprintln!(\"between\");\nHtml(\"<b>bold</b>\")"
    );
    let executed = kernel.execute(&cell);
    let expected = json!({"execution_count": 1, "data": {"text/html": "<b>bold</b>"}, "metadata": {}});
    assert_eq!(executed.of_kind("execute_result"), [&expected], "{executed:?}");
    assert_eq!(executed.of_kind("display_data").len(), 1, "what was shown before is no result");
}

fn stdin_input_request() {
    let (_folder, mut kernel) = kernel();
    let code = "let mut line = String::new();\nstd::io::stdin().read_line(&mut line)?;\nline";
    let id = kernel.send("execute_request", json!({"code": code, "allow_stdin": true}));
    kernel.answer_input("an answer");
    assert_eq!(kernel.end(&id).value(), "\"an answer\\n\"");
}

fn comms_lifecycle() {
    let (_folder, mut kernel) = kernel();
    let id = kernel.send("comm_open", json!({"comm_id": "one", "target_name": "nobody", "data": {}}));
    let messages = kernel.until_idle(&id);
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert_eq!((messages[0].kind.as_str(), &messages[0].content["comm_id"]), ("comm_close", &json!("one")));
    for kind in ["comm_msg", "comm_close"] {
        let id = kernel.send(kind, json!({"comm_id": "one", "data": {}}));
        assert!(kernel.until_idle(&id).is_empty(), "{kind} about what is closed says nothing");
    }
    assert_eq!(kernel.value("2"), "2");
}

fn interrupt_request() {
    let (_folder, mut kernel) = kernel();
    let id = kernel.begin("println!(\"asleep\");\nstd::thread::sleep(std::time::Duration::from_secs(1000));");
    while kernel.publication().kind != "stream" {}
    let asked = std::time::Instant::now();
    assert_eq!(kernel.control("interrupt_request", json!({}))["status"], "ok");
    let executed = kernel.end(&id);
    assert_eq!((executed.status(), &executed.reply["ename"]), ("error", &json!("Interrupted")));
    assert!(asked.elapsed() < PATIENCE / 10);
}

fn execution_count_increments() {
    let (_folder, mut kernel) = kernel();
    let counts: Vec<u64> =
        ["1", "panic!()", "let", "2"].map(|code| kernel.execute(code).reply["execution_count"].as_u64().unwrap()).into();
    assert_eq!(counts, [1, 2, 3, 4]);
}

fn parent_header_correlation() {
    let (_folder, mut kernel) = kernel();
    let messages = published(&mut kernel, "println!(\"1\");\neprintln!(\"2\");\n3");
    let parents: std::collections::BTreeSet<&str> = messages.iter().map(|message| message.parent.as_str()).collect();
    assert_eq!(parents.len(), 1, "{messages:?}");
    assert_eq!(messages.iter().filter(|message| message.kind == "stream").count(), 2);
}
