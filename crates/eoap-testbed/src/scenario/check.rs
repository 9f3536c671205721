//! What is wrong with a process that can be read: names that lead nowhere, values that contradict the
//! description.
//!
//! Each check names the file, the member, and where a name is misspelt the one that was probably meant. A
//! scenario with such a mistake would be served, and what it answers would be wrong without a word.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::cases::Case;
use super::names::{hint, texts};
use super::process::Process;
use crate::error::Error;
use crate::fixture::{Folder, suggestion};
use crate::store::Bucket;

/// What placeholders there are in every document.
const ADDRESSES: [&str; 4] = ["root", "origin", "temp", "rel"];

/// What further ones there are in `logs.json`.
const OF_JOB: [&str; 10] =
    ["job", "process", "type", "status", "progress", "message", "created", "started", "updated", "finished"];

/// The outputs of each file of results are those of the description, and of their kind; and so are the inputs
/// that it is for.
pub(super) fn results(folder: &mut Folder, process: &Process) {
    for case in &process.cases {
        of_case(folder, process, case);
    }
    let known: Vec<&str> = ADDRESSES.into_iter().chain(OF_JOB).collect();
    placeholders(folder, &format!("processes/{}/logs.json", process.id), &process.logs, &known);
}

fn of_case(folder: &mut Folder, process: &Process, case: &Case) {
    let path = folder.path(&case.file);
    let mut wrong = |field: &str, message: String| {
        folder.mistakes.add(Error::Value { path: path.clone(), line: None, field: field.to_owned(), message });
    };
    for (name, value) in case.inputs.iter().filter(|(_, value)| !value.is_null()) {
        let kind = &process.description["inputs"][name]["schema"]["type"];
        if !is_taken_for(value, kind) {
            wrong(&format!("inputs.{name}"), format!("{value} is not of the type that the description says: {kind}"));
        }
    }
    if let Some(described) = process.description["outputs"].as_object() {
        for (name, output) in &case.outputs {
            match described.get(name) {
                None => {
                    let hint = hint(name, &process.description["outputs"]);
                    wrong(name, format!("the description has no output of this name{hint}"));
                }
                Some(description) => {
                    if let Some(message) = misfit(output, &description["schema"]) {
                        wrong(name, message);
                    }
                }
            }
        }
        for missing in described.keys().filter(|name| !case.outputs.contains_key(*name)) {
            wrong(missing, "the description has this output, and the results have not".to_owned());
        }
    }
    let known: BTreeSet<String> = inputs(process).map(|name| format!("inputs.{name}")).collect();
    let known: Vec<&str> = ADDRESSES.into_iter().chain(known.iter().map(String::as_str)).collect();
    for output in case.outputs.values() {
        placeholders(folder, &case.file, output, &known);
    }
}

/// Whether a literal can be taken for one of this type, as a server does that gets every literal as a text.
fn is_taken_for(value: &Value, kind: &Value) -> bool {
    match (kind.as_str(), value) {
        (_, Value::Array(_) | Value::Object(_)) => true,
        (Some("number" | "integer"), Value::String(text)) => text.trim().parse::<f64>().is_ok(),
        (Some("number" | "integer"), value) => value.is_number(),
        (Some("boolean"), value) => value.is_boolean() || value == "true" || value == "false",
        _ => true,
    }
}

/// Every placeholder of a document is one of these.
fn placeholders(folder: &mut Folder, file: &str, document: &Value, known: &[&str]) {
    for (name, hint) in unknown_placeholders(document, known) {
        let (path, field) = (folder.path(file), format!("{{{{{name}}}}}"));
        let message = format!("there is no such placeholder{hint}");
        folder.mistakes.add(Error::Value { path, line: None, field, message });
    }
}

/// The names of the inputs that the description has.
fn inputs(process: &Process) -> impl Iterator<Item = &str> {
    process.description["inputs"].as_object().into_iter().flatten().map(|(name, _)| name.as_str())
}

/// Why a literal is not what its schema says; anything with a value of its own, and placeholders, may be all
/// kinds of things.
fn misfit(output: &Value, schema: &Value) -> Option<String> {
    let fits = match (schema["type"].as_str(), output) {
        (_, Value::Object(_)) => true,
        (_, Value::String(text)) if text.contains("{{") => true,
        (Some("string"), value) => value.is_string(),
        (Some("number"), value) => value.is_number(),
        (Some("integer"), value) => value.is_i64() || value.is_u64(),
        (Some("boolean"), value) => value.is_boolean(),
        (Some("object" | "array"), _) => {
            return Some("an output that is no literal has to be an object with the member value".to_owned());
        }
        _ => true,
    };
    (!fits).then(|| format!("{output} is not of the type that the description says: {}", schema["type"]))
}

/// The placeholders of a document that are not among these, each with the one that was probably meant.
fn unknown_placeholders(document: &Value, known: &[&str]) -> BTreeMap<String, String> {
    let names = texts(document).flat_map(|text| text.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0)));
    let unknown = names.filter(|name| !known.contains(name));
    unknown.map(|name| (name.to_owned(), suggestion(name, known.iter().copied()))).collect()
}

/// Later jobs count up in the first group of the id, so that the rest has to tell the processes apart.
pub(super) fn job_id(folder: &mut Folder, others: &[Arc<Process>], process: &Process) {
    let rest = |process: &Process| process.job.split_once('-').map(|(_, rest)| rest.to_owned());
    if let Some(other) = others.iter().find(|other| rest(other) == rest(process)) {
        let path = folder.path(&format!("processes/{}/process.toml", process.id));
        let message = format!("differs from the one of {} in its first group only", other.id);
        folder.mistakes.add(Error::Value { path, line: None, field: "job".to_owned(), message });
    }
}

/// The addresses on S3 in the results lead to objects, or to folders of them, under the id that the fixtures
/// are written for.
pub(super) fn addresses(folder: &mut Folder, process: &Process, buckets: &[Bucket]) {
    for case in &process.cases {
        let addresses = case.outputs.values().flat_map(texts).filter_map(|text| text.strip_prefix("s3://"));
        for address in addresses.filter(|text| !text.contains("{{")) {
            let Some(message) = nowhere(process, buckets, address) else { continue };
            let (path, field) = (folder.path(&case.file), format!("s3://{address}"));
            folder.mistakes.add(Error::Value { path, line: None, field, message });
        }
    }
}

/// Why an address leads nowhere, if it does.
fn nowhere(process: &Process, buckets: &[Bucket], address: &str) -> Option<String> {
    let (name, key) = address.split_once('/').unwrap_or((address, ""));
    let Some(bucket) = buckets.iter().find(|bucket| bucket.name == name) else {
        return Some(format!("there is no bucket {name:?}: it would be the folder s3/{name}"));
    };
    let inside = format!("{}/", key.trim_end_matches('/'));
    if key.is_empty() || bucket.objects.iter().any(|object| object.key == key || object.key.starts_with(&inside)) {
        return None;
    }
    let hint = if key.contains(&process.fixtures_of) {
        String::new()
    } else {
        format!(", and it does not name the job of the fixtures, {}", process.fixtures_of)
    };
    Some(format!("there is no object s3/{address}{hint}"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn placeholders_are_known_or_like_known_ones() {
        let known = ["root", "inputs.name"];
        assert!(unknown_placeholders(&json!({"a": ["{{root}}/x", "{{inputs.name}}"]}), &known).is_empty());
        let unknown = unknown_placeholders(&json!("Hello, {{input.name}} and {{roots}}!"), &known);
        assert_eq!(unknown["input.name"], ": did you mean `inputs.name`?");
        assert_eq!(unknown["roots"], ": did you mean `root`?");
    }

    #[test]
    fn inputs_are_what_a_server_takes_for_their_type() {
        assert!(is_taken_for(&json!("2.5"), &json!("number")) && is_taken_for(&json!([1]), &json!("string")));
        assert!(!is_taken_for(&json!("two"), &json!("number")) && !is_taken_for(&json!(1), &json!("boolean")));
    }

    #[test]
    fn literals_are_of_their_type() {
        assert_eq!(misfit(&json!("{{inputs.n}}"), &json!({"type": "number"})), None);
        assert_eq!(misfit(&json!({"value": 1}), &json!({"type": "string"})), None);
        assert!(misfit(&json!("one"), &json!({"type": "integer"})).is_some());
        assert!(misfit(&json!("text"), &json!({"type": "object"})).is_some());
    }
}
