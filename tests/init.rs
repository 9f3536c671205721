//! Any repository becomes a project: notebooks stay where they are, and every command finds them.

use std::process::Command;

use serde_json::{Value, json};

use crate::ci::{on_path, python_that_installs_nothing, said, shell};
use crate::world::World;

/// A world with a repository of Git's in it.
fn repository() -> World {
    let world = World::empty();
    assert!(Command::new("git").args(["init", "-q"]).current_dir(world.root()).status().unwrap().success());
    world
}

/// A notebook of one cell at any place in the world.
fn notebook_at(world: &World, path: &str, source: &str) {
    let cell = serde_json::json!({
        "cell_type": "code", "execution_count": null, "id": "a", "metadata": {}, "outputs": [], "source": [source],
    });
    let kernel = serde_json::json!({"display_name": "Rust", "language": "rust", "name": "rust"});
    let notebook = serde_json::json!({"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5});
    world.write(path, &notebook.to_string());
}

#[test]
fn a_course_with_notebooks_in_folders_of_its_own_goes_from_nothing_to_green() {
    let world = repository();
    notebook_at(&world, "lessons/week1/01-intro.ipynb", "println!(\"one\");");
    notebook_at(&world, "lessons/week2/01-intro.ipynb", "println!(\"two\");");
    notebook_at(&world, "extra.ipynb", "println!(\"three\");");
    notebook_at(&world, "node_modules/package/demo.ipynb", "of others");
    notebook_at(&world, ".venv/lib/demo.ipynb", "of others");
    world.write(".gitignore", "/target\n");

    let outcome = world.run(&["init"]);
    outcome
        .exits(0)
        .says("wrote nbsnap.toml")
        .says("wrote .gitignore (+ *.snap.new, .ipynb_checkpoints/, .venv/)")
        .says("3 notebooks");
    outcome.says("wrote .github/workflows/notebooks.yml").says("nbsnap test");
    assert!(world.read("nbsnap.toml").ends_with("\n[project]\nnotebooks = [\"*.ipynb\", \"lessons/**\"]\n"));

    world.run(&["test"]).exits(100).says("lessons/week1/01-intro").says("lessons/week2/01-intro").says("extra");
    world.run(&["accept"]).exits(0);
    world.run(&["test"]).exits(0).says("3 notebooks: 3 passed");
    assert!(world.read("snapshots/lessons/week2/01-intro/a.snap").contains("\ntwo"));

    // From a folder below, by name, by path, and by a beginning.
    let below = world.command(&["test", "--fresh", "01-intro.ipynb"]).current_dir(world.path("lessons/week2")).output().unwrap();
    let said = String::from_utf8_lossy(&below.stdout);
    assert!(below.status.success() && said.contains("lessons/week2/01-intro") && said.contains("1 passed"), "{said}");
    world.run(&["list"]).exits(0).says("lessons/week1/01-intro (1 code cell");

    // A notebook outside the patterns is not a test. One in a new folder that matches is.
    notebook_at(&world, "scratch/try.ipynb", "todo!()");
    notebook_at(&world, "lessons/week3/01-new.ipynb", "1");
    let outcome = world.run(&["list"]);
    outcome.exits(0).says("lessons/week3/01-new (1 code cell").does_not_say("scratch/try (");
    outcome.says("note: 1 notebook is not among `[project] notebooks`: scratch/try.ipynb");
}

#[test]
fn a_notebook_that_the_settings_leave_out_is_named_until_they_say_something_of_it() {
    let world = repository();
    notebook_at(&world, "week1/01-hello.ipynb", "let a = 1;");
    world.run(&["init"]).exits(0).says("1 notebook.").does_not_say("note:");
    assert!(world.read("nbsnap.toml").contains("notebooks = [\"week[0-9]*/**\"]"), "{}", world.read("nbsnap.toml"));
    // The next week's is a test by itself, what is elsewhere is not.
    notebook_at(&world, "week2/02-new.ipynb", "let a = 2;");
    notebook_at(&world, "drafts/01-hello.ipynb", "todo!()");
    notebook_at(&world, ".hidden/of-others.ipynb", "todo!()");
    notebook_at(&world, "inner/of-inner.ipynb", "todo!()");
    world.write("inner/nbsnap.toml", "");
    let left_out = "1 notebook is not among `[project] notebooks`: drafts/01-hello.ipynb; add a pattern there, or to `exclude`";
    world.run(&["test"]).exits(0).says("2 notebooks: 2 passed").says(&format!("Note {left_out}"));
    for command in [&["check", "--no-compile"][..], &["list"], &["init"]] {
        world.run(command).exits(0).says(&format!("note: {left_out}"));
    }
    world.run(&["test", "--partition", "1/2"]).exits(0).says(left_out);
    world.run(&["test", "week1/"]).exits(0).does_not_say("drafts");
    assert!(world.run(&["list", "--json"]).stdout.contains("\"drafts/01-hello.ipynb\""));

    // Another one has the end of its path as its name; it is not that one.
    let outcome = world.run(&["test", "drafts/01-hello.ipynb"]);
    outcome.exits(4);
    let why = "drafts/01-hello.ipynb is there, but not among `[project] notebooks` of nbsnap.toml";
    assert!(outcome.stderr.contains(why), "{}", outcome.stderr);

    for number in 1..=4 {
        notebook_at(&world, &format!("drafts/{number}.ipynb"), "todo!()");
    }
    world.run(&["test"]).exits(0).says("5 notebooks are not among `[project] notebooks`: ").says("drafts/2.ipynb and 2 more");
    world.write("nbsnap.toml", &(world.read("nbsnap.toml") + "exclude = [\"drafts\"]\n"));
    world.run(&["test"]).exits(0).says("2 notebooks").does_not_say("drafts");
    let outcome = world.run(&["test", "drafts/01-hello.ipynb"]);
    outcome.exits(4);
    assert!(outcome.stderr.contains("is there, but covered by `[project] exclude` of nbsnap.toml"), "{}", outcome.stderr);
}

#[test]
fn a_course_in_python_gets_a_workflow_that_installs_its_kernel() {
    let mut world = repository();
    let cell = json!({"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": "1 + 1"});
    let kernel = json!({"display_name": "Python 3", "language": "python", "name": "python3"});
    // A notebook without cell ids cannot be tested yet, but says what it needs.
    let notebook = json!({"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 4});
    world.write("course/lessons/01-sum.ipynb", &notebook.to_string());
    world.write("requirements.txt", "numpy\n");
    world.write("course/.venv/pyvenv.cfg", "");
    let outcome = world.run(&["init", "--project", "course"]);
    outcome.exits(0).says("wrote course/.gitignore (+ target/nbsnap/, *.snap.new, .ipynb_checkpoints/, .venv/)");
    let text = world.read(".github/workflows/notebooks.yml");
    assert!(!text.to_lowercase().contains("copy it"), "{text}");
    let workflow: Value = serde_saphyr::from_str(&text).unwrap();
    let steps = workflow["jobs"]["notebooks"]["steps"].as_array().unwrap();
    let place = |wanted: &dyn Fn(&Value) -> bool| steps.iter().position(wanted).unwrap();
    let uses = |name: &'static str| move |step: &Value| step["uses"].as_str().is_some_and(|uses| uses.starts_with(name));
    let runner = place(&|step| step["name"] == "Runner");
    assert!(place(&uses("actions/checkout")) < place(&uses("actions/setup-python")));
    assert!(place(&uses("actions/setup-python")) < runner && runner < place(&uses("actions/cache")), "{text}");

    // What it installs, and from where.
    on_path(&mut world);
    python_that_installs_nothing(&world);
    let folder = workflow["jobs"]["notebooks"]["defaults"]["run"]["working-directory"].as_str().unwrap();
    let ran = shell(&world, &format!("cd {folder} && {}", steps[runner]["run"].as_str().unwrap()));
    assert!(ran.status.success(), "{}", said(&ran));
    let asked = world.read("target/bin/asked.txt");
    assert!(asked.ends_with("/course\n-m pip install nbsnap ipykernel -r ../requirements.txt\n"), "{asked}");
}

#[test]
fn done_again_it_changes_nothing_and_says_what_is_there() {
    let world = repository();
    notebook_at(&world, "notebooks/lab.ipynb", "1");
    world.run(&["init"]).exits(0).says("wrote notebooks/nbsnap.toml").says("1 notebook.");
    let before = world.files();
    world.run(&["init"]).exits(0).says("kept  notebooks/nbsnap.toml").says("kept  .gitignore").does_not_say("wrote");
    assert_eq!(before, world.files());
}

#[test]
fn an_empty_folder_gets_a_first_notebook_where_that_is_wanted() {
    let world = World::empty();
    let outcome = world.run(&["init"]);
    outcome.exits(4);
    assert!(outcome.stderr.contains("`nbsnap init --example` writes a first one"), "{}", outcome.stderr);
    assert!(world.files().is_empty());
    let outcome = world.run(&["init", "--example"]);
    // No repository, so nothing for Git or GitHub.
    outcome.exits(0).says("wrote notebooks/01-first.ipynb").does_not_say("wrote .g");
    outcome.says("left out: .gitignore and a workflow for GitHub, as this is in no Git repository");
    assert!(!world.path(".gitignore").exists() && !world.path(".github").exists());
    world.run(&["test"]).exits(100).says("01-first");
    world.run(&["accept"]).exits(0);
    world.run(&["test"]).exits(0).says("1 passed");
    assert!(world.read("snapshots/01-first/sum.snap").contains("\n55"));
}

#[test]
fn a_project_in_a_folder_of_a_repository_gets_a_workflow_that_works_there() {
    let world = repository();
    world.write("crates/maths/Cargo.toml", "[package]\nname = \"maths\"\n");
    notebook_at(&world, "crates/maths/notebooks/lab.ipynb", "1");
    let said = world.run(&["init", "--project", "crates/maths"]);
    said.exits(0).says("wrote crates/maths/notebooks/nbsnap.toml").says("wrote crates/maths/.gitignore");
    let workflow: Value = serde_saphyr::from_str(&world.read(".github/workflows/notebooks.yml")).unwrap();
    let job = &workflow["jobs"]["notebooks"];
    assert_eq!(job["defaults"]["run"]["working-directory"], "crates/maths");
    let text = job.to_string();
    assert!(text.contains("crates/maths/target/nbsnap/report.html") && !text.contains("\"target/nbsnap\""), "{text}");
}

#[test]
fn a_pattern_that_fits_nothing_is_said() {
    let world = World::empty();
    notebook_at(&world, "lessons/lab.ipynb", "let a = 1;");
    world.write("nbsnap.toml", "[project]\nnotebooks = [\"lessons\", \"lesons/**\"]\n");
    world.run(&["test"]).exits(0).says("`lesons/**` in [project] fits no notebook").says("1 passed");
    world.write("nbsnap.toml", "[project]\nnotebooks = [\"../lessons\"]\n");
    let outcome = world.run(&["test"]);
    outcome.exits(96);
    assert!(outcome.stderr.contains("leads out of the folder of the settings"), "{}", outcome.stderr);
}

#[test]
fn outside_a_project_a_command_says_how_to_make_one() {
    let world = World::empty();
    let outcome = world.run(&["test"]);
    outcome.exits(4);
    assert!(outcome.stderr.contains("is in no project") && outcome.stderr.contains("`nbsnap init`"), "{}", outcome.stderr);
}

#[test]
fn every_setting_is_shown() {
    World::empty().run(&["settings"]).exits(0).says("[project]").says("cell-timeout = \"2m\"");
}
