//! `nbsnap export`: pages of notebooks and their recorded outputs. Nothing runs.

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
        "<title>Execute a process and monitor its job - Labs</title>",
        // A heading with a name, and the list of contents that leads to it.
        "<nav id=\"menu\"",
        "<a href=\"04-execute-and-monitor.html\" aria-current=\"page\">",
        "<a href=\"notebooks/04-execute-and-monitor.ipynb\" download>",
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
    // A site needs only its folder.
    assert!(!page.contains("src=\"http") && !page.contains("<link "), "something is fetched");
    let index = world.read("site/index.html");
    for part in [
        "<h1>Labs</h1>",
        "<h2><a href=\"02-list.html\">List processes</a></h2><p>",
        "<img src=\"pictures/04-execute-and-monitor.",
    ] {
        assert!(index.contains(part), "{part}: {index}");
    }
    assert_eq!(world.read("site/notebooks/02-list.ipynb"), world.read("notebooks/02-list.ipynb"));
    // The search covers prose and code, each by its heading.
    let words = world.read("site/search.js");
    let pages: serde_json::Value =
        serde_json::from_str(words.strip_prefix("const PAGES = ").unwrap().trim_end().trim_end_matches(';')).unwrap();
    let sections: Vec<&serde_json::Value> =
        pages.as_array().unwrap().iter().flat_map(|page| page["sections"].as_array().unwrap()).collect();
    let has = |heading: &str, words: &str| {
        sections.iter().any(|section| section[0] == heading && section[2].as_str().unwrap().contains(words))
    };
    assert!(has("Look at it", "preview"), "{sections:?}");
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
fn an_output_that_is_not_compared_is_not_shown_and_its_snapshot_is_removed() {
    let world = World::empty();
    let cells = |tags: &str, source: &str| {
        world.notebook(
            "lab",
            "",
            &[("kept", "{}", "println!(\"kept\");"), ("mean", &format!("{{ \"tags\": [{tags}] }}"), source)],
        );
    };
    cells("", "println!(\"mean 3.90\");");
    world.run(&["test"]).exits(100);
    world.run(&["accept"]).exits(0);
    cells("\"nbsnap-ignore-output\"", "println!(\"mean 4.10\");");
    // The pages have neither what was recorded before, nor a fault that no run can mend.
    world.run(&["export", "--check"]).exits(0);
    world.run(&["export", "-o", "lab.html"]).exits(0);
    assert!(!world.read("lab.html").contains("3.90") && world.read("lab.html").contains("kept"), "{}", world.read("lab.html"));
    let outcome = world.run(&["test"]);
    outcome.exits(100).says("snapshots/lab/mean.snap belongs to no cell that is compared; `nbsnap accept lab` removes it");
    outcome.does_not_say("a second run");
    world.run(&["review"]).exits(100).says("lab, cell 2 `mean`").says("to accept removes it");
    world.run(&["accept"]).exits(0).says("removed snapshots/lab/mean.snap");
    world.run(&["test"]).exits(0);
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

#[test]
fn one_notebook_is_one_file_or_a_site() {
    let world = labs();
    world.run(&["export", "02", "-o", "list.html"]).exits(0);
    assert!(!world.read("list.html").contains("site.js"), "a page that stands for itself");
    world.run(&["export", "02", "--site", "-o", "site"]).exits(0).says("wrote site/search.js");
    let outcome = world.run(&["export", "01", "02", "-o", "both.html"]);
    outcome.exits(96);
    assert!(outcome.stderr.contains("both.html is one file, and this writes several: name a folder"), "{}", outcome.stderr);
}

#[test]
fn pages_are_the_sources_of_a_book() {
    let world = labs();
    world.run(&["export", "-o", "book", "--format", "mdbook", "--title", "The \"labs\""]).exits(0);
    assert_eq!(world.read("book/book.toml"), "[book]\ntitle = 'The \"labs\"'\n");
    assert!(world.read("book/src/SUMMARY.md").contains("- [List processes](02-list.md)\n"));
    assert!(world.read("book/src/02-list.md").starts_with("# List processes"));
    world.run(&["export", "-o", "myst", "--format", "jupyter-book", "--title", "Labs"]).exits(0);
    let settings: serde_json::Value = serde_saphyr::from_str(&world.read("myst/myst.yml")).unwrap();
    assert_eq!(settings["project"]["title"], "Labs");
    for chapter in settings["project"]["toc"].as_array().unwrap() {
        assert!(world.path("myst").join(chapter["file"].as_str().unwrap()).is_file(), "{chapter}");
    }
}

#[test]
fn formulas_need_no_script_and_what_fetches_says_so() {
    let world = World::empty();
    let cells = serde_json::json!([
        {"cell_type": "markdown", "id": "m", "metadata": {}, "source": r"The index is $\frac{g - n}{g + n}$."},
        {"cell_type": "code", "id": "c", "metadata": {}, "execution_count": 1, "source": "chart", "outputs": [{
            "output_type": "display_data", "metadata": {},
            "data": {"text/html": "<script src=\"https://cdn.plot.ly/plotly.js\"></script>"},
        }]},
    ]);
    world
        .write("any.ipynb", &serde_json::json!({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).to_string());
    let outcome = world.run(&["export", "any.ipynb", "-o", "any.html"]);
    outcome.exits(0);
    let page = world.read("any.html");
    assert!(page.contains("<mfrac>") && page.contains("your browser fetches from cdn.plot.ly."), "{page}");
    assert!(
        outcome.stderr.contains("warning: any.ipynb: cell `c` shows what a browser fetches from cdn.plot.ly"),
        "{}",
        outcome.stderr
    );
}
