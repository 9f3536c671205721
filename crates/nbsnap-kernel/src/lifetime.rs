//! Ends the kernel when Jupyter is gone, even if Jupyter has not asked it to end.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, getppid, test_kill_process};

/// How often the kernel checks that its parent process still runs.
const LOOK: Duration = Duration::from_millis(500);
/// How long a kernel waits for a first request if its parent ended before the first check.
const UNHEARD: Duration = Duration::from_secs(15);
/// The variable in which Jupyter gives the number of its process.
const JUPYTER: &str = "JPY_PARENT_PID";

/// The process that has started this one. To be asked before a client can connect: such a client may end that
/// process at once, and then another one is the parent.
pub(crate) fn parent() -> Option<Pid> {
    getppid()
}

/// Returns when `parent`, the process that has started this one, is gone. `heard` is set when a client has
/// sent a request.
pub(crate) async fn orphaned(parent: Option<Pid>, heard: Arc<AtomicBool>) {
    // Where Jupyter is not the parent, it may have ended before this look, and its process is there until its
    // own parent notices that.
    while parent != jupyter() && !heard.load(Ordering::Relaxed) {
        if is_gone() {
            // It may be in another machine, or container, and then asks something soon.
            tokio::time::sleep(UNHEARD).await;
            if !heard.load(Ordering::Relaxed) {
                return;
            }
        }
        tokio::time::sleep(LOOK).await;
        if getppid() != parent {
            return;
        }
    }
    while getppid() == parent {
        tokio::time::sleep(LOOK).await;
    }
}

/// Jupyter's process, if it says so.
fn jupyter() -> Option<Pid> {
    std::env::var(JUPYTER).ok()?.parse().ok().and_then(Pid::from_raw)
}

/// Whether Jupyter has given its process number, and there is no such process.
fn is_gone() -> bool {
    jupyter().is_some_and(|process| test_kill_process(process) == Err(rustix::io::Errno::SRCH))
}
