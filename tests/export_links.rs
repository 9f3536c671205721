//! A reader of a site can follow its links, or the author hears of it.

use serde_json::{Value, json};

use crate::world::World;

/// A notebook in Markdown and Python, which nothing runs.
fn notebook(world: &World, path: &str, cells: &[(&str, Value)]) {
    let cell = |(id, content): &(&str, Value)| match content {
        Value::String(text) => json!({"cell_type": "markdown", "id": id, "metadata": {}, "source": text}),
        outputs => json!({
            "cell_type": "code", "execution_count": 1, "id": id, "metadata": {}, "outputs": outputs, "source": "show()",
        }),
    };
    let cells: Vec<Value> = cells.iter().map(cell).collect();
    let kernel = json!({"display_name": "Python 3", "language": "python", "name": "python3"});
    let notebook = json!({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5});
    world.write(path, &notebook.to_string());
}

/// A course whose first lesson has this text, beside all that it might link to.
fn course(text: &str) -> World {
    let world = World::empty();
    world.write("nbsnap.toml", "[project]\nnotebooks = [\"lessons/**\"]\n");
    for file in
        ["data/rain.csv", "data/my file.csv", "lessons/one/paper.pdf", "lessons/one/clip.mp4", "lessons/one/out.csv", ".env"]
    {
        world.write(file, file);
    }
    world.write("img/x.svg", "<svg xmlns='http://www.w3.org/2000/svg' width='9' height='9'/>");
    let html = "<a href='out.csv' target='_blank'>out</a><img src=\"../../img/x.svg\"><a href='#own'>own</a>";
    let shown = json!([{"output_type": "display_data", "metadata": {}, "data": {"text/html": html, "text/plain": "out.csv"}}]);
    notebook(&world, "lessons/one/a.ipynb", &[("text", text.into()), ("show", shown)]);
    notebook(&world, "lessons/two/b.ipynb", &[("text", "# Two\n\n[back](../one/a.ipynb#whats-next)\n\n## The End".into())]);
    world
}

#[test]
fn whatever_a_notebook_links_to_is_in_the_site() {
    let world = course(
        "# Rain\n\n[data](../../data/rain.csv \"all\") [other](<../../data/my file.csv>) [paper](paper.pdf#page=2) [defined][d]\n\
         [![small](../../img/x.svg)](../../img/x.svg) <img src='../../img/x.svg'> <video src=\"clip.mp4\"></video>\n\
         [two](../two/b.ipynb) [end](../two/b.ipynb#The-End) [next](#What's-next?) [by hand](#custom) [web](https://example.org)\n\
         `[a](gone.csv)` <a id=\"custom\"></a>\n\n[d]: ../../data/rain.csv\n\n## What's next?",
    );
    let outcome = world.run(&["export", "--site", "-o", "site"]);
    outcome.exits(0).says("wrote site/files/data/rain.csv");
    assert_eq!(outcome.stderr, "");
    let page = world.read("site/lessons-one-a.html");
    for part in [
        "<a href=\"files/data/rain.csv\" title=\"all\">data</a>",
        "<a href=\"files/data/my%20file.csv\">other</a>",
        "<a href=\"files/lessons/one/paper.pdf#page=2\">paper</a>",
        "<a href=\"files/data/rain.csv\">defined</a>",
        // A picture is part of the page, and a file where a link leads to it.
        "<a href=\"files/img/x.svg\"><img src=\"data:image/svg+xml;base64,",
        "<video src=\"files/lessons/one/clip.mp4\">",
        // Headings have the names that GitHub gives them. Links may have those of Jupyter.
        "<a href=\"lessons-two-b.html\">two</a>",
        "<a href=\"lessons-two-b.html#the-end\">end</a>",
        "<a href=\"#whats-next\">next</a>",
        "<a href=\"#custom\">by hand</a>",
        "<a href=\"https://example.org\">web</a>",
        // What a cell displays leads there, too. Names within it are its own.
        "<a href=\"files/lessons/one/out.csv\" target='_blank'>out</a><img src=\"files/img/x.svg\"><a href='#own'>own</a>",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for file in ["data/rain.csv", "data/my file.csv", "lessons/one/paper.pdf", "lessons/one/clip.mp4", "lessons/one/out.csv"] {
        assert_eq!(world.read(&format!("site/files/{file}")), file);
    }
    world.run(&["export", "--check"]).exits(0);

    // The same in the other formats, each with its own extension and folder.
    for (format, folder) in [("markdown", "md"), ("mdbook", "book/src"), ("jupyter-book", "myst")] {
        let output = folder.split('/').next().unwrap();
        world.run(&["export", "--format", format, "-o", output]).exits(0);
        let page = world.read(&format!("{folder}/lessons-one-a.md"));
        for part in [
            "(files/data/rain.csv \"all\")",
            "(<files/data/my%20file.csv>)",
            "[d]: files/data/rain.csv",
            "(lessons-two-b.md#the-end)",
        ] {
            assert!(page.contains(part), "{part}: {page}");
        }
        assert!(
            page.contains("`[a](gone.csv)`") && page.contains("[![small](lessons-one-a_files/img-x.svg)](files/img/x.svg)"),
            "{page}"
        );
        assert_eq!(world.read(&format!("{folder}/files/data/rain.csv")), "data/rain.csv");
    }
    // One page alone takes the other notebook along as a file.
    world.run(&["export", "lessons/one/a.ipynb", "-o", "alone/page.html"]).exits(0);
    assert!(world.read("alone/page.html").contains("<a href=\"files/lessons/two/b.ipynb\">two</a>"));
    assert!(world.path("alone/files/lessons/two/b.ipynb").is_file());
}

#[test]
fn a_link_that_nobody_can_follow_is_a_warning_with_its_cell() {
    let world = course(
        "[gone](gone.csv) [again](gone.csv) [heading](#nowhere) [notebook](../two/c.ipynb) [end](../two/b.ipynb#no-end) \
         ![no](no.png)\n[out](../../../outside.txt) [link](../../data/linked.txt) [hidden](../../.env) [root](/data/rain.csv) \
         [folder](../../data/)",
    );
    let outside = world.root().parent().unwrap().join(format!("{}.txt", world.root().file_name().unwrap().display()));
    std::fs::write(&outside, "of others").unwrap();
    std::os::unix::fs::symlink(&outside, world.path("data/linked.txt")).unwrap();
    let outcome = world.run(&["export", "--site", "-o", "site"]);
    outcome.exits(0);
    std::fs::remove_file(world.path("data/linked.txt")).unwrap();
    std::fs::remove_file(outside).unwrap();
    let warnings: Vec<&str> = outcome.stderr.lines().collect();
    let about = |link: &str, reason: &str| {
        let expected =
            format!("warning: lessons/one/a.ipynb: cell `text` links to `{link}`, which readers cannot find: {reason}");
        assert_eq!(warnings.iter().filter(|warning| warning.starts_with(&expected)).count(), 1, "{expected}: {warnings:#?}");
    };
    about("gone.csv", "there is no such file");
    about("no.png", "there is no such file");
    about("#nowhere", "there is no such heading");
    about("../two/c.ipynb", "there is no such file");
    about("../two/b.ipynb#no-end", "there is no such heading");
    about("../../../outside.txt", "it is outside the project, and is not taken along");
    about("../../data/linked.txt", "it is outside the project, and is not taken along");
    about("../../.env", "hidden files are not taken along");
    about("/data/rain.csv", "it begins at the root of a server");
    about("../../data/", "it is a folder");
    // The link of the other lesson to a heading that this one has no longer.
    assert_eq!(warnings.len(), 11, "{warnings:#?}");
    let site: Vec<String> = world.files().into_keys().filter(|name| name.starts_with("site/files")).collect();
    assert_eq!(site, ["site/files/img/x.svg", "site/files/lessons/one/out.csv"]);
    world.run(&["export", "--check"]).exits(100);
}
