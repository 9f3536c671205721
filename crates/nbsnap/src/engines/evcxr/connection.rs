//! A running `nbsnap-evcxr`, and the messages to it and from it.
//!
//! The main type is [`Connection`]. It passes each message on to its receiver, and does not know what
//! messages mean.

use std::collections::BTreeMap;
use std::io::BufReader;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::protocol::{self, Answer, Request};
use crate::engine::{EngineError, Interrupt};
use crate::process::tail::Tail;
use crate::process::{group, limits, pipe};

/// How often a waiting thread looks whether the user wants to stop.
const TICK: Duration = Duration::from_millis(50);
/// How long the program may take until it reports that it is up.
const START: Duration = Duration::from_secs(60);
/// How long it may take to end its work once it knows that the user wants to stop.
const STOP: Duration = Duration::from_secs(10);
/// How long it may take to end what it has started once its pipe is closed.
const END: Duration = Duration::from_secs(5);

/// A running `nbsnap-evcxr`. Dropping it ends that, with all that it has started.
pub(super) struct Connection {
    child: Mutex<Child>,
    orders: Mutex<Option<ChildStdin>>,
    /// Answers that are for no worker.
    answers: Mutex<Receiver<Answer>>,
    routes: Arc<Mutex<Routes>>,
    printed: Tail,
    workers: AtomicU64,
    interrupt: Interrupt,
}

/// Where answers go.
struct Routes {
    workers: BTreeMap<u64, Sender<Answer>>,
    /// Whether further answers may come.
    is_open: bool,
}

/// The line of one worker, by its number.
pub(super) struct Line {
    pub(super) worker: u64,
    answers: Receiver<Answer>,
}

impl Connection {
    /// Starts the program and waits until it is up.
    pub(super) fn start(program: &Path, interrupt: &Interrupt) -> Result<Connection, EngineError> {
        let mut command = Command::new(program);
        command
            .arg(protocol::SERVE)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            // A signal from the terminal is for the runner.
            .process_group(0);
        // SAFETY: between fork and exec this makes one system call and touches no memory.
        unsafe { command.pre_exec(limits::end_with_parent) };
        let mut child =
            command.spawn().map_err(|source| EngineError::Program { program: program.display().to_string(), source })?;
        let printed = Tail::default();
        printed.follow(child.stderr.take());
        let orders = child.stdin.take();
        let stdout = child.stdout.take().expect("stdout was asked for as a pipe");
        let routes = Arc::new(Mutex::new(Routes { workers: BTreeMap::new(), is_open: true }));
        let (sender, answers) = channel();
        std::thread::spawn({
            let routes = routes.clone();
            move || {
                route(stdout, &routes, &sender);
                let mut routes = lock(&routes);
                routes.is_open = false;
                routes.workers.clear();
            }
        });
        let connection = Connection {
            child: Mutex::new(child),
            orders: Mutex::new(orders),
            answers: Mutex::new(answers),
            routes,
            printed,
            workers: AtomicU64::new(0),
            interrupt: interrupt.clone(),
        };
        match connection.answer(Some(Instant::now() + START))? {
            Answer::Ready { version } if version == protocol::VERSION => Ok(connection),
            _ => Err(EngineError::Failed {
                message: format!("{} is of another version than this program: install both anew", program.display()),
            }),
        }
    }

    /// Sends a request.
    pub(super) fn say(&self, request: &Request) -> Result<(), EngineError> {
        let mut orders = lock(&self.orders);
        match orders.as_mut().map(|orders| pipe::send(orders, request)) {
            Some(Ok(())) => Ok(()),
            _ => Err(self.is_gone()),
        }
    }

    /// The next answer that is for no worker.
    pub(super) fn answer(&self, deadline: Option<Instant>) -> Result<Answer, EngineError> {
        self.wait(&lock(&self.answers), deadline)
    }

    /// A line for a worker of its own.
    pub(super) fn line(&self) -> Line {
        let worker = self.workers.fetch_add(1, Ordering::Relaxed);
        let (sender, answers) = channel();
        let mut routes = lock(&self.routes);
        // Without the sender the receiver knows that nothing will come.
        if routes.is_open {
            routes.workers.insert(worker, sender);
        }
        Line { worker, answers }
    }

    /// The next answer on a worker's line.
    pub(super) fn hear(&self, line: &Line) -> Result<Answer, EngineError> {
        self.wait(&line.answers, None)
    }

    /// Ends a worker's line.
    pub(super) fn leave(&self, line: &Line) {
        lock(&self.routes).workers.remove(&line.worker);
        // A program that is gone has no workers.
        let _ = self.say(&Request::Leave { worker: line.worker });
    }

    fn wait(&self, answers: &Receiver<Answer>, mut deadline: Option<Instant>) -> Result<Answer, EngineError> {
        let mut is_told = false;
        loop {
            if self.interrupt.is_set() && !is_told {
                self.say(&Request::Interrupt)?;
                deadline = Some(Instant::now() + STOP);
                is_told = true;
            }
            match answers.recv_timeout(TICK) {
                Ok(answer) => return Ok(answer),
                Err(RecvTimeoutError::Disconnected) => return Err(self.is_gone()),
                Err(RecvTimeoutError::Timeout) if deadline.is_some_and(|deadline| deadline <= Instant::now()) => {
                    return Err(if is_told { EngineError::Interrupted } else { self.is_gone() });
                }
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// The program ended, or does not answer: what it printed says why.
    fn is_gone(&self) -> EngineError {
        // The thread that reads what it printed may be a moment behind.
        std::thread::sleep(TICK);
        let status = match lock(&self.child).try_wait() {
            Ok(Some(status)) => rust_cells::describe_exit(status),
            _ => "it does not answer".to_owned(),
        };
        EngineError::Failed { message: format!("nbsnap-evcxr ended ({status}); it printed:\n{}", self.printed.text()) }
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        lock(&self.orders).take();
        let mut child = lock(&self.child);
        let deadline = Instant::now() + END;
        while matches!(child.try_wait(), Ok(None)) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
        group::kill_group(&child);
        let _ = child.wait();
    }
}

/// Passes answers on until no more come.
fn route(stdout: ChildStdout, routes: &Mutex<Routes>, others: &Sender<Answer>) {
    let mut stdout = BufReader::new(stdout);
    while let Ok(Some(answer)) = pipe::receive::<Answer>(&mut stdout) {
        let worker = match &answer {
            Answer::Report { worker, .. } | Answer::Ended { worker, .. } => Some(*worker),
            _ => None,
        };
        // A receiver that is gone needs no answer.
        let _ = match worker {
            Some(worker) => lock(routes).workers.get(&worker).map_or(Ok(()), |route| route.send(answer)),
            None => others.send(answer),
        };
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What the mutexes hold is replaced whole, so a panic of another thread leaves nothing half done.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
