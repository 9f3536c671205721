//! Process groups, ended as a whole.

use std::process::Child;

use rustix::process::{Pid, Signal, kill_process_group};

/// Kills a process that leads its own group, with everything in that group.
pub fn kill_group(child: &Child) {
    if let Some(pid) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, Signal::KILL);
    }
}
