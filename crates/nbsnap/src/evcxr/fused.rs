//! A quick look at a notebook: run as one program, it takes a second or two where evcxr takes half a minute.
//!
//! The main function is [`run`]. Its word counts only when every cell did just what its snapshot says; in any other case it says
//! nothing, and evcxr runs the notebook and decides. So a red notebook is red on evcxr's word alone.

use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::dependencies::DependencySet;
use super::program::{self, BOUNDARY_VARIABLE};
use super::protocol::Session;
use super::slot::Slot;
use super::{process, stdout};
use crate::engine::{EngineError, Interrupt, Run};
use crate::record::CellRecord;

/// Runs the notebook as one program. `None` if it declines, or if anything but a clean run came of it.
pub(crate) fn run(
    slot: &Slot,
    cargo: Command,
    run: &Run<'_>,
    session: &Session,
    interrupt: &Interrupt,
) -> Result<Option<Vec<CellRecord>>, EngineError> {
    let Some(source) = program::program(run.notebook) else { return Ok(None) };
    slot.write_program(&source, &DependencySet::of(run.notebook))?;
    let Some(executable) = build(cargo, run.compile_timeout, interrupt)? else { return Ok(None) };
    let boundary =
        super::relay::new_boundary().map_err(|source| EngineError::Io { action: "read", path: "/dev/urandom".into(), source })?;
    let child = Command::new(executable)
        .env_clear()
        .envs(&session.environment)
        .env(BOUNDARY_VARIABLE, &boundary)
        .current_dir(&session.directory)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn();
    let Ok(mut child) = child else { return Ok(None) };
    let output = watch(&mut child, run, &boundary, interrupt);
    process::kill_group(&child);
    let _ = child.wait();
    let Some(streams) = output? else { return Ok(None) };
    Ok(records(&streams, &boundary, run.notebook.cells.len()))
}

/// Builds the program; `None` if it does not compile, for whatever reason.
fn build(mut cargo: Command, limit: Duration, interrupt: &Interrupt) -> Result<Option<PathBuf>, EngineError> {
    let arguments = ["build", "--offline", "--package", "fused", "--message-format=json"];
    let child = cargo.args(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
    let Ok(mut child) = child else { return Ok(None) };
    let messages = BufReader::new(child.stdout.take().expect("stdout was asked for as a pipe"));
    let (sender, executable) = channel();
    std::thread::spawn(move || {
        let artifacts = messages.lines().map_while(Result::ok).filter_map(|line| serde_json::from_str::<Value>(&line).ok());
        for path in artifacts.filter_map(|message| message["executable"].as_str().map(PathBuf::from)) {
            let _ = sender.send(path);
        }
    });
    let status = wait(&mut child, limit, &AtomicUsize::new(0), interrupt)?;
    Ok(if status == Some(0) { executable.recv_timeout(Duration::from_secs(1)).ok() } else { None })
}

/// What a program printed.
struct Streams {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
}

/// Both streams of a program that ended well, no cell of it taking too long, printing no more than is kept.
fn watch(child: &mut Child, run: &Run<'_>, boundary: &str, interrupt: &Interrupt) -> Result<Option<Streams>, EngineError> {
    let ended = Arc::new(AtomicUsize::new(0));
    let whole = |stream: File| Whole { stream, boundary: boundary.to_owned(), ended: ended.clone(), limit: run.max_output };
    let stdout = whole(OwnedFd::from(child.stdout.take().expect("stdout was asked for as a pipe")).into()).read();
    let stderr = whole(OwnedFd::from(child.stderr.take().expect("stderr was asked for as a pipe")).into()).read();
    if wait(child, run.cell_timeout, &ended, interrupt)? != Some(0) {
        return Ok(None);
    }
    // A process that the notebook left behind may hold the streams open: then they don't end, and evcxr decides.
    let patience = Duration::from_secs(1);
    Ok(match (stdout.recv_timeout(patience), stderr.recv_timeout(patience)) {
        (Ok(Some(stdout)), Ok(Some(stderr))) => Some(Streams { stdout, stderr }),
        _ => None,
    })
}

/// A stream that is read to its end in the background.
struct Whole<S> {
    stream: S,
    boundary: String,
    /// Counts the boundaries that have passed on both streams: it moves as long as the notebook does.
    ended: Arc<AtomicUsize>,
    /// How many bytes of it are kept at most.
    limit: u64,
}

impl<S: Read + Send + 'static> Whole<S> {
    /// `None` comes of a stream that is longer than the limit.
    fn read(mut self) -> Receiver<Option<Vec<u8>>> {
        let (sender, receiver) = channel();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let mut buffer = vec![0; 64 * 1024];
            while let Ok(count @ 1..) = self.stream.read(&mut buffer) {
                let from = bytes.len().saturating_sub(self.boundary.len() - 1);
                bytes.extend_from_slice(&buffer[..count]);
                let passed = memchr::memmem::find_iter(&bytes[from..], self.boundary.as_bytes()).count();
                self.ended.fetch_add(passed, Ordering::Relaxed);
                if bytes.len() as u64 > self.limit {
                    let _ = sender.send(None);
                    return;
                }
            }
            let _ = sender.send(Some(bytes));
        });
        receiver
    }
}

/// The exit code of a process that ends by itself. `limit` begins anew whenever `progress` moves.
fn wait(child: &mut Child, limit: Duration, progress: &AtomicUsize, interrupt: &Interrupt) -> Result<Option<i32>, EngineError> {
    let mut deadline = Instant::now() + limit;
    let mut seen = 0;
    loop {
        let now = progress.load(Ordering::Relaxed);
        if now != seen {
            (seen, deadline) = (now, Instant::now() + limit);
        }
        if let Ok(Some(status)) = child.try_wait() {
            return Ok(status.code());
        }
        if interrupt.is_set() || Instant::now() > deadline {
            process::kill_group(child);
            let _ = child.wait();
            return if interrupt.is_set() { Err(EngineError::Interrupted) } else { Ok(None) };
        }
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The cells' records, if every cell ended, and nothing came after the last.
fn records(streams: &Streams, boundary: &str, cells: usize) -> Option<Vec<CellRecord>> {
    let split = |bytes: &[u8]| -> Option<Vec<String>> {
        let text = String::from_utf8_lossy(bytes);
        let mut parts: Vec<String> = text.split(boundary).map(str::to_owned).collect();
        let after = parts.pop()?;
        (after.is_empty() && parts.len() == cells).then_some(parts)
    };
    let clean = |(out, stderr): (String, String)| {
        let parts = stdout::split(&out);
        let usual = parts.forged.is_empty() && parts.words.is_empty();
        usual.then_some(CellRecord { stdout: parts.text, stderr, outputs: parts.outputs, failure: None })
    };
    split(&streams.stdout)?.into_iter().zip(split(&streams.stderr)?).map(clean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_streams_are_cut_into_cells_or_not_believed() {
        let cut = |stdout: &str, stderr: &str| records(&Streams { stdout: stdout.into(), stderr: stderr.into() }, "|", 2);
        let both = cut("one|two\n|", "|warned|").unwrap();
        assert_eq!((both[0].stdout.as_str(), both[1].stderr.as_str()), ("one", "warned"));
        assert_eq!(cut("one|", "|"), None, "the second cell did not end");
        assert_eq!(cut("one|two|late", "||"), None, "something came afterwards");
        assert_eq!(cut("EVCXR_EXECUTION_COMPLETE\n||", "||"), None, "a control word");
    }
}
