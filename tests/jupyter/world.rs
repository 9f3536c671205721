//! A folder with the kernel installed in it, and a notebook that it runs.

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use nbsnap::engine::{Engine, EngineError, Interrupt, Progress, Run};
use nbsnap::notebook::{CodeCell, Notebook};
use nbsnap::record::{CellRecord, Failure};
use nbsnap::{Jupyter, JupyterSettings, Kernelspecs};
use tempfile::TempDir;

use crate::KERNEL;

/// A folder, its kernel, and the settings of a run.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    /// What the notebook asks for.
    pub(crate) kernel: &'static str,
    pub(crate) language: Option<&'static str>,
    pub(crate) mode: &'static str,
    pub(crate) by_message: bool,
    pub(crate) start_timeout: Duration,
    pub(crate) cell_timeout: Duration,
    pub(crate) max_memory: Option<u64>,
    pub(crate) variables: BTreeMap<String, String>,
    pub(crate) interrupt: Interrupt,
}

/// What came of a notebook.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) records: Vec<CellRecord>,
    pub(crate) late: String,
    pub(crate) cannot_begin: Option<String>,
    pub(crate) elapsed: Duration,
}

impl World {
    pub(crate) fn new() -> World {
        World {
            folder: tempfile::tempdir().unwrap(),
            kernel: "fake",
            language: None,
            mode: "normal",
            by_message: true,
            start_timeout: Duration::from_secs(30),
            cell_timeout: Duration::from_secs(30),
            max_memory: None,
            variables: BTreeMap::new(),
            interrupt: Interrupt::default(),
        }
    }

    /// Runs cells, all of which are run unless one of them fails that is not tagged.
    pub(crate) fn run(&self, cells: &[&str]) -> Outcome {
        self.try_run(cells, &mut |_| ()).unwrap()
    }

    /// [`World::run`]; `seen` is given each record as it comes.
    pub(crate) fn try_run(&self, cells: &[&str], seen: &mut dyn FnMut(&CellRecord)) -> Result<Outcome, EngineError> {
        let folder = self.folder.path().join("kernels/fake");
        std::fs::create_dir_all(&folder).unwrap();
        let program = std::env::current_exe().unwrap();
        let spec = serde_json::json!({
            "argv": [program, KERNEL, "{connection_file}", self.mode],
            "display_name": "Fake",
            "language": "fake",
            "interrupt_mode": if self.by_message { "message" } else { "signal" },
        });
        std::fs::write(folder.join("kernel.json"), spec.to_string()).unwrap();
        let engine = Jupyter::new(JupyterSettings {
            kernelspecs: Kernelspecs::in_folders([self.folder.path().to_owned()]),
            start_timeout: self.start_timeout,
            interrupt: self.interrupt.clone(),
        });
        let cells = cells.iter().enumerate().map(|(index, source)| {
            let tags = if source.contains("exit") { vec!["raises-exception".to_owned()] } else { Vec::new() };
            CodeCell { number: index + 1, id: format!("c{index}"), source: (*source).to_owned(), tags, ..CodeCell::default() }
        });
        let notebook = Notebook {
            path: self.folder.path().join("lab.ipynb"),
            name: "lab".into(),
            kernel: self.kernel.into(),
            language: self.language.map(str::to_owned),
            cells: cells.collect(),
            ..Notebook::default()
        };
        let run = Run {
            notebook: &notebook,
            variables: self.variables.clone(),
            cell_timeout: self.cell_timeout,
            compile_timeout: Duration::from_secs(30),
            max_output: 10_000,
            max_memory: self.max_memory,
            deadline: None,
        };
        let (started, mut outcome) = (Instant::now(), Outcome::default());
        engine.worker(0)?.run(&run, &mut |progress| {
            match progress {
                Progress::Started(_) | Progress::Accessed(_) => {}
                Progress::Ended(cell, record, _) => {
                    seen(&record);
                    let fails = record.failure.is_some() && !cell.must_raise();
                    outcome.records.push(record);
                    if fails {
                        return ControlFlow::Break(());
                    }
                }
                Progress::CannotBegin(failure) => outcome.cannot_begin = Some(failure.to_string()),
                Progress::Late(text) => outcome.late.push_str(&text),
            }
            ControlFlow::Continue(())
        })?;
        outcome.elapsed = started.elapsed();
        Ok(outcome)
    }

    /// The one record of a notebook of one cell.
    pub(crate) fn run_cell(&self, cell: &str) -> CellRecord {
        let mut outcome = self.run(&[cell]);
        assert_eq!(outcome.records.len(), 1, "{outcome:?}");
        outcome.records.remove(0)
    }
}

/// What a cell displayed as plain text, in order.
pub(crate) fn displayed(record: &CellRecord) -> Vec<&str> {
    record.displays().map(|display| display["text/plain"].as_str()).collect()
}

/// The kind of a record's failure.
pub(crate) fn kind(record: &CellRecord) -> &'static str {
    record.failure.as_ref().map_or("nothing", Failure::kind)
}
