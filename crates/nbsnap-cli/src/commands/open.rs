//! Opens what was written, with the program that this desktop has for pages.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::screen;

/// What opens files on this system.
const PROGRAM: &str = if cfg!(target_os = "macos") { "open" } else { "xdg-open" };
/// A program that still runs after this time shows the page itself.
const PATIENCE: Duration = Duration::from_secs(3);
/// How often is looked whether it has ended.
const TICK: Duration = Duration::from_millis(20);

/// Opens a page. Where that cannot be done, standard error says so: what was asked for is written anyway.
pub(crate) fn open(page: &Path) {
    let shown = page.display();
    if let Err(why) = try_to_open(page) {
        // Nobody is left to tell if that cannot be written either.
        let _ = writeln!(screen::stderr(), "warning: cannot open {shown}: {why}; open it in a browser yourself");
    }
}

fn try_to_open(page: &Path) -> Result<(), String> {
    let page = page.canonicalize().map_err(|error| error.to_string())?;
    let mut command = Command::new(PROGRAM);
    command.arg(&page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut program = command.spawn().map_err(|error| format!("`{PROGRAM}` cannot be started ({error})"))?;
    let deadline = Instant::now() + PATIENCE;
    while Instant::now() < deadline {
        match program.try_wait().map_err(|error| error.to_string())? {
            Some(status) if status.success() => return Ok(()),
            Some(status) => return Err(format!("`{PROGRAM}` found nothing that shows it ({status})")),
            None => std::thread::sleep(TICK),
        }
    }
    Ok(())
}
