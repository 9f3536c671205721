//! Other people's notebooks: tested, run and exported as our own. `just foreign` compares the results with
//! those of Python's tools.

use nbsnap::document::Document;

use crate::world::{World, copy, workspace};

fn world() -> World {
    let world = World::empty();
    copy(&workspace().join("tests/foreign/project"), world.root());
    world
}

#[test]
fn a_tour_in_evcxrs_own_form_is_mended_and_tested() {
    let world = world();
    let before = world.read("notebooks/tour.ipynb");
    world.run(&["test", "tour"]).exits(100).says("has no cell ids (format 4.2").says("`nbsnap check --fix` adds them");
    world.run(&["check", "--fix", "tour"]).exits(100).says("notebooks/tour.ipynb: fixed").says("1 problem in 1 notebook");
    let fixed = world.read("notebooks/tour.ipynb");
    assert!(before.contains("\"pygment_lexer\": \"rust\"") && fixed.contains("\"pygment_lexer\": \"rust\""), "metadata stays");
    world.run(&["test", "tour"]).exits(100).says("12 snapshots wait for review");
    world.run(&["accept"]).exits(0);
    world.run(&["test", "tour"]).exits(0).says("1 passed, 0 failed; 17 cells: 17 passed");

    // A run shows what the kernel showed when it was recorded, except for the order of streams and the text
    // of errors.
    world.run(&["run", "tour", "-o", "ran.ipynb"]).exits(0);
    Document::read(&world.path("ran.ipynb")).unwrap().validate().unwrap();
    world.write("old/tour.ipynb", &before);
    world.run(&["check", "old/tour.ipynb", "--fix", "--allow", "outputs", "--allow", "counts"]);
    let outcome = world.run(&["diff", "--outputs", "old/tour.ipynb", "ran.ipynb"]);
    let differ: Vec<&str> = outcome.stdout.lines().filter_map(|line| line.strip_suffix(": the output differs")).collect();
    let named = |line: &&str| line.rsplit('`').nth(1).unwrap().to_owned();
    assert_eq!(differ.iter().map(named).collect::<Vec<_>>(), ["cell-5", "cell-22", "cell-23", "cell-24"], "{}", outcome.stdout);
    world.run(&["export", "tour", "-o", "tour.html"]).exits(0);
    assert!(world.read("tour.html").contains("<td>4</td></tr></table>"));
}

#[test]
fn a_notebook_made_by_pythons_nbformat_is_run_and_keeps_its_bytes() {
    let world = world();
    let before = world.read("notebooks/made-by-nbformat.ipynb");
    world.run(&["run", "made-by-nbformat", "--in-place", "-p", "side=4"]).exits(0);
    let ran = world.read("notebooks/made-by-nbformat.ipynb");
    assert!(ran.contains("Σ 30\\n") && ran.contains("let side: u32 = 4;") && !ran.contains("an old line"), "{ran}");
    world.run(&["strip", "--injected", "made-by-nbformat"]).exits(0);
    world.write("notebooks/other.ipynb", &before);
    world.run(&["strip", "other"]).exits(0);
    assert_eq!(world.read("notebooks/made-by-nbformat.ipynb"), world.read("notebooks/other.ipynb"));
}
