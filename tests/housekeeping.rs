//! `nbsnap clean`, `completions`, `man`, and the help of every command.

use crate::world::World;

#[test]
fn what_is_left_over_is_shown_and_removed() {
    let world = World::of_project("output-changed");
    world.run(&["test", "--engine", "evcxr"]).exits(100);
    let pending = world.read("snapshots/lab/say.snap.new");
    world.write("snapshots/lab/gone.snap.new", &pending);
    world.write("snapshots/lab/.nbsnap-a1b2c3", "half");
    world.write("notebooks/.nbsnap-d4e5f6", "half");
    let outcome = world.run(&["clean", "--dry-run"]);
    outcome.exits(0).says("target/nbsnap: ").says("  workspace-0\n").says("would remove snapshots/lab/gone.snap.new");
    assert!(world.path("snapshots/lab/gone.snap.new").exists());
    world.run(&["clean"]).exits(0).says("removed notebooks/.nbsnap-d4e5f6").says("removed snapshots/lab/.nbsnap-a1b2c3");
    assert!(!world.path("snapshots/lab/gone.snap.new").exists());
    // The file with which a cell waits for review is not a leftover.
    assert_eq!(world.read("snapshots/lab/say.snap.new"), pending);
    world.run(&["clean"]).exits(0).says("nothing is left over");
    world.run(&["clean", "--builds"]).exits(0).says("removed target/nbsnap");
    let left: Vec<_> = std::fs::read_dir(world.path("target/nbsnap")).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["lock"]);
    world.run(&["test", "--engine", "evcxr"]).exits(100);
}

#[test]
fn builds_that_a_run_is_using_are_not_removed() {
    let world = World::of_project("passes");
    world.run(&["test"]).exits(0);
    // Locked as several runs at once do.
    let lock = std::fs::File::open(world.path("target/nbsnap/cells/lock")).unwrap();
    lock.lock_shared().unwrap();
    let outcome = world.run(&["clean", "--builds"]);
    outcome.exits(96);
    assert!(outcome.stderr.contains("a run or a Jupyter kernel is using it"), "{}", outcome.stderr);
    world.run(&["test"]).exits(0);
    drop(lock);
    world.run(&["clean", "--builds"]).exits(0);
}

#[test]
fn every_command_shows_examples() {
    let world = World::empty();
    let help = world.run(&["--help"]).exits(0).stdout.clone();
    let commands = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    let commands: Vec<&str> = commands.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").collect();
    assert!(commands.len() >= 12, "{commands:?}");
    for command in commands.into_iter().chain(["man"]) {
        world.run(&[command, "--help"]).exits(0).says("Examples:\n  ");
    }
}

#[test]
fn shells_and_man_know_every_command() {
    let world = World::empty();
    for shell in ["bash", "zsh", "fish"] {
        world.run(&["completions", shell]).exits(0).says("review").says("export");
    }
    world.run(&["man"]).exits(0).says(".TH nbsnap");
    world.run(&["man", "-o", "man1"]).exits(0);
    for page in ["nbsnap.1", "nbsnap-run.1", "nbsnap-export.1"] {
        assert!(world.read(&format!("man1/{page}")).contains(".SH DESCRIPTION"), "{page}");
    }
}

#[test]
fn nothing_is_written_but_in_the_project() {
    let mut world = World::of_project("local-package");
    let (home, temporary) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let real = std::env::home_dir().unwrap();
    for (name, folder) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let there = std::env::var(name).unwrap_or_else(|_| real.join(folder).display().to_string());
        world.set(name, &there);
    }
    world.set("HOME", home.path().to_str().unwrap());
    world.set("TMPDIR", temporary.path().to_str().unwrap());
    world.run(&["test", "--engine", "evcxr"]).exits(0);
    world.run(&["test", "--fresh"]).exits(0);
    world.run(&["run", "-o", "executed/"]).exits(0);
    world.run(&["export", "-o", "pages/"]).exits(0);
    world.run(&["check"]).exits(0);
    world.run(&["kernel", "install", "--prefix", "env"]).exits(0);
    let left =
        |folder: &std::path::Path| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>();
    assert_eq!(left(home.path()), Vec::<std::path::PathBuf>::new());
    assert_eq!(left(temporary.path()), Vec::<std::path::PathBuf>::new());
}
