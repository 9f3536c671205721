//! What cells mean, file by file. `tests/cells/*.rs` are notebooks, with the expected results below each
//! cell.
//!
//! Cells begin with a line `// %%`. Lines `//= …` at a cell's end are the expected results:
//!
//! ```text
//! //= stdout TEXT      what it prints, with \n for line ends; stderr likewise //= value TEXT       what
//! it shows as text/plain; display TYPE TEXT for other types, in order //= panics TEXT      it panics
//! with a message that holds this; fails, dies, refused, error likewise (error also looks at the code)
//! //= help TEXT        some help of its errors holds this //= in CELL:LINE      an error is in this
//! earlier cell, too //= line N           where it panicked, or where the first error is //= lost NAME
//! a variable that no longer exists //= reads PATH       a file or folder whose content it reads, by the
//! path's end; looks and misses likewise //= unread PATH      a file of which nothing is noted //= beyond
//! TEXT      why not all is known that it may read
//! ```
//! Without other lines, a cell must finish, print nothing and show nothing.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};
use std::slice;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use libtest_mimic::{Arguments, Failed, Trial};
use rust_cells::dependencies::{BuildSettings, DependencySet, Libraries, Library};
use rust_cells::{
    AccessLog, Accesses, CancellationToken, CellOutcome, Chain, Compiler, Diagnostic, Ending, Interest, Limits, Output,
    ProcessSettings, Session, Toolchain, dependencies_of,
};

static COMPILER: LazyLock<Compiler> = LazyLock::new(|| {
    let toolchain = Toolchain::find().expect("there is a toolchain");
    Compiler::new(&toolchain, &cache()).expect("the toolchain compiles cells")
});

fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("cells")
}

fn main() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cells");
    let mut files: Vec<PathBuf> = std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let trials = files.into_iter().map(|file| {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        Trial::test(name, move || run(&file))
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}

/// A cell and what must come of it.
struct Expected {
    source: String,
    lines: Vec<String>,
}

fn read(file: &Path) -> Vec<Expected> {
    let text = std::fs::read_to_string(file).unwrap();
    let mut cells: Vec<Expected> = Vec::new();
    for line in text.split_inclusive('\n') {
        if line.starts_with("// %%") {
            cells.push(Expected { source: String::new(), lines: Vec::new() });
        } else if let Some(cell) = cells.last_mut() {
            match line.strip_prefix("//= ") {
                Some(expected) => cell.lines.extend(of_this_toolchain(expected.trim_end()).map(str::to_owned)),
                None => cell.source.push_str(line),
            }
        }
    }
    cells
}

/// What is expected, if it is expected of this kind of toolchain.
fn of_this_toolchain(expected: &str) -> Option<&str> {
    let is_nightly = COMPILER.toolchain().name().contains("nightly");
    let (of, of_other) = if is_nightly { ("nightly ", "stable ") } else { ("stable ", "nightly ") };
    let expected = expected.strip_prefix(of).unwrap_or(expected);
    (!expected.starts_with(of_other)).then_some(expected)
}

fn library(whole: &DependencySet, set: &DependencySet) -> Result<Library, String> {
    let wanted = if whole.covers(set) { whole } else { set };
    let settings = BuildSettings { opt_level: "0".into(), optimized: Vec::new() };
    let token = CancellationToken::default();
    // Versions that this workspace has tested, and that are on this machine.
    let lock = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock")).ok();
    let libraries = Libraries {
        toolchain: COMPILER.toolchain(),
        folder: &cache().join("dependencies"),
        settings: &settings,
        token: &token,
        deadline: Instant::now() + Duration::from_secs(600),
    };
    let sets = [wanted.clone()];
    let prepared = libraries.prepare(&sets, &sets, lock.as_deref(), &mut |_| {}).map_err(|error| error.to_string())?;
    prepared.libraries[wanted].clone()
}

fn run(file: &Path) -> Result<(), Failed> {
    let cells = read(file);
    let directory = file.parent().unwrap();
    let whole = dependencies_of(cells.iter().map(|cell| cell.source.as_str()), directory);
    let chain = Chain::new(&COMPILER, move |set: &DependencySet| library(&whole, set), directory, "0");
    let environment = ["PATH", "HOME"].iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?))).collect();
    let log = AccessLog::new().unwrap();
    let settings = ProcessSettings {
        directory: directory.to_owned(),
        environment,
        access_log: Some(log.clone()),
        ..ProcessSettings::default()
    };
    let mut session = Session::new(&COMPILER, chain, settings);
    let limits = Limits { compile: Duration::from_secs(60), run: Duration::from_secs(2) };
    let mut wrong = Vec::new();
    let mut before = Accesses::default();
    for (index, cell) in cells.iter().enumerate() {
        let mut seen = Seen::default();
        let mut late = String::new();
        session.drain(Duration::from_millis(200), &mut |output| {
            if let Output::Stdout(text) | Output::Stderr(text) = output {
                late.push_str(&text);
            }
        });
        let label = format!("cell {}", index + 1);
        let executed = session
            .execute(&cell.source, &label, limits, &CancellationToken::default(), &mut |output| seen.take(output))
            .map_err(|error| Failed::from(format!("cell {}: {error}", index + 1)))?;
        seen.late = late;
        let accesses = log.read().unwrap();
        seen.accesses = Accesses {
            inputs: &accesses.inputs - &before.inputs,
            missing: &accesses.missing - &before.missing,
            asks_date: accesses.asks_date && !before.asks_date,
            beyond: &accesses.beyond - &before.beyond,
            ..Accesses::default()
        };
        before = accesses;
        seen.lost = executed.lost.iter().map(|(name, _)| name.clone()).collect();
        for problem in seen.problems(&executed.outcome, &cell.lines) {
            wrong.push(format!("cell {}: {problem}\n    it came to {:?}, {seen:?}", index + 1, executed.outcome));
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

#[derive(Debug, Default)]
struct Seen {
    stdout: String,
    stderr: String,
    displays: Vec<(String, String)>,
    words: Vec<String>,
    lost: Vec<String>,
    late: String,
    /// What only this cell has asked for.
    accesses: Accesses,
}

impl Seen {
    fn take(&mut self, output: Output) {
        match output {
            Output::Stdout(text) => self.stdout.push_str(&text),
            Output::Stderr(text) => self.stderr.push_str(&text),
            Output::Display(display) | Output::ShownValue(display) => self.displays.extend(display),
            Output::Value(text) => self.displays.push(("text/plain".to_owned(), text)),
            Output::ControlWord(word) => self.words.push(word),
            _ => {}
        }
    }

    fn has_input(&self, end: &str, interest: Interest) -> bool {
        self.accesses.inputs.iter().any(|(path, of)| path.ends_with(end) && *of == interest)
    }

    /// What is not as these lines expect.
    fn problems(&self, outcome: &CellOutcome, lines: &[String]) -> Vec<String> {
        let found = Found::of(outcome);
        let (mut problems, mut displays, mut expected_kind) = (Vec::new(), self.displays.iter(), "finished");
        for expected in lines {
            let (word, text) = expected.split_once(' ').unwrap_or((expected, ""));
            let plain = text.replace("\\n", "\n");
            if let Some(kind) = kind(word) {
                expected_kind = kind;
            }
            match self.is(word, &plain, &found, &mut displays) {
                Some(true) => {}
                Some(false) => problems.push(format!("expected `{expected}`")),
                None => problems.push(format!("`{word}` is not an expectation")),
            }
        }
        if found.kind != expected_kind {
            problems.push(format!("expected that it {expected_kind}"));
        }
        if displays.next().is_some() {
            problems.push("it shows more than it should".into());
        }
        let says = |wanted: &str| lines.iter().any(|line| line.split(' ').next() == Some(wanted));
        if !says("stdout") && !self.stdout.is_empty() {
            problems.push("it prints to stdout".into());
        }
        if !says("stderr") && !self.stderr.is_empty() && found.kind == "finished" {
            problems.push("it prints to stderr".into());
        }
        if !says("late") && !self.late.is_empty() {
            problems.push("something was printed before it began".into());
        }
        problems
    }

    /// Whether an expectation holds. `None` if there is no such expectation.
    fn is(&self, word: &str, text: &str, found: &Found, displays: &mut slice::Iter<'_, (String, String)>) -> Option<bool> {
        Some(match word {
            "stdout" => self.stdout == text,
            "stderr" => self.stderr.contains(text),
            "late" => self.late.contains(text),
            "value" => displays.next() == Some(&("text/plain".to_owned(), text.to_owned())),
            "display" => {
                let (mime, content) = text.split_once(' ').unwrap_or((text, ""));
                displays.next() == Some(&(mime.to_owned(), content.to_owned()))
            }
            "asks" => self.accesses.asks_date == (text == "the date"),
            "word" => self.words == [text],
            "help" => found.help.iter().any(|help| help.contains(text)),
            "line" => found.line.is_some_and(|line| line.to_string() == text),
            "in" => found.elsewhere.iter().any(|place| place == text),
            "reads" => self.has_input(text, Interest::Content),
            "looks" => self.has_input(text, Interest::Presence),
            "misses" => self.accesses.missing.iter().any(|path| path.ends_with(text)),
            "unread" => !self.accesses.inputs.iter().any(|(path, _)| path.ends_with(text)),
            "beyond" => self.accesses.beyond.iter().any(|beyond| beyond.to_string() == text),
            "lost" => self.lost.iter().any(|name| name == text),
            word => {
                kind(word)?;
                found.message.contains(text)
            }
        })
    }
}

/// How a cell ends that is expected to do this.
fn kind(word: &str) -> Option<&'static str> {
    Some(match word {
        "panics" => "panicked",
        "fails" => "failed",
        "dies" => "died",
        "times-out" => "timed out",
        "refused" => "refused",
        "error" => "error",
        _ => return None,
    })
}

/// How a cell ended.
#[derive(Default)]
struct Found {
    kind: &'static str,
    message: String,
    help: Vec<String>,
    line: Option<u32>,
    /// The places in earlier cells that errors name.
    elsewhere: Vec<String>,
}

impl Found {
    fn of(outcome: &CellOutcome) -> Found {
        let (kind, message, line) = match outcome {
            CellOutcome::Finished => ("finished", String::new(), None),
            CellOutcome::Refused { message, line } => ("refused", message.clone(), Some(*line)),
            CellOutcome::CompileErrors(diagnostics) => return Found::refused_by_rustc(diagnostics),
            CellOutcome::Ended(Ending::Panicked { message, place }) => {
                ("panicked", message.clone(), place.as_ref().map(|(_, line)| *line))
            }
            CellOutcome::Ended(Ending::Failed { message, place }) => {
                ("failed", message.clone(), place.as_ref().map(|(_, line)| *line))
            }
            CellOutcome::Ended(Ending::Died { status }) => ("died", status.clone(), None),
            CellOutcome::RunTimeout(_) => ("timed out", String::new(), None),
            other => ("other", format!("{other:?}"), None),
        };
        Found { kind, message, line, ..Found::default() }
    }

    fn refused_by_rustc(diagnostics: &[Diagnostic]) -> Found {
        let texts: Vec<String> = diagnostics.iter().map(ToString::to_string).collect();
        let places = diagnostics.iter().flat_map(|diagnostic| &diagnostic.places);
        Found {
            kind: "error",
            message: texts.join("\n"),
            help: diagnostics.iter().flat_map(|diagnostic| diagnostic.help.clone()).collect(),
            line: diagnostics.first().and_then(|diagnostic| diagnostic.places.first()).map(|place| place.line),
            elsewhere: places.filter_map(|place| Some(format!("{}:{}", place.cell.as_ref()?, place.line))).collect(),
        }
    }
}
