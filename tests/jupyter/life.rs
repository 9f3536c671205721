//! The life of the kernel's process: how it starts, its environment, how it ends, and that nothing is left.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use nbsnap::engine::EngineError;
use nbsnap::record::Failure;

use crate::RUNNER;
use crate::world::{World, kind};

pub(crate) const TESTS: &[(&str, fn())] = &[
    ("a_kernel_may_take_its_time_to_start", a_kernel_may_take_its_time_to_start),
    ("a_kernel_that_does_not_answer_is_told", a_kernel_that_does_not_answer_is_told),
    ("a_kernel_that_ends_early_is_told_with_its_words", a_kernel_that_ends_early_is_told_with_its_words),
    ("a_kernel_that_is_not_installed_is_told", a_kernel_that_is_not_installed_is_told),
    ("a_kernel_that_dies_is_told_with_its_words", a_kernel_that_dies_is_told_with_its_words),
    ("after_a_death_that_was_meant_another_kernel_goes_on", after_a_death_that_was_meant_another_kernel_goes_on),
    ("what_the_process_prints_is_read", what_the_process_prints_is_read),
    ("nothing_is_left_after_the_last_cell", nothing_is_left_after_the_last_cell),
    ("a_kernel_that_ignores_shutdown_is_ended", a_kernel_that_ignores_shutdown_is_ended),
    ("nothing_is_left_when_the_runner_is_killed", nothing_is_left_when_the_runner_is_killed),
    ("who_wants_to_stop_need_not_wait", who_wants_to_stop_need_not_wait),
    ("memory_has_a_limit", memory_has_a_limit),
    ("a_kernel_finds_what_it_needs_and_no_settings", a_kernel_finds_what_it_needs_and_no_settings),
];

fn a_kernel_may_take_its_time_to_start() {
    let world = World { mode: "starts-slowly", ..World::new() };
    assert_eq!(world.run_cell("stdout here").stdout, "here\n");
}

fn a_kernel_that_does_not_answer_is_told() {
    let world = World { mode: "mute", start_timeout: Duration::from_millis(700), ..World::new() };
    let outcome = world.run(&["stdout never"]);
    assert!(outcome.records.is_empty());
    let message = outcome.cannot_begin.unwrap();
    assert!(message.contains("kernel `fake` does not answer within 700ms"), "{message}");
}

fn a_kernel_that_ends_early_is_told_with_its_words() {
    let world = World { mode: "ends-early", ..World::new() };
    let message = world.run(&["stdout never"]).cannot_begin.unwrap();
    assert!(message.contains("ended before it was ready (it exited with code 7)"), "{message}");
    assert!(message.contains("no licence for this kernel"), "{message}");
}

fn a_kernel_that_is_not_installed_is_told() {
    let world = World { kernel: "python3", language: Some("python"), ..World::new() };
    let message = world.run(&["1"]).cannot_begin.unwrap();
    assert!(message.starts_with("there is no kernel `python3`, only fake; `python3 -m pip install ipykernel`"), "{message}");
}

fn a_kernel_that_dies_is_told_with_its_words() {
    let record = World::new().run_cell("stdout before\nprint last words\nsleep 200\nabort");
    assert_eq!(record.failure, Some(Failure::Died { status: "by signal 6 (SIGABRT, an abort)".into() }));
    assert_eq!(record.stdout, "before\n");
    assert!(record.stderr.contains("last words"), "{:?}", record.stderr);
}

fn after_a_death_that_was_meant_another_kernel_goes_on() {
    let outcome = World::new().run(&["stdout one", "exit 3", "stdout two"]);
    assert_eq!(outcome.records[1].failure, Some(Failure::Died { status: "it exited with code 3".into() }));
    assert_eq!(outcome.records[2].stdout, "two\n");
}

fn what_the_process_prints_is_read() {
    // Twenty times the capacity of a pipe.
    let record = World::new().run_cell("flood 13000\nstdout end");
    assert_eq!((record.stdout.as_str(), &record.failure), ("end\n", &None));
}

fn nothing_is_left_after_the_last_cell() {
    let record = World::new().run_cell("processes");
    all_gone(&record.stdout);
}

fn a_kernel_that_ignores_shutdown_is_ended() {
    let world = World { mode: "ignores-shutdown", ..World::new() };
    let outcome = world.run(&["processes"]);
    all_gone(&outcome.records[0].stdout);
    assert!(outcome.elapsed < Duration::from_secs(20), "{:?}", outcome.elapsed);
}

fn nothing_is_left_when_the_runner_is_killed() {
    let world = World::new();
    let told = world.folder.path().join("processes");
    let mut runner = Command::new(std::env::current_exe().unwrap()).arg(RUNNER).arg(&told).stdin(Stdio::null()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(30);
    while !told.exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(20));
    }
    runner.kill().unwrap();
    runner.wait().unwrap();
    all_gone(&std::fs::read_to_string(told).unwrap());
}

/// The runner that is killed: it writes the numbers of the kernel's processes to a file, and keeps them
/// running.
pub(crate) fn run_until_killed(told: &Path) {
    let ended = World::new().try_run(&["processes", "stall 60000"], &mut |record| {
        let half_written = told.with_extension("new");
        std::fs::write(&half_written, &record.stdout).unwrap();
        std::fs::rename(half_written, told).unwrap();
    });
    assert!(ended.is_err(), "nobody killed it");
}

/// Waits a moment for these processes to be gone, by their numbers.
fn all_gone(numbers: &str) {
    let numbers: Vec<&str> = numbers.split_whitespace().collect();
    assert_eq!(numbers.len(), 2, "{numbers:?}");
    // A process that has ended and was not collected yet counts as gone.
    let runs = |number: &&str| {
        let status = std::fs::read_to_string(format!("/proc/{number}/stat")).unwrap_or_default();
        status.rsplit(") ").next().is_some_and(|rest| !rest.is_empty() && !rest.starts_with('Z'))
    };
    let deadline = Instant::now() + Duration::from_secs(5);
    while numbers.iter().any(&runs) {
        assert!(Instant::now() < deadline, "some of {numbers:?} still run");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn who_wants_to_stop_need_not_wait() {
    let world = World::new();
    let flag = world.interrupt.flag();
    std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(1500));
        flag.store(true, Ordering::Relaxed);
    });
    let started = Instant::now();
    assert!(matches!(world.try_run(&["stall 60000"], &mut |_| ()), Err(EngineError::Interrupted)));
    assert!(started.elapsed() < Duration::from_secs(20));
}

fn memory_has_a_limit() {
    let world = World { max_memory: Some(1 << 30), ..World::new() };
    let outcome = world.run(&["allocate 1000000", "allocate 3000000000"]);
    assert_eq!((outcome.records[0].stdout.as_str(), kind(&outcome.records[1])), ("allocated\n", "process died"));
}

fn a_kernel_finds_what_it_needs_and_no_settings() {
    let mut world = World::new();
    world.variables.insert("http_proxy".into(), "http://127.0.0.1:1".into());
    let names = ["http_proxy", "TZ", "PYTHONSTARTUP", "IPYTHONDIR", "JUPYTER_CONFIG_DIR", "CARGO_MANIFEST_DIR"];
    let source: String = names.iter().map(|name| format!("environment {name}\n")).collect();
    let record = world.run_cell(&format!("{source}folder"));
    let said: Vec<&str> = record.stdout.lines().collect();
    assert_eq!(said[..3], ["http_proxy http://127.0.0.1:1", "TZ UTC", "PYTHONSTARTUP nothing"]);
    assert!(said[3].contains("nbsnap-kernel-") && said[4].contains("nbsnap-kernel-"), "{said:?}");
    assert_eq!(said[5], "CARGO_MANIFEST_DIR nothing", "a variable of the machine's");
    assert_eq!(Path::new(said[6]), world.folder.path().canonicalize().unwrap(), "beside the notebook");
}
