//! Jupyter's messages: requests are read leniently, replies and publications are made from JSON.
//!
//! A request with a member of an odd type must still get an answer. So contents are JSON here, and each
//! answer reads what it needs. The protocol:
//! <https://jupyter-client.readthedocs.io/en/stable/messaging.html>.

use bytes::Bytes;
use jupyter_protocol::messaging::{Header, JupyterMessage, UnknownMessage};
use jupyter_zmq_client::{Connection, RawMessage, RuntimeError};
use serde_json::{Value, json};
use zeromq::SocketRecv;

/// The version of the protocol that this kernel implements.
pub(crate) const PROTOCOL: &str = "5.4";

/// A message from a client.
#[derive(Clone)]
pub(crate) struct Request {
    /// Such as `execute_request`.
    pub(crate) kind: String,
    /// What it asks for.
    pub(crate) content: Value,
    /// Its head, which every answer names as its parent.
    head: JupyterMessage,
}

impl Request {
    /// A request of this process itself.
    pub(crate) fn local(kind: &str, content: Value) -> Request {
        let header = message(kind, json!({}), None).header;
        Request::new(Vec::new(), header, content)
    }

    /// Reads the next message of a socket.
    ///
    /// # Errors
    /// When the socket is broken, the signature is wrong, or the message is malformed.
    pub(crate) async fn read<S: SocketRecv>(connection: &mut Connection<S>) -> Result<Request, RuntimeError> {
        let raw = RawMessage::from_multipart(connection.socket.recv().await?, &connection.mac)?;
        let part = |index: usize| raw.jparts.get(index).map(|part| part.as_ref()).unwrap_or_default();
        let header: Header = serde_json::from_slice(part(0))?;
        let content: Value = serde_json::from_slice(part(3))?;
        Ok(Request::new(raw.zmq_identities, header, content))
    }

    fn new(zmq_identities: Vec<Bytes>, header: Header, content: Value) -> Request {
        let kind = header.msg_type.clone();
        let nothing = UnknownMessage { msg_type: kind.clone(), content: json!({}) };
        let mut head = JupyterMessage::new(jupyter_protocol::JupyterMessageContent::UnknownMessage(nothing), None);
        (head.zmq_identities, head.header) = (zmq_identities, header);
        Request { kind, content, head }
    }

    /// A text of the content. Empty if it is missing.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.content[name].as_str().unwrap_or_default()
    }

    /// A yes or no of the content.
    pub(crate) fn flag(&self, name: &str, default: bool) -> bool {
        self.content[name].as_bool().unwrap_or(default)
    }

    /// A number of the content.
    pub(crate) fn number(&self, name: &str) -> Option<i64> {
        self.content[name].as_i64()
    }

    /// The reply to the sender, with the kind that belongs to the request's.
    pub(crate) fn reply(&self, content: Value) -> JupyterMessage {
        let kind = self.kind.strip_suffix("_request").map_or_else(|| self.kind.clone(), |stem| format!("{stem}_reply"));
        self.message(&kind, content)
    }

    /// Another message to the sender.
    pub(crate) fn message(&self, kind: &str, content: Value) -> JupyterMessage {
        message(kind, content, Some(&self.head))
    }

    /// A message to everybody that is about this request.
    pub(crate) fn publication(&self, kind: &str, content: Value) -> JupyterMessage {
        publication(kind, content, Some(&self.head))
    }
}

/// A message to everybody. Its topic is its kind.
pub(crate) fn publication(kind: &str, content: Value, parent: Option<&JupyterMessage>) -> JupyterMessage {
    message(kind, content, parent).with_zmq_identities(vec![Bytes::copy_from_slice(kind.as_bytes())])
}

fn message(kind: &str, content: Value, parent: Option<&JupyterMessage>) -> JupyterMessage {
    let content = UnknownMessage { msg_type: kind.to_owned(), content };
    let mut message = JupyterMessage::new(jupyter_protocol::JupyterMessageContent::UnknownMessage(content), parent);
    PROTOCOL.clone_into(&mut message.header.version);
    "kernel".clone_into(&mut message.header.username);
    message
}

/// The content of a message that this module has made, to be read.
pub(crate) fn content(message: &JupyterMessage) -> &Value {
    match &message.content {
        jupyter_protocol::JupyterMessageContent::UnknownMessage(message) => &message.content,
        _ => &Value::Null,
    }
}

/// The content of a message that this module has made.
pub(crate) fn content_mut(message: &mut JupyterMessage) -> Option<&mut Value> {
    match &mut message.content {
        jupyter_protocol::JupyterMessageContent::UnknownMessage(message) => Some(&mut message.content),
        _ => None,
    }
}
