//! From a changed output to an accepted one, and what insta itself makes of our files.

use crate::terminal::Terminal;
use crate::world::World;

#[test]
fn a_pending_snapshot_is_accepted_and_then_the_notebook_passes() {
    let world = World::of_project("output-changed");
    world.run(&["test"]).exits(100);
    assert!(world.path("snapshots/lab/say.snap.new").exists());
    let outcome = world.run(&["accept", "lab"]);
    outcome.exits(0).says("accepted snapshots/lab/say.snap");
    assert!(!world.path("snapshots/lab/say.snap.new").exists());
    assert!(world.read("snapshots/lab/say.snap").contains("the answer is 42"));
    world.run(&["test"]).exits(0).says("PASS");
    world.run(&["accept"]).exits(0).says("nothing is pending");
}

#[test]
fn accepting_an_output_that_is_gone_removes_its_snapshot() {
    let world = World::of_project("output-missing");
    world.run(&["test"]).exits(100);
    world.run(&["accept"]).exits(0).says("removed snapshots/lab/quiet.snap");
    assert!(!world.path("snapshots/lab/quiet.snap").exists());
    world.run(&["test"]).exits(0);
}

#[test]
fn accepting_removes_snapshots_that_belong_to_nothing() {
    let world = World::of_project("orphan-snapshot");
    world.run(&["accept"]).exits(0).says("removed snapshots/lab/long-gone.snap");
    world.run(&["test"]).exits(0);
}

#[test]
fn a_run_that_passes_takes_back_what_is_no_longer_pending() {
    let world = World::of_project("passes");
    world.write("snapshots/lab/say.snap.new", &world.read("snapshots/lab/say.snap").replace("42", "41"));
    world.run(&["test"]).exits(0);
    assert!(!world.path("snapshots/lab/say.snap.new").exists());
}

#[test]
fn insta_reads_the_snapshots_and_the_pending_ones() {
    let world = World::of_project("output-changed");
    world.run(&["test"]).exits(100);
    for (file, text) in [("say.snap", "the answer is 41"), ("say.snap.new", "the answer is 42")] {
        let snapshot = insta::Snapshot::from_file(&world.path("snapshots/lab").join(file)).unwrap();
        assert!(snapshot.contents().as_text().unwrap().to_string().contains(text), "{file}");
        assert_eq!(snapshot.metadata().source(), Some("notebooks/lab.ipynb"));
    }
}

#[test]
fn a_reviewer_changes_a_notebook_sees_the_difference_and_accepts_it() {
    let world = World::of_project("passes");
    world.run(&["test"]).exits(0);
    world.write("notebooks/lab.ipynb", &world.read("notebooks/lab.ipynb").replace("let start = 20;", "let start = 21;"));
    world.run(&["test"]).exits(100).says("- the answer is 42").says("+ the answer is 43").says("2 snapshots wait for review");

    // One is rejected: its snapshot stays. On the next review it is accepted.
    let mut terminal = Terminal::run(&world, &["review"]);
    terminal.shows("[1/2] lab, cell 2 `say` snapshots/lab/say.snap").shows("1 | println!(\"the answer is {answer}\");");
    terminal.shows("+ the answer is 43").shows("q quit? ").press("x").press("r").shows("rejected snapshots/lab/say.snap");
    terminal.shows("[2/2] lab, cell 3 `after`").shows("+ 44").shows("q quit? ").press("a");
    let (said, code) = terminal.end();
    assert!(said.contains("accepted snapshots/lab/after.snap") && said.contains("1 accepted, 1 rejected"), "{said}");
    assert_eq!(code, 0);
    assert!(world.read("snapshots/lab/say.snap").contains("the answer is 42"));
    assert!(!world.path("snapshots/lab/say.snap.new").exists());

    world.run(&["test"]).exits(100).says("1 snapshot waits for review");
    let mut terminal = Terminal::run(&world, &["review", "lab::say"]);
    terminal.shows("q quit? ").press("A");
    assert_eq!(terminal.end().1, 0);
    world.run(&["test"]).exits(0).says("1 passed, 0 failed");
}

#[test]
fn what_is_skipped_or_left_waits_on() {
    let world = World::of_project("passes");
    world.write("notebooks/lab.ipynb", &world.read("notebooks/lab.ipynb").replace("let start = 20;", "let start = 21;"));
    world.run(&["test"]).exits(100);
    let before = world.files();
    let mut terminal = Terminal::run(&world, &["review"]);
    terminal.shows("q quit? ").press("s").shows("[2/2]").shows("q quit? ").press("q");
    let (said, code) = terminal.end();
    assert!(said.contains("0 accepted, 0 rejected, 2 left for later"), "{said}");
    assert_eq!((code, world.files()), (0, before));
}

#[test]
fn where_nobody_can_be_asked_everything_is_shown_and_nothing_settled() {
    let world = World::of_project("output-changed");
    world.run(&["review"]).exits(0).says("nothing is pending");
    world.run(&["test"]).exits(100);
    let before = world.files();
    let outcome = world.run(&["review"]);
    outcome
        .exits(100)
        .says("[1/1] lab, cell 2 `say`")
        .says("- the answer is 41")
        .says("+ the answer is 42")
        .says("1 snapshot waits");
    assert_eq!(world.files(), before);
    let outcome = world.run(&["review", "--accept", "lab::sy"]);
    outcome.exits(96);
    assert!(
        outcome.stderr.contains("nothing waits for review by the name `lab::sy`; there waits: lab::say"),
        "{}",
        outcome.stderr
    );
    // Notebooks are named as everywhere.
    world.run(&["review", "--reject", "la::s*"]).exits(0).says("rejected snapshots/lab/say.snap");
    assert!(world.read("snapshots/lab/say.snap").contains("the answer is 41"));
    world.run(&["test"]).exits(100);
    world.run(&["review", "--reject", "notebooks/lab.ipynb"]).exits(0).says("1 rejected");
    world.run(&["test"]).exits(100);
    world.run(&["review", "--reject", "lab::say"]).exits(0).says("rejected snapshots/lab/say.snap");
    world.run(&["test"]).exits(100);
    world.run(&["review", "--accept"]).exits(0).says("accepted snapshots/lab/say.snap");
    world.run(&["test"]).exits(0);
}

#[test]
fn a_proposal_of_what_is_recorded_already_waits_for_nobody() {
    let world = World::of_project("passes");
    world.run(&["test"]).exits(0);
    world.notebook("other", "", &[("a", "{}", "let a = 1;")]);
    // Somebody changes a snapshot by hand, tests, and takes the change back, as `git checkout` does.
    let recorded = world.read("snapshots/lab/say.snap");
    world.write("snapshots/lab/say.snap", &recorded.replace("42", "41"));
    world.run(&["test", "lab"]).exits(100).says("1 snapshot waits for review");
    world.run(&["list", "lab"]).says("pending");
    world.write("snapshots/lab/say.snap", &recorded);
    world.run(&["list", "lab"]).does_not_say("pending");
    world.run(&["review"]).exits(0).says("nothing is pending");
    world.run(&["accept"]).exits(0).says("nothing is pending");
    world.run(&["test", "other"]).exits(0).does_not_say("for review");
    assert!(!world.path("snapshots/lab/say.snap.new").exists());
    assert_eq!(world.read("snapshots/lab/say.snap"), recorded);
}

#[test]
fn a_review_shows_what_belongs_to_no_cell_and_removes_it() {
    let world = World::of_project("orphan-snapshot");
    let before = world.files();
    let outcome = world.run(&["review"]);
    outcome.exits(100).says("[1/1] lab, cell `long-gone`, which is gone snapshots/lab/long-gone.snap");
    outcome.says("it belongs to no cell that is compared: to accept removes it").says("1 snapshot waits");
    world.run(&["review", "--reject"]).exits(0).says("kept snapshots/lab/long-gone.snap").says("1 left for later");
    assert_eq!(world.files(), before);
    world.run(&["review", "--accept", "la::long-gone"]).exits(0).says("removed snapshots/lab/long-gone.snap");
    world.run(&["review"]).exits(0).says("nothing is pending");
    world.run(&["test"]).exits(0);
}
