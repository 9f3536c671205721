//! Ctrl-C: the run ends at once, no process is left behind, no file is half written.

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::world::World;

#[test]
fn ctrl_c_ends_the_run_and_everything_it_started() {
    let world = World::of_project("interrupted");
    let before = world.files();
    let mut run = world.command(&["test", "--junit", "target/junit.xml"]).spawn().unwrap();
    // The notebook's second cell writes this file, then loops.
    let mark = world.path("notebooks/running");
    let started = Instant::now();
    while !mark.exists() {
        assert!(started.elapsed() < Duration::from_secs(120), "the notebook never ran");
        assert!(run.try_wait().unwrap().is_none(), "the run ended before it was interrupted");
        std::thread::sleep(Duration::from_millis(50));
    }
    let user_process: u32 = std::fs::read_to_string(&mark).unwrap().trim().parse().unwrap();
    assert!(is_running(user_process));

    let interrupted = Instant::now();
    kill_process(Pid::from_raw(i32::try_from(run.id()).unwrap()).unwrap(), Signal::INT).unwrap();
    let status = run.wait().unwrap();
    assert_eq!(status.code(), Some(130));
    assert!(interrupted.elapsed() < Duration::from_secs(5), "it took {:?} to end", interrupted.elapsed());
    let said: Vec<String> = BufReader::new(run.stderr.take().unwrap()).lines().map_while(Result::ok).collect();
    assert!(said.iter().any(|line| line.contains("interrupted")), "{said:?}");
    // Results that were known by then are reported.
    let report: Vec<String> = BufReader::new(run.stdout.take().unwrap()).lines().map_while(Result::ok).collect();
    assert!(report.iter().any(|line| line.contains("stopped by the user before it was done")), "{report:?}");
    assert!(report.iter().any(|line| line.contains("1 notebook: 0 passed, 0 failed, 1 not run")), "{report:?}");
    let junit = world.read("target/junit.xml");
    assert!(junit.contains("cell 1") && junit.contains("cell 2"), "{junit}");

    let gone = Instant::now();
    while is_running(user_process) {
        assert!(gone.elapsed() < Duration::from_secs(5), "process {user_process} was left behind");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::fs::remove_file(&mark).unwrap();
    assert_eq!(world.files(), before, "the run left or changed files");
}

/// A run that waits for another one's build is not deaf: it waits for the build folder, and ends at every
/// signal that asks it to.
#[test]
fn a_run_that_waits_for_the_build_folder_obeys_signals() {
    let world = World::of_project("local-package");
    world.run(&["test"]).exits(0);
    // Something is to be built again.
    let library = world.read("answers/src/lib.rs");
    world.write("answers/src/lib.rs", &format!("{library}\n// edited\n"));
    let lock = world.path("target/nbsnap/dependencies/lock");
    for signal in [Signal::INT, Signal::TERM, Signal::HUP] {
        let held = std::fs::File::open(&lock).unwrap();
        held.lock().unwrap();
        let mut run = world.command(&["test", "--fresh"]).spawn().unwrap();
        let mut said = BufReader::new(run.stdout.take().unwrap()).lines();
        assert!(said.any(|line| line.is_ok_and(|line| line.contains("another run is using the build folder"))));
        let interrupted = Instant::now();
        kill_process(Pid::from_raw(i32::try_from(run.id()).unwrap()).unwrap(), signal).unwrap();
        assert_eq!(run.wait().unwrap().code(), Some(130), "{signal:?}");
        assert!(interrupted.elapsed() < Duration::from_secs(5), "{signal:?}: it took {:?} to end", interrupted.elapsed());
    }
}

/// Whether the process exists and is more than an entry that waits for its parent to look.
fn is_running(process: u32) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{process}/stat")) else { return false };
    !stat.rsplit(") ").next().is_some_and(|rest| rest.starts_with('Z'))
}
