//! The engines, through the library's `Engine` trait, and what two of them say of one notebook.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nbsnap::engine::{Engine, Interrupt, Progress, Run, Worker};
use nbsnap::engines::evcxr::protocol::Settings;
use nbsnap::notebook::{CodeCell, Notebook};
use nbsnap::record::{CellRecord, Diagnostic, Failure};
use nbsnap::redact::Redactor;
use nbsnap::{ByKernel, Evcxr, EvcxrProgram, EvcxrSettings, Jupyter, JupyterSettings, Kernelspecs, Rustc, RustcSettings};
use serde::{Deserialize, Serialize};

use crate::corpus::folder;

/// Which engines are compared, by name: one with the one that it is to be like. Where both are the same,
/// there is only the one to look at.
#[derive(Clone, Debug)]
pub(crate) struct Pair {
    pub(crate) one: String,
    pub(crate) reference: String,
}

/// The engines, prepared for a set of notebooks.
pub(crate) struct Engines {
    notebooks: Vec<Notebook>,
    pair: Pair,
    /// By name, each set up when it is first asked.
    workers: BTreeMap<String, Box<dyn Worker>>,
}

/// What an engine made of a notebook.
#[derive(Serialize, Deserialize)]
struct Made {
    records: Vec<CellRecord>,
    /// What was printed when no cell ran.
    late: String,
    elapsed: Duration,
}

/// What came of running a notebook on both engines.
pub(crate) enum Comparison {
    /// There is one engine only, and this is what went wrong with it.
    Alone {
        breakdowns: Vec<String>,
        one: Duration,
    },
    Equal {
        one: Duration,
        reference: Duration,
    },
    Different {
        differences: Vec<String>,
        cells: Vec<usize>,
        one: Duration,
        reference: Duration,
    },
}

impl Engines {
    pub(crate) fn new(notebooks: &[Notebook], pair: Pair) -> Engines {
        Engines { notebooks: notebooks.to_vec(), pair, workers: BTreeMap::new() }
    }

    /// The worker of an engine by its name; `kernel` is evcxr's own kernel, `evcxr_jupyter`, which is
    /// installed under `target/bench`.
    fn worker(&mut self, name: &str) -> &mut dyn Worker {
        let notebooks = &self.notebooks;
        &mut **self.workers.entry(name.to_owned()).or_insert_with(|| {
            // Two engines cannot build in one folder. A worker borrows from its engine, and both live until
            // the tests end.
            let engine: &'static mut dyn Engine = match name {
                "rustc" => Box::leak(Box::new(rustc())),
                "evcxr" => Box::leak(Box::new(evcxr("target/engines"))),
                "kernel" => Box::leak(Box::new(ByKernel::kernels_only(evcxr("target/engines-kernel"), rustc(), kernels()))),
                other => panic!("there is no engine `{other}`"),
            };
            engine.prepare(notebooks, notebooks, &mut drop).unwrap();
            engine.worker(0).unwrap()
        })
    }

    /// Runs a notebook on both.
    pub(crate) fn compare(&mut self, notebook: &Notebook) -> Comparison {
        let Pair { one, reference } = self.pair.clone();
        let is_alone = one == reference;
        let made = if is_alone { self.kept(&reference, notebook) } else { self.ask(&one, notebook) };
        if is_alone {
            let breakdown = |record: &CellRecord| match &record.failure {
                Some(failure @ Failure::Engine { .. }) => Some(failure.to_string()),
                _ => None,
            };
            let breakdowns = made.records.iter().filter_map(breakdown).collect();
            return Comparison::Alone { breakdowns, one: made.elapsed };
        }
        let reference = self.kept(&reference, notebook);
        let (differences, cells) = differences(notebook, &made, &reference);
        let (one, reference) = (made.elapsed, reference.elapsed);
        match differences.is_empty() {
            true => Comparison::Equal { one, reference },
            false => Comparison::Different { differences, cells, one, reference },
        }
    }

    fn ask(&mut self, name: &str, notebook: &Notebook) -> Made {
        let mut run = run(notebook);
        if name == "kernel" {
            // A kernel has one time to compile and to run; nothing here takes long to compile.
            run.compile_timeout = Duration::from_secs(20);
        }
        ask(self.worker(name), &run)
    }

    /// What an engine says. With `NBSNAP_ENGINES_KEPT` set to a folder it is asked once only: for those who
    /// work on the other engine.
    fn kept(&mut self, name: &str, notebook: &Notebook) -> Made {
        let kept = std::env::var_os("NBSNAP_ENGINES_KEPT").map(|folder| {
            use std::hash::{DefaultHasher, Hash, Hasher};
            let mut hasher = DefaultHasher::new();
            format!("{:?}", notebook.cells).hash(&mut hasher);
            PathBuf::from(folder).join(format!("{name}-{}-{:x}.json", notebook.name, hasher.finish()))
        });
        if let Some(text) = kept.as_ref().and_then(|path| std::fs::read_to_string(path).ok()) {
            return serde_json::from_str(&text).unwrap();
        }
        let made = self.ask(name, notebook);
        if let Some(path) = kept {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, serde_json::to_string_pretty(&made).unwrap()).unwrap();
        }
        made
    }
}

fn evcxr(target: &str) -> Evcxr {
    let target = folder().join("../..").join(target);
    Evcxr::new(EvcxrSettings {
        program: EvcxrProgram::At(env!("CARGO_BIN_EXE_nbsnap-evcxr").into()),
        build: Settings {
            cache: std::env::var_os("NBSNAP_CACHE_DIR").map_or(target, PathBuf::from),
            lock_file: folder().join("Cargo.lock"),
            may_write_lock: std::env::var_os("CI").is_none(),
            opt_level: "0".into(),
            optimized: Vec::new(),
            prepare_timeout: Duration::from_secs(3600),
        },
        interrupt: Interrupt::default(),
    })
}

fn rustc() -> Rustc {
    let cache = folder().join("../../target/engines-rustc");
    // evcxr adds tokio when a cell awaits, so the two engines do not pin the same crates. The versions are
    // the same.
    let lock_file = cache.join("Cargo.lock");
    if !lock_file.exists() {
        std::fs::create_dir_all(&cache).unwrap();
        std::fs::copy(folder().join("Cargo.lock"), &lock_file).unwrap();
    }
    Rustc::new(RustcSettings {
        cache,
        lock_file,
        may_write_lock: true,
        opt_level: "0".into(),
        optimized: Vec::new(),
        prepare_timeout: Duration::from_secs(3600),
        interrupt: Interrupt::default(),
    })
}

fn kernels() -> Jupyter {
    Jupyter::new(JupyterSettings {
        kernelspecs: Kernelspecs::in_folders([install_kernel()]),
        start_timeout: Duration::from_secs(120),
        interrupt: Interrupt::default(),
    })
}

/// Has a notebook run, as far as the runner would go.
fn ask(worker: &mut dyn Worker, run: &Run<'_>) -> Made {
    let started = Instant::now();
    let (mut records, mut late) = (Vec::new(), String::new());
    let report = &mut |progress: Progress<'_>| match progress {
        Progress::Started(_) | Progress::Accessed(_) => ControlFlow::Continue(()),
        Progress::Ended(cell, record, _) => {
            let over = ends_notebook(cell, &record);
            records.push(record);
            if over { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
        }
        Progress::CannotBegin(failure) => panic!("the engine cannot begin {}: {failure}", run.notebook.name),
        Progress::Late(text) => {
            late.push_str(&text);
            ControlFlow::Break(())
        }
    };
    worker.run(run, report).unwrap();
    Made { records, late, elapsed: started.elapsed() }
}

/// Says how the kernel that is installed under `target/bench` is started, and returns the folder in which
/// Jupyter would look for that.
fn install_kernel() -> PathBuf {
    let target = folder().join("../../target/bench").canonicalize().unwrap();
    let program = target.join("kernel/bin/evcxr_jupyter");
    assert!(program.exists(), "{} is not there: `just jupyter-engines` installs it", program.display());
    let installed = target.join("engines-kernel");
    std::fs::create_dir_all(installed.join("kernels/rust")).unwrap();
    let spec = serde_json::json!({
        "argv": [program, "--control_file", "{connection_file}"],
        "display_name": "Rust",
        "language": "rust",
        "interrupt_mode": "message",
    });
    std::fs::write(installed.join("kernels/rust/kernel.json"), spec.to_string()).unwrap();
    installed
}

fn run(notebook: &Notebook) -> Run<'_> {
    Run {
        notebook,
        variables: BTreeMap::new(),
        cell_timeout: Duration::from_secs(3),
        compile_timeout: Duration::from_secs(300),
        max_output: 1 << 20,
        max_memory: None,
        deadline: None,
    }
}

/// Whether the runner would go no further after this.
fn ends_notebook(cell: &CodeCell, record: &CellRecord) -> bool {
    match &record.failure {
        Some(failure) => !(cell.must_raise() && failure.is_raised_by_code()),
        None => cell.must_raise(),
    }
}

/// Where the records differ, and in which cells.
fn differences(notebook: &Notebook, one: &Made, reference: &Made) -> (Vec<String>, Vec<usize>) {
    let mut redactor = Redactor::builder().build().unwrap();
    let (mut ones, mut references) = (one.records.clone(), reference.records.clone());
    ones.iter_mut().chain(&mut references).for_each(|record| redactor.record("", record));
    let (mut found, mut cells) = (Vec::new(), Vec::new());
    if one.late != reference.late {
        found.push(format!("when no cell ran one saw {:?}, the reference {:?}", one.late, reference.late));
    }
    for (index, cell) in notebook.cells.iter().enumerate() {
        let said = match (ones.get(index), references.get(index)) {
            (None, None) => break,
            (Some(one), Some(reference)) => fields(one, reference),
            (Some(one), None) => vec![format!("only one engine ran it, not the reference: {one:?}")],
            (None, Some(reference)) => vec![format!("only the reference ran it: {reference:?}")],
        };
        if !said.is_empty() {
            cells.push(cell.number);
            found.push(format!(
                "cell {}:\n{}\n  source: {}",
                cell.number,
                said.join("\n"),
                cell.source.replace('\n', "\n          ")
            ));
        }
    }
    (found, cells)
}

fn fields(one: &CellRecord, reference: &CellRecord) -> Vec<String> {
    let (one_failure, reference_failure) = failures(one.failure.as_ref(), reference.failure.as_ref());
    let pairs = [
        ("stdout", format!("{:?}", one.stdout), format!("{:?}", reference.stdout)),
        ("stderr", format!("{:?}", one.stderr), format!("{:?}", reference.stderr)),
        ("outputs", format!("{:?}", one.outputs), format!("{:?}", reference.outputs)),
        ("further", format!("{:?}", one.further), format!("{:?}", reference.further)),
        ("failure", one_failure, reference_failure),
    ];
    let differ = pairs.into_iter().filter(|(_, one, reference)| one != reference);
    differ
        .map(|(field, one, reference)| format!("  {field}, one: {}\n  {field}, reference: {}", short(&one), short(&reference)))
        .collect()
}

/// Failures as far as they must be equal: of a compile error that is code, message and place of every
/// diagnostic, in any order. Where the reference can name no place, the other may know one.
fn failures(one: Option<&Failure>, reference: Option<&Failure>) -> (String, String) {
    match (one, reference) {
        (Some(Failure::Compile { diagnostics: one }), Some(Failure::Compile { diagnostics: reference })) => {
            let (mut one, reference) = (errors(one), errors(reference));
            for (one, reference) in one.iter_mut().zip(&reference).filter(|(_, reference)| reference.2.is_none()) {
                one.2 = reference.2;
            }
            (format!("{one:?}"), format!("{reference:?}"))
        }
        // A kernel has one time to compile and to run.
        (Some(Failure::Timeout { .. }), Some(Failure::Timeout { .. })) => ("timeout".into(), "timeout".into()),
        // Of a flood only the kind and the limit are sure: who reads faster has counted more.
        (Some(Failure::TooMuchOutput { limit: one, .. }), Some(Failure::TooMuchOutput { limit: reference, .. })) => {
            (one.to_string(), reference.to_string())
        }
        _ => (format!("{one:?}"), format!("{reference:?}")),
    }
}

/// Code, message, line and column.
type Error<'a> = (Option<&'a str>, &'a str, Option<(u32, u32)>);

fn errors(diagnostics: &[Diagnostic]) -> Vec<Error<'_>> {
    let place = |diagnostic: &Diagnostic| diagnostic.spans.first().map(|span| (span.line, span.column));
    let mut errors: Vec<Error<'_>> = diagnostics
        .iter()
        .map(|diagnostic| (diagnostic.code.as_deref(), diagnostic.message.as_str(), place(diagnostic)))
        .collect();
    errors.sort();
    errors
}

fn short(text: &str) -> String {
    if text.chars().count() <= 1200 { text.to_owned() } else { text.chars().take(1200).chain("…".chars()).collect() }
}
