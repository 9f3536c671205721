//! The kernel goes when Jupyter goes, also when nobody has asked it to.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rustix::process::{Pid, getppid, test_kill_process};

/// How often the kernel looks whether whoever started it is still there.
const LOOK: Duration = Duration::from_millis(500);
/// How long a kernel waits for a first word when whoever started it was gone before it could look.
const UNHEARD: Duration = Duration::from_secs(15);
/// The variable in which Jupyter gives the number of its process.
const JUPYTER: &str = "JPY_PARENT_PID";

/// Returns when the process that has started this one is gone. `heard` says whether a client has ever asked
/// anything.
pub(crate) async fn orphaned(heard: Arc<AtomicBool>) {
    let parent = getppid();
    if parent != jupyter() && is_gone() {
        // It may be in another machine, or container, and then asks something soon.
        tokio::time::sleep(UNHEARD).await;
        if !heard.load(Ordering::Relaxed) {
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

/// Whether Jupyter has said which process it is, and there is no such process.
fn is_gone() -> bool {
    jupyter().is_some_and(|process| test_kill_process(process) == Err(rustix::io::Errno::SRCH))
}
