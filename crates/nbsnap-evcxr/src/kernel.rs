//! A Jupyter kernel: evcxr's own (evcxr_jupyter, as a library), with dependencies built ahead.
//!
//! `nbsnap-evcxr kernel` sets up where it builds and becomes `nbsnap-kernel`, which is the kernel.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use nbsnap::config::{Config, DEFAULT_PROFILE};
use nbsnap::engines::evcxr::protocol::Settings;
use nbsnap::notebook::Notebook;
use nbsnap::project::Project;

use crate::kernel_folder::KernelFolder;

/// The argument that asks for a kernel.
pub(crate) const COMMAND: &str = "kernel";

/// The name under which this program is the kernel.
const KERNEL: &str = "nbsnap-kernel";

/// How often evcxr's kernel is begun at most, before any cell has run.
const MOST_STARTS: usize = 5;

/// How often the kernel looks whether Jupyter is still there.
const LOOK: Duration = Duration::from_millis(500);

/// Sets up a folder for one kernel, and becomes the kernel.
pub(crate) fn main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let result = Start::read(arguments).and_then(|start| start.run());
    let error = match result {
        Ok(never) => match never {},
        Err(error) => error,
    };
    // Jupyter shows it where it shows its own log.
    let _ = writeln!(std::io::stderr(), "nbsnap-evcxr: {error}");
    ExitCode::from(96)
}

/// What a kernel is started with.
#[derive(Default)]
struct Start {
    connection_file: PathBuf,
    /// The folder of the project that the kernel works in, if it is in one.
    project: Option<PathBuf>,
    profile: Option<String>,
    cache: Option<PathBuf>,
}

/// Nothing: a process that becomes another does not return.
enum Never {}

impl Start {
    fn read(mut arguments: impl Iterator<Item = OsString>) -> Result<Start, String> {
        let connection_file = arguments.next().ok_or("name the connection file that Jupyter has written")?.into();
        let mut start = Start { connection_file, ..Start::default() };
        while let Some(name) = arguments.next() {
            let mut value = || arguments.next().ok_or_else(|| format!("{} needs a value", name.display()));
            match name.to_str() {
                Some("--project") => start.project = Some(value()?.into()),
                Some("--profile") => start.profile = Some(value()?.to_string_lossy().into_owned()),
                Some("--cache-dir") => start.cache = Some(value()?.into()),
                _ => return Err(format!("unknown argument {}", name.display())),
            }
        }
        Ok(start)
    }

    fn run(&self) -> Result<Never, String> {
        let (settings, notebooks) = self.settings()?;
        let kernel = KernelFolder::set_up(&settings, &notebooks).map_err(|error| error.to_string())?;
        let failed = |error: std::io::Error| format!("cannot run {KERNEL}: {error}");
        let mut command = std::process::Command::new(std::env::current_exe().map_err(failed)?);
        for name in kernel.foreign_variables() {
            command.env_remove(name);
        }
        command.envs(kernel.variables());
        // evcxr_jupyter writes its own kernelspec anew where it finds an older one's. Here it finds none.
        command.env("JUPYTER_PATH", &settings.cache);
        kernel.hold().map_err(failed)?;
        Err(failed(command.arg0(KERNEL).arg("--control_file").arg(&self.connection_file).exec()))
    }

    /// Where and how the kernel builds, and the notebooks whose dependencies it may find built.
    fn settings(&self) -> Result<(Settings, Vec<Notebook>), String> {
        let Some(root) = &self.project else { return Ok((without_project(self.cache.as_deref()), Vec::new())) };
        let profile = self.profile.as_deref().unwrap_or(DEFAULT_PROFILE);
        let project = Project::find(root, profile).map_err(|error| error.to_string())?;
        let cache = self.cache.clone().unwrap_or_else(|| project.cache_dir());
        let notebooks = project.notebooks().map(|notebooks| notebooks.usable).unwrap_or_default();
        Ok((Settings::new(&project.config, cache, project.lock_file()), notebooks))
    }
}

/// Settings for a notebook that lies in no project: built for this user, once for all such notebooks.
fn without_project(cache: Option<&Path>) -> Settings {
    let of_user = std::env::var_os("XDG_CACHE_HOME").map(PathBuf::from).filter(|folder| folder.is_absolute());
    let of_user = of_user.or_else(|| Some(std::env::home_dir()?.join(".cache"))).unwrap_or_else(std::env::temp_dir);
    let cache = cache.map_or_else(|| of_user.join("nbsnap/kernel"), Path::to_owned);
    let lock_file = cache.join("Cargo.lock");
    Settings::new(&Config::default(), cache, lock_file)
}

/// Is the kernel, if this program was started as it.
pub(crate) fn be_kernel() -> Option<ExitCode> {
    let name = std::env::args_os().next().map(PathBuf::from)?;
    if name.file_name() != Some(OsStr::new(KERNEL)) {
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
