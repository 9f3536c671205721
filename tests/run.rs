//! `nbsnap run`: a notebook is executed and its outputs are written, into it or into another file.

use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::world::{ENGINES, World};

/// A notebook of code cells: id, tags, source.
fn notebook(cells: &[(&str, &[&str], &str)]) -> String {
    let cells = cells.iter().map(|(id, tags, source)| {
        serde_json::json!({
            "cell_type": "code", "execution_count": null, "id": id, "metadata": {"tags": tags}, "outputs": [],
            "source": source.split_inclusive('\n').collect::<Vec<_>>(),
        })
    });
    let kernel = serde_json::json!({"kernelspec": {"display_name": "Rust", "language": "rust", "name": "rust"}});
    format!(
        "{:#}\n",
        serde_json::json!({"cells": cells.collect::<Value>(), "metadata": kernel, "nbformat": 4, "nbformat_minor": 5})
    )
}

fn world(cells: &[(&str, &[&str], &str)]) -> World {
    let world = World::empty();
    world.write("notebooks/lab.ipynb", &notebook(cells));
    world
}

/// A cell's execution count, and all that its outputs say.
fn cell(world: &World, file: &str, id: &str) -> (Value, Vec<Value>) {
    let json: Value = serde_json::from_str(&world.read(file)).unwrap();
    let cell = json["cells"].as_array().unwrap().iter().find(|cell| cell["id"] == id).unwrap_or_else(|| panic!("no cell {id}"));
    (cell["execution_count"].clone(), cell["outputs"].as_array().unwrap().clone())
}

#[test]
fn outputs_and_counts_are_written_and_nothing_else_changes() {
    let world = World::of_project("passes");
    let before = world.read("notebooks/lab.ipynb");
    world.run(&["run", "lab", "-o", "out.ipynb"]).exits(0).says("wrote out.ipynb");
    assert_eq!(world.read("notebooks/lab.ipynb"), before);
    assert_eq!(cell(&world, "out.ipynb", "start"), (1.into(), vec![]));
    let stream = serde_json::json!({"name": "stdout", "output_type": "stream", "text": ["the answer is 42\n"]});
    assert_eq!(cell(&world, "out.ipynb", "say"), (2.into(), vec![stream]));
    let (count, outputs) = cell(&world, "out.ipynb", "after");
    assert_eq!((count, &outputs[0]["execution_count"]), (3.into(), &3.into()));
    assert_eq!(outputs[0]["data"], serde_json::json!({"text/plain": ["43"]}));
    // Only the outputs of the run differ.
    world.run(&["strip", "out.ipynb"]).exits(0).says("out.ipynb: stripped");
    assert_eq!(world.read("out.ipynb"), before);
}

#[test]
fn a_second_run_in_place_has_nothing_to_write() {
    let world = World::of_project("passes");
    world.run(&["run", "lab", "--in-place"]).exits(0).says("wrote notebooks/lab.ipynb");
    world.run(&["run", "lab", "--in-place"]).exits(0).says("unchanged notebooks/lab.ipynb");
    // The reference engine has the same result.
    world.run(&["run", "--engine", "evcxr", "--in-place"]).exits(0).says("unchanged notebooks/lab.ipynb");
    world.run(&["test"]).exits(0);
}

#[test]
fn a_run_says_where_to_write() {
    let outcome = World::of_project("passes").run(&["run"]);
    assert_eq!(outcome.exit, 2);
    assert!(outcome.stderr.contains("--output <FILE>"), "{}", outcome.stderr);
}

#[test]
fn notebooks_go_into_a_folder() {
    let world = World::of_project("passes");
    world.write("notebooks/more.ipynb", &notebook(&[("a", &[], "println!(\"more\");")]));
    let outcome = world.run(&["run", "-o", "one.ipynb"]);
    outcome.exits(96);
    assert!(outcome.stderr.contains("2 notebooks cannot be written into the one file"), "{}", outcome.stderr);
    world.run(&["run", "-o", "executed/"]).exits(0).says("wrote executed/lab.ipynb").says("wrote executed/more.ipynb");
    assert_eq!(cell(&world, "executed/more.ipynb", "a").1[0]["text"][0], "more\n");
}

#[test]
fn a_notebook_in_a_sub_folder_has_the_name_that_test_gives_it() {
    let world = World::empty();
    world.write("notebooks/week1/lab.ipynb", &notebook(&[("a", &[], "println!(\"one\");")]));
    world.run(&["test"]).says("week1/lab: 1 of 1 cell new");
    world.run(&["run", "notebooks/week1/lab.ipynb", "-o", "out.ipynb"]).exits(0).says("] week1/lab (1 cell)");
}

#[test]
fn a_folder_among_the_notebooks_gets_each_once_and_two_for_one_file_are_named() {
    let world = World::empty();
    world.write("nbsnap.toml", "");
    world.write("week1/lab.ipynb", &notebook(&[("a", &[], "println!(\"one\");")]));
    for wrote in ["wrote", "unchanged"] {
        world.run(&["run", "-o", "executed/"]).exits(0).says(&format!("{wrote} executed/week1/lab.ipynb"));
    }
    assert!(!world.path("executed/executed").exists(), "what a run wrote was run");
    // Files that are in no folder of the project have only their own names.
    let other = World::empty();
    for folder in ["one", "two"] {
        other.write(&format!("{folder}/lab.ipynb"), &world.read("week1/lab.ipynb"));
    }
    let paths = ["one", "two"].map(|folder| other.path(folder).join("lab.ipynb").display().to_string());
    let outcome = world.run(&["run", "--project", ".", &paths[0], &paths[1], "-o", "out/"]);
    outcome.exits(96);
    let both = format!("{} and {} would both be written into out/lab.ipynb", paths[0], paths[1]);
    assert!(outcome.stderr.contains(&both), "{}", outcome.stderr);
    world.run(&["run", "--project", ".", &paths[0], "-o", "out/"]).exits(0).says("wrote out/lab.ipynb");
    // A link is a notebook of the project by its own name.
    std::os::unix::fs::symlink(&paths[0], world.path("week1/linked.ipynb")).unwrap();
    world.run(&["run", "week1/linked", "-o", "out/"]).exits(0).says("wrote out/week1/linked.ipynb");
}

#[test]
fn parameters_are_bound_with_the_types_that_the_notebook_declares() {
    let world = world(&[
        ("declared", &["parameters"], "let mut bands = 3usize;\nlet name = String::from(\"x\");\nlet rate: Option<f64> = None;"),
        ("say", &[], "bands += 1;\nprintln!(\"{bands} {name} {rate:?}\");"),
    ]);
    for engine in ENGINES {
        let given = ["-p", "bands=9", "-p", "name=a \"b\" = é", "-r", "rate=Some(1.0 / 4.0)", "--engine", engine];
        world.run(&[&["run", "lab", "-o", "out.ipynb"][..], &given].concat()).exits(0);
        assert_eq!(cell(&world, "out.ipynb", "say").1[0]["text"][0], "10 a \"b\" = é Some(0.25)\n");
        assert_eq!(cell(&world, "out.ipynb", "injected-parameters").0, 2);
    }
    // Run again, the cell is replaced; what was run can be made the notebook that it was.
    world.run(&["run", "out.ipynb", "--project", ".", "--in-place", "-p", "bands=1"]).exits(0);
    assert_eq!(cell(&world, "out.ipynb", "say").1[0]["text"][0], "2 x None\n");
    world.run(&["strip", "--injected", "out.ipynb"]).exits(0);
    assert_eq!(world.read("out.ipynb"), world.read("notebooks/lab.ipynb"));
}

#[test]
fn parameters_come_from_files_and_pairs_win_over_them() {
    let world = world(&[
        (
            "declared",
            &["parameters"],
            "let bands: u8 = 3;\nlet name = String::from(\"x\");\nlet rates = vec![0.0];\nlet rate: Option<f64> = Some(1.0);",
        ),
        ("say", &[], "println!(\"{bands} {name} {rates:?} {rate:?}\");"),
    ]);
    world.write("a.yaml", "bands: 7\nname: \"12\"   # text, as it is quoted\nrate: 0.5\n");
    world.write("b.yaml", "# later files win\nbands: 8\nrate: null\n");
    world.write("empty.yaml", "# nothing\n");
    let files = ["run", "lab", "-o", "out.ipynb", "-f", "a.yaml", "-f", "b.yaml", "-f", "empty.yaml"];
    world.run(&files).exits(0);
    assert_eq!(cell(&world, "out.ipynb", "say").1[0]["text"][0], "8 12 [0.0] None\n");
    world.run(&[&files[..], &["-y", "{name: late, bands: 5}", "-p", "bands=9", "-r", "rates=vec![1.5]"]].concat()).exits(0);
    assert_eq!(cell(&world, "out.ipynb", "say").1[0]["text"][0], "9 late [1.5] None\n");
    // By papermill's names, and with their own types where the notebook declares none.
    world.notebook("plain", "", &[("say", "{}", "println!(\"{text:?} {count} {list:?}\");")]);
    world.write("c.yaml", "text: \"5\"\ncount: 5\nlist: [1.5, 2.0]\n");
    world.run(&["run", "plain", "-o", "out.ipynb", "--parameters_file", "c.yaml"]).exits(0);
    assert_eq!(cell(&world, "out.ipynb", "say").1[0]["text"][0], "\"5\" 5 [1.5, 2.0]\n");
    for (text, said) in [
        ("- a\n- b\n", "bad.yaml holds no parameters: it is no mapping of names to values"),
        ("bands: [\n", "bad.yaml holds no parameters: "),
        ("bands: 300\n", "parameter `bands` is a `u8`, and `300` is not one: number too large to fit in target type"),
        ("other: 1\n", "has no parameter `other`"),
    ] {
        world.write("bad.yaml", text);
        let outcome = world.run(&["run", "lab", "-o", "out.ipynb", "-f", "bad.yaml"]);
        outcome.exits(96);
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    }
    let outcome = world.run(&["run", "lab", "-o", "out.ipynb", "-f", "missing.yaml"]);
    outcome.exits(96);
    assert!(outcome.stderr.contains("missing.yaml holds no parameters: No such file"), "{}", outcome.stderr);
}

#[test]
fn parameters_that_do_not_fit_stop_everything_before_it_begins() {
    let world = world(&[("declared", &["parameters"], "let bands: u8 = 3;")]);
    for (given, said) in [
        ("bands=300", "parameter `bands` is a `u8`, and `300` is not one: number too large to fit in target type"),
        ("band=3", "has no parameter `band`; its cell tagged `parameters` declares: bands"),
        ("bands", "`bands` is not of the form name=value"),
    ] {
        let outcome = world.run(&["run", "lab", "-o", "out.ipynb", "-p", given]);
        outcome.exits(96);
        assert!(outcome.stderr.contains(said), "{}", outcome.stderr);
    }
    assert!(!world.path("out.ipynb").exists());
}

#[test]
fn a_cell_that_fails_ends_the_run_and_what_ran_is_written() {
    let world = world(&[
        ("one", &[], "println!(\"one\");"),
        ("two", &[], "assert_eq!(1 + 1, 3, \"sums\");"),
        ("three", &[], "println!(\"three\");"),
    ]);
    world.run(&["run", "lab", "-o", "out.ipynb"]).exits(100).says("1 failed, 1 not run").says("wrote out.ipynb");
    assert_eq!(cell(&world, "out.ipynb", "one").0, 1);
    let (count, outputs) = cell(&world, "out.ipynb", "two");
    let error = outputs.last().unwrap();
    assert_eq!((count, &error["output_type"], &error["ename"]), (2.into(), &"error".into(), &"panic".into()));
    assert!(error["evalue"].as_str().unwrap().contains("sums"), "{error}");
    assert_eq!(cell(&world, "out.ipynb", "three"), (Value::Null, vec![]));
    // If errors are allowed, the other cells run, too. It is still a failure.
    world.run(&["run", "lab", "-o", "out.ipynb", "--allow-errors"]).exits(100);
    assert_eq!(cell(&world, "out.ipynb", "three").1[0]["text"][0], "three\n");
}

#[test]
fn a_cell_that_must_raise_shows_its_error_and_the_run_goes_on() {
    let world = World::of_project("raises-exception");
    world.run(&["run", "-o", "executed/"]).exits(0);
    let written = world.read("executed/lab.ipynb");
    assert!(written.contains("\"output_type\": \"error\""), "{written}");
}

#[test]
fn what_the_testbed_keeps_secret_is_not_written() {
    let world = World::empty();
    world.write("notebooks/nbsnap.toml", "[environment]\nscenario = \"../scenario\"\n");
    let scenario = crate::world::workspace().join("crates/eoap-testbed/scenarios/water-bodies");
    crate::world::copy(&scenario, &world.path("scenario"));
    let tell = "println!(\"key <{}>\", std::env::var(\"AWS_SECRET_ACCESS_KEY\").unwrap());";
    world.write("notebooks/lab.ipynb", &notebook(&[("tell", &[], tell)]));
    world.run(&["run", "-o", "executed/"]).exits(0);
    assert_eq!(cell(&world, "executed/lab.ipynb", "tell").1[0]["text"][0], "key <[SECRET]>\n");
}

#[test]
fn a_cell_that_says_so_is_not_run_and_shows_nothing() {
    let world = world(&[("one", &[], "println!(\"one\");"), ("two", &["skip-execution"], "panic!();"), ("three", &[], "3")]);
    world.run(&["run", "lab", "-o", "out.ipynb"]).exits(0).says("wrote out.ipynb");
    assert_eq!(cell(&world, "out.ipynb", "two"), (Value::Null, vec![]));
    assert_eq!(cell(&world, "out.ipynb", "three").0, 2);
}

#[test]
fn what_had_run_is_written_when_somebody_stops_it() {
    let waits = "std::fs::write(\"mark\", \"\").unwrap();\nloop { std::thread::sleep(std::time::Duration::from_millis(10)); }";
    for engine in ENGINES {
        let world = world(&[("one", &[], "println!(\"one\");"), ("waits", &[], waits)]);
        let mut run = world.command(&["run", "lab", "-o", "out.ipynb", "--engine", engine]).spawn().unwrap();
        let (mark, started) = (world.path("notebooks/mark"), Instant::now());
        while !mark.exists() {
            assert!(started.elapsed() < Duration::from_secs(120) && run.try_wait().unwrap().is_none(), "the cell never ran");
            std::thread::sleep(Duration::from_millis(20));
        }
        kill_process(Pid::from_raw(i32::try_from(run.id()).unwrap()).unwrap(), Signal::INT).unwrap();
        assert_eq!(run.wait().unwrap().code(), Some(130), "{engine}");
        assert_eq!(cell(&world, "out.ipynb", "one").1[0]["text"][0], "one\n", "{engine}");
        assert_eq!(cell(&world, "out.ipynb", "waits"), (Value::Null, vec![]), "{engine}");
    }
}

#[test]
fn a_notebook_whose_kernel_is_missing_stops_no_other() {
    let world = World::empty();
    let plain = notebook(&[("a", &[], "println!(\"well\");")]);
    let foreign = plain.replace("\"rust\"", "\"klingon\"");
    world.write("notebooks/a.ipynb", &foreign);
    world.write("notebooks/b.ipynb", &plain);
    let outcome = world.run(&["run", "-o", "executed/"]);
    // That the kernel is missing says nothing about the notebook.
    outcome.exits(96).says("there is no kernel `klingon`").says("wrote executed/b.ipynb").does_not_say("evcxr does not start");
    assert_eq!(cell(&world, "executed/b.ipynb", "a").1[0]["text"][0], "well\n");
}

#[test]
fn the_time_of_a_whole_notebook_is_named_and_a_cell_says_how_long_it_was_at_work() {
    let sleep = |seconds: f64| format!("std::thread::sleep(std::time::Duration::from_secs_f64({seconds:?}));");
    for engine in ENGINES {
        let world = world(&[("some", &[], &sleep(2.0)), ("more", &[], &sleep(60.0))]);
        world.write("notebooks/nbsnap.toml", "notebook-timeout = \"20s\"\n");
        let outcome = world.run(&["run", "lab", "-o", "out.ipynb", "--engine", engine]);
        outcome.exits(100).says("not done after 20s, which is all a notebook may take (notebook-timeout)");
        // That much was left when it began, and not more.
        let said = outcome.stdout.split("not done after ").skip(1).find(|rest| !rest.contains(", which is all"));
        let said = said.and_then(|rest| rest.lines().next()).unwrap_or_else(|| panic!("{engine}: {}", outcome.stdout));
        let took = humantime::parse_duration(said.trim()).unwrap_or_else(|error| panic!("{engine}: `{said}`: {error}"));
        assert!(took < Duration::from_secs(19), "{engine}: {said}");
    }
}

/// Notebooks in other languages need no toolchain for Rust, and one in Rust beside them does not stop them.
#[test]
fn without_a_toolchain_only_notebooks_in_rust_cannot_run() {
    let mut world = World::empty();
    world.notebook("rust", "", &[("a", "{}", "1")]);
    let kernel = r#"{"kernelspec": {"display_name": "Nowhere", "language": "nowhere", "name": "nowhere"}}"#;
    let cell = r#"{"cell_type": "code", "execution_count": null, "id": "a", "metadata": {}, "outputs": [], "source": ["1"]}"#;
    let text = format!(r#"{{"cells": [{cell}], "metadata": {kernel}, "nbformat": 4, "nbformat_minor": 5}}"#);
    world.write("notebooks/other.ipynb", &text);
    world.set("PATH", "/usr/bin:/bin");
    world.set("HOME", "{project}/home");
    world.set("CARGO_HOME", "{project}/home");
    world.set("RUSTUP_HOME", "{project}/home");
    let outcome = world.run(&["test"]);
    outcome.exits(96).says("is the Rust toolchain installed and on PATH?").says("there is no kernel `nowhere`");
    outcome.says("2 notebooks: 0 passed");
}
