//! `nbsnap serve --detach`: serves in a separate process, as ssh-agent does, and returns when clients can
//! connect.

use std::io::Read;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::super::output::print;
use crate::error::CommandError;
use crate::exit::Exit;

/// How long to wait before looking again whether clients are served.
const PAUSE: Duration = Duration::from_millis(20);

/// Starts this command line again without the option, and says what that process would say.
pub(super) fn run() -> Result<Exit, CommandError> {
    let failed = |source| CommandError::Command { command: "nbsnap serve".to_owned(), source };
    let place = tempfile::tempdir().map_err(failed)?;
    let file = place.path().join("environment");
    let arguments = std::env::args_os().skip(1).filter(|argument| argument != "--detach");
    let mut command = Command::new(std::env::current_exe().map_err(failed)?);
    command.args(arguments).arg("--env-file").arg(&file);
    // Ctrl-C in this terminal is for what runs there next.
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).process_group(0);
    let mut server = command.spawn().map_err(failed)?;
    loop {
        if let Ok(text) = std::fs::read_to_string(&file) {
            print(&mut std::io::stdout().lock(), &text)?;
            return Ok(Exit::Success);
        }
        if let Some(status) = server.try_wait().map_err(failed)? {
            let mut said = String::new();
            if let Some(mut errors) = server.stderr.take() {
                errors.read_to_string(&mut said).map_err(failed)?;
            }
            // Its whole message, with its exit code.
            print(&mut std::io::stderr().lock(), &said)?;
            return Ok(super::exit(status));
        }
        std::thread::sleep(PAUSE);
    }
}
