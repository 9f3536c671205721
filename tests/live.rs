//! `nbsnap test --live`: the same notebooks as an acceptance test of a deployment. The deployment is a
//! testbed of another process, where jobs take their time and have other ids.

use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use crate::world::{World, copy, workspace};

const RECORDED: &str = "68046976-7dcb-11f0-90ac-2a20aea25780";
const OTHER: &str = "7a1b2c3d-8eef-11f0-90ac-2a20aea25781";

/// A deployment that ends with the test.
struct Deployment(Child);

impl Deployment {
    /// Serves the documented scenario under another job id, and writes what clients need to `deployment.env`.
    fn start(world: &World) -> Deployment {
        let folder = world.path("deployment");
        copy(&workspace().join("crates/eoap-testbed/scenarios/water-bodies"), &folder);
        rename(&folder);
        let arguments = ["serve", "deployment", "--clock", "real", "--speed", "20", "--env-file", "deployment.env", "-q"];
        let mut command = world.command(&arguments);
        let deployment = Deployment(command.stdout(std::process::Stdio::null()).spawn().unwrap());
        let started = Instant::now();
        while !world.path("deployment.env").exists() {
            assert!(started.elapsed() < Duration::from_secs(60), "nobody serves");
            std::thread::sleep(Duration::from_millis(20));
        }
        deployment
    }
}

impl Drop for Deployment {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Gives the job another id, in files and in their names.
fn rename(folder: &Path) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let renamed = path.with_file_name(path.file_name().unwrap().to_str().unwrap().replace(RECORDED, OTHER));
        std::fs::rename(&path, &renamed).unwrap();
        if renamed.is_dir() {
            rename(&renamed);
        } else if let Ok(text) = std::fs::read_to_string(&renamed) {
            std::fs::write(&renamed, text.replace(RECORDED, OTHER)).unwrap();
        }
    }
}

/// The labs, their snapshots and their settings.
fn labs() -> World {
    let mut world = World::empty();
    copy(&workspace().join("notebooks"), &world.path("notebooks"));
    let eoap = workspace().join("crates/eoap").display().to_string();
    for entry in std::fs::read_dir(world.path("notebooks")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|extension| extension == "ipynb") {
            let text = std::fs::read_to_string(&path).unwrap();
            std::fs::write(&path, text.replace("../crates/eoap\\\"", &format!("{eoap}\\\""))).unwrap();
        }
    }
    copy(&workspace().join("snapshots"), &world.path("snapshots"));
    world.set("NBSNAP_CACHE_DIR", &workspace().join("target/nbsnap").display().to_string());
    world
}

#[test]
fn a_notebook_is_an_acceptance_test_of_a_deployment() {
    let world = labs();
    let deployment = Deployment::start(&world);
    let before = world.files();
    let live = ["test", "04", "--live", "--env-file", "deployment.env"];
    world.run(&live).exits(0).says("23 cells: 23 passed");
    assert_eq!(world.files(), before, "a deployment's outputs are nobody's truth");

    // Without what differs between servers being hidden it is not the same job.
    world
        .run(&["test", "04", "--live", "--env-file", "deployment.env", "--profile", "default", "--update", "never"])
        .exits(100)
        .says("cell 4 `submit`");

    // Output that is not volatile is compared.
    let snapshot = "snapshots/04-execute-and-monitor/statistics.snap";
    let recorded = world.read(snapshot);
    let digit = recorded.rfind("60.").expect("the share of water is in the snapshot");
    let mut changed = recorded.clone();
    changed.replace_range(digit..digit + 2, "61");
    world.write(snapshot, &changed);
    let outcome = world.run(&live);
    outcome.exits(100).says("`statistics`").says("nothing is written");
    world.write(snapshot, &recorded);

    drop(deployment);
    world.run(&live).exits(100).says("`submit`");
    // Secrets of the file reach no report.
    let outcome = world.run(&live);
    outcome.does_not_say("testbed/secret/that/never/leaves/loopback");
}

#[test]
fn a_file_of_variables_that_cannot_be_used_is_named() {
    let world = World::of_project("passes");
    let outcome = world.run(&["test", "--live", "--env-file", "nowhere.env"]);
    outcome.exits(96);
    assert!(outcome.stderr.contains("nowhere.env"), "{}", outcome.stderr);
    world.write("broken.env", "NAME=\"no end\n");
    let outcome = world.run(&["test", "--live", "--env-file", "broken.env"]);
    outcome.exits(96);
    assert!(outcome.stderr.contains("broken.env"), "{}", outcome.stderr);
    world.run(&["test", "--env-file", "broken.env"]).exits(2);
}
