//! A command that is killed at any moment leaves every file old or new. `just kills` does it 200 times;
//! `cargo test` a few.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::world::World;

/// How many cells the notebook has.
const CELLS: usize = 40;

fn kills() -> u64 {
    std::env::var("NBSNAP_KILLS").map_or(9, |number| number.parse().unwrap())
}

/// A notebook whose cells all print `word`, the last one much of it, so that writing takes its time.
fn notebook(word: &str) -> String {
    let cells = (0..CELLS).map(|number| {
        let times = if number + 1 == CELLS { 100_000 } else { 1 };
        json!({
            "cell_type": "code", "execution_count": null, "id": format!("cell-{number}"), "metadata": {}, "outputs": [],
            "source": [format!("println!(\"{{}}\", \"{word} \".repeat({times}));")],
        })
    });
    let metadata = json!({"kernelspec": {"display_name": "Rust", "language": "rust", "name": "rust"}});
    format!("{:#}\n", json!({"cells": cells.collect::<Vec<_>>(), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))
}

/// Files that somebody would miss, by name; what a killed process was writing does not count.
fn files(world: &World) -> BTreeMap<String, Vec<u8>> {
    let mut files = world.files();
    files.retain(|name, _| !name.rsplit('/').next().unwrap().starts_with(".nbsnap-"));
    files
}

/// A number below `limit` that looks like chance.
fn chance(seed: &mut u64, limit: u64) -> u64 {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % limit.max(1)
}

/// Puts files back as they were.
fn restore(world: &World, files: &BTreeMap<String, Vec<u8>>) {
    for name in self::files(world).keys().filter(|name| !files.contains_key(*name)) {
        std::fs::remove_file(world.path(name)).unwrap();
    }
    for (name, content) in files {
        std::fs::create_dir_all(world.path(name).parent().unwrap()).unwrap();
        std::fs::write(world.path(name), content).unwrap();
    }
}

/// Checks a file: its name, its old content, its new content, its content now.
type Holds<'a> = &'a dyn Fn(&str, Option<&[u8]>, Option<&[u8]>, Option<&[u8]>) -> bool;

/// Kills a command again and again at different moments. Passes what it left, what was there before and what
/// would be there to `holds`. Returns how often it was killed before its end.
fn kill(world: &World, arguments: &[&str], times: u64, holds: Holds<'_>) -> u64 {
    let old = files(world);
    let started = Instant::now();
    world.run(arguments);
    let whole = started.elapsed();
    let new = files(world);
    assert_ne!(old, new, "the command changes nothing");
    let mut seed = times;
    let mut killed = 0;
    for _ in 0..times {
        restore(world, &old);
        let mut command = world.command(arguments).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(chance(&mut seed, 1 + whole.as_micros() as u64)));
        command.kill().unwrap();
        killed += u64::from(command.wait().unwrap().code().is_none());
        let left = files(world);
        for name in old.keys().chain(new.keys()).chain(left.keys()) {
            let at = |files: &BTreeMap<String, Vec<u8>>| files.get(name).cloned();
            let (before, after, now) = (at(&old), at(&new), at(&left));
            assert!(
                holds(name, before.as_deref(), after.as_deref(), now.as_deref()),
                "{name} is neither old nor new after {arguments:?}"
            );
        }
    }
    // Nothing that was left keeps the next run from its work.
    restore(world, &old);
    world.run(arguments);
    assert_eq!(files(world), new);
    killed
}

fn is_old_or_new(_: &str, old: Option<&[u8]>, new: Option<&[u8]>, now: Option<&[u8]>) -> bool {
    now == old || now == new
}

#[test]
fn a_killed_command_leaves_every_file_old_or_new() {
    let world = World::empty();
    world.write("notebooks/lab.ipynb", &notebook("old"));
    world.run(&["test"]).exits(100);
    world.run(&["accept"]).exits(0);
    let times = kills().div_ceil(3);

    let mut killed = kill(&world, &["run", "lab", "--in-place"], times, &is_old_or_new);
    world.write("notebooks/lab.ipynb", &notebook("new"));
    killed += kill(&world, &["test"], times, &is_old_or_new);
    killed += kill(&world, &["accept"], times, &is_old_or_new);
    // A proposal is gone only once it is in place.
    killed += kill_accept_keeps_proposals(&world, times);
    assert!(killed >= times, "only {killed} of them were killed before their end");
    world.run(&["test"]).exits(0);
}

/// Between the two files of a cell nothing is lost either.
fn kill_accept_keeps_proposals(world: &World, times: u64) -> u64 {
    world.write("notebooks/lab.ipynb", &notebook("newer"));
    world.run(&["test"]).exits(100);
    let old = files(world);
    let mut seed = times + 1;
    let mut killed = 0;
    for _ in 0..times {
        restore(world, &old);
        let mut command = world.command(&["accept"]).spawn().unwrap();
        std::thread::sleep(Duration::from_micros(chance(&mut seed, 60_000)));
        command.kill().unwrap();
        killed += u64::from(command.wait().unwrap().code().is_none());
        for number in 0..CELLS {
            let snapshot = world.read(&format!("snapshots/lab/cell-{number}.snap"));
            let waits = world.path(&format!("snapshots/lab/cell-{number}.snap.new")).exists();
            assert!(waits || snapshot.contains("newer "), "the proposal of cell-{number} is lost");
        }
    }
    restore(world, &old);
    world.run(&["accept"]).exits(0);
    killed
}
