//! Settings of a notebook and its cells for their run. They replace the project's settings.
//!
//! The main types are [`NotebookOverrides`] and [`CellOverrides`]. They are read from metadata and tags, and
//! are plain data.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::tags;
use crate::config::{optional_bytes, optional_duration, with_suggestion};

/// What a notebook's metadata says, as `{"nbsnap": {"cell-timeout": "5m", …}}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct NotebookOverrides {
    /// Why the notebook is not run, if it is not.
    pub skip: Option<String>,
    /// In place of `cell-timeout`. Otherwise what jupyter-cache and nbmake read is taken, `{"execution":
    /// {"timeout": SECONDS}}`.
    #[serde(deserialize_with = "optional_duration")]
    pub cell_timeout: Option<Duration>,
    /// In place of `compile-timeout`.
    #[serde(deserialize_with = "optional_duration")]
    pub compile_timeout: Option<Duration>,
    /// In place of `notebook-timeout`.
    #[serde(deserialize_with = "optional_duration")]
    pub notebook_timeout: Option<Duration>,
    /// In place of `retries`.
    pub retries: Option<u32>,
    /// In place of `max-memory`.
    #[serde(deserialize_with = "optional_bytes")]
    pub max_memory: Option<u64>,
    /// For the provider of the notebook's environment. Nothing here reads it.
    scenario: Option<Value>,
}

/// What a cell's tags and metadata say, the latter as `{"nbsnap": {"timeout": "5m", …}}`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct CellOverrides {
    /// Why the cell is not run, if it is not.
    pub skip: Option<String>,
    /// Whether its output is not compared or recorded.
    pub ignore_output: bool,
    /// In place of `cell-timeout`.
    #[serde(deserialize_with = "optional_duration")]
    pub timeout: Option<Duration>,
    /// In place of `compile-timeout`.
    #[serde(deserialize_with = "optional_duration")]
    pub compile_timeout: Option<Duration>,
}

impl NotebookOverrides {
    /// Reads a notebook's metadata.
    pub(super) fn read(metadata: &Value) -> Result<NotebookOverrides, String> {
        let mut overrides: NotebookOverrides = parse(&metadata["nbsnap"])?;
        if let Some(timeout) = metadata["execution"]["timeout"].as_f64().filter(|timeout| *timeout > 0.0) {
            let timeout = Duration::try_from_secs_f64(timeout).map_err(|error| format!("execution.timeout: {error}"))?;
            overrides.cell_timeout.get_or_insert(timeout);
        }
        Ok(overrides)
    }
}

impl CellOverrides {
    /// Reads a cell's metadata (the member `nbsnap`) and tags; a tag wins.
    pub(super) fn read(metadata: &Value, own_tags: &[String], source: &str) -> Result<CellOverrides, String> {
        let mut overrides: CellOverrides = parse(metadata)?;
        for tag in tags::all(own_tags, source) {
            tags::check(tag)?;
            match tag {
                "skip-execution" | "nbval-skip" | "nbsnap-skip" => overrides.skip = Some(format!("tagged `{tag}`")),
                "nbval-ignore-output" | "nbsnap-ignore-output" => overrides.ignore_output = true,
                _ => {}
            }
            if let Some(timeout) = tags::duration(tag, "nbsnap-timeout") {
                overrides.timeout = Some(timeout?);
            }
            if let Some(timeout) = tags::duration(tag, "nbsnap-compile-timeout") {
                overrides.compile_timeout = Some(timeout?);
            }
        }
        Ok(overrides)
    }
}

fn parse<T: Default + for<'de> Deserialize<'de>>(value: &Value) -> Result<T, String> {
    match value {
        Value::Null => Ok(T::default()),
        value => T::deserialize(value).map_err(|error| format!("metadata `nbsnap`: {}", with_suggestion(&error.to_string()))),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn cell(metadata: Value, tags: &[&str]) -> Result<CellOverrides, String> {
        CellOverrides::read(&metadata, &tags.iter().map(|tag| (*tag).to_owned()).collect::<Vec<_>>(), "1")
    }

    #[test]
    fn a_notebook_says_how_it_is_run() {
        let read = |metadata| NotebookOverrides::read(&metadata);
        let overrides = read(json!({ "nbsnap": { "cell-timeout": "5s", "max-memory": "1 GiB", "scenario": "x" } })).unwrap();
        assert_eq!((overrides.cell_timeout, overrides.max_memory), (Some(Duration::from_secs(5)), Some(1 << 30)));
        assert_eq!(read(json!({ "execution": { "timeout": 90 } })).unwrap().cell_timeout, Some(Duration::from_secs(90)));
        assert_eq!(read(json!({ "execution": { "timeout": -1 } })).unwrap(), NotebookOverrides::default());
        let both = json!({ "execution": { "timeout": 90 }, "nbsnap": { "cell-timeout": "5s" } });
        assert_eq!(read(both).unwrap().cell_timeout, Some(Duration::from_secs(5)));
        let misspelt = read(json!({ "nbsnap": { "retires": 1 } })).unwrap_err();
        assert!(
            misspelt.starts_with("metadata `nbsnap`: unknown field `retires`") && misspelt.ends_with("did you mean `retries`?"),
            "{misspelt}"
        );
    }

    #[test]
    fn a_cell_says_how_it_is_run_and_a_tag_wins() {
        let overrides = cell(json!({ "timeout": "5s", "compile-timeout": "6s" }), &["nbsnap-timeout=7s"]).unwrap();
        assert_eq!((overrides.timeout, overrides.compile_timeout), (Some(Duration::from_secs(7)), Some(Duration::from_secs(6))));
        assert_eq!(cell(Value::Null, &["skip-execution"]).unwrap().skip.as_deref(), Some("tagged `skip-execution`"));
        assert_eq!(cell(json!({ "skip": "needs a GPU" }), &[]).unwrap().skip.as_deref(), Some("needs a GPU"));
        assert!(cell(Value::Null, &["nbval-ignore-output"]).unwrap().ignore_output);
        assert!(cell(Value::Null, &["nbsnap-ignore"]).is_err());
        assert!(cell(json!({ "timeout": 5 }), &[]).is_err());
    }
}
