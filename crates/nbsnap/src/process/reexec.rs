//! Starts this program again for another process, with a hidden first argument that says which.

use std::process::Command;

/// This binary again, with a role's hidden first argument.
///
/// # Errors
/// When the system does not say which file this binary is.
pub fn command(role: &str) -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(role);
    Ok(command)
}
