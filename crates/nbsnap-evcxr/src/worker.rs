//! The process that embeds evcxr. It compiles cells and runs them, one notebook after another.
//!
//! It is a process because evcxr's working directory, configuration and rust-analyzer exist once a process,
//! and because only a process can be timed and killed. It takes orders from the runner and decides nothing.
//! The runner decides what the end of a cell means.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use evcxr::{CommandContext, Error, EvalContext};
use nbsnap::engines::evcxr::stderr;
use nbsnap::process::{limits, pipe, reexec};

use crate::messages::{Capture, CellRun, FromRelay, FromWorker, Late, Outcome, Session, ToRelay, ToWorker};
use crate::{diagnostics, relay, role, runtime};

/// Works until the runner closes the pipe.
pub(crate) fn main() -> ExitCode {
    let Ok(runner) = take_stdout() else { return ExitCode::from(97) };
    let result = limits::end_with_parent().map_err(|error| error.to_string()).and_then(|()| run(&runner));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            let _ = runner.tell(&FromWorker::Broken { message });
            ExitCode::from(97)
        }
    }
}

/// Keeps the pipe to the runner for our own messages. evcxr's output goes to standard error.
fn take_stdout() -> std::io::Result<Runner> {
    let pipe = std::io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(std::io::stderr().as_fd())?;
    Ok(Runner(Arc::new(Mutex::new(pipe.into()))))
}

/// The runner at the other end of the pipe.
#[derive(Clone)]
struct Runner(Arc<Mutex<File>>);

impl Runner {
    fn tell(&self, message: &FromWorker) -> std::io::Result<()> {
        pipe::send(&mut *lock(&self.0), message)
    }
}

fn run(runner: &Runner) -> Result<(), String> {
    let in_words = |error: std::io::Error| error.to_string();
    // The runner starts us in a private folder, so that no `evcxr.toml` of the user's is found.
    let home = std::env::current_dir().map_err(in_words)?;
    let mut worker = Worker::start(&home, runner.clone())?;
    runner.tell(&FromWorker::Ready).map_err(in_words)?;
    let mut orders = BufReader::new(std::io::stdin().lock());
    while let Some(order) = pipe::receive::<ToWorker>(&mut orders).map_err(in_words)? {
        let answer = match order {
            ToWorker::Open(session) => match worker.open(session) {
                Ok(()) => FromWorker::Opened,
                Err(Opening::Cell(run)) => FromWorker::Ran(*run),
                Err(Opening::Broken(message)) => FromWorker::Broken { message },
            },
            ToWorker::Run { source } => FromWorker::Ran(worker.run_cell(&source)),
            ToWorker::Close => FromWorker::Closed(worker.close()),
        };
        runner.tell(&answer).map_err(in_words)?;
    }
    Ok(())
}

/// Why a notebook could not be opened.
enum Opening {
    /// Its `:dep` lines were refused, as a cell would be.
    Cell(Box<CellRun>),
    /// The notebook broke for a reason outside of its code.
    Broken(String),
}

struct Worker {
    context: CommandContext,
    relays: Arc<Relays>,
    captures: Receiver<FromRelay>,
    home: PathBuf,
}

impl Worker {
    fn start(home: &Path, runner: Runner) -> Result<Worker, String> {
        let (sender, captures) = channel();
        let relays = Relays::listen(&home.join("relay"), sender, runner).map_err(|error| error.to_string())?;
        let mut command = reexec::command(role::RELAY).map_err(|error| error.to_string())?;
        command.env(relay::SOCKET_VARIABLE, home.join("relay"));
        // The first process that evcxr starts belongs to no notebook.
        relays.set_session(Session { directory: home.to_owned(), max_output: 1 << 20, ..Session::default() });
        let (context, outputs) = EvalContext::with_subprocess_command(command).map_err(|error| error.to_string())?;
        // evcxr waits until these channels are empty. With the relay in between, nothing useful arrives on
        // them.
        std::thread::spawn(move || outputs.stdout.into_iter().for_each(drop));
        std::thread::spawn(move || outputs.stderr.into_iter().for_each(drop));
        let worker = Worker { context: CommandContext::with_eval_context(context), relays, captures, home: home.to_owned() };
        worker.take_captures();
        Ok(worker)
    }

    fn open(&mut self, session: Session) -> Result<(), Opening> {
        let broken = |error: &dyn std::fmt::Display| Opening::Broken(error.to_string());
        // Relative paths in `:dep` lines and in `include_str!` mean the notebook's folder.
        std::env::set_current_dir(&session.directory)
            .map_err(|error| Opening::Broken(format!("cannot enter {}: {error}", session.directory.display())))?;
        let dependencies = session.dependency_lines.join("\n");
        self.relays.set_session(session);
        // What the notebook before set (`:opt`, `:fmt`, …) must not reach this one.
        self.context.reset_config();
        self.context.execute(":clear").map_err(|error| broken(&error))?;
        self.context.execute(":linker system").map_err(|error| broken(&error))?;
        self.take_captures();
        let source = format!("{dependencies}\n{}", runtime::FLUSH_SOURCE);
        let run = self.run_cell(&source);
        match run.outcome {
            Outcome::Ran if run.capture.died.is_none() => Ok(()),
            _ => Err(Opening::Cell(Box::new(run))),
        }
    }

    fn run_cell(&mut self, source: &str) -> CellRun {
        let result = self.context.execute(source);
        let mut capture = self.take_captures();
        if capture.died.is_some() {
            // A process that evcxr started as a replacement lacks the functions that the runtime looks for.
            let _ = self.context.execute(runtime::FLUSH_SOURCE);
            self.take_captures();
        }
        if capture.panicked {
            capture.panic_line = stderr::panic_line(&capture.stderr)
                .and_then(|line| stderr::line_in_cell(&self.context.last_source().unwrap_or_default(), line, source));
        }
        let (outcome, command_outputs) = match result {
            Ok(outputs) => (Outcome::Ran, outputs.content_by_mime_type.into_iter().collect()),
            Err(Error::CompilationErrors(errors)) => {
                (Outcome::Compile(diagnostics::from_evcxr(&errors, source)), BTreeMap::new())
            }
            Err(Error::SubprocessTerminated(message)) => (Outcome::Terminated(message), BTreeMap::new()),
            Err(error) => (Outcome::Refused(error.to_string()), BTreeMap::new()),
        };
        CellRun { capture, command_outputs, outcome }
    }

    /// All captures since the last call, joined: evcxr may run a cell's code more than once.
    fn take_captures(&self) -> Capture {
        let mut joined = Capture::default();
        while let Ok(message) = self.captures.try_recv() {
            let FromRelay::Captured(capture) = message else { continue };
            joined.late.text.push_str(&capture.late.text);
            joined.stdout.push_str(&capture.stdout);
            joined.stderr.push_str(&capture.stderr);
            joined.outputs.extend(capture.outputs);
            joined.printed += capture.printed;
            joined.overflowed |= capture.overflowed;
            joined.panicked |= capture.panicked;
            joined.errored |= capture.errored;
            joined.forged.extend(capture.forged);
            joined.died = capture.died.or(joined.died);
        }
        joined
    }

    fn close(&mut self) -> Late {
        let late = if self.relays.tell(&ToRelay::Finish) {
            match self.captures.recv_timeout(std::time::Duration::from_secs(5)) {
                Ok(FromRelay::Finished(late)) => late,
                _ => Late::default(),
            }
        } else {
            Late::default()
        };
        // Ends the notebook's process with all its threads. The one that `:clear` starts belongs to no
        // notebook.
        self.relays.set_session(Session { directory: self.home.clone(), max_output: 1 << 20, ..Session::default() });
        let _ = self.context.execute(":clear");
        let _ = std::env::set_current_dir(&self.home);
        late
    }
}

/// The socket on which relays connect. evcxr starts a new relay whenever it restarts its runtime.
struct Relays {
    session: Mutex<Session>,
    current: Mutex<Option<UnixStream>>,
}

impl Relays {
    fn listen(path: &Path, captures: Sender<FromRelay>, runner: Runner) -> std::io::Result<Arc<Relays>> {
        let _ = std::fs::remove_file(path);
        let listener = UnixListener::bind(path)?;
        let relays = Arc::new(Relays { session: Mutex::default(), current: Mutex::default() });
        std::thread::spawn({
            let relays = relays.clone();
            move || {
                for stream in listener.incoming().flatten() {
                    let relays = relays.clone();
                    let (captures, runner) = (captures.clone(), runner.clone());
                    std::thread::spawn(move || relays.attend(stream, &captures, &runner));
                }
            }
        });
        Ok(relays)
    }

    fn attend(&self, mut stream: UnixStream, captures: &Sender<FromRelay>, runner: &Runner) {
        let session = lock(&self.session).clone();
        let Ok(reading) = stream.try_clone() else { return };
        if pipe::send(&mut stream, &ToRelay::Start(session)).is_err() {
            return;
        }
        *lock(&self.current) = stream.try_clone().ok();
        let mut reading = BufReader::new(reading);
        while let Ok(Some(message)) = pipe::receive(&mut reading) {
            if matches!(message, FromRelay::Running) {
                let _ = runner.tell(&FromWorker::Running);
                continue;
            }
            let captured = matches!(message, FromRelay::Captured(_));
            if captures.send(message).is_err() {
                return;
            }
            if captured && pipe::send(&mut stream, &ToRelay::Noted).is_err() {
                return;
            }
        }
    }

    fn set_session(&self, session: Session) {
        *lock(&self.session) = session;
    }

    fn tell(&self, message: &ToRelay) -> bool {
        lock(&self.current).as_mut().is_some_and(|stream| pipe::send(stream, message).is_ok())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    // Values in the mutexes are always replaced as a whole, so another thread's panic leaves them
    // consistent.
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}
