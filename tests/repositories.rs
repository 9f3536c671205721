//! Repositories as other people have them: a course, a crate with notebooks in a workspace, Python and Rust
//! side by side. Each goes from nothing to green, to a site and to its own workflow.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::ci::{on_path, python_that_installs_nothing, said, shell};
use crate::world::World;

const RUST: (&str, &str) = ("rust", "rust");
const PYTHON: (&str, &str) = ("python3", "python");

/// A cell of a notebook.
enum Cell {
    Prose(&'static str),
    Code(&'static str),
    /// With what it showed when somebody ran it.
    Ran(&'static str, &'static str),
}

/// A notebook as JupyterLab wrote it in that minor version of the format: cells have ids from 5 on.
fn notebook(world: &World, path: &str, (kernel, language): (&str, &str), minor: u64, cells: &[Cell]) {
    let cell = |(index, cell): (usize, &Cell)| {
        let mut cell = match cell {
            Cell::Prose(text) => json!({"cell_type": "markdown", "metadata": {}, "source": [text]}),
            Cell::Code(code) => {
                json!({"cell_type": "code", "execution_count": null, "metadata": {}, "outputs": [], "source": [code]})
            }
            Cell::Ran(code, shown) => json!({
                "cell_type": "code", "execution_count": 3, "metadata": {}, "source": [code],
                "outputs": [{"output_type": "stream", "name": "stdout", "text": [shown]}],
            }),
        };
        if minor >= 5 {
            cell["id"] = format!("cell-{}", index + 1).into();
        }
        cell
    };
    let cells: Vec<Value> = cells.iter().enumerate().map(cell).collect();
    let kernel = json!({"display_name": kernel, "language": language, "name": kernel});
    let metadata = json!({"kernelspec": kernel, "language_info": {"name": language}});
    let notebook = json!({"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": minor});
    world.write(path, &serde_json::to_string_pretty(&notebook).unwrap());
}

fn git(world: &World, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    command.args(["-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "core.quotePath=false"]).args(arguments);
    let output = command.current_dir(world.root()).output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

/// Everything in the world, committed.
fn commit(world: &World) {
    git(world, &["init", "-q"]);
    git(world, &["add", "-A"]);
    git(world, &["commit", "-qm", "as it was"]);
}

/// Runs the steps of the workflow that `init` wrote, for every machine of it. Each must succeed.
fn run_workflow(world: &mut World) {
    let workflow: Value = serde_saphyr::from_str(&world.read(".github/workflows/notebooks.yml")).unwrap();
    let job = &workflow["jobs"]["notebooks"];
    for (name, value) in
        [("CI", "true"), ("GITHUB_ACTIONS", "true"), ("GITHUB_STEP_SUMMARY", "{project}/target/nbsnap/summary.md")]
    {
        world.set(name, value);
    }
    python_that_installs_nothing(world);
    let (before, mut ran) = (git(world, &["status", "--short"]), 0);
    for share in job["strategy"]["matrix"]["share"].as_array().unwrap() {
        world.set("SHARE", share.as_str().unwrap());
        for run in job["steps"].as_array().unwrap().iter().filter_map(|step| step["run"].as_str()) {
            let output = shell(world, run);
            assert!(output.status.success(), "{run}: {}", said(&output));
            ran += 1;
        }
    }
    assert_eq!((ran, git(world, &["status", "--short"])), (6, before), "three steps on two machines, which change nothing");
}

/// Everything in a site leads somewhere: each address of a page is in the site, or elsewhere on purpose.
fn leads_nowhere(world: &World, site: &str) -> BTreeSet<String> {
    let mut nowhere = BTreeSet::new();
    for page in std::fs::read_dir(world.path(site)).unwrap().map(|entry| entry.unwrap().path()) {
        if page.extension().is_none_or(|extension| extension != "html") {
            continue;
        }
        let text = std::fs::read_to_string(&page).unwrap();
        let after = ["href=\"", "src=\""].into_iter().flat_map(|start| text.split(start).skip(1));
        for found in after.filter_map(|rest| rest.split('"').next()) {
            let path = found.split('#').next().unwrap().replace("%20", " ");
            let is_elsewhere = path.is_empty() || path.contains("://") || path.starts_with("data:");
            if !is_elsewhere && !world.path(site).join(path).is_file() {
                nowhere.insert(format!("{}: {found}", page.file_name().unwrap().display()));
            }
        }
    }
    nowhere
}

#[test]
fn a_course_in_folders_with_spaces_whose_notebooks_are_old() {
    use Cell::{Code, Prose, Ran};
    let mut world = World::empty();
    on_path(&mut world);
    world.write(".gitignore", "*.pyc\n");
    world.write("data/cities.csv", "Bonn,330\nKiel,247\n");
    world.write("img/logo.svg", "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>");
    world.write("crates/local/Cargo.toml", "[package]\nname = \"local\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
    world.write("crates/local/src/lib.rs", "pub fn twice(x: i32) -> i32 { 2 * x }\n");
    let hello = [
        Prose("# Hello\n\n![logo](../../img/logo.svg) Then [ownership](../02-ownership/ownership.ipynb#moves)."),
        Ran("println!(\"Hello, world!\");", "Hello, world!\n"),
    ];
    notebook(&world, "lessons/01 - Getting started/Lesson 1 - Hello.ipynb", RUST, 2, &hello);
    let ownership = [Prose("# Moves\n\n<img src=\"../../img/logo.svg\">"), Code("let s = String::from(\"a\");"), Code("s")];
    notebook(&world, "lessons/02-ownership/ownership.ipynb", RUST, 4, &ownership);
    let files = [Code("let text = std::fs::read_to_string(\"../../data/cities.csv\").unwrap();"), Code("text.lines().count()")];
    notebook(&world, "lessons/03-files/Über Dateien.ipynb", RUST, 5, &files);
    let crates = [Code(":dep local = { path = \"../../crates/local\" }\nuse local::twice;"), Code("twice(21)")];
    notebook(&world, "lessons/04-crates/crates.ipynb", RUST, 5, &crates);
    notebook(&world, "solutions/one.ipynb", RUST, 5, &[Code("println!(\"{}\", 1 + 1);")]);
    notebook(&world, "lessons/.ipynb_checkpoints/x-checkpoint.ipynb", RUST, 5, &[Code("broken(")]);
    commit(&world);

    let said = world.run(&["init"]);
    said.exits(0).says("5 notebooks").says("nbsnap check --fix --no-compile").says("which 2 of them lack");
    world.run(&["check", "--fix", "--no-compile"]).exits(0);
    let name = "lessons/01 - Getting started/Lesson 1 - Hello";
    let first = world.run(&["test"]);
    first.exits(100).says("5 notebooks: 0 passed, 5 new").says(&format!("`nbsnap accept '{name}'`"));
    world.run(&["review"]).exits(100).says("Hello, world!");
    // As it is advised, from a shell.
    assert!(shell(&world, &format!("nbsnap accept '{name}'")).status.success());
    world.run(&["accept"]).exits(0);
    // The lock file was written by the first run.
    world.run(&["test"]).exits(0).says("5 passed");
    world.run(&["test"]).exits(0).says("5 cached");
    let below = world.command(&["test", "--fresh", "Über Dateien"]).current_dir(world.path("lessons/03-files")).output().unwrap();
    assert!(below.status.success(), "{}", crate::ci::said(&below));

    world.run(&["export", "--site", "--title", "Course", "-o", "target/nbsnap/site"]).exits(0);
    assert_eq!(leads_nowhere(&world, "target/nbsnap/site"), BTreeSet::new());
    let page = world.read("target/nbsnap/site/lessons-01 - Getting started-Lesson 1 - Hello.html");
    assert!(page.contains("href=\"lessons-02-ownership-ownership.html#moves\""), "{page}");
    assert_eq!(page.matches("src=\"data:image/svg+xml;base64,").count(), 1, "{page}");
    world.run(&["export", "--format", "mdbook", "-o", "target/nbsnap/book"]).exits(0);
    let chapter = world.read("target/nbsnap/book/src/lessons-01 - Getting started-Lesson 1 - Hello.md");
    let picture = "lessons-01 - Getting started-Lesson 1 - Hello_files/img-logo.svg";
    assert!(chapter.contains(&format!("![logo]({})", picture.replace(' ', "%20"))), "{chapter}");
    assert!(
        chapter.contains("(lessons-02-ownership-ownership.md#moves)")
            && world.path("target/nbsnap/book/src").join(picture).is_file()
    );

    run_workflow(&mut world);
    let status = git(&world, &["status", "--short", "--untracked-files=all"]);
    let left: Vec<&str> = status.lines().filter(|line| line.contains("target/nbsnap") || line.contains(".snap.new")).collect();
    assert!(left.is_empty() && status.contains("?? snapshots/Cargo.lock"), "{status}");
}

#[test]
fn a_workspace_of_cargos_whose_notebooks_show_its_crates() {
    use Cell::{Code, Prose};
    let mut world = World::empty();
    on_path(&mut world);
    world.write(
        "Cargo.toml",
        "[workspace]\nresolver = \"2\"\nmembers = [\"crates/*\"]\n\n[workspace.package]\nversion = \"0.3.0\"\nedition = \"2021\"\n\n\
         [workspace.dependencies]\nstats-core = { path = \"crates/stats-core\" }\n\n[profile.dev]\nopt-level = 1\n",
    );
    let inherited = "version.workspace = true\nedition.workspace = true\n";
    world.write("crates/stats-core/Cargo.toml", &format!("[package]\nname = \"stats-core\"\n{inherited}"));
    world.write("crates/stats-core/src/lib.rs", "pub fn mean(v: &[f64]) -> f64 { v.iter().sum::<f64>() / v.len() as f64 }\n");
    world.write(
        "crates/stats/Cargo.toml",
        &format!(
            "[package]\nname = \"stats\"\n{inherited}\n[features]\nfancy = []\n\n[dependencies]\nstats-core.workspace = true\n"
        ),
    );
    let library = "pub use stats_core::mean;\n#[cfg(feature = \"fancy\")]\npub fn fancy() -> &'static str { \"fancy\" }\n";
    world.write("crates/stats/src/lib.rs", library);
    world.write(".cargo/config.toml", "[build]\nincremental = false\n");
    world.write(".gitignore", "/target\n");
    let tour = [
        Prose("# A tour\n\n[its source](../crates/stats/src/lib.rs)"),
        Code(":dep stats = { path = \"../crates/stats\", features = [\"fancy\"] }"),
        Code("stats::mean(&[1.0, 2.0, 6.0])"),
        Code("println!(\"{}\", stats::fancy());"),
    ];
    notebook(&world, "notebooks/tour.ipynb", RUST, 5, &tour);
    let example = [Code(":dep stats = { path = \"..\" }\nuse stats::mean;"), Code("mean(&[4.0])")];
    notebook(&world, "crates/stats/examples/readme.ipynb", RUST, 5, &example);
    commit(&world);

    world.run(&["init"]).exits(0).says("2 notebooks").does_not_say("check --fix");
    world.run(&["test"]).exits(100).says("2 new");
    world.run(&["accept"]).exits(0);
    world.run(&["test"]).exits(0).says("2 passed");
    world.run(&["test"]).exits(0).says("2 cached");
    // A crate that a notebook depends on through another one.
    let core = world.read("crates/stats-core/src/lib.rs");
    world.write("crates/stats-core/src/lib.rs", &core.replace("/ v.len()", "+ v.len()"));
    world.run(&["test"]).exits(100).says("2 failed").says("12.0");
    world.write("crates/stats-core/src/lib.rs", &core);
    world.run(&["test"]).exits(0);
    world.run(&["export", "--site", "-o", "target/nbsnap/site"]).exits(0);
    assert_eq!(leads_nowhere(&world, "target/nbsnap/site"), BTreeSet::new());
    assert!(world.read("target/nbsnap/site/files/crates/stats/src/lib.rs").contains("pub use stats_core::mean;"));
    run_workflow(&mut world);
    assert!(!world.path("Cargo.lock").exists(), "the workspace's own lock file is left alone");
}

#[test]
fn python_and_rust_side_by_side_where_there_is_no_kernel_for_python() {
    use Cell::{Code, Prose, Ran};
    let mut world = World::empty();
    on_path(&mut world);
    world.write("pyproject.toml", "[project]\nname = \"rainlib\"\nversion = \"0.1\"\n");
    world.write("Cargo.toml", "[package]\nname = \"rainlib\"\nversion = \"0.1.0\"\nedition = \"2021\"\n");
    world.write("src/lib.rs", "pub fn rain(mm: f64) -> f64 { mm * 2.0 }\n");
    world.write("python/rainlib/__init__.py", "def rain(mm):\n    return mm * 2\n");
    world.write(".gitignore", "target/\n__pycache__/\n.venv/\n");
    let quick = [Prose("# Quick start"), Ran("print(3 * 2)", "6\n")];
    notebook(&world, "docs/notebooks/quickstart.ipynb", PYTHON, 4, &quick);
    let rust = [Code(":dep rainlib = { path = \"..\" }"), Code("rainlib::rain(1.5)")];
    notebook(&world, "examples/rust.ipynb", RUST, 5, &rust);
    commit(&world);

    world.run(&["init"]).exits(0).says("2 notebooks").says("which 1 of them lack");
    // Its outputs stay for now: they are what its readers see.
    world.run(&["check", "--fix", "--no-compile", "--allow", "outputs", "--allow", "counts"]).exits(0);
    let outcome = world.run(&["test"]);
    outcome.exits(100).says("ERROR").says("`python3 -m pip install ipykernel`").says("1 new");
    world.run(&["accept"]).exits(0);
    world.run(&["test", "rust"]).exits(0).says("1 passed");
    world.run(&["test", "rust"]).exits(0).says("1 cached");
    world.run(&["export", "--site", "-o", "target/nbsnap/site"]).exits(0);
    assert!(world.read("target/nbsnap/site/docs-notebooks-quickstart.html").contains("<pre class=\"stdout\">6</pre>"));
    assert_eq!(leads_nowhere(&world, "target/nbsnap/site"), BTreeSet::new());
    // Only what can run here is left to the workflow.
    std::fs::remove_dir_all(world.path("docs")).unwrap();
    run_workflow(&mut world);
    assert!(Path::new(&world.path("snapshots/examples/rust")).is_dir());
}
