//! A folder in `notebooks` with its own settings is a separate project.

use crate::world::World;

/// The project `passes`, and in its folder of notebooks another one, whose notebook is for a kernel that
/// nobody has.
fn world() -> World {
    let world = World::of_project("passes");
    world.write("notebooks/other/nbsnap.toml", "");
    let kernel = r#"{"kernelspec": {"display_name": "Nowhere", "language": "nowhere", "name": "nowhere"}}"#;
    let cell = r#"{"cell_type": "code", "execution_count": null, "id": "a", "metadata": {}, "outputs": [], "source": ["1"]}"#;
    let notebook = format!(r#"{{"cells": [{cell}], "metadata": {kernel}, "nbformat": 4, "nbformat_minor": 5}}"#);
    world.write("notebooks/other/lab.ipynb", &notebook);
    world.write("notebooks/other/snapshots/lab/a.snap", "");
    world
}

#[test]
fn the_outer_project_does_not_look_into_it() {
    let world = world();
    world.run(&["list"]).exits(0).says("lab (3 code cells)").does_not_say("nowhere");
    world.run(&["test"]).exits(0).says("1 notebook: 1 passed").does_not_say("nowhere");
    // A change there does not make it run again either.
    world.write("notebooks/other/data.csv", "1");
    world.run(&["test"]).exits(0).says("CACHED");
}

#[test]
fn it_is_meant_by_its_folder_or_by_one_of_its_files() {
    let world = world();
    for arguments in [&["test", "notebooks/other/lab.ipynb"][..], &["test", "--project", "notebooks/other"]] {
        let outcome = world.run(arguments);
        outcome.exits(96).says("ERROR").says("notebooks/other/lab.ipynb").says("there is no kernel `nowhere`");
        outcome.says("(engine jupyter)").does_not_say("Prepared");
    }
    world.run(&["list", "--project", "notebooks/other"]).exits(0).says("lab (1 code cell");
    world.run(&["accept", "--project", "notebooks/other"]).exits(0).says("nothing is pending");
}
