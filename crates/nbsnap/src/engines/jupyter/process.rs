//! A kernel's process: started on its own under a supervisor, or forked by a server. It knows nothing of the
//! protocol.
//!
//! The main type is [`Process`].

use std::io::Write;
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Stdio};
use std::sync::Arc;

use super::forks::{self, ForkServer};
use super::launch::Launch;
use super::supervisor;
use super::watch::Watched;
use crate::process::tail::Tail;

/// A kernel's process. Dropping it ends it, with all that it has started.
#[derive(Debug)]
pub(super) enum Process {
    /// Under a supervisor.
    Own {
        supervisor: Child,
        /// To the supervisor, which ends the kernel when this is closed.
        orders: Option<ChildStdin>,
        printed: Tail,
        ended: PathBuf,
    },
    /// Forked.
    Forked { server: Arc<ForkServer>, connection_file: PathBuf, ended: PathBuf },
}

impl Process {
    /// Starts a process under a supervisor.
    pub(super) fn spawn(launch: &Launch) -> std::io::Result<Process> {
        let mut command = supervisor::command(&launch.ended, &launch.arguments, launch.max_memory)?;
        command
            .env_clear()
            .envs(&launch.variables)
            .current_dir(&launch.directory)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut supervisor = command.spawn()?;
        let printed = Tail::default();
        // A kernel whose output nobody reads blocks as soon as a pipe is full.
        printed.follow(supervisor.stdout.take());
        printed.follow(supervisor.stderr.take());
        let orders = supervisor.stdin.take();
        Ok(Process::Own { supervisor, orders, printed, ended: launch.ended.clone() })
    }

    /// Whether it was forked.
    pub(super) fn is_forked(&self) -> bool {
        matches!(self, Process::Forked { .. })
    }

    /// How it is watched, if it is.
    pub(super) fn watched(&self) -> Option<Watched> {
        match self {
            Process::Own { .. } => None,
            Process::Forked { server, connection_file, .. } => server.watched(connection_file),
        }
    }

    /// Whether it has ended.
    pub(super) fn is_gone(&mut self) -> bool {
        match self {
            Process::Own { supervisor, .. } => !matches!(supervisor.try_wait(), Ok(None)),
            Process::Forked { server, ended, .. } => ended.exists() || server.is_gone(),
        }
    }

    /// How it ended, in words.
    pub(super) fn status(&self) -> String {
        let (Process::Own { ended, .. } | Process::Forked { ended, .. }) = self;
        let written = std::fs::read_to_string(ended).unwrap_or_else(|_| "nobody saw how it ended".to_owned());
        if self.is_forked() { forks::in_words(&written) } else { written }
    }

    /// Whether it has ended by itself, and well.
    pub(super) fn has_ended_well(&self) -> bool {
        let (Process::Own { ended, .. } | Process::Forked { ended, .. }) = self;
        std::fs::read_to_string(ended).is_ok_and(|status| status.trim() == "0")
    }

    /// The end of what it printed.
    pub(super) fn printed(&self) -> &Tail {
        match self {
            Process::Own { printed, .. } => printed,
            Process::Forked { server, .. } => server.printed(),
        }
    }

    /// Interrupts it and what it has started by a signal.
    pub(super) fn interrupt(&mut self) {
        match self {
            // A supervisor that is gone has nothing left to interrupt.
            Process::Own { orders, .. } => {
                let Some(orders) = orders else { return };
                let _ = orders.write_all(supervisor::INTERRUPT).and_then(|()| orders.flush());
            }
            Process::Forked { server, .. } => server.interrupt(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        match self {
            Process::Own { supervisor, orders, .. } => {
                orders.take();
                let _ = supervisor.wait();
            }
            Process::Forked { server, ended, .. } if !ended.exists() => server.end(ended),
            Process::Forked { .. } => {}
        }
    }
}
