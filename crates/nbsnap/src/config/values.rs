//! How single values are written in `nbsnap.toml`.

use std::str::FromStr;
use std::time::Duration;

use bytesize::ByteSize;
use serde::de::{DeserializeOwned, Error};
use serde::{Deserialize, Deserializer};

use super::suggestion::nearest;
use crate::scope::Scope;

/// What runs notebooks in Rust.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EngineChoice {
    /// rustc alone, cell by cell.
    Rustc,
    /// evcxr, cell by cell, as evcxr_jupyter runs them.
    Evcxr,
    /// The kernel that the notebook names, as it is installed for Jupyter.
    Jupyter,
}

impl EngineChoice {
    /// All of them, by the names that people choose them by.
    pub const ALL: &[(&str, EngineChoice)] =
        &[("rustc", EngineChoice::Rustc), ("evcxr", EngineChoice::Evcxr), ("jupyter", EngineChoice::Jupyter)];
}

impl FromStr for EngineChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<EngineChoice, String> {
        by_name("engine", EngineChoice::ALL, text)
    }
}

/// One or several of something, written as one value or as a list.
pub(super) fn one_or_more<'de, D: Deserializer<'de>, T: DeserializeOwned>(deserializer: D) -> Result<Vec<T>, D::Error> {
    let list = match toml::Value::deserialize(deserializer)? {
        toml::Value::Array(list) => list,
        one => vec![one],
    };
    if list.is_empty() {
        return Err(D::Error::custom("the list is empty"));
    }
    list.into_iter().map(|value| value.try_into().map_err(D::Error::custom)).collect()
}

/// What happens to output that differs from its snapshot.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Update {
    /// It is written beside the snapshot for review.
    #[default]
    Pending,
    /// Nothing is written.
    Never,
}

impl Update {
    /// All of them, by the names that people choose them by.
    pub const ALL: &[(&str, Update)] = &[("pending", Update::Pending), ("never", Update::Never)];
}

impl FromStr for Update {
    type Err = String;

    fn from_str(text: &str) -> Result<Update, String> {
        by_name("way to update", Update::ALL, text)
    }
}

/// The one with this name among all that have one.
fn by_name<T: Copy>(what: &str, all: &[(&str, T)], name: &str) -> Result<T, String> {
    if let Some((_, value)) = all.iter().find(|(known, _)| *known == name) {
        return Ok(*value);
    }
    let names = all.iter().map(|(known, _)| *known);
    let suggestion = nearest(name, names.clone()).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    Err(format!("there is no {what} `{name}`, only {}{suggestion}", names.collect::<Vec<_>>().join(", ")))
}

/// Whether failures are reported to GitHub.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Github {
    /// In a workflow of GitHub's.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

/// Whether a built-in rule is on: `true`, `false`, or the places in which it is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Toggle {
    /// Nowhere.
    Off,
    /// In these places.
    On(Scope),
}

impl<'de> Deserialize<'de> for Toggle {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Toggle, D::Error> {
        match toml::Value::deserialize(deserializer)? {
            toml::Value::Boolean(true) => Ok(Toggle::On(Scope::default())),
            toml::Value::Boolean(false) => Ok(Toggle::Off),
            value @ toml::Value::Table(_) => value.try_into().map(Toggle::On).map_err(D::Error::custom),
            other => {
                Err(D::Error::custom(format!("expected true, false or a place such as {{ notebook = \"04-*\" }}, not {other}")))
            }
        }
    }
}

/// A duration as people write it: `"90s"`, `"2m"`.
pub(super) fn duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text).map_err(D::Error::custom)
}

/// [`duration`] for text from elsewhere.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|error| format!("`{text}` is no duration such as \"90s\" or \"2m\": {error}"))
}

/// A number of bytes, or a size as people write it: `"512 MiB"`.
pub(super) fn bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    ByteSize::deserialize(deserializer).map(|size| size.as_u64())
}

/// [`bytes`], which may be left out.
pub(crate) fn optional_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    bytes(deserializer).map(Some)
}

/// [`duration`], which may be left out.
pub(crate) fn optional_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    duration(deserializer).map(Some)
}
