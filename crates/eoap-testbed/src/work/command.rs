//! A step that a scenario brings itself: a command in any language.
//!
//! [`Step::run`] passes the job and the inputs as JSON on standard input. It reads the outputs as JSON from
//! standard output, and files from below `s3/`. The command runs in its own folder, with little environment,
//! and for a limited time. Jobs are not known here.

use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::{Map, Value, json};

use super::outcome::{Outcome, Staged};
use super::workers::Cancelled;

/// How often it is looked whether it has ended.
const PAUSE: Duration = Duration::from_millis(5);

/// What it may write to standard output or standard error.
const MOST_SAID: u64 = 64 << 20;

/// What it may leave in files.
const MOST_LEFT: u64 = 256 << 20;

/// Variables that it is left.
const KEPT: [&str; 4] = ["PATH", "LANG", "LC_ALL", "TZ"];

/// A command, with the folder of its process.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    /// Program and arguments; those that are files of the folder, by their whole path.
    pub(crate) command: Vec<String>,
    pub(crate) folder: PathBuf,
    pub(crate) timeout: Duration,
}

impl Step {
    /// Runs it for a job; the error says why it failed.
    pub(crate) fn run(&self, job: &str, inputs: &Map<String, Value>, cancelled: &Cancelled) -> Result<Outcome, String> {
        let [program, arguments @ ..] = self.command.as_slice() else { return Err("There is no command.".to_owned()) };
        let failed = |error: std::io::Error| format!("The step {program:?} cannot be run: {error}");
        let work = tempfile::tempdir().map_err(failed)?;
        let mut child = Command::new(program)
            .args(arguments)
            .current_dir(work.path())
            .env_clear()
            .envs(KEPT.iter().filter_map(|name| Some((name, std::env::var_os(name)?))))
            .env("HOME", work.path())
            .env("EOAP_PROCESS_FOLDER", &self.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let request = json!({"job": job, "inputs": inputs}).to_string();
        let (ended, out, complaints) = thread::scope(|scope| {
            let (input, output, errors) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
            scope.spawn(move || {
                // A step that does not care for its inputs may have closed it.
                input.map(|mut input| input.write_all(request.as_bytes()))
            });
            let out = scope.spawn(move || read(output));
            let complaints = scope.spawn(move || read(errors));
            let ended = self.wait(&mut child, cancelled);
            (ended, out.join().unwrap_or_default(), complaints.join().unwrap_or_default())
        });
        let status = ended?;
        if !status.success() {
            let said = complaints.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned();
            return Err(if said.is_empty() { format!("The step {program:?} ended with {status}.") } else { said });
        }
        let outputs: Value = serde_json::from_str(&out).map_err(|error| {
            format!("The step {program:?} has to write its outputs as a JSON object to standard output: {error}")
        })?;
        let Value::Object(outputs) = outputs else {
            return Err(format!("The step {program:?} has to write an object, outputs by name, and not {outputs}"));
        };
        let mut objects = Vec::new();
        let mut left = MOST_LEFT;
        collect(&work.path().join("s3"), "", &mut left, &mut objects)?;
        Ok(Outcome { outputs, objects })
    }

    /// Waits for its end. Ends it if it takes too long or is cancelled.
    fn wait(&self, child: &mut Child, cancelled: &Cancelled) -> Result<ExitStatus, String> {
        let started = Instant::now();
        let why = loop {
            match child.try_wait() {
                Ok(Some(status)) => {
                    // Its own processes end, too.
                    end(child);
                    return Ok(status);
                }
                Ok(None) => {}
                Err(error) => break format!("The step cannot be waited for: {error}"),
            }
            if started.elapsed() > self.timeout {
                break format!("The step took longer than {:?}.", self.timeout);
            }
            if let Err(why) = cancelled.check() {
                break why;
            }
            thread::sleep(PAUSE);
        };
        end(child);
        // It has just been killed.
        let _ = child.wait();
        Err(why)
    }
}

/// Ends a step with all that it has started.
fn end(child: &Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        // It may be over already.
        let _ = kill_process_group(group, Signal::KILL);
    }
}

fn read(from: Option<impl Read>) -> String {
    let mut bytes = Vec::new();
    if let Some(from) = from {
        // An unreadable output counts as missing, which the outputs report.
        let _ = from.take(MOST_SAID).read_to_end(&mut bytes);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// The files below a folder: buckets, and in them keys.
fn collect(folder: &Path, inside: &str, left: &mut u64, all: &mut Vec<Staged>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("What the step has left in {} cannot be read: {error}", folder.display());
    if !folder.exists() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().into_string().map_err(|name| format!("A file name has to be UTF-8: {}", name.display()))?;
        let kind = entry.file_type().map_err(failed)?;
        let path = if inside.is_empty() { name } else { format!("{inside}/{name}") };
        if kind.is_dir() {
            collect(&entry.path(), &path, left, all)?;
        } else if let (true, Some((bucket, key))) = (kind.is_file(), path.split_once('/')) {
            let size = entry.metadata().map_err(failed)?.len();
            *left = left.checked_sub(size).ok_or_else(|| format!("The step has left more than {} MiB.", MOST_LEFT >> 20))?;
            let body = std::fs::read(entry.path()).map_err(failed)?.into();
            all.push(Staged { bucket: bucket.to_owned(), key: key.to_owned(), body });
        }
    }
    Ok(())
}
