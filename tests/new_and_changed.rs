//! Output that is recorded for the first time, and output that is never the same.

use serde_json::Value;

use crate::world::World;

const PLAIN: &str = "{}";

#[test]
fn a_first_recording_is_new_in_every_report_and_floods_none() {
    let mut world = World::empty();
    let source = "for line in 0..50 { println!(\"line {line}\"); }";
    let ids: Vec<String> = (0..40).map(|number| format!("cell-{number}")).collect();
    let cells: Vec<(&str, &str, &str)> = ids.iter().map(|id| (id.as_str(), PLAIN, source)).collect();
    world.notebook("lab", "", &cells);
    world.notebook("other", "", &[("a", PLAIN, "let a = 1;")]);
    world.set("GITHUB_ACTIONS", "true");
    world.set("GITHUB_STEP_SUMMARY", "{project}/summary.md");
    let reports = ["--junit", "junit.xml", "--json", "events.jsonl", "--html", "page.html"];
    let outcome = world.run(&[&["test"], &reports[..]].concat());
    outcome.exits(100).says("NEW [").says("lab: 40 of 40 cells new").does_not_say("FAIL");
    outcome.says("recorded as new: look at it with `nbsnap review lab`, then `nbsnap accept lab`");
    outcome.says("2 notebooks: 1 passed, 1 new, 0 failed; 41 cells: 1 passed, 40 new, 0 failed");
    outcome.says("title=lab%2C cell 1 `cell-0` (new)");
    let lines = outcome.stdout.lines().filter(|line| !line.starts_with("::")).count();
    assert!(lines < 250, "{lines} lines");
    assert!(world.read("summary.md").contains("| 🆕 new | `lab` | 40 |"));
    assert_eq!(world.read("junit.xml").matches("type=\"new\"").count(), 40);
    assert!(world.read("page.html").contains("1 of 2 notebooks new"));
    let events = world.read("events.jsonl");
    let end: Value = serde_json::from_str(events.lines().last().unwrap()).unwrap();
    assert_eq!((&end["notebooks"]["new"], &end["cells"]["new"]), (&1.into(), &40.into()));
    // On a build machine it is red as well, and says what to do.
    world.set("CI", "true");
    world
        .run(&["test"])
        .exits(100)
        .says("`nbsnap test lab` on your machine, look, `nbsnap accept lab`, and `git add` the snapshots");
    world.set("CI", "");
    world.run(&["accept"]).exits(0);
    world.run(&["test"]).exits(0).says("40 passed, 1 cached, 0 failed");
}

#[test]
fn a_cell_that_fails_beside_new_output_makes_a_notebook_fail() {
    let world = World::empty();
    world.notebook("lab", "", &[("new", PLAIN, "println!(\"a\");"), ("panic", PLAIN, "panic!(\"no\");")]);
    let outcome = world.run(&["test"]);
    outcome
        .exits(100)
        .says("FAIL [")
        .says("lab: 1 of 2 cells failed, 1 new")
        .says("0 passed, 1 failed; 2 cells: 0 passed, 1 new, 1 failed");
}

/// Writes a line each time that it is run, and prints what an expression is then.
fn counted(shown: &str) -> String {
    format!(
        "std::io::Write::write_all(&mut std::fs::OpenOptions::new().create(true).append(true).open(\"runs\")?, b\"x\")?;\n\
         println!(\"{{}}\", {shown});"
    )
}

#[test]
fn output_that_is_another_one_each_time_is_called_nondeterministic() {
    let world = World::empty();
    let nanoseconds = "std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_nanos()";
    let runs = || world.read("notebooks/runs").len();
    world.notebook("lab", "", &[("first", PLAIN, "let one = 1;"), ("time", PLAIN, &counted(nanoseconds))]);
    world.run(&["test"]).exits(100).does_not_say("nondeterministic");
    world.run(&["accept"]).exits(0);
    let outcome = world.run(&["test"]);
    outcome.exits(100).says("CHANGED").says("cell 2 `time` is nondeterministic: two runs of the same source gave another stdout");
    outcome.says("`[[redact]]`").says("tag the cell `nbsnap-ignore-output`").says("a second run shows whether it always does");
    assert_eq!(runs(), 3);
    // One of the ways out that it names.
    world.write("notebooks/nbsnap.toml", "[[redact]]\nname = \"time\"\npattern = '\\d{15,}'\nreplace = \"[TIME]\"\n");
    world.run(&["test"]).exits(100).says("+ [TIME]");
    world.run(&["accept"]).exits(0);
    world.run(&["test"]).exits(0);
}

#[test]
fn output_that_changed_once_is_not_called_nondeterministic() {
    let world = World::empty();
    world.write("notebooks/data.txt", "one");
    world.notebook("lab", "", &[("read", PLAIN, "println!(\"{}\", std::fs::read_to_string(\"data.txt\")?);")]);
    world.run(&["test"]).exits(100);
    world.run(&["accept"]).exits(0);
    world.run(&["test"]).exits(0);
    // The file is known to have been read: it is what has changed, and nothing is run twice.
    world.write("notebooks/data.txt", "two");
    world.run(&["test"]).exits(100).says("+ two").does_not_say("nondeterministic").does_not_say("a second run");
    // Results of an earlier run are not used: a second run finds the same.
    world.run(&["test", "--fresh"]).exits(100).says("a second run").does_not_say("nondeterministic");
    // An edit explains it.
    world.notebook("lab", "", &[("read", PLAIN, "println!(\"three\");")]);
    world.run(&["test", "--fresh"]).exits(100).says("+ three").does_not_say("a second run");
}

#[test]
fn an_edit_of_a_cell_before_explains_what_differs_also_once_that_cell_was_accepted() {
    let world = World::empty();
    let cells = |start: u8, clock: &str| {
        let start = format!("let start = {start};\nprintln!(\"{{start}}\");");
        let later = format!("println!(\"{{}}\", start * 2 + {clock});");
        world.notebook("lab", "", &[("silent", PLAIN, "let silent = 1;"), ("start", PLAIN, &start), ("later", PLAIN, &later)]);
    };
    cells(1, "0");
    world.run(&["test"]).exits(100);
    world.run(&["accept"]).exits(0);
    // Nothing is known of earlier runs, as with notebooks in other languages.
    world.run(&["test", "--fresh"]).exits(0);
    cells(2, "0");
    world.run(&["test", "--fresh"]).exits(100).says("2 snapshots wait").does_not_say("a second run");
    world.run(&["review", "--accept", "lab::start"]).exits(0);
    world.run(&["test", "--fresh"]).exits(100).says("1 snapshot waits").does_not_say("a second run");
    world.run(&["accept"]).exits(0);
    world.run(&["test", "--fresh"]).exits(0);
    // An edit of a cell that shows nothing explains it, too. Once accepted, it explains nothing further.
    let edited = world.read("notebooks/lab.ipynb").replace("let silent = 1;", "let silent = 2;");
    world.write("notebooks/lab.ipynb", &edited.replace("start * 2 + 0", "start * 2 + silent"));
    world.run(&["test", "--fresh"]).exits(100).does_not_say("a second run");
    world.run(&["accept"]).exits(0);
    world.write("notebooks/lab.ipynb", &world.read("notebooks/lab.ipynb").replace("let silent = 2;", "let silent = 3;"));
    world.run(&["test", "--fresh"]).exits(100).says("+ 7").does_not_say("a second run");
    world.run(&["accept"]).exits(0);
    world.write("snapshots/lab/later.snap", &world.read("snapshots/lab/later.snap").replace("\n7\n", "\n8\n"));
    world.run(&["test", "--fresh"]).exits(100).says("- 8").says("a second run");
}
