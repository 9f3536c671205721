//! `nbsnap check`: finds what is wrong with notebooks without running them, and `--fix` fixes it.

use crate::world::{World, workspace};

/// Everything that can be wrong with one small notebook.
const MESSY: &str = r#"{
 "cells": [
  {"cell_type": "markdown", "metadata": {}, "source": ["caf\u00e9"]},
  {"cell_type": "code", "execution_count": 3, "metadata": {"scrolled": true}, "outputs": [{"name": "stdout", "output_type": "stream", "text": ["x"]}],
   "source": ["let  a=1;\n", "print!(\"{a}\");"]},
  {"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": [":vars\n", ":dep serde"]}
 ],
 "metadata": {"language_info": {"name": "Rust"}},
 "nbformat": 4, "nbformat_minor": 2
}
"#;

#[test]
fn problems_are_named_with_cell_and_line_and_mended() {
    let world = World::empty();
    world.write("notebooks/lab.ipynb", MESSY);
    let outcome = world.run(&["check", "--no-compile"]);
    outcome.exits(100);
    for problem in [
        "notebooks/lab.ipynb: format 4.2 has no cell ids, and snapshots are named after them [cell-ids]",
        "the notebook names no kernel",
        "notebooks/lab.ipynb: cell 2: the cell holds outputs",
        "notebooks/lab.ipynb: cell 2, line 1: the code is not laid out as rustfmt does it: it would write `let a = 1;` [rustfmt]",
        "notebooks/lab.ipynb: cell 2, line 2: nothing ends the line that `print!` began",
        "cell 3, line 1: `:vars` shows something else on every run or machine",
        "cell 3, line 2: `serde` names no version, so any will do: write `:dep serde = \"1.2\"` [unversioned-dep]",
    ] {
        outcome.says(problem);
    }
    outcome.says("9 problems in 1 notebook; `nbsnap check --fix` mends 6");
    assert_eq!(world.read("notebooks/lab.ipynb"), MESSY);

    let outcome = world.run(&["check", "--fix", "--no-compile"]);
    outcome.exits(100).says("notebooks/lab.ipynb: fixed").says("3 problems in 1 notebook");
    let fixed = world.read("notebooks/lab.ipynb");
    assert!(fixed.contains("\"caf\\u00e9\"") && fixed.contains("let a = 1;"), "what is not mended keeps its bytes: {fixed}");
    assert!(fixed.contains("\"id\": \"cell-1\"") && fixed.contains("\"nbformat_minor\": 5"), "{fixed}");
    // Fixed notebooks need no further fix, and can be tested.
    world.run(&["check", "--fix", "--no-compile"]).exits(100);
    assert_eq!(world.read("notebooks/lab.ipynb"), fixed);
    world.run(&["list"]).exits(0).says("lab (2 code cells)");
}

#[test]
fn rules_can_be_left_out() {
    let world = World::empty();
    world.write("any.ipynb", MESSY);
    let allowed = [
        "cell-ids",
        "kernelspec",
        "outputs",
        "counts",
        "metadata",
        "rustfmt",
        "print-at-end",
        "unstable-commands",
        "unversioned-dep",
    ];
    let arguments: Vec<&str> = allowed.iter().flat_map(|rule| ["--allow", rule]).collect();
    world.run(&[&["check", "any.ipynb"][..], &arguments].concat()).exits(0).says("nothing is wrong with 1 notebook");
    let outcome = world.run(&["check", "any.ipynb", "--allow", "everything"]);
    assert!(outcome.stderr.contains("there is no such rule, but: format, cell-ids"), "{}", outcome.stderr);
}

#[test]
fn a_cell_that_does_not_compile_is_told_with_line_and_column() {
    let world = World::of_project("type-error-in-later-cell");
    let before = world.files();
    let outcome = world.run(&["check"]);
    outcome.exits(100).says("notebooks/lab.ipynb: cell `types`, line 2, column 20: error[E0308]: mismatched types (expected `String`, found `i32`) [compile]");
    outcome.says("\n    help: try using a conversion method: `let text: String = answer.to_string();`\n1 problem in 1 notebook");
    assert_eq!(world.files(), before, "nothing ran");
    world.run(&["check", "--no-compile"]).exits(0).says("nothing is wrong");
}

#[test]
fn all_cells_that_do_not_compile_are_found_but_not_what_only_lacks_them() {
    let world = World::of_project("passes");
    let cells = [
        "let a: u8 = \"1\";",
        "println!(\"{}\", a + 1);",
        "let b: u8 = missing;",
        "fn good() -> u8 { 1 }",
        "let c = good() + \"x\";",
    ];
    let cells: Vec<String> = cells
        .iter()
        .enumerate()
        .map(|(index, source)| {
            let source = serde_json::to_string(source).unwrap();
            format!("{{\"cell_type\":\"code\",\"execution_count\":null,\"id\":\"c{index}\",\"metadata\":{{}},\"outputs\":[],\"source\":[{source}]}}")
        })
        .collect();
    let notebook = format!(
        "{{\"cells\":[{}],\"metadata\":{{\"kernelspec\":{{\"display_name\":\"Rust\",\"language\":\"rust\",\"name\":\"rust\"}}}},\"nbformat\":4,\"nbformat_minor\":5}}",
        cells.join(",")
    );
    world.write("notebooks/lab.ipynb", &notebook);
    let outcome = world.run(&["check", "--allow", "rustfmt", "--allow", "format"]);
    outcome.exits(100).says("cell `c0`, line 1").says("cell `c2`, line 1").says("cell `c4`, line 1").does_not_say("cell `c1`");
}

#[test]
fn what_only_running_shows_is_no_problem_here() {
    // A failed assertion, an endless loop, a cell that should not compile.
    for project in ["failed-assertion", "endless-loop", "raises-exception", "passes"] {
        let allowed = ["--allow", "rustfmt", "--allow", "statics", "--allow", "print-at-end"];
        World::of_project(project).run(&[&["check"][..], &allowed].concat()).exits(0).says("nothing is wrong with 1 notebook");
    }
}

#[test]
fn an_engine_that_compiles_only_what_it_runs_says_so() {
    let world = World::of_project("static-across-cells");
    world.write("notebooks/nbsnap.toml", "engine = \"evcxr\"\n");
    let outcome = world.run(&["check", "--allow", "statics"]);
    outcome.exits(0).says("note: not compiled, as engine evcxr compiles only what it runs").says("`nbsnap test lab` does");
}

#[test]
fn a_misspelt_tag_is_found() {
    let world = World::of_project("passes");
    world.write(
        "notebooks/lab.ipynb",
        &world.read("notebooks/lab.ipynb").replacen("\"metadata\": {}", "\"metadata\": {\"tags\": [\"nbsnap-skipp\"]}", 1),
    );
    world.run(&["check", "--no-compile"]).exits(100).says("did you mean `nbsnap-skip`? [format]");
}

#[test]
fn the_labs_have_nothing_wrong() {
    let project = workspace().display().to_string();
    World::empty().run(&["check", "--no-compile", "--project", &project]).exits(0).says("nothing is wrong with 6 notebooks");
}
