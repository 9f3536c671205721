//! The files that users copy for their build servers and their working copies, run as far as possible
//! without either.

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::world::{ENGINES, World, workspace};

/// Lets commands find the runner by its name.
pub(crate) fn on_path(world: &mut World) {
    std::fs::create_dir_all(world.path("target/bin")).unwrap();
    symlink(env!("CARGO_BIN_EXE_nbsnap"), world.path("target/bin/nbsnap")).unwrap();
    let path = std::env::var("PATH").unwrap();
    world.set("PATH", &format!("{{project}}/target/bin:{path}"));
}

/// Puts a Python beside the runner that installs nothing, and writes down where it was asked for what.
pub(crate) fn python_that_installs_nothing(world: &World) {
    let asked = world.path("target/bin/asked.txt").display().to_string();
    world.write("target/bin/python", &format!("#!/bin/sh\n(pwd; echo \"$@\") >> '{asked}'\n"));
    std::fs::set_permissions(world.path("target/bin/python"), std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// Runs a command of a shell in the project.
pub(crate) fn shell(world: &World, command: &str) -> Output {
    // The world's command knows the environment; only the program is another.
    let runner = world.command(&[]);
    let mut shell = Command::new("bash");
    shell.args(["-eo", "pipefail", "-c", command]).env_clear().current_dir(world.root());
    shell.envs(runner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.output().unwrap()
}

pub(crate) fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_workflow_to_copy_tests_a_project() {
    let text = std::fs::read_to_string(workspace().join("crates/nbsnap/ci/github-workflow.yml")).unwrap();
    let workflow: Value = serde_saphyr::from_str(&text).unwrap();
    let job = &workflow["jobs"]["notebooks"];
    let mut world = World::of_project("output-changed");
    world.notebook("other", "", &[("a", "{}", "let a = 1;")]);
    on_path(&mut world);
    for (name, value) in [("CI", "true"), ("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", "{project}/target/summary.md")] {
        world.set(name, value);
    }
    let before = world.files();
    let mut codes = Vec::new();
    for share in job["strategy"]["matrix"]["share"].as_array().unwrap() {
        world.set("SHARE", share.as_str().unwrap());
        for step in job["steps"].as_array().unwrap() {
            let Some(run) = step["run"].as_str() else { continue };
            let output = shell(&world, run);
            if step["name"] == "Notebooks" {
                assert!(said(&output).contains(&format!("(engine {})", ENGINES[0])), "{}", said(&output));
                assert_eq!(
                    said(&output).contains("::error file=notebooks/lab.ipynb,line=21,"),
                    output.status.code() == Some(100)
                );
                codes.push(output.status.code().unwrap());
            } else {
                assert!(output.status.success(), "{run}: {}", said(&output));
            }
        }
        let upload = job["steps"]
            .as_array()
            .unwrap()
            .iter()
            .find(|step| step["uses"].as_str().is_some_and(|uses| uses.contains("upload")))
            .unwrap();
        for path in upload["with"]["path"].as_str().unwrap().lines() {
            // The JUnit file is there after every run, the rest where something failed.
            let is_expected = path.ends_with("junit.xml") || codes.last() == Some(&100);
            assert_eq!(world.path(path).exists(), is_expected, "{path}");
        }
    }
    codes.sort_unstable();
    assert_eq!(codes, [0, 100], "one share holds the notebook that is not as recorded");
    assert!(world.read("target/summary.md").contains("| ❌ changed | `lab` | 3 |"));
    assert_eq!(world.files(), before, "nothing in the tree is changed");
}

#[test]
fn the_hook_to_copy_lets_nothing_through_that_is_red() {
    let mut world = World::of_project("passes");
    on_path(&mut world);
    for (name, value) in [("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")] {
        world.set(name, value);
    }
    for role in ["AUTHOR", "COMMITTER"] {
        world.set(&format!("GIT_{role}_NAME"), "somebody");
        world.set(&format!("GIT_{role}_EMAIL"), "somebody@example.org");
    }
    world.write(".gitignore", "/target\n*.snap.new\n");
    let git = |command: &str| shell(&world, command);
    assert!(git("git init -q && git add . && git commit -qm first").status.success());
    let hook = world.path(".git/hooks/pre-commit");
    std::fs::create_dir_all(hook.parent().unwrap()).unwrap();
    std::fs::copy(workspace().join("crates/nbsnap/ci/pre-commit"), &hook).unwrap();
    assert!(is_executable(&hook));

    // A change outside of notebooks is committed without a check.
    world.write("notes.txt", "x");
    assert!(git("git add notes.txt && git commit -qm notes").status.success());
    let edit = |from: &str, to: &str| world.write("notebooks/lab.ipynb", &world.read("notebooks/lab.ipynb").replace(from, to));
    edit("let start = 20;", "let start = 21;");
    let output = git("git add notebooks && git commit -qm red");
    assert!(!output.status.success() && said(&output).contains("the output is not as recorded"), "{}", said(&output));
    // Accepted, but not staged: it would be red for everybody else.
    world.run(&["test"]).exits(100);
    world.run(&["accept"]).exits(0);
    let output = git("git commit -qm half");
    assert!(!output.status.success() && said(&output).contains("  snapshots/lab/say.snap"), "{}", said(&output));
    let output = git("git add snapshots && git commit -qm green");
    assert!(output.status.success(), "{}", said(&output));
}

#[test]
fn the_hook_to_copy_takes_notebooks_in_any_folder() {
    let mut world = World::of_project("passes");
    on_path(&mut world);
    std::fs::rename(world.path("notebooks"), world.path("lessons")).unwrap();
    std::fs::remove_dir_all(world.path("snapshots")).unwrap();
    world.write("nbsnap.toml", "");
    world.write(".gitignore", "/target\n*.snap.new\n");
    for (name, value) in [("GIT_CONFIG_GLOBAL", "/dev/null"), ("GIT_CONFIG_SYSTEM", "/dev/null")] {
        world.set(name, value);
    }
    for role in ["AUTHOR", "COMMITTER"] {
        world.set(&format!("GIT_{role}_NAME"), "somebody");
        world.set(&format!("GIT_{role}_EMAIL"), "somebody@example.org");
    }
    world.run(&["test"]).exits(100);
    world.run(&["accept"]).exits(0);
    let git = |command: &str| shell(&world, command);
    assert!(git("git init -q && git add . && git commit -qm first").status.success());
    std::fs::copy(workspace().join("crates/nbsnap/ci/pre-commit"), world.path(".git/hooks/pre-commit")).unwrap();
    world.write("lessons/lab.ipynb", &world.read("lessons/lab.ipynb").replace("let start = 20;", "let start = 21;"));
    let output = git("git add lessons && git commit -qm red");
    assert!(!output.status.success() && said(&output).contains("the output is not as recorded"), "{}", said(&output));
    assert!(said(&output).contains("`git add` the snapshots"), "{}", said(&output));
}

#[test]
fn the_action_tests_a_project() {
    let text = std::fs::read_to_string(workspace().join("action.yml")).unwrap();
    let action: Value = serde_saphyr::from_str(&text).unwrap();
    let mut world = World::of_project("output-changed");
    world.notebook("other", "", &[("a", "{}", "let a = 1;")]);
    on_path(&mut world);
    for (name, value) in [("CI", "true"), ("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", "{project}/target/summary.md")] {
        world.set(name, value);
    }
    // What GitHub puts in place of the expressions that the steps have.
    let filled = |text: &str| -> String {
        let inputs = action["inputs"].as_object().unwrap().iter();
        let text = inputs.fold(text.to_owned(), |text, (name, input)| {
            let given = if name == "arguments" { "--fail-fast lab" } else { input["default"].as_str().unwrap() };
            text.replace(&format!("${{{{ inputs.{name} }}}}"), given)
        });
        text.replace("${{ github.action_path }}", &workspace().display().to_string())
    };
    let before = world.files();
    let steps = action["runs"]["steps"].as_array().unwrap();
    for step in steps {
        let Some(run) = step["run"].as_str() else { continue };
        assert!(!run.contains("${{"), "an input in a script is code: {run}");
        for (name, value) in step["env"].as_object().unwrap() {
            let value = filled(value.as_str().unwrap());
            assert!(!value.contains("${{"), "{name}: {value}");
            world.set(name, &value);
        }
        let output = shell(&world, run);
        if step["name"] == "Notebooks" {
            assert_eq!(output.status.code(), Some(100), "{}", said(&output));
            assert!(said(&output).contains("Running 1 notebook"), "the arguments count: {}", said(&output));
            assert!(said(&output).contains("::error file=notebooks/lab.ipynb,line=21,"), "{}", said(&output));
        } else {
            assert!(output.status.success(), "{run}: {}", said(&output));
        }
    }
    let report = steps.iter().find(|step| step["name"] == "Report").unwrap();
    for path in report["with"]["path"].as_str().unwrap().lines() {
        assert!(world.path(&filled(path)).exists(), "{path}");
    }
    assert!(world.read("target/summary.md").contains("| ❌ changed | `lab` | 3 |"));
    assert_eq!(world.files(), before, "nothing in the tree is changed");
}

#[test]
fn the_hooks_for_pre_commit_take_the_notebooks_that_are_committed() {
    let text = std::fs::read_to_string(workspace().join(".pre-commit-hooks.yaml")).unwrap();
    let hooks: Value = serde_saphyr::from_str(&text).unwrap();
    let mut world = World::of_project("passes");
    on_path(&mut world);
    let run = |hook: &Value| shell(&world, &format!("{} notebooks/lab.ipynb", hook["entry"].as_str().unwrap()));
    for hook in hooks.as_array().unwrap() {
        let output = run(hook);
        assert!(output.status.success(), "{hook}: {}", said(&output));
    }
    world.write("notebooks/lab.ipynb", &world.read("notebooks/lab.ipynb").replace("let start = 20;", "let start = 21;"));
    let test = hooks.as_array().unwrap().iter().find(|hook| hook["id"] == "nbsnap-test").unwrap();
    let output = run(test);
    assert!(!output.status.success() && said(&output).contains("the output is not as recorded"), "{}", said(&output));
}

fn is_executable(path: &Path) -> bool {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o100 != 0
}

#[test]
fn every_document_names_the_oldest_rust_that_cargo_knows() {
    let read = |file: &str| std::fs::read_to_string(workspace().join(file)).unwrap();
    let manifest = read("Cargo.toml");
    let oldest = manifest.split_once("\nrust-version = \"").unwrap().1.split('"').next().unwrap();
    for file in ["README.md", "CONTRIBUTING.md", "docs/src/install.md", "docs/src/learn.md"] {
        assert!(read(file).contains(&format!("{oldest} or later")), "{file} does not name Rust {oldest}");
    }
    assert!(read("Dockerfile").contains(&format!("FROM rust:{oldest}-")));
    // A job of the workflow compiles with it.
    let workflow: Value = serde_saphyr::from_str(&read(".github/workflows/ci.yml")).unwrap();
    let steps = workflow["jobs"]["oldest-rust"]["steps"].as_array().unwrap();
    assert!(steps.iter().any(|step| step["run"].as_str().is_some_and(|run| run.contains("rust-version"))), "{steps:?}");
}
