//! The kernel and the runner's engine on the corpus of notebooks: the same output, the same failures, cell by
//! cell.
//!
//! A sample by default. The variable `NBSNAP_ENGINES=full` runs all, and a name runs what it matches. The
//! variable `NBSNAP_CORPUS` names another folder of notebooks in the same form.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex};
use std::time::Duration;

use libtest_mimic::{Failed, Trial};
use nbsnap::engine::{Engine, Interrupt, Progress, Run};
use nbsnap::notebook::{CodeCell, Notebook};
use nbsnap::record::{CellRecord, Failure};
use nbsnap::{Rustc, RustcSettings};
use rust_cells::dependencies::DependencySet;
use serde_json::Value;

use crate::client::Kernel;
use crate::received::Executed;
use crate::workspace;

/// In a run that is not full, one notebook of this many.
const SAMPLE: usize = 6;

/// Output of a thread that nothing waits for. It belongs to whichever cell runs when it is printed, or to
/// none.
const BY_CHANCE: &[&str] = &["too late\n"];

/// Only a person can answer this. The runner's cells find standard input empty, and a kernel says that
/// nobody is there.
const NOBODY_THERE: &str = "this client takes no input";

/// A test for each notebook of the corpus.
pub(crate) fn notebooks(is_named: bool) -> Vec<Trial> {
    let is_full = std::env::var_os("NBSNAP_ENGINES").is_some_and(|mode| mode == "full");
    let names: Vec<String> = CORPUS.iter().map(|notebook| notebook.name.clone()).collect();
    let trial = |(index, name): (usize, String)| {
        let is_ignored = !is_full && !is_named && index % SAMPLE != 0;
        Trial::test(format!("corpus_{name}"), move || agree(&CORPUS[index])).with_ignored_flag(is_ignored)
    };
    names.into_iter().enumerate().map(trial).collect()
}

static CORPUS: LazyLock<Vec<Notebook>> = LazyLock::new(|| {
    let mut paths: Vec<PathBuf> = std::fs::read_dir(corpus()).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| parse(path, &std::fs::read_to_string(path).unwrap())).collect()
});

/// The runner's engine, prepared for the whole corpus.
static ENGINE: LazyLock<Mutex<Rustc>> = LazyLock::new(|| {
    let mut engine = Rustc::new(RustcSettings {
        cache: cache(),
        lock_file: cache().join("Cargo.lock"),
        may_write_lock: true,
        opt_level: "0".into(),
        optimized: Vec::new(),
        prepare_timeout: Duration::from_secs(3600),
        interrupt: Interrupt::default(),
    });
    std::fs::create_dir_all(cache()).unwrap();
    // Versions that this workspace has tested.
    if !cache().join("Cargo.lock").exists() {
        std::fs::copy(folder().join("Cargo.lock"), cache().join("Cargo.lock")).unwrap();
    }
    engine.prepare(&CORPUS, &CORPUS, &mut drop).unwrap();
    Mutex::new(engine)
});

fn corpus() -> PathBuf {
    std::env::var_os("NBSNAP_CORPUS").map_or_else(|| folder().join("corpus"), PathBuf::from)
}

fn folder() -> PathBuf {
    workspace().join("tests/engines")
}

/// Where both build.
fn cache() -> PathBuf {
    let name = if std::env::var_os("NBSNAP_CORPUS").is_some() { "corpus-elsewhere" } else { "corpus" };
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

/// What notebooks of the corpus depend on, for the kernel of this program.
pub(crate) fn sets_of(name: &str) -> (Vec<DependencySet>, DependencySet, Option<String>) {
    let lock = std::fs::read_to_string(cache().join("Cargo.lock")).ok();
    let this = CORPUS.iter().find(|notebook| notebook.name == name).map(nbsnap::engines::rustc::set_of);
    (CORPUS.iter().map(nbsnap::engines::rustc::set_of).collect(), this.unwrap_or_default(), lock)
}

fn parse(path: &Path, text: &str) -> Notebook {
    let mut cells: Vec<CodeCell> = Vec::new();
    for line in text.lines() {
        if let Some(tags) = line.strip_prefix("// %%") {
            let number = cells.len() + 1;
            let tags = tags.split_whitespace().map(str::to_owned).collect();
            cells.push(CodeCell { number, id: format!("cell-{number}"), source: String::new(), tags, ..CodeCell::default() });
        } else if let Some(cell) = cells.last_mut() {
            if !cell.source.is_empty() {
                cell.source.push('\n');
            }
            cell.source.push_str(line);
        }
    }
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    Notebook { path: path.to_owned(), name, kernel: "rust".into(), cells, ..Notebook::default() }
}

/// What the runner's engine says, up to the cell at which it stops.
fn records(notebook: &Notebook) -> Vec<CellRecord> {
    let run = Run {
        notebook,
        variables: BTreeMap::new(),
        cell_timeout: Duration::from_secs(3),
        compile_timeout: Duration::from_secs(300),
        // What the kernel keeps.
        max_output: 32 << 20,
        max_memory: None,
        deadline: None,
    };
    let mut records = Vec::new();
    let engine = ENGINE.lock().unwrap();
    let mut worker = engine.worker(0).unwrap();
    let report = &mut |progress: Progress<'_>| {
        if let Progress::Ended(_, record, _) = progress {
            records.push(record);
        }
        ControlFlow::Continue(())
    };
    worker.run(&run, report).unwrap();
    records
}

fn agree(notebook: &Notebook) -> Result<(), Failed> {
    let records = records(notebook);
    let mut kernel = Kernel::start_for(notebook.path.parent().unwrap(), &cache(), Some(&notebook.name));
    let mut differences = Vec::new();
    for (cell, record) in notebook.cells.iter().zip(&records) {
        let is_endless = matches!(record.failure, Some(Failure::Timeout { .. }));
        let executed = match is_endless {
            false => kernel.execute(&cell.source),
            true => {
                let id = kernel.begin(&cell.source);
                std::thread::sleep(Duration::from_secs(3));
                kernel.control("interrupt_request", serde_json::json!({}));
                kernel.end(&id)
            }
        };
        if let Some(difference) = difference(record, &executed) {
            differences.push(format!("cell {}:\n{}\n{difference}", cell.number, cell.source));
        }
        if is_endless {
            break;
        }
    }
    if differences.is_empty() { Ok(()) } else { Err(differences.join("\n").into()) }
}

/// How the kernel differs from the record.
fn difference(record: &CellRecord, executed: &Executed) -> Option<String> {
    let shown: Vec<BTreeMap<String, String>> = executed
        .messages
        .iter()
        .filter(|message| ["display_data", "execute_result"].contains(&message.kind.as_str()))
        // Of a build that this run had to wait for.
        .filter(|message| !message.content["transient"]["display_id"].as_str().is_some_and(|id| id.starts_with("nbsnap-build")))
        .map(|message| {
            let data = message.content["data"].as_object().unwrap();
            data.iter().map(|(mime, value)| (mime.clone(), text(mime, value))).collect()
        })
        .collect();
    let expected: Vec<BTreeMap<String, String>> =
        record.displays().map(|display| display.iter().map(|(mime, text)| (mime.clone(), plain(mime, text))).collect()).collect();
    let name = executed.reply["ename"].as_str().unwrap_or_default();
    let goes_together = match &record.failure {
        None => executed.status() == "ok",
        Some(failure) => executed.status() == "error" && expected_name(failure, name),
    };
    // The failure's text is in the error on one side, and in the output on the other.
    let without_panic = |text: &str| match &record.failure {
        Some(Failure::Panic { .. }) => text.split_once("\nthread '<unnamed>'").map_or(text, |(before, _)| before).to_owned(),
        _ => text.to_owned(),
    };
    let stderr = match &record.failure {
        Some(Failure::Error { .. }) => String::new(),
        _ => without_panic(&record.stderr),
    };
    let has_same_errors = !matches!(record.failure, None | Some(Failure::Died { .. }))
        || without_numbers(&executed.stream("stderr")) == without_numbers(&stderr);
    let is_endless = matches!(record.failure, Some(Failure::Timeout { .. }));
    if record.failure.is_none() && executed.stream("stderr").contains(NOBODY_THERE) {
        return None;
    }
    let without_chance = |text: &str| BY_CHANCE.iter().fold(text.to_owned(), |text, chance| text.replace(chance, ""));
    let has_same_text =
        is_endless || without_chance(&executed.stream("stdout")) == without_chance(&without_panic(&record.stdout));
    if goes_together && has_same_text && shown == expected && has_same_errors {
        return None;
    }
    Some(format!(
        "    the runner: {:?}\n    the kernel: {name} {:?} {:?} {:?} {shown:?}",
        record,
        executed.reply["evalue"].as_str().unwrap_or_default(),
        executed.stream("stdout"),
        executed.stream("stderr"),
    ))
}

/// Whether this is what the kernel calls this failure.
fn expected_name(failure: &Failure, name: &str) -> bool {
    match failure {
        Failure::Compile { diagnostics } => {
            let code = diagnostics.first().and_then(|diagnostic| diagnostic.code.clone());
            name == code.unwrap_or_default() || ["CompileError", "CommandError"].contains(&name)
        }
        Failure::Panic { .. } => name == "Panic",
        Failure::Error { .. } => name == "Error",
        Failure::Died { status } => name == if status.starts_with("by signal") { "Signal" } else { "ProcessExit" },
        Failure::Timeout { .. } => name == "Interrupted",
        Failure::ControlWord { .. } => name == "ControlWord",
        Failure::Refused { .. } => name == "CommandError",
        _ => true,
    }
}

/// JSON in one form, independent of its writer.
fn plain(mime: &str, text: &str) -> String {
    let json = mime.ends_with("json").then(|| serde_json::from_str::<Value>(text).ok()).flatten();
    json.map_or_else(|| text.to_owned(), |json| json.to_string())
}

fn text(mime: &str, value: &Value) -> String {
    match value {
        Value::String(text) => plain(mime, text),
        json => json.to_string(),
    }
}

/// Text without numbers of threads.
fn without_numbers(text: &str) -> String {
    text.chars().filter(|c| !c.is_ascii_digit()).collect()
}
