//! `notebooks/nbsnap.toml`: how a project's notebooks are run. Every setting has a default; an unknown one is an error.
//!
//! The main type is [`Config`]. It is data: nothing is looked up or resolved here.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file is there but cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not what is expected.
    #[error("{path} cannot be used: {source}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// The parser's message, with line and column.
        source: toml::de::Error,
    },
}

/// A project's settings.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Config {
    /// How long a cell's code may run. Two minutes unless said otherwise.
    #[serde(with = "humantime_text")]
    pub cell_timeout: Duration,
    /// How long a cell may take to compile. Ten minutes unless said otherwise: that a machine is busy is no failure.
    #[serde(with = "humantime_text")]
    pub compile_timeout: Duration,
    /// How many bytes of a cell's stdout, and of its stderr, are kept. One MiB unless said otherwise.
    pub max_output: u64,
    /// How notebooks and their dependencies are compiled.
    pub build: BuildConfig,
    /// Settings of whatever lends notebooks their environment; this crate does not look into them.
    pub environment: toml::Table,
    /// Rules that hide what differs from run to run, in order.
    pub redact: Vec<RedactRule>,
}

/// How notebooks and their dependencies are compiled.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct BuildConfig {
    /// Cargo's `opt-level`. `"0"` unless said otherwise: most notebooks wait for the compiler, not for their code.
    pub opt_level: String,
    /// Crates that are built at opt-level 3 all the same, because notebooks spend their time in them.
    pub optimize: Vec<String>,
}

/// One rule that hides what differs from run to run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RedactRule {
    /// What the rule is called in reports.
    pub name: String,
    /// A regular expression.
    pub pattern: String,
    /// What stands in for what it matches; `$1` is its first group.
    pub replace: String,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            cell_timeout: Duration::from_secs(120),
            compile_timeout: Duration::from_secs(600),
            max_output: 1 << 20,
            build: BuildConfig::default(),
            environment: toml::Table::new(),
            redact: Vec::new(),
        }
    }
}

impl Default for BuildConfig {
    fn default() -> BuildConfig {
        BuildConfig { opt_level: "0".into(), optimize: Vec::new() }
    }
}

impl Config {
    /// Reads the file; where there is none, everything is at its default.
    ///
    /// # Errors
    /// When the file cannot be read or says something that is not a setting.
    pub fn read(path: &Path) -> Result<Config, ConfigError> {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Config::default()),
            Err(source) => return Err(ConfigError::Read { path: path.to_owned(), source }),
        };
        toml::from_str(&text).map_err(|source| ConfigError::Parse { path: path.to_owned(), source })
    }
}

/// Durations as people write them: `"90s"`, `"2m"`.
mod humantime_text {
    use std::time::Duration;

    use serde::{Deserialize, Deserializer, de::Error};

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
        let text = String::deserialize(deserializer)?;
        humantime::parse_duration(&text).map_err(|error| D::Error::custom(format!("`{text}` is no duration: {error}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_and_what_is_no_setting_is_named() {
        let config: Config =
            toml::from_str("cell-timeout = \"90s\"\n[build]\noptimize = [\"tiff\"]\n[environment]\nx = 1").unwrap();
        assert_eq!(config.cell_timeout, Duration::from_secs(90));
        assert_eq!(config.build.opt_level, "0");
        assert_eq!(config.environment["x"].as_integer(), Some(1));
        let message = |text: &str| toml::from_str::<Config>(text).unwrap_err().to_string();
        assert!(message("cell-timeuot = \"90s\"").contains("unknown field `cell-timeuot`"));
        assert!(message("cell-timeout = \"soon\"").contains("`soon` is no duration"));
    }
}
