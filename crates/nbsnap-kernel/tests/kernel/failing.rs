//! Every way for a cell to fail: one `error` message, an `error` reply of the right name, nothing foreign,
//! and a clean next cell.

use std::path::PathBuf;

use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::client::Kernel;
use crate::received::Executed;
use crate::{Story, cache, kernel, workspace};

pub(crate) const STORIES: &[Story] = &[
    ("ways_to_fail", ways_to_fail),
    ("a_panic_that_is_caught_is_printed", a_panic_that_is_caught_is_printed),
    ("tracebacks_are_readable", tracebacks_are_readable),
    ("a_failure_aborts_what_is_queued", a_failure_aborts_what_is_queued),
];

/// A cell, and the name and value of the error that it must come to.
const WAYS: &[(&str, &str, &str)] = &[
    ("panic!(\"oh no\\nmore\")", "Panic", "oh no"),
    ("assert_eq!(1 + 1, 3);", "Panic", "assertion `left == right` failed"),
    ("\"x\".parse::<u8>()?;", "Error", "invalid digit found in string"),
    ("None::<u8>?;", "Error", "`?` met `None`"),
    ("let x: u8 = \"a\";", "E0308", "mismatched types"),
    ("let x = y;", "E0425", "cannot find value `y` in this scope"),
    ("fn open() {", "CompileError", ""),
    (":no_such_command", "CommandError", "Unrecognised command :no_such_command"),
    ("!exit 3", "CommandError", "Shell command failed with exit code 3:"),
    ("std::process::exit(3)", "ProcessExit", "the process of cells ended: it exited with code 3"),
    ("std::process::exit(0)", "ProcessExit", "the process of cells ended: it exited with code 0"),
    ("std::process::abort()", "Signal", "the process of cells ended: by signal 6 (SIGABRT, an abort)"),
    ("unsafe { std::ptr::null_mut::<u8>().write_volatile(1) }", "", ""),
    ("println!(\"EVCXR_EXECUTION_COMPLETE\");", "ControlWord", "the cell printed `EVCXR_EXECUTION_COMPLETE`"),
    ("fn deep(n: u64) -> u64 { if n == 0 { 0 } else { 1 + deep(n + 1) } }\ndeep(1)", "Signal", "the process of cells ended"),
];

/// What must hold of every failure.
fn is_proper(executed: &Executed) {
    let errors = executed.of_kind("error");
    assert_eq!(errors.len(), 1, "one error message: {executed:?}");
    assert_eq!(executed.status(), "error");
    for member in ["ename", "evalue", "traceback"] {
        assert_eq!(errors[0][member], executed.reply[member], "message and reply say the same");
    }
    let value = executed.reply["evalue"].as_str().unwrap();
    assert!(!value.contains('\n'), "one line: {value}");
    let name = executed.reply["ename"].as_str().unwrap();
    assert!(!name.is_empty() && name.chars().all(char::is_alphanumeric), "{name}");
    let traceback = executed.traceback();
    assert!(!traceback.trim().is_empty());
    for foreign in ["cells_rt", "__cells", "lib.rs", "catch_unwind", "/rustc/", "backtrace"] {
        assert!(!traceback.contains(foreign), "{foreign} in {traceback}");
    }
    assert!(executed.reply["execution_count"].is_u64());
    // The text of the error is not printed again.
    if executed.reply["ename"] == "Panic" {
        assert_eq!(executed.stream("stderr"), "");
    }
}

fn ways_to_fail() {
    let (_folder, mut kernel) = kernel();
    for (code, name, value) in WAYS {
        kernel.value("let kept = 7;");
        let executed = kernel.execute(code);
        is_proper(&executed);
        let (found, said) = (executed.reply["ename"].as_str().unwrap(), executed.reply["evalue"].as_str().unwrap());
        assert!(name.is_empty() || found == *name, "{code}: {found}, not {name}: {said}");
        assert!(said.starts_with(value), "{code}: {said}");
        let is_alive = !["ProcessExit", "Signal"].contains(&found);
        let after = kernel.execute("1 + 1");
        assert_eq!((after.kinds(), after.value()), (vec!["execute_input", "execute_result"], "2"), "after {code}");
        let kept = kernel.execute("kept");
        assert_eq!(kept.status() == "ok", is_alive, "after {code}: {}", kept.traceback());
        assert_eq!(executed.traceback().contains("`kept`"), !is_alive, "what was lost is said: {}", executed.traceback());
    }
}

fn a_panic_that_is_caught_is_printed() {
    let (_folder, mut kernel) = kernel();
    let caught = kernel.execute("let caught = std::panic::catch_unwind(|| panic!(\"caught\")).is_err();\ncaught");
    assert_eq!((caught.status(), caught.value()), ("ok", "true"));
    assert!(caught.stream("stderr").contains("line 1 of the cell:\ncaught"), "{}", caught.stream("stderr"));
    let thread = kernel.execute("std::thread::spawn(|| panic!(\"in a thread\")).join().is_err()");
    assert!(thread.stream("stderr").contains("in a thread"));
    let abort = kernel
        .execute("struct D;\nimpl Drop for D { fn drop(&mut self) { panic!(\"second\") } }\nlet d = D;\npanic!(\"first\");");
    assert_eq!(abort.reply["ename"], "Signal");
    let printed = abort.stream("stderr");
    assert!(printed.contains("first") && printed.contains("second"), "{printed}");
}

fn tracebacks_are_readable() {
    let (_folder, mut kernel) = kernel();
    let panicked =
        kernel.execute("fn check(n: u32) {\n    assert!(n < 3, \"{n} is too much\");\n}\nfor n in 0..9 {\n    check(n);\n}");
    let expected =
        "Panic: 3 is too much\n --> cell [1], line 2\n  1 | fn check(n: u32) {\n> 2 |     assert!(n < 3, \"{n} is too much\");";
    assert_eq!(panicked.traceback(), expected);
    let failed = kernel.execute("let a = 1;\nlet b: u8 = \"300\".parse()?;");
    let expected = "Error: number too large to fit in target type\n --> cell [2], line 2\n  1 | let a = 1;\n> 2 | let b: u8 = \"300\".parse()?;";
    assert_eq!(failed.traceback(), expected);
    let wrong = kernel.execute("let x: u32 =\n    \"a\";");
    let expected = "error[E0308]: mismatched types\n --> cell [3], line 2, column 5\n  |\n1 | let x: u32 =\n  |        --- expected due to this\n2 |     \"a\";\n  |     ^^^ expected `u32`, found `&str`";
    assert_eq!(wrong.traceback(), expected);
    let elsewhere = kernel.execute("check(9)");
    assert!(elsewhere.traceback().contains("cell [1], line 2\n"), "{}", elsewhere.traceback());
    kernel.value("async fn one() -> Vec<u8> { vec![1] }");
    let future = kernel.execute("one().len()");
    assert!(
        future.traceback().contains("What to do: write `.await` behind the call: it gives a future"),
        "{}",
        future.traceback()
    );
    kernel.value("let owned = String::from(\"a\");");
    let moved = kernel.execute("let a = owned;\nlet b = owned;");
    assert!(moved.traceback().contains("What to do: the value was moved before"), "{}", moved.traceback());
}

fn a_failure_aborts_what_is_queued() {
    let (_folder, mut kernel) = kernel();
    let ids = ["1", "panic!()", "2", "3"].map(|code| kernel.begin(code));
    let ended: Vec<Executed> = ids.iter().map(|id| kernel.end(id)).collect();
    let statuses: Vec<&str> = ended.iter().map(Executed::status).collect();
    assert_eq!(statuses, ["ok", "error", "aborted", "aborted"]);
    assert!(ended[2].reply["execution_count"].is_null() && ended[2].messages.is_empty(), "{:?}", ended[2]);
    assert_eq!(kernel.value("4"), "4", "what comes later is run");
    let go_on = |code: &str| json!({"code": code, "stop_on_error": false});
    let ids = ["panic!()", "5"].map(|code| kernel.send("execute_request", go_on(code)));
    let statuses: Vec<String> = ids.iter().map(|id| kernel.end(id).status().to_owned()).collect();
    assert_eq!(statuses, ["error", "ok"]);
}

/// Notebooks that the runner finds red because a cell fails. Each has the kernel's error name for the first
/// cell that fails. Later failures follow from that one.
const PROJECTS: &[(&str, &str)] = &[
    ("abort", "Signal"),
    ("borrowed-variable", "E0"),
    ("closure-variable", "CompileError"),
    ("compile-error", "E0"),
    ("control-words", "ControlWord"),
    ("error", "Error"),
    ("error-with-empty-message", "Error"),
    ("exit-zero", "ProcessExit"),
    ("failed-assertion", "Panic"),
    ("panic", "Panic"),
    ("raises-exception", "Panic"),
    ("raises-exception-dies", ""),
    ("segmentation-fault", "Signal"),
    ("type-error-in-later-cell", "E0"),
];

/// A test for each of them.
pub(crate) fn projects() -> Vec<Trial> {
    let trial = |(name, error): &(&'static str, &'static str)| {
        let (name, error) = (*name, *error);
        Trial::test(format!("project_{}", name.replace('-', "_")), move || {
            project(name, error);
            Ok(())
        })
    };
    PROJECTS.iter().map(trial).collect()
}

fn project(name: &str, error: &str) {
    let notebooks = workspace().join("tests/projects").join(name).join("notebooks");
    let files = std::fs::read_dir(&notebooks).unwrap().flatten().map(|entry| entry.path());
    let files: Vec<PathBuf> = files.filter(|path| path.extension().is_some_and(|extension| extension == "ipynb")).collect();
    let mut failed = 0;
    for file in files {
        let folder = tempfile::tempdir().unwrap();
        let mut kernel = Kernel::start(folder.path(), &cache());
        let notebook: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        for cell in notebook["cells"].as_array().unwrap().iter().filter(|cell| cell["cell_type"] == "code") {
            let source = match &cell["source"] {
                Value::String(text) => text.clone(),
                lines => lines.as_array().unwrap().iter().filter_map(Value::as_str).collect(),
            };
            let executed = kernel.execute(&source);
            if executed.status() == "ok" {
                assert!(executed.of_kind("error").is_empty());
                continue;
            }
            is_proper(&executed);
            let found = executed.reply["ename"].as_str().unwrap();
            assert!(failed > 0 || found.starts_with(error), "{source}\n{found}, not {error}: {}", executed.traceback());
            failed += 1;
            let after = kernel.execute("1 + 1");
            assert_eq!((after.kinds(), after.value()), (vec!["execute_input", "execute_result"], "2"), "after {source}");
        }
    }
    assert!(failed > 0, "no cell of {name} failed");
}
