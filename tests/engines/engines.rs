//! The engines, through the library's `Engine` trait, and what two of them say of one notebook: evcxr, and `fused` or a kernel of Jupyter's.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nbsnap::engine::{Engine, Interrupt, Look, Progress, Run, Worker};
use nbsnap::notebook::{CodeCell, Notebook};
use nbsnap::record::{CellRecord, Diagnostic, Failure};
use nbsnap::redact::Redactor;
use nbsnap::{ByKernel, Evcxr, EvcxrSettings, Jupyter, JupyterSettings, Kernelspecs};
use serde::{Deserialize, Serialize};

use crate::corpus::folder;

/// What is compared with evcxr.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Other {
    /// The notebook as one program.
    Fused,
    /// evcxr's own kernel, `evcxr_jupyter`, which is installed under `target/bench`.
    Kernel,
}

/// The engines, prepared for a set of notebooks.
pub(crate) struct Engines {
    notebooks: Vec<Notebook>,
    other: Other,
    /// evcxr, and `fused` in it, set up when they are first asked.
    worker: Option<Box<dyn Worker>>,
    /// Kernels, set up when they are first asked.
    kernels: Option<Box<dyn Worker>>,
}

/// What an engine made of a notebook.
#[derive(Serialize, Deserialize)]
struct Reference {
    records: Vec<CellRecord>,
    /// What was printed when no cell ran.
    late: String,
    elapsed: Duration,
}

/// What came of running a notebook on evcxr and on the other engine.
pub(crate) enum Comparison {
    Equal { other: Duration, evcxr: Duration },
    Declined { reason: String },
    Different { differences: Vec<String>, cells: Vec<usize>, other: Duration, evcxr: Duration },
}

impl Engines {
    pub(crate) fn new(notebooks: &[Notebook], other: Other) -> Engines {
        Engines { notebooks: notebooks.to_vec(), other, worker: None, kernels: None }
    }

    fn worker(&mut self) -> &mut dyn Worker {
        let notebooks = &self.notebooks;
        &mut **self.worker.get_or_insert_with(|| {
            // A worker is lent by its engine, and both live until the tests end.
            let engine = Box::leak(Box::new(Engines::engine("target/engines")));
            engine.prepare(notebooks, notebooks, &mut drop).unwrap();
            engine.worker(0).unwrap()
        })
    }

    fn kernels(&mut self) -> &mut dyn Worker {
        let notebooks = &self.notebooks;
        &mut **self.kernels.get_or_insert_with(|| {
            let jupyter = Jupyter::new(JupyterSettings {
                kernelspecs: Kernelspecs::in_folders([install_kernel()]),
                start_timeout: Duration::from_secs(120),
                interrupt: Interrupt::default(),
            });
            // Two engines cannot build in one folder.
            let engine = ByKernel::new(Engines::engine("target/engines-kernel"), jupyter, true);
            let engine = Box::leak(Box::new(engine));
            engine.prepare(notebooks, notebooks, &mut drop).unwrap();
            engine.worker(0).unwrap()
        })
    }

    fn engine(target: &str) -> Evcxr {
        let target = folder().join("../..").join(target);
        Evcxr::new(EvcxrSettings {
            cache: std::env::var_os("NBSNAP_CACHE_DIR").map_or(target, PathBuf::from),
            lock_file: folder().join("Cargo.lock"),
            may_write_lock: std::env::var_os("CI").is_none(),
            opt_level: "0".into(),
            optimized: Vec::new(),
            fused: true,
            prepare_timeout: Duration::from_secs(3600),
            interrupt: Interrupt::default(),
        })
    }

    /// Runs a notebook on both.
    pub(crate) fn compare(&mut self, notebook: &Notebook) -> Comparison {
        if self.other == Other::Kernel {
            // A kernel has one time to compile and to run; nothing here takes long to compile.
            let run = Run { compile_timeout: Duration::from_secs(20), ..run(notebook) };
            let kernel = ask(self.kernels(), &run);
            return self.with_reference(notebook, kernel.records, kernel.elapsed);
        }
        self.worker();
        let started = Instant::now();
        let look = self.worker().shortcut(&run(notebook), &mut |_| ()).unwrap();
        let fused = started.elapsed();
        let records = match look {
            Look::Records(records) => records.into_iter().map(|(record, _)| record).collect(),
            Look::Interrupted(_) => unreachable!("nobody interrupts"),
            Look::Declined(reason) => return Comparison::Declined { reason },
        };
        self.with_reference(notebook, records, fused)
    }

    fn with_reference(&mut self, notebook: &Notebook, records: Vec<CellRecord>, other: Duration) -> Comparison {
        let reference = self.reference(notebook);
        let (differences, cells) = differences(notebook, records, &reference);
        let evcxr = reference.elapsed;
        match differences.is_empty() {
            true => Comparison::Equal { other, evcxr },
            false => Comparison::Different { differences, cells, other, evcxr },
        }
    }

    /// What evcxr says. With `NBSNAP_ENGINES_KEPT` set to a folder it is asked once only: for those who work on `fused`.
    fn reference(&mut self, notebook: &Notebook) -> Reference {
        let kept = std::env::var_os("NBSNAP_ENGINES_KEPT").map(|folder| {
            use std::hash::{DefaultHasher, Hash, Hasher};
            let mut hasher = DefaultHasher::new();
            format!("{:?}", notebook.cells).hash(&mut hasher);
            PathBuf::from(folder).join(format!("{}-{:x}.json", notebook.name, hasher.finish()))
        });
        if let Some(text) = kept.as_ref().and_then(|path| std::fs::read_to_string(path).ok()) {
            return serde_json::from_str(&text).unwrap();
        }
        let reference = ask(self.worker(), &run(notebook));
        if let Some(path) = kept {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, serde_json::to_string_pretty(&reference).unwrap()).unwrap();
        }
        reference
    }
}

/// Has a notebook run, as far as the runner would go.
fn ask(worker: &mut dyn Worker, run: &Run<'_>) -> Reference {
    let started = Instant::now();
    let (mut records, mut late) = (Vec::new(), String::new());
    let report = &mut |progress: Progress<'_>| match progress {
        Progress::Started(_) => ControlFlow::Continue(()),
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
    Reference { records, late, elapsed: started.elapsed() }
}

/// Says how the kernel that is installed under `target/bench` is started, and returns the folder in which Jupyter would look for that.
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
fn differences(notebook: &Notebook, mut fused: Vec<CellRecord>, reference: &Reference) -> (Vec<String>, Vec<usize>) {
    let mut redactor = Redactor::builder().build().unwrap();
    let mut evcxr = reference.records.clone();
    fused.iter_mut().chain(&mut evcxr).for_each(|record| redactor.record("", record));
    let (mut found, mut cells) = (Vec::new(), Vec::new());
    if !reference.late.is_empty() {
        found.push(format!("evcxr saw output when no cell ran: {:?}", reference.late));
    }
    for (index, cell) in notebook.cells.iter().enumerate() {
        let said = match (fused.get(index), evcxr.get(index)) {
            (None, None) => break,
            (Some(fused), Some(evcxr)) => fields(fused, evcxr),
            (Some(fused), None) => vec![format!("only the other engine ran it: {fused:?}")],
            (None, Some(evcxr)) => vec![format!("only evcxr ran it: {evcxr:?}")],
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

fn fields(fused: &CellRecord, evcxr: &CellRecord) -> Vec<String> {
    let (fused_failure, evcxr_failure) = failures(fused.failure.as_ref(), evcxr.failure.as_ref());
    let pairs = [
        ("stdout", format!("{:?}", fused.stdout), format!("{:?}", evcxr.stdout)),
        ("stderr", format!("{:?}", fused.stderr), format!("{:?}", evcxr.stderr)),
        ("outputs", format!("{:?}", fused.outputs), format!("{:?}", evcxr.outputs)),
        ("further", format!("{:?}", fused.further), format!("{:?}", evcxr.further)),
        ("failure", fused_failure, evcxr_failure),
    ];
    let differ = pairs.into_iter().filter(|(_, fused, evcxr)| fused != evcxr);
    differ
        .map(|(field, other, evcxr)| format!("  {field}, other: {}\n  {field}, evcxr: {}", short(&other), short(&evcxr)))
        .collect()
}

/// Failures as far as they must be equal: of a compile error that is code, message and place of every diagnostic, in any order. Where evcxr can
/// name no place, `fused` may know one.
fn failures(fused: Option<&Failure>, evcxr: Option<&Failure>) -> (String, String) {
    match (fused, evcxr) {
        (Some(Failure::Compile { diagnostics: fused }), Some(Failure::Compile { diagnostics: evcxr })) => {
            let (mut fused, evcxr) = (errors(fused), errors(evcxr));
            for (fused, evcxr) in fused.iter_mut().zip(&evcxr).filter(|(_, evcxr)| evcxr.2.is_none()) {
                fused.2 = evcxr.2;
            }
            (format!("{fused:?}"), format!("{evcxr:?}"))
        }
        // A kernel has one time to compile and to run.
        (Some(Failure::Timeout { .. }), Some(Failure::Timeout { .. })) => ("timeout".into(), "timeout".into()),
        // Of a flood only the kind and the limit are sure: who reads faster has counted more.
        (Some(Failure::TooMuchOutput { limit: fused, .. }), Some(Failure::TooMuchOutput { limit: evcxr, .. })) => {
            (fused.to_string(), evcxr.to_string())
        }
        _ => (format!("{fused:?}"), format!("{evcxr:?}")),
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
