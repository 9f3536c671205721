//! Serves the sockets: requests for help are answered at once, executions wait for the thread that runs
//! cells.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Sender;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jupyter_protocol::ConnectionInfo;
use jupyter_zmq_client::{
    RouterRecvConnection, RouterSendConnection, RuntimeError, create_kernel_control_connection,
    create_kernel_heartbeat_connection, create_kernel_iopub_xpub_connection, create_kernel_shell_connection,
    create_kernel_stdin_connection,
};
use rustix::process::Pid;
use serde_json::{Value, json};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::analysis::Analysis;
use crate::history::History;
use crate::interrupts::Interrupts;
use crate::outbox::Outbox;
use crate::shared::Shared;
use crate::wire::{Request, publication};
use crate::{Error, KernelSettings, assistance, cells, help, information, lifetime};

/// How long the thread that runs cells may take to finish when the kernel ends.
const ENDING: Duration = Duration::from_secs(3);
/// How long the last messages may take to leave when the kernel ends.
const LEAVING: Duration = Duration::from_secs(1);
/// How long `kernel_info` waits for the compiler to say its version.
const VERSION: Duration = Duration::from_secs(5);

/// Runs a kernel until it is to end.
pub(crate) fn run(settings: KernelSettings) -> Result<(), Error> {
    let parent = lifetime::parent();
    let path = settings.connection_file.clone();
    let unusable = |reason: String| Error::ConnectionFile { path: path.clone(), reason };
    let text = std::fs::read_to_string(&settings.connection_file).map_err(|error| unusable(error.to_string()))?;
    let connection: ConnectionInfo = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
    let _in_use = in_use(&settings.cache);
    // Messages must get out while a request for help is answered.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let ended = runtime.block_on(serve(&connection, settings, parent));
    runtime.shutdown_timeout(Duration::from_millis(200));
    ended
}

/// A lock that shows, until it is dropped, that a kernel uses its builds: `nbsnap clean --builds` then keeps
/// them.
fn in_use(cache: &Path) -> Option<File> {
    let folder = cache.join("kernels");
    std::fs::create_dir_all(&folder).ok()?;
    let file = File::create(folder.join("lock")).ok()?;
    file.try_lock_shared().ok()?;
    Some(file)
}

async fn serve(connection: &ConnectionInfo, settings: KernelSettings, parent: Option<Pid>) -> Result<(), Error> {
    let session = format!("kernel-{}", std::process::id());
    let listen = |channel: &'static str| move |source: RuntimeError| Error::Listen { channel, source };
    let shell = create_kernel_shell_connection(connection, &session).await.map_err(listen("shell"))?;
    let control = create_kernel_control_connection(connection, &session).await.map_err(listen("control"))?;
    let iopub = create_kernel_iopub_xpub_connection(connection, &session).await.map_err(listen("iopub"))?;
    let stdin = create_kernel_stdin_connection(connection, &session).await.map_err(listen("stdin"))?;
    let mut heartbeat = create_kernel_heartbeat_connection(connection).await.map_err(listen("heartbeat"))?;

    let (outbox, mail) = Outbox::new();
    let history = Arc::new(Mutex::new(History::open(settings.history.clone())));
    let analysis = Analysis::new(&settings);
    let shared =
        Shared { outbox, interrupts: Interrupts::default(), known: Arc::default(), analysis, history, heard: Arc::default() };
    let (jobs, work) = std::sync::mpsc::channel();
    let (version, rustc) = watch::channel(String::new());
    let worker = {
        let shared = shared.clone();
        std::thread::Builder::new().name("cells".into()).spawn(move || cells::run(settings, &shared, &work, &version))?
    };

    let (shell_out, shell_in) = shell.split();
    let (control_out, control_in) = control.split();
    let (stdin_out, stdin_in) = stdin.split();
    // All that holds a socket.
    let mut tasks = JoinSet::new();
    tasks.spawn(mail.send(shell_out, stdin_out, iopub));
    tasks.spawn(take_input(stdin_in, shared.interrupts.clone()));
    tasks.spawn(async move {
        loop {
            if heartbeat.single_heartbeat().await.is_err() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        }
    });
    shared.outbox.publish_from_task(publication("status", json!({"execution_state": "starting"}), None)).await;
    let (stop, mut stopped) = mpsc::channel(1);
    tasks.spawn(obey(control_in, control_out, shared.clone(), rustc.clone(), stop));
    tasks.spawn(listen_on_shell(shell_in, shared.clone(), rustc, jobs));
    tasks.spawn(interrupt_on_signal(shared.interrupts.clone()));
    tokio::select! {
        _ = stopped.recv() => {}
        () = lifetime::orphaned(parent, shared.heard.clone()) => {}
        () = terminated() => {}
    }
    shared.interrupts.close();
    shared.analysis.end();
    let waited = tokio::task::spawn_blocking(move || {
        let until = Instant::now() + ENDING;
        while !worker.is_finished() && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(5));
        }
    });
    let _ = waited.await;
    let _ = tokio::time::timeout(LEAVING, shared.outbox.flush()).await;
    tasks.shutdown().await;
    written().await;
    Ok(())
}

/// Returns when what was sent is written. Sockets only queue it, for tasks of theirs that end once a socket is
/// closed and its queue is empty.
async fn written() {
    let started = Instant::now();
    let tasks = tokio::runtime::Handle::current().metrics();
    while tasks.num_alive_tasks() > 0 && started.elapsed() < LEAVING {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

/// Hands lines that people type to the cell that waits for them.
async fn take_input(mut stdin: RouterRecvConnection, interrupts: Interrupts) {
    loop {
        let reply = next(&mut stdin).await;
        if reply.kind == "input_reply" {
            interrupts.give(reply.content["value"].as_str());
        }
    }
}

async fn terminated() {
    match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(mut signal) => drop(signal.recv().await),
        Err(_) => std::future::pending().await,
    }
}

pub(crate) async fn interrupt_on_signal(interrupts: Interrupts) {
    if let Ok(mut signal) = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::interrupt()) {
        while signal.recv().await.is_some() {
            interrupts.interrupt().await;
        }
    }
}

/// Reads requests until the socket is gone for good.
async fn next(connection: &mut RouterRecvConnection) -> Request {
    loop {
        match Request::read(connection).await {
            Ok(request) => return request,
            // A forged or broken message says nothing about the next one.
            Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
        }
    }
}

async fn listen_on_shell(mut shell: RouterRecvConnection, shared: Shared, rustc: watch::Receiver<String>, jobs: Sender<Request>) {
    loop {
        let request = next(&mut shell).await;
        shared.heard.store(true, Ordering::Relaxed);
        if request.kind == "execute_request" {
            if jobs.send(request).is_err() {
                return;
            }
            continue;
        }
        if ["complete_request", "inspect_request"].contains(&request.kind.as_str()) {
            // An analysis may take a moment, for which nothing else waits.
            let (shared, rustc) = (shared.clone(), rustc.clone());
            tokio::spawn(async move { answer_on_shell(&request, &shared, rustc).await });
            continue;
        }
        answer_on_shell(&request, &shared, rustc.clone()).await;
    }
}

/// Answers every request except an execution.
async fn answer_on_shell(request: &Request, shared: &Shared, mut rustc: watch::Receiver<String>) {
    let Shared { outbox, .. } = shared;
    outbox.publish_from_task(request.publication("status", json!({"execution_state": "busy"}))).await;
    match request.kind.as_str() {
        "shutdown_request" => outbox.reply(
            request,
            json!({"status": "error", "ename": "WrongChannel", "evalue": "shut down over the control channel", "traceback": []}),
        ),
        "comm_open" => {
            let close = json!({"comm_id": request.text("comm_id"), "data": {}});
            outbox.publish_from_task(request.publication("comm_close", close)).await;
        }
        _ => {
            if let Some(content) = answer(request, shared, &mut rustc).await {
                outbox.reply(request, content);
            }
        }
    }
    outbox.publish_from_task(request.publication("status", json!({"execution_state": "idle"}))).await;
}

/// The answer to a request about the session's state, if it is one.
async fn answer(request: &Request, shared: &Shared, rustc: &mut watch::Receiver<String>) -> Option<Value> {
    let code = request.text("code");
    let cursor = || usize::try_from(request.number("cursor_pos").unwrap_or(i64::MAX)).unwrap_or(0);
    Some(match request.kind.as_str() {
        "kernel_info_request" => {
            let _ = tokio::time::timeout(VERSION, rustc.wait_for(|version| !version.is_empty())).await;
            let version = rustc.borrow().clone();
            information::content(&version)
        }
        "is_complete_request" => help::is_complete(code),
        "complete_request" => assistance::complete(code, cursor(), shared).await,
        "inspect_request" => assistance::inspect(code, cursor(), shared).await,
        "comm_info_request" => json!({"status": "ok", "comms": {}}),
        "history_request" => {
            let history = shared.history.lock().unwrap_or_else(PoisonError::into_inner);
            json!({"status": "ok", "history": history.answer(request)})
        }
        "connect_request" => json!({"status": "ok"}),
        _ => return None,
    })
}

/// Answers on the control socket, on which nothing waits for a cell.
async fn obey(
    mut control: RouterRecvConnection,
    mut out: RouterSendConnection,
    shared: Shared,
    mut rustc: watch::Receiver<String>,
    stop: mpsc::Sender<()>,
) {
    loop {
        let request = next(&mut control).await;
        shared.heard.store(true, Ordering::Relaxed);
        let busy = request.publication("status", json!({"execution_state": "busy"}));
        shared.outbox.publish_from_task(busy).await;
        let content = match request.kind.as_str() {
            "interrupt_request" => {
                shared.interrupts.interrupt().await;
                Some(json!({"status": "ok"}))
            }
            "shutdown_request" => {
                let content = json!({"status": "ok", "restart": request.flag("restart", false)});
                // The cell that runs publishes its end before the reply.
                shared.interrupts.close();
                shared.outbox.publish_from_task(request.publication("shutdown_reply", content.clone())).await;
                Some(content)
            }
            "debug_request" => Some(json!({
                "type": "response", "success": false, "request_seq": request.content["seq"], "seq": 0,
                "command": request.content["command"], "message": "this kernel has no debugger",
            })),
            _ => answer(&request, &shared, &mut rustc).await,
        };
        if let Some(content) = content {
            let _ = out.send(request.reply(content)).await;
        }
        let idle = request.publication("status", json!({"execution_state": "idle"}));
        shared.outbox.publish_from_task(idle).await;
        if request.kind == "shutdown_request" {
            let _ = stop.send(()).await;
            return;
        }
    }
}
