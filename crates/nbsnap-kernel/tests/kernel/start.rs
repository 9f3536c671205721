//! Starts kernels as Jupyter does: with a connection file, in a session of their own.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use jupyter_protocol::ConnectionInfo;

use crate::ports::{self, PATIENCE};

/// Starts this program in a role. Returns the process that started it, and how to reach the kernel, which
/// listens.
pub(crate) fn start(role: &str, folder: &Path, cache: &Path, notebook: Option<&str>) -> (Child, ConnectionInfo) {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let connection = ports::connection();
        let file = cache.join(format!("connection-{}.json", connection.shell_port));
        std::fs::create_dir_all(cache).unwrap();
        std::fs::write(&file, serde_json::to_vec(&connection).unwrap()).unwrap();
        let mut jupyter = Command::new("sh");
        jupyter.args(["-c", "setsid \"$@\" & wait", "jupyter"]).arg(std::env::current_exe().unwrap());
        jupyter.args([role]).args([&file, &cache.to_owned()]).args(notebook).current_dir(folder).stdin(Stdio::null());
        let mut jupyter = jupyter.spawn().unwrap();
        let listens = ports::listens(&connection, &mut jupyter);
        let _ = std::fs::remove_file(&file);
        if listens {
            return (jupyter, connection);
        }
    }
    panic!("the kernel never listened")
}
