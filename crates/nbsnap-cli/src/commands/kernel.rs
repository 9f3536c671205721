//! `nbsnap kernel`: evcxr's own Jupyter kernel (evcxr_jupyter, as a library) in this binary, with dependencies built ahead.
//!
//! One binary, not two: `cargo run` builds one, and a kernel of yesterday's beside a runner of today's would be a trap. Under the name
//! `nbsnap-kernel` it is the kernel; `nbsnap kernel start`, which Jupyter calls, sets up where it builds and becomes that.

use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use jupyter_zmq_client::dirs::user_data_dir;
use nbsnap::config::Config;
use nbsnap::{EvcxrSettings, KernelFolder, whole_file};
use serde_json::{Value, json};

use super::{Place, prepare, session};
use crate::args::{InstallArgs, KernelCommand, PrepareArgs, SpecArgs, StartArgs};
use crate::error::CommandError;
use crate::exit::Exit;

/// The name under which this program is the kernel.
const KERNEL: &str = "nbsnap-kernel";

/// The kernel's picture in Jupyter's launcher.
const LOGO: &str = include_str!("kernel.svg");

/// How often evcxr's kernel is begun at most, before any cell has run.
const MOST_STARTS: usize = 5;

/// How often the kernel looks whether Jupyter is still there.
const LOOK: Duration = Duration::from_millis(500);

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
        let args = PrepareArgs::of_all(args.build.clone(), args.report.clone());
        prepare::run(&project, &args)?;
    }
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
        whole_file::write(&path, text.as_bytes()).map_err(failed(&path))?;
    }
    Ok(())
}

/// Sets up a folder for one kernel, and becomes the kernel.
fn start(place: &Place<'_>, args: &StartArgs) -> Result<Exit, CommandError> {
    let project = place.project_if_any().unwrap_or_default();
    let notebooks = project.as_ref().and_then(|project| project.notebooks().ok()).unwrap_or_default();
    let settings = match &project {
        Some(project) => session::evcxr_settings(&project.config, session::cache_dir(project, &args.build), project.lock_file()),
        None => without_project(args),
    };
    let failed = |source| CommandError::Start { command: KERNEL.into(), source };
    let kernel = KernelFolder::set_up(&settings, &notebooks.usable).map_err(nbsnap::runner::RunError::Engine)?;
    let mut command = std::process::Command::new(std::env::current_exe().map_err(failed)?);
    for name in kernel.foreign_variables() {
        command.env_remove(name);
    }
    command.envs(kernel.variables());
    // evcxr_jupyter writes its own kernelspec anew where it finds an older one's. Here it finds none.
    command.env("JUPYTER_PATH", &settings.cache);
    kernel.hold().map_err(failed)?;
    Err(failed(command.arg0(KERNEL).arg("--control_file").arg(&args.connection_file).exec()))
}

/// Settings for a notebook that lies in no project: built for this user, once for all such notebooks.
fn without_project(args: &StartArgs) -> EvcxrSettings {
    let of_user = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let of_user = of_user.or_else(|| Some(std::env::home_dir()?.join(".cache"))).unwrap_or_else(std::env::temp_dir);
    let cache = args.build.cache_dir.clone().unwrap_or_else(|| of_user.join("nbsnap/kernel"));
    let lock_file = cache.join("Cargo.lock");
    session::evcxr_settings(&Config::default(), cache, lock_file)
}

/// Is the kernel, if this program was started as it.
pub(crate) fn be_kernel() -> Option<ExitCode> {
    let name = std::env::args_os().next().map(PathBuf::from)?;
    if name.file_name() != Some(&OsString::from(KERNEL)) {
        return None;
    }
    end_with_jupyter();
    for _ in 0..MOST_STARTS {
        let Err(error) = evcxr_jupyter::main() else { return Some(ExitCode::SUCCESS) };
        // Jupyter shows it where it shows its own log.
        let _ = writeln!(std::io::stderr(), "{KERNEL}: {error:#}");
        // Jupyter asks whether the kernel is there, and hangs up after a while. When evcxr is up, its kernel answers, finds nobody, and ends
        // over it. Nothing is lost by beginning anew.
        if has_run_a_cell() {
            break;
        }
    }
    Some(ExitCode::FAILURE)
}

/// Whether a cell has been run, as what evcxr has last compiled shows: its own first code bears the number 0.
fn has_run_a_cell() -> bool {
    let source = std::env::var_os("EVCXR_TMPDIR").map(|folder| PathBuf::from(folder).join("src/lib.rs"));
    let compiled = source.and_then(|source| fs::read_to_string(source).ok());
    compiled.is_some_and(|text| !text.is_empty() && !text.contains("fn run_user_code_0("))
}

/// Ends the kernel and all that it has started when Jupyter, which has started it, is gone.
fn end_with_jupyter() {
    use rustix::process::{Signal, getpgrp, getpid, getppid, kill_current_process_group};
    let parent = getppid();
    std::thread::spawn(move || {
        while getppid() == parent {
            std::thread::sleep(LOOK);
        }
        // Jupyter gives each kernel a process group of its own. Without one there may be others in it.
        if getpgrp() == getpid() {
            let _ = kill_current_process_group(Signal::KILL);
        }
        std::process::abort()
    });
}
