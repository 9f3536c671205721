//! Red is red, and green is green: one project a case.

use std::collections::{BTreeMap, BTreeSet};

use crate::world::{ENGINES, World, workspace};

/// `expect.toml`: the expected result of a run of the project.
struct Expectation {
    /// The exit code.
    exit: i32,
    /// What the report must say.
    report: Vec<String>,
    /// What standard error must say.
    error: Vec<String>,
    /// Variables for the run.
    environment: BTreeMap<String, String>,
    /// The pending snapshots there must be afterwards: these and no others.
    pending: BTreeSet<String>,
    /// What a cell's snapshot must say: a check of the committed files, not of the run.
    snapshots: BTreeMap<String, String>,
    /// Paths that must not exist afterwards.
    absent: Vec<String>,
    /// Whether the project depends on `eoap`, and so shares the build of the workspace's own notebooks.
    uses_eoap: bool,
    /// Different expectations on some engines, by the engine's name.
    on_engine: BTreeMap<String, OnEngine>,
}

/// A table of `expect.toml` that is called after an engine: what replaces the rest there, and why.
#[derive(Clone, Default)]
struct OnEngine {
    exit: Option<i32>,
    report: Option<Vec<String>>,
    pending: Option<BTreeSet<String>>,
}

impl OnEngine {
    fn read(value: &toml::Value) -> OnEngine {
        let table = value.as_table().unwrap();
        assert!(table.contains_key("reason"), "expect.toml does not say why an engine differs");
        let known = ["reason", "exit", "report", "pending"];
        assert!(table.keys().all(|key| known.contains(&key.as_str())), "expect.toml says of an engine what is never checked");
        let texts = |key: &str| -> Option<Vec<String>> {
            Some(table.get(key)?.as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect())
        };
        OnEngine {
            exit: table.get("exit").map(|exit| i32::try_from(exit.as_integer().unwrap()).unwrap()),
            report: texts("report"),
            pending: texts("pending").map(|names| names.into_iter().collect()),
        }
    }
}

impl Expectation {
    fn read(world: &World) -> Expectation {
        let table: toml::Table = world.read("expect.toml").parse().unwrap();
        let known = ["exit", "report", "error", "environment", "pending", "snapshots", "absent", "uses-eoap", "rustc", "evcxr"];
        for key in table.keys() {
            assert!(known.contains(&key.as_str()), "expect.toml says `{key}`, which is never checked");
        }
        let texts = |key: &str| -> Vec<String> {
            let list = table.get(key).and_then(toml::Value::as_array).cloned().unwrap_or_default();
            list.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
        };
        let pairs = |key: &str| -> BTreeMap<String, String> {
            let pairs = table.get(key).and_then(toml::Value::as_table).cloned().unwrap_or_default();
            pairs.into_iter().map(|(key, value)| (key, value.as_str().unwrap().to_owned())).collect()
        };
        Expectation {
            exit: i32::try_from(table["exit"].as_integer().unwrap()).unwrap(),
            report: texts("report"),
            error: texts("error"),
            environment: pairs("environment"),
            pending: texts("pending").into_iter().collect(),
            snapshots: pairs("snapshots"),
            absent: texts("absent"),
            uses_eoap: table.get("uses-eoap").is_some_and(|value| value.as_bool().unwrap()),
            on_engine: ENGINES
                .iter()
                .filter_map(|engine| Some(((*engine).to_owned(), OnEngine::read(table.get(*engine)?))))
                .collect(),
        }
    }
}

fn check(name: &str) {
    let mut world = World::of_project(name);
    let expected = Expectation::read(&world);
    for (name, value) in &expected.environment {
        world.set(name, value);
    }
    if expected.uses_eoap {
        world.share_build();
    }
    for (cell, text) in &expected.snapshots {
        let snapshot = world.read(&format!("snapshots/lab/{cell}.snap"));
        assert!(snapshot.contains(text), "the snapshot of `{cell}` does not say `{text}`:\n{snapshot}");
    }
    let before = world.files();
    for engine in ENGINES {
        let own = expected.on_engine.get(*engine).cloned().unwrap_or_default();
        let outcome = world.run(&["test", "--engine", engine]);
        outcome.exits(own.exit.unwrap_or(expected.exit));
        for text in own.report.as_ref().unwrap_or(&expected.report) {
            outcome.says(text);
        }
        for text in &expected.error {
            assert!(outcome.stderr.contains(text), "standard error does not say `{text}`:\n{}", outcome.stderr);
        }
        let after = world.files();
        let new: BTreeSet<String> = after.keys().filter(|name| !before.contains_key(*name)).cloned().collect();
        assert_eq!(
            &new,
            own.pending.as_ref().unwrap_or(&expected.pending),
            "files that the run left; it said:\n{}",
            outcome.stdout
        );
        for (name, content) in &before {
            assert_eq!(after.get(name), Some(content), "the run changed {name}");
        }
        // What waits for review on one engine says nothing about another.
        new.iter().for_each(|name| std::fs::remove_file(world.path(name)).unwrap());
    }
    for path in &expected.absent {
        assert!(!world.path(path).exists(), "{path} should not exist");
    }
}

macro_rules! cases {
    ($($test:ident: $folder:literal,)*) => {
        $(#[test] fn $test() { check($folder); })*

        /// A folder that no test runs would be a test that cannot fail.
        #[test]
        fn every_project_has_its_test() {
            let mut tested: Vec<&str> = vec![$($folder),*];
            // These have their own tests.
            tested.extend(["interrupted"]);
            for entry in std::fs::read_dir(workspace().join("tests/projects")).unwrap() {
                let name = entry.unwrap().file_name().into_string().unwrap();
                assert!(tested.contains(&name.as_str()), "tests/projects/{name} is run by no test");
            }
        }
    };
}

cases! {
    a_notebook_that_is_as_recorded_passes: "passes",
    a_failed_assertion: "failed-assertion",
    a_panic: "panic",
    an_error_through_the_question_mark: "error",
    an_error_whose_message_is_empty: "error-with-empty-message",
    a_cell_that_does_not_compile: "compile-error",
    a_type_error_in_a_later_cell: "type-error-in-later-cell",
    exit_with_code_zero: "exit-zero",
    abort: "abort",
    a_segmentation_fault: "segmentation-fault",
    an_endless_loop: "endless-loop",
    output_that_changed: "output-changed",
    output_that_is_missing: "output-missing",
    output_where_none_was: "output-unexpected",
    only_stderr_changed: "stderr-changed",
    a_missing_snapshot_on_ci: "snapshot-missing-on-ci",
    a_file_that_is_no_json: "not-json",
    a_notebook_of_another_version: "not-version-4",
    a_notebook_without_cell_ids: "no-cell-ids",
    a_notebook_for_another_kernel: "other-kernel",
    a_snapshot_that_belongs_to_no_cell: "orphan-snapshot",
    a_cell_that_must_raise_and_does: "raises-exception",
    a_cell_that_must_raise_and_ends_its_process: "raises-exception-dies",
    a_cell_that_must_raise_and_does_not: "raises-exception-but-does-not",
    a_hundred_megabytes_of_output: "flood",
    evcxrs_own_control_words: "control-words",
    a_display_block_without_an_end: "unclosed-display",
    print_without_a_newline: "print-without-newline",
    output_from_a_background_thread: "background-output",
    the_users_own_configuration_of_evcxr: "user-configuration",
    a_setting_that_does_not_exist: "unknown-setting",
    a_closure_that_no_later_cell_can_use: "closure-variable",
    a_borrowed_variable_that_no_later_cell_can_use: "borrowed-variable",
    await_works_in_every_cell: "async-in-every-cell",
    a_crate_of_the_projects_own: "local-package",
    a_static_that_two_cells_use: "static-across-cells",
    an_unknown_host: "unknown-host",
    an_unknown_host_that_the_notebook_shrugs_off: "unknown-host-unnoticed",
}

#[test]
fn a_verdict_says_which_engine_it_is_of() {
    let world = World::of_project("passes");
    for engine in ENGINES {
        world.run(&["test", "--engine", engine]).exits(0).says(&format!("(engine {engine})")).says("lab (3 cells)");
    }
    world.run(&["test"]).exits(0).says(&format!("(engine {})", ENGINES[0]));
}

#[test]
fn no_notebook_found() {
    let world = World::empty();
    let outcome = world.run(&["test"]);
    outcome.exits(4);
    assert!(outcome.stderr.contains("is in no project"), "{}", outcome.stderr);
    world.write("notebooks/nbsnap.toml", "");
    let outcome = world.run(&["test"]);
    outcome.exits(4);
    assert!(outcome.stderr.contains("holds no notebooks (*.ipynb)"), "{}", outcome.stderr);
}

#[test]
fn a_name_that_no_notebook_has() {
    let outcome = World::of_project("passes").run(&["test", "lob"]);
    outcome.exits(4);
    assert!(outcome.stderr.contains("no notebook is called `lob`; there are: lab"), "{}", outcome.stderr);
}

#[test]
fn a_later_cell_may_ask_for_another_version_of_a_crate() {
    let world = World::empty();
    for version in [1, 2] {
        world.write(
            &format!("tool-{version}/Cargo.toml"),
            &format!("[package]\nname = \"tool\"\nversion = \"{version}.0.0\"\nedition = \"2024\"\n[workspace]\n"),
        );
        world.write(&format!("tool-{version}/src/lib.rs"), &format!("pub fn version() -> u32 {{ {version} }}\n"));
    }
    let cells = [
        ("one", "{}", ":dep tool = { path = \"../tool-1\" }\nlet plain = 1;\nassert_eq!(tool::version(), 1);"),
        ("two", "{}", ":dep tool = { path = \"../tool-2\" }\nassert_eq!(tool::version(), 2);"),
        ("three", "{}", "assert_eq!(plain, 1);"),
    ];
    world.notebook("lab", "", &cells);
    world.run(&["test"]).exits(0).says("1 passed");
}
