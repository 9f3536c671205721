//! The process that analyses code for help while typing. The first question starts it. It ends when nobody
//! asks for a while, and with the kernel.
//!
//! The main type is [`Analysis`]. It never makes the caller wait. There is no answer until the process has
//! loaded the cells' dependencies, or while it works on another question. The caller then answers without
//! it.

use std::fmt;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rust_cells::analysis::{Answer, Question};
use rust_cells::{CancellationToken, foreign_variables};
use tokio::sync::oneshot;

use crate::KernelSettings;

/// How long an answer may take. Clients drop what comes later than a second.
const PATIENCE: Duration = Duration::from_millis(900);
/// How long an idle process is kept.
const IDLE: Duration = Duration::from_secs(15 * 60);
/// How often the process may break down before it is no longer started.
const MOST_FAILURES: u32 = 3;
/// The scheduling priority of a build of the process: a high number is low priority.
const NICE: i32 = 10;
/// Describes the process to a person who waits for it: first, and once its program is there.
const STARTING: &str = "rust-analyzer is being started, and built before if need be; ask again for methods and documentation";
const LOADING: &str =
    "rust-analyzer is loading the crates that cells depend on; ask again in a moment for methods and documentation";

/// Finds the program that analyses.
pub trait AnalyserProgram: fmt::Debug + Send + Sync {
    /// The program's file, which may have to be built first. `say` reports the progress.
    ///
    /// # Errors
    /// When there is no such program, in words for the person who types.
    fn find(&self, token: &CancellationToken, say: &mut dyn FnMut(String)) -> Result<PathBuf, String>;
}

/// What answers questions about code. Clones share one process.
#[derive(Clone)]
pub(crate) struct Analysis {
    program: Option<Arc<dyn AnalyserProgram>>,
    /// Where it lays out what cells depend on.
    folder: PathBuf,
    /// The lock file that pins it.
    lock: Option<String>,
    /// How long an idle process is kept.
    idle: Duration,
    state: Arc<Mutex<State>>,
    token: CancellationToken,
}

#[derive(Default)]
struct State {
    /// The channel for questions, once there has been one.
    orders: Option<Sender<Order>>,
    /// Whether a question is being worked at.
    is_busy: bool,
    /// Whether the process has answered, so that it answers the next question soon.
    is_loaded: bool,
    /// Whether the process is no longer started.
    is_off: bool,
    /// What the process is doing before it can answer.
    progress: Option<String>,
    /// A fault that was not reported yet.
    fault: Option<String>,
    process: Option<Child>,
}

struct Order {
    question: Question,
    answer: oneshot::Sender<Answer>,
}

/// Why a process gets no more questions.
enum Over {
    /// Nobody has asked for a while, or the kernel is going.
    Rest,
    /// The process cannot be started, and never will.
    Never(String),
    /// It is gone.
    Gone(String),
}

impl Analysis {
    /// Nothing is started yet. Without a program there is never an answer.
    pub(crate) fn new(settings: &KernelSettings) -> Analysis {
        Analysis {
            program: settings.analyser.clone(),
            folder: settings.cache.join("analysis"),
            lock: settings.lock.clone(),
            idle: IDLE,
            state: Arc::default(),
            token: CancellationToken::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The answer, if there is one soon.
    pub(crate) async fn ask(&self, question: Question) -> Option<Answer> {
        let program = self.program.clone()?;
        let (sender, answer) = oneshot::channel();
        {
            let mut state = self.state();
            if state.is_busy || state.is_off || self.token.is_cancelled() {
                return None;
            }
            let orders = state.orders.get_or_insert_with(|| self.start(program));
            orders.send(Order { question, answer: sender }).ok()?;
            state.is_busy = true;
            if !state.is_loaded {
                state.progress.get_or_insert_with(|| STARTING.to_owned());
                return None;
            }
        }
        tokio::time::timeout(PATIENCE, answer).await.ok()?.ok()
    }

    /// Why there was no answer, in words for the person who asked. A lasting reason is reported once.
    pub(crate) fn notice(&self) -> Option<String> {
        let mut state = self.state();
        state.progress.clone().or_else(|| state.fault.take())
    }

    /// Ends the process, and what builds it.
    pub(crate) fn end(&self) {
        self.token.cancel();
        let mut state = self.state();
        state.orders = None;
        end(state.process.take());
    }

    fn start(&self, program: Arc<dyn AnalyserProgram>) -> Sender<Order> {
        let (sender, orders) = channel();
        let analysis = self.clone();
        std::thread::spawn(move || analysis.work(&program, &orders));
        sender
    }

    /// Starts processes that answer, one after another, until the kernel ends.
    fn work(&self, program: &Arc<dyn AnalyserProgram>, orders: &Receiver<Order>) {
        let mut failures = 0;
        while let Ok(first) = orders.recv() {
            let over = self.process(program, first, orders);
            let mut state = self.state();
            end(state.process.take());
            (state.is_busy, state.is_loaded, state.progress) = (false, false, None);
            let fault = match over {
                Over::Rest => continue,
                Over::Never(reason) => {
                    state.is_off = true;
                    reason
                }
                Over::Gone(reason) => {
                    failures += 1;
                    state.is_off = failures == MOST_FAILURES;
                    reason
                }
            };
            // Jupyter shows it where it shows its own log.
            let _ =
                writeln!(std::io::stderr(), "nbsnap: help while typing knows no methods and no library documentation: {fault}");
            state.fault = Some(fault);
        }
    }

    /// Starts a process and has it answer.
    fn process(&self, program: &Arc<dyn AnalyserProgram>, first: Order, orders: &Receiver<Order>) -> Over {
        let program = match self.find(program.clone()) {
            Ok(program) => program,
            Err(reason) => return Over::Never(reason),
        };
        let (mut questions, mut answers) = match self.spawn(&program) {
            Ok(pipes) => pipes,
            Err(error) => return Over::Never(format!("cannot run {}: {error}", program.display())),
        };
        let mut next = Ok(first);
        loop {
            let Order { question, answer } = match next {
                Ok(order) => order,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Over::Rest,
            };
            let mut line = String::new();
            let is_sent = serde_json::to_vec(&question).is_ok_and(|mut text| {
                text.push(b'\n');
                questions.write_all(&text).is_ok()
            });
            let is_answered = is_sent && answers.read_line(&mut line).is_ok_and(|length| length > 0);
            let Some(given) = is_answered.then(|| serde_json::from_str::<Answer>(&line).ok()).flatten() else {
                return if self.token.is_cancelled() { Over::Rest } else { Over::Gone("rust-analyzer broke down".to_owned()) };
            };
            let mut state = self.state();
            (state.is_busy, state.progress) = (false, None);
            match given {
                Answer::Failed(reason) => state.fault = Some(reason),
                given => {
                    state.is_loaded = true;
                    // The receiver may be gone.
                    let _ = answer.send(given);
                }
            }
            drop(state);
            next = orders.recv_timeout(self.idle);
        }
    }

    /// The program's file, built if necessary, by a thread of low priority.
    fn find(&self, program: Arc<dyn AnalyserProgram>) -> Result<PathBuf, String> {
        let analysis = self.clone();
        let find = move || {
            let _ = rustix::process::nice(NICE);
            program.find(&analysis.token, &mut |progress| analysis.state().progress = Some(progress))
        };
        let found = std::thread::spawn(find).join().unwrap_or_else(|_| Err("looking for it broke down".to_owned()));
        self.state().progress = Some(LOADING.to_owned());
        found
    }

    fn spawn(&self, program: &Path) -> std::io::Result<(ChildStdin, BufReader<ChildStdout>)> {
        std::fs::create_dir_all(&self.folder)?;
        let lock = self.folder.join("Cargo.lock");
        if let Some(text) = self.lock.as_ref().filter(|text| !std::fs::read_to_string(&lock).is_ok_and(|old| old == **text)) {
            std::fs::write(&lock, text)?;
        }
        let mut command = Command::new(program);
        for name in foreign_variables() {
            command.env_remove(name);
        }
        command
            .arg("analyse")
            .arg(&self.folder)
            // What cells depend on was fetched when it was built.
            .env("CARGO_NET_OFFLINE", "true")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut child = command.spawn()?;
        let pipes = child.stdin.take().zip(child.stdout.take());
        let mut state = self.state();
        if self.token.is_cancelled() {
            end(Some(child));
            return Err(std::io::ErrorKind::Interrupted.into());
        }
        state.process = Some(child);
        let (questions, answers) = pipes.ok_or(std::io::ErrorKind::BrokenPipe)?;
        Ok((questions, BufReader::new(answers)))
    }
}

fn end(process: Option<Child>) {
    if let Some(mut process) = process {
        // One that has ended by itself cannot be killed, and need not be.
        let _ = process.kill();
        let _ = process.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;
    use std::time::Instant;

    use rust_cells::analysis::Wants;

    use super::*;

    /// A script in place of the program.
    #[derive(Debug)]
    struct Script(PathBuf);

    impl AnalyserProgram for Script {
        fn find(&self, _: &CancellationToken, _: &mut dyn FnMut(String)) -> Result<PathBuf, String> {
            Ok(self.0.clone())
        }
    }

    fn analysis(folder: &Path, script: &str) -> Analysis {
        let program = folder.join("program");
        std::fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Analysis {
            program: Some(Arc::new(Script(program))),
            folder: folder.join("analysis"),
            lock: None,
            idle: Duration::from_millis(300),
            state: Arc::default(),
            token: CancellationToken::default(),
        }
    }

    fn ask(analysis: &Analysis) -> Option<Answer> {
        let question = Question { dependencies: String::new(), source: String::new(), offset: 0, wants: Wants::Suggestions };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(analysis.ask(question))
    }

    fn until(what: &str, holds: impl Fn() -> bool) {
        let started = Instant::now();
        while !holds() {
            assert!(started.elapsed() < Duration::from_secs(30), "never: {what}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[test]
    fn it_answers_once_it_has_loaded_and_rests_when_nobody_asks() {
        let folder = tempfile::tempdir().unwrap();
        let answers = "while read -r line; do echo '{\"Suggestions\":[]}'; done";
        let analysis = analysis(folder.path(), answers);
        for _ in 0..2 {
            let asked = Instant::now();
            assert_eq!(ask(&analysis), None, "nobody waits while it loads");
            assert!(asked.elapsed() < Duration::from_secs(1));
            assert!(analysis.notice().is_none_or(|notice| [STARTING, LOADING].contains(&notice.as_str())));
            until("it is loaded", || analysis.state().is_loaded);
            assert_eq!(ask(&analysis), Some(Answer::Suggestions(Vec::new())));
            assert_eq!(analysis.notice(), None);
            until("it is gone", || analysis.state().process.is_none());
        }
        ask(&analysis);
        until("it has started", || analysis.state().process.is_some());
        analysis.end();
        assert!(analysis.state().process.is_none());
        assert_eq!(ask(&analysis), None);
    }

    #[test]
    fn one_that_breaks_down_again_and_again_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let analysis = analysis(folder.path(), "exit 1");
        for _ in 0..MOST_FAILURES {
            assert_eq!(ask(&analysis), None);
            until("it has broken down", || !analysis.state().is_busy);
        }
        assert!(analysis.state().is_off);
        assert_eq!(analysis.notice().as_deref(), Some("rust-analyzer broke down"));
        assert_eq!((analysis.notice(), ask(&analysis)), (None, None), "it is said once");
    }
}
