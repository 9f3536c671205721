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

/// A course with notebooks of one name in the folders of its weeks.
fn course() -> World {
    let world = World::empty();
    for (week, shown) in [("week1", 1), ("week2", 2)] {
        world.notebook(&format!("{week}/intro"), "", &[("a", "{}", &format!("println!(\"week {shown}\");"))]);
    }
    world
}

#[test]
fn a_course_with_weeks_is_run_into_a_folder_and_compared_with_what_it_had() {
    let world = course();
    world.run(&["run", "--in-place"]).exits(0);
    // What Jupyter keeps beside a notebook is no notebook of the course.
    world.write("notebooks/week1/.ipynb_checkpoints/intro-checkpoint.ipynb", "{}");
    let outcome = world.run(&["run", "-o", "executed/"]);
    outcome.exits(0).says("wrote executed/week1/intro.ipynb").says("wrote executed/week2/intro.ipynb");
    world.run(&["diff", "--outputs", "notebooks", "executed"]).exits(0).says("no difference");
    // One output is another one, and one notebook is gone.
    let other = world.read("executed/week2/intro.ipynb").replace("\"week 2", "\"week 3");
    world.write("executed/week2/intro.ipynb", &other);
    std::fs::remove_file(world.path("executed/week1/intro.ipynb")).unwrap();
    let outcome = world.run(&["diff", "--outputs", "notebooks", "executed/"]);
    outcome.exits(100).says("week2/intro.ipynb, code cell 1 `a`: the output differs").says("+ week 3");
    outcome.says("notebooks/week1/intro.ipynb is only in notebooks");
    // A folder that is in the one that it is compared with is not also a part of that.
    world.write("executed/week2/intro.ipynb", &world.read("notebooks/week2/intro.ipynb"));
    world.write("executed/week1/intro.ipynb", &world.read("notebooks/week1/intro.ipynb"));
    std::fs::rename(world.path("executed"), world.path("notebooks/executed")).unwrap();
    world.run(&["diff", "notebooks", "notebooks/executed"]).exits(0).says("no difference");
}

#[test]
fn folders_without_a_notebook_are_an_error_and_projects_within_are_named() {
    let world = course();
    std::fs::create_dir_all(world.path("empty/below")).unwrap();
    std::fs::create_dir_all(world.path("bare")).unwrap();
    let outcome = world.run(&["diff", "empty", "bare"]);
    outcome.exits(96);
    assert!(outcome.stderr.contains("there is no notebook (*.ipynb) in empty or bare, nor below them"), "{}", outcome.stderr);
    world.run(&["diff", "empty", "notebooks"]).exits(100).says("notebooks/week1/intro.ipynb is only in notebooks");
    world.write("notebooks/python/nbsnap.toml", "");
    world.write("notebooks/python/lab.ipynb", "{}");
    let outcome = world.run(&["diff", "notebooks", "notebooks"]);
    outcome.exits(0).says("no difference");
    assert!(outcome.stderr.contains("note: notebooks/python is a project of its own"), "{}", outcome.stderr);
}
