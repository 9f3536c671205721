//! Python kernels that are forked from a process that has loaded ipykernel. Loading it takes most of the time
//! of a start.
//!
//! The main type is [`Forks`], the server of a worker. A kernel that cannot be forked is started like any
//! other.

use std::ffi::OsString;
use std::io::Write;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use rust_cells::AccessLog;
use serde_json::{Value, json};

use super::environment;
use super::kernelspec::Kernelspec;
use super::launch::Launch;
use super::watch::Watched;
use crate::process::tail::Tail;

/// What the server runs.
const SCRIPT: &str = include_str!("fork_server.py");
/// How long the server may take to end, and to end a kernel.
const END: Duration = Duration::from_secs(2);
/// How often a thread that waits for that looks.
const TICK: Duration = Duration::from_millis(5);

/// The server of a worker, which is started when a kernel is first asked of it.
#[derive(Debug, Default)]
pub(super) struct Forks {
    server: Option<Arc<ForkServer>>,
    /// Whether forking has failed: then every kernel is started on its own.
    is_useless: bool,
}

/// A process that forks one kernel after another. Dropping it ends it, and the kernel that runs.
#[derive(Debug)]
pub(super) struct ForkServer {
    /// The Python and its arguments. Kernels that need another Python get another server.
    program: Vec<OsString>,
    process: Mutex<Child>,
    orders: Mutex<Option<ChildStdin>>,
    printed: Tail,
    /// What it asks the system for, if it can be watched.
    accesses: Option<AccessLog>,
    folder: tempfile::TempDir,
}

impl Forks {
    /// Has a kernel forked, if possible. The kernel may still fail to start.
    pub(super) fn start(&mut self, spec: &Kernelspec, launch: &Launch) -> Option<Arc<ForkServer>> {
        let (before, after) = split(&launch.arguments).filter(|_| is_forked(&launch.arguments))?;
        // Python, or the loader, reads these when it starts.
        let is_read_early = |name: &String| name.starts_with("PYTHON") || name.starts_with("LD_");
        if self.is_useless || launch.own_variables.iter().any(is_read_early) {
            return None;
        }
        if self.server.as_ref().is_none_or(|server| server.program != before || server.is_gone()) {
            self.server = ForkServer::start(spec, before).ok().map(Arc::new);
        }
        let server = self.server.clone()?;
        server.printed.forget();
        let arguments: Vec<&str> = after.iter().map(|argument| argument.to_str()).collect::<Option<_>>()?;
        let order = json!({
            "order": "start",
            "arguments": arguments,
            "directory": launch.directory.to_str()?,
            "variables": launch.variables,
            "max_memory": launch.max_memory,
            "accesses": launch.accesses.as_ref().filter(|_| server.accesses.is_some()),
            "ended": launch.ended.to_str()?,
        });
        server.order(&order).then_some(server)
    }

    /// From now on all kernels are started on their own.
    pub(super) fn give_up(&mut self) {
        self.server = None;
        self.is_useless = true;
    }
}

impl ForkServer {
    fn start(spec: &Kernelspec, program: &[OsString]) -> std::io::Result<ForkServer> {
        let folder = tempfile::Builder::new().prefix("nbsnap-forks-").tempdir()?;
        let mut variables = environment::variables(folder.path());
        variables.extend(spec.variables(&variables));
        // A setting of the loader that is there already stays as it is.
        let accesses = AccessLog::new().ok().filter(|_| !variables.contains_key("LD_PRELOAD"));
        let watching = accesses.as_ref().map(|log| rust_cells::access_variables(log, folder.path()));
        let watching = watching.transpose()?.flatten();
        let accesses = accesses.filter(|_| watching.is_some());
        variables.extend(watching.into_iter().flatten().map(|(name, value)| (name.to_owned(), value)));
        let mut command = Command::new(&program[0]);
        command.args(&program[1..]).arg("-c").arg(SCRIPT).env_clear().envs(variables).current_dir(folder.path());
        // It ends when its pipe of orders closes, and not with the terminal's interrupt.
        command.process_group(0).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut process = command.spawn()?;
        let printed = Tail::default();
        printed.follow(process.stdout.take());
        printed.follow(process.stderr.take());
        let orders = Mutex::new(process.stdin.take());
        Ok(ForkServer { program: program.to_vec(), process: Mutex::new(process), orders, printed, accesses, folder })
    }

    /// How the kernel of this connection file is watched, if it is.
    pub(super) fn watched(&self, connection_file: &Path) -> Option<Watched> {
        Some(Watched {
            server: self.accesses.clone()?,
            folder_of_server: self.folder.path().to_owned(),
            folders: Vec::new(),
            connection_file: connection_file.to_owned(),
            program: PathBuf::from(&self.program[0]),
        })
    }

    /// Interrupts the kernel and what it has started.
    pub(super) fn interrupt(&self) {
        self.order(&json!({"order": "interrupt"}));
    }

    /// Ends the kernel that writes into `ended` how it ended, with what it has started.
    pub(super) fn end(&self, ended: &Path) {
        self.order(&json!({"order": "end"}));
        let deadline = Instant::now() + END;
        while !ended.exists() && !self.is_gone() {
            if Instant::now() >= deadline {
                // The kernel ends with it.
                let _ = lock(&self.process).kill();
                return;
            }
            std::thread::sleep(TICK);
        }
    }

    /// Whether the server is gone, and its kernel with it.
    pub(super) fn is_gone(&self) -> bool {
        !matches!(lock(&self.process).try_wait(), Ok(None))
    }

    /// What the kernel has printed on its own streams, outside of Jupyter's messages.
    pub(super) fn printed(&self) -> &Tail {
        &self.printed
    }

    /// Returns whether the order got through.
    fn order(&self, order: &Value) -> bool {
        let Some(orders) = &mut *lock(&self.orders) else { return false };
        writeln!(orders, "{order}").and_then(|()| orders.flush()).is_ok()
    }
}

impl Drop for ForkServer {
    fn drop(&mut self) {
        lock(&self.orders).take();
        let deadline = Instant::now() + END;
        while !self.is_gone() && Instant::now() < deadline {
            std::thread::sleep(TICK);
        }
        let mut process = lock(&self.process);
        let _ = process.kill();
        let _ = process.wait();
    }
}

/// How a kernel ended, in words, as the server has written it down.
pub(super) fn in_words(status: &str) -> String {
    let raw = status.trim().parse().ok();
    raw.map_or_else(|| status.to_owned(), |raw| rust_cells::describe_exit(ExitStatus::from_raw(raw)))
}

/// Whether a kernel that is started with these arguments is forked where that is possible.
pub(super) fn is_forked(arguments: &[OsString]) -> bool {
    cfg!(target_os = "linux") && split(arguments).is_some()
}

/// The program with its options, and the arguments after `-m ipykernel_launcher`; none where another program
/// is started.
fn split(arguments: &[OsString]) -> Option<(&[OsString], &[OsString])> {
    let at = arguments.windows(2).position(|pair| pair[0] == "-m" && pair[1] == "ipykernel_launcher")?;
    (at > 0).then(|| (&arguments[..at], &arguments[at + 2..]))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // The value is complete at any moment.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_ipykernel_is_forked() {
        let arguments = |text: &str| text.split(' ').map(OsString::from).collect::<Vec<_>>();
        let python = arguments("/venv/bin/python -Xfrozen_modules=off -m ipykernel_launcher -f c.json");
        let (before, after) = split(&python).unwrap();
        assert_eq!((before, after), (&arguments("/venv/bin/python -Xfrozen_modules=off")[..], &arguments("-f c.json")[..]));
        assert_eq!(split(&arguments("python -m bash_kernel -f c.json")), None);
        assert_eq!(split(&arguments("-m ipykernel_launcher")), None, "there is no program");
    }

    #[test]
    fn an_end_is_told_as_that_of_every_process() {
        assert_eq!(in_words("0"), "it exited with code 0");
        assert_eq!(in_words("6\n"), "by signal 6 (SIGABRT, an abort)");
        assert_eq!(in_words("nobody saw how it ended"), "nobody saw how it ended");
    }
}
