//! The tables `[[failure]]` of a process: which jobs fail, when and why.
//!
//! [`load`] reads them. Whether a job is one of those is decided in `service`.

use regex::Regex;
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::names;
use crate::error::Error;
use crate::fixture::Toml;
use crate::mistakes::Mistakes;

/// What is wrong with a condition that nothing is compared with.
const NO_INPUT: &str = "it has to be said of which input: failure.input is missing";

/// A job that fails, and why.
#[derive(Debug, Clone, Default)]
pub(crate) struct Failure {
    /// Only the job with this number, counted from one.
    pub(crate) job: Option<u64>,
    /// Only where this input ...
    pub(crate) input: Option<String>,
    /// ... is or has this value, ...
    pub(crate) value: Option<Value>,
    /// ... a text with this pattern in it, ...
    pub(crate) pattern: Option<Regex>,
    /// ... a number below this one, ...
    pub(crate) below: Option<f64>,
    /// ... or one above this.
    pub(crate) above: Option<f64>,
    /// After how many statuses of the timeline.
    pub(crate) after: usize,
    pub(crate) message: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FailureTable {
    job: Option<u64>,
    input: Option<Spanned<String>>,
    value: Option<Spanned<Value>>,
    pattern: Option<Spanned<String>>,
    below: Option<Spanned<f64>>,
    above: Option<Spanned<f64>>,
    after: Option<Spanned<usize>>,
    message: String,
}

/// Reads the tables of a process with this description, whose jobs have so many statuses.
pub(super) fn load<T>(
    file: &Toml<T>,
    tables: &[FailureTable],
    description: &Value,
    statuses: Option<usize>,
    mistakes: &mut Mistakes,
) -> Vec<Failure> {
    tables.iter().map(|table| failure(file, table, description, statuses, mistakes)).collect()
}

/// One of them, without what is wrong in it.
fn failure<T>(
    file: &Toml<T>,
    table: &FailureTable,
    description: &Value,
    statuses: Option<usize>,
    mistakes: &mut Mistakes,
) -> Failure {
    match &table.input {
        Some(input) => {
            let named = names::named(file, "failure.input", input, &description["inputs"], "input");
            mistakes.value(named);
        }
        None => {
            let conditions: [Option<Error>; 4] = [
                table.pattern.as_ref().map(|pattern| file.wrong(pattern, "failure.pattern", NO_INPUT)),
                table.below.as_ref().map(|below| file.wrong(below, "failure.below", NO_INPUT)),
                table.above.as_ref().map(|above| file.wrong(above, "failure.above", NO_INPUT)),
                table.value.as_ref().map(|value| file.wrong(value, "failure.value", NO_INPUT)),
            ];
            conditions.into_iter().flatten().for_each(|mistake| mistakes.add(mistake));
        }
    }
    if let (Some(after), Some(statuses)) = (&table.after, statuses)
        && *after.get_ref() >= statuses
    {
        let message = format!("a job has {statuses} statuses: it cannot fail after {}", after.get_ref());
        mistakes.add(file.wrong(after, "failure.after", message));
    }
    if let (Some(below), Some(above)) = (&table.below, &table.above)
        && above.get_ref() >= below.get_ref()
    {
        let message = format!(
            "no number is above {} and below {}: write two failures for what lies outside of a range",
            above.get_ref(),
            below.get_ref()
        );
        mistakes.add(file.wrong(above, "failure.above", message));
    }
    let pattern = table.pattern.as_ref().and_then(|pattern| {
        let read = Regex::new(pattern.get_ref())
            .map_err(|error| file.wrong(pattern, "failure.pattern", format!("not a valid regular expression: {error}")));
        mistakes.value(read)
    });
    Failure {
        job: table.job,
        input: table.input.as_ref().map(|input| input.get_ref().clone()),
        value: table.value.as_ref().map(|value| value.get_ref().clone()),
        pattern,
        below: table.below.as_ref().map(|below| *below.get_ref()),
        above: table.above.as_ref().map(|above| *above.get_ref()),
        after: table.after.as_ref().map_or(0, |after| *after.get_ref()),
        message: table.message.clone(),
    }
}
