//! `nbsnap lab`: the testbed, our kernel and JupyterLab in one command, which stops everything it has
//! started.

use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use nbsnap::project::Project;

use super::serve::{self, Log, Serving};
use super::targets::Place;
use super::{kernel, prepare, session};
use crate::args::LabArgs;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::testbed_server;

/// A further folder in which JupyterLab is looked for, after PATH. Relative to the project's folder.
const OWN_ENVIRONMENT: &str = "target/jupyter";

/// Runs the command.
pub(crate) fn run(place: &Place<'_>, args: &LabArgs) -> Result<Exit, CommandError> {
    let project = place.project_if_any()?;
    // Check everything that can be checked before minutes of building.
    let scenario = testbed_server::scenario_if_any(project.as_ref(), args.scenario.as_deref())?;
    let jupyter = jupyter(project.as_ref(), args)?;
    let folder = match (&args.dir, &project) {
        (Some(folder), _) if !folder.is_dir() => {
            return Err(CommandError::Usage(format!("{} is no folder", folder.display())));
        }
        (Some(folder), _) => folder.clone(),
        (None, Some(project)) => project.notebooks_dir(),
        (None, None) => PathBuf::from("."),
    };
    if let Some(project) = &project {
        prepare::for_kernel(project, &args.build, &args.report)?;
    }
    let data = match &project {
        Some(project) => session::cache_dir(project, &args.build).join("lab"),
        None => std::env::temp_dir().join(format!("nbsnap-lab-{}", std::process::id())),
    };
    // Each notebook in Rust has its own testbed, as under test, unless one is asked for that all have.
    let manner = (!args.has_one_testbed()).then_some(args.testbed.manner);
    // Under this name notebooks in Rust find it, in this JupyterLab only.
    let options = kernel::SpecOptions { cache_dir: args.build.cache_dir.as_deref(), keeps_history: true, testbed: manner };
    kernel::write_spec(&data.join("kernels/rust"), "Rust", &options)?;

    let interrupt = serve::interrupt(true)?;
    let log = Log::open(None, args.requests, args.report.color)?;
    let testbed =
        scenario.map(|scenario| testbed_server::start(scenario, args.testbed.manner, args.testbed.ports)).transpose()?;
    let mut command = Command::new(&jupyter);
    command.arg("lab").arg(&folder).args(&args.arguments);
    if let Some(testbed) = &testbed {
        if args.has_one_testbed() {
            log.note(&format!("the testbed's page: {}", testbed.page_url()));
        }
        command.envs(testbed_server::environment(testbed));
    }
    command.env("JUPYTER_PATH", with_path(&data, std::env::var_os("JUPYTER_PATH"))?);
    // The testbed's proxy serves the tutorial's hosts, but no registry. Cargo connects to that directly.
    command.env("CARGO_HTTP_PROXY", "");
    // SAFETY: between fork and exec this makes one system call and touches no memory.
    unsafe { command.pre_exec(end_with_parent) };
    let ended = Serving::new(testbed, interrupt).during(command, log);
    if project.is_none() {
        let _ = std::fs::remove_dir_all(&data);
    }
    ended
}

/// The program `jupyter` that has JupyterLab.
fn jupyter(project: Option<&Project>, args: &LabArgs) -> Result<PathBuf, CommandError> {
    let root = project.map_or(Path::new("."), |project| project.root.as_path());
    let own = root.join(OWN_ENVIRONMENT).join("bin/jupyter");
    let candidates = match &args.jupyter {
        Some(named) => vec![named.clone()],
        None => vec![PathBuf::from("jupyter"), own],
    };
    let has_lab = |program: &PathBuf| {
        let mut version = Command::new(program);
        version.args(["lab", "--version"]).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        version.status().is_ok_and(|status| status.success())
    };
    let asked =
        args.jupyter.as_ref().map_or_else(|| "not on PATH".to_owned(), |named| format!("not what {} runs", named.display()));
    candidates.into_iter().find(has_lab).ok_or_else(|| {
        let environment = root.join(OWN_ENVIRONMENT);
        let environment = environment.strip_prefix(std::env::current_dir().unwrap_or_default()).unwrap_or(&environment);
        CommandError::Usage(format!(
            "JupyterLab is {asked}. This installs it where `nbsnap lab` looks:\n  python3 -m venv {0} && {0}/bin/pip install jupyterlab",
            environment.display()
        ))
    })
}

/// A folder before those that a variable names.
fn with_path(first: &Path, others: Option<OsString>) -> Result<OsString, CommandError> {
    let others = others.unwrap_or_default();
    let absolute = std::path::absolute(first).unwrap_or_else(|_| first.to_owned());
    let folders = [absolute].into_iter().chain(std::env::split_paths(&others).filter(|folder| !folder.as_os_str().is_empty()));
    std::env::join_paths(folders).map_err(|error| CommandError::Usage(error.to_string()))
}

/// Has JupyterLab end, and with it its kernels, when this program is killed.
fn end_with_parent() -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::TERM))?;
    Ok(())
}
