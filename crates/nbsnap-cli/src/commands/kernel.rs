//! `nbsnap kernel`: Jupyter learns of the kernel, and starts it with `nbsnap kernel start`.

use std::fs;
use std::path::{Path, PathBuf};

use jupyter_zmq_client::dirs::user_data_dir;
use nbsnap::Kernelspecs;
use nbsnap::files::atomic_write;
use serde_json::{Value, json};

use super::targets::Place;
use super::{kernel_settings, prepare};
use crate::args::{ConsoleArgs, InstallArgs, KernelCommand, MannerArgs, SpecArgs, StartArgs};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::testbed_server;

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
    write_spec(
        &folder,
        &args.display_name,
        &SpecOptions { cache_dir: args.build.cache_dir.as_deref(), keeps_history: !args.no_history, testbed: None },
    )?;
    super::output::say(&format!(
        "Jupyter knows the kernel `{}` now: {}",
        args.display_name,
        folder.join("kernel.json").display()
    ))?;
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
    super::output::say(&format!("removed {}", folder.display()))?;
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
            let active = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().find_map(std::env::var_os).map(PathBuf::from);
            let prefix = active.or_else(Kernelspecs::own_environment).ok_or_else(|| {
                CommandError::Usage("no Python environment is active: activate one, or name its folder with --prefix".into())
            })?;
            prefix.join("share/jupyter")
        }
        (None, false) => data_dir()?,
    };
    Ok(data.join("kernels").join(&args.name))
}

/// The folder in which Jupyter looks for this user's data.
fn data_dir() -> Result<PathBuf, CommandError> {
    match std::env::var_os("JUPYTER_DATA_DIR").map(PathBuf::from).filter(|folder| !folder.as_os_str().is_empty()) {
        Some(folder) => Ok(std::path::absolute(&folder).unwrap_or(folder)),
        None => user_data_dir().map_err(|error| CommandError::Usage(error.to_string())),
    }
}

/// Whether a kernelspec is one that this program has written.
fn is_ours(folder: &Path) -> bool {
    let spec = fs::read(folder.join("kernel.json")).ok().and_then(|text| serde_json::from_slice::<Value>(&text).ok());
    spec.is_some_and(|spec| spec["metadata"]["nbsnap"].is_object())
}

/// The options that a kernel is started with.
#[derive(Clone, Copy, Debug)]
pub(super) struct SpecOptions<'a> {
    /// Where it builds, if not where the project does.
    pub(super) cache_dir: Option<&'a Path>,
    /// Whether it keeps a history for later sessions.
    pub(super) keeps_history: bool,
    /// The manner of its own testbed, if it has one.
    pub(super) testbed: Option<MannerArgs>,
}

/// Writes a kernelspec (<https://jupyter-client.readthedocs.io/en/stable/kernels.html#kernel-specs>) that has
/// this very program started.
pub(super) fn write_spec(folder: &Path, display_name: &str, options: &SpecOptions<'_>) -> Result<(), CommandError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| CommandError::Write { path, source }
    };
    let program = std::env::current_exe().map_err(failed(folder))?;
    let mut argv = vec![program.display().to_string(), "kernel".into(), "start".into(), "{connection_file}".into()];
    if !options.keeps_history {
        argv.push("--no-history".to_owned());
    }
    if let Some(manner) = options.testbed {
        argv.push("--testbed".to_owned());
        argv.extend(manner.to_arguments());
    }
    if let Some(cache_dir) = options.cache_dir {
        let absolute = std::path::absolute(cache_dir).map_err(failed(cache_dir))?;
        argv.extend(["--cache-dir".to_owned(), absolute.display().to_string()]);
    }
    let spec = json!({
        "argv": argv,
        "display_name": display_name,
        "language": "rust",
        // A message reaches the kernel wherever it runs, and is answered when the cell is over.
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

/// Is the kernel until Jupyter ends it.
fn start(place: &Place<'_>, args: &StartArgs) -> Result<Exit, CommandError> {
    let mut settings = kernel_settings::of(place, &args.build, &args.connection_file)?;
    if args.no_history {
        settings.history = None;
    }
    // The testbed ends with the kernel, so a restart resets the server, too.
    let testbed = if args.testbed { kernel_settings::testbed(place, args.manner) } else { None };
    settings.environment.extend(testbed.iter().flat_map(testbed_server::environment));
    nbsnap_kernel::run(settings)?;
    Ok(Exit::Success)
}

/// Runs a console on the kernel's engine.
pub(super) fn console(place: &Place<'_>, args: &ConsoleArgs) -> Result<Exit, CommandError> {
    let mut settings = kernel_settings::of(place, &args.build, Path::new(""))?;
    if args.no_history {
        settings.history = None;
    }
    Ok(if nbsnap_kernel::console(settings)? { Exit::Success } else { Exit::Failures })
}
