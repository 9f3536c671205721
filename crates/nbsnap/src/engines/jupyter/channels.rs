//! The sockets between the runner and a kernel. Only this module waits asynchronously: its callers send, and
//! listen with a time limit, like the rest of the code.
//!
//! The main type is [`Channels`].

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use jupyter_protocol::messaging::{JupyterMessage, JupyterMessageContent};
use jupyter_protocol::{ConnectionInfo, Transport};
use jupyter_zmq_client::{
    Connection, PeerIdentity, RawMessage, RuntimeError, create_client_control_connection, create_client_iopub_connection,
    create_client_shell_connection_with_identity, create_client_stdin_connection_with_identity, peek_ports_with_listeners,
    peer_identity_for_session,
};
use tokio::net::TcpSocket;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use zeromq::{DealerSocket, SocketRecv, SocketSend};

use super::message::{Channel, Message};

/// How long one try to connect may take: the socket library itself waits longer and longer between its tries.
const CONNECT: Duration = Duration::from_millis(400);
/// How often a kernel that does not listen yet is looked at: its sockets would be tried again only after
/// longer and longer pauses.
const LOOK: Duration = Duration::from_millis(10);
/// Those that are connected: shell, control, stdin, and the one of outputs.
const SOCKETS: usize = 4;

/// What was heard.
#[derive(Debug)]
pub(super) enum Heard {
    /// A message.
    Message(Message),
    /// A message that cannot be read: what is wrong with it.
    Unreadable(String),
}

/// Ports on loopback that nobody else gets while this is held.
pub(super) struct Reserved {
    /// What a kernel needs to know, as its connection file holds it.
    pub(super) connection: ConnectionInfo,
    _listeners: Vec<tokio::net::TcpListener>,
    /// What the listeners belong to.
    _runtime: Runtime,
}

/// The runner's end of a kernel's sockets. Dropping it closes them.
pub(super) struct Channels {
    heard: Receiver<Heard>,
    /// How many of the sockets are connected.
    connected: Arc<AtomicUsize>,
    senders: Senders,
    /// Ends the thread that serves the sockets when it is dropped.
    _served: oneshot::Sender<()>,
}

/// Where requests go.
struct Senders {
    shell: UnboundedSender<JupyterMessage>,
    control: UnboundedSender<JupyterMessage>,
    stdin: UnboundedSender<JupyterMessage>,
}

/// The other ends of [`Senders`].
struct Requests {
    shell: UnboundedReceiver<JupyterMessage>,
    control: UnboundedReceiver<JupyterMessage>,
    stdin: UnboundedReceiver<JupyterMessage>,
}

impl Channels {
    /// Finds free ports. They are free again when what is returned is dropped, which must be just before the
    /// kernel binds them.
    pub(super) fn reserve(kernel_name: &str, key: String) -> io::Result<Reserved> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let loopback = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let (ports, listeners) = runtime.block_on(peek_ports_with_listeners(loopback, 5)).map_err(io::Error::other)?;
        let connection = ConnectionInfo {
            ip: loopback.to_string(),
            // evcxr's kernel, for one, knows nothing else.
            transport: Transport::TCP,
            shell_port: ports[0],
            iopub_port: ports[1],
            stdin_port: ports[2],
            control_port: ports[3],
            hb_port: ports[4],
            key,
            signature_scheme: "hmac-sha256".into(),
            kernel_name: Some(kernel_name.to_owned()),
        };
        Ok(Reserved { connection, _listeners: listeners, _runtime: runtime })
    }

    /// Connects as soon as the kernel listens. It does not wait for that.
    pub(super) fn connect(connection: ConnectionInfo, session: String) -> io::Result<Channels> {
        let runtime = Builder::new_current_thread().enable_all().build()?;
        let identity = peer_identity_for_session(&session).map_err(io::Error::other)?;
        let (say, heard) = channel();
        let ((shell, to_shell), (control, to_control), (stdin, to_stdin)) =
            (unbounded_channel(), unbounded_channel(), unbounded_channel());
        let requests = Requests { shell: to_shell, control: to_control, stdin: to_stdin };
        let (served, over) = oneshot::channel::<()>();
        let connected = Arc::new(AtomicUsize::new(0));
        let count = connected.clone();
        std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = serve(&connection, &session, &identity, requests, &say, &count) => {}
                    _ = over => {}
                }
            });
        });
        Ok(Channels { heard, connected, senders: Senders { shell, control, stdin }, _served: served })
    }

    /// Sends a request, as soon as the kernel listens. Returns its id, which what answers it names.
    pub(super) fn send(&self, channel: Channel, content: impl Into<JupyterMessageContent>) -> String {
        let message = JupyterMessage::new(content, None);
        let id = message.header.msg_id.clone();
        let sender = match channel {
            Channel::Shell | Channel::IoPub => &self.senders.shell,
            Channel::Control => &self.senders.control,
            Channel::Stdin => &self.senders.stdin,
        };
        // A closed socket means that the kernel is gone. The caller notices it when it listens next.
        let _ = sender.send(message);
        id
    }

    /// Whether all sockets are connected: a request of the kernel on one that is not would be lost.
    pub(super) fn are_connected(&self) -> bool {
        self.connected.load(Ordering::Relaxed) == SOCKETS
    }

    /// The next message, if one comes within this time.
    pub(super) fn listen(&self, limit: Duration) -> Option<Heard> {
        self.heard.recv_timeout(limit).ok()
    }
}

/// Serves all sockets until they are closed.
async fn serve(
    connection: &ConnectionInfo,
    session: &str,
    identity: &PeerIdentity,
    requests: Requests,
    say: &Sender<Heard>,
    connected: &AtomicUsize,
) {
    while !is_open(connection.iopub_port).await {
        tokio::time::sleep(LOOK).await;
    }
    let iopub = async {
        let socket = keep_trying(connected, async || create_client_iopub_connection(connection, "", session).await).await;
        listen(Channel::IoPub, socket, say).await;
    };
    let control = async {
        let socket = keep_trying(connected, async || create_client_control_connection(connection, session).await).await;
        both_ways(Channel::Control, socket, requests.control, say).await;
    };
    let stdin = async {
        let connect = async || create_client_stdin_connection_with_identity(connection, session, identity.clone()).await;
        both_ways(Channel::Stdin, keep_trying(connected, connect).await, requests.stdin, say).await;
    };
    let shell = async {
        let connect = async || create_client_shell_connection_with_identity(connection, session, identity.clone()).await;
        both_ways(Channel::Shell, keep_trying(connected, connect).await, requests.shell, say).await;
    };
    tokio::join!(iopub, control, stdin, shell);
}

/// Whether a program listens on a port of loopback.
async fn is_open(port: u16) -> bool {
    let loopback = |port| SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let Ok(socket) = TcpSocket::new_v4() else { return false };
    // From the same port the socket would connect to itself, and the kernel would find its port taken.
    let from_another = socket.bind(loopback(0)).and_then(|()| socket.local_addr()).is_ok_and(|own| own.port() != port);
    from_another && socket.connect(loopback(port)).await.is_ok()
}

/// Connects, however often it takes: a kernel may listen only after seconds. A caller that gives up on it
/// drops the runtime.
async fn keep_trying<C>(connected: &AtomicUsize, connect: impl AsyncFn() -> Result<C, RuntimeError>) -> C {
    loop {
        if let Ok(Ok(connection)) = tokio::time::timeout(CONNECT, connect()).await {
            connected.fetch_add(1, Ordering::Relaxed);
            return connection;
        }
        tokio::time::sleep(CONNECT / 8).await;
    }
}

async fn both_ways(
    channel: Channel,
    connection: Connection<DealerSocket>,
    requests: UnboundedReceiver<JupyterMessage>,
    say: &Sender<Heard>,
) {
    let (sending, listening) = connection.split();
    tokio::join!(pass_on(sending, requests), listen(channel, listening, say));
}

async fn pass_on<S: SocketSend>(mut connection: Connection<S>, mut messages: UnboundedReceiver<JupyterMessage>) {
    while let Some(message) = messages.recv().await {
        if connection.send(message).await.is_err() {
            return;
        }
    }
}

async fn listen<S: SocketRecv>(channel: Channel, mut connection: Connection<S>, say: &Sender<Heard>) {
    loop {
        let Ok(parts) = connection.socket.recv().await else { return };
        let message = RawMessage::from_multipart(parts, &connection.mac).and_then(|raw| Message::read(channel, &raw));
        let heard = match message {
            Ok(message) => Heard::Message(message),
            Err(error) => Heard::Unreadable(error.to_string()),
        };
        if say.send(heard).is_err() {
            return;
        }
    }
}
