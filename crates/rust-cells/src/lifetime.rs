//! Programs that this process starts and waits for, and that end when it is killed.

#[cfg(target_os = "linux")]
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

/// Makes the system end a program when the thread that started it ends, for whatever reason. So that thread
/// has to wait for the program.
pub(crate) fn end_with_us(command: &mut Command) -> &mut Command {
    #[cfg(target_os = "linux")]
    // SAFETY: between fork and exec this makes one system call and touches no memory.
    unsafe {
        command.pre_exec(|| Ok(rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?));
    }
    command
}

/// Ends a program that leads a process group, with what it has started, and waits for it.
pub(crate) fn kill_group(child: &mut Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
    let _ = child.wait();
}
