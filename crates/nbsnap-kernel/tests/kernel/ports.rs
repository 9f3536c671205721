//! Where a kernel of a test is to listen, and whether it does. Tests of the real program use this, too.

use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::time::{Duration, Instant};

use jupyter_protocol::{ConnectionInfo, Transport};

/// How long anything may take before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// A connection on ports that nobody uses at this moment. Another process may take one before the kernel
/// does; then the kernel ends, and is to be started once more.
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

/// Waits until a kernel listens. Returns whether it does; else the process that started it, and waits for
/// it, has ended.
pub(crate) fn listens(connection: &ConnectionInfo, jupyter: &mut Child) -> bool {
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
    // The socket that somebody else has may be the one that answered.
    jupyter.try_wait().unwrap().is_none()
}
