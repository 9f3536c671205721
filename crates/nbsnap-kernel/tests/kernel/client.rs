//! A Jupyter client: it starts a kernel as Jupyter does, sends requests, and reads all messages.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

use jupyter_protocol::messaging::{JupyterMessage, UnknownMessage};
use jupyter_protocol::{ConnectionInfo, JupyterMessageContent};
use jupyter_zmq_client::{
    ClientControlConnection, ClientIoPubConnection, ClientShellConnection, ClientStdinConnection, Connection, RawMessage,
    create_client_control_connection, create_client_iopub_connection, create_client_shell_connection_with_identity,
    create_client_stdin_connection_with_identity, peer_identity_for_session,
};
use serde_json::{Value, json};
use tokio::runtime::Runtime;
use zeromq::SocketRecv;

use crate::ports::PATIENCE;
use crate::received::{Executed, Message};
use crate::start;

/// A kernel, and the process that started it, as Jupyter would. Dropping it kills that process and nothing
/// else.
pub(crate) struct Kernel {
    jupyter: Child,
    runtime: Runtime,
    connection: ConnectionInfo,
    shell: ClientShellConnection,
    iopub: ClientIoPubConnection,
    control: ClientControlConnection,
    stdin: ClientStdinConnection,
    pub(crate) folder: PathBuf,
    /// Publications that came while something else was waited for.
    ahead: VecDeque<Message>,
    /// What it said when this client subscribed.
    pub(crate) welcome: Value,
}

impl Kernel {
    /// Starts one that works in this folder, and builds in that one.
    pub(crate) fn start(folder: &Path, cache: &Path) -> Kernel {
        Kernel::start_for(folder, cache, None)
    }

    /// Starts one for a notebook of the corpus.
    pub(crate) fn start_for(folder: &Path, cache: &Path, notebook: Option<&str>) -> Kernel {
        Kernel::start_as("be-the-kernel", folder, cache, notebook)
    }

    /// Starts this program in a role.
    pub(crate) fn start_as(role: &str, folder: &Path, cache: &Path, notebook: Option<&str>) -> Kernel {
        let (jupyter, connection) = start::start(role, folder, cache, notebook);
        // What was sent must get out while the test waits for something else.
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (shell, iopub, control, stdin, welcome) = runtime.block_on(async {
            let identity = || peer_identity_for_session("tests").unwrap();
            let mut iopub = create_client_iopub_connection(&connection, "", "tests").await.unwrap();
            // JEP 65: from then on nothing is missed.
            let welcome = tokio::time::timeout(PATIENCE, read(&mut iopub)).await.unwrap();
            assert_eq!(welcome.kind, "iopub_welcome");
            (
                create_client_shell_connection_with_identity(&connection, "tests", identity()).await.unwrap(),
                iopub,
                create_client_control_connection(&connection, "tests").await.unwrap(),
                create_client_stdin_connection_with_identity(&connection, "tests", identity()).await.unwrap(),
                welcome.content,
            )
        });
        Kernel {
            jupyter,
            runtime,
            connection,
            shell,
            iopub,
            control,
            stdin,
            folder: folder.to_owned(),
            ahead: VecDeque::new(),
            welcome,
        }
    }

    /// Asks over the shell socket. Returns the request's id.
    pub(crate) fn send(&mut self, kind: &str, content: Value) -> String {
        let message = message(kind, content);
        let id = message.header.msg_id.clone();
        self.runtime.block_on(self.shell.send(message)).unwrap();
        id
    }

    /// The reply to a request, and its content.
    pub(crate) fn reply(&mut self, id: &str) -> Message {
        let shell = &mut self.shell;
        let wait = async {
            loop {
                let message = read(shell).await;
                if message.parent == id {
                    return message;
                }
            }
        };
        self.runtime.block_on(async { tokio::time::timeout(PATIENCE, wait).await }).expect("a reply")
    }

    /// Asks, and waits for the reply.
    pub(crate) fn ask(&mut self, kind: &str, content: Value) -> Value {
        let id = self.send(kind, content);
        self.reply(&id).content
    }

    /// Asks over the control socket, and waits for the reply.
    pub(crate) fn control(&mut self, kind: &str, content: Value) -> Value {
        let message = message(kind, content);
        let id = message.header.msg_id.clone();
        let control = &mut self.control;
        let wait = async {
            control.send(message).await.unwrap();
            loop {
                let message = read(control).await;
                if message.parent == id {
                    return message.content;
                }
            }
        };
        self.runtime.block_on(async { tokio::time::timeout(PATIENCE, wait).await }).expect("a reply")
    }

    /// The next publication.
    pub(crate) fn publication(&mut self) -> Message {
        if let Some(message) = self.ahead.pop_front() {
            return message;
        }
        let iopub = &mut self.iopub;
        self.runtime.block_on(async { tokio::time::timeout(PATIENCE, read(iopub)).await }).expect("a publication")
    }

    /// Publications about a request up to `idle`.
    pub(crate) fn until_idle(&mut self, id: &str) -> Vec<Message> {
        let mut messages = Vec::new();
        loop {
            let message = self.publication();
            if message.parent != id {
                continue;
            }
            match message.content["execution_state"].as_str() {
                Some("idle") => return messages,
                Some("busy") => {}
                _ => messages.push(message),
            }
        }
    }

    /// Asks for an execution, and waits for nothing.
    pub(crate) fn begin(&mut self, code: &str) -> String {
        self.send("execute_request", json!({"code": code, "silent": false, "store_history": true, "stop_on_error": true}))
    }

    /// Waits for what becomes of an execution.
    pub(crate) fn end(&mut self, id: &str) -> Executed {
        let messages = self.until_idle(id);
        Executed { reply: self.reply(id).content, messages }
    }

    /// Runs a cell.
    pub(crate) fn execute(&mut self, code: &str) -> Executed {
        let id = self.begin(code);
        self.end(&id)
    }

    /// Runs a cell that must succeed, and returns the value that it shows.
    pub(crate) fn value(&mut self, code: &str) -> String {
        let executed = self.execute(code);
        assert_eq!(executed.status(), "ok", "{code}\n{}", executed.traceback());
        executed.value().to_owned()
    }

    /// Waits for a request for input and answers it. Returns its prompt.
    pub(crate) fn answer_input(&mut self, value: &str) -> String {
        let stdin = &mut self.stdin;
        let wait = async {
            let asked = read(stdin).await;
            assert_eq!(asked.kind, "input_request");
            stdin.send(message("input_reply", json!({"status": "ok", "value": value}))).await.unwrap();
            asked.content["prompt"].as_str().unwrap_or_default().to_owned()
        };
        self.runtime.block_on(async { tokio::time::timeout(PATIENCE, wait).await }).expect("a request for input")
    }

    /// Kills the parent process, as a crash of the server would.
    pub(crate) fn kill_jupyter(&mut self) {
        let _ = self.jupyter.kill();
        let _ = self.jupyter.wait();
    }

    /// Waits until the process that started it sees it end.
    pub(crate) fn wait(&mut self) {
        let started = Instant::now();
        while self.jupyter.try_wait().unwrap().is_none() {
            assert!(started.elapsed() < PATIENCE, "the kernel does not end");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The kernel's processes: those that work in its folder, except its parent.
    pub(crate) fn processes(&self) -> Vec<(i32, String)> {
        let jupyter = i32::try_from(self.jupyter.id()).unwrap();
        processes_in(&self.folder).into_iter().filter(|(process, _)| *process != jupyter).collect()
    }

    /// The kernel's own process.
    pub(crate) fn front(&self) -> i32 {
        let jupyter = i32::try_from(self.jupyter.id()).unwrap();
        let found = processes().into_iter().find(|process| process.parent == jupyter);
        found.expect("Jupyter has started it").number
    }

    /// The kernel's process and all that it has started, each with the name of its program.
    pub(crate) fn family(&self) -> Vec<(i32, String)> {
        let all = processes();
        let mut family = vec![self.front()];
        let mut at = 0;
        while at < family.len() {
            let parent = family[at];
            family.extend(all.iter().filter(|process| process.parent == parent).map(|process| process.number));
            at += 1;
        }
        let name = |process: Process| {
            let command = std::fs::read_to_string(format!("/proc/{}/cmdline", process.number)).unwrap_or_default();
            let is_supervisor = command.contains("/cells\0supervise\0");
            (process.number, if is_supervisor { "supervisor".to_owned() } else { process.name })
        };
        all.into_iter().filter(|process| family.contains(&process.number)).map(name).collect()
    }

    /// Whether an execution ends within this time. Messages about it are kept for a later wait.
    pub(crate) fn is_idle_within(&mut self, id: &str, patience: Duration) -> bool {
        let iopub = &mut self.iopub;
        let ahead = &mut self.ahead;
        let wait = async {
            loop {
                let message = read(iopub).await;
                let is_over = message.parent == id && message.content["execution_state"] == "idle";
                // A flood would fill this process.
                if message.kind != "stream" {
                    ahead.push_back(message);
                }
                if is_over {
                    return;
                }
            }
        };
        self.runtime.block_on(async { tokio::time::timeout(patience, wait).await }).is_ok()
    }

    /// Sends a malformed message.
    pub(crate) fn send_garbage(&mut self) {
        use zeromq::SocketSend;
        let parts = ["<IDS|MSG>", "00", "{}", "{}", "{}", "{}"].map(|part| bytes::Bytes::from_static(part.as_bytes()));
        let message = zeromq::ZmqMessage::try_from(parts.to_vec()).unwrap();
        self.runtime.block_on(self.shell.socket.send(message)).unwrap();
    }

    /// Whether its heart beats.
    pub(crate) fn beats(&self) -> bool {
        let beat = async {
            let mut heartbeat = jupyter_zmq_client::create_client_heartbeat_connection(&self.connection).await.ok()?;
            heartbeat.single_heartbeat().await.ok()
        };
        self.runtime.block_on(async { tokio::time::timeout(Duration::from_secs(5), beat).await }).is_ok_and(|beat| beat.is_some())
    }
}

impl Drop for Kernel {
    fn drop(&mut self) {
        self.kill_jupyter();
    }
}

/// Processes whose working folder is this one.
pub(crate) fn processes_in(folder: &Path) -> Vec<(i32, String)> {
    let of_folder = |path: PathBuf| {
        let found = std::fs::read_link(path.join("cwd")).ok()?;
        let command = std::fs::read(path.join("cmdline")).ok()?;
        let number = path.file_name()?.to_str()?.parse().ok()?;
        (found.starts_with(folder) && !command.is_empty()).then(|| (number, String::from_utf8_lossy(&command).replace('\0', " ")))
    };
    std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| of_folder(entry.path())).collect()
}

/// Whether there is such a process.
pub(crate) fn is_alive(number: i32) -> bool {
    processes().iter().any(|process| process.number == number)
}

/// A process of this machine.
struct Process {
    number: i32,
    parent: i32,
    name: String,
}

fn processes() -> Vec<Process> {
    let read = |path: PathBuf| {
        let text = std::fs::read_to_string(path.join("stat")).ok()?;
        // The name is in parentheses, and may have some in it.
        let (number, rest) = text.split_once(" (")?;
        let (name, rest) = rest.rsplit_once(") ")?;
        let (state, rest) = rest.split_once(' ')?;
        let parent = rest.split(' ').next()?.parse().ok()?;
        (state != "Z").then_some(Process { number: number.parse().ok()?, parent, name: name.to_owned() })
    };
    std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| read(entry.path())).collect()
}

fn message(kind: &str, content: Value) -> JupyterMessage {
    JupyterMessage::new(JupyterMessageContent::UnknownMessage(UnknownMessage { msg_type: kind.to_owned(), content }), None)
}

async fn read<S: SocketRecv>(connection: &mut Connection<S>) -> Message {
    let raw = RawMessage::from_multipart(connection.socket.recv().await.unwrap(), &connection.mac).expect("it is signed");
    let part = |index: usize| -> Value { serde_json::from_slice(&raw.jparts[index]).unwrap() };
    let (header, parent) = (part(0), part(1));
    Message {
        kind: header["msg_type"].as_str().unwrap().to_owned(),
        parent: parent["msg_id"].as_str().unwrap_or_default().to_owned(),
        content: part(3),
    }
}
