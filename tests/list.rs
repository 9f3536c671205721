//! `nbsnap list`: what there is, for people and for programs.

use serde_json::Value;

use crate::world::World;

#[test]
fn the_notebooks_and_their_cells_are_listed() {
    let outcome = World::of_project("passes").run(&["list"]);
    outcome.exits(0).says("lab (3 code cells)").says("say ").says("let start = 20;");
}

#[test]
fn programs_get_one_json_document() {
    let world = World::of_project("output-changed");
    world.run(&["test"]).exits(100);
    let listed: Value = serde_json::from_str(&world.run(&["list", "--json"]).exits(0).stdout).unwrap();
    assert_eq!(listed["version"], 1);
    let lab = &listed["notebooks"][0];
    assert_eq!((&lab["name"], &lab["path"]), (&"lab".into(), &"notebooks/lab.ipynb".into()));
    let say = lab["cells"].as_array().unwrap().iter().find(|cell| cell["id"] == "say").unwrap();
    assert_eq!((&say["snapshot"], &say["pending"]), (&"snapshots/lab/say.snap".into(), &true.into()));
}

#[test]
fn what_cannot_be_tested_is_listed_with_its_reason() {
    let world = World::of_project("no-cell-ids");
    let listed: Value = serde_json::from_str(&world.run(&["list", "--json"]).exits(0).stdout).unwrap();
    let unusable = &listed["unusable"][0];
    assert!(unusable["reason"].as_str().unwrap().contains("`nbsnap check --fix` adds them"), "{unusable}");
}
