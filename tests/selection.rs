//! Which notebooks a command selects.

use crate::world::World;

const PLAIN: &str = "{}";

/// Three notebooks that pass, and have no output.
fn three() -> World {
    let world = World::empty();
    world.notebook("01-deploy", "", &[("a", PLAIN, "let a = 1;")]);
    world.notebook(
        "02-list",
        "",
        &[("a", r#"{ "tags": ["quick"] }"#, "let a = 1;"), ("b", PLAIN, "let b = a;"), ("c", PLAIN, "compile_error!();")],
    );
    world.notebook("03-run", "", &[("a", PLAIN, "let a = 1;")]);
    world
}

#[test]
fn a_cell_is_run_with_those_before_it_and_no_others() {
    let world = three();
    let outcome = world.run(&["test", "02::b"]);
    outcome.exits(0).says("02-list (2 cells)");
    // That is not all of it: it is not remembered as having passed.
    world.run(&["test", "02"]).exits(100).does_not_say("CACHED");
    let outcome = world.run(&["test", "02::d"]);
    outcome.exits(4);
    assert!(outcome.stderr.contains("notebook 02-list has no code cell `d`; there are: a, b, c"), "{}", outcome.stderr);
}

#[test]
fn notebooks_in_folders_are_found_and_have_snapshots_in_the_same_tree() {
    let world = World::empty();
    world.notebook("01-intro", "", &[("a", PLAIN, "println!(\"outer\");")]);
    world.notebook(
        "week1/01-intro",
        "",
        &[("a", PLAIN, "println!(\"{}\", std::env::current_dir().unwrap().ends_with(\"week1\"));")],
    );
    world.notebook("week1/deep/er", "", &[("a", PLAIN, "panic!(\"deep\")")]);
    // Jupyter's copies and links that lead back are ignored. An inner project is named.
    world.notebook(".ipynb_checkpoints/01-intro-checkpoint", "", &[("a", PLAIN, "panic!()")]);
    std::os::unix::fs::symlink("..", world.path("notebooks/week1/again")).unwrap();
    world.notebook("python/other", "", &[("a", PLAIN, "panic!()")]);
    world.write("notebooks/python/nbsnap.toml", "");
    let outcome = world.run(&["test"]);
    outcome.exits(100).says("3 notebooks").says("notebooks/python is a project of its own").says("week1/deep/er");
    assert!(world.path("snapshots/week1/01-intro/a.snap.new").is_file());
    assert!(world.path("target/nbsnap/failed/week1/deep/er/er.ipynb").is_file());
    world.run(&["accept", "week1/01-intro"]).exits(0);
    assert!(world.read("snapshots/week1/01-intro/a.snap").contains("true"));
    assert!(world.path("snapshots/01-intro/a.snap.new").is_file());
    world.run(&["accept"]).exits(0);
    world.run(&["test", "01-intro", "week1/01-intro"]).exits(0).says("2 passed");
    world.run(&["check"]).exits(0);
    // A notebook that has gone leaves a snapshot behind, wherever it was.
    std::fs::remove_file(world.path("notebooks/week1/01-intro.ipynb")).unwrap();
    world.run(&["test"]).says("snapshots/week1/01-intro/a.snap belongs to no notebook");
}

#[test]
fn a_notebook_whose_dependencies_cannot_be_had_stops_no_other() {
    let world = World::empty();
    let library = |name: &str, manifest: &str, source: &str| {
        let head = "version = \"1.0.0\"\nedition = \"2024\"";
        world.write(&format!("{name}/Cargo.toml"), &format!("[package]\n{head}\n{manifest}\n[workspace]\n"));
        world.write(&format!("{name}/src/lib.rs"), source);
    };
    library("tool-1", "name = \"tool\"", "pub const N: u32 = 1;");
    library("tool-2", "name = \"tool\"", "pub const N: u32 = 2;");
    library("broken", "name = \"broken\"", "pub fn no() -> u32 { \"no\" }");
    for (name, number) in [("native-1", 1), ("native-2", 2)] {
        library(name, &format!("name = \"{name}\"\nlinks = \"native\""), &format!("pub const N: u32 = {number};"));
        world.write(&format!("{name}/build.rs"), "fn main() {}");
    }
    let uses = |notebook: &str, line: &str, says: &str| world.notebook(notebook, "", &[("a", PLAIN, &format!("{line}\n{says}"))]);
    // Each is fine by itself; no two of a kind can be built together.
    uses("fine-1", ":dep tool = { path = \"../tool-1\" }", "assert_eq!(tool::N, 1);");
    uses("fine-2", ":dep tool = { path = \"../tool-2\" }", "assert_eq!(tool::N, 2);");
    uses("fine-3", ":dep native-1 = { path = \"../native-1\" }", "assert_eq!(native_1::N, 1);");
    uses("fine-4", ":dep native-2 = { path = \"../native-2\" }", "assert_eq!(native_2::N, 2);");
    uses("fine-5", "let text = \"", ":dep nowhere\";\n/*\n:dep nowhere\n*/\nassert!(text.contains(\":dep\"));");
    uses("bad-1", ":dep nowhere = { path = \"../nowhere\" }", "");
    uses("bad-2", ":dep broken = { path = \"../broken\" }", "broken::no();");
    let outcome = world.run(&["test"]);
    outcome.exits(100).says("7 notebooks: 5 passed, 2 failed").says("bad-1, cell 1 `a`").says("bad-2, cell 1 `a`");
    outcome.says("nowhere").says("mismatched types");
}

#[test]
fn a_notebook_with_a_name_that_cannot_be_used_stops_no_other() {
    let world = World::empty();
    let (long, code) = ("l".repeat(249), [("a", PLAIN, "println!(\"1\");")]);
    world.notebook("good", "", &code);
    world.notebook(&long, "", &code);
    world.notebook("a\\b", "", &code);
    let outcome = world.run(&["test"]);
    outcome.exits(100).says("a\\b.ipynb holds `\\`, which divides folders on Windows; rename the file");
    outcome.says("3 notebooks: 0 passed, 2 new, 1 failed");
    world.run(&["accept"]).exits(0);
    // Its pages, results and executed copies have names of that length, too.
    world.run(&["test", &long, "good"]).exits(0).says("2 passed");
    world.run(&["test", &long, "good"]).exits(0).says("2 cached");
    world.run(&["export", "--output", "site"]).exits(0);
    assert!(world.path("site").join(format!("{long}.html")).is_file());
    world.run(&["check"]).exits(0);
    world.run(&["list"]).exits(0).says("a\\b cannot be tested");
}

#[test]
fn globs_and_filters_choose_notebooks() {
    let world = three();
    world.run(&["test", "0[13]-*"]).exits(0).says("2 notebooks: 2 passed");
    world.run(&["test", "-E", "!tag(quick) & notebook(~run)"]).exits(0).says("Running 1 notebook").says("03-run");
    let outcome = world.run(&["test", "-E", "dep(tokio)"]);
    outcome.exits(4);
    assert!(outcome.stderr.contains("no notebook matches the filter"), "{}", outcome.stderr);
    let outcome = world.run(&["test", "-E", "notebook(x"]);
    assert!(outcome.stderr.contains("filter `notebook(x`, at character 10: expected `)`"), "{}", outcome.stderr);
}

#[test]
fn shares_together_are_all_notebooks() {
    let world = three();
    let mut ran = Vec::new();
    for share in ["1/3", "2/3", "3/3"] {
        let outcome = world.run(&["test", "--fresh", "--partition", share, "--json", "-"]);
        assert!(outcome.exit == 0 || outcome.exit == 100, "{}", outcome.stderr);
        ran.extend(outcome.stdout.lines().filter(|line| line.contains("\"notebook-finished\"")).map(str::to_owned));
    }
    assert_eq!(ran.len(), 3, "{ran:#?}");
    for name in ["01-deploy", "02-list", "03-run"] {
        assert!(ran.iter().any(|line| line.contains(name)), "{name}");
    }
}
