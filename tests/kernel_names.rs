//! A notebook names the kernel of its author's machine; here another one runs it.

use serde_json::{Value, json};

use crate::world::World;

/// Kernels of these names that Jupyter would find, all of which are ours, and a notebook that names
/// `venv-ann`.
fn world(names: &[&str]) -> World {
    let mut world = World::empty();
    world.run(&["kernel", "install", "--prefix", &world.path("env").display().to_string()]).exits(0);
    let installed = world.read("env/share/jupyter/kernels/rust/kernel.json");
    for name in names {
        world.write(&format!("jupyter/kernels/{name}/kernel.json"), &installed);
    }
    world.set("JUPYTER_PATH", "{project}/jupyter");
    world.set("JUPYTER_DATA_DIR", "{project}/nothing");
    // What the kernel runs is Rust. That the notebook calls it otherwise keeps the runner's own engine away.
    let cell = json!({
        "cell_type": "code", "execution_count": null, "id": "a", "metadata": {}, "outputs": [], "source": "println!(\"{}\", 40 + 2);",
    });
    let kernel = json!({"display_name": "of ann", "language": "other", "name": "venv-ann"});
    let notebook = json!({"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5});
    world.write("notebooks/of-ann.ipynb", &notebook.to_string());
    world
}

#[test]
fn a_kernel_by_another_name_is_given_with_the_run_or_in_the_settings() {
    let mut world = world(&["here"]);
    let missing = world.run(&["test", "--junit", "j.xml", "--json", "e.jsonl"]);
    missing.exits(96).says("ERROR").says("there is no kernel `venv-ann`, only here").says("1 failed (1 by a set-up error)");
    missing.does_not_say("broke down").does_not_say("internal error");
    assert!(world.read("e.jsonl").contains("\"set-up\":1") && world.read("j.xml").contains("set-up error"));
    missing.says("`--kernel venv-ann=OTHER`, or [kernels] in nbsnap.toml, runs notebooks that name it with another kernel");

    world.run(&["test", "--kernel", "here"]).exits(100).says("1 new").says("+ 42");
    world.run(&["accept"]).exits(0);
    world.run(&["test", "--kernel", "venv-ann=here"]).exits(0).says("1 passed");
    world.run(&["test", "--kernel", "venv-bob=here"]).exits(96).says("no kernel `venv-ann`");
    // The notebook keeps its own.
    world.run(&["run", "of-ann", "-k", "here", "-o", "out.ipynb"]).exits(0);
    let written: Value = serde_json::from_str(&world.read("out.ipynb")).unwrap();
    assert_eq!(
        (&written["metadata"]["kernelspec"]["name"], &written["cells"][0]["outputs"][0]["text"][0]),
        (&json!("venv-ann"), &json!("42\n"))
    );

    world.write("notebooks/nbsnap.toml", "[kernels]\n\"venv-*\" = \"here\"\n");
    world.run(&["test"]).exits(0).says("1 passed");
    // What is on the command line wins. In a profile it is for one machine.
    world.run(&["test", "--kernel", "there"]).exits(96).says("no kernel `there`");
    world.write("notebooks/nbsnap.toml", "[profile.ci.kernels]\nvenv-ann = \"here\"\n");
    world.run(&["test"]).exits(96);
    world.run(&["test", "--profile", "ci"]).exits(0);
    world.write("notebooks/nbsnap.toml", "[kernels]\nvenv-ann = \"\"\n");
    let outcome = world.run(&["test"]);
    outcome.exits(96);
    assert!(outcome.stderr.contains("a kernel has no name"), "{}", outcome.stderr);
    std::fs::remove_file(world.path("notebooks/nbsnap.toml")).unwrap();
    world.set("NBSNAP_KERNEL", "here");
    world.run(&["test"]).exits(0).says("1 passed");
}

#[test]
fn notebooks_in_rust_keep_theirs_unless_it_is_named() {
    let world = world(&["here"]);
    world.notebook("in-rust", "", &[("a", "{}", "println!(\"{}\", 40 + 2);")]);
    world.run(&["test", "--kernel", "here"]).exits(100).says("2 notebooks: 0 passed, 2 new");
    world.run(&["accept"]).exits(0);
    // Engine `rustc` asks no kernel; engine `jupyter` does.
    world.run(&["test", "--kernel", "here"]).exits(0).says("2 passed");
    world.run(&["test", "in-rust", "--engine", "jupyter", "--kernel", "here"]).exits(96).says("there is no kernel `rust`");
    world.run(&["test", "in-rust", "--engine", "jupyter", "--kernel", "rust=here"]).exits(0).says("1 passed");
}
