//! A kernel's messages, as they came:
//! <https://jupyter-client.readthedocs.io/en/stable/messaging.html>.
//!
//! The main type is [`Message`]. Content stays JSON: what a cell displays is compared and written as the
//! kernel sent it. A member that one kernel leaves out does not make messages unreadable.

use jupyter_protocol::messaging::Header;
use jupyter_zmq_client::{RawMessage, RuntimeError};
use serde_json::Value;

/// Which of a kernel's sockets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channel {
    /// Requests that are carried out in turn.
    Shell,
    /// Requests that wait for nothing.
    Control,
    /// What cells show.
    IoPub,
    /// Requests of the kernel's, for input.
    Stdin,
}

/// One message of a kernel's.
#[derive(Clone, Debug)]
pub(super) struct Message {
    /// Where it was heard.
    pub(super) channel: Channel,
    /// Its type, such as `execute_reply`.
    pub(super) kind: String,
    /// The id of the request that it answers; empty if it answers none.
    pub(super) parent: String,
    /// What it says.
    pub(super) content: Value,
}

impl Message {
    /// Reads a message whose signature has been checked.
    pub(super) fn read(channel: Channel, raw: &RawMessage) -> Result<Message, RuntimeError> {
        let [header, parent, _, content, ..] = &raw.jparts[..] else {
            return Err(RuntimeError::InsufficientMessageParts(raw.jparts.len()));
        };
        let header: Header = serde_json::from_slice(header)?;
        let parent: Value = serde_json::from_slice(parent)?;
        let parent = parent["msg_id"].as_str().unwrap_or_default().to_owned();
        Ok(Message { channel, kind: header.msg_type, parent, content: serde_json::from_slice(content)? })
    }

    /// Whether this reports that the kernel is done with a request.
    pub(super) fn is_idle(&self) -> bool {
        self.channel == Channel::IoPub && self.kind == "status" && self.content["execution_state"] == "idle"
    }

    /// A text of the content; empty if there is none.
    pub(super) fn text(&self, name: &str) -> &str {
        self.content[name].as_str().unwrap_or_default()
    }
}
