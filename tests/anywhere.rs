//! A project is used from wherever somebody is: a folder in it, a worktree of Git's, a checkout that
//! nobody may write to.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::ci::{on_path, said, shell};
use crate::world::{Outcome, World};

/// A repository whose two notebooks are green, committed.
fn green() -> World {
    let mut world = World::empty();
    on_path(&mut world);
    assert!(shell(&world, "git init -q && echo target/ > .gitignore").status.success());
    world.run(&["init", "--example"]).exits(0);
    world.notebook("week1/02-file", "", &[("a", "{}", "println!(\"{}\", std::fs::read_to_string(\"words.txt\").unwrap());")]);
    world.write("notebooks/week1/words.txt", "a b c");
    world.run(&["test"]).exits(100).says("2 new");
    world.run(&["accept"]).exits(0);
    world.run(&["test"]).exits(0).says("2 passed");
    let output = shell(&world, "git add -A && git -c user.name=a -c user.email=a@example.org commit -qm 'as it is'");
    assert!(output.status.success(), "{}", said(&output));
    world
}

fn run_in(world: &World, folder: &Path, arguments: &[&str]) -> Outcome {
    let output = world.command(arguments).current_dir(folder).output().unwrap();
    Outcome {
        exit: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

#[test]
fn a_folder_means_the_notebooks_in_it_wherever_somebody_is() {
    let world = green();
    let week = world.path("notebooks/week1");
    run_in(&world, &week, &["test"]).exits(0).says("2 cached");
    run_in(&world, &week, &["test", "--fresh", "."]).exits(0).says("week1/02-file (1 cell)").says("1 passed");
    run_in(&world, &week, &["test", ".."]).exits(0).says("2 cached");
    run_in(&world, &week, &["list", "../01-first.ipynb"]).exits(0).does_not_say("week1");
    world.run(&["test", "notebooks/week1"]).exits(0).says("1 cached");
    world.run(&["test", "notebooks/week1::a", "--fresh"]).exits(0).says("1 passed");
    world.run(&["check", "."]).exits(0).says("2 notebooks");
    world.run(&["strip", "notebooks/week1/"]).exits(0).says("nothing to strip in 1 notebook");
    // From anywhere else, the folder says which project is meant.
    let elsewhere = tempfile::tempdir().unwrap();
    let whole = week.display().to_string();
    for command in ["test", "list", "accept", "check", "prepare"] {
        run_in(&world, elsewhere.path(), &[command, &whole]).exits(0);
    }
    // A folder without notebooks is not all of them.
    let outcome = run_in(&world, &world.path("snapshots"), &["test", "."]);
    outcome.exits(4);
    assert!(outcome.stderr.contains("there is no notebook in `"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("/snapshots/`; there are: 01-first, week1/02-file"), "{}", outcome.stderr);
}

#[test]
fn a_worktree_of_gits_is_a_project_of_its_own() {
    let world = green();
    let elsewhere = tempfile::tempdir().unwrap();
    let side = elsewhere.path().join("side");
    assert!(shell(&world, &format!("git worktree add -q '{}' -b side", side.display())).status.success());
    let status = || shell(&world, &format!("git -C '{}' status --short", side.display())).stdout;
    run_in(&world, &side, &["test"]).exits(0).says("2 passed");
    run_in(&world, &side.join("notebooks/week1"), &["test"]).exits(0).says("2 cached");
    assert!(status().is_empty(), "{:?}", String::from_utf8_lossy(&status()));
    // What is edited in one is red there, and green in the other.
    fs::write(side.join("notebooks/week1/words.txt"), "d").unwrap();
    run_in(&world, &side, &["test"]).exits(100).says("1 failed");
    world.run(&["test"]).exits(0).says("2 cached");
    run_in(&world, &side, &["accept"]).exits(0).says("accepted snapshots/week1/02-file/a.snap");
    assert!(side.join("snapshots/week1/02-file/a.snap").is_file());
    run_in(&world, &side, &["init"]).exits(0).says("kept").does_not_say("wrote");
}

/// Runs in a checkout that cannot be written. Root can write whatever the permissions say, and mounts the
/// folder on itself; nobody else may mount.
fn read_only(world: &World, cache: &Path, arguments: &[&str]) -> Option<Outcome> {
    let mut plain = world.command(arguments);
    plain.env("NBSNAP_CACHE_DIR", cache);
    let mut command = match fs::metadata("/proc/self").is_ok_and(|metadata| std::os::unix::fs::MetadataExt::uid(&metadata) == 0) {
        false => plain,
        true => {
            let script =
                r#"mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && cd "$0" && ! touch x 2> /dev/null && exec "$@""#;
            let mut mounted = Command::new("unshare");
            mounted
                .args(["-m", "sh", "-c", script])
                .arg(world.root())
                .arg(plain.get_program())
                .args(plain.get_args())
                .env_clear();
            mounted.envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
            mounted
        }
    };
    let output = command.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    if stderr.contains("unshare failed") || stderr.starts_with("mount:") {
        return None; // In a container that lets root mount nothing.
    }
    Some(Outcome {
        exit: output.status.code().unwrap_or(-1),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr,
    })
}

fn set_writable(world: &World, is_writable: bool) {
    let mode = if is_writable { "u+w" } else { "a-w" };
    assert!(Command::new("chmod").args(["-R", mode]).arg(world.root()).status().unwrap().success());
    assert_eq!(fs::metadata(world.root()).unwrap().permissions().mode() & 0o200 != 0, is_writable);
}

#[test]
fn a_read_only_checkout_has_the_verdicts_of_any_other() {
    let mut world = green();
    let cache = tempfile::tempdir().unwrap();
    fs::remove_dir_all(world.path("target/nbsnap")).unwrap();
    set_writable(&world, false);
    let run = |world: &World, arguments: &[&str]| read_only(world, cache.path(), arguments);
    if let Some(outcome) = run(&world, &["test"]) {
        outcome.exits(0).says("2 passed").says("snapshots cannot be written: what differs is shown, and not kept for review");
        run(&world, &["test"]).unwrap().exits(0).says("2 cached");
        run(&world, &["check"]).unwrap().exits(0);
        run(&world, &["prepare"]).unwrap().exits(0);
        world.set("CI", "true");
        run(&world, &["test"]).unwrap().exits(0).says("2 passed").does_not_say("cannot be written");
        assert!(cache.path().join("junit.xml").is_file(), "what a setting puts below target/nbsnap is in the build folder");
        world.set("CI", "");

        // Without a build folder, the message says how to name one.
        let outcome = read_only(&world, &world.path("target/nbsnap"), &["check"]).unwrap();
        outcome.exits(96);
        assert!(outcome.stderr.contains("name one with --cache-dir, or NBSNAP_CACHE_DIR"), "{}", outcome.stderr);

        set_writable(&world, true);
        world.write("notebooks/week1/words.txt", "d");
        set_writable(&world, false);
        let red = run(&world, &["test"]).unwrap();
        red.exits(100).says("1 failed").says("+ d").says(&format!("the run as a page: {}/report.html", cache.path().display()));
        assert!(cache.path().join("failed/week1/02-file/02-file.ipynb").is_file());
    }
    set_writable(&world, true);
}
