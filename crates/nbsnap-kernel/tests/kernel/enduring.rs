//! Kernels that last: many cells, many kernels, much output, and processes killed at random moments.
//!
//! A little of each by default. With the variable `NBSNAP_KERNEL_ENDURANCE=full` it is as much as on a long
//! day, with figures on standard error.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::client::{Kernel, is_alive, processes_in};
use crate::ports::PATIENCE;
use crate::received::Executed;
use crate::{Story, cache};

pub(crate) const STORIES: &[Story] = &[
    ("endurance_many_cells_in_one_kernel", many_cells_in_one_kernel),
    ("endurance_kernels_one_after_another", kernels_one_after_another),
    ("endurance_kernels_at_once", kernels_at_once),
    ("endurance_much_output", much_output),
    ("endurance_processes_killed_at_random", processes_killed_at_random),
];

fn is_full() -> bool {
    std::env::var_os("NBSNAP_KERNEL_ENDURANCE").is_some_and(|mode| mode == "full")
}

/// As many as a full run has, or as few as every run can have.
fn times(full: u64, few: u64) -> u64 {
    if is_full() { full } else { few }
}

/// Prints figures in a full run.
fn report(text: &str) {
    if is_full() {
        eprintln!("{text}");
    }
}

/// A kernel in a folder of its own.
fn start() -> (tempfile::TempDir, Kernel) {
    let folder = tempfile::tempdir().unwrap();
    let kernel = Kernel::start(folder.path(), &cache());
    (folder, kernel)
}

/// Memory of all processes of a kernel, shared pages shared out, in MB.
fn memory(kernel: &Kernel) -> u64 {
    let of = |(process, _): (i32, String)| {
        let text = std::fs::read_to_string(format!("/proc/{process}/smaps_rollup")).unwrap_or_default();
        let line = text.lines().find_map(|line| line.strip_prefix("Pss:"));
        line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or(0)
    };
    kernel.processes().into_iter().map(of).sum::<u64>() / 1024
}

/// Files that the processes of a kernel hold open.
fn open_files(kernel: &Kernel) -> usize {
    let of = |(process, _): (i32, String)| std::fs::read_dir(format!("/proc/{process}/fd")).map_or(0, Iterator::count);
    kernel.processes().into_iter().map(of).sum()
}

/// Checks that no process of a kernel is left.
fn nobody_is_left(family: &[(i32, String)], after: &str) {
    let started = Instant::now();
    let left = || family.iter().filter(|(process, _)| is_alive(*process)).collect::<Vec<_>>();
    while !left().is_empty() {
        assert!(started.elapsed() < PATIENCE / 6, "left behind {after}: {:?}", left());
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn nothing_is_left(folder: &Path, after: &str) {
    let started = Instant::now();
    while !processes_in(folder).is_empty() {
        assert!(started.elapsed() < PATIENCE / 6, "left behind {after}: {:?}", processes_in(folder));
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Folders in which cells were being compiled.
fn unfinished() -> usize {
    let entries = std::fs::read_dir(cache().join("cells")).into_iter().flatten().flatten();
    entries.filter(|entry| entry.file_name().to_string_lossy().starts_with("making-")).count()
}

fn many_cells_in_one_kernel() {
    let (folder, mut kernel) = start();
    let cells = times(1000, 40);
    kernel.value("let mut sum: u64 = 0;\nlet mut texts: Vec<String> = Vec::new();");
    let (before, files, began) = (memory(&kernel), open_files(&kernel), Instant::now());
    let mut slowest = Duration::ZERO;
    for number in 1..=cells {
        let asked = Instant::now();
        // Of all kinds: an item, a variable, an error now and then, and a text.
        let cell = match number % 4 {
            0 => format!("fn add_{number}(n: u64) -> u64 {{ n + {number} }}\nsum = add_{number}(sum);"),
            1 => format!("sum += {number};\ntexts.push(format!(\"cell {{}}\", {number}));"),
            2 => format!("let one_{number} = {number}_u64;\nsum += one_{number};"),
            _ => format!("sum += {number};\nprintln!(\"{{sum}}\");"),
        };
        assert_eq!(kernel.execute(&cell).status(), "ok", "{cell}");
        if number % 50 == 7 {
            assert_eq!(kernel.execute("panic!(\"now and then\")").reply["ename"], "Panic");
        }
        slowest = slowest.max(asked.elapsed());
    }
    assert_eq!(kernel.value("sum"), (cells * (cells + 1) / 2).to_string());
    let (after, took) = (memory(&kernel), began.elapsed());
    let opened = open_files(&kernel).saturating_sub(files);
    report(&format!(
        "{cells} cells in {took:.1?}, {:.0?} each, the slowest {slowest:.1?}; memory from {before} to {after} MB, {opened} files more",
        took / u32::try_from(cells).unwrap()
    ));
    // A cell's code stays loaded, as threads may run it: some dozens of kilobytes each.
    assert!(after < before + 10 + cells / 4, "from {before} to {after} MB");
    assert!(opened < 10, "{opened} files more are open");
    drop(kernel);
    nothing_is_left(folder.path(), "after many cells");
}

fn kernels_one_after_another() {
    let folder = tempfile::tempdir().unwrap();
    let (kernels, began, folders) = (times(50, 8), Instant::now(), unfinished());
    for number in 0..kernels {
        let mut kernel = Kernel::start(folder.path(), &cache());
        assert_eq!(kernel.value(&format!("{number} + 1")), (number + 1).to_string());
        kernel.control("shutdown_request", json!({"restart": number % 2 == 0}));
        kernel.wait();
    }
    report(&format!("{kernels} kernels, {:.0?} each", began.elapsed() / u32::try_from(kernels).unwrap()));
    nothing_is_left(folder.path(), "after the last kernel");
    assert!(unfinished() <= folders + 2, "{} folders are left", unfinished());
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().flatten().map(|entry| entry.file_name()).collect();
    assert_eq!(left, ["history.jsonl"], "no kernel leaves anything where it works");
}

fn kernels_at_once() {
    let began = Instant::now();
    let kernels = times(8, 4);
    let mut running: Vec<_> = (0..kernels).map(|_| start()).collect();
    let ready = began.elapsed();
    for round in 0..3 {
        let asked = Instant::now();
        let cell = |number: usize| format!("let own_{round} = {number}_usize;\nprintln!(\"{{}}\", own_{round} + {round});");
        let ids: Vec<String> = running.iter_mut().enumerate().map(|(number, (_, kernel))| kernel.begin(&cell(number))).collect();
        for (number, ((_, kernel), id)) in running.iter_mut().zip(&ids).enumerate() {
            let executed = kernel.end(id);
            assert_eq!((executed.status(), executed.stream("stdout")), ("ok", format!("{}\n", number + round)));
        }
        report(&format!("{kernels} kernels, a cell each: {:.1?}", asked.elapsed()));
    }
    let memory: u64 = running.iter().map(|(_, kernel)| memory(kernel)).sum();
    report(&format!("{kernels} kernels were ready after {ready:.1?}, and have {memory} MB together"));
    let folders: Vec<_> = running.into_iter().map(|(folder, _)| folder).collect();
    folders.iter().for_each(|folder| nothing_is_left(folder.path(), "after kernels at once"));
}

fn much_output() {
    let (_folder, mut kernel) = start();
    let megabytes = times(100, 40);
    let began = Instant::now();
    let executed = kernel.execute(&format!(
        "let line = \"x\".repeat(1023);\nlet began = std::time::Instant::now();\nfor _ in 0..{megabytes} * 1024 {{ println!(\"{{line}}\"); }}\n{megabytes}"
    ));
    assert_eq!((executed.status(), executed.value()), ("ok", megabytes.to_string().as_str()));
    let shown = executed.stream("stdout").len();
    report(&format!("{megabytes} MB printed, {shown} bytes shown, in {:.1?}; then {} MB", began.elapsed(), memory(&kernel)));
    assert!((30 << 20..=32 << 20).contains(&shown), "{shown} bytes");
    assert!(executed.stream("stderr").contains("more than 32 MiB"));
    assert!(memory(&kernel) < 300, "{} MB", memory(&kernel));
    // It reads, and answers, while a cell floods.
    let id = kernel.begin("loop { println!(\"{line}\") }");
    while kernel.publication().kind != "stream" {}
    assert_eq!(kernel.ask("is_complete_request", json!({"code": "1"}))["status"], "complete");
    kernel.control("interrupt_request", json!({}));
    let executed = kernel.end(&id);
    assert_eq!(executed.reply["ename"], "Interrupted");
    assert_eq!(kernel.value("1 + 1"), "2");
}

/// What a kernel may be doing when one of its processes is killed.
const BUSY: &[&str] = &[
    "loop { std::hint::spin_loop() }",
    "std::future::pending::<()>().await;",
    "std::thread::sleep(std::time::Duration::from_secs(1000));",
    "loop { println!(\"flood\") }",
    "let mut line = String::new();\nstd::io::stdin().read_line(&mut line).unwrap();",
    "!sleep 1000",
    "#![allow(long_running_const_eval)]\nconst N: u64 = { let mut n = 0; while n < u64::MAX { n += 1 } n };\nN",
    "std::process::Command::new(\"setsid\").args([\"sleep\", \"1000\"]).spawn().unwrap();\nloop { std::hint::spin_loop() }",
];

fn processes_killed_at_random() {
    let mut random = Random::new();
    let mut killed: BTreeMap<String, u32> = BTreeMap::new();
    let rounds = times(60, 8);
    let seed = random.first;
    for round in 0..rounds {
        let (folder, mut kernel) = start();
        kernel.value("let kept = 1;");
        let front = kernel.front();
        let busy = BUSY[usize::try_from(round).unwrap() % BUSY.len()];
        let request = json!({"code": busy, "allow_stdin": true});
        let id = kernel.send("execute_request", request);
        std::thread::sleep(Duration::from_millis(random.below(700)));
        let family = kernel.family();
        let (victim, name) = &family[usize::try_from(random.below(family.len() as u64)).unwrap()];
        *killed.entry(name.clone()).or_default() += 1;
        kill(*victim);
        let after = format!("when {name} was killed in `{busy}` (seed {seed})");
        if *victim == front {
            // Jupyter sees that the process is gone, and starts another.
            kernel.wait();
            drop(kernel);
            nobody_is_left(&family, &after);
            nothing_is_left(folder.path(), &after);
            let mut again = Kernel::start(folder.path(), &cache());
            assert_eq!(again.value("1 + 1"), "2", "{busy}, {name} was killed, seed {seed}");
            continue;
        }
        let executed = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| answered(&mut kernel, &id)));
        let executed = executed.unwrap_or_else(|_| panic!("no answer {after}"));
        if name == "rustc" {
            // The cell fails, and not for good: it gets further when it is run again.
            assert!(executed.traceback().contains("rustc was ended by signal 9"), "{}", executed.traceback());
        }
        assert_eq!(executed.status(), "error", "{busy}, {name} was killed, seed {seed}: {executed:?}");
        assert_eq!(executed.of_kind("error").len(), 1, "{executed:?}");
        // It goes on, with what was not lost.
        assert_eq!(kernel.value("1 + 1"), "2", "{busy}, {name} was killed, seed {seed}");
        kernel.value("let again = 3;\nagain");
        drop(kernel);
        // Only its supervisor knows a process that has left its session.
        let is_out_of_reach = name == "supervisor" && busy.contains("setsid");
        if is_out_of_reach {
            processes_in(folder.path()).into_iter().for_each(|(process, _)| kill(process));
        } else {
            nobody_is_left(&family, &after);
        }
        nothing_is_left(folder.path(), &after);
    }
    report(&format!("{rounds} kills: {killed:?}"));
}

/// The outcome of a cell after a process of its kernel was killed: an answer, at the latest after an
/// interrupt.
fn answered(kernel: &mut Kernel, id: &str) -> Executed {
    if !kernel.is_idle_within(id, Duration::from_secs(3)) {
        // What was killed was of no use to the cell, which goes on.
        kernel.control("interrupt_request", json!({}));
    }
    kernel.end(id)
}

fn kill(process: i32) {
    if let Some(process) = rustix::process::Pid::from_raw(process) {
        // It may have ended by itself a moment ago.
        let _ = rustix::process::kill_process(process, rustix::process::Signal::KILL);
    }
}

/// Numbers that look random, and are the same again from the same first one.
struct Random {
    first: u64,
    state: u64,
}

impl Random {
    fn new() -> Random {
        let given = std::env::var("NBSNAP_KERNEL_SEED").ok().and_then(|seed| seed.parse().ok());
        let first = given.unwrap_or_else(|| u64::from(std::process::id()) | 1);
        Random { first, state: first.wrapping_mul(0x9e37_79b9_7f4a_7c15) }
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        self.state % limit.max(1)
    }
}
