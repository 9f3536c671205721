//! `nbsnap kernel`: evcxr's own Jupyter kernel, with dependencies built ahead.
//!
//! Jupyter calls `nbsnap kernel start`, which finds `nbsnap-evcxr` and becomes that.

use std::fs;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use jupyter_zmq_client::dirs::user_data_dir;
use nbsnap::EvcxrProgram;
use nbsnap::engine::Interrupt;
use nbsnap::files::atomic_write;
use nbsnap::report::Reporter;
use nbsnap::run::RunError;
use serde_json::{Value, json};

use super::{Place, prepare, session};
use crate::args::{InstallArgs, KernelCommand, ReportArgs, SpecArgs, StartArgs};
use crate::error::CommandError;
use crate::exit::Exit;

/// The kernel's picture in Jupyter's launcher.
const LOGO: &str = include_str!("kernel.svg");

/// Runs the command.
pub(crate) fn run(place: &Place<'_>, command: &KernelCommand) -> Result<Exit, CommandError> {
    match command {
        KernelCommand::Install(args) => install(place, args),
        KernelCommand::Uninstall(args) => uninstall(args),
        KernelCommand::Start(args) => start(place, args),
    }
}

fn install(place: &Place<'_>, args: &InstallArgs) -> Result<Exit, CommandError> {
    let folder = folder(&args.spec)?;
    if folder.exists() && !is_ours(&folder) {
        let message = format!("{} is another kernel: give ours a `--name`, or remove that one first", folder.display());
        return Err(CommandError::Usage(message));
    }
    if let (Some(project), false) = (place.project_if_any()?, args.no_prepare) {
        prepare::for_kernel(&project, &args.build, &args.report)?;
    }
    build(&args.report)?;
    write_spec(&folder, &args.display_name, args.build.cache_dir.as_deref())?;
    super::say(&format!("Jupyter knows the kernel `{}` now: {}", args.display_name, folder.join("kernel.json").display()))?;
    Ok(Exit::Success)
}

fn uninstall(args: &SpecArgs) -> Result<Exit, CommandError> {
    let folder = folder(args)?;
    if !folder.exists() {
        return Err(CommandError::Usage(format!("there is no kernel {}", folder.display())));
    }
    if !is_ours(&folder) {
        return Err(CommandError::Usage(format!("{} is another kernel, and stays", folder.display())));
    }
    fs::remove_dir_all(&folder).map_err(|source| CommandError::Remove { path: folder.clone(), source })?;
    super::say(&format!("removed {}", folder.display()))?;
    Ok(Exit::Success)
}

/// The kernelspec's folder.
fn folder(args: &SpecArgs) -> Result<PathBuf, CommandError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if args.name.is_empty() || args.name.starts_with('.') || !args.name.chars().all(is_plain) {
        let message = format!("a kernelspec cannot be called `{}`: letters, digits, `-`, `_` and `.` may be in it", args.name);
        return Err(CommandError::Usage(message));
    }
    let data = match (&args.prefix, args.sys_prefix) {
        (Some(prefix), _) => std::path::absolute(prefix).unwrap_or_else(|_| prefix.clone()).join("share/jupyter"),
        (None, true) => {
            let active = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().find_map(std::env::var_os).ok_or_else(|| {
                CommandError::Usage("no Python environment is active: activate one, or name its folder with --prefix".into())
            })?;
            PathBuf::from(active).join("share/jupyter")
        }
        (None, false) => user_data_dir().map_err(|error| CommandError::Usage(error.to_string()))?,
    };
    Ok(data.join("kernels").join(&args.name))
}

/// Whether a kernelspec is one that this program has written.
fn is_ours(folder: &Path) -> bool {
    let spec = fs::read(folder.join("kernel.json")).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    spec.is_some_and(|spec| spec["metadata"]["nbsnap"].is_object())
}

/// Writes a kernelspec (<https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs>) that has this very program started.
pub(super) fn write_spec(folder: &Path, display_name: &str, cache_dir: Option<&Path>) -> Result<(), CommandError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| CommandError::Write { path, source }
    };
    let program = std::env::current_exe().map_err(failed(folder))?;
    let mut argv = vec![program.display().to_string(), "kernel".into(), "start".into(), "{connection_file}".into()];
    if let Some(cache_dir) = cache_dir {
        let absolute = std::path::absolute(cache_dir).map_err(failed(cache_dir))?;
        argv.extend(["--cache-dir".to_owned(), absolute.display().to_string()]);
    }
    let spec = json!({
        "argv": argv,
        "display_name": display_name,
        "language": "rust",
        // evcxr ends the process that runs the cells, which a signal would not.
        "interrupt_mode": "message",
        "metadata": { "debugger": false, "nbsnap": { "version": env!("CARGO_PKG_VERSION") } },
    });
    fs::create_dir_all(folder).map_err(failed(folder))?;
    for (name, text) in [("kernel.json", format!("{spec:#}\n")), ("logo-svg.svg", LOGO.to_owned())] {
        let path = folder.join(name);
        atomic_write::write(&path, text.as_bytes()).map_err(failed(&path))?;
    }
    Ok(())
}

/// Becomes the kernel, which is another program.
fn start(place: &Place<'_>, args: &StartArgs) -> Result<Exit, CommandError> {
    let project = place.project_if_any().unwrap_or_default();
    // Nobody would see how it is built.
    let program = EvcxrProgram::default().find(&Interrupt::default(), &mut drop).map_err(RunError::Engine)?;
    let mut command = Command::new(&program);
    command.arg("kernel").arg(&args.connection_file);
    if let Some(project) = &project {
        command.arg("--project").arg(project.notebooks_dir()).args(["--profile", place.profile]);
    }
    if let Some(cache_dir) = &args.build.cache_dir {
        command.arg("--cache-dir").arg(cache_dir);
    }
    Err(CommandError::Start { command: program.display().to_string(), source: command.exec() })
}

/// Sees to it that the kernel's program is there, which may have to be built.
pub(super) fn build(args: &ReportArgs) -> Result<(), CommandError> {
    let interrupt = session::interrupt()?;
    let mut reporter = session::reporter(args);
    let mut written = Ok(());
    EvcxrProgram::default()
        .find(&interrupt, &mut |event| {
            if written.is_ok() {
                written = reporter.report(&event);
            }
        })
        .map_err(RunError::Engine)?;
    written.map_err(CommandError::Output)
}
