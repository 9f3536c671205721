//! A worker process seen from the runner: started, asked, timed, and ended with everything it started.

use std::cell::Cell;
use std::ffi::OsString;
use std::io::{BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use super::protocol::{self, FromWorker, ToWorker};
use super::toolchain::{Toolchain, foreign_variables};
use super::{cargo, process, role};
use crate::engine::{EngineError, Interrupt, Limits};

/// How much of a worker's standard error is kept, to explain a breakdown.
const STDERR_TAIL: usize = 16 * 1024;

/// How often a waiting runner looks whether the user wants to stop.
const TICK: Duration = Duration::from_millis(50);

/// How long evcxr may take to start.
const START_LIMIT: Duration = Duration::from_secs(300);

/// A running worker. Dropping it kills the worker's whole process group.
pub(crate) struct Host {
    child: Child,
    orders: ChildStdin,
    answers: Receiver<FromWorker>,
    stderr: Arc<Mutex<Vec<u8>>>,
    /// How much of the last order's time went into compiling.
    compile: Cell<Option<Duration>>,
    _home: tempfile::TempDir,
}

/// Why no answer came.
pub(crate) enum Silence {
    /// This time is up.
    Timeout(Duration),
    /// The worker is gone; this is the end of what it wrote to standard error.
    Gone(String),
    /// The user wants to stop.
    Interrupted,
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
        let configuration = home.path().join("evcxr.toml");
        // A file here keeps evcxr from looking for the user's. No variable may be missing: evcxr has defaults for each.
        let text =
            format!("[evcxr]\ntmpdir = {:?}\noffline_mode = true\nopt_level = {opt_level:?}\n", crate_dir.display().to_string());
        std::fs::write(&configuration, text).map_err(|source| EngineError::Io {
            action: "write",
            path: configuration,
            source,
        })?;

        let start = |error: std::io::Error| EngineError::Start { message: error.to_string() };
        let path = tools(home.path(), toolchain).map_err(start)?;
        let mut command = role::command(role::WORKER).map_err(start)?;
        for name in foreign_variables() {
            command.env_remove(name);
        }
        command
            .env("EVCXR_CONFIG_DIR", home.path())
            .env("RUSTC", &toolchain.rustc)
            // rust-analyzer asks the real one.
            .env("CARGO", toolchain.cargo_path())
            .env(cargo::REAL_VARIABLE, toolchain.cargo_path())
            .env("PATH", path)
            .current_dir(home.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let mut child = command.spawn().map_err(start)?;
        let orders = child.stdin.take().expect("stdin was asked for as a pipe");
        let stdout = child.stdout.take().expect("stdout was asked for as a pipe");
        let stderr = keep_tail(child.stderr.take().expect("stderr was asked for as a pipe"));
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            let mut stdout = BufReader::new(stdout);
            while let Ok(Some(answer)) = protocol::receive(&mut stdout) {
                if sender.send(answer).is_err() {
                    break;
                }
            }
        });
        let host = Host { child, orders, answers, stderr, compile: Cell::new(None), _home: home };
        match host.wait(Limits { compile: START_LIMIT, run: START_LIMIT }, interrupt) {
            Ok(FromWorker::Ready) => Ok(host),
            Ok(FromWorker::Broken { message }) => Err(EngineError::Start { message }),
            Ok(other) => Err(EngineError::Start { message: format!("its worker answered {other:?}") }),
            Err(Silence::Timeout(limit)) => {
                Err(EngineError::Start { message: format!("nothing happened for {} s", limit.as_secs()) })
            }
            Err(Silence::Gone(stderr)) => Err(EngineError::Start { message: stderr }),
            Err(Silence::Interrupted) => Err(EngineError::Interrupted),
        }
    }

    /// Gives an order and waits for its answer.
    pub(crate) fn ask(&mut self, order: &ToWorker, limits: Limits, interrupt: &Interrupt) -> Result<FromWorker, Silence> {
        if protocol::send(&mut self.orders, order).is_err() {
            return Err(Silence::Gone(self.stderr_tail()));
        }
        self.wait(limits, interrupt)
    }

    fn wait(&self, limits: Limits, interrupt: &Interrupt) -> Result<FromWorker, Silence> {
        let started = Instant::now();
        let mut limit = limits.compile;
        let mut deadline = started + limit;
        self.compile.set(None);
        loop {
            if interrupt.is_set() {
                return Err(Silence::Interrupted);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            match self.answers.recv_timeout(left.min(TICK)) {
                Ok(FromWorker::Running) => {
                    self.compile.set(Some(started.elapsed()));
                    limit = limits.run;
                    deadline = Instant::now() + limit;
                }
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Timeout) if left.is_zero() => return Err(Silence::Timeout(limit)),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return Err(Silence::Gone(self.stderr_tail())),
            }
        }
    }

    /// How much of the last order's time passed until the code that it needed was compiled, if that came to an end.
    pub(crate) fn compile_time(&self) -> Option<Duration> {
        self.compile.get()
    }

    fn stderr_tail(&self) -> String {
        // The thread that reads it may be a moment behind the one that saw the worker go.
        std::thread::sleep(TICK);
        let bytes = self.stderr.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        process::kill_group(&self.child);
        let _ = self.child.wait();
    }
}

/// Lays out the programs that evcxr looks for, and returns where it looks: it asks `rustup` for Cargo and, where that does not know, takes the
/// first one that it finds.
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

fn keep_tail(mut stream: impl Read + Send + 'static) -> Arc<Mutex<Vec<u8>>> {
    let tail = Arc::new(Mutex::new(Vec::new()));
    let ours = tail.clone();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = stream.read(&mut buffer) {
            let mut tail = ours.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            tail.extend_from_slice(&buffer[..count]);
            let excess = tail.len().saturating_sub(STDERR_TAIL);
            tail.drain(..excess);
        }
    });
    tail
}
