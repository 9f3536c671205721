//! What is kept between runs: an unchanged notebook that has passed is not run again, and builds are reused.

use std::time::{Duration, Instant};

use crate::world::{ENGINES, World, copy, workspace};

const CACHED: &str = "nothing has changed since it passed";

#[test]
fn a_second_run_finds_that_nothing_has_changed() {
    let mut world = World::of_project("passes");
    world.run(&["test"]).exits(0).says("PASS").says("1 passed, 0 failed");
    world.run(&["test"]).exits(0).says("CACHED").says(CACHED).says("0 passed, 1 cached, 0 failed");
    // It runs again on request, on another engine, and on CI. What another kernel reads is unknown.
    world.run(&["test", "--fresh"]).exits(0).says("1 passed, 0 failed");
    for engine in &ENGINES[1..] {
        world.run(&["test", "--engine", engine]).exits(0).says("1 passed, 0 failed");
        world.run(&["test", "--engine", engine]).exits(0).says("1 passed, 0 failed");
    }
    world.run(&["test", "--engine", ENGINES[0]]).exits(0).says(CACHED);
    world.set("CI", "true");
    world.run(&["test"]).exits(0).says("1 passed, 0 failed");
}

#[test]
fn a_changed_cell_is_run() {
    let world = World::of_project("passes");
    world.run(&["test"]).exits(0);
    let notebook = world.read("notebooks/lab.ipynb");
    world.write("notebooks/lab.ipynb", &notebook.replace("let start = 20;", "let start = 21;"));
    world.run(&["test"]).exits(100).says("the output is not as recorded");
    // Red is never remembered, and what was green before need not run once it is back.
    world.run(&["test"]).exits(100);
    world.write("notebooks/lab.ipynb", &notebook);
    world.run(&["test"]).exits(0).says("1 passed, 0 failed");
    world.run(&["test"]).exits(0).says(CACHED);
}

#[test]
fn a_snapshot_that_was_edited_is_compared() {
    let world = World::of_project("passes");
    world.run(&["test"]).exits(0);
    world.write("snapshots/lab/say.snap", &world.read("snapshots/lab/say.snap").replace("42", "41"));
    world.run(&["test"]).exits(100).says("the output is not as recorded");
}

#[test]
fn a_changed_library_is_built_and_run() {
    let world = World::of_project("local-package");
    // The first run writes the lock file, which its verdict rests on: only the second knows that nothing
    // changes any more.
    world.run(&["test"]).exits(0);
    world.run(&["test"]).exits(0).says("1 passed, 0 failed");
    world.run(&["test"]).exits(0).says(CACHED);
    world.write("answers/src/lib.rs", &world.read("answers/src/lib.rs").replace("42", "43"));
    world.run(&["test"]).exits(100).says("the answer is 43");
}

#[test]
fn what_a_librarys_sources_and_build_script_read_counts() {
    let mut world = World::of_project("local-package");
    world.write("elsewhere/value", "42");
    world.write("answers/build.rs", "fn main() { println!(\"cargo::rerun-if-env-changed=ANSWERS_OFFSET\"); println!(\"cargo::rustc-env=OFFSET={}\", std::env::var(\"ANSWERS_OFFSET\").unwrap_or(\"0\".into())); }\n");
    let library = "pub fn answer() -> u32 { include_str!(\"../../elsewhere/value\").parse::<u32>().unwrap() + env!(\"OFFSET\").parse::<u32>().unwrap() }\n";
    world.write("answers/src/lib.rs", library);
    world.run(&["test"]).exits(0);
    world.run(&["test"]).exits(0);
    world.run(&["test"]).exits(0).says(CACHED);
    // A file outside of the package, included; and a variable of the machine.
    world.write("elsewhere/value", "43");
    world.run(&["test"]).exits(100).says("the answer is 43");
    world.write("elsewhere/value", "42");
    world.run(&["test"]).exits(0);
    world.set("ANSWERS_OFFSET", "2");
    world.run(&["test"]).exits(100).says("the answer is 44");
}

#[test]
fn what_a_notebook_reads_counts_and_nothing_else() {
    let mut world = World::of_project("passes");
    world.write("data/x.txt", "one");
    world.write("notebooks/.env", "A=1");
    let source = r#"println!("{}", std::fs::read_to_string("../data/x.txt").unwrap());
println!("{}", std::env::var("USER").unwrap_or_default());
println!("{}", std::fs::read_to_string(".env").unwrap());"#;
    world.notebook("reads", "", &[("a", "{}", source)]);
    world.set("USER", "ann");
    world.run(&["test", "reads"]);
    world.run(&["accept"]).exits(0);
    world.run(&["test", "reads"]).exits(0);
    world.run(&["test", "reads"]).exits(0).says(CACHED);
    // Beside it, and read by nobody: however large, however odd.
    world.write("notebooks/other.txt", "1");
    std::process::Command::new("mkfifo").arg(world.path("notebooks/queue")).status().unwrap();
    std::os::unix::fs::symlink(".", world.path("notebooks/again")).unwrap();
    std::os::unix::fs::symlink(".", world.path("notebooks/again-2")).unwrap();
    std::fs::File::create(world.path("notebooks/huge.tif")).unwrap().set_len(3 << 30).unwrap();
    world.run(&["test", "reads"]).exits(0).says(CACHED);
    for (file, text, shown) in [("data/x.txt", "two", "two"), ("notebooks/.env", "A=2", "A=2")] {
        let before = world.read(file);
        world.write(file, text);
        world.run(&["test", "reads"]).exits(100).says(shown);
        world.write(file, &before);
        world.run(&["test", "reads"]).exits(0);
    }
    world.set("USER", "bob");
    world.run(&["test", "reads"]).exits(100).says("bob");
}

#[test]
fn a_file_that_is_moved_in_while_the_notebook_runs_counts_however_old_it_is() {
    let world = World::of_project("passes");
    world.write("data/x.txt", "one");
    world.write("older.txt", "two");
    let long_ago = std::time::SystemTime::now() - Duration::from_secs(1_000_000);
    std::fs::File::options().write(true).open(world.path("older.txt")).unwrap().set_modified(long_ago).unwrap();
    let source = r#"let text = std::fs::read_to_string("../data/x.txt").unwrap();
std::fs::write("../mark", "").unwrap();
std::thread::sleep(std::time::Duration::from_secs(4));
assert_eq!(text, "one");"#;
    world.notebook("reads", "", &[("a", "{}", source)]);
    let mut run = world.command(&["test", "reads"]).spawn().unwrap();
    let started = Instant::now();
    while !world.path("mark").exists() {
        assert!(started.elapsed() < Duration::from_secs(120) && run.try_wait().unwrap().is_none(), "the cell never ran");
        std::thread::sleep(Duration::from_millis(20));
    }
    std::fs::rename(world.path("older.txt"), world.path("data/x.txt")).unwrap();
    assert!(run.wait().unwrap().success());
    world.run(&["test", "reads"]).exits(100).says("two");
}

#[test]
fn what_a_cell_includes_while_it_is_compiled_counts() {
    let world = World::of_project("passes");
    world.write("data/x.txt", "one");
    let source = format!("println!(\"{{}}\", include_str!({:?}));", world.path("data/x.txt"));
    world.notebook("includes", "", &[("a", "{}", &source)]);
    world.run(&["test", "includes"]);
    world.run(&["accept"]).exits(0);
    world.run(&["test", "includes"]).exits(0);
    world.write("data/x.txt", "two");
    world.run(&["test", "includes", "--fresh"]).exits(100).says("two");
    world.write("data/x.txt", "one");
    world.run(&["test", "includes", "--fresh"]).exits(0);
}

#[test]
fn a_notebook_that_starts_a_program_is_run_each_time() {
    let world = World::of_project("passes");
    world.notebook("starts", "", &[("a", "{}", r#"println!("{}", std::process::Command::new("true").status().unwrap());"#)]);
    world.run(&["test", "starts"]);
    world.run(&["accept"]).exits(0);
    world.run(&["test", "starts"]).exits(0).says("1 passed, 0 failed");
    world.run(&["test", "starts"]).exits(0).says("1 passed, 0 failed");
}

#[test]
fn a_build_script_that_was_edited_is_run_again() {
    let world = World::of_project("local-package");
    let script = |value: u32| {
        format!(
            "fn main() {{ println!(\"cargo::rerun-if-env-changed=NOTHING\"); println!(\"cargo::rustc-env=VALUE={value}\"); }}\n"
        )
    };
    world.write("answers/build.rs", &script(42));
    world.write("answers/src/lib.rs", "pub fn answer() -> u32 { env!(\"VALUE\").parse().unwrap() }\n");
    world.run(&["test"]).exits(0);
    world.run(&["test"]).exits(0);
    world.run(&["test"]).exits(0).says(CACHED);
    world.write("answers/build.rs", &script(43));
    world.run(&["test"]).exits(100).says("the answer is 43");
}

#[test]
fn a_changed_scenario_is_served() {
    let world = World::of_project("passes");
    let scenario = workspace().join("crates/eoap-testbed/scenarios/water-bodies");
    copy(&scenario, &world.path("scenario"));
    world.write("notebooks/nbsnap.toml", "[environment]\nscenario = \"../scenario\"\n");
    world.run(&["test"]).exits(0);
    world.run(&["test"]).exits(0).says(CACHED);
    let settings = world.read("scenario/scenario.toml");
    world.write("scenario/scenario.toml", &format!("{settings}\n# changed\n"));
    world.run(&["test"]).exits(0).says("1 passed, 0 failed");
}

#[test]
fn dependencies_can_be_built_beforehand() {
    let world = World::of_project("local-package");
    world.run(&["prepare"]).exits(0).says("Prepared 1 crate").says("(1 compiled)");
    assert!(world.path("notebooks/Cargo.lock").exists());
    world.run(&["test"]).exits(0).says("(all reused)");
}

#[test]
fn two_runs_at_once_wait_for_each_other() {
    let world = World::of_project("local-package");
    let runs: Vec<_> = (0..2).map(|_| world.command(&["test", "--fresh"]).spawn().unwrap()).collect();
    for run in runs {
        let output = run.wait_with_output().unwrap();
        assert!(
            output.status.success(),
            "{}{}",
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

/// As a build server does: a fresh clone, the build folder of an earlier run put back, and something in the
/// clone that no folder of the package holds.
#[test]
fn a_build_folder_that_is_put_back_makes_nothing_green_that_is_not() {
    let mut first = World::of_project("local-package");
    let library = "#[path = \"../../elsewhere/by_path.rs\"]\nmod by_path;\nmod target;\npub fn answer() -> u32 {\n    \
                   by_path::PART + target::PART + include_str!(\"../.part\").trim().parse::<u32>().unwrap() \
                   + include_str!(\"../../elsewhere/included\").trim().parse::<u32>().unwrap() + env!(\"PART\").parse::<u32>().unwrap()\n}\n";
    let parts = [
        ("elsewhere/by_path.rs", "pub const PART: u32 = 10;", "pub const PART: u32 = 11;"),
        ("answers/src/target/mod.rs", "pub const PART: u32 = 10;", "pub const PART: u32 = 11;"),
        ("answers/.part", "10", "11"),
        ("elsewhere/included", "10", "11"),
        ("elsewhere/script", "2", "3"),
    ];
    let script = "fn main() { println!(\"cargo::rerun-if-changed=../elsewhere/script\"); println!(\"cargo::rustc-env=PART={}\", std::fs::read_to_string(\"../elsewhere/script\").unwrap()); }\n";
    first.write("answers/src/lib.rs", library);
    first.write("answers/build.rs", script);
    parts.iter().for_each(|(file, before, _)| first.write(file, before));
    first.set("CI", "true");
    first.run(&["test", "--update", "pending"]).exits(0);
    first.run(&["test"]).exits(0);
    for (file, before, after) in parts {
        // In the same place, as a build server's folder is; everything in it is new, what was built is not.
        for name in ["answers", "elsewhere", "notebooks", "snapshots"] {
            let (from, to) = (first.path(name), first.path(&format!("{name}.new")));
            copy(&from, &to);
            std::fs::remove_dir_all(&from).unwrap();
            std::fs::rename(&to, &from).unwrap();
        }
        first.run(&["test"]).exits(0);
        first.write(file, after);
        first.run(&["test"]).exits(100).says("the answer is 43");
        first.write(file, before);
    }
}

/// As evcxr_jupyter builds a cell, in the folder of its variable.
#[test]
fn a_jupyter_kernel_finds_built_what_was_prepared() {
    let world = World::of_project("local-package");
    let outcome = world.run(&["prepare", "--kernel"]);
    outcome.exits(0);
    let said = outcome.stdout.trim().strip_prefix("export EVCXR_TMPDIR='").and_then(|rest| rest.strip_suffix('\''));
    let folder = std::path::Path::new(said.unwrap_or_else(|| panic!("not an export: {}", outcome.stdout)));
    let manifest = format!(
        "[package]\nname = \"ctx\"\nversion = \"1.0.0\"\nedition = \"2024\"\n[lib]\ncrate-type = [\"cdylib\"]\n[dependencies]\nanswers = {{ path = {:?} }}\n",
        world.path("answers").canonicalize().unwrap().display().to_string(),
    );
    std::fs::write(folder.join("Cargo.toml"), manifest).unwrap();
    std::fs::write(folder.join("src/lib.rs"), "pub fn cell() { answers::answer(); }").unwrap();
    let host = String::from_utf8(std::process::Command::new("rustc").arg("-vV").output().unwrap().stdout).unwrap();
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let output = std::process::Command::new("cargo")
        .args(["--offline", "build", "--target", host])
        .current_dir(folder)
        .env_remove("RUSTC_WRAPPER")
        .envs([("CARGO_TARGET_DIR", "target"), ("CARGO_BUILD_BUILD_DIR", "target"), ("RUSTFLAGS", "-Cprefer-dynamic")])
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    let compiled: Vec<&str> = said.lines().filter_map(|line| line.trim().strip_prefix("Compiling ")).collect();
    assert!(compiled.len() == 1 && compiled[0].starts_with("ctx "), "{said}");
}
