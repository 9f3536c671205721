//! Starts kernels as Jupyter does: with a connection file, in a session of their own.

use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jupyter_protocol::{ConnectionInfo, Transport};

use crate::client::PATIENCE;

/// A connection on ports that nobody uses at this moment.
pub(crate) fn connection() -> ConnectionInfo {
    let bound: Vec<_> = (0..5).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
    let port = |index: usize| bound[index].local_addr().unwrap().port();
    ConnectionInfo {
        ip: "127.0.0.1".into(),
        transport: Transport::TCP,
        shell_port: port(0),
        iopub_port: port(1),
        stdin_port: port(2),
        control_port: port(3),
        hb_port: port(4),
        key: "key".into(),
        signature_scheme: "hmac-sha256".into(),
        kernel_name: None,
    }
}

/// Starts this program in a role. Returns the process that started it, and how to reach the kernel, which
/// listens. Another process may take a port before the kernel does; then it is started once more.
pub(crate) fn start(role: &str, folder: &Path, cache: &Path, notebook: Option<&str>) -> (Child, ConnectionInfo) {
    let started = Instant::now();
    while started.elapsed() < PATIENCE {
        let connection = connection();
        let file = cache.join(format!("connection-{}.json", connection.shell_port));
        std::fs::create_dir_all(cache).unwrap();
        std::fs::write(&file, serde_json::to_vec(&connection).unwrap()).unwrap();
        let mut jupyter = Command::new("sh");
        jupyter.args(["-c", "setsid \"$@\" & wait", "jupyter"]).arg(std::env::current_exe().unwrap());
        jupyter.args([role]).args([&file, &cache.to_owned()]).args(notebook).current_dir(folder).stdin(Stdio::null());
        let mut jupyter = jupyter.spawn().unwrap();
        let listens = listens(&connection, &mut jupyter);
        let _ = std::fs::remove_file(&file);
        if listens {
            return (jupyter, connection);
        }
    }
    panic!("the kernel never listened")
}

/// Waits until a kernel listens on its ports. Returns whether it does; else it has ended.
fn listens(connection: &ConnectionInfo, jupyter: &mut Child) -> bool {
    // The heartbeat's socket comes last.
    let ports =
        [connection.shell_port, connection.control_port, connection.iopub_port, connection.stdin_port, connection.hb_port];
    let started = Instant::now();
    while ports.iter().any(|port| TcpStream::connect(("127.0.0.1", *port)).is_err()) {
        if jupyter.try_wait().unwrap().is_some() {
            return false;
        }
        assert!(started.elapsed() < PATIENCE, "the kernel never listened");
        std::thread::sleep(Duration::from_millis(5));
    }
    jupyter.try_wait().unwrap().is_none()
}
