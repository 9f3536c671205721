//! How single values are written in `nbsnap.toml`.

use std::time::Duration;

use bytesize::ByteSize;
use serde::{Deserialize, Deserializer, de::Error};

use crate::scope::Scope;

/// What runs the notebooks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum EngineChoice {
    /// The notebook as one program; evcxr runs what that cannot do exactly.
    #[default]
    Fused,
    /// evcxr, cell by cell: the reference.
    Evcxr,
    /// The kernel that the notebook names, as it is installed for Jupyter, also for Rust.
    Jupyter,
}

/// What becomes of output that differs from its snapshot.
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

/// Whether GitHub is told of failures.
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

/// [`bytes`], where there need not be any.
pub(crate) fn optional_bytes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    bytes(deserializer).map(Some)
}

/// [`duration`], where there need not be one.
pub(crate) fn optional_duration<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
    duration(deserializer).map(Some)
}
