//! Which notebooks a command means.

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
