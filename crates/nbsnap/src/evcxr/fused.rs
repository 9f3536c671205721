//! A quick look at a notebook: run as one program, it takes a second or two where evcxr takes half a minute.
//!
//! The main function is [`run`]. Its word counts only when every cell did just what its snapshot says; in any other case it says
//! nothing, and evcxr runs the notebook and decides. So a red notebook is red on evcxr's word alone.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;
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
    let output = watch(&mut child, run, interrupt);
    process::kill_group(&child);
    let _ = child.wait();
    let Some((stdout, stderr)) = output? else { return Ok(None) };
    Ok(records(&stdout, &stderr, &boundary, run.notebook.cells.len()))
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
    let status = wait(&mut child, limit, interrupt)?;
    Ok(if status == Some(0) { executable.recv_timeout(Duration::from_secs(1)).ok() } else { None })
}

/// Both streams of a program that ended well in time, printing no more than is kept.
fn watch(child: &mut Child, run: &Run<'_>, interrupt: &Interrupt) -> Result<Option<(Vec<u8>, Vec<u8>)>, EngineError> {
    let limit = run.max_output.saturating_mul(2);
    let stdout = read(child.stdout.take().expect("stdout was asked for as a pipe"), limit);
    let stderr = read(child.stderr.take().expect("stderr was asked for as a pipe"), limit);
    if wait(child, run.cell_timeout, interrupt)? != Some(0) {
        return Ok(None);
    }
    // A process that the notebook left behind may hold the streams open: then they don't end, and evcxr decides.
    let patience = Duration::from_secs(1);
    Ok(match (stdout.recv_timeout(patience), stderr.recv_timeout(patience)) {
        (Ok(Some(stdout)), Ok(Some(stderr))) => Some((stdout, stderr)),
        _ => None,
    })
}

/// Reads a stream to its end in the background; `None` comes of one that is longer than `limit`.
fn read(stream: impl Read + Send + 'static, limit: u64) -> std::sync::mpsc::Receiver<Option<Vec<u8>>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let whole = stream.take(limit + 1).read_to_end(&mut bytes).is_ok() && bytes.len() as u64 <= limit;
        let _ = sender.send(whole.then_some(bytes));
    });
    receiver
}

/// The exit code of a process that ends by itself within the limit.
fn wait(child: &mut Child, limit: Duration, interrupt: &Interrupt) -> Result<Option<i32>, EngineError> {
    let deadline = Instant::now() + limit;
    loop {
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
fn records(stdout: &[u8], stderr: &[u8], boundary: &str, cells: usize) -> Option<Vec<CellRecord>> {
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
    split(stdout)?.into_iter().zip(split(stderr)?).map(clean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_streams_are_cut_into_cells_or_not_believed() {
        let cut = |stdout: &str, stderr: &str| records(stdout.as_bytes(), stderr.as_bytes(), "|", 2);
        let both = cut("one|two\n|", "|warned|").unwrap();
        assert_eq!((both[0].stdout.as_str(), both[1].stderr.as_str()), ("one", "warned"));
        assert_eq!(cut("one|", "|"), None, "the second cell did not end");
        assert_eq!(cut("one|two|late", "||"), None, "something came afterwards");
        assert_eq!(cut("EVCXR_EXECUTION_COMPLETE\n||", "||"), None, "a control word");
    }
}
