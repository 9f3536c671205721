//! A process as its description shows it, and requests made after that description.
//!
//! [`Process`] only reads; nothing is sent from here.

use serde_json::{Map, Value, json};

use crate::schema;

/// A process and its description.
#[derive(Debug, Clone)]
pub(crate) struct Process {
    pub(crate) id: String,
    pub(crate) description: Value,
}

impl Process {
    pub(crate) fn new(id: &str, description: Value) -> Self {
        Self { id: id.to_owned(), description }
    }

    /// Whether the job control options name this; without any, a process is executed synchronously.
    fn can(&self, option: &str) -> bool {
        match self.description["jobControlOptions"].as_array() {
            Some(options) => options.iter().any(|value| value == option),
            None => option == "sync-execute",
        }
    }

    pub(crate) fn can_sync(&self) -> bool {
        self.can("sync-execute")
    }

    pub(crate) fn can_async(&self) -> bool {
        self.can("async-execute")
    }

    /// Whether outputs may be given in this way; without a word about it, by value.
    pub(crate) fn transmits(&self, mode: &str) -> bool {
        match self.description["outputTransmission"].as_array() {
            Some(modes) => modes.iter().any(|value| value == mode),
            None => mode == "value",
        }
    }

    pub(crate) fn is_mutable(&self) -> bool {
        // Part 2 has true as default, but a server without Part 2 has no mutable process.
        self.description["mutable"] == true
    }

    pub(crate) fn inputs(&self) -> impl Iterator<Item = (&str, &Value)> {
        members(&self.description["inputs"])
    }

    pub(crate) fn outputs(&self) -> impl Iterator<Item = (&str, &Value)> {
        members(&self.description["outputs"])
    }

    /// Inputs made from their schemas, without the optional ones. The error names an input that cannot be
    /// made.
    pub(crate) fn example_inputs(&self) -> Result<Map<String, Value>, String> {
        let mut inputs = Map::new();
        for (name, input) in self.inputs().filter(|(_, input)| is_required(input)) {
            inputs.insert(name.to_owned(), example(input).ok_or(name)?);
        }
        Ok(inputs)
    }

    /// An execute request for these outputs, in this form.
    pub(crate) fn request(inputs: &Map<String, Value>, response: &str, outputs: &[(&str, &str)]) -> Value {
        let outputs: Map<String, Value> =
            outputs.iter().map(|(name, mode)| ((*name).to_owned(), json!({"transmissionMode": mode}))).collect();
        json!({"inputs": inputs, "outputs": outputs, "response": response})
    }
}

/// A value of an input, as an execute request has it: an array if it may occur more than once.
pub(crate) fn example(input: &Value) -> Option<Value> {
    let value = schema::example(&input["schema"])?;
    let value = if value.is_object() && !schema::is_bbox(&input["schema"]) { json!({"value": value}) } else { value };
    Some(if is_repeated(input) { json!([value]) } else { value })
}

/// Whether an input may occur more than once.
pub(crate) fn is_repeated(input: &Value) -> bool {
    input["maxOccurs"] == "unbounded" || input["maxOccurs"].as_u64().is_some_and(|most| most > 1)
}

/// Whether an execution needs a value for the input.
pub(crate) fn is_required(input: &Value) -> bool {
    let schema = &input["schema"];
    input["minOccurs"] != 0 && schema.get("default").is_none() && schema["nullable"] != true
}

/// The media type that values of an output have on the wire, by its schema; `None` where that leaves a
/// choice.
pub(crate) fn media_type(output: &Value) -> Option<String> {
    let schema = &output["schema"];
    if let Some(given) = schema["contentMediaType"].as_str() {
        return Some(given.to_owned());
    }
    match schema["type"].as_str() {
        Some("object" | "array") => Some("application/json".to_owned()),
        Some(_) => Some("text/plain".to_owned()),
        None => None,
    }
}

fn members(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, value)| (name.as_str(), value))
}
