//! Serves the runner's requests, over the pipes with which this program was started.
//!
//! One thread reads requests, one answers those that need no worker, and each worker has its own thread. The
//! messages are in `nbsnap::engines::evcxr::protocol`.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::BufReader;
use std::ops::ControlFlow;
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Scope, ScopedJoinHandle};

use nbsnap::engine::{EngineError, Interrupt, Worker};
use nbsnap::engines::evcxr::protocol::{self, Answer, Folder, Prepared, Refusal, Report, Request, SentEvent, SentRun, Settings};
use nbsnap::notebook::Notebook;
use nbsnap::process::{limits, pipe};

use crate::engine::Evcxr;

/// Serves until the runner closes its pipe.
pub(crate) fn main() -> ExitCode {
    let Ok(pipe) = take_stdout() else { return ExitCode::from(97) };
    let runner = Runner(Arc::new(Mutex::new(pipe)));
    // The end of a runner ends this process. Where the system cannot do that, the end of the pipe does.
    let _ = limits::end_with_parent();
    let interrupt = Interrupt::default();
    let requests = read_requests(&interrupt);
    runner.tell(&Answer::Ready { version: protocol::VERSION });
    let mut next = requests.recv().ok();
    while let Some(request) = next.take() {
        match request {
            Request::Prepare { settings, all, selected } => {
                let all: Vec<Notebook> = all.into_iter().map(Notebook::from).collect();
                next = match prepare(settings, &all, &selected, &interrupt, &runner) {
                    Ok(engine) => serve(&engine, &requests, &runner),
                    Err(()) => requests.recv().ok(),
                };
            }
            // Nothing is prepared: what needs that is refused.
            Request::Run { worker, .. } => {
                runner.tell(&Answer::Ended { worker, result: Err(not_prepared()) });
                next = requests.recv().ok();
            }
            Request::Folder(_) => {
                runner.tell(&Answer::Folder(Err(not_prepared())));
                next = requests.recv().ok();
            }
            Request::GoOn { .. } | Request::Leave { .. } | Request::Interrupt => next = requests.recv().ok(),
        }
    }
    ExitCode::SUCCESS
}

/// The runner at the other end of the pipe.
#[derive(Clone)]
struct Runner(Arc<Mutex<File>>);

impl Runner {
    /// Says something. When the runner is gone, the end of its other pipe says so.
    fn tell(&self, answer: &Answer) {
        let _ = pipe::send(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), answer);
    }
}

/// Keeps the pipe to the caller for our own messages. All other output goes to standard error.
pub(crate) fn take_stdout() -> std::io::Result<File> {
    let pipe = std::io::stdout().as_fd().try_clone_to_owned()?;
    rustix::stdio::dup2_stdout(std::io::stderr().as_fd())?;
    Ok(pipe.into())
}

/// Reads requests on a separate thread, so that an interrupt is always noticed. The end of the pipe counts
/// as an interrupt, too.
fn read_requests(interrupt: &Interrupt) -> Receiver<Request> {
    let (sender, requests) = channel();
    let interrupt = interrupt.clone();
    std::thread::spawn(move || {
        let mut stdin = BufReader::new(std::io::stdin());
        while let Ok(Some(request)) = pipe::receive::<Request>(&mut stdin) {
            if matches!(request, Request::Interrupt) {
                interrupt.set();
            } else if sender.send(request).is_err() {
                return;
            }
        }
        interrupt.set();
    });
    requests
}

/// Prepares, and reports the result.
fn prepare(
    settings: Settings,
    all: &[Notebook],
    selected: &[String],
    interrupt: &Interrupt,
    runner: &Runner,
) -> Result<Evcxr, ()> {
    let selected: Vec<Notebook> = all.iter().filter(|notebook| selected.contains(&notebook.name)).cloned().collect();
    let emit = &mut |event| {
        if let Some(event) = SentEvent::of(event) {
            runner.tell(&Answer::Event(event));
        }
    };
    match Evcxr::prepare(settings, all, &selected, interrupt, emit) {
        Ok(engine) => {
            runner.tell(&Answer::Prepared(Ok(Prepared { sources: engine.ready.local() })));
            Ok(engine)
        }
        Err(error) => {
            runner.tell(&Answer::Prepared(Err(error.into())));
            Err(())
        }
    }
}

/// Serves with what was prepared. Returns a request to prepare something else, if one came.
fn serve(engine: &Evcxr, requests: &Receiver<Request>, runner: &Runner) -> Option<Request> {
    std::thread::scope(|scope| {
        let mut workers = Workers { scope, engine, runner, running: BTreeMap::new() };
        while let Ok(request) = requests.recv() {
            match request {
                Request::Run { worker, workspace, run } => workers.order(worker, workspace, Order::Run(Box::new(run))),
                Request::GoOn { worker, goes_on } => workers.answer(worker, goes_on),
                Request::Leave { worker } => workers.leave(worker),
                Request::Folder(folder) => {
                    let folder = match folder {
                        Folder::OfKernel => engine.kernel_folder(),
                        Folder::OfWorker(number) => engine.worker_folder(number),
                    };
                    runner.tell(&Answer::Folder(folder.map_err(Refusal::from)));
                }
                Request::Prepare { .. } => return Some(request),
                Request::Interrupt => {}
            }
        }
        None
    })
}

/// The workers that have run something.
struct Workers<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    engine: &'env Evcxr,
    runner: &'env Runner,
    running: BTreeMap<u64, (Sender<Order>, ScopedJoinHandle<'scope, ()>)>,
}

/// An order to a worker's thread.
enum Order {
    Run(Box<SentRun>),
    GoOn(bool),
}

impl Workers<'_, '_> {
    fn order(&mut self, worker: u64, workspace: usize, order: Order) {
        let (scope, engine, runner) = (self.scope, self.engine, self.runner);
        let (orders, _) = self.running.entry(worker).or_insert_with(|| {
            let (sender, orders) = channel();
            (sender, scope.spawn(move || work(engine, worker, workspace, &orders, runner)))
        });
        let _ = orders.send(order);
    }

    fn answer(&self, worker: u64, goes_on: bool) {
        if let Some((orders, _)) = self.running.get(&worker) {
            let _ = orders.send(Order::GoOn(goes_on));
        }
    }

    /// Ends a worker: only then is its workspace free for another.
    fn leave(&mut self, worker: u64) {
        if let Some((orders, thread)) = self.running.remove(&worker) {
            drop(orders);
            let _ = thread.join();
        }
    }
}

/// One worker: runs notebooks until it is left.
fn work(engine: &Evcxr, number: u64, workspace: usize, orders: &Receiver<Order>, runner: &Runner) {
    let mut worker = engine.worker(workspace);
    while let Ok(order) = orders.recv() {
        // An answer to nothing.
        let Order::Run(run) = order else { continue };
        let result = match &mut worker {
            Ok(worker) => run.with(|run| {
                worker.run(run, &mut |progress| {
                    let Some(report) = Report::of(run.notebook, progress) else { return ControlFlow::Continue(()) };
                    runner.tell(&Answer::Report { worker: number, report });
                    match orders.recv() {
                        Ok(Order::GoOn(true)) => ControlFlow::Continue(()),
                        _ => ControlFlow::Break(()),
                    }
                })
            }),
            Err(_) => Err(not_set_up(&mut worker)),
        };
        runner.tell(&Answer::Ended { worker: number, result: result.map_err(Refusal::from) });
    }
}

/// Why a worker could not be set up. The reason is reported once; later calls report only that there is no
/// worker.
fn not_set_up<T>(worker: &mut Result<T, EngineError>) -> EngineError {
    let message = "the worker could not be set up".to_owned();
    let again = Err(EngineError::Failed { message: message.clone() });
    std::mem::replace(worker, again).err().unwrap_or(EngineError::Failed { message })
}

fn not_prepared() -> Refusal {
    Refusal::Failed { message: "engine evcxr was not prepared".into() }
}
