//! An execution request: inputs, outputs, and the form of the answer (OGC API - Processes - Part 1, clause
//! 7.11, `execute.yaml`).
//!
//! [`Execution`] is the document that is sent. [`Execution::validated`] checks values against the
//! description of the process. The server checks them, too.

use std::fmt;

use serde_json::{Map, Value};

use crate::{
    error::Result,
    ogc::documents::{
        input::Input,
        output_format::OutputFormat,
        prefer::{Prefer, Response},
        process::Process,
    },
};

/// An execution request.
///
/// ```
/// use eoap::Execution;
/// use serde_json::json;
///
/// let execution = Execution::new()
///     .input("epsg", "EPSG:4326")
///     .input("bands", ["green", "nir08"])
///     .input("threshold", 0.5)
///     .input("options", json!({"tiled": true}));
/// assert_eq!(
///     execution.to_value(),
///     json!({"inputs": {"epsg": "EPSG:4326", "bands": ["green", "nir08"], "threshold": 0.5, "options": {"tiled": true}}})
/// );
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[must_use = "an execution runs nothing until a client executes it"]
pub struct Execution {
    inputs: Map<String, Value>,
    outputs: Option<Map<String, Value>>,
    members: Map<String, Value>,
    prefer: Option<Prefer>,
}

impl Execution {
    /// An execution without inputs that wants all outputs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets an input. The same name again replaces the value; several values of one input are a list.
    pub fn input(mut self, name: impl Into<String>, value: impl Into<Input>) -> Self {
        self.set_input(name.into(), value.into());
        self
    }

    /// Asks for this output. Without any such call the server sends all of them.
    pub fn output(self, name: impl Into<String>) -> Self {
        self.output_with(name, OutputFormat::new())
    }

    /// Asks for this output in a format, or as a reference.
    pub fn output_with(self, name: impl Into<String>, format: OutputFormat) -> Self {
        self.output_as(name, format.into())
    }

    /// Asks for this output with settings as they are sent, such as `{"transmissionMode": "reference"}`
    /// (`output.yaml`).
    pub fn output_as(mut self, name: impl Into<String>, settings: Value) -> Self {
        self.set_output(name.into(), settings);
        self
    }

    /// Asks for no outputs: `"outputs": {}`. Without this member, the server decides which outputs to
    /// return.
    pub fn no_outputs(mut self) -> Self {
        self.outputs = Some(Map::new());
        self
    }

    /// Wants the results in this form (`response`, version 1.0). Without it, the header `Prefer` decides.
    pub fn response(self, response: Response) -> Self {
        self.member("response", response.as_str())
    }

    /// Wants the server to call back (clause 11 "Requirements class Callback").
    pub fn subscriber(self, subscriber: Subscriber) -> Self {
        self.member("subscriber", subscriber)
    }

    /// Sets another member of the document. It is sent unchanged, even if the standard does not have it.
    pub fn member(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.set_member(name.into(), value.into());
        self
    }

    fn set_input(&mut self, name: String, value: Input) {
        self.inputs.insert(name, value.into());
    }

    fn set_output(&mut self, name: String, settings: Value) {
        self.outputs.get_or_insert_default().insert(name, settings);
    }

    fn set_member(&mut self, name: String, value: Value) {
        self.members.insert(name, value);
    }

    /// How this execution is asked for, in place of the client's setting.
    pub fn prefer(mut self, prefer: Prefer) -> Self {
        self.prefer = Some(prefer);
        self
    }

    /// The execution itself if it fits the description of the process.
    ///
    /// # Errors
    ///
    /// Those of [`Process::validate`].
    pub fn validated(self, process: &Process) -> Result<Self> {
        process.validate(&self)?;
        Ok(self)
    }

    /// The inputs as they are sent.
    pub fn inputs(&self) -> &Map<String, Value> {
        &self.inputs
    }

    /// The document that is sent.
    pub fn to_value(&self) -> Value {
        let mut document = Map::new();
        document.insert("inputs".to_owned(), self.inputs.clone().into());
        if let Some(outputs) = &self.outputs {
            document.insert("outputs".to_owned(), outputs.clone().into());
        }
        document.extend(self.members.clone());
        document.into()
    }

    pub(crate) fn prefer_or<'a>(&'a self, other: &'a Prefer) -> &'a Prefer {
        self.prefer.as_ref().unwrap_or(other)
    }

    /// What the answer is expected to contain if `prefer` is sent, too. The body takes precedence over the
    /// header.
    pub(crate) fn expected(&self, prefer: &Prefer) -> Expected {
        let outputs = self.outputs.iter().flat_map(Map::keys).cloned().collect();
        Expected { outputs, response: self.response_form().or(prefer.response()) }
    }

    pub(crate) fn response_form(&self) -> Option<Response> {
        match self.members.get("response").and_then(Value::as_str) {
            Some("raw") => Some(Response::Raw),
            Some("document") => Some(Response::Document),
            _ => None,
        }
    }
}

impl fmt::Display for Execution {
    /// The document as JSON with two spaces of indentation.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#}", self.to_value())
    }
}

/// The URLs to which the server POSTs changes of a job's state (`subscriber.yaml`).
///
/// ```
/// use eoap::{Execution, Subscriber};
/// let subscriber = Subscriber { success: Some("http://me.example/done".into()), ..Subscriber::default() };
/// let execution = Execution::new().subscriber(subscriber);
/// assert_eq!(execution.to_value()["subscriber"]["successUri"], "http://me.example/done");
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Subscriber {
    /// Gets the results of a successful job (`successUri`).
    pub success: Option<String>,
    /// Gets the status information of a running job (`inProgressUri`).
    pub in_progress: Option<String>,
    /// Gets the exception of a failed job (`failedUri`).
    pub failed: Option<String>,
}

impl From<Subscriber> for Value {
    fn from(subscriber: Subscriber) -> Self {
        let Subscriber { success, in_progress, failed } = subscriber;
        let members = [("successUri", success), ("inProgressUri", in_progress), ("failedUri", failed)];
        let members = members.into_iter().filter_map(|(name, uri)| Some((name.to_owned(), Value::from(uri?))));
        members.collect::<Map<_, _>>().into()
    }
}

/// What is known of an answer before it comes. Servers do not name its form.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Expected {
    /// The outputs that were asked for by name.
    pub(crate) outputs: Vec<String>,
    /// The form that was asked for.
    pub(crate) response: Option<Response>,
}

impl Expected {
    /// The output that was asked for, if it was exactly one.
    pub(crate) fn only(&self) -> Option<&str> {
        match self.outputs.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }
}

impl AsRef<Execution> for Execution {
    fn as_ref(&self) -> &Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn outputs_are_sent_only_when_asked_for() {
        assert_eq!(Execution::new().to_value(), json!({"inputs": {}}));
        let execution =
            Execution::new().output("a").output_as("b", json!({"transmissionMode": "reference"})).member("response", "document");
        assert_eq!(
            execution.to_value(),
            json!({"inputs": {}, "outputs": {"a": {}, "b": {"transmissionMode": "reference"}}, "response": "document"})
        );
    }

    #[test]
    fn settings_are_sent_as_the_standard_has_them() {
        let execution = Execution::new().no_outputs().response(Response::Raw).subscriber(Subscriber {
            success: Some("http://me/done".into()),
            failed: Some("http://me/failed".into()),
            ..Subscriber::default()
        });
        assert_eq!(
            execution.to_value(),
            json!({"inputs": {}, "outputs": {}, "response": "raw",
                "subscriber": {"successUri": "http://me/done", "failedUri": "http://me/failed"}})
        );
    }

    #[test]
    fn the_body_wins_over_the_header() {
        let expected = |execution: &Execution, prefer: Prefer| execution.expected(&prefer).response;
        assert_eq!(expected(&Execution::new(), Prefer::RespondAsync), None);
        assert_eq!(expected(&Execution::new(), Prefer::Minimal), Some(Response::Raw));
        let document = Execution::new().response(Response::Document);
        assert_eq!(expected(&document, Prefer::Minimal), Some(Response::Document));
    }
}
