//! A worker process seen from the runner: starts it, sends it orders, times it, and ends it with everything
//! it started.

use std::cell::Cell;
use std::ffi::OsString;
use std::io::BufReader;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use nbsnap::engine::{EngineError, Interrupt, Limits};
use nbsnap::process::environment::foreign_to_cargo;
use nbsnap::process::tail::Tail;
use nbsnap::process::{group, pipe, reexec};

use crate::messages::{FromWorker, ToWorker};
use crate::toolchain::Toolchain;
use crate::{cargo, role};

/// How often a waiting runner checks whether the user wants to stop.
const TICK: Duration = Duration::from_millis(50);

/// How often evcxr may run the code of one cell. It runs it again if variables have other types than
/// expected, and finds all of those at once.
const MOST_RUNS: u32 = 10;

/// How long evcxr may take to start.
const START_LIMIT: Duration = Duration::from_secs(300);

/// A running worker. Dropping it kills the worker's whole process group.
pub(crate) struct Host {
    child: Child,
    orders: ChildStdin,
    answers: Receiver<FromWorker>,
    stderr: Tail,
    /// The time of the last order that was spent on compiling.
    compile: Cell<Option<Duration>>,
    _home: tempfile::TempDir,
}

/// How long something may take from some moment on.
struct Timer {
    since: Instant,
    limit: Duration,
}

impl Timer {
    fn left(&self, now: Instant) -> Duration {
        self.limit.saturating_sub(now.saturating_duration_since(self.since))
    }
}

/// Why no answer came.
pub(crate) enum NoReply {
    /// The time is up: the order's own limit, or what passed until the notebook's limit.
    Timeout(Duration),
    /// The worker is gone; this is the end of what it wrote to standard error.
    Gone(String),
    /// It runs the cell's code again and again.
    Endless,
    /// The user wants to stop.
    Interrupted,
}

/// Writes evcxr's settings. Such a file keeps evcxr from looking for the user's. No variable may be missing:
/// evcxr has defaults for each.
fn configure(home: &Path, crate_dir: &Path, opt_level: &str) -> Result<(), EngineError> {
    let path = home.join("evcxr.toml");
    let text =
        format!("[evcxr]\ntmpdir = {:?}\noffline_mode = true\nopt_level = {opt_level:?}\n", crate_dir.display().to_string());
    std::fs::write(&path, text).map_err(|source| EngineError::Io { action: "write", path, source })
}

/// The worker's command. It works in `home`, and talks over pipes.
fn worker(home: &Path, toolchain: &Toolchain) -> std::io::Result<Command> {
    let path = tools(home, toolchain)?;
    let mut command = reexec::command(role::WORKER)?;
    for name in foreign_to_cargo() {
        command.env_remove(name);
    }
    command
        .env("EVCXR_CONFIG_DIR", home)
        .env("RUSTC", &toolchain.rustc)
        // rust-analyzer asks the real one.
        .env("CARGO", toolchain.cargo_path())
        .env(cargo::REAL_VARIABLE, toolchain.cargo_path())
        .env("PATH", path)
        .current_dir(home)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    Ok(command)
}

impl Host {
    /// Starts a worker that builds in `crate_dir`, and waits until evcxr is up.
    pub(crate) fn start(
        toolchain: &Toolchain,
        crate_dir: &Path,
        opt_level: &str,
        interrupt: &Interrupt,
    ) -> Result<Host, EngineError> {
        let home = tempfile::Builder::new().prefix("nbsnap-").tempdir().map_err(|source| EngineError::Io {
            action: "create",
            path: std::env::temp_dir(),
            source,
        })?;
        configure(home.path(), crate_dir, opt_level)?;
        let start = |error: std::io::Error| not_started(&error.to_string());
        let mut child = worker(home.path(), toolchain).and_then(|mut command| command.spawn()).map_err(start)?;
        let orders = child.stdin.take().expect("stdin was asked for as a pipe");
        let stdout = child.stdout.take().expect("stdout was asked for as a pipe");
        let stderr = Tail::default();
        stderr.follow(child.stderr.take());
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Ok(Some(answer)) = pipe::receive(&mut stdout) {
                if sender.send(answer).is_err() {
                    break;
                }
            }
        });
        let host = Host { child, orders, answers, stderr, compile: Cell::new(None), _home: home };
        match host.wait(Limits { compile: START_LIMIT, run: START_LIMIT }, None, interrupt) {
            Ok(FromWorker::Ready) => Ok(host),
            Ok(FromWorker::Broken { message }) => Err(not_started(&message)),
            Ok(other) => Err(not_started(&format!("its worker answered {other:?}"))),
            Err(NoReply::Timeout(limit)) => Err(not_started(&format!("nothing happened for {} s", limit.as_secs()))),
            Err(NoReply::Gone(stderr)) => Err(not_started(&stderr)),
            Err(NoReply::Endless) => Err(not_started("it runs its first code again and again")),
            Err(NoReply::Interrupted) => Err(EngineError::Interrupted),
        }
    }

    /// Gives an order and waits for its answer, `until` when nothing may go on.
    pub(crate) fn ask(
        &mut self,
        order: &ToWorker,
        limits: Limits,
        until: Option<Instant>,
        interrupt: &Interrupt,
    ) -> Result<FromWorker, NoReply> {
        if pipe::send(&mut self.orders, order).is_err() {
            return Err(NoReply::Gone(self.stderr_tail()));
        }
        self.wait(limits, until, interrupt)
    }

    fn wait(&self, limits: Limits, until: Option<Instant>, interrupt: &Interrupt) -> Result<FromWorker, NoReply> {
        let started = Instant::now();
        let mut runs = 0;
        let mut timer = Timer { since: started, limit: limits.compile };
        self.compile.set(None);
        loop {
            if interrupt.is_set() {
                return Err(NoReply::Interrupted);
            }
            let now = Instant::now();
            if until.is_some_and(|until| until <= now) {
                // A time for people has no nanoseconds.
                let passed = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
                return Err(NoReply::Timeout(Duration::from_millis(passed)));
            }
            if timer.left(now).is_zero() {
                return Err(NoReply::Timeout(timer.limit));
            }
            let left = until.map_or(Duration::MAX, |until| until.saturating_duration_since(now)).min(timer.left(now));
            match self.answers.recv_timeout(left.min(TICK)) {
                // Each run has its own time limit. Without a bound on runs, a cell could run for ever.
                Ok(FromWorker::Running) if runs == MOST_RUNS => return Err(NoReply::Endless),
                Ok(FromWorker::Running) => {
                    runs += 1;
                    self.compile.set(Some(started.elapsed()));
                    timer = Timer { since: Instant::now(), limit: limits.run };
                }
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(NoReply::Gone(self.stderr_tail())),
            }
        }
    }

    /// The time of the last order until its code was compiled. `None` if that never happened.
    pub(crate) fn compile_time(&self) -> Option<Duration> {
        self.compile.get()
    }

    fn stderr_tail(&self) -> String {
        // The thread that reads standard error may be a moment behind the one that noticed the worker's end.
        std::thread::sleep(TICK);
        self.stderr.text()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        group::kill_group(&self.child);
        let _ = self.child.wait();
    }
}

fn not_started(reason: &str) -> EngineError {
    EngineError::Failed { message: format!("evcxr does not start: {reason}") }
}

/// Lays out the programs that evcxr looks for, and returns the `PATH` for it. evcxr asks `rustup` for Cargo.
/// If that does not know, evcxr takes the first Cargo that it finds.
pub(crate) fn tools(home: &Path, toolchain: &Toolchain) -> std::io::Result<OsString> {
    let folder = home.join("bin");
    let own = std::env::current_exe()?;
    std::fs::create_dir_all(&folder)?;
    for (name, program) in [(role::CARGO, &own), ("rustc", &toolchain.rustc), (role::RUSTUP, &own)] {
        let link = folder.join(name);
        // The folder may be an earlier one's.
        let _ = std::fs::remove_file(&link);
        std::os::unix::fs::symlink(program, link)?;
    }
    let found = std::env::var_os("PATH").unwrap_or_default();
    std::env::join_paths([folder].into_iter().chain(std::env::split_paths(&found))).map_err(std::io::Error::other)
}
