//! Cells that are interrupted: within a second, and with as little loss as possible.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::Kernel;
use crate::received::Executed;
use crate::{Story, kernel};

pub(crate) const STORIES: &[Story] = &[
    ("an_awaiting_cell_keeps_variables", an_awaiting_cell_keeps_variables),
    ("a_computing_cell_is_ended_and_says_what_was_lost", a_computing_cell_is_ended_and_says_what_was_lost),
    ("a_shell_line_is_stopped", a_shell_line_is_stopped),
    ("compiling_is_stopped", compiling_is_stopped),
    ("a_cell_that_waits_for_input_keeps_variables", a_cell_that_waits_for_input_keeps_variables),
    ("nothing_to_interrupt_is_no_error", nothing_to_interrupt_is_no_error),
];

/// Runs a cell, interrupts it once it has printed something, and demands an answer within a second.
fn interrupted(kernel: &mut Kernel, code: &str) -> Executed {
    let id = kernel.begin(code);
    loop {
        let message = kernel.publication();
        if message.parent == id && message.kind == "stream" {
            break;
        }
    }
    interrupt(kernel, &id)
}

fn interrupt(kernel: &mut Kernel, id: &str) -> Executed {
    let asked = Instant::now();
    assert_eq!(kernel.control("interrupt_request", json!({}))["status"], "ok");
    let executed = kernel.end(id);
    assert!(asked.elapsed() < Duration::from_secs(1), "it took {:?}", asked.elapsed());
    assert_eq!((executed.status(), &executed.reply["ename"]), ("error", &json!("Interrupted")), "{}", executed.traceback());
    executed
}

fn an_awaiting_cell_keeps_variables() {
    let (_folder, mut kernel) = kernel();
    kernel.value("let kept = String::from(\"kept\");");
    let executed = interrupted(&mut kernel, "println!(\"waiting\");\nstd::future::pending::<()>().await;");
    assert!(executed.traceback().contains("cancelled where it awaited"), "{}", executed.traceback());
    assert_eq!(kernel.value("kept"), "\"kept\"");
}

fn a_computing_cell_is_ended_and_says_what_was_lost() {
    let (_folder, mut kernel) = kernel();
    kernel.value("let lost = String::from(\"lost\");\nfn still() -> u8 { 7 }");
    let executed = interrupted(&mut kernel, "println!(\"computing\");\nloop { std::hint::spin_loop() }");
    let traceback = executed.traceback();
    assert!(traceback.contains("`lost`") && traceback.contains("its process was ended"), "{traceback}");
    assert_eq!(kernel.value("still()"), "7");
    assert_eq!(kernel.execute("lost").reply["ename"], "E0425");
    // Nothing to lose.
    let executed = interrupted(&mut kernel, "println!(\"computing\");\nloop { std::hint::spin_loop() }");
    assert!(!executed.traceback().contains("gone"), "{}", executed.traceback());
    assert_eq!(kernel.value("1"), "1");
}

fn a_shell_line_is_stopped() {
    let (_folder, mut kernel) = kernel();
    kernel.value("let kept = 1;");
    let id = kernel.begin("!sleep 100");
    while kernel.publication().kind != "execute_input" {}
    interrupt(&mut kernel, &id);
    assert_eq!(kernel.value("kept"), "1");
}

fn compiling_is_stopped() {
    let (_folder, mut kernel) = kernel();
    kernel.value("let kept = 1;");
    let id =
        kernel.begin("#![allow(long_running_const_eval)]\nconst N: u64 = { let mut n = 0; while n < u64::MAX { n += 1 } n };\nN");
    std::thread::sleep(Duration::from_millis(700));
    interrupt(&mut kernel, &id);
    assert_eq!(kernel.value("kept"), "1");
}

fn nothing_to_interrupt_is_no_error() {
    let (_folder, mut kernel) = kernel();
    assert_eq!(kernel.control("interrupt_request", json!({}))["status"], "ok");
    assert_eq!(kernel.value("2"), "2");
    assert_eq!(kernel.control("interrupt_request", json!({}))["status"], "ok");
    assert_eq!(kernel.value("3"), "3");
}

fn a_cell_that_waits_for_input_keeps_variables() {
    let (_folder, mut kernel) = kernel();
    kernel.value("let kept = 1;");
    let code = "println!(\"waiting\");\nlet mut line = String::new();\nstd::io::stdin().read_line(&mut line).unwrap();";
    let id = kernel.send("execute_request", json!({"code": code, "allow_stdin": true}));
    while kernel.publication().kind != "stream" {}
    std::thread::sleep(Duration::from_millis(200));
    interrupt(&mut kernel, &id);
    assert_eq!(kernel.value("kept"), "1");
}
