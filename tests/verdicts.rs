//! Verdicts, budgets, and repeated runs: what the settings of a notebook or a cell can change about its run.

use std::time::{Duration, Instant};

use serde_json::Value;

use crate::world::{ENGINES, World};

const PLAIN: &str = "{}";

#[test]
fn cells_that_say_so_are_skipped_or_run_unseen() {
    let world = World::empty();
    world.notebook(
        "lab",
        "",
        &[
            ("start", PLAIN, "let start = 20;"),
            ("gpu", r#"{ "tags": ["skip-execution"] }"#, "this is no Rust"),
            ("lazy", r#"{ "nbsnap": { "skip": "takes an hour" } }"#, "loop {}"),
            ("marked", PLAIN, "// NBVAL_SKIP\nnor is this"),
            ("process", r#"{ "tags": ["nbval-ignore-output"] }"#, "println!(\"{}\", std::process::id());"),
            ("silent", PLAIN, "let end = start + 1;"),
        ],
    );
    let outcome = world.run(&["test", "-v"]);
    outcome.exits(0).says("6 cells, 3 skipped").says("cell 3 `lazy`: takes an hour").says("`gpu`: tagged `skip-execution`");
    outcome.says("6 cells: 3 passed, 3 skipped, 0 failed");
    assert!(!world.path("snapshots").exists(), "an output that is ignored is not recorded");
}

#[test]
fn an_error_that_rustc_finds_while_it_generates_code_makes_its_cell_red() {
    // By then the cell after it is being compiled.
    let world = World::empty();
    world.notebook(
        "late",
        "",
        &[
            (
                "def",
                PLAIN,
                "fn more_than_three<const N: usize>() -> usize {\n    const { assert!(N > 3, \"too few\") };\n    N\n}",
            ),
            ("five", PLAIN, "let five = more_than_three::<5>();"),
            ("two", PLAIN, "let six = five + 1;\nlet two = more_than_three::<2>();"),
            ("after", PLAIN, "assert_eq!(six, 6);"),
        ],
    );
    let outcome = world.run(&["test"]);
    outcome.exits(100).says("late, cell 3 `two`").says("evaluation panicked: too few").says("see cell 1, line 2");
    outcome.says("2 passed, 1 failed, 1 not run");
}

#[test]
fn a_notebook_that_says_so_is_skipped() {
    let world = World::empty();
    world.notebook("lab", r#""nbsnap": { "skip": "needs a GPU" }"#, &[("a", PLAIN, "this is no Rust")]);
    world.run(&["test"]).exits(0).says("SKIP lab (needs a GPU)").says("1 notebook: 0 passed, 1 skipped, 0 failed");
}

#[test]
fn a_tag_or_a_setting_of_ours_that_is_misspelt_is_refused() {
    let world = World::empty();
    world.notebook("lab", "", &[("a", r#"{ "tags": ["nbsnap-skp"] }"#, "1")]);
    world.notebook("lib", r#""nbsnap": { "retires": 2 }"#, &[("a", PLAIN, "1")]);
    let outcome = world.run(&["test"]);
    outcome.exits(100).says("cell `a` of notebook").says("did you mean `nbsnap-skip`?").says("did you mean `retries`?");
}

#[test]
fn a_cell_and_a_notebook_have_budgets_of_their_own() {
    let world = World::empty();
    let sleep = "std::thread::sleep(std::time::Duration::from_secs(60));";
    let cells =
        [("start", PLAIN, "let start = 20;"), ("sleep", r#"{ "tags": ["nbsnap-timeout=1s"] }"#, sleep), ("end", PLAIN, "start;")];
    world.notebook("cell", "", &cells);
    world.notebook("metadata", r#""execution": { "timeout": 1 }"#, &[("sleep", PLAIN, sleep)]);
    world.notebook("whole", r#""nbsnap": { "notebook-timeout": "3s" }"#, &[("sleep", PLAIN, sleep)]);
    world.write("notebooks/nbsnap.toml", "cell-timeout = \"50s\"\n");
    let started = Instant::now();
    let outcome = world.run(&["test", "-j1"]);
    assert!(started.elapsed() < Duration::from_secs(50), "it took {:?}", started.elapsed());
    outcome.exits(100).says("TIMEOUT").says("cell, cell 2 `sleep`").says("not done after 1s\n").says("metadata, cell 1 `sleep`");
    outcome.says("not done after 3s, which is all a notebook may take (notebook-timeout)").says("1 of 3 cells failed, 1 not run");
    // Its outputs until then can be inspected.
    assert!(world.path("target/nbsnap/failed/cell/cell.ipynb").is_file());
}

#[test]
fn a_slow_cell_is_told_while_it_runs_and_budgets_hold_on_every_engine() {
    let world = World::empty();
    let limit = r#"{ "nbsnap": { "timeout": "1s" } }"#;
    world.notebook(
        "lab",
        "",
        &[("quick", PLAIN, "let a = 1;"), ("sleep", limit, "std::thread::sleep(std::time::Duration::from_secs(60));")],
    );
    world.write("notebooks/nbsnap.toml", "slow-after = \"100ms\"\n");
    for engine in ENGINES {
        let outcome = world.run(&["test", "--engine", engine, "--json", "events.jsonl"]);
        outcome.exits(100).says("SLOW").says("lab, cell 2 `sleep` is still at work").says("not done after 1s\n");
        let events = world.read("events.jsonl");
        let events: Vec<Value> = events.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let ended = events.iter().find(|event| event["event"] == "cell-finished" && event["cell"]["id"] == "sleep").unwrap();
        let elapsed = ended["elapsed"].as_f64().unwrap();
        assert!((1.0..30.0).contains(&elapsed), "{engine}: {ended}");
        let told: Vec<&str> = events.iter().filter_map(|event| event["event"].as_str()).collect();
        let begins = |event: &str| told.iter().filter(|told| **told == event).count();
        assert_eq!((begins("notebook-started"), begins("cell-started")), (1, 2), "{engine}: {told:?}");
    }
}

#[test]
fn dependencies_that_take_too_long_are_told_apart_from_notebooks() {
    let world = World::empty();
    world.write("slow/Cargo.toml", "[package]\nname = \"slow\"\nversion = \"1.0.0\"\nedition = \"2024\"\n");
    world.write("slow/build.rs", "fn main() { std::thread::sleep(std::time::Duration::from_secs(60)); }");
    world.write("slow/src/lib.rs", "");
    world.notebook("lab", "", &[("uses", PLAIN, ":dep slow = { path = \"../slow\" }")]);
    world.write("notebooks/nbsnap.toml", "prepare-timeout = \"2s\"\n");
    let started = Instant::now();
    let outcome = world.run(&["test"]);
    assert!(started.elapsed() < Duration::from_secs(40), "it took {:?}", started.elapsed());
    outcome.exits(96).does_not_say("FAIL");
    assert!(outcome.stderr.contains("`prepare-timeout` says how long it may take"), "{}", outcome.stderr);
}

#[test]
fn a_cell_that_takes_too_much_memory_dies() {
    let world = World::empty();
    world.notebook("lab", "", &[("hog", PLAIN, "let hog: Vec<u8> = vec![1; 900_000_000];\nhog.len();")]);
    world.run(&["test"]).exits(0);
    world.write("notebooks/nbsnap.toml", "max-memory = \"500 MiB\"\n");
    for engine in ENGINES {
        world.run(&["test", "--engine", engine]).exits(100).says("DIED").says("memory allocation of 900000000 bytes failed");
    }
}

#[test]
fn a_limit_is_named_with_the_setting_that_it_is() {
    let world = World::empty();
    let sleep = "std::thread::sleep(std::time::Duration::from_secs(60));";
    world.notebook("cell", "", &[("sleep", PLAIN, sleep)]);
    // Most of the notebook's time is gone when the second cell begins.
    let some = "std::thread::sleep(std::time::Duration::from_millis(1500));";
    world.notebook("whole", r#""nbsnap": { "notebook-timeout": "4s" }"#, &[("some", PLAIN, some), ("sleep", PLAIN, sleep)]);
    world.write("notebooks/nbsnap.toml", "cell-timeout = \"10s\"\n");
    let outcome = world.run(&["test"]);
    outcome.exits(100).says("not done after 10s\n").says("more time: `cell-timeout`");
    outcome.says("the notebook's time was up (4s, notebook-timeout): the cell was not done after ");
    outcome.says("more time: `notebook-timeout`");
}

#[test]
fn a_notebook_that_is_not_utf_8_is_called_so() {
    let world = World::empty();
    world.notebook("lab", "", &[("a", PLAIN, "println!(\"caf\u{e9}\");")]);
    let latin = world.read("notebooks/lab.ipynb").replace("\\u{e9}", "\u{e9}");
    let bytes: Vec<u8> = latin.chars().map(|c| u8::try_from(u32::from(c)).unwrap()).collect();
    std::fs::write(world.path("notebooks/lab.ipynb"), bytes).unwrap();
    let line = 1 + latin.lines().position(|line| line.contains('\u{e9}')).unwrap();
    let words = format!("is not UTF-8: line {line} has the byte 0xe9; save it as UTF-8");
    // Others go on, whatever the command.
    world.notebook("other", "", &[("a", PLAIN, "let a = 1;")]);
    world.run(&["test"]).exits(100).says(&words).says("2 notebooks: 1 passed, 1 failed");
    world.run(&["check"]).exits(100).says(&words).says("1 problem in 2 notebooks");
    for (arguments, done) in [
        (&["run", "-o", "executed/"][..], "wrote executed/other.ipynb"),
        (&["export", "-o", "pages/"], "wrote pages/other.html"),
        (&["strip", "--check"], ""),
    ] {
        let outcome = world.run(arguments);
        outcome.exits(96).says(done);
        assert!(outcome.stderr.contains(&words), "{arguments:?}: {}", outcome.stderr);
    }
}

#[test]
fn where_engines_differ_the_report_says_so() {
    let world = World::empty();
    world.notebook("week/lab", "", &[("line", PLAIN, "println!(\"{}\", line!());")]);
    world.run(&["test", "--engine", "rustc"]).exits(100).says("`nbsnap accept week/lab`");
    world.run(&["accept"]).exits(0);
    let outcome = world.run(&["test", "--engine", "rustc", "--engine", "evcxr"]);
    outcome.exits(100).says("week/lab (evcxr), cell 1 `line`").says("the engines differ here, and no snapshot is green on both");
    outcome.does_not_say("on your machine").does_not_say("accept week/lab");
}

/// A notebook that fails the first time, and leaves a mark.
fn fails_once() -> World {
    let world = World::empty();
    let source = "let seen = std::path::Path::new(\"seen\").exists();\nstd::fs::write(\"seen\", \"\").unwrap();\nassert!(seen, \"the first time\");";
    world.notebook("lab", "", &[("once", PLAIN, source)]);
    world
}

#[test]
fn a_notebook_that_passes_only_when_tried_again_is_flaky_and_is_not_remembered() {
    let world = fails_once();
    world.run(&["test", "lab"]).exits(100);
    std::fs::remove_file(world.path("notebooks/seen")).unwrap();
    let outcome = world.run(&["test", "--retries", "2", "--junit", "junit.xml"]);
    outcome.exits(0).says("RETRY lab: failed, now run 2 of 3").says("FLAKY").says("1 passed (1 flaky), 0 failed");
    assert!(world.read("junit.xml").contains("<flakyFailure"), "{}", world.read("junit.xml"));
    assert!(!world.path("target/nbsnap/failed").exists());
    world.run(&["test"]).exits(0).says("PASS").does_not_say("CACHED");
}

#[test]
fn a_notebook_is_repeated_until_it_fails() {
    let world = World::empty();
    let source = "let path = \"count\";\nlet seen = std::fs::read(path).map_or(0, |seen| seen.len());\nstd::fs::write(path, vec![0; seen + 1]).unwrap();\nassert!(seen < 2, \"the third time\");";
    world.notebook("lab", "", &[("thrice", PLAIN, source)]);
    world.run(&["test", "--repeat", "2"]).exits(0).says("AGAIN lab: passed, now run 2 of 2").says("passed 2 times");
    world.run(&["test", "--repeat", "5"]).exits(100).says("the third time");
}

#[test]
fn no_further_notebook_is_begun_once_one_has_failed() {
    let world = World::empty();
    world.notebook("a", "", &[("a", PLAIN, "panic!(\"no\");"), ("b", PLAIN, "1;")]);
    world.notebook("b", "", &[("a", PLAIN, "1;")]);
    world.write("notebooks/nbsnap.toml", "fail-fast = true\n");
    let outcome = world.run(&["test", "-j1"]);
    outcome.exits(100).says("NOT RUN").says("2 notebooks: 0 passed, 1 failed, 1 not run");
    world.run(&["test", "-j1", "--no-fail-fast"]).exits(100).says("2 notebooks: 1 passed, 1 failed;");
}

#[test]
fn a_worker_that_is_killed_is_an_internal_error() {
    let world = World::empty();
    // The parent of the cells' process is the relay, and its parent the process that has evcxr in it.
    let source = "let stat = std::fs::read_to_string(format!(\"/proc/{}/stat\", std::os::unix::process::parent_id())).unwrap();\n\
                  let grandparent = stat.rsplit(\") \").next().unwrap().split(' ').nth(1).unwrap().to_owned();\n\
                  std::process::Command::new(\"kill\").args([\"-9\", &grandparent]).status().unwrap();\n\
                  std::thread::sleep(std::time::Duration::from_secs(60));";
    world.notebook("a-kills", "", &[("kill", PLAIN, source)]);
    world.notebook("b-lives", "", &[("a", PLAIN, "let a = 1;")]);
    let outcome = world.run(&["test", "--engine", "evcxr", "-j1"]);
    outcome.exits(96).says("ERROR").says("evcxr's process is gone").says("1 failed (1 by an internal error)");
    outcome.says("2 notebooks: 1 passed");
}

/// The word makes evcxr compile and run the cell again, which prints it again.
#[test]
fn a_cell_that_has_evcxr_run_it_anew_is_not_run_for_ever() {
    let world = World::empty();
    let word = "println!(\"EVCXR_VARIABLE_CHANGED_TYPE:x\");";
    world.notebook("lab", "", &[("x", PLAIN, "let x = 1;"), ("word", PLAIN, word), ("end", PLAIN, "x;")]);
    let outcome = world.run(&["test", "--engine", "evcxr"]);
    outcome
        .exits(100)
        .says("lab, cell 2 `word`")
        .says("printed `EVCXR_VARIABLE_CHANGED_TYPE:`, a word with which evcxr steers a kernel");
}
