//! How a process ended, in words.

use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

/// How a process ended, as half a sentence: `by signal 11 (SIGSEGV, a segmentation fault)`.
pub fn describe(status: ExitStatus) -> String {
    if let Some(signal) = status.signal() {
        let name = match signal {
            4 => "SIGILL, an illegal instruction",
            6 => "SIGABRT, an abort",
            7 => "SIGBUS, a bus error",
            8 => "SIGFPE, an arithmetic fault",
            9 => "SIGKILL, killed from outside or out of memory",
            11 => "SIGSEGV, a segmentation fault",
            15 => "SIGTERM",
            _ => return format!("by signal {signal}"),
        };
        return format!("by signal {signal} ({name})");
    }
    match status.code() {
        Some(code) => format!("it exited with code {code}"),
        None => status.to_string(),
    }
}
