//! `nbsnap export`: pages of notebooks and what is recorded of their cells; nothing runs.

use crate::world::{World, workspace};

/// The workspace's own labs, with their snapshots.
fn labs() -> World {
    let world = World::empty();
    for folder in ["notebooks", "snapshots"] {
        crate::world::copy(&workspace().join(folder), &world.path(folder));
    }
    world
}

#[test]
fn every_lab_is_a_page_that_holds_what_is_recorded() {
    let world = labs();
    world.run(&["export", "-o", "site", "--title", "Labs"]).exits(0).says("wrote site/index.html");
    let page = world.read("site/04-execute-and-monitor.html");
    for part in [
        "<title>Execute a process and monitor its job</title>",
        // A heading with a name, and the list of contents that leads to it.
        "<h2 id=\"look-at-it\">",
        "<a href=\"#look-at-it\">Look at it</a>",
        // Highlighted code, printed text, a table, a picture.
        "<span class=\"kw\">let</span> job",
        "Job status: running\n",
        "<table style=",
        " src=\"data:image/png;base64,",
        // The way on.
        "<a class=\"next\" rel=\"next\" href=\"05-manage-jobs.html\">",
    ] {
        assert!(page.contains(part), "{part}");
    }
    // A page needs nothing but itself.
    assert!(!page.contains("src=\"http") && !page.contains("<link "), "something is fetched");
    let index = world.read("site/index.html");
    assert!(index.contains("<h1>Labs</h1>") && index.contains("<a href=\"02-list.html\">List processes</a>"), "{index}");
}

#[test]
fn markdown_has_its_pictures_beside_it() {
    let world = labs();
    world.run(&["export", "04", "-o", "docs", "--format", "markdown"]).exits(0).says("docs/04-execute-and-monitor.md");
    let page = world.read("docs/04-execute-and-monitor.md");
    let start = page.find("](04-execute-and-monitor_files/preview.").unwrap();
    let path = &page[start + 2..start + page[start..].find(')').unwrap()];
    assert!(std::fs::read(world.path("docs").join(path)).unwrap().starts_with(b"\x89PNG"));
    assert!(page.contains("```rust\n:dep eoap = { path = \"../crates/eoap\" }\n"), "{page}");
    assert!(page.contains("```text\nMonitoring job status"), "{page}");
}

#[test]
fn an_output_of_an_earlier_version_of_its_cell_is_marked() {
    let world = World::of_project("passes");
    world.notebook("edited", "", &[("a", "{}", "println!(\"one\");")]);
    world.run(&["test", "edited"]);
    world.run(&["accept"]).exits(0);
    world.run(&["export", "edited", "--check"]).exits(0);
    world.notebook("edited", "", &[("a", "{}", "println!(\"two\");")]);
    let outcome = world.run(&["export", "edited", "--check"]);
    outcome.exits(100);
    let warning = "warning: notebooks/edited.ipynb: cell `a` was edited after its output was recorded: run `nbsnap test edited`";
    assert!(outcome.stderr.contains(warning), "{}", outcome.stderr);
    for (file, mark) in [("page.html", "<p class=\"stale\">"), ("page.md", "*This output is of an earlier version")] {
        world.run(&["export", "edited", "-o", file]).exits(0);
        assert!(world.read(file).contains(mark), "{}", world.read(file));
    }
}

#[test]
fn a_notebook_without_snapshots_shows_its_own_outputs_and_tags_hide() {
    let world = World::empty();
    let cell = |tags: &str, source: &str, output: &str| {
        format!(
            r#"{{"cell_type":"code","execution_count":1,"metadata":{{"tags":[{tags}]}},"outputs":[{{"output_type":"stream","name":"stdout","text":"{output}"}}],"source":"{source}"}}"#
        )
    };
    let cells = [
        r##"{"cell_type":"markdown","metadata":{},"source":"# Hello & <b>you</b>"}"##.to_owned(),
        cell("", "let shown = 1;", "out & about"),
        cell("\"remove-input\"", "let secret = 1;", "seen"),
        cell("\"hide-output\"", "let folded = 1;", "folded away"),
        cell("\"remove-cell\"", "let gone = 1;", "gone too"),
    ];
    let text = format!(r#"{{"cells":[{}],"metadata":{{}},"nbformat":4,"nbformat_minor":4}}"#, cells.join(","));
    world.write("any.ipynb", &text);
    world.run(&["export", "any.ipynb", "-o", "any.html"]).exits(0).says("wrote any.html");
    let page = world.read("any.html");
    assert!(
        page.contains("out &amp; about") && page.contains("seen") && page.contains("<title>Hello &amp; you</title>"),
        "{page}"
    );
    for hidden in ["let secret", "let gone", "gone too"] {
        let hidden = hidden.replace("let", "<span class=\"kw\">let</span>");
        assert!(!page.contains(&hidden), "{hidden}");
    }
    assert!(page.contains("<details><summary>Output</summary>"), "{page}");
    world.run(&["export", "any.ipynb", "-o", "any.md"]).exits(0);
    assert!(world.read("any.md").contains("```text\nout & about\n```"));
}
