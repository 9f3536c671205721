//! Processes as servers list and describe them (OGC API - Processes - Part 1, clauses 7.9 and 7.10).
//!
//! Typed lightly and without loss. What a notebook prints has a field, and everything else stays in `extra`.
//! Inputs and outputs are JSON that is read on demand. Nothing is checked here: strict readers reject the
//! descriptions of some servers.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    display::{Align, Card, Table},
    ogc::documents::{
        description::{InputDescription, OutputDescription},
        lenient,
        link::Link,
        lossless::{Members, lossless},
    },
};

/// The list of processes (`processList.yaml`): one page of it, or all pages together.
///
/// ```no_run
/// # async fn run(client: eoap::Client) -> Result<(), eoap::Error> {
/// let processes = client.processes().all().await?;
/// println!("{processes}");
/// assert!(processes.get("water-bodies").is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct ProcessList {
    /// The processes, in the server's order.
    #[serde(deserialize_with = "lenient::entries")]
    pub processes: Vec<ProcessSummary>,
    /// Links to this page in other forms, and to its neighbours.
    #[serde(default, deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// All other members, such as `numberTotal` of ZOO-Project.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
    #[serde(skip)]
    members: Members,
}

/// A process in brief (`processSummary.yaml`).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct ProcessSummary {
    /// Identifier.
    #[serde(deserialize_with = "lenient::some_text")]
    pub id: String,
    /// Title for a person.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the process does.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Version of the process.
    #[serde(default, deserialize_with = "lenient::text", skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Whether the process can be replaced and removed (Part 2; `true` if absent there).
    #[serde(default, deserialize_with = "lenient::flag", skip_serializing_if = "Option::is_none")]
    pub mutable: Option<bool>,
    /// How executions can run: `sync-execute`, `async-execute`, `dismiss`, or other values.
    #[serde(rename = "jobControlOptions", default, deserialize_with = "lenient::texts", skip_serializing_if = "Vec::is_empty")]
    pub job_control_options: Vec<String>,
    /// How outputs can be sent: `value`, `reference` (version 1.0).
    #[serde(rename = "outputTransmission", default, deserialize_with = "lenient::texts", skip_serializing_if = "Vec::is_empty")]
    pub output_transmission: Vec<String>,
    /// Words to find the process by.
    #[serde(default, deserialize_with = "lenient::texts", skip_serializing_if = "Vec::is_empty")]
    pub keywords: Vec<String>,
    /// Further information; its values are text or objects.
    #[serde(default, deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<Value>,
    /// Links to the description and the execution.
    #[serde(default, deserialize_with = "lenient::list", skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// All other members, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
    #[serde(skip)]
    members: Members,
}

/// The description of a process (`process.yaml`): a summary with inputs and outputs. The summary's fields
/// are available as its own.
///
/// ```
/// let process: eoap::Process = serde_json::from_str(
///     r#"{"id": "water-bodies", "version": "1.0.0", "inputs": {"aoi": {"schema": {"type": "string"}}}}"#,
/// )?;
/// assert_eq!(process.id, "water-bodies");
/// assert_eq!(process.inputs["aoi"]["schema"]["type"], "string");
/// assert_eq!(process.input("aoi").map(|input| input.type_name()).as_deref(), Some("string"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(remote = "Self")]
#[non_exhaustive]
pub struct Process {
    /// The members that a list has, too, and all others except inputs and outputs.
    #[serde(flatten)]
    pub summary: ProcessSummary,
    /// The inputs by identifier, in the server's order, as JSON; [`input`](Process::input) reads one.
    #[serde(default, deserialize_with = "lenient::by_id", skip_serializing_if = "Map::is_empty")]
    pub inputs: Map<String, Value>,
    /// The outputs by identifier, in the server's order, as JSON; [`output`](Process::output) reads one.
    #[serde(default, deserialize_with = "lenient::by_id", skip_serializing_if = "Map::is_empty")]
    pub outputs: Map<String, Value>,
    #[serde(skip)]
    members: Members,
}

lossless!(ProcessList, ProcessSummary, Process);

impl ProcessList {
    /// The process with this identifier.
    pub fn get(&self, id: &str) -> Option<&ProcessSummary> {
        self.processes.iter().find(|process| process.id == id)
    }

    /// How many processes the server has, if it says so (`numberTotal`, ZOO-Project).
    pub fn number_total(&self) -> Option<u64> {
        self.extra.get("numberTotal").and_then(Value::as_u64)
    }

    /// The first link with the relation `rel` (see [`Link::is`]), such as `next`.
    pub fn link(&self, rel: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.is(rel))
    }

    /// Shows the processes in a notebook.
    pub fn evcxr_display(&self) {
        self.table().bundle().emit();
    }

    fn table(&self) -> Table {
        let columns = ["process", "title", "version", "mutable", "runs as"];
        let mut table = Table::new(columns.map(|name| (name, Align::Left)));
        for process in &self.processes {
            table.row([
                process.id.clone(),
                process.title.clone().unwrap_or_default(),
                process.version.clone().unwrap_or_default(),
                process.mutable.map(|mutable| mutable.to_string()).unwrap_or_default(),
                process.job_control_options.join(", "),
            ]);
        }
        table
    }
}

impl<'a> IntoIterator for &'a ProcessList {
    type Item = &'a ProcessSummary;
    type IntoIter = std::slice::Iter<'a, ProcessSummary>;

    fn into_iter(self) -> Self::IntoIter {
        self.processes.iter()
    }
}

impl fmt::Display for ProcessList {
    /// A table: a line per process.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.table().to_text())
    }
}

impl ProcessSummary {
    /// A summary with only the identifier.
    pub(crate) fn of_id(id: impl Into<String>) -> Self {
        Self { id: id.into(), ..Self::default() }
    }

    /// The first link with the relation `rel` (see [`Link::is`]), such as `execute`.
    pub fn link(&self, rel: &str) -> Option<&Link> {
        self.links.iter().find(|link| link.is(rel))
    }

    /// Shows the process in a notebook: title, description, and what else there is to say.
    pub fn evcxr_display(&self) {
        self.card().bundle().emit();
    }

    pub(crate) fn card(&self) -> Card {
        let mut table = Table::pairs();
        let mut row = |name: &str, value: String| {
            if !value.is_empty() {
                table.row([name.to_owned(), value]);
            }
        };
        row("process", self.id.clone());
        row("version", self.version.clone().unwrap_or_default());
        row("mutable", self.mutable.map(|mutable| mutable.to_string()).unwrap_or_default());
        row("runs as", self.job_control_options.join(", "));
        row("outputs by", self.output_transmission.join(", "));
        row("keywords", self.keywords.join(", "));
        for metadata in &self.metadata {
            let name = metadata["role"].as_str().or_else(|| metadata["title"].as_str()).unwrap_or("metadata");
            let name = name.rsplit(['/', '#']).next().unwrap_or(name);
            row(name, metadata_text(metadata));
        }
        for link in &self.links {
            row(if link.relation().is_empty() { "link" } else { link.relation() }, link.href.clone());
        }
        let title = self.title.as_deref().unwrap_or(&self.id);
        // Titles are often given as the description once more.
        let description = self.description.as_deref().filter(|description| *description != title);
        Card::new(title).paragraph(description).table("", table)
    }
}

/// The value of an entry of `metadata`: text, the name within an object such as schema.org's, or the target
/// of a link.
fn metadata_text(metadata: &Value) -> String {
    match &metadata["value"] {
        Value::String(text) => text.clone(),
        Value::Object(members) => {
            let name = ["name", "s.name", "s:name"].iter().find_map(|name| members.get(*name)?.as_str());
            name.map_or_else(|| metadata["value"].to_string(), str::to_owned)
        }
        Value::Null => metadata["href"].as_str().unwrap_or("").to_owned(),
        other => other.to_string(),
    }
}

impl fmt::Display for ProcessSummary {
    /// Title, description, and a line for each other thing there is to say.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.card().to_text())
    }
}

impl Process {
    /// The description of the input with this identifier.
    pub fn input(&self, id: &str) -> Option<InputDescription> {
        self.inputs.get(id).map(InputDescription::of)
    }

    /// The description of the output with this identifier.
    pub fn output(&self, id: &str) -> Option<OutputDescription> {
        self.outputs.get(id).map(OutputDescription::of)
    }

    /// All inputs, in the server's order.
    pub fn input_descriptions(&self) -> impl Iterator<Item = (&str, InputDescription)> {
        self.inputs.iter().map(|(id, description)| (id.as_str(), InputDescription::of(description)))
    }

    /// All outputs, in the server's order.
    pub fn output_descriptions(&self) -> impl Iterator<Item = (&str, OutputDescription)> {
        self.outputs.iter().map(|(id, description)| (id.as_str(), OutputDescription::of(description)))
    }

    /// Shows title, description, inputs and outputs in a notebook.
    pub fn evcxr_display(&self) {
        self.card().bundle().emit();
    }

    fn card(&self) -> Card {
        let columns = ["input", "type", "required", "occurs", "default", "title"];
        let mut inputs = Table::new(columns.map(|name| (name, Align::Left)));
        for (id, input) in self.input_descriptions() {
            inputs.row([
                id.to_owned(),
                input.type_name(),
                if input.is_required() { "yes" } else { "no" }.to_owned(),
                input.occurs(),
                input.default.as_ref().map(short).unwrap_or_default(),
                input.title.unwrap_or_default(),
            ]);
        }
        let mut outputs = Table::new(["output", "type", "title"].map(|name| (name, Align::Left)));
        for (id, output) in self.output_descriptions() {
            outputs.row([id.to_owned(), output.type_name(), output.title.unwrap_or_default()]);
        }
        self.summary.card().table("Inputs", inputs).table("Outputs", outputs)
    }
}

/// Text without quotation marks, anything else as JSON.
fn short(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

impl Deref for Process {
    type Target = ProcessSummary;

    fn deref(&self) -> &ProcessSummary {
        &self.summary
    }
}

impl DerefMut for Process {
    fn deref_mut(&mut self) -> &mut ProcessSummary {
        &mut self.summary
    }
}

impl fmt::Display for Process {
    /// Title, description, and tables of the inputs and outputs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.card().to_text())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn deploy_answer_of_zoo_survives() {
        let document = json!({
            "id": "water-bodies", "title": "Water bodies detection based on NDWI and otsu threshold", "description": "…",
            "mutable": true, "version": "1.0.0",
            "metadata": [{"role": "https://schema.org/softwareVersion", "value": "1.0.0"},
                {"role": "https://schema.org/author", "value": {"@type": "Person", "s.name": "Jane Doe"}}],
            "outputTransmission": ["value", "reference"], "jobControlOptions": ["async-execute", "dismiss"],
            "links": [{"rel": "http://www.opengis.net/def/rel/ogc/1.0/execute", "type": "application/json",
                "title": "Execute End Point", "href": "http://h/acme/ogc-api/processes/water-bodies/execution"}]
        });
        let summary: ProcessSummary = serde_json::from_value(document.clone()).expect("summary");
        assert_eq!(serde_json::to_string(&summary).expect("JSON"), document.to_string());
        assert!(summary.links[0].is("execute"));
    }

    #[test]
    fn description_of_zoo_survives() {
        let document = json!({
            "id": "water-bodies", "title": "t", "description": "d", "mutable": true, "version": "1.0.0",
            "metadata": [{"role": "r", "value": "1.0.0"}], "outputTransmission": ["value"], "jobControlOptions": ["dismiss"],
            "links": [{"href": "x"}],
            "inputs": {
                "bands": {"title": "bands", "maxOccurs": 999,
                    "extended-schema": {"type": "array", "minItems": 1, "items": {"type": "string"}},
                    "schema": {"type": "string", "default": ["green", "nir"]}},
                "epsg": {"schema": {"type": "string", "default": "EPSG:4326", "nullable": true}}
            },
            "outputs": {"stac_catalog": {"title": "stac_catalog", "description": "None", "schema": {"oneOf": [{"type": "object"}]}}}
        });
        let process: Process = serde_json::from_value(document.clone()).expect("description");
        assert_eq!(serde_json::to_string(&process).expect("JSON"), document.to_string());
        assert_eq!(process.inputs["bands"]["maxOccurs"], 999);
    }

    #[test]
    fn list_of_zoo_survives() {
        let document = json!({"processes": [{"id": "echo", "futureOption": [1]}], "links": [{"href": "x", "rel": "next"}], "numberTotal": 3});
        let list: ProcessList = serde_json::from_value(document.clone()).expect("list");
        assert_eq!(serde_json::to_string(&list).expect("JSON"), document.to_string());
        assert_eq!(list.number_total(), Some(3));
        assert!(list.get("echo").is_some() && list.get("x").is_none());
    }
}
