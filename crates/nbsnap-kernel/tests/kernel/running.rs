//! Cells that run, and what is seen of them.

use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::{Story, kernel};

pub(crate) const STORIES: &[Story] = &[
    ("a_session_from_the_first_cell_on", a_session_from_the_first_cell_on),
    ("text_comes_while_the_cell_runs", text_comes_while_the_cell_runs),
    ("displays_come_in_order", displays_come_in_order),
    ("a_silent_cell_counts_for_nothing", a_silent_cell_counts_for_nothing),
    ("user_expressions_are_answered", user_expressions_are_answered),
    ("a_dependency_is_added_in_a_living_session", a_dependency_is_added_in_a_living_session),
    ("what_a_dependency_changes_below_is_said_to_be_gone", what_a_dependency_changes_below_is_said_to_be_gone),
    ("a_flood_is_bounded", a_flood_is_bounded),
    ("late_output_belongs_to_the_cell_that_began_it", late_output_belongs_to_the_cell_that_began_it),
    ("input_is_asked_for", input_is_asked_for),
];

fn a_session_from_the_first_cell_on() {
    let (_folder, mut kernel) = kernel();
    let info = kernel.ask("kernel_info_request", json!({}));
    assert_eq!((&info["status"], &info["protocol_version"]), (&json!("ok"), &json!("5.4")));
    assert_eq!(info["language_info"]["name"], "rust");
    assert!(info["language_info"]["version"].as_str().unwrap().starts_with("1."), "{info}");
    assert_eq!(kernel.control("kernel_info_request", json!({}))["language_info"]["name"], "rust");

    let first = kernel.execute("let x = 6;\nlet name = String::from(\"ř\");");
    assert_eq!((first.status(), &first.reply["execution_count"]), ("ok", &json!(1)));
    assert_eq!(first.kinds(), ["execute_input"]);
    let second = kernel.execute("println!(\"{name}\");\nx * 7");
    assert_eq!((second.value(), second.stream("stdout").as_str()), ("42", "ř\n"));
    assert_eq!(second.kinds(), ["execute_input", "stream", "execute_result"], "output first, the value last");
    assert_eq!(second.of_kind("execute_result")[0]["execution_count"], 2);
    let empty = kernel.execute("");
    assert_eq!((empty.status(), &empty.reply["execution_count"]), ("ok", &json!(3)));
    assert!(kernel.beats());
    kernel.send_garbage();
    assert_eq!(kernel.value("name"), "\"ř\"", "a forged message hurts nobody");
}

fn text_comes_while_the_cell_runs() {
    let (_folder, mut kernel) = kernel();
    let id = kernel
        .begin("use std::time::Duration;\nfor n in 0..3 { print!(\"{n}\\r\"); std::thread::sleep(Duration::from_millis(700)); }");
    let mut times = Vec::new();
    while times.len() < 3 {
        let message = kernel.publication();
        if message.kind == "stream" && message.parent == id {
            times.push((Instant::now(), message.content["text"].as_str().unwrap().to_owned()));
        }
    }
    assert_eq!(times.iter().map(|(_, text)| text.as_str()).collect::<Vec<_>>(), ["0\r", "1\r", "2\r"]);
    assert!(times[2].0 - times[0].0 > Duration::from_millis(1000), "they came all at once");
    // Others are answered meanwhile.
    assert_eq!(kernel.ask("is_complete_request", json!({"code": "fn f() {"}))["status"], "incomplete");
    assert_eq!(kernel.end(&id).status(), "ok");
}

fn displays_come_in_order() {
    let (_folder, mut kernel) = kernel();
    let cell = r#"fn show(mime: &str, text: &str) { println!("EVCXR_BEGIN_CONTENT {mime}\n{text}\nEVCXR_END_CONTENT"); }
show("text/html", "<b>1</b>");
println!("between");
show("text/html", "<b>2</b>");
show("application/json", "{\"a\": [1, 2]}");
3"#;
    let executed = kernel.execute(cell);
    assert_eq!(executed.kinds(), ["execute_input", "display_data", "stream", "display_data", "execute_result"]);
    let displays = executed.of_kind("display_data");
    assert_eq!(displays[0]["data"], json!({"text/html": "<b>1</b>"}));
    assert_eq!(displays[1]["data"], json!({"text/html": "<b>2</b>", "application/json": {"a": [1, 2]}}));
    assert_eq!(executed.value(), "3");
    let named = kernel.execute("for n in 0..2 { show(\"text/plain; display_id=bar\", &n.to_string()); print!(\" \") }\nshow(\"application/vnd.jupyter.clear-output\", \"\");");
    assert_eq!(named.kinds(), ["execute_input", "display_data", "stream", "update_display_data", "stream", "clear_output"]);
    let help = kernel.execute(":help");
    assert!(help.of_kind("display_data")[0]["data"]["text/html"].as_str().unwrap().contains("<table>"));
}

fn a_silent_cell_counts_for_nothing() {
    let (_folder, mut kernel) = kernel();
    kernel.value("let x = 1;");
    let id = kernel.send("execute_request", json!({"code": "let y = 2; x", "silent": true}));
    let silent = kernel.end(&id);
    assert_eq!((silent.status(), silent.kinds().len(), &silent.reply["execution_count"]), ("ok", 0, &json!(1)));
    let id = kernel.send("execute_request", json!({"code": "nothing", "silent": true}));
    let failed = kernel.end(&id);
    assert_eq!((failed.status(), failed.kinds().len()), ("error", 0));
    assert_eq!(kernel.execute("y").reply["execution_count"], 2);
}

fn user_expressions_are_answered() {
    let (_folder, mut kernel) = kernel();
    let request = json!({"code": "let x = 20;", "user_expressions": {"twice": "x * 2", "wrong": "z"}});
    let id = kernel.send("execute_request", request);
    let executed = kernel.end(&id);
    let answers = &executed.reply["user_expressions"];
    assert_eq!(answers["twice"]["data"]["text/plain"], "40");
    assert_eq!((&answers["wrong"]["status"], &answers["wrong"]["ename"]), (&json!("error"), &json!("E0425")));
    assert_eq!(executed.kinds(), ["execute_input"]);
}

/// Writes a package, with further lines of its manifest.
fn package(folder: &Path, name: &str, code: &str, more: &str) {
    let package = folder.join(name);
    std::fs::create_dir_all(package.join("src")).unwrap();
    let manifest = format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2024\"\n{more}");
    std::fs::write(package.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(package.join("src/lib.rs"), code).unwrap();
}

fn a_dependency_is_added_in_a_living_session() {
    let (folder, mut kernel) = kernel();
    let counter = "use std::sync::atomic::{AtomicU32, Ordering};\nstatic COUNT: AtomicU32 = AtomicU32::new(40);\n\
                   pub fn count() -> u32 { COUNT.fetch_add(1, Ordering::SeqCst) + 1 }\npub struct Seen(pub u32);";
    package(folder.path(), "counter", counter, "");
    package(
        folder.path(),
        "more",
        "pub fn seen() -> counter::Seen { counter::Seen(counter::count()) }",
        "[dependencies]\ncounter = { path = \"../counter\" }\n",
    );
    package(folder.path(), "third", "pub fn third() -> u8 { 3 }", "");
    kernel.value("let kept = vec![1_u32, 2];");
    let first = kernel.execute(":dep counter = { path = \"counter\" }\ncounter::count()");
    assert_eq!((first.status(), first.value()), ("ok", "41"), "{}", first.traceback());
    let kinds = first.kinds();
    let shown = kinds.iter().position(|kind| *kind == "display_data").expect("progress is shown");
    let cleared = kinds.iter().position(|kind| *kind == "clear_output").expect("and taken away");
    assert!(shown < cleared && kinds[cleared..].iter().all(|kind| !kind.contains("display")), "{kinds:?}");
    assert!(first.of_kind("display_data")[0]["transient"]["display_id"].is_string());
    kernel.value("let before = counter::Seen(7);");
    // The new library depends on the loaded one: types are the same, statics exist once, variables live on.
    let second =
        kernel.execute(":dep more = { path = \"more\" }\nlet seen: counter::Seen = more::seen();\nseen.0 + kept[0] + before.0");
    assert_eq!((second.status(), second.value()), ("ok", "50"), "{}", second.traceback());
    assert_eq!(second.stream("stderr"), "", "nothing is lost");
    assert_eq!(kernel.value("counter::count() + before.0"), "50");
    let wrong = kernel.execute(":dep nowhere = { path = \"nowhere\" }");
    assert_eq!((wrong.status(), &wrong.reply["ename"]), ("error", &json!("CommandError")));
    let third = kernel.execute(":dep third = { path = \"third\" }\nthird::third()");
    assert_eq!((third.value(), third.stream("stderr").as_str()), ("3", ""), "{}", third.traceback());
    assert_eq!(kernel.value("seen.0 + before.0 + more::seen().0"), "93");
    // In a process that has not seen the cells before it, too.
    assert_eq!(kernel.execute(":restart").status(), "ok");
    assert_eq!(kernel.value("let seen = more::seen();\nseen.0 + u32::from(third::third())"), "44");
}

fn what_a_dependency_changes_below_is_said_to_be_gone() {
    let (folder, mut kernel) = kernel();
    let shared = "pub struct Size(pub u32);\n#[cfg(feature = \"extra\")]\npub fn extra() -> u32 { 1 }";
    package(folder.path(), "shared", shared, "[features]\nextra = []\n");
    let needs_more = "[dependencies]\nshared = { path = \"../shared\", features = [\"extra\"] }\n";
    package(folder.path(), "user", "pub fn user() -> u32 { shared::extra() }", needs_more);
    kernel.value(":dep shared = { path = \"shared\" }\nlet kept = 1;\nlet size = shared::Size(1);");
    let added = kernel.execute(":dep user = { path = \"user\" }\nuser::user()");
    assert_eq!(added.value(), "1", "{}", added.traceback());
    assert!(added.stream("stderr").contains("`size` is gone: a later `:dep`"), "{}", added.stream("stderr"));
    assert_eq!(kernel.value("kept"), "1");
    assert_eq!(kernel.value("let size = shared::Size(user::user());\nsize.0"), "1");

    // A package that makes a shared object of its own: no process can load two of one name.
    let objects = "[lib]\ncrate-type = [\"rlib\", \"dylib\"]\n[features]\nextra = []\n";
    let (folder, mut kernel) = crate::kernel();
    package(folder.path(), "shared", shared, objects);
    package(folder.path(), "user", "pub fn user() -> u32 { shared::extra() }", needs_more);
    kernel.value(":dep shared = { path = \"shared\" }\nlet kept = 1;\nlet size = shared::Size(1);\nfn still() -> u8 { 7 }");
    let added = kernel.execute(":dep user = { path = \"user\" }\nuser::user()");
    assert_eq!(added.value(), "1", "{}", added.traceback());
    for name in ["size", "kept"] {
        assert!(added.stream("stderr").contains(&format!("`{name}` is gone: a later `:dep`")), "{}", added.stream("stderr"));
    }
    assert_eq!(kernel.value("u32::from(still()) + user::user()"), "8");
}

fn a_flood_is_bounded() {
    let (_folder, mut kernel) = kernel();
    let executed = kernel.execute("let line = \"x\".repeat(1023);\nfor _ in 0..64 * 1024 { println!(\"{line}\"); }\n7");
    assert_eq!((executed.status(), executed.value()), ("ok", "7"));
    let shown = executed.stream("stdout").len();
    assert!(shown <= 32 << 20 && shown > 30 << 20, "{shown} bytes");
    assert!(executed.stream("stderr").contains("more than 32 MiB"));
    assert_eq!(kernel.value("1 + 1"), "2");
}

fn late_output_belongs_to_the_cell_that_began_it() {
    let (_folder, mut kernel) = kernel();
    let id = kernel
        .begin("std::thread::spawn(|| { std::thread::sleep(std::time::Duration::from_millis(400)); println!(\"late\"); });");
    assert_eq!(kernel.end(&id).stream("stdout"), "");
    let late = kernel.publication();
    assert_eq!((late.kind.as_str(), late.parent == id, &late.content["text"]), ("stream", true, &json!("late\n")));
}

fn input_is_asked_for() {
    let (_folder, mut kernel) = kernel();
    let cell = "print!(\"name? \");\nlet mut name = String::new();\nstd::io::stdin().read_line(&mut name).unwrap();\nname";
    let request = json!({"code": cell, "allow_stdin": true});
    let id = kernel.send("execute_request", request);
    assert_eq!(kernel.answer_input("Ada"), "");
    let executed = kernel.end(&id);
    assert_eq!(executed.stream("stdout"), "name? ");
    assert_eq!((executed.status(), executed.value()), ("ok", "\"Ada\\n\""), "{}", executed.traceback());
    let refused = kernel.execute("let mut line = String::new();\nstd::io::stdin().read_line(&mut line).unwrap();");
    assert_eq!(refused.reply["ename"], "Panic");
    assert!(refused.stream("stderr").contains("this client takes no input"), "{}", refused.stream("stderr"));
    assert_eq!(kernel.value("name.trim().len()"), "3");
}
