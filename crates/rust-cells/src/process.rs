//! The process that runs cells, seen from outside: starting it, giving it cells, reading their output,
//! timing them, and ending it with all that it started.
//!
//! The main type is [`Process`]. It runs compiled cells. It does not know source or types.

mod access_log;
mod control;
mod ending;
mod pipes;
mod settings;

use std::collections::BTreeSet;
use std::io::Read;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::cancellation::CancellationToken;
use crate::compiler::CompiledCell;
use crate::output::Output;
use crate::{Compiler, Error};

use control::Control;
use pipes::Pipes;

pub use access_log::{AccessLog, Accesses, Beyond};
pub use control::CellHandle;
pub use ending::{Ending, describe_exit};
pub use settings::ProcessSettings;

/// How often a waiting call checks the token.
const TICK: Duration = Duration::from_millis(20);
/// How long a display is kept back that may be the value of a cell. By then the cell has ended, or the
/// display is not its value.
const VALUE: Duration = Duration::from_millis(250);
/// How long the process may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long to wait for the exit status and the last output of a process that is gone.
const AFTER_DEATH: Duration = Duration::from_millis(500);

/// A process that runs cells. Dropping it ends it, with everything that it has started.
pub struct Process {
    supervisor: Child,
    lifeline: UnixStream,
    control: Control,
    pipes: Pipes,
    loaded: BTreeSet<PathBuf>,
    /// How many threads cells have left running.
    threads: usize,
    /// Whether the last cell has left more of them than there were.
    leaves_threads: bool,
    is_gone: bool,
}

/// The call of the supervisor, which ends when `lifeline` is closed and takes `orders`.
fn supervise(program: &Path, settings: &ProcessSettings, lifeline: OwnedFd, orders: OwnedFd) -> Command {
    let mut command = Command::new(program);
    command
        .arg("supervise")
        .env_clear()
        .envs(&settings.environment)
        .current_dir(&settings.directory)
        .stdin(Stdio::from(lifeline))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0);
    // SAFETY: between fork and exec only `dup2` is called, which is allowed there.
    unsafe {
        command.pre_exec(move || {
            // The number that the supervisor expects. It is ours in the child from then on, and so is
            // never closed here.
            let mut third = std::mem::ManuallyDrop::new(std::os::fd::FromRawFd::from_raw_fd(3));
            if orders.as_raw_fd() == 3 {
                rustix::io::fcntl_setfd(&orders, rustix::io::FdFlags::empty())?;
            } else {
                rustix::io::dup2(&orders, &mut third)?;
            }
            Ok(())
        });
    }
    command
}

impl Process {
    /// Starts a process.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn start(compiler: &Compiler, settings: &ProcessSettings) -> Result<Process, Error> {
        let program = compiler.program();
        let failed = |source| Error::Program { program: program.display().to_string(), source };
        let (lifeline, theirs) = UnixStream::pair().map_err(failed)?;
        let (control, orders) = UnixStream::pair().map_err(failed)?;
        let mut supervisor =
            supervise(program, settings, OwnedFd::from(theirs), OwnedFd::from(orders)).spawn().map_err(failed)?;
        let stdout = OwnedFd::from(supervisor.stdout.take().expect("stdout was asked for as a pipe"));
        let stderr = OwnedFd::from(supervisor.stderr.take().expect("stderr was asked for as a pipe"));
        lifeline.set_nonblocking(true).map_err(failed)?;
        let mut process = Process {
            supervisor,
            lifeline,
            control: Control::new(control).map_err(failed)?,
            pipes: Pipes::new(stdout, stderr).map_err(failed)?,
            loaded: BTreeSet::new(),
            threads: 0,
            leaves_threads: false,
            is_gone: false,
        };
        let mut said = String::new();
        let mut listen = |output: Output| {
            if let Output::Stderr(text) | Output::Stdout(text) = output {
                said.push_str(&text);
            }
        };
        let never = CancellationToken::default();
        match process.answer(Instant::now() + START_LIMIT, Duration::ZERO, &never, &mut listen)? {
            Answer::Fields(fields) if fields[0] == "ready" => {}
            Answer::Fields(fields) => return Err(Error::Process { message: format!("it began with {fields:?}") }),
            Answer::Gone | Answer::TimedOut => {
                return Err(Error::Process { message: format!("it did not start: {}", said.trim()) });
            }
        }
        if let Some(bytes) = settings.max_memory {
            process.control.order(&["memory", &bytes.to_string()])?;
        }
        if let Some(log) = &settings.access_log {
            process.control.order(&["record", &log.path()])?;
        }
        if settings.asks_for_input {
            process.control.order(&["input"])?;
        }
        if settings.reports_panics {
            process.control.order(&["hold-panics"])?;
        }
        Ok(process)
    }

    /// Sets a variable of the process.
    ///
    /// # Errors
    /// When the process is gone.
    pub(crate) fn set_variable(&mut self, name: &str, value: &str) -> Result<(), Error> {
        self.control.order(&["set", name, value])
    }

    /// For steering a cell from another thread.
    ///
    /// # Errors
    /// When the system has no descriptor left.
    pub fn handle(&self) -> Result<CellHandle, Error> {
        self.control.handle()
    }

    /// Whether the process has ended.
    pub fn is_gone(&self) -> bool {
        self.is_gone
    }

    /// How the process has ended, if it has, while nothing waited for it.
    pub(crate) fn has_ended(&mut self) -> Option<String> {
        if self.is_gone {
            return Some("it is gone".to_owned());
        }
        if self.control.receive() {
            return None;
        }
        match self.died(&mut |_| ()) {
            Ending::Died { status } => Some(status),
            _ => None,
        }
    }

    /// Runs a compiled cell. `started` is called when its code begins to run; its output goes to `emit` as it
    /// comes.
    ///
    /// # Errors
    /// When the token is cancelled, which ends the process, or the process breaks the protocol.
    pub fn run(
        &mut self,
        cell: &CompiledCell,
        limit: Duration,
        token: &CancellationToken,
        emit: &mut dyn FnMut(Output),
    ) -> Result<Ending, Error> {
        let Some(library) = &cell.library else {
            return Ok(Ending::Finished);
        };
        for provider in &cell.providers {
            if self.loaded.insert(provider.clone()) {
                self.control.order(&["load", &text(provider)])?;
            }
        }
        if self.begin(cell, library).is_err() {
            return Ok(self.died(emit));
        }
        let deadline = Instant::now().checked_add(limit).unwrap_or_else(|| Instant::now() + Duration::from_secs(1 << 30));
        loop {
            let patience = if cell.shows_itself { VALUE } else { Duration::ZERO };
            let fields = match self.answer(deadline, patience, token, emit)? {
                Answer::Fields(fields) => fields,
                Answer::TimedOut => {
                    self.kill();
                    self.pipes.end(emit);
                    return Ok(Ending::TimedOut);
                }
                Answer::Gone => return Ok(self.died(emit)),
            };
            let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
            let ending = match fields.as_slice() {
                ["running", ..] => continue,
                ["asks", ..] => {
                    emit(Output::InputRequest);
                    continue;
                }
                ["broken", message] => return Err(Error::Process { message: (*message).to_owned() }),
                other => Ending::read(other).ok_or_else(|| Error::Process { message: format!("it answered {other:?}") })?,
            };
            self.end_output(cell.shows_itself && ending == Ending::Finished, emit);
            let threads = fields.get(4).and_then(|threads| threads.parse().ok()).unwrap_or(0);
            self.leaves_threads = threads > self.threads;
            self.threads = threads;
            if let Some(shown) = fields.get(5) {
                emit(Output::Value((*shown).to_owned()));
            }
            return Ok(ending);
        }
    }

    /// Orders the code of a cell to run.
    fn begin(&mut self, cell: &CompiledCell, library: &Path) -> Result<(), Error> {
        self.loaded.insert(library.to_owned());
        let lines: Vec<String> = cell
            .lines
            .iter()
            .map(|(first, last, line, label)| format!("{first}:{last}:{line}:{}", label.replace(';', ",")))
            .collect();
        let (library, lines) = (text(library), lines.join(";"));
        let mut order = vec!["run", &library, &lines];
        order.extend(cell.discarded.iter().map(String::as_str));
        self.control.order(&order)
    }

    /// Emits the rest of a cell's output. If the cell shows its value, the last display is that value.
    fn end_output(&mut self, is_value_shown: bool, emit: &mut dyn FnMut(Output)) {
        let mut rest = Vec::new();
        self.pipes.end(&mut |output| rest.push(output));
        let last = rest.iter().rposition(|output| !matches!(output, Output::Stderr(_))).filter(|_| is_value_shown);
        for (index, output) in rest.into_iter().enumerate() {
            emit(match output {
                Output::Display(display) if last == Some(index) => Output::ShownValue(display),
                output => output,
            });
        }
    }

    /// Reads the output since the last cell ended, from threads, tasks and processes in the background. If
    /// that cell has left threads running, they get this long to write something.
    pub fn drain(&mut self, patience: Duration, emit: &mut dyn FnMut(Output)) {
        let deadline = Instant::now() + patience;
        let mut found = self.pipes.read(emit);
        while std::mem::take(&mut self.leaves_threads) && !found {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            self.pipes.wait(&self.control, left.min(TICK));
            found = self.pipes.read(emit);
            self.leaves_threads = !found;
        }
        self.leaves_threads = false;
        self.pipes.end(emit);
    }

    /// Waits for an answer, and passes output on. A display is passed on after this long without further
    /// output.
    fn answer(
        &mut self,
        deadline: Instant,
        patience: Duration,
        token: &CancellationToken,
        emit: &mut dyn FnMut(Output),
    ) -> Result<Answer, Error> {
        let mut read = Instant::now();
        loop {
            let open = self.control.receive();
            if let Some(fields) = self.control.next_answer() {
                // Everything that the cell wrote before it answered is in the pipes by now.
                self.pipes.read(emit);
                return Ok(Answer::Fields(fields));
            }
            if !open {
                return Ok(Answer::Gone);
            }
            if token.is_cancelled() {
                self.kill();
                return Err(Error::Cancelled);
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.pipes.read(emit);
                return Ok(Answer::TimedOut);
            }
            self.pipes.wait(&self.control, left.min(TICK));
            if self.pipes.read(emit) {
                read = Instant::now();
            } else if read.elapsed() >= patience {
                self.pipes.pass_on(emit);
            }
        }
    }

    /// Handles the end of the process: reads the remaining output, and finds out how it ended.
    fn died(&mut self, emit: &mut dyn FnMut(Output)) -> Ending {
        let deadline = Instant::now() + AFTER_DEATH;
        let mut status = String::new();
        let mut buffer = [0; 64];
        while Instant::now() < deadline && !status.ends_with('\n') {
            match self.lifeline.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => status.push_str(&String::from_utf8_lossy(&buffer[..count])),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {
                    std::thread::sleep(Duration::from_millis(1));
                    self.pipes.read(emit);
                }
                Err(_) => break,
            }
        }
        self.kill();
        self.pipes.read(emit);
        self.pipes.end(emit);
        Ending::died(status.trim())
    }

    /// Ends the process and everything that it has started.
    fn kill(&mut self) {
        if std::mem::replace(&mut self.is_gone, true) {
            return;
        }
        let _ = self.lifeline.shutdown(std::net::Shutdown::Both);
        let deadline = Instant::now() + Duration::from_secs(2);
        while Instant::now() < deadline {
            match self.supervisor.try_wait() {
                Ok(None) => std::thread::sleep(Duration::from_millis(1)),
                _ => break,
            }
        }
        if let Some(group) = i32::try_from(self.supervisor.id()).ok().and_then(rustix::process::Pid::from_raw) {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.supervisor.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

enum Answer {
    Fields(Vec<String>),
    Gone,
    TimedOut,
}

fn text(path: &Path) -> String {
    path.display().to_string()
}
