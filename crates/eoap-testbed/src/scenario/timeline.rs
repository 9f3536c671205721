//! The tables `[[status]]` of a process: what one status request after the other learns.
//!
//! [`load`] checks that a timeline ends and that its dates go on. It does not know what a client may ask.

use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use crate::error::Error;
use crate::fixture::{Toml, suggestion};
use crate::mistakes::Mistakes;

/// The words that a status may be scripted with.
const WORDS: [&str; 5] = ["accepted", "running", "paused", "successful", "failed"];

/// What one status request learns.
#[derive(Debug, Clone)]
pub(crate) struct Status {
    pub(crate) status: String,
    pub(crate) progress: Option<Value>,
    pub(crate) message: String,
    pub(crate) updated: DateTime<Utc>,
    pub(crate) finished: Option<DateTime<Utc>>,
    /// By the clock: how long after the status before.
    pub(crate) after: Option<Duration>,
}

impl Status {
    /// Whether a job with this status is over.
    pub(crate) fn is_final(&self) -> bool {
        matches!(self.status.as_str(), "successful" | "failed")
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StatusTable {
    status: Spanned<String>,
    progress: Option<Spanned<Value>>,
    message: String,
    updated: Spanned<String>,
    finished: Option<Spanned<String>>,
    after: Option<Spanned<String>>,
    #[serde(default = "once")]
    repeat: usize,
}

fn once() -> usize {
    1
}

/// Reads the tables; `None` where one of them says nothing that could be served.
pub(super) fn load<T>(
    file: &Toml<T>,
    tables: &[Spanned<StatusTable>],
    created: Option<DateTime<Utc>>,
    mistakes: &mut Mistakes,
) -> Option<Vec<Status>> {
    let mut timeline: Vec<Status> = Vec::new();
    let mut is_whole = true;
    for table in tables {
        let before = timeline.last().map(|before| before.updated).or(created);
        let Some(status) = status(file, table.get_ref(), before, mistakes) else {
            is_whole = false;
            continue;
        };
        timeline.extend(std::iter::repeat_n(status, table.get_ref().repeat));
    }
    if !is_whole {
        return None;
    }
    let ends = timeline.iter().filter(|status| status.is_final()).count();
    if ends != 1 || !timeline.last().is_some_and(Status::is_final) {
        mistakes.add(file.wrong(tables.last()?, "status", "exactly the last status has to be successful or failed"));
        return None;
    }
    Some(timeline)
}

fn status<T>(file: &Toml<T>, table: &StatusTable, before: Option<DateTime<Utc>>, mistakes: &mut Mistakes) -> Option<Status> {
    let word = table.status.get_ref();
    let is_word = WORDS.contains(&word.as_str());
    if !is_word {
        let hint = suggestion(word, WORDS.into_iter());
        mistakes.add(file.wrong(&table.status, "status.status", format!("{word:?} is none of {}{hint}", WORDS.join(", "))));
    }
    let progress = mistakes.value(progress(file, table.progress.as_ref()));
    let updated = mistakes.value(date_after(file, "status.updated", &table.updated, before));
    let finished = match &table.finished {
        Some(text) => mistakes.value(date_after(file, "status.finished", text, before)).map(Some),
        None => Some(None),
    };
    let after = match &table.after {
        Some(text) => mistakes.value(after(file, text)).map(Some),
        None => Some(None),
    };
    Some(Status {
        status: is_word.then(|| word.clone())?,
        progress: progress?,
        message: table.message.clone(),
        updated: updated?,
        finished: finished?,
        after: after?,
    })
}

/// A progress, in percent where it is a number.
fn progress<T>(file: &Toml<T>, progress: Option<&Spanned<Value>>) -> Result<Option<Value>, Error> {
    match progress {
        Some(value) if value.get_ref().as_f64().is_some_and(|number| !(0.0..=100.0).contains(&number)) => {
            Err(file.wrong(value, "status.progress", format!("{} is not between 0 and 100", value.get_ref())))
        }
        progress => Ok(progress.map(|value| value.get_ref().clone())),
    }
}

/// A date that does not go back.
fn date_after<T>(
    file: &Toml<T>,
    field: &str,
    text: &Spanned<String>,
    before: Option<DateTime<Utc>>,
) -> Result<DateTime<Utc>, Error> {
    let date = date(file, field, text)?;
    match before.filter(|before| date < *before) {
        Some(before) => {
            Err(file.wrong(text, field, format!("{:?} is earlier than what comes before it, {before:?}", text.get_ref())))
        }
        None => Ok(date),
    }
}

fn after<T>(file: &Toml<T>, text: &Spanned<String>) -> Result<Duration, Error> {
    duration(text.get_ref()).ok_or_else(|| {
        let message = format!("{:?} is no time: write it as \"2s\" or \"150ms\"", text.get_ref());
        file.wrong(text, "status.after", message)
    })
}

/// A date of the file.
pub(super) fn date<T>(file: &Toml<T>, field: &str, text: &Spanned<String>) -> Result<DateTime<Utc>, Error> {
    instant(text.get_ref()).map_err(|message| file.wrong(text, field, message))
}

/// A date with its time, as RFC 3339 writes it.
pub(crate) fn instant(text: &str) -> Result<DateTime<Utc>, String> {
    DateTime::parse_from_rfc3339(text).map(|date| date.to_utc()).map_err(|error| format!("{text:?} is not a date: {error}"))
}

/// A time in seconds (`2s`, `0.5s`) or milliseconds (`150ms`).
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = text.strip_suffix("ms").map(|number| (number, 1e-3)).or_else(|| Some((text.strip_suffix('s')?, 1.0)))?;
    Duration::try_from_secs_f64(number.parse::<f64>().ok()? * unit).ok()
}
