//! `nbsnap test --watch`: an edit is enough.

use std::io::{BufRead, BufReader};
use std::process::Child;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::world::World;

/// Lines until one says this.
fn until(lines: &Receiver<String>, text: &str) -> String {
    let (started, mut said) = (Instant::now(), String::new());
    loop {
        let left = Duration::from_secs(120).saturating_sub(started.elapsed());
        let line = lines.recv_timeout(left).unwrap_or_else(|_| panic!("no line says `{text}` after:\n{said}"));
        said.push_str(&line);
        said.push('\n');
        if line.contains(text) {
            return said;
        }
    }
}

/// A turn that says this. There may be others before: a file that is written is seen half written.
fn turn(lines: &Receiver<String>, texts: &[&str]) {
    let (started, mut said) = (Instant::now(), Vec::new());
    while started.elapsed() < Duration::from_secs(120) {
        said.push(until(lines, "waiting for changes"));
        if said.last().is_some_and(|said| texts.iter().all(|text| said.contains(text))) {
            return;
        }
    }
    panic!("no turn says {texts:?}: {said:#?}");
}

/// `nbsnap test --watch`, and the lines that it prints.
fn start(world: &World) -> (Child, Receiver<String>) {
    let mut run = world.command(&["test", "--watch"]).spawn().unwrap();
    let (sender, lines) = channel();
    let stdout = BufReader::new(run.stdout.take().unwrap());
    std::thread::spawn(move || stdout.lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
    (run, lines)
}

fn end(mut run: Child) {
    kill_process(Pid::from_raw(i32::try_from(run.id()).unwrap()).unwrap(), Signal::INT).unwrap();
    assert_eq!(run.wait().unwrap().code(), Some(130));
}

#[test]
fn a_file_counts_that_cells_read_wherever_it_is_and_no_other() {
    let world = World::empty();
    world.write("data/answer.txt", "right");
    world.notebook(
        "reads",
        "",
        &[("a", "{}", "assert_eq!(std::fs::read_to_string(\"../data/answer.txt\").unwrap(), \"right\");")],
    );
    let (run, lines) = start(&world);
    turn(&lines, &["1 notebook: 1 passed"]);
    world.write("data/answer.txt", "wrong");
    turn(&lines, &["Running 1 notebook", "1 failed"]);
    // Nobody has read these. If they counted, there would be another red turn now.
    world.write("notebooks/beside.txt", "x");
    world.write("data/other.txt", "x");
    std::thread::sleep(Duration::from_secs(2));
    world.write("data/answer.txt", "right");
    let said = until(&lines, "waiting for changes");
    assert!(said.contains("1 notebook: 1 passed"), "{said}");
    end(run);
}

#[test]
fn notebooks_are_run_again_whose_inputs_changed() {
    let world = World::of_project("passes");
    world.notebook("other", "", &[("a", "{}", "let a = 1;")]);
    let (run, lines) = start(&world);

    let said = until(&lines, "waiting for changes");
    assert!(said.contains("2 notebooks: 2 passed, 0 failed"), "{said}");
    // Only the changed notebook runs. Files that the run itself writes are not a change.
    let notebook = world.read("notebooks/lab.ipynb");
    world.write("notebooks/lab.ipynb", &notebook.replace("let start = 20;", "let start = 21;"));
    let said = until(&lines, "waiting for changes");
    assert!(said.contains("Running 1 notebook") && said.contains("the output is not as recorded"), "{said}");
    // So is a snapshot that somebody accepts.
    world.run(&["accept"]).exits(0);
    let said = until(&lines, "waiting for changes");
    assert!(said.contains("Running 1 notebook") && said.contains("1 notebook: 1 passed, 0 failed"), "{said}");
    world.write("notebooks/nbsnap.toml", "cell-timeout = \"50s\"\n");
    let said = until(&lines, "waiting for changes");
    assert!(said.contains("2 notebooks: 2 passed, 0 failed"), "the settings are an input of all: {said}");

    // An error that keeps notebooks from running is waited for, too.
    world.write("notebooks/nbsnap.toml", "cell-timout = \"50s\"\n");
    turn(&lines, &["cell-timout", "did you mean"]);
    world.write("notebooks/nbsnap.toml", "cell-timeout = \"40s\"\n");
    turn(&lines, &["2 notebooks: 2 passed, 0 failed"]);
    world.write("notebooks/broken/Cargo.toml", "[package]\nname = \"broken\"\nversion = \"1.0.0\"\nedition = \"2024\"\n");
    world.write("notebooks/broken/src/lib.rs", "no rust");
    world.notebook("new", "", &[("a", "{}", ":dep broken = { path = \"broken\" }")]);
    // It is red alone, in Cargo's words, and the others stay as they are.
    turn(&lines, &["new, cell 1", "no rust", "1 failed"]);
    world.write("notebooks/broken/src/lib.rs", "pub fn one() {}");
    // The others are checked. None of their inputs has changed.
    turn(&lines, &["PASS", "new (1 cell", "2 cached, 0 failed"]);
    end(run);
}
