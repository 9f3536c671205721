//! `nbsnap strip`: removes outputs and counts. Everything else keeps its bytes.

use crate::world::World;

/// As no program would write it, and with everything in it that may go.
const RUN: &str = r#"{ "nbformat": 4, "nbformat_minor": 2,
  "metadata": {"kernelspec": {"name": "python3", "display_name": "P\u00fc"}, "papermill": {"duration": 1.50}},
  "cells": [
    {"cell_type": "markdown", "source": "outputs: \/", "metadata": {}},
    {"cell_type": "code", "source": ["1.0"], "metadata": {"collapsed": false, "mine": 2e0}, "execution_count": 7,
     "outputs": [{"output_type": "stream", "name": "stdout", "text": "x"}]},
    {"cell_type": "code", "source": ["2"], "metadata": {"tags": ["keep-output"]}, "execution_count": 8,
     "outputs": [{"output_type": "stream", "name": "stdout", "text": "y"}]}
  ] }
"#;

#[test]
fn any_notebook_anywhere_is_stripped_and_keeps_the_rest_of_its_bytes() {
    let world = World::empty();
    world.write("deep/odd.ipynb", RUN);
    world.run(&["strip", "--check", "deep/odd.ipynb"]).exits(100).says("deep/odd.ipynb: has something to strip");
    assert_eq!(world.read("deep/odd.ipynb"), RUN);
    world.run(&["strip", "deep/odd.ipynb"]).exits(0).says("deep/odd.ipynb: stripped");
    let first = r#"[{"output_type": "stream", "name": "stdout", "text": "x"}]"#;
    let stripped = RUN.replace("7,", "null,").replace(first, "[]");
    assert_eq!(world.read("deep/odd.ipynb"), stripped);
    world.run(&["strip", "--check", "deep/odd.ipynb"]).exits(0).says("nothing to strip");
    world.run(&["strip", "--metadata", "deep/odd.ipynb"]).exits(0);
    let bare = stripped.replace(r#", "papermill": {"duration": 1.50}"#, "").replace(r#""collapsed": false, "#, "");
    assert_eq!(world.read("deep/odd.ipynb"), bare);
}

#[test]
fn the_projects_notebooks_are_stripped_by_name() {
    let world = World::of_project("passes");
    world.run(&["strip", "--check"]).exits(0).says("nothing to strip in 1 notebook");
    let outcome = world.run(&["strip", "lob"]);
    outcome.exits(4);
    assert!(outcome.stderr.contains("no notebook is called `lob`"), "{}", outcome.stderr);
}

#[test]
fn a_file_that_is_no_notebook_is_left_alone() {
    let world = World::empty();
    world.write("a.ipynb", "{\"cells\": 1}");
    let outcome = world.run(&["strip", "a.ipynb"]);
    outcome.exits(96);
    assert!(outcome.stderr.contains("format unknown (no `nbformat` member)"), "{}", outcome.stderr);
    assert_eq!(world.read("a.ipynb"), "{\"cells\": 1}");
}
