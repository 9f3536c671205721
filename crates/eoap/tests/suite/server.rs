//! An HTTP/1.1 server below HTTP libraries: it can break off, drip, fall silent, and count what other servers
//! hide.

use std::{
    collections::HashMap,
    future::pending,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    task::JoinHandle,
    time::sleep,
};

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) method: String,
    pub(crate) path: String,
    /// By name in lower case.
    pub(crate) headers: HashMap<String, String>,
}

/// What a server does with a request.
#[derive(Clone)]
pub(crate) struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: Arc<[u8]>,
    has_length: bool,
    manner: Manner,
}

#[derive(Clone, Copy)]
enum Manner {
    Whole(Duration),
    Reset,
    Drip,
    Silence,
}

impl Reply {
    pub(crate) fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, headers: Vec::new(), body: body.into().into(), has_length: true, manner: Manner::Whole(Duration::ZERO) }
    }

    pub(crate) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status, body.to_string()).header("Content-Type", "application/json;charset=UTF-8")
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.retain(|(other, _)| other != name);
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into().into();
        self
    }

    /// Says nothing about the length of the body.
    pub(crate) fn without_length(mut self) -> Self {
        self.has_length = false;
        self
    }

    /// Answers after a while.
    pub(crate) fn after(mut self, delay: Duration) -> Self {
        self.manner = Manner::Whole(delay);
        self
    }

    /// Sends half of the body, then resets the connection.
    pub(crate) fn reset(mut self) -> Self {
        self.manner = Manner::Reset;
        self
    }

    /// Sends the body slowly, and never its last byte.
    pub(crate) fn dripping(mut self) -> Self {
        self.manner = Manner::Drip;
        self
    }

    /// Says nothing at all, and keeps the connection.
    pub(crate) fn silence() -> Self {
        Self { manner: Manner::Silence, ..Self::new(200, "") }
    }
}

/// The requests that a server has seen.
#[derive(Default)]
pub(crate) struct Seen {
    requests: Mutex<Vec<Heard>>,
    connections: Gauge,
    active: Gauge,
}

/// A number, and the highest it ever was.
#[derive(Default)]
pub(crate) struct Gauge {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Gauge {
    fn up(self: &Gauge) -> Up<'_> {
        let now = self.now.fetch_add(1, SeqCst) + 1;
        self.most.fetch_max(now, SeqCst);
        Up(self)
    }
}

struct Up<'a>(&'a Gauge);

impl Drop for Up<'_> {
    fn drop(&mut self) {
        self.0.now.fetch_sub(1, SeqCst);
    }
}

type Handler = dyn Fn(&Heard, usize) -> Reply + Send + Sync;

/// A server on loopback, until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    seen: Arc<Seen>,
    task: JoinHandle<()>,
}

impl Server {
    /// `handler` gets each request and its number, beginning with 1.
    pub(crate) async fn start(handler: impl Fn(&Heard, usize) -> Reply + Send + Sync + 'static) -> Self {
        let (socket, _) = reserve();
        Self::start_on(socket, handler)
    }

    /// On a socket from [`reserve`], whose port has refused all connections so far.
    pub(crate) fn start_on(socket: TcpSocket, handler: impl Fn(&Heard, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = socket.listen(1024).expect("listen");
        let address = listener.local_addr().expect("address");
        let seen = Arc::new(Seen::default());
        let task = tokio::spawn(accept(listener, Arc::new(handler), seen.clone()));
        Self { address, seen, task }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn requests(&self) -> Vec<Heard> {
        self.seen.requests.lock().expect("lock").clone()
    }

    pub(crate) fn count(&self) -> usize {
        self.seen.requests.lock().expect("lock").len()
    }

    /// How many connections are open.
    pub(crate) fn open(&self) -> usize {
        self.seen.connections.now.load(SeqCst)
    }

    /// How many connections were open at once at the most.
    pub(crate) fn most_open(&self) -> usize {
        self.seen.connections.most.load(SeqCst)
    }

    /// How many requests were worked on at once at the most.
    pub(crate) fn most_active(&self) -> usize {
        self.seen.active.most.load(SeqCst)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A port of loopback that is taken and refuses connections.
pub(crate) fn reserve() -> (TcpSocket, SocketAddr) {
    let socket = TcpSocket::new_v4().expect("socket");
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0))).expect("port");
    let address = socket.local_addr().expect("address");
    (socket, address)
}

async fn accept(listener: TcpListener, handler: Arc<Handler>, seen: Arc<Seen>) {
    while let Ok((stream, _)) = listener.accept().await {
        let (handler, seen) = (handler.clone(), seen.clone());
        tokio::spawn(async move {
            let _open = seen.connections.up();
            // A connection that breaks is what these tests are about.
            let _ = serve(stream, &*handler, &seen).await;
        });
    }
}

async fn serve(mut stream: TcpStream, handler: &Handler, seen: &Seen) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let mut buffer = Vec::new();
    while let Some(heard) = read(&mut stream, &mut buffer).await? {
        let active = seen.active.up();
        let number = {
            let mut requests = seen.requests.lock().expect("lock");
            requests.push(heard.clone());
            requests.len()
        };
        let reply = handler(&heard, number);
        let mut head = format!("HTTP/1.1 {} Status\r\n", reply.status);
        if reply.has_length {
            head.push_str(&format!("Content-Length: {}\r\n", reply.body.len()));
        }
        for (name, value) in &reply.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        head.push_str("\r\n");
        match reply.manner {
            Manner::Whole(delay) => {
                sleep(delay).await;
                // Before the client has the whole answer: it may send the next request then, before we go on
                // here.
                drop(active);
                stream.write_all(&[head.as_bytes(), &reply.body].concat()).await?;
            }
            Manner::Reset => {
                stream.write_all(&[head.as_bytes(), &reply.body[..reply.body.len() / 2]].concat()).await?;
                sleep(Duration::from_millis(5)).await;
                return stream.set_zero_linger();
            }
            Manner::Drip => {
                stream.write_all(head.as_bytes()).await?;
                until_closed(&mut stream, async |stream| {
                    for byte in reply.body.iter().take(reply.body.len() - 1) {
                        stream.write_all(&[*byte]).await?;
                        sleep(Duration::from_millis(20)).await;
                    }
                    pending().await
                })
                .await?;
            }
            Manner::Silence => until_closed(&mut stream, async |_| pending().await).await?,
        }
    }
    Ok(())
}

/// Does something with the writing half until the client closes the connection.
async fn until_closed(
    stream: &mut TcpStream,
    work: impl AsyncFnOnce(&mut tokio::net::tcp::WriteHalf<'_>) -> std::io::Result<()>,
) -> std::io::Result<()> {
    let (mut reader, mut writer) = stream.split();
    let mut byte = [0];
    tokio::select! {
        outcome = work(&mut writer) => outcome,
        outcome = reader.read(&mut byte) => outcome.map(|_| ()),
    }
}

/// The next request of a connection; nothing at its end.
async fn read(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> std::io::Result<Option<Heard>> {
    let head_end = loop {
        if let Some(at) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&buffer[..head_end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let headers: HashMap<_, _> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect();
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while buffer.len() < head_end + length {
        if stream.read_buf(buffer).await? == 0 {
            return Ok(None);
        }
    }
    buffer.drain(..head_end + length);
    Ok(Some(Heard { method: first.next().unwrap_or_default(), path: first.next().unwrap_or_default(), headers }))
}
