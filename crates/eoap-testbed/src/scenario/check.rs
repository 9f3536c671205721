//! What is wrong with a process that can be read: names that lead nowhere, values that contradict the description.
//!
//! Each check names the file, the member, and where a name is misspelt the one that was probably meant. A scenario with such a mistake would be served, and
//! what it answers would be wrong without a word.

use std::collections::BTreeSet;

use serde_json::Value;

use super::process::Process;
use crate::error::Error;
use crate::fixture::{Folder, suggestion};
use crate::store::Bucket;

/// What placeholders there are in every document.
const ADDRESSES: [&str; 4] = ["root", "origin", "temp", "rel"];

/// What further ones there are in `logs.json`.
const OF_JOB: [&str; 10] =
    ["job", "process", "type", "status", "progress", "message", "created", "started", "updated", "finished"];

/// The outputs of `results.json` are those of the description, and of their kind.
pub(super) fn results(folder: &Folder, process: &Process) -> Result<(), Error> {
    let file = format!("processes/{}/results.json", process.id);
    let wrong = |field: &str, message: String| {
        Err(Error::Value { path: folder.path(&file), line: None, field: field.to_owned(), message })
    };
    let (Some(results), Some(described)) = (process.results.as_object(), process.description["outputs"].as_object()) else {
        return Ok(());
    };
    // What is carried out has its results from there, and may have no file.
    if process.run.is_some() && results.is_empty() {
        return Ok(());
    }
    for (name, output) in results {
        let Some(description) = described.get(name) else {
            let hint = suggestion(name, described.keys().map(String::as_str));
            return wrong(name, format!("the description has no output of this name{hint}"));
        };
        if let Some(message) = misfit(output, &description["schema"]) {
            return wrong(name, message);
        }
    }
    if let Some(missing) = described.keys().find(|name| !results.contains_key(*name)) {
        return wrong(missing, "the description has this output, and the results have not".to_owned());
    }
    let known: BTreeSet<String> = inputs(process).map(|name| format!("inputs.{name}")).collect();
    let known: Vec<&str> = ADDRESSES.into_iter().chain(known.iter().map(String::as_str)).collect();
    if let Some((name, hint)) = unknown_placeholder(&process.results, &known) {
        return wrong(&format!("{{{{{name}}}}}"), format!("there is no such placeholder{hint}"));
    }
    let file = format!("processes/{}/logs.json", process.id);
    let known: Vec<&str> = ADDRESSES.into_iter().chain(OF_JOB).collect();
    if let Some((name, hint)) = unknown_placeholder(&process.logs, &known) {
        let message = format!("there is no such placeholder{hint}");
        return Err(Error::Value { path: folder.path(&file), line: None, field: format!("{{{{{name}}}}}"), message });
    }
    Ok(())
}

/// The names of the inputs that the description has.
pub(super) fn inputs(process: &Process) -> impl Iterator<Item = &str> {
    process.description["inputs"].as_object().into_iter().flatten().map(|(name, _)| name.as_str())
}

/// Why a literal is not what its schema says; anything with a value of its own, and placeholders, may be all kinds of things.
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

/// The first placeholder of a document that is none of these, and the one that was probably meant.
fn unknown_placeholder(document: &Value, known: &[&str]) -> Option<(String, String)> {
    let find = |text: &str| {
        let names = text.split("{{").skip(1).filter_map(|rest| Some(rest.split_once("}}")?.0));
        names
            .into_iter()
            .find(|name| !known.contains(name))
            .map(|name| (name.to_owned(), suggestion(name, known.iter().copied())))
    };
    texts(document).find_map(find)
}

/// Every text in a document.
fn texts(document: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match document {
        Value::String(text) => Box::new(std::iter::once(text.as_str())),
        Value::Array(all) => Box::new(all.iter().flat_map(texts)),
        Value::Object(all) => Box::new(all.values().flat_map(texts)),
        _ => Box::new(std::iter::empty()),
    }
}

/// The addresses on S3 in the results lead to objects, or to folders of them, under the id that the fixtures are written for.
pub(super) fn addresses(folder: &Folder, process: &Process, buckets: &[Bucket]) -> Result<(), Error> {
    for address in texts(&process.results).filter_map(|text| text.strip_prefix("s3://")).filter(|text| !text.contains("{{")) {
        let (name, key) = address.split_once('/').unwrap_or((address, ""));
        let objects = buckets.iter().find(|bucket| bucket.name == name).map(|bucket| &bucket.objects);
        let inside = format!("{}/", key.trim_end_matches('/'));
        let is_there = objects
            .is_some_and(|all| key.is_empty() || all.iter().any(|object| object.key == key || object.key.starts_with(&inside)));
        if is_there {
            continue;
        }
        let message = match objects {
            None => format!("there is no bucket {name:?}: it would be the folder s3/{name}"),
            Some(_) if !key.contains(&process.fixtures_of) => {
                format!("there is no object s3/{address}, and it does not name the job of the fixtures, {}", process.fixtures_of)
            }
            Some(_) => format!("there is no object s3/{address}"),
        };
        let path = folder.path(&format!("processes/{}/results.json", process.id));
        return Err(Error::Value { path, line: None, field: format!("s3://{address}"), message });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn placeholders_are_known_or_like_known_ones() {
        let known = ["root", "inputs.name"];
        assert_eq!(unknown_placeholder(&json!({"a": ["{{root}}/x", "{{inputs.name}}"]}), &known), None);
        let (name, hint) = unknown_placeholder(&json!("Hello, {{input.name}}!"), &known).unwrap();
        assert_eq!((name.as_str(), hint.as_str()), ("input.name", ": did you mean `inputs.name`?"));
    }

    #[test]
    fn literals_are_of_their_type() {
        assert_eq!(misfit(&json!("{{inputs.n}}"), &json!({"type": "number"})), None);
        assert_eq!(misfit(&json!({"value": 1}), &json!({"type": "string"})), None);
        assert!(misfit(&json!("one"), &json!({"type": "integer"})).is_some());
        assert!(misfit(&json!("text"), &json!({"type": "object"})).is_some());
    }
}
