//! Kernels that come and go, and leave nothing.

use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use jupyter_protocol::ConnectionInfo;
use serde_json::json;

use crate::client::{Kernel, processes_in};
use crate::ports::{self, PATIENCE};
use crate::{Story, cache, kernel};

pub(crate) const STORIES: &[Story] = &[
    ("a_shutdown_is_answered_and_leaves_nothing", a_shutdown_is_answered_and_leaves_nothing),
    ("a_shutdown_ends_a_cell_that_computes", a_shutdown_ends_a_cell_that_computes),
    ("what_was_sent_arrives_after_the_end", what_was_sent_arrives_after_the_end),
    ("the_kernel_goes_when_jupyter_is_killed", the_kernel_goes_when_jupyter_is_killed),
    ("a_kernel_that_nobody_waits_for_goes", a_kernel_that_nobody_waits_for_goes),
    ("nothing_stays_when_the_kernel_is_killed", nothing_stays_when_the_kernel_is_killed),
    ("a_killed_process_of_cells_is_answered_for", a_killed_process_of_cells_is_answered_for),
    ("ten_kernels_one_after_another", ten_kernels_one_after_another),
];

/// A cell that starts a process which leaves its group and session.
const DAEMON: &str =
    "std::process::Command::new(\"setsid\").args([\"sleep\", \"1000\"]).spawn().unwrap();\nprintln!(\"started\");";

fn nothing_is_left(folder: &Path) {
    let started = Instant::now();
    while !processes_in(folder).is_empty() {
        assert!(started.elapsed() < PATIENCE / 6, "left behind: {:?}", processes_in(folder));
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn a_shutdown_is_answered_and_leaves_nothing() {
    let (folder, mut kernel) = kernel();
    assert_eq!(kernel.execute(DAEMON).status(), "ok");
    let reply = kernel.control("shutdown_request", json!({"restart": true}));
    assert_eq!(reply, json!({"status": "ok", "restart": true}));
    let asked = Instant::now();
    kernel.wait();
    assert!(asked.elapsed() < Duration::from_secs(3), "it took {:?}", asked.elapsed());
    nothing_is_left(folder.path());
}

fn a_shutdown_ends_a_cell_that_computes() {
    let (folder, mut kernel) = kernel();
    let id = kernel.begin("println!(\"computing\");\nloop { std::hint::spin_loop() }");
    while kernel.publication().kind != "stream" {}
    assert_eq!(kernel.control("shutdown_request", json!({"restart": false}))["status"], "ok");
    assert_eq!(kernel.reply(&id).content["ename"], "Interrupted");
    kernel.wait();
    nothing_is_left(folder.path());
}

/// A socket takes a large reply at once, and writes it as fast as the client reads.
fn what_was_sent_arrives_after_the_end() {
    const SIZE: usize = 24 << 20;
    let (_folder, mut kernel) = kernel();
    let expression = format!("\"x\".repeat({SIZE})");
    let request = json!({"code": "println!(\"over\");", "silent": false, "user_expressions": {"large": expression}});
    let id = kernel.send("execute_request", request);
    kernel.until_idle(&id);
    assert_eq!(kernel.control("shutdown_request", json!({"restart": false}))["status"], "ok");
    let value = kernel.reply(&id).content["user_expressions"]["large"]["data"]["text/plain"].as_str().map(str::len);
    // With its quotation marks.
    assert_eq!(value, Some(SIZE + 2));
    kernel.wait();
}

fn the_kernel_goes_when_jupyter_is_killed() {
    let (folder, mut kernel) = kernel();
    assert_eq!(kernel.execute(DAEMON).status(), "ok");
    // A process that has just been forked is not yet called what it runs.
    let started = Instant::now();
    while kernel.processes().len() < 4 {
        assert!(started.elapsed() < PATIENCE / 6, "{:?}", kernel.processes());
        std::thread::sleep(Duration::from_millis(20));
    }
    kernel.kill_jupyter();
    nothing_is_left(folder.path());
    // Also as soon as a client can connect.
    for _ in 0..3 {
        Kernel::start(folder.path(), &cache()).kill_jupyter();
        nothing_is_left(folder.path());
    }
}

/// Jupyter is killed before the kernel that it has started can look who that was. Its process may be there for
/// some time after that, until its parent has noticed.
fn a_kernel_that_nobody_waits_for_goes() {
    let folder = tempfile::tempdir().unwrap();
    let mut jupyters = [(); 2].map(|()| Command::new("true").spawn().unwrap());
    jupyters[0].wait().unwrap();
    let mut kernels: Vec<_> = jupyters.iter().map(|jupyter| started_by(jupyter.id(), folder.path())).collect();
    std::thread::sleep(Duration::from_secs(2));
    jupyters[1].wait().unwrap();
    let started = Instant::now();
    while kernels.iter_mut().any(|kernel| kernel.try_wait().unwrap().is_none()) {
        assert!(started.elapsed() < PATIENCE, "it waits for ever");
        std::thread::sleep(Duration::from_millis(50));
    }
    nothing_is_left(folder.path());
}

/// A kernel that nobody connects to, started by this process on behalf of Jupyter.
fn started_by(jupyter: u32, folder: &Path) -> Child {
    let connection =
        ConnectionInfo { shell_port: 0, iopub_port: 0, stdin_port: 0, control_port: 0, hb_port: 0, ..ports::connection() };
    let file = folder.join(format!("connection-{jupyter}.json"));
    std::fs::write(&file, serde_json::to_vec(&connection).unwrap()).unwrap();
    let mut kernel = Command::new(std::env::current_exe().unwrap());
    kernel.arg("be-the-kernel").args([&file, &cache()]).current_dir(folder).env("JPY_PARENT_PID", jupyter.to_string());
    kernel.spawn().unwrap()
}

fn nothing_stays_when_the_kernel_is_killed() {
    let (folder, mut kernel) = kernel();
    assert_eq!(kernel.execute(DAEMON).status(), "ok");
    let (process, _) = kernel.processes().into_iter().find(|(_, command)| command.contains("be-the-kernel")).unwrap();
    kill(process);
    nothing_is_left(folder.path());
}

fn a_killed_process_of_cells_is_answered_for() {
    let (_folder, mut kernel) = kernel();
    kernel.value("let lost = 1;");
    let id = kernel.begin("println!(\"computing\");\nloop { std::hint::spin_loop() }");
    while kernel.publication().kind != "stream" {}
    let cells: Vec<i32> =
        kernel.processes().into_iter().filter(|(_, command)| command.trim_end().ends_with("/cells")).map(|(id, _)| id).collect();
    assert_eq!(cells.len(), 1, "{:?}", kernel.processes());
    kill(cells[0]);
    let executed = kernel.end(&id);
    assert_eq!((executed.status(), &executed.reply["ename"]), ("error", &json!("Signal")));
    assert!(executed.traceback().contains("`lost`"), "{}", executed.traceback());
    assert_eq!(kernel.value("2"), "2");
    // Also while no cell runs.
    kernel.value("let lost = 1;");
    let processes = kernel.processes();
    let (supervisor, _) = processes.iter().find(|(_, command)| command.contains("supervise")).unwrap();
    kill(*supervisor);
    std::thread::sleep(Duration::from_millis(100));
    let executed = kernel.execute("lost");
    assert_eq!(executed.status(), "error");
    assert_eq!(kernel.value("3"), "3");
}

fn ten_kernels_one_after_another() {
    let folder = tempfile::tempdir().unwrap();
    for number in 0..10 {
        let mut kernel = Kernel::start(folder.path(), &cache());
        assert_eq!(kernel.value(&format!("{number} + 1")), (number + 1).to_string());
        kernel.control("shutdown_request", json!({"restart": false}));
        kernel.wait();
    }
    nothing_is_left(folder.path());
}

fn kill(process: i32) {
    let process = rustix::process::Pid::from_raw(process).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
}
