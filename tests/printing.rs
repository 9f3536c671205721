//! A notebook's text stays text wherever it is printed: it is never a command, an escape sequence, or XML.

use crate::world::{Outcome, World};

const PLAIN: &str = "{}";

/// Whether a character controls a terminal, or is invalid in XML.
fn steers(c: char) -> bool {
    let turns_direction = matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    c.is_control() && c != '\n' && c != '\t' || turns_direction || matches!(c, '\u{fffe}' | '\u{ffff}')
}

#[track_caller]
fn is_text(outcome: &Outcome) {
    let found = |text: &str| text.chars().find(|c| steers(*c));
    assert_eq!((found(&outcome.stdout), found(&outcome.stderr)), (None, None), "{:?}\n{:?}", outcome.stdout, outcome.stderr);
}

/// The lines that GitHub's runner takes for commands.
fn commands(outcome: &Outcome) -> Vec<String> {
    let lines = outcome.stdout.lines().chain(outcome.stderr.lines());
    lines.filter(|line| line.trim_start().starts_with("::") || line.contains("##[")).map(str::to_owned).collect()
}

#[test]
fn a_notebook_gives_no_commands_on_github() {
    let mut world = World::empty();
    world.set("GITHUB_ACTIONS", "true");
    let words = r"::error::from a cell\n  ::stop-commands::x\n::add-mask::a\n##[add-mask]b\n \t##[group]c";
    let cells = [("print", PLAIN, format!("println!(\"{words}\");")), ("fail", PLAIN, format!("panic!(\"{words}\");"))];
    let cells: Vec<(&str, &str, &str)> = cells.iter().map(|(id, metadata, source)| (*id, *metadata, source.as_str())).collect();
    world.notebook("lab", "", &cells);
    world.write("notebooks/::warning::x.ipynb", "{");
    world.notebook("##[error]y", "", &[("a", PLAIN, "let a = 1;")]);
    let outcome = world.run(&["test"]);
    outcome.exits(100).says("from a cell");
    for command in commands(&outcome) {
        let own = ["::error file=notebooks/lab.ipynb,line=", "::error file=notebooks/%3A%3Awarning%3A%3Ax.ipynb,title="];
        assert!(own.iter().any(|own| command.starts_with(own)), "{command}");
    }
    for arguments in
        [&["test", "--json", "-"][..], &["list"], &["list", "--json"], &["check"], &["review"], &["test", "nowhere##[x]"]]
    {
        let outcome = world.run(arguments);
        assert_eq!(commands(&outcome), Vec::<String>::new(), "{arguments:?}");
    }
}

#[test]
fn nothing_steers_the_terminal() {
    let world = World::empty();
    let name = "la\u{1b}[2Jb\u{202e}c";
    world.notebook(
        name,
        "",
        &[
            ("print", PLAIN, "println!(\"a\\u{202e}b\\u{9b}2J\\u{2067}c\\u{7}\");"),
            ("fail", PLAIN, "panic!(\"\\u{1b}]0;title\\u{7} \\u{202e}x\");"),
        ],
    );
    world.write("notebooks/bro\u{1b}[1mken\u{202d}.ipynb", "{");
    for (arguments, code) in [
        (&["test"][..], 100),
        (&["test", "-v", "--color", "never", "--json", "-"], 100),
        (&["list"], 0),
        (&["list", "--json"], 0),
        (&["check"], 100),
        (&["review"], 100),
        (&["diff", &format!("notebooks/{name}.ipynb"), "notebooks/plain.ipynb"], 100),
        (&["accept"], 0),
        (&["test", "\u{1b}[2J\u{202e}"], 4),
        (&["strip", "--check"], 96),
        (&["run", &format!("notebooks/{name}.ipynb"), "-o", "out/"], 100),
    ] {
        world.notebook("plain", "", &[("print", PLAIN, "println!(\"a\");")]);
        let outcome = world.run(arguments);
        is_text(&outcome);
        outcome.exits(code);
    }
}

#[test]
fn junit_is_xml_whatever_a_notebook_says() {
    let world = World::empty();
    let say = "let words = \"a\\u{fffe}b\\u{ffff}c\\0d\\u{b}e]]>\";\nprintln!(\"{words}\");\neprintln!(\"{words}\");";
    world.notebook("lab", "", &[("print", PLAIN, say), ("fail", PLAIN, "panic!(\"{words}\");")]);
    world.run(&["test", "--junit", "junit.xml"]).exits(100);
    let xml = world.read("junit.xml");
    // XML 1.0, production 2.
    let is_xml = |c: &char| matches!(c, '\t' | '\n' | '\r' | '\u{20}'..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    assert_eq!(xml.chars().find(|c| !is_xml(c)), None, "{xml}");
    assert!(xml.contains("a␦u{fffe}b␦u{ffff}c␀d␋e"), "{xml}");
}
