//! The guide describes the programs: its steps are run, its reference is generated, and its links are
//! checked.
//!
//! With `UPDATE_GUIDE=1` the tests write what they would demand, and `git diff` shows it: `just guide`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use nbsnap::config::BUILT_IN;
use nbsnap::notebook::TAGS;

use crate::world::{World, workspace};

/// What comes after the output of a command of a page. No command prints it.
const END_OF_COMMAND: &str = "=== end of a command of the guide ===";

/// A fenced block of a page.
struct Block {
    /// The text after the fence: the language, and perhaps `file=PATH`.
    info: String,
    text: String,
    /// The position of the text in the page.
    place: std::ops::Range<usize>,
}

/// The place of a page of the guide.
fn page(name: &str) -> PathBuf {
    workspace().join("docs/src").join(name)
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Demands that a page is so, or makes it so.
fn demand(path: &Path, now: &str) {
    if std::env::var_os("UPDATE_GUIDE").is_some() {
        std::fs::write(path, now).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    let differs = written.lines().zip(now.lines()).find(|(written, now)| written != now);
    assert!(
        written == now,
        "{} is out of date: `just guide` writes it anew; it says\n{}\nand that is now\n{}",
        path.display(),
        differs.map_or("(its end)", |(written, _)| written),
        differs.map_or("(another end)", |(_, now)| now)
    );
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<(String, usize)> = None;
    let mut at = 0;
    for line in page.split_inclusive('\n') {
        if let Some(info) = line.strip_prefix("```") {
            open = match open.take() {
                Some((info, start)) => {
                    blocks.push(Block { info, text: page[start..at].to_owned(), place: start..at });
                    None
                }
                None => Some((info.trim().to_owned(), at + line.len())),
            };
        }
        at += line.len();
    }
    assert!(open.is_none(), "a fence is not closed");
    blocks
}

/// Runs every `console` block of a page in one shell, and writes the files of blocks with `file=PATH`, in
/// the order of the page. Returns the page with the real outputs.
fn with_real_outputs(text: &str, world: &World) -> String {
    let mut now = String::new();
    let mut script = String::new();
    let mut commands = Vec::new();
    let blocks = blocks(text);
    for block in &blocks {
        if let Some((_, path)) = block.info.split_once("file=") {
            // The pages' commands make the folders.
            let _ = writeln!(script, "cat > {path} <<'END_OF_FILE'\n{}END_OF_FILE", block.text);
        }
        if block.info == "console" {
            for command in block.text.lines().filter_map(|line| line.strip_prefix("$ ")) {
                // The next command may ask for the exit code.
                let _ = writeln!(script, "{command}\ncode=$?; printf '{END_OF_COMMAND}\\n'; (exit $code)");
                commands.push(command);
            }
        }
    }
    let said = shell(world, &script);
    let end = format!("{END_OF_COMMAND}\n");
    let mut outputs = said.split(&end);
    let mut copied = 0;
    let mut of_page = commands.iter();
    for block in blocks.iter().filter(|block| block.info == "console") {
        now += &text[copied..block.place.start];
        copied = block.place.end;
        let written = outputs_of(&block.text);
        for old in written {
            let command = of_page.next().unwrap();
            let output = outputs.next().unwrap_or_else(|| panic!("`{command}` did not end; the shell said:\n{said}"));
            let output: &str = &output.split_inclusive('\n').filter(|line| !is_of_a_busy_machine(line)).collect::<String>();
            // A difference that occurs between any two runs does not change the page.
            let output = if without_times(output) == without_times(&old) { &old } else { output };
            let _ = write!(now, "$ {command}\n{output}");
        }
    }
    now + &text[copied..]
}

/// Whether a line is one of those that a run prints in place of ten silent seconds, or of a cell that is
/// slow.
fn is_of_a_busy_machine(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with("SLOW ") || line.starts_with("Running ") && !line.contains("(engine ")
}

/// The outputs in a block, one for each command.
fn outputs_of(block: &str) -> Vec<String> {
    let mut outputs: Vec<String> = Vec::new();
    for line in block.split_inclusive('\n') {
        match outputs.last_mut() {
            _ if line.starts_with("$ ") => outputs.push(String::new()),
            Some(output) => output.push_str(line),
            None => panic!("a console block begins with a command: {line}"),
        }
    }
    outputs
}

/// A text with `[N]` for every duration such as `0.41s`, and one blank for several: columns are as wide as
/// their numbers.
fn without_times(text: &str) -> String {
    let is_punctuation = |c: char| "[](),.;:".contains(c);
    let is_duration = |word: &str| {
        let word = word.trim_matches(is_punctuation);
        let number = word.strip_suffix("ms").or(word.strip_suffix('s')).or(word.strip_suffix('m'));
        number.is_some_and(|number| number.parse::<f64>().is_ok())
    };
    let line = |line: &str| {
        let words = line.split_whitespace().filter(|word| *word != "[");
        words.map(|word| if is_duration(word) { "[N]" } else { word }).collect::<Vec<_>>().join(" ")
    };
    text.lines().map(|text| line(text) + "\n").collect()
}

/// Runs a script as a person's shell does it, and gives what it printed on both streams; `nbsnap` is on the
/// path.
fn shell(world: &World, script: &str) -> String {
    std::fs::create_dir_all(world.path("bin")).unwrap();
    symlink(env!("CARGO_BIN_EXE_nbsnap"), world.path("bin/nbsnap")).unwrap();
    let runner = world.command(&[]);
    let path = format!("{}:{}", world.path("bin").display(), std::env::var("PATH").unwrap());
    let mut shell = Command::new("bash");
    shell.args(["-c", &format!("exec 2>&1\n{script}")]).env_clear().current_dir(world.root());
    shell.envs(runner.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", path);
    let output = shell.output().unwrap();
    String::from_utf8_lossy(&output.stdout).replace(&world.root().display().to_string(), "~")
}

#[test]
fn every_step_of_the_tutorial_says_what_it_says() {
    let path = page("test.md");
    let text = read(&path);
    assert!(blocks(&text).iter().filter(|block| block.info == "console").count() >= 8, "the tutorial has its steps");
    demand(&path, &with_real_outputs(&text, &World::empty()));
}

#[test]
fn the_scenario_of_the_guide_is_served() {
    let path = page("scenario.md");
    let text = read(&path);
    assert!(blocks(&text).iter().any(|block| block.info.contains("file=")), "the page has a scenario");
    demand(&path, &with_real_outputs(&text, &World::empty()));
}

#[test]
fn a_step_that_says_something_else_is_seen() {
    let text = "Text.\n\n```console\n$ echo one; echo two\none\n$ (exit 3)\n$ echo $?\n3\n```\n\nEnd.\n";
    let now = text.replace("\none\n", "\none\ntwo\n");
    assert_eq!(with_real_outputs(text, &World::empty()), now);
    assert_eq!(with_real_outputs(&now, &World::empty()), now);
}

#[test]
fn times_are_no_difference_and_everything_else_is_one() {
    assert_eq!(without_times("   PASS [  0.1s] lab"), without_times("   PASS [ 12.3s] lab"));
    assert_eq!(without_times("   PASS [  0.1s] lab"), without_times("   PASS [123.4s] lab"));
    assert_ne!(without_times("PASS [  0.1s] 2 cells"), without_times("PASS [  0.1s] 3 cells"));
    assert_ne!(without_times("PASS [  0.1s] lab"), without_times("FAIL [  0.1s] lab"));
    assert!(is_of_a_busy_machine("   Running rain, cell 2 of 3 `sum`"));
    assert!(!is_of_a_busy_machine("   Running 1 notebook, 3 cells (engine rustc)"));
}

/// Names of the commands in a help text.
fn commands_of(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1).take_while(|line| !line.is_empty());
    lines.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned).collect()
}

#[test]
fn the_reference_of_commands_is_what_they_say() {
    let world = World::empty();
    let help = |command: &[&str]| -> String {
        let said = world.run(&[command, &["--help"]].concat()).exits(0).stdout.clone();
        said.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
    };
    let main = help(&[]);
    let mut text = format!("{}\n```text\n{main}\n```\n", generated("Commands", "written from the program's own help"));
    for command in commands_of(&main).iter().map(String::as_str).chain(["man"]) {
        let own = help(&[command]);
        let _ = write!(text, "\n## `nbsnap {command}`\n\n```text\n{own}\n```\n");
        for sub in commands_of(&own) {
            let _ = write!(text, "\n### `nbsnap {command} {sub}`\n\n```text\n{}\n```\n", help(&[command, &sub]));
        }
    }
    demand(&page("reference/commands.md"), &text);
}

/// The settings in the file of defaults: key, default and the comment above it. One that is commented out has
/// no default.
fn settings() -> Vec<[String; 3]> {
    let mut settings = Vec::new();
    let (mut section, mut comment) = (String::new(), Vec::new());
    let is_key = |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_lowercase() || c == '-');
    // Profiles say again what is above.
    for line in BUILT_IN.lines().take_while(|line| !line.starts_with("[profile.")) {
        let said = line.strip_prefix("# ");
        if let Some((key, value)) = said.unwrap_or(line).split_once(" = ").filter(|(key, _)| is_key(key)) {
            let default = if said.is_some() { String::new() } else { format!("`{value}`") };
            // Python's text about objects looks like an HTML element.
            settings.push([format!("`{section}{key}`"), default, comment.join(" ").replace('<', "\\<")]);
            comment.clear();
        } else if let Some(said) = said {
            comment.push(said.trim());
        } else {
            comment.clear();
            if let Some(name) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
                section = format!("{name}.");
            }
        }
    }
    settings
}

#[test]
fn the_reference_of_settings_is_the_file_that_is_read_first() {
    let source = "written from `crates/nbsnap/src/config/built-in.toml`, which nbsnap reads before a project's own file";
    let mut text = generated("Settings", source);
    text += "\nYours are in `notebooks/nbsnap.toml`. The file is below the table: it also shows rules of your own, and profiles.\n\n\
             | key | default | meaning |\n|---|---|---|\n";
    for [key, default, meaning] in settings() {
        assert!(!meaning.is_empty(), "{key} has no comment");
        let _ = writeln!(text, "| {key} | {default} | {meaning} |");
    }
    let _ = write!(text, "\n## The file\n\n```toml\n{BUILT_IN}```\n");
    demand(&page("reference/settings.md"), &text);
}

#[test]
fn the_reference_of_tags_is_the_table_that_is_used() {
    let mut text = generated("Tags", "written from the table in `crates/nbsnap/src/notebook/tags.rs`");
    text += "\nTags are in the metadata of a cell: `{\"tags\": [\"raises-exception\"]}`.\n\
             nbval's comments are tags, too, at the beginning of a cell: `// NBVAL_SKIP`, or `# NBVAL_SKIP`.\n\n\
             | tag of a cell | also known to | meaning |\n|---|---|---|\n";
    let mut said = "";
    for tag in TAGS {
        said = if tag.meaning == "the same" { said } else { tag.meaning };
        let _ = writeln!(text, "| `{}` | {} | {said} |", tag.name, tag.known_to);
    }
    demand(&page("reference/tags.md"), &text);
}

#[test]
fn the_reference_of_verdicts_is_what_the_code_says_of_them() {
    let code = read(&workspace().join("crates/nbsnap/src/event/verdict.rs"));
    let report = read(&workspace().join("crates/nbsnap/src/report/human.rs"));
    // `Status::Passed => "passed",` in a function that gives every one its word.
    let words = |code: &str| -> BTreeMap<String, String> {
        let arms = code.lines().filter_map(|line| line.trim().strip_prefix("Status::")?.split_once(" => \""));
        arms.map(|(name, word)| (name.to_owned(), word.trim_end_matches("\",").to_owned())).collect()
    };
    let (words, labels) = (words(&code), words(&report));
    let body = code.split_once("pub enum Status {").and_then(|(_, rest)| rest.split_once("\n}")).unwrap().0;
    let mut text = generated("Verdicts", "written from the words of `crates/nbsnap/src/event/verdict.rs`");
    text += "\nEvery cell gets one word. A notebook gets the most serious word of its cells, and of what is wrong with it as a whole.\n\
             The later in the table, the more serious.\n\n| label | word | meaning | green |\n|---|---|---|---|\n";
    let (_, good) = code.split_once("matches!(self, ").unwrap();
    let good: Vec<&str> = good.split_once(')').unwrap().0.split(" | ").collect();
    let mut meaning = Vec::new();
    let mut rows = 0;
    for line in body.lines().map(str::trim) {
        if let Some(comment) = line.strip_prefix("/// ") {
            meaning.push(comment);
        } else if let Some(name) = line.strip_suffix(',') {
            let green = if good.contains(&format!("Status::{name}").as_str()) { "yes" } else { "no" };
            let _ = writeln!(text, "| `{}` | {} | {} | {green} |", labels[name], words[name], meaning.join(" "));
            meaning.clear();
            rows += 1;
        }
    }
    assert_eq!((rows, rows), (words.len(), labels.len()), "every verdict has its word, its label and its row");
    demand(&page("reference/verdicts.md"), &text);
}

/// The beginning of a page that a test writes.
fn generated(title: &str, source: &str) -> String {
    format!(
        "# {title}\n\n<!-- Written by tests/guide.rs (`just guide`): change what it is written from. -->\n\nThis page is {source}.\n"
    )
}

#[test]
fn every_link_leads_to_a_file_or_heading() {
    let mut broken = BTreeSet::new();
    for document in documents() {
        let text = prose(&read(&document));
        for target in links(&text) {
            let (path, heading) = target.split_once('#').map_or((target, None), |(path, heading)| (path, Some(heading)));
            let file = if path.is_empty() { document.clone() } else { document.parent().unwrap().join(path) };
            let is_there = match heading {
                Some(heading) => std::fs::read_to_string(&file).is_ok_and(|text| headings(&text).contains(heading)),
                None => file.exists(),
            };
            if !is_there {
                broken.insert(format!("{}: {target}", document.strip_prefix(workspace()).unwrap().display()));
            }
        }
    }
    assert_eq!(broken, BTreeSet::new());
}

#[test]
fn every_page_of_the_guide_is_in_its_summary() {
    let folder = workspace().join("docs/src");
    let summary = read(&page("SUMMARY.md"));
    let named: BTreeSet<PathBuf> = links(&summary).map(|link| folder.join(link)).collect();
    let there = documents().into_iter().filter(|document| document.starts_with(&folder) && !document.ends_with("SUMMARY.md"));
    assert_eq!(named, there.collect());
}

/// The guide, and the documents at the top of the tree and of each crate.
fn documents() -> BTreeSet<PathBuf> {
    let mut folders = vec![workspace().join("docs/src")];
    let mut documents = BTreeSet::new();
    let tops = std::fs::read_dir(workspace().join("crates")).unwrap().map(|entry| entry.unwrap().path());
    for top in tops.chain([workspace().to_owned()]) {
        documents.extend(std::fs::read_dir(top).unwrap().map(|entry| entry.unwrap().path()));
    }
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                documents.insert(path);
            }
        }
    }
    documents.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    documents
}

/// A document without its fenced blocks and its code, in which nothing is a link.
fn prose(text: &str) -> String {
    let mut is_code = false;
    let mut prose = String::new();
    for line in text.lines() {
        is_code ^= line.starts_with("```");
        if !is_code {
            prose.extend(line.split('`').step_by(2));
            prose.push('\n');
        }
    }
    prose
}

/// Where a document's links lead that stay in the tree.
fn links(prose: &str) -> impl Iterator<Item = &str> {
    let targets = prose.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    targets.filter(|target| !target.contains("://") && !target.contains("::") && !target.starts_with("mailto:"))
}

/// The anchors of a document's headings, as GitHub and mdBook make them.
fn headings(text: &str) -> BTreeSet<String> {
    let anchor = |heading: &str| -> String {
        let kept = heading.trim().chars().filter(|c| c.is_alphanumeric() || [' ', '-', '_'].contains(c));
        kept.map(|c| if c == ' ' { '-' } else { c.to_ascii_lowercase() }).collect()
    };
    text.lines().filter(|line| line.starts_with('#')).map(|line| anchor(line.trim_start_matches('#'))).collect()
}
