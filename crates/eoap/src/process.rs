//! Processes as servers list and describe them (OGC API - Processes - Part 1, clauses 7.9 and 7.10).
//!
//! Typed lightly and without loss: what a notebook looks at has a field, everything else stays in `extra`, schemas are JSON.
//! Nothing is checked here; servers describe their inputs in ways that no strict reader survives.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    display::{Align, Bundle, Table},
    link::Link,
};

/// The list of processes (`processList.yaml`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProcessList {
    /// The processes of this page.
    pub processes: Vec<ProcessSummary>,
    /// Links to this page in other forms, and to its neighbours.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// All other members, such as `numberTotal` of ZOO-Project.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A process in brief (`processSummary.yaml`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ProcessSummary {
    /// Identifier.
    pub id: String,
    /// Title for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the process does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Version of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Whether the process can be replaced and removed (Part 2; `true` if absent there).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutable: Option<bool>,
    /// How executions can run: `sync-execute`, `async-execute`, `dismiss`, or other words.
    #[serde(rename = "jobControlOptions", default, skip_serializing_if = "Vec::is_empty")]
    pub job_control_options: Vec<String>,
    /// How outputs can be sent: `value`, `reference` (version 1.0).
    #[serde(rename = "outputTransmission", default, skip_serializing_if = "Vec::is_empty")]
    pub output_transmission: Vec<String>,
    /// Further information; its values are text or objects.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub metadata: Vec<Value>,
    /// Links to the description and the execution.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// All other members, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The description of a process (`process.yaml`): a summary with inputs and outputs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Process {
    /// Identifier.
    pub id: String,
    /// Title for a person.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// What the process does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Version of the process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// Whether the process can be replaced and removed (Part 2; `true` if absent there).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutable: Option<bool>,
    /// The inputs by identifier, in the server's order.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub inputs: Map<String, Value>,
    /// The outputs by identifier, in the server's order.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub outputs: Map<String, Value>,
    /// How executions can run: `sync-execute`, `async-execute`, `dismiss`, or other words.
    #[serde(rename = "jobControlOptions", default, skip_serializing_if = "Vec::is_empty")]
    pub job_control_options: Vec<String>,
    /// How outputs can be sent: `value`, `reference` (version 1.0).
    #[serde(rename = "outputTransmission", default, skip_serializing_if = "Vec::is_empty")]
    pub output_transmission: Vec<String>,
    /// Links, among them that to the execution.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<Link>,
    /// All other members, kept as they came.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

impl ProcessList {
    /// The process with this identifier.
    pub fn get(&self, id: &str) -> Option<&ProcessSummary> {
        self.processes.iter().find(|process| process.id == id)
    }

    /// How many processes the server has, if it says so (`numberTotal`, ZOO-Project).
    pub fn number_total(&self) -> Option<u64> {
        self.extra.get("numberTotal").and_then(Value::as_u64)
    }

    /// Shows the processes in a notebook.
    pub fn evcxr_display(&self) {
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
        Bundle::text(table.to_text()).html(table.to_html()).emit();
    }
}

impl<'a> IntoIterator for &'a ProcessList {
    type Item = &'a ProcessSummary;
    type IntoIter = std::slice::Iter<'a, ProcessSummary>;

    fn into_iter(self) -> Self::IntoIter {
        self.processes.iter()
    }
}

impl Process {
    /// Shows the inputs and outputs in a notebook.
    pub fn evcxr_display(&self) {
        let columns = ["", "identifier", "title", "type", "default"];
        let mut table = Table::new(columns.map(|name| (name, Align::Left)));
        for (direction, values) in [("input", &self.inputs), ("output", &self.outputs)] {
            for (id, value) in values {
                let text = |value: &Value| match value {
                    Value::Null => String::new(),
                    Value::String(text) => text.clone(),
                    other => other.to_string(),
                };
                let schema = &value["schema"];
                table.row([
                    direction.to_owned(),
                    id.clone(),
                    text(&value["title"]),
                    text(&schema["type"]),
                    text(&schema["default"]),
                ]);
            }
        }
        let title = self.title.as_deref().unwrap_or(&self.id);
        let html = format!("<p>{}</p>{}", crate::display::escape(title), table.to_html());
        Bundle::text(format!("{title}\n{}", table.to_text())).html(html).emit();
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
        assert_eq!(serde_json::to_value(&summary).expect("JSON"), document);
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
        assert_eq!(serde_json::to_value(&process).expect("JSON"), document);
        assert_eq!(process.inputs["bands"]["maxOccurs"], 999);
    }

    #[test]
    fn list_of_zoo_survives() {
        let document = json!({"processes": [{"id": "echo", "futureOption": [1]}], "links": [{"href": "x", "rel": "next"}], "numberTotal": 3});
        let list: ProcessList = serde_json::from_value(document.clone()).expect("list");
        assert_eq!(serde_json::to_value(&list).expect("JSON"), document);
        assert_eq!(list.number_total(), Some(3));
        assert!(list.get("echo").is_some() && list.get("x").is_none());
    }
}
