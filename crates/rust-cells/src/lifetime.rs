//! Programs that this process starts and waits for, and that go when it is killed.

use std::os::unix::process::CommandExt;
use std::process::Command;

/// Has the system end a program when the thread ends that has started it, however that ends: that thread has
/// to wait for the program.
pub(crate) fn end_with_us(command: &mut Command) -> &mut Command {
    #[cfg(target_os = "linux")]
    // SAFETY: between fork and exec this makes one system call and touches no memory.
    unsafe {
        command.pre_exec(|| Ok(rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?));
    }
    command
}
