//! `nbsnap serve`: serves a scenario to any client until it is interrupted, or for as long as a command
//! runs.

mod detached;

use std::fs::{self, File};
use std::io::{self, IsTerminal, Read, Write};
use std::os::unix::fs::FileTypeExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use eoap_testbed::{Answered, Testbed};
use nbsnap::engine::Interrupt;
use nbsnap::files::atomic_write;
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

use super::output::print;
use super::session;
use super::targets::Place;
use crate::args::{Colour, ServeArgs};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::testbed_server;

/// How long nothing may happen before it is looked whether to stop.
const PAUSE: Duration = Duration::from_millis(50);

/// How long a command may take to end after it was asked to.
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs the command.
pub(crate) fn run(place: &Place<'_>, args: &ServeArgs) -> Result<Exit, CommandError> {
    if args.detach {
        return detached::run();
    }
    let scenario = testbed_server::scenario(place.project_if_any()?.as_ref(), args.scenario.as_deref())?;
    let name = scenario.name().to_owned();
    let interrupt = interrupt(!args.command.is_empty())?;
    let mut log = Log::open(args.log.as_deref(), !args.quiet, args.report.color)?;
    let testbed = testbed_server::start(scenario, args.testbed.manner, args.testbed.ports)?;
    let environment = testbed_server::environment(&testbed);

    let text = testbed_server::written(&environment, args.format);
    match &args.env_file {
        Some(path) => {
            atomic_write::write(path, text.as_bytes()).map_err(|source| CommandError::Write { path: path.clone(), source })?
        }
        None if args.command.is_empty() => print(&mut io::stdout().lock(), &text)?,
        // Standard output is the command's.
        None => {}
    }
    if args.command.is_empty() {
        log.note(&format!(
            "serving {name} until Ctrl-C\n  page   {}\n  proxy  {}\n  OGC    {}\n  S3     {}",
            testbed.page_url(),
            testbed.proxy_url(),
            testbed.ogc_url(),
            testbed.s3_url()
        ));
        let serving = Serving::new(Some(testbed), interrupt);
        let ended = input_ended();
        serving.until(&mut log, &mut || ended.load(Ordering::Relaxed).then_some(()));
        serving.end(log, Exit::Success)
    } else {
        let mut command = Command::new(&args.command[0]);
        command.args(&args.command[1..]).envs(&environment);
        Serving::new(Some(testbed), interrupt).during(command, log)
    }
}

/// The interrupt of this process. If a command runs on the terminal, Ctrl-C reaches it, too, and the command
/// decides: a notebook server asks back, an interpreter drops a line.
pub(super) fn interrupt(has_command: bool) -> Result<Interrupt, CommandError> {
    if !has_command || !io::stdin().is_terminal() {
        return Ok(session::interrupt()?);
    }
    let interrupt = Interrupt::default();
    let nobody = Arc::new(AtomicBool::new(false));
    session::on_signals([(SIGINT, nobody), (SIGTERM, interrupt.flag()), (SIGHUP, interrupt.flag())])?;
    Ok(interrupt)
}

/// A testbed in use. There is none if notebooks need no server.
pub(super) struct Serving {
    testbed: Option<Testbed>,
    requests: Option<mpsc::Receiver<Answered>>,
    interrupt: Interrupt,
}

impl Serving {
    pub(super) fn new(testbed: Option<Testbed>, interrupt: Interrupt) -> Serving {
        let requests = testbed.as_ref().map(Testbed::requests);
        Serving { testbed, requests, interrupt }
    }

    /// Serves for as long as a command runs. Returns the command's exit code.
    pub(super) fn during(self, mut command: Command, mut log: Log) -> Result<Exit, CommandError> {
        let shown = command.get_program().to_string_lossy().into_owned();
        let mut child = command.spawn().map_err(|source| CommandError::Command { command: shown, source })?;
        let ended = self.until(&mut log, &mut || child.try_wait().ok().flatten());
        let status = match ended {
            Some(status) => status,
            None => stop(&mut child, &self, &mut log),
        };
        self.end(log, exit(status))
    }

    /// Writes requests to the log while there is nothing else to do.
    fn pause(&self, log: &mut Log) {
        match &self.requests {
            Some(requests) => requests.recv_timeout(PAUSE).into_iter().for_each(|request| log.request(&request)),
            None => std::thread::sleep(PAUSE),
        }
    }

    /// Writes the log until `over` gives something, or the user wants to stop.
    fn until<T>(&self, log: &mut Log, over: &mut dyn FnMut() -> Option<T>) -> Option<T> {
        while !self.interrupt.is_set() {
            self.pause(log);
            if let Some(ended) = over() {
                return Some(ended);
            }
        }
        None
    }

    /// Stops the servers, says what the proxy refused, and what could not be logged.
    fn end(self, mut log: Log, exit: Exit) -> Result<Exit, CommandError> {
        let refused = self.testbed.as_ref().map(Testbed::refused_hosts).unwrap_or_default();
        drop(self.testbed);
        for request in self.requests.iter().flat_map(mpsc::Receiver::try_iter) {
            log.request(&request);
        }
        for host in refused {
            log.note(&format!("refused {host}: the scenario has no such host"));
        }
        log.failure.map_or(Ok(exit), Err)
    }
}

/// Where requests are logged: on the terminal, and in a file.
pub(super) struct Log {
    terminal: bool,
    colour: bool,
    file: Option<(std::path::PathBuf, File)>,
    failure: Option<CommandError>,
}

impl Log {
    pub(super) fn open(file: Option<&Path>, terminal: bool, colour: Colour) -> Result<Log, CommandError> {
        let open = |path: &Path| {
            let file = File::options().create(true).append(true).open(path);
            file.map(|file| (path.to_owned(), file)).map_err(|source| CommandError::Write { path: path.to_owned(), source })
        };
        let file = file.map(open).transpose()?;
        let colour = match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => console::colors_enabled_stderr(),
        };
        Ok(Log { terminal, colour, file, failure: None })
    }

    fn request(&mut self, request: &Answered) {
        if self.terminal {
            self.say(&line(request, self.colour));
        }
        if let Some((path, file)) = &mut self.file
            && let Err(source) = file.write_all(format!("{}\n", request.to_json()).as_bytes())
        {
            let path = path.clone();
            self.file = None;
            self.note(&format!("cannot write {}: {source}; serving goes on without", path.display()));
            self.failure = Some(CommandError::Output(source));
        }
    }

    pub(super) fn note(&self, text: &str) {
        self.say(&format!("nbsnap: {text}"));
    }

    /// A line and its end in one write: a command writes to the same terminal.
    fn say(&self, line: &str) {
        // Who has closed the terminal does not want to read it.
        let _ = io::stderr().write_all(format!("{line}\n").as_bytes());
    }
}

/// A request as a line for people: time, status, method, address, size and duration.
fn line(request: &Answered, colour: bool) -> String {
    let time = request.timestamp();
    let time = time.split_once('T').map_or(time.as_str(), |(_, time)| time);
    let status = console::style(request.status).force_styling(colour);
    let status = match request.status {
        500.. => status.red().bold(),
        400.. => status.yellow(),
        _ => status.green(),
    };
    let milliseconds = request.took.as_secs_f64() * 1e3;
    let (method, host, path, bytes) = (&request.method, &request.host, &request.path, request.bytes);
    format!("{time} {status} {method:<6} {host}{path}  {bytes} B  {milliseconds:.1} ms")
}

/// Set when standard input ends, if it is a pipe. The process at the other end then controls the testbed. A
/// terminal is left alone.
fn input_ended() -> Arc<AtomicBool> {
    let ended = Arc::new(AtomicBool::new(false));
    let is_pipe = fs::metadata("/dev/stdin").is_ok_and(|input| input.file_type().is_fifo());
    if is_pipe {
        let ended = Arc::clone(&ended);
        std::thread::spawn(move || {
            let mut buffer = [0; 1024];
            while matches!(io::stdin().read(&mut buffer), Ok(1..)) {}
            ended.store(true, Ordering::Relaxed);
        });
    }
    ended
}

/// Asks the command to end, and kills it if it takes too long.
fn stop(child: &mut Child, serving: &Serving, log: &mut Log) -> ExitStatus {
    if let Some(process) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // After Ctrl-C, the terminal has already sent its own signal.
        let _ = kill_process(process, Signal::TERM);
    }
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Ok(Some(status)) = child.try_wait() {
            return status;
        }
        if Instant::now() > deadline {
            let _ = child.kill();
        }
        serving.pause(log);
    }
}

/// The exit code of a command, by the rule of shells: 128 plus the number of the signal that ended it.
fn exit(status: ExitStatus) -> Exit {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or_default());
    Exit::Of(u8::try_from(code).unwrap_or(u8::MAX))
}
