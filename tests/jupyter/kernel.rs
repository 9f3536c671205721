//! A kernel that follows the lines of its cells: `stdout TEXT`, `sleep MILLISECONDS`, `exit CODE` and the
//! others of [`Cell::line`]. Some of them are mistakes that kernels should not make.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use jupyter_protocol::ConnectionInfo;
use jupyter_protocol::messaging::{
    ClearOutput, DisplayData, ErrorOutput, ExecuteInput, ExecuteReply, ExecuteResult, InputRequest, InterruptReply,
    JupyterMessage, JupyterMessageContent, KernelInfoReply, MediaType, ReplyError, ReplyStatus, ShutdownReply, Status,
    StreamContent, Transient, UnknownMessage, UpdateDisplayData,
};
use jupyter_protocol::{ExecutionCount, Media};
use jupyter_zmq_client::{
    KernelControlConnection, KernelIoPubConnection, KernelShellConnection, KernelStdinConnection,
    create_kernel_control_connection, create_kernel_heartbeat_connection, create_kernel_iopub_connection,
    create_kernel_shell_connection, create_kernel_stdin_connection,
};
use serde_json::{Value, json};
use zeromq::{SocketSend, ZmqMessage};

/// Serves one client until it asks for a shutdown. `mode` says in which way the kernel as a whole is odd.
pub(crate) fn serve(connection_file: &Path, mode: &str) {
    match mode {
        "ends-early" => {
            eprintln!("no licence for this kernel");
            std::process::exit(7);
        }
        "starts-slowly" => std::thread::sleep(Duration::from_millis(900)),
        _ => {}
    }
    let connection: ConnectionInfo = serde_json::from_str(&std::fs::read_to_string(connection_file).unwrap()).unwrap();
    // What was sent must get out while a cell keeps a thread busy.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(listen(&connection, mode));
}

async fn listen(connection: &ConnectionInfo, mode: &str) {
    let session = "kernel";
    let mut shell = create_kernel_shell_connection(connection, session).await.unwrap();
    let control = create_kernel_control_connection(connection, session).await.unwrap();
    let mut iopub = create_kernel_iopub_connection(connection, session).await.unwrap();
    let mut stdin = create_kernel_stdin_connection(connection, session).await.unwrap();
    let _heartbeat = create_kernel_heartbeat_connection(connection).await.unwrap();
    let interrupted = Arc::new(AtomicBool::new(false));
    if mode == "interrupted-by-signal" {
        signal_hook::flag::register(signal_hook::consts::SIGINT, interrupted.clone()).unwrap();
    }
    tokio::spawn(obey(control, interrupted.clone(), mode == "ignores-shutdown"));
    let (mut count, mut last) = (0, None);
    loop {
        let Ok(request) = shell.read().await else { continue };
        if mode == "mute" {
            continue;
        }
        iopub.send(JupyterMessage::new(Status::busy(), Some(&request))).await.unwrap();
        match &request.content {
            JupyterMessageContent::KernelInfoRequest(_) => {
                let information =
                    json!({"status": "ok", "protocol_version": "5.3", "language_info": {"name": "fake", "version": "1"}});
                let reply: KernelInfoReply = serde_json::from_value(information).unwrap();
                shell.send(JupyterMessage::new(reply, Some(&request))).await.unwrap();
                iopub.send(JupyterMessage::new(Status::idle(), Some(&request))).await.unwrap();
            }
            JupyterMessageContent::ExecuteRequest(execute) => {
                count += 1;
                interrupted.store(false, Ordering::Relaxed);
                let input = ExecuteInput { code: execute.code.clone(), execution_count: ExecutionCount::new(count) };
                iopub.send(JupyterMessage::new(input, Some(&request))).await.unwrap();
                let (iopub, stdin, interrupted, last_one) = (&mut iopub, &mut stdin, &interrupted, &last);
                let mut cell = Cell { request: &request, last: last_one, iopub, stdin, interrupted, error: None };
                cell.execute(&execute.code, count, &mut shell).await;
                last = Some(request);
            }
            _ => iopub.send(JupyterMessage::new(Status::idle(), Some(&request))).await.unwrap(),
        }
    }
}

/// Answers on the socket on which nothing waits.
async fn obey(mut control: KernelControlConnection, interrupted: Arc<AtomicBool>, ignores_shutdown: bool) {
    loop {
        let Ok(request) = control.read().await else { continue };
        match request.content {
            JupyterMessageContent::InterruptRequest(_) => {
                interrupted.store(true, Ordering::Relaxed);
                control.send(JupyterMessage::new(InterruptReply::default(), Some(&request))).await.unwrap();
            }
            JupyterMessageContent::ShutdownRequest(_) if !ignores_shutdown => {
                let reply = ShutdownReply { restart: false, status: ReplyStatus::Ok, error: None };
                control.send(JupyterMessage::new(reply, Some(&request))).await.unwrap();
                std::process::exit(0);
            }
            _ => {}
        }
    }
}

/// One execution.
struct Cell<'a> {
    request: &'a JupyterMessage,
    last: &'a Option<JupyterMessage>,
    iopub: &'a mut KernelIoPubConnection,
    stdin: &'a mut KernelStdinConnection,
    interrupted: &'a AtomicBool,
    error: Option<ErrorOutput>,
}

impl Cell<'_> {
    async fn execute(&mut self, code: &str, count: usize, shell: &mut KernelShellConnection) {
        let (mut replied, mut idle) = (false, false);
        for line in code.lines() {
            match line {
                "reply" => {
                    shell.send(self.reply(count)).await.unwrap();
                    replied = true;
                }
                "idle" => {
                    self.say(Status::idle()).await;
                    idle = true;
                }
                line => self.line(line).await,
            }
        }
        if !replied {
            shell.send(self.reply(count)).await.unwrap();
        }
        if !idle {
            self.say(Status::idle()).await;
        }
    }

    async fn say(&mut self, content: impl Into<JupyterMessageContent>) {
        self.iopub.send(JupyterMessage::new(content.into(), Some(self.request))).await.unwrap();
    }

    fn reply(&self, count: usize) -> JupyterMessage {
        let error =
            self.error.clone().map(|ErrorOutput { ename, evalue, traceback }| Box::new(ReplyError { ename, evalue, traceback }));
        let status = if error.is_some() { ReplyStatus::Error } else { ReplyStatus::Ok };
        let reply = ExecuteReply { status, execution_count: ExecutionCount::new(count), error, ..ExecuteReply::default() };
        JupyterMessage::new(reply, Some(self.request))
    }

    async fn fail(&mut self, name: &str, value: &str) {
        let traceback = vec![format!("Cell In[1], line 2"), format!("{name}: {value}")];
        let error = ErrorOutput { ename: name.to_owned(), evalue: value.to_owned(), traceback };
        self.say(error.clone()).await;
        self.error = Some(error);
    }

    #[expect(clippy::too_many_lines, reason = "a few lines for each word of the kernel's language")]
    async fn line(&mut self, line: &str) {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (first, second) = rest.split_once(' ').unwrap_or((rest, ""));
        let transient = |id: &str| Transient { display_id: (id != "-").then(|| id.to_owned()) };
        let milliseconds = || Duration::from_millis(rest.parse().unwrap());
        match word {
            "stdout" => self.say(StreamContent::stdout(&format!("{rest}\n"))).await,
            "stderr" => self.say(StreamContent::stderr(&format!("{rest}\n"))).await,
            "much" => self.say(StreamContent::stdout(&"x".repeat(rest.parse().unwrap()))).await,
            "display" => {
                let (data, metadata) = (plain(second), Default::default());
                self.say(DisplayData { data, metadata, transient: Some(transient(first)) }).await;
            }
            "update" => {
                let (data, metadata) = (plain(second), Default::default());
                self.say(UpdateDisplayData { data, metadata, transient: transient(first) }).await;
            }
            "result" => {
                let (data, metadata, execution_count) = (plain(rest), Default::default(), ExecutionCount::new(1));
                self.say(ExecuteResult { data, metadata, execution_count, transient: None }).await;
            }
            "clear" => self.say(ClearOutput { wait: first == "wait" }).await,
            "error" => self.fail(first, second).await,
            // Of an unknown type, or of a known one without some members.
            "other" => {
                let content: Value = serde_json::from_str(second).unwrap();
                self.say(JupyterMessageContent::UnknownMessage(UnknownMessage { msg_type: first.to_owned(), content })).await;
            }
            "late" => {
                let message = JupyterMessage::new(StreamContent::stdout(&format!("{rest}\n")), self.last.as_ref());
                self.iopub.send(message).await.unwrap();
            }
            "forged" => {
                let parts = ["<IDS|MSG>", "00", "{}", "{}", "{}", "{}"].map(|part| bytes::Bytes::from_static(part.as_bytes()));
                self.iopub.socket.send(ZmqMessage::try_from(parts.to_vec()).unwrap()).await.unwrap();
            }
            "ask" => {
                let question = InputRequest { prompt: rest.to_owned(), password: false };
                let question = JupyterMessage::new(question, Some(self.request));
                // Who has just connected may not be known here yet.
                while self.stdin.send(question.clone()).await.is_err() {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                let answer = self.stdin.read().await.unwrap();
                let JupyterMessageContent::InputReply(reply) = answer.content else { panic!("no reply") };
                self.say(StreamContent::stdout(&format!("given {:?}\n", reply.value))).await;
            }
            "sleep" => {
                let until = Instant::now() + milliseconds();
                while Instant::now() < until {
                    if self.interrupted.load(Ordering::Relaxed) {
                        return self.fail("KeyboardInterrupt", "").await;
                    }
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
            }
            // Hears and sees nothing meanwhile.
            "stall" => std::thread::sleep(milliseconds()),
            "print" => eprintln!("{rest}"),
            "flood" => {
                for _ in 0..rest.parse().unwrap() {
                    eprintln!("{}", "x".repeat(99));
                    println!("{}", "y".repeat(99));
                }
            }
            "environment" => {
                let value = std::env::var(rest).unwrap_or_else(|_| "nothing".into());
                self.say(StreamContent::stdout(&format!("{rest} {value}\n"))).await;
            }
            "folder" => {
                let folder = std::env::current_dir().unwrap();
                self.say(StreamContent::stdout(&format!("{}\n", folder.display()))).await;
            }
            "processes" => {
                #[expect(clippy::zombie_processes, reason = "who ends the kernel must end it, too")]
                let child = Command::new("sleep").arg("1000").spawn().unwrap();
                self.say(StreamContent::stdout(&format!("{} {}\n", std::process::id(), child.id()))).await;
            }
            "allocate" => {
                let mut bytes = vec![1_u8; rest.parse().unwrap()];
                bytes.iter_mut().step_by(4096).for_each(|byte| *byte = 2);
                self.say(StreamContent::stdout("allocated\n")).await;
            }
            "exit" => std::process::exit(rest.parse().unwrap()),
            "abort" => std::process::abort(),
            other => panic!("the kernel knows no `{other}`"),
        }
    }
}

fn plain(text: &str) -> Media {
    Media::from(MediaType::Plain(text.to_owned()))
}
