//! Limits of a process, and when it ends. Each function makes a system call or two and touches no memory. So
//! all are safe between `fork` and `exec`.

/// Makes the kernel end this process when its parent ends, so that no cell outlives a runner that was killed.
/// Linux only.
///
/// # Errors
/// When the system refuses.
pub fn end_with_parent() -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    Ok(())
}

/// Keeps this process from leaving a core file where it runs: a crash is a cell's verdict.
///
/// # Errors
/// When the system refuses.
pub fn no_core_dump() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    Ok(setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?)
}

/// Limits this process' address space to this many bytes. Allocating more fails, which ends the process.
/// Linux only.
///
/// # Errors
/// When the system refuses.
pub fn limit_memory(bytes: u64) -> std::io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        setrlimit(Resource::As, Rlimit { current: Some(bytes), maximum: Some(bytes) })?;
    }
    let _ = bytes;
    Ok(())
}
