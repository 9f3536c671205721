//! The receivers of a run's report: files, programs, GitHub, a reader of a page.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::world::World;

const PLAIN: &str = "{}";
/// A picture of 2 × 1 pixels, shown as evcxr shows one, the right pixel of the given grey.
const PICTURE: &str = r#"println!("EVCXR_BEGIN_CONTENT image/png\n{}\nEVCXR_END_CONTENT", PICTURE);"#;

/// A notebook with a cell that passes, one whose output changed, and one that panics; and one notebook that
/// passes.
fn world() -> World {
    let world = World::of_project("output-changed");
    let notebook = world.read("notebooks/lab.ipynb").replace("\"answer + 1\"", "\"assert_eq!(answer, 1);\"");
    world.write("notebooks/lab.ipynb", &notebook);
    world.notebook("other", "", &[("a", PLAIN, "let a = 1;")]);
    world
}

/// The events of a run by their names.
fn events(text: &str) -> BTreeMap<String, Vec<Value>> {
    let mut events: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for line in text.lines() {
        let event: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(event["version"], 1);
        events.entry(event["event"].as_str().unwrap().to_owned()).or_default().push(event);
    }
    events
}

#[test]
fn files_say_what_the_report_says() {
    let world = world();
    let outcome = world.run(&["test", "--junit", "out/junit.xml", "--json", "out/events.jsonl", "--html", "out/page.html"]);
    outcome.exits(100).says("the run as a page: out/page.html").says("executed notebooks: target/nbsnap/failed");

    let junit = world.read("out/junit.xml");
    assert!(junit.contains(r#"tests="4" skipped="0" failures="2" errors="0""#), "{junit}");
    assert!(junit.contains(r#"<property name="line" value="21"/>"#), "{junit}");
    assert!(!junit.contains('\u{1b}'), "{junit}");

    let events = events(&world.read("out/events.jsonl"));
    let status = |id: &str| -> &Value {
        &events["cell-finished"].iter().find(|event| event["notebook"] == "lab" && event["cell"]["id"] == id).unwrap()["status"]
    };
    assert_eq!((status("start"), status("say"), status("after")), (&"passed".into(), &"changed".into(), &"failed".into()));
    let end = &events["run-finished"][0];
    assert_eq!((&end["notebooks"]["failed"], &end["cells"]["passed"], &end["pending"]), (&1.into(), &2.into(), &1.into()));

    let page = world.read("out/page.html");
    assert!(
        page.contains("<mark>41</mark>") && page.contains("<mark>42</mark>") && page.contains("1 of 2 notebooks failed"),
        "{page}"
    );

    // The executed notebook is there, with what its cells produced.
    let executed: Value = serde_json::from_str(&world.read("target/nbsnap/failed/lab/lab.ipynb")).unwrap();
    assert_eq!(executed["cells"][1]["outputs"][0]["text"][0], "the answer is 42\n");
    assert_eq!(executed["cells"][2]["outputs"][0]["output_type"], "stream");
    assert!(!world.path("target/nbsnap/failed/other").exists());
    assert!(world.read("notebooks/lab.ipynb").contains("\"outputs\": []"), "the notebook itself is left alone");
}

#[test]
fn a_green_run_takes_back_what_a_red_one_left() {
    let world = World::of_project("output-changed");
    world.run(&["test"]).exits(100);
    assert!(world.path("target/nbsnap/report.html").is_file() && world.path("target/nbsnap/failed/lab").is_dir());
    world.run(&["accept"]).exits(0);
    world.run(&["test"]).exits(0);
    assert!(!world.path("target/nbsnap/report.html").exists() && !world.path("target/nbsnap/failed").exists());
}

#[test]
fn github_is_told_at_the_very_line() {
    let mut world = world();
    world.set("GITHUB_ACTIONS", "true");
    world.set("GITHUB_STEP_SUMMARY", "{project}/summary.md");
    let outcome = world.run(&["test"]);
    let notebook = world.read("notebooks/lab.ipynb");
    let line = 1 + notebook.lines().position(|line| line.contains("assert_eq!")).unwrap();
    outcome
        .exits(100)
        .says(&format!("::error file=notebooks/lab.ipynb,line={line},title=lab%2C cell 3 `after`%2C line 1 (failed)::panicked"));
    let summary = world.read("summary.md");
    assert!(
        summary.contains("| ❌ failed | `lab` | 3 |") && summary.contains("- the answer is 41\n+ the answer is 42"),
        "{summary}"
    );
}

#[test]
fn a_notebook_that_is_mended_leaves_no_folders() {
    let world = World::empty();
    let notebook = |name: &str, source: &str| world.notebook(name, "", &[("a", PLAIN, source)]);
    for name in ["week1/a", "week2/b"] {
        notebook(name, "panic!();");
    }
    world.run(&["test"]).exits(100);
    assert!(world.path("target/nbsnap/failed/week1/a/a.ipynb").is_file());
    notebook("week1/a", "let a = 1;");
    world.run(&["test"]).exits(100);
    assert!(!world.path("target/nbsnap/failed/week1").exists());
    assert!(world.path("target/nbsnap/failed/week2/b/b.ipynb").is_file());
    notebook("week2/b", "let b = 1;");
    world.run(&["test"]).exits(0);
    assert!(!world.path("target/nbsnap/failed").exists());
}

#[test]
fn a_picture_that_changed_is_shown_with_what_changed_in_it() {
    let world = World::empty();
    let cell = |picture: &str| PICTURE.replace("PICTURE", &format!("{picture:?}"));
    // Two pixels each, of which the second is grey 9 and grey 12.
    let [one, other] = [
        "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVR4nGNg5AQAAA4AC7dozNkAAAAASUVORK5CYII=",
        "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAAAAADRSSBWAAAAC0lEQVR4nGNg5AEAABEADoC1TagAAAAASUVORK5CYII=",
    ];
    world.notebook("lab", "", &[("map", PLAIN, &cell(one))]);
    world.run(&["test"]).exits(100).says("NEW");
    world.run(&["accept"]).exits(0);
    world.notebook("lab", "", &[("map", PLAIN, &cell(other))]);
    let outcome = world.run(&["test"]);
    outcome.exits(100).says("image/png: 1 of 2 pixels differ (50.00 %), by up to 3 of 255");
    outcome.says("executed notebooks, and pictures that differ: target/nbsnap/failed");
    for which in ["recorded", "now", "difference"] {
        assert!(world.path(&format!("target/nbsnap/failed/lab/map.image-png.{which}.png")).is_file(), "{which}");
    }
    assert_eq!(world.read("target/nbsnap/report.html").matches("data:image/png;base64,").count(), 4);
    world.write("notebooks/nbsnap.toml", "[[compare]]\nchannel = 3\nonly = { cell = \"map\" }\n");
    world.run(&["test"]).exits(0);
}

#[test]
fn the_page_is_opened_for_who_asks() {
    use std::os::unix::fs::PermissionsExt;
    let mut world = World::of_project("passes");
    let opener = |world: &World, script: &str| {
        world.write("bin/xdg-open", script);
        std::fs::set_permissions(world.path("bin/xdg-open"), std::fs::Permissions::from_mode(0o755)).unwrap();
    };
    opener(&world, "#!/bin/sh\necho \"$1\" >> \"$(dirname \"$0\")/opened\"\n");
    world.set("PATH", &format!("{{project}}/bin:{}", std::env::var("PATH").unwrap()));
    // Also of a run in which all is well.
    world.run(&["test", "--open"]).exits(0);
    world.run(&["export", "--site", "-o", "site", "--open"]).exits(0);
    world.run(&["export", "-o", "lab.html", "--open"]).exits(0);
    let opened = world.read("bin/opened");
    let opened: Vec<&str> = opened.lines().collect();
    assert!(opened[0].ends_with("/target/nbsnap/report.html") && world.path("target/nbsnap/report.html").is_file(), "{opened:?}");
    assert!(opened[1].ends_with("/site/index.html") && opened[2].ends_with("/lab.html") && opened.len() == 3, "{opened:?}");
    let outcome = world.run(&["export", "-o", "book", "--format", "mdbook", "--open"]);
    assert!(outcome.exits(96).stderr.contains("--open shows pages in HTML"), "{}", outcome.stderr);
    opener(&world, "#!/bin/sh\nexit 3\n");
    let outcome = world.run(&["export", "-o", "lab.html", "--open"]);
    let warning = "warning: cannot open lab.html: `xdg-open` found nothing that shows it";
    assert!(outcome.exits(0).stderr.contains(warning), "{}", outcome.stderr);
}

#[test]
fn a_report_that_cannot_be_written_is_named() {
    let world = world();
    world.write("file", "");
    let outcome = world.run(&["test", "--junit", "file/junit.xml"]);
    outcome.exits(110);
    assert!(outcome.stderr.contains("file/junit.xml: "), "{}", outcome.stderr);
}

#[test]
fn colours_only_where_they_are_wanted() {
    let mut world = World::of_project("passes");
    assert!(!world.run(&["test"]).stdout.contains('\u{1b}'));
    assert!(world.run(&["test", "--color", "always"]).stdout.contains("\u{1b}[32m"));
    world.set("NO_COLOR", "1");
    assert!(world.run(&["test", "--color", "always"]).stdout.contains("\u{1b}[32m"), "who asks for colours gets them");
}
