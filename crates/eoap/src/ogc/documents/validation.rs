//! Checks the inputs of an execution against the description of the process, before anything is sent
//! (OGC API - Processes - Part 1, clause 9.3 and `/req/core/process-execute-input-validation`).
//!
//! Knows the forms of an input: a value, a list of values, qualified, a reference. The schema check decides
//! what a schema demands. Descriptions are often incomplete and servers are lenient. So anything that cannot
//! be decided passes.

use serde_json::Value;

use crate::{
    error::{Error, Result},
    http::media_type,
    ogc::documents::{
        description::{InputDescription, MaxOccurs},
        execution::Execution,
        process::Process,
        schema,
    },
};

impl Process {
    /// Checks the inputs of an execution against this description: names, required inputs, the number of
    /// values, and their schemas. Nothing is sent. References, and unsupported keywords of schemas (such as
    /// `pattern`), are skipped.
    ///
    /// ```
    /// use eoap::{Execution, Process};
    /// let process: Process = serde_json::from_str(
    ///     r#"{"id": "p", "inputs": {"aoi": {"schema": {"type": "string"}}, "count": {"schema": {"type": "integer"}}}}"#,
    /// )?;
    /// let error = process.validate(&Execution::new().input("cuont", 5).input("aoi", 7)).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "the inputs do not fit process \"p\": cuont: the process has no such input, it has aoi, count; \
    ///      aoi: a string is expected, not 7; count: it is missing and required"
    /// );
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::InvalidInputs`] with every problem, each beginning with the name of its input.
    pub fn validate(&self, execution: &Execution) -> Result<()> {
        let mut problems = Vec::new();
        for (name, value) in execution.inputs() {
            match self.input(name) {
                Some(description) => problems.extend(check_input(&description, value, name)),
                None if self.inputs.is_empty() => problems.push(format!("{name}: the process has no inputs")),
                None => {
                    let names: Vec<&str> = self.inputs.keys().map(String::as_str).collect();
                    problems.push(format!("{name}: the process has no such input, it has {}", names.join(", ")));
                }
            }
        }
        for (name, description) in self.input_descriptions() {
            if description.is_required() && !execution.inputs().contains_key(name) {
                problems.push(format!("{name}: it is missing and required"));
            }
        }
        if problems.is_empty() { Ok(()) } else { Err(Error::InvalidInputs { process: self.id.clone(), problems }) }
    }
}

fn check_input(description: &InputDescription, value: &Value, name: &str) -> Vec<String> {
    if value.is_null() && !description.is_required() {
        return Vec::new();
    }
    let least = description.min_occurs.unwrap_or_else(|| u64::from(description.is_required()));
    let as_one = check_value(description, value, name);
    if as_one.is_empty() && (least <= 1 || value.is_array()) {
        return as_one;
    }
    let Value::Array(values) = value else {
        return match as_one.is_empty() {
            true => vec![format!("{name}: one value is too few, a list of at least {least} is needed")],
            false => as_one,
        };
    };
    let mut problems = Vec::new();
    let count = values.len() as u64;
    let each = values.iter().enumerate().flat_map(|(index, value)| check_value(description, value, &format!("{name}[{index}]")));
    match description.max_occurs.unwrap_or(MaxOccurs::Number(1)) {
        MaxOccurs::Number(0 | 1) => {
            // A list of values that would fit one by one is a typical mistake.
            return match each.count() {
                0 if count > 0 => {
                    vec![format!("{name}: too many values ({count}), it takes one (give the value without a list)")]
                }
                _ => as_one,
            };
        }
        MaxOccurs::Number(most) if count > most => {
            problems.push(format!("{name}: too many values ({count}), at most {most} are allowed"))
        }
        _ => {}
    }
    if count < least {
        problems.push(format!("{name}: too few values ({count}), at least {least} are needed"));
    }
    problems.extend(each);
    problems
}

/// Checks one value, in each form that it may have.
fn check_value(description: &InputDescription, value: &Value, at: &str) -> Vec<String> {
    let check = |value: &Value| {
        let problems = schema::problems(&description.schema, value, at);
        // ZOO-Project describes some inputs twice; either will do.
        match description.members.get("extended-schema") {
            Some(extended) if !problems.is_empty() && schema::problems(extended, value, at).is_empty() => Vec::new(),
            _ => problems,
        }
    };
    let as_it_is = check(value);
    if as_it_is.is_empty() || value.get("href").is_some_and(Value::is_string) {
        return Vec::new();
    }
    let Some(inner) = value.get("value") else { return as_it_is };
    // A text in another format, such as XML or Base64, represents something that the schema describes as
    // JSON.
    let other_format = value.get("encoding").is_some()
        || value["mediaType"]
            .as_str()
            .or_else(|| value["format"]["mediaType"].as_str())
            .is_some_and(|kind| !media_type::is_json(kind));
    if inner.is_string() && other_format { Vec::new() } else { check(inner) }
}
