//! The process that runs cells, seen from outside: started, given cells, read, timed, and ended with all that it has started.
//!
//! The main type is [`Process`]. It runs what was compiled, and knows neither source nor types.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec};

use crate::cancellation::CancellationToken;
use crate::compiler::CompiledCell;
use crate::output::{Output, Stdout, Text, without_generated_places};
use crate::{Compiler, Error};

/// How often a waiting call looks at the token.
const TICK: Duration = Duration::from_millis(20);
/// How long a display is kept back that may be the value of a cell: the cell is over by then, or it is not.
const VALUE: Duration = Duration::from_millis(250);
/// How long the process may take to start.
const START_LIMIT: Duration = Duration::from_secs(60);
/// How long a process that is gone may take to say how, and its pipes to be read.
const AFTER_DEATH: Duration = Duration::from_millis(500);

/// What the process of cells gets.
#[derive(Clone, Debug, Default)]
pub struct ProcessSettings {
    /// The folder that it runs in.
    pub directory: PathBuf,
    /// All its variables.
    pub environment: BTreeMap<String, String>,
    /// How many bytes of address space it may take.
    pub max_memory: Option<u64>,
    /// Whether a cell that reads standard input is answered by somebody, with [`CellHandle::give`] after [`Output::InputRequest`].
    /// Otherwise it finds it empty.
    pub asks_for_input: bool,
    /// Whether whoever runs cells says itself why one has panicked. Otherwise the panic is printed on standard error, too.
    pub reports_panics: bool,
}

impl ProcessSettings {
    /// Variables that every process of cells gets: no backtraces, whose frames nobody reads, and evcxr's mark, without which some libraries
    /// display nothing.
    pub fn usual_variables() -> [(String, String); 2] {
        [("RUST_BACKTRACE", "0"), ("EVCXR_IS_RUNTIME", "1")].map(|(name, value)| (name.to_owned(), value.to_owned()))
    }
}

/// How a cell ended.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ending {
    /// It came to its end.
    Finished,
    /// A `return` left it, so that it brought no variable.
    Returned,
    /// It panicked.
    Panicked {
        /// What the panic said.
        message: String,
        /// The line, from 1, and the label of the cell if it is an earlier one.
        place: Option<(Option<String>, u32)>,
    },
    /// `?` met an error, which says this.
    Failed {
        /// What the error says; may be empty.
        message: String,
    },
    /// It was cancelled while it awaited; variables are as after a failure.
    Cancelled,
    /// The process ended.
    Died {
        /// How, in words: `it exited with code 3`.
        status: String,
    },
    /// It was still running when its time was up. The process was ended.
    TimedOut,
}

/// A process that runs cells. Dropping it ends it, with everything that it has started.
pub struct Process {
    supervisor: Child,
    lifeline: UnixStream,
    control: UnixStream,
    answers: Vec<u8>,
    stdout: OwnedFd,
    stderr: OwnedFd,
    out: Stdout,
    err: Text,
    loaded: BTreeSet<PathBuf>,
    /// How many threads cells have left running.
    threads: usize,
    /// Whether the last cell has left more of them than there were.
    leaves_threads: bool,
    is_gone: bool,
}

/// Steers the cell that a process runs, from another thread.
#[derive(Debug)]
pub struct CellHandle(UnixStream);

impl CellHandle {
    /// Gives a cell that reads standard input a line, or says that nobody can be asked for one.
    pub fn give(&self, line: Option<&str>) {
        let order = match line {
            Some(line) => format!("given\t{}\n", escaped(line)),
            None => "refused\n".to_owned(),
        };
        let _ = (&self.0).write_all(order.as_bytes());
    }

    /// Makes a cell that awaits end at its await point. A cell that computes goes on.
    pub fn cancel(&self) {
        let _ = (&self.0).write_all(b"cancel\n");
    }
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
        let mut command = Command::new(program);
        command
            .arg("supervise")
            .env_clear()
            .envs(&settings.environment)
            .current_dir(&settings.directory)
            .stdin(Stdio::from(OwnedFd::from(theirs)))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        let orders = OwnedFd::from(orders);
        // SAFETY: between fork and exec only `dup2` is called, which is allowed there.
        unsafe {
            command.pre_exec(move || {
                // The number that the supervisor expects. It is ours in the child from then on, and so is never closed here.
                let mut third = std::mem::ManuallyDrop::new(std::os::fd::FromRawFd::from_raw_fd(3));
                if orders.as_raw_fd() == 3 {
                    rustix::io::fcntl_setfd(&orders, rustix::io::FdFlags::empty())?;
                } else {
                    rustix::io::dup2(&orders, &mut third)?;
                }
                Ok(())
            });
        }
        let mut supervisor = command.spawn().map_err(failed)?;
        let stdout = OwnedFd::from(supervisor.stdout.take().expect("stdout was asked for as a pipe"));
        let stderr = OwnedFd::from(supervisor.stderr.take().expect("stderr was asked for as a pipe"));
        drop(command);
        for file in [stdout.as_fd(), stderr.as_fd(), control.as_fd(), lifeline.as_fd()] {
            rustix::io::ioctl_fionbio(file, true).map_err(|error| failed(error.into()))?;
        }
        let mut process = Process {
            supervisor,
            lifeline,
            control,
            answers: Vec::new(),
            stdout,
            stderr,
            out: Stdout::default(),
            err: Text::default(),
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
            process.order(&["memory", &bytes.to_string()])?;
        }
        if settings.asks_for_input {
            process.order(&["input"])?;
        }
        if settings.reports_panics {
            process.order(&["hold-panics"])?;
        }
        Ok(process)
    }

    /// Sets a variable of the process.
    ///
    /// # Errors
    /// When the process is gone.
    pub fn set_variable(&mut self, name: &str, value: &str) -> Result<(), Error> {
        self.order(&["set", name, value])
    }

    /// For steering a cell from another thread.
    ///
    /// # Errors
    /// When the system has no descriptor left.
    pub fn handle(&self) -> Result<CellHandle, Error> {
        let clone = self.control.try_clone();
        clone.map(CellHandle).map_err(|error| Error::Process { message: error.to_string() })
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
        if self.read_answers() {
            return None;
        }
        match self.died(&mut |_| ()) {
            Ending::Died { status } => Some(status),
            _ => None,
        }
    }

    /// Runs a compiled cell. `started` is called when its code begins to run; its output goes to `emit` as it comes.
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
                self.order(&["load", &text(provider)])?;
            }
        }
        self.loaded.insert(library.clone());
        let lines: Vec<String> = cell
            .lines
            .iter()
            .map(|(first, last, line, label)| format!("{first}:{last}:{line}:{}", label.replace(';', ",")))
            .collect();
        let (library, lines) = (text(library), lines.join(";"));
        let mut order = vec!["run", &library, &lines];
        order.extend(cell.discarded.iter().map(String::as_str));
        if self.order(&order).is_err() {
            return Ok(self.died(emit));
        }
        let deadline = Instant::now().checked_add(limit).unwrap_or_else(|| Instant::now() + Duration::from_secs(1 << 30));
        loop {
            let patience = if cell.shows_itself { VALUE } else { Duration::ZERO };
            let fields = match self.answer(deadline, patience, token, emit)? {
                Answer::Fields(fields) => fields,
                Answer::TimedOut => {
                    self.kill();
                    self.end_output(emit);
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
                ["finished", ..] => Ending::Finished,
                ["returned", ..] => Ending::Returned,
                ["cancelled", ..] => Ending::Cancelled,
                ["failed", message, ..] => Ending::Failed { message: (*message).to_owned() },
                ["panicked", message, label, line, ..] => {
                    let label = (!label.is_empty()).then(|| (*label).to_owned());
                    let place = line.parse().ok().map(|line| (label, line));
                    Ending::Panicked { message: (*message).to_owned(), place }
                }
                other => return Err(Error::Process { message: format!("it answered {other:?}") }),
            };
            let is_shown = cell.shows_itself && ending == Ending::Finished;
            let mut rest = Vec::new();
            self.end_output(&mut |output| rest.push(output));
            let last = rest.iter().rposition(|output| !matches!(output, Output::Stderr(_))).filter(|_| is_shown);
            for (index, output) in rest.into_iter().enumerate() {
                emit(match output {
                    Output::Display(display) if last == Some(index) => Output::ShownValue(display),
                    output => output,
                });
            }
            let threads = fields.get(4).and_then(|threads| threads.parse().ok()).unwrap_or(0);
            self.leaves_threads = threads > self.threads;
            self.threads = threads;
            if let Some(shown) = fields.get(5) {
                emit(Output::Value((*shown).to_owned()));
            }
            return Ok(ending);
        }
    }

    /// Reads what was written since the last cell ended, by threads, tasks and processes that nothing waits for. If that cell has
    /// left threads running, they get this long to write something.
    pub fn drain(&mut self, patience: Duration, emit: &mut dyn FnMut(Output)) {
        let deadline = Instant::now() + patience;
        let mut found = self.read_pipes(emit);
        while std::mem::take(&mut self.leaves_threads) && !found {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            self.wait(left.min(TICK));
            found = self.read_pipes(emit);
            self.leaves_threads = !found;
        }
        self.leaves_threads = false;
        self.end_output(emit);
    }

    fn end_output(&mut self, emit: &mut dyn FnMut(Output)) {
        self.out.end(emit);
        let rest = self.err.end();
        if !rest.is_empty() {
            emit(Output::Stderr(rest));
        }
    }

    fn order(&mut self, fields: &[&str]) -> Result<(), Error> {
        let line: Vec<String> = fields.iter().map(|field| escaped(field)).collect();
        let bytes = (line.join("\t") + "\n").into_bytes();
        let mut sent = 0;
        while sent < bytes.len() {
            match self.control.write(&bytes[sent..]) {
                Ok(count) => sent += count,
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => std::thread::sleep(Duration::from_millis(1)),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::Process { message: format!("it takes no order: {error}") }),
            }
        }
        Ok(())
    }

    /// Waits for an answer, and passes on what is written meanwhile; a display once nothing follows it for this long.
    fn answer(
        &mut self,
        deadline: Instant,
        patience: Duration,
        token: &CancellationToken,
        emit: &mut dyn FnMut(Output),
    ) -> Result<Answer, Error> {
        let mut read = Instant::now();
        loop {
            let open = self.read_answers();
            if let Some(end) = self.answers.iter().position(|byte| *byte == b'\n') {
                // Everything that the cell wrote before it answered is in the pipes by now.
                self.read_pipes(emit);
                let line: Vec<u8> = self.answers.drain(..=end).collect();
                let line = String::from_utf8_lossy(&line[..end]).into_owned();
                return Ok(Answer::Fields(line.split('\t').map(unescaped).collect()));
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
                self.read_pipes(emit);
                return Ok(Answer::TimedOut);
            }
            self.wait(left.min(TICK));
            if self.read_pipes(emit) {
                read = Instant::now();
            } else if read.elapsed() >= patience {
                self.out.rest(emit);
            }
        }
    }

    /// Waits until there is something to read.
    fn wait(&self, limit: Duration) {
        let mut files = [
            PollFd::new(&self.control, PollFlags::IN),
            PollFd::new(&self.stdout, PollFlags::IN),
            PollFd::new(&self.stderr, PollFlags::IN),
        ];
        let limit = Timespec { tv_sec: 0, tv_nsec: i64::from(limit.subsec_nanos().max(1_000_000)) };
        let _ = rustix::event::poll(&mut files, Some(&limit));
        // A pipe that everybody has closed is always ready.
        let closed =
            files[1..].iter().any(|file| file.revents().contains(PollFlags::HUP) && !file.revents().contains(PollFlags::IN));
        if closed && files[0].revents().is_empty() {
            std::thread::sleep(Duration::from_millis(2));
        }
    }

    /// Reads answers. Returns whether there may be more.
    fn read_answers(&mut self) -> bool {
        let mut buffer = [0; 8192];
        loop {
            match self.control.read(&mut buffer) {
                Ok(0) => return false,
                Ok(count) => self.answers.extend_from_slice(&buffer[..count]),
                Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => return true,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(_) => return false,
            }
        }
    }

    /// Reads what is in the pipes, at most a few megabytes so that a flood does not keep the clock from being looked at.
    /// Returns whether there was anything.
    fn read_pipes(&mut self, emit: &mut dyn FnMut(Output)) -> bool {
        let mut buffer = vec![0; 64 * 1024];
        let mut found = false;
        for _ in 0..64 {
            match rustix::io::read(&self.stdout, &mut buffer[..]) {
                Ok(count @ 1..) => {
                    found = true;
                    self.out.push(&buffer[..count], emit);
                }
                _ => break,
            }
        }
        for _ in 0..64 {
            match rustix::io::read(&self.stderr, &mut buffer[..]) {
                Ok(count @ 1..) => {
                    found = true;
                    let text = self.err.push(&buffer[..count]);
                    if !text.is_empty() {
                        emit(Output::Stderr(without_generated_places(&text).into_owned()));
                    }
                }
                _ => break,
            }
        }
        found
    }

    /// The process is gone: reads what is left, and finds out how it ended.
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
                    self.read_pipes(emit);
                }
                Err(_) => break,
            }
        }
        self.kill();
        self.read_pipes(emit);
        self.end_output(emit);
        Ending::Died { status: in_words(status.trim()) }
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

/// How a process ended, in words.
fn in_words(status: &str) -> String {
    let Some((kind, number)) = status.split_once(' ') else {
        return "it closed the channel over which it is steered".to_owned();
    };
    if kind == "code" {
        return format!("it exited with code {number}");
    }
    let name = match number {
        "4" => "SIGILL, an illegal instruction",
        "5" => "SIGTRAP, a trap",
        "6" => "SIGABRT, an abort",
        "7" => "SIGBUS, a bus error",
        "8" => "SIGFPE, an arithmetic fault",
        "9" => "SIGKILL, killed from outside or out of memory",
        "11" => "SIGSEGV, a segmentation fault",
        "15" => "SIGTERM",
        _ => return format!("by signal {number}"),
    };
    format!("by signal {number} ({name})")
}

fn escaped(field: &str) -> String {
    field.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n")
}

fn unescaped(field: &str) -> String {
    let mut text = String::with_capacity(field.len());
    let mut characters = field.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            text.push(character);
            continue;
        }
        match characters.next() {
            Some('t') => text.push('\t'),
            Some('n') => text.push('\n'),
            Some(other) => text.push(other),
            None => {}
        }
    }
    text
}
