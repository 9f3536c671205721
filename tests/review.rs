//! From a changed output to an accepted one, and what insta itself makes of our files.

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
