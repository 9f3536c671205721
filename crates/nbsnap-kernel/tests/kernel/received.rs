//! What a kernel sends: messages, and what came of an execution.

use serde_json::Value;

/// A message that came.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) kind: String,
    pub(crate) parent: String,
    pub(crate) content: Value,
}

/// What came of an execution: the messages about it, `busy` and `idle` aside, and the reply.
#[derive(Debug)]
pub(crate) struct Executed {
    pub(crate) reply: Value,
    pub(crate) messages: Vec<Message>,
}

impl Executed {
    pub(crate) fn status(&self) -> &str {
        self.reply["status"].as_str().unwrap_or_default()
    }

    /// All text on a stream.
    pub(crate) fn stream(&self, name: &str) -> String {
        let texts = self.messages.iter().filter(|message| message.kind == "stream" && message.content["name"] == name);
        texts.filter_map(|message| message.content["text"].as_str()).collect()
    }

    pub(crate) fn kinds(&self) -> Vec<&str> {
        self.messages.iter().map(|message| message.kind.as_str()).collect()
    }

    pub(crate) fn of_kind(&self, kind: &str) -> Vec<&Value> {
        self.messages.iter().filter(|message| message.kind == kind).map(|message| &message.content).collect()
    }

    /// The value that is shown as text.
    pub(crate) fn value(&self) -> &str {
        self.of_kind("execute_result").first().and_then(|result| result["data"]["text/plain"].as_str()).unwrap_or_default()
    }

    /// The traceback without colours.
    pub(crate) fn traceback(&self) -> String {
        let lines: Vec<&str> = self.reply["traceback"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let mut plain = String::new();
        let mut rest = lines.join("\n");
        while let Some(at) = rest.find('\x1b') {
            plain.push_str(&rest[..at]);
            let end = rest[at..].find('m').map_or(rest.len(), |end| at + end + 1);
            rest.drain(..end);
        }
        plain + &rest
    }
}
