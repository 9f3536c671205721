//! `nbsnap diff`: two notebooks, compared by the rules for snapshots.

use crate::world::World;

/// Two runs of one project, the second with another start.
fn two_runs() -> World {
    let world = World::of_project("passes");
    world.run(&["run", "-o", "before/"]).exits(0);
    world.write("notebooks/lab.ipynb", &world.read("notebooks/lab.ipynb").replace("let start = 20;", "let start = 21;"));
    world.run(&["run", "-o", "after/"]).exits(0);
    world
}

#[test]
fn sources_and_outputs_that_differ_are_shown() {
    let world = two_runs();
    let outcome = world.run(&["diff", "before/lab.ipynb", "after/lab.ipynb"]);
    outcome
        .exits(100)
        .says("lab.ipynb, code cell 1 `start`: the source differs")
        .says("- let start = 20;")
        .says("+ let start = 21;");
    outcome.says("lab.ipynb, code cell 2 `say`: the output differs").says("- the answer is 42").says("+ the answer is 43");
    let only = world.run(&["diff", "--outputs", "before/lab.ipynb", "after/lab.ipynb"]);
    assert!(!only.exits(100).stdout.contains("source"), "{}", only.stdout);
    // Different counts and layout are not a difference.
    world.run(&["diff", "--sources", "before/lab.ipynb", "before/lab.ipynb"]).exits(0).says("no difference");
}

#[test]
fn the_projects_rules_hold() {
    let world = two_runs();
    world.write("notebooks/nbsnap.toml", "[[redact]]\nname = \"numbers\"\npattern = '\\d+'\nreplace = \"N\"\n");
    world.run(&["diff", "--outputs", "before/lab.ipynb", "after/lab.ipynb"]).exits(0).says("no difference");
}

#[test]
fn folders_are_compared_notebook_by_notebook() {
    let world = two_runs();
    world.write("after/new.ipynb", &world.read("after/lab.ipynb"));
    world.run(&["diff", "before", "after"]).exits(100).says("the answer is 43").says("after/new.ipynb is only in after");
    world.run(&["diff", "after", "after"]).exits(0).says("no difference");
    let outcome = world.run(&["diff", "before", "after/lab.ipynb"]);
    outcome.exits(96);
    assert!(outcome.stderr.contains("a folder with a folder"), "{}", outcome.stderr);
}
