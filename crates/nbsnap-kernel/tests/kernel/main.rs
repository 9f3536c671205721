//! The kernel as clients see it, each story with a kernel of its own.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
#![expect(clippy::exit, clippy::print_stderr, reason = "this program is a kernel, too, and some tests measure")]

mod agreeing;
mod analysing;
mod client;
mod conformance;
mod enduring;
mod failing;
mod helping;
mod interrupting;
mod living;
mod ports;
mod received;
mod running;
mod start;
mod teaching;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use libtest_mimic::{Arguments, Trial};
use nbsnap_kernel::{AnalyserProgram, KernelSettings};
use rust_cells::ProcessSettings;
use rust_cells::dependencies::BuildSettings;

use client::Kernel;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, role, connection_file, cache, rest @ ..] = arguments.as_slice()
        && let Some(analyser) = analyser_of(role)
    {
        be_the_kernel(Path::new(connection_file), Path::new(cache), rest.first().map(String::as_str), analyser);
        return;
    }
    let stories = [
        running::STORIES,
        failing::STORIES,
        interrupting::STORIES,
        helping::STORIES,
        analysing::STORIES,
        living::STORIES,
        enduring::STORIES,
        teaching::STORIES,
        &conformance::STORIES,
    ]
    .concat();
    let mut arguments = Arguments::from_args();
    // Cells are compiled: more at once only makes each slower than it may be.
    arguments.test_threads = arguments.test_threads.or(Some(2));
    let trials = stories.into_iter().map(|(name, story)| {
        Trial::test(name, move || {
            story();
            Ok(())
        })
    });
    let corpus = agreeing::notebooks(arguments.filter.is_some());
    libtest_mimic::run(&arguments, trials.chain(failing::projects()).chain(corpus).collect()).exit();
}

/// A name and what happens.
type Story = (&'static str, fn());

/// Whether an argument makes this program a kernel, and what analyses code for it.
fn analyser_of(role: &str) -> Option<Option<Arc<dyn AnalyserProgram>>> {
    match role {
        "be-the-kernel" => Some(None),
        "be-the-kernel-that-analyses" => Some(Some(Arc::new(analysing::Program { is_there: true }))),
        "be-the-kernel-without-analyser" => Some(Some(Arc::new(analysing::Program { is_there: false }))),
        _ => None,
    }
}

fn be_the_kernel(connection_file: &Path, cache: &Path, notebook: Option<&str>, analyser: Option<Arc<dyn AnalyserProgram>>) {
    // As the runner's cells have it, so that the two can be compared.
    let mut environment = nbsnap::process::environment::plain();
    environment.extend(ProcessSettings::usual_variables());
    let notebook_less = notebook.is_none();
    let (projects, notebook, lock) = match notebook {
        Some(name) => agreeing::sets_of(name),
        None => (Vec::new(), Default::default(), std::fs::read_to_string(workspace().join("Cargo.lock")).ok()),
    };
    let settings = KernelSettings {
        connection_file: connection_file.to_owned(),
        directory: std::env::current_dir().unwrap(),
        cache: cache.to_owned(),
        lock,
        projects,
        notebook,
        build: BuildSettings { opt_level: "0".into(), optimized: Vec::new() },
        environment,
        analyser,
        history: notebook_less.then(|| std::env::current_dir().unwrap().join("history.jsonl")),
    };
    if let Err(error) = nbsnap_kernel::run(settings) {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn workspace() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap()
}

/// Where all kernels of these tests build.
fn cache() -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("kernel")
}

/// A folder of its own, and a kernel in it.
fn kernel() -> (tempfile::TempDir, Kernel) {
    let folder = tempfile::tempdir().unwrap();
    let kernel = Kernel::start(folder.path(), &cache());
    (folder, kernel)
}
