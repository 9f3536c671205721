//! The process description that ZOO-Project-DRU derives from a workflow.
//!
//! [`description`] follows the recorded description of water-bodies, oddities included. A missing text is
//! `None`. The default of an array is on the schema of one value. `nullable` is on what has a default. A
//! version is filled up to five characters. No answer is recorded for types that water-bodies lacks:
//! optional ones, enumerations, files, records. For these it reads the standard in the same manner.

use serde_json::{Map, Value, json};

use super::types::Type;
use super::{CwlError, Workflow, id};

/// As many as an array may have.
const MANY: u64 = 999;

/// The namespaces of schema.org.
const SCHEMA_ORG: [&str; 4] = [
    "https://schema.org/",
    "http://schema.org/",
    "https://schema.org/SoftwareApplication",
    "http://schema.org/SoftwareApplication",
];

/// The description, as a template: its addresses are placeholders.
pub(crate) fn description(workflow: Workflow<'_>) -> Result<Value, CwlError> {
    let title = text(&workflow.workflow["label"]).unwrap_or_else(|| workflow.id.to_owned());
    let metadata = metadata(workflow);
    let mut all = Map::new();
    let mut set = |name: &str, value: Value| all.insert(name.to_owned(), value);
    set("id", workflow.id.into());
    set("description", text(&workflow.workflow["doc"]).unwrap_or_else(|| title.clone()).into());
    set("title", title.into());
    set("mutable", true.into());
    set("version", version(workflow).into());
    if !metadata.is_empty() {
        set("metadata", metadata.into());
    }
    set("outputTransmission", json!(["value", "reference"]));
    set("jobControlOptions", json!(["async-execute", "dismiss"]));
    let href = format!("{{{{root}}}}/processes/{}/execution", workflow.id);
    set("links", json!([{"rel": "{{rel}}/execute", "type": "application/json", "title": "Execute End Point", "href": href}]));
    set("inputs", parameters(workflow, "inputs", input)?);
    set("outputs", parameters(workflow, "outputs", output)?);
    // The server names the title first.
    let mut ordered = Map::new();
    for name in ["id", "title", "description"] {
        ordered.extend(all.shift_remove_entry(name));
    }
    ordered.extend(all);
    Ok(ordered.into())
}

/// The parameters by id, in the order of their ids.
fn parameters(workflow: Workflow<'_>, name: &'static str, describe: fn(&str, &Value, Type) -> Value) -> Result<Value, CwlError> {
    let mut all: Vec<(&str, &Value)> = match &workflow.workflow[name] {
        Value::Object(members) => members.iter().map(|(id, parameter)| (id.as_str(), parameter)).collect(),
        Value::Array(parameters) if parameters.iter().all(|one| one["id"].is_string()) => {
            parameters.iter().map(|parameter| (last(id(parameter)), parameter)).collect()
        }
        Value::Null => Vec::new(),
        _ => return Err(CwlError::Parameters(name)),
    };
    all.sort_by_key(|(id, _)| *id);
    let mut described = Map::new();
    for (id, parameter) in all {
        // A parameter may be just its type.
        let kind = parameter.get("type").unwrap_or(parameter);
        let read = Type::read(kind).ok_or_else(|| CwlError::Type { name: id.to_owned(), kind: kind.to_string() })?;
        described.insert(id.to_owned(), describe(id, parameter, read));
    }
    Ok(described.into())
}

fn input(id: &str, parameter: &Value, kind: Type) -> Value {
    let default = parameter.get("default").filter(|default| !default.is_null());
    let mut schema = kind.schema;
    if let Some(default) = default {
        schema["default"] = default.clone();
    }
    let mut described = titles(id, parameter);
    if kind.is_optional {
        described["minOccurs"] = 0.into();
    }
    if kind.is_array {
        let least = u64::from(!kind.is_optional);
        described["maxOccurs"] = MANY.into();
        described["extended-schema"] = json!({"type": "array", "minItems": least, "maxItems": MANY, "items": schema});
    } else if default.is_some() {
        schema["nullable"] = true.into();
    }
    if kind.is_optional {
        schema["nullable"] = true.into();
    }
    described["schema"] = schema;
    described
}

fn output(id: &str, parameter: &Value, kind: Type) -> Value {
    let mut described = titles(id, parameter);
    if kind.schema["type"] == "object" {
        let link = json!({"allOf": [
            {"$ref": "http://zoo-project.org/dl/link.json"},
            {"type": "object", "properties": {"type": {"enum": ["application/json"]}}},
        ]});
        let value = json!({"type": "object", "required": ["value"], "properties": {"value": {"oneOf": [kind.schema]}}});
        described["extended-schema"] = json!({"oneOf": [link, value]});
        described["schema"] = json!({"oneOf": [kind.schema]});
    } else {
        if kind.is_array {
            described["extended-schema"] = json!({"type": "array", "minItems": 0, "maxItems": MANY, "items": kind.schema});
        }
        described["schema"] = kind.schema;
    }
    described
}

fn titles(id: &str, parameter: &Value) -> Value {
    json!({
        "title": text(&parameter["label"]).unwrap_or_else(|| id.to_owned()),
        "description": text(&parameter["doc"]).unwrap_or_else(|| "None".to_owned()),
    })
}

/// The version that the workflow or else the package says it has.
fn version(workflow: Workflow<'_>) -> String {
    let said = [workflow.workflow, workflow.document].into_iter().find_map(|of| {
        let member = |name: &str| schema_org(workflow.document, of).find(|(known, _)| *known == name).map(|(_, value)| value);
        match member("softwareVersion").or_else(|| member("version"))? {
            Value::String(version) => Some(version.clone()),
            Value::Number(version) => Some(version.to_string()),
            _ => None,
        }
    });
    match said {
        Some(version) if version.len() < 5 => format!("{version}.0.0"),
        Some(version) => version,
        None => "unknown".to_owned(),
    }
}

/// The members that schema.org defines: texts unchanged, people and organisations with their type.
fn metadata(workflow: Workflow<'_>) -> Vec<Value> {
    let of = [workflow.workflow, workflow.document].into_iter();
    let members = of.map(|of| schema_org(workflow.document, of).collect::<Vec<_>>()).find(|members| !members.is_empty());
    let mut metadata = Vec::new();
    for (name, value) in members.unwrap_or_default() {
        let role = format!("https://schema.org/{name}");
        match value {
            Value::String(_) | Value::Number(_) => {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                metadata.push(json!({"role": role, "value": text}));
            }
            Value::Array(all) => metadata.extend(all.iter().filter_map(thing).map(|thing| json!({"role": role, "value": thing}))),
            one => metadata.extend(thing(one).map(|thing| json!({"role": role, "value": thing}))),
        }
    }
    metadata
}

/// A thing that says what it is.
fn thing(value: &Value) -> Option<Value> {
    let members = value.as_object()?;
    let class = members.get("class")?.as_str()?;
    let mut thing = Map::new();
    thing.insert("@context".to_owned(), "https://schema.org".into());
    thing.insert("@type".to_owned(), local(class).into());
    let others = members.iter().filter(|(name, _)| *name != "class");
    thing.extend(others.map(|(name, value)| (local(name).to_owned(), value.clone())));
    Some(thing.into())
}

/// The members of an object that are schema.org's, without their prefix.
fn schema_org<'a>(document: &'a Value, of: &'a Value) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let namespaces = document["$namespaces"].as_object();
    let prefix = namespaces.and_then(|all| {
        let known = |address: &Value| address.as_str().is_some_and(|address| SCHEMA_ORG.contains(&address));
        all.iter().find(|(_, address)| known(address)).map(|(prefix, _)| prefix.as_str())
    });
    let members = of.as_object().into_iter().flatten();
    members.filter_map(move |(name, value)| Some((name.strip_prefix(prefix?)?.strip_prefix(':')?, value)))
}

/// A text, or one that is given in lines.
fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim_end().to_owned()),
        Value::Array(lines) => Some(lines.iter().filter_map(Value::as_str).collect::<Vec<_>>().join("\n")),
        _ => None,
    }
}

fn local(name: &str) -> &str {
    name.split_once(':').map_or(name, |(_, local)| local)
}

fn last(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

#[cfg(test)]
mod tests {
    use super::super::Package;
    use super::*;

    fn described(text: &str) -> Value {
        description(Package::parse(text).unwrap().workflow(None).unwrap()).unwrap()
    }

    #[test]
    fn optional_inputs_may_be_missing_and_lists_have_ids() {
        let of = described(
            "cwlVersion: v1.0\nclass: Workflow\nid: w\ninputs:\n- {id: b, type: 'string?', doc: [one, two]}\n- {id: w/a, type: 'int[]?'}\noutputs: {n: int}\n",
        );
        assert_eq!(of["inputs"].as_object().unwrap().keys().collect::<Vec<_>>(), ["a", "b"]);
        assert_eq!(
            of["inputs"]["a"],
            json!({
                "title": "a", "description": "None", "minOccurs": 0, "maxOccurs": 999,
                "extended-schema": {"type": "array", "minItems": 0, "maxItems": 999, "items": {"type": "integer"}},
                "schema": {"type": "integer", "nullable": true},
            })
        );
        assert_eq!(of["inputs"]["b"]["description"], "one\ntwo");
        assert_eq!(of["outputs"]["n"]["schema"], json!({"type": "integer"}));
        assert_eq!((&of["title"], &of["version"], of.get("metadata")), (&json!("w"), &json!("unknown"), None));
    }

    #[test]
    fn a_short_version_is_filled_up() {
        let head = "cwlVersion: v1.0\n$namespaces: {so: 'https://schema.org/'}\nclass: Workflow\nid: w\n";
        assert_eq!(described(&format!("{head}so:softwareVersion: '1'\n"))["version"], "1.0.0");
        assert_eq!(described(&format!("{head}so:version: 1.5.2\n"))["version"], "1.5.2");
    }

    #[test]
    fn a_type_that_no_process_has_is_named() {
        let package = Package::parse("cwlVersion: v1.0\nclass: Workflow\nid: w\ninputs: {a: text}\n").unwrap();
        let error = description(package.workflow(None).unwrap()).unwrap_err();
        assert_eq!(error.to_string(), "Unsupported type for 'a': \"text\"");
    }
}
