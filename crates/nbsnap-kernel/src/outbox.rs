//! Outgoing messages on their way to the sockets: replies one by one, publications in order. Successive
//! texts are joined.
//!
//! The main type is [`Outbox`]. Threads and tasks can use it. Publications wait where clients read slowly,
//! so that a flood of output does not fill this process' memory.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jupyter_protocol::messaging::JupyterMessage;
use jupyter_zmq_client::{KernelIoPubXPubConnection, RouterSendConnection, SubscriptionEvent};
use serde_json::{Value, json};
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};
use tokio::sync::oneshot;

use crate::display;
use crate::wire::{self, Request};

/// How many publications may wait.
const WAITING: usize = 256;
/// How many bytes of text are joined at most.
const JOINED: usize = 64 * 1024;
/// How often a question is sent to a client that is not there.
const ASKED: u32 = 100;
/// How long a client may take to read a publication before it is left behind.
const SLOW: Duration = Duration::from_secs(10);

/// A queue of messages to be sent. Clones share the sockets.
#[derive(Clone)]
pub(crate) struct Outbox {
    shell: UnboundedSender<Queued>,
    stdin: UnboundedSender<JupyterMessage>,
    published: Sender<Queued>,
    /// The names of displays that were shown.
    displays: Arc<Mutex<BTreeSet<String>>>,
}

enum Queued {
    Message(Box<JupyterMessage>),
    /// Asks for a word when everything before it has been sent.
    Flush(oneshot::Sender<()>),
}

impl Queued {
    /// The message as a console takes it. `None` for what is no message; that is done.
    fn said(self, kind: fn(Box<JupyterMessage>) -> Said) -> Option<Said> {
        match self {
            Queued::Message(message) => Some(kind(message)),
            Queued::Flush(done) => {
                let _ = done.send(());
                None
            }
        }
    }
}

/// What a console needs.
pub(crate) enum Said {
    /// A reply to a cell.
    Reply(Box<JupyterMessage>),
    /// Something to show.
    Published(Box<JupyterMessage>),
    /// The cell waits for a line.
    Question,
}

/// The messages of an outbox.
pub(crate) struct Mail {
    shell: UnboundedReceiver<Queued>,
    stdin: UnboundedReceiver<JupyterMessage>,
    published: Receiver<Queued>,
}

impl Outbox {
    /// An outbox, and the other end of it.
    pub(crate) fn new() -> (Outbox, Mail) {
        let (shell, replies) = unbounded_channel();
        let (stdin, questions) = unbounded_channel();
        let (published, publications) = channel(WAITING);
        (
            Outbox { shell, stdin, published, displays: Arc::default() },
            Mail { shell: replies, stdin: questions, published: publications },
        )
    }

    /// Answers a request that came over the shell socket.
    pub(crate) fn reply(&self, request: &Request, content: Value) {
        // Without a socket there is no receiver.
        let _ = self.shell.send(Queued::Message(Box::new(request.reply(content))));
    }

    /// Sends a question over the stdin socket.
    pub(crate) fn ask(&self, question: JupyterMessage) {
        let _ = self.stdin.send(question);
    }

    /// The kind and the content of the message for a display.
    pub(crate) fn displayed(&self, display: BTreeMap<String, String>) -> (&'static str, Value) {
        display::message(display, &mut self.displays.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Publishes from a thread, which waits where clients are slow.
    pub(crate) fn publish(&self, message: JupyterMessage) {
        let _ = self.published.blocking_send(Queued::Message(Box::new(message)));
    }

    /// Publishes from a task.
    pub(crate) async fn publish_from_task(&self, message: JupyterMessage) {
        let _ = self.published.send(Queued::Message(Box::new(message))).await;
    }

    /// Waits until all replies and publications so far are sent. A question is no use to a kernel that ends.
    pub(crate) async fn flush(&self) {
        let (replies, replied) = oneshot::channel();
        let (publications, published) = oneshot::channel();
        let _ = self.shell.send(Queued::Flush(replies));
        let _ = self.published.send(Queued::Flush(publications)).await;
        // Where a receiver is gone, so is the word from it.
        let _ = tokio::join!(replied, published);
    }
}

impl Mail {
    /// Hands the messages to a receiver in this process, until that is gone.
    pub(crate) async fn hand_over(self, to: std::sync::mpsc::Sender<Said>) {
        let Mail { mut shell, mut stdin, mut published } = self;
        loop {
            let said = tokio::select! {
                Some(reply) = shell.recv() => reply.said(Said::Reply),
                Some(_) = stdin.recv() => Some(Said::Question),
                next = published.recv() => match next {
                    Some(publication) => publication.said(Said::Published),
                    None => return,
                },
            };
            let Some(said) = said else { continue };
            if to.send(said).is_err() {
                return;
            }
        }
    }

    /// Sends the messages until no outbox is left.
    pub(crate) async fn send(
        self,
        mut shell: RouterSendConnection,
        mut stdin: RouterSendConnection,
        iopub: KernelIoPubXPubConnection,
    ) {
        let Mail { shell: mut replies, stdin: mut questions, published } = self;
        let answering = async move {
            while let Some(next) = replies.recv().await {
                match next {
                    // A client that is gone gets no reply.
                    Queued::Message(reply) => drop(shell.send(*reply).await),
                    Queued::Flush(done) => drop(done.send(())),
                }
            }
        };
        let asking = async move {
            while let Some(question) = questions.recv().await {
                // A client that has only just connected may not be known on this socket yet.
                for _ in 0..ASKED {
                    if stdin.send(question.clone()).await.is_ok() {
                        break;
                    }
                    tokio::time::sleep(Duration::from_millis(20)).await;
                }
            }
        };
        tokio::join!(answering, asking, publish(published, iopub));
    }
}

async fn publish(mut published: Receiver<Queued>, mut iopub: KernelIoPubXPubConnection) {
    let mut ahead: Option<Queued> = None;
    loop {
        let next = match ahead.take() {
            Some(next) => next,
            None => tokio::select! {
                next = published.recv() => match next {
                    Some(next) => next,
                    None => return,
                },
                event = iopub.recv_subscription() => {
                    match event {
                        // JEP 65: this message informs a client that it misses nothing from then on.
                        Ok(SubscriptionEvent::Subscribe(topic)) => {
                            let topic_bytes = bytes::Bytes::copy_from_slice(topic.as_bytes());
                            let welcome = wire::publication("iopub_welcome", json!({"subscription": topic}), None);
                            let welcome = welcome.with_zmq_identities(vec![topic_bytes]);
                            let _ = tokio::time::timeout(SLOW, iopub.send(welcome)).await;
                        }
                        Ok(SubscriptionEvent::Unsubscribe(_)) => {}
                        Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
                    }
                    continue;
                }
            },
        };
        match next {
            Queued::Flush(done) => drop(done.send(())),
            Queued::Message(mut message) => {
                while let Ok(next) = published.try_recv() {
                    match next {
                        Queued::Message(more) => match joined(message, more) {
                            (one, None) => message = one,
                            (one, Some(more)) => {
                                message = one;
                                ahead = Some(Queued::Message(more));
                                break;
                            }
                        },
                        flush => {
                            ahead = Some(flush);
                            break;
                        }
                    }
                }
                let _ = tokio::time::timeout(SLOW, iopub.send(*message)).await;
            }
        }
    }
}

/// Appends the text of the second message to the first, if both are text of one stream of one cell.
fn joined(mut first: Box<JupyterMessage>, mut second: Box<JupyterMessage>) -> (Box<JupyterMessage>, Option<Box<JupyterMessage>>) {
    let is_text = |message: &JupyterMessage| message.header.msg_type == "stream";
    let parent = |message: &JupyterMessage| message.parent_header.as_ref().map(|parent| parent.msg_id.clone());
    if !is_text(&first) || !is_text(&second) || parent(&first) != parent(&second) {
        return (first, Some(second));
    }
    let (Some(one), Some(more)) = (wire::content_mut(&mut first), wire::content_mut(&mut second)) else {
        return (first, Some(second));
    };
    let text = more["text"].as_str().unwrap_or_default();
    let length = one["text"].as_str().map_or(0, str::len);
    if one["name"] != more["name"] || length + text.len() > JOINED {
        return (first, Some(second));
    }
    if let Value::String(all) = &mut one["text"] {
        all.push_str(text);
    }
    (first, None)
}
