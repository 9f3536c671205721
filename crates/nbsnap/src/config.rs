//! `nbsnap.toml`: how a project's notebooks are run. Every setting has a default; an unknown one is an error.
//!
//! The main type is [`Config`]: what holds for a run once built-in values ([`BUILT_IN`], which documents
//! every key), the file and a profile are merged. It is data: this module looks at no variable, argument or
//! machine.

mod kernels;
mod project;
mod suggestion;
mod values;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

pub use kernels::{KernelChoice, Kernels};
pub use project::{Membership, PathPattern, ProjectConfig};
pub(crate) use suggestion::{nearest, with_suggestion};
pub use values::{EngineChoice, Github, Toggle, Update};

pub use crate::snapshot::{CompareRule, SvgComparison};
pub(crate) use values::{optional_bytes, optional_duration, parse_duration};

use crate::notebook::Notebook;
use crate::scope::Scope;

/// Every setting with its meaning and its default, as the file that is read before a project's own.
pub const BUILT_IN: &str = include_str!("config/built-in.toml");
/// The profile of runs that do not name one.
pub const DEFAULT_PROFILE: &str = "default";
/// The profile that is meant for build machines.
pub const CI_PROFILE: &str = "ci";
/// The profile of runs against a real deployment.
pub const LIVE_PROFILE: &str = "live";

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// The file exists but cannot be read.
    #[error("cannot read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is not valid.
    #[error("{path} cannot be used: {reason}")]
    Parse {
        /// The file.
        path: PathBuf,
        /// The parser's message, with line and column, and what was probably meant.
        reason: String,
    },
    /// No profile has this name.
    #[error("{path} has no profile `{profile}`; there are: {known}{suggestion}")]
    NoProfile {
        /// The file.
        path: PathBuf,
        /// The name that was asked for.
        profile: String,
        /// The profiles there are.
        known: String,
        /// What was probably meant.
        suggestion: String,
    },
}

/// A project's settings for one run. `config/built-in.toml` says what each means.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct Config {
    /// Which notebooks are the project's.
    pub project: ProjectConfig,
    /// What runs notebooks in Rust: one engine, or several that must all find a notebook green.
    #[serde(deserialize_with = "values::one_or_more")]
    pub engine: Vec<EngineChoice>,
    /// Which kernels run notebooks that name others.
    pub kernels: Kernels,
    /// What happens to output that differs from its snapshot.
    pub update: Update,
    /// Whether notebooks run although nothing has changed since they passed.
    pub fresh: bool,
    /// Whether no further notebook is begun once one has failed.
    pub fail_fast: bool,
    /// How often a notebook that failed is run again.
    pub retries: u32,
    /// How many notebooks run at once.
    pub jobs: Option<std::num::NonZeroUsize>,
    /// How long a cell's code may run.
    #[serde(deserialize_with = "values::duration")]
    pub cell_timeout: Duration,
    /// How long a cell may take to compile.
    #[serde(deserialize_with = "values::duration")]
    pub compile_timeout: Duration,
    /// How long a notebook may take, compilation included.
    #[serde(deserialize_with = "values::duration")]
    pub notebook_timeout: Duration,
    /// How long the notebooks' dependencies may take to build.
    #[serde(deserialize_with = "values::duration")]
    pub prepare_timeout: Duration,
    /// After how long a cell that still runs is announced.
    #[serde(deserialize_with = "values::duration")]
    pub slow_after: Duration,
    /// How many bytes of a cell's stdout, and of its stderr, are kept.
    #[serde(deserialize_with = "values::bytes")]
    pub max_output: u64,
    /// How many bytes of memory the process that runs a notebook's code may take.
    #[serde(deserialize_with = "values::optional_bytes")]
    pub max_memory: Option<u64>,
    /// How notebooks and their dependencies are compiled.
    pub build: BuildConfig,
    /// Reports beside the one on the terminal.
    pub report: ReportConfig,
    /// Whether the rules also apply to recorded outputs before they are compared.
    pub redact_recorded: bool,
    /// Built-in rules that hide what differs from run to run, switched on or off.
    pub redactions: BTreeMap<String, Toggle>,
    /// Rules of the project's own, in order.
    pub redact: Vec<RedactRule>,
    /// How far outputs may be from their snapshots, in order.
    pub compare: Vec<CompareRule>,
    /// Settings of the environment that notebooks are provided with; this crate does not look into them.
    pub environment: toml::Table,
    /// The profile that this one adds to, if this is a profile.
    inherits: Option<String>,
    /// The profiles of the file. They are read for their errors only: [`Config::resolve`] lays them over the
    /// rest as tables.
    profile: BTreeMap<String, Config>,
}

/// How notebooks and their dependencies are compiled.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct BuildConfig {
    /// Cargo's `opt-level`.
    pub opt_level: String,
    /// Crates that are built at opt-level 3, whatever the opt-level of the rest.
    pub optimize: Vec<String>,
}

/// Reports beside the one on the terminal. Paths begin at the project's folder.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ReportConfig {
    /// A JUnit file.
    pub junit: Option<PathBuf>,
    /// A file of JSON lines.
    pub json: Option<PathBuf>,
    /// An HTML page of a run in which something failed.
    pub html: Option<PathBuf>,
    /// Whether GitHub gets annotations and a summary.
    pub github: Github,
    /// A folder for what failed notebooks leave.
    pub failed: PathBuf,
}

/// One rule that hides what differs from run to run.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct RedactRule {
    /// What the rule is called in reports.
    pub name: String,
    /// A regular expression.
    pub pattern: String,
    /// What replaces its matches; `$1` is its first group.
    pub replace: String,
    /// Where it applies.
    #[serde(default)]
    pub only: Scope,
}

/// The defaults that serde needs while a file is checked. Those of a run are read from [`BUILT_IN`].
impl Default for Config {
    fn default() -> Config {
        Config {
            project: ProjectConfig::default(),
            engine: Vec::new(),
            kernels: Kernels::default(),
            update: Update::default(),
            fresh: false,
            fail_fast: false,
            retries: 0,
            jobs: None,
            cell_timeout: Duration::from_secs(120),
            compile_timeout: Duration::from_secs(600),
            notebook_timeout: Duration::from_secs(3600),
            prepare_timeout: Duration::from_secs(7200),
            slow_after: Duration::from_secs(30),
            max_output: 1 << 20,
            max_memory: None,
            build: BuildConfig { opt_level: "0".into(), optimize: Vec::new() },
            report: ReportConfig {
                html: Some("target/nbsnap/report.html".into()),
                failed: "target/nbsnap/failed".into(),
                ..ReportConfig::default()
            },
            redact_recorded: false,
            redactions: BTreeMap::new(),
            redact: Vec::new(),
            compare: Vec::new(),
            environment: toml::Table::new(),
            inherits: None,
            profile: BTreeMap::new(),
        }
    }
}

impl Config {
    /// Reads the file and merges `profile` into it; where there is no file, everything is as built in.
    ///
    /// # Errors
    /// When the file cannot be read or has something that is not a setting, or no profile has this name.
    pub fn read(path: &Path, profile: &str) -> Result<Config, ConfigError> {
        match std::fs::read_to_string(path) {
            Ok(text) => Config::resolve(path, &text, profile),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Config::resolve(path, "", profile),
            Err(source) => Err(ConfigError::Read { path: path.to_owned(), source }),
        }
    }

    /// How long a whole notebook may take.
    pub(crate) fn notebook_timeout(&self, notebook: &Notebook) -> Duration {
        notebook.overrides.notebook_timeout.unwrap_or(self.notebook_timeout)
    }

    /// The settings that a verdict on a notebook rests on, in words: not those that say when it runs and who
    /// gets a report.
    pub(crate) fn of_verdicts(&self) -> String {
        let Config { cell_timeout, compile_timeout, notebook_timeout, max_output, max_memory, .. } = self;
        let Config { kernels, build, redact_recorded, redactions, redact, compare, environment, .. } = self;
        let limits = (cell_timeout, compile_timeout, notebook_timeout, max_output, max_memory);
        format!("{limits:?} {kernels:?} {build:?} {redact_recorded} {redactions:?} {redact:?} {compare:?} {environment:?}")
    }

    /// Merges a profile of the file `text` into the rest of it, and the result into the built-in settings.
    /// `path` is only for messages.
    ///
    /// # Errors
    /// As [`Config::read`].
    pub fn resolve(path: &Path, text: &str, profile: &str) -> Result<Config, ConfigError> {
        let failed = |reason: String| ConfigError::Parse { path: path.to_owned(), reason };
        let parse = |error: toml::de::Error| failed(with_suggestion(error.to_string().trim_end()));
        // First the text as it is, as only then an error knows its line.
        let checked: Config = toml::from_str(text).map_err(parse)?;
        if checked.inherits.is_some() {
            return Err(failed("only a profile can inherit: write `inherits` below [profile.NAME]".to_owned()));
        }
        if let Some((name, _)) = checked.profile.iter().find(|(_, profile)| !profile.profile.is_empty()) {
            return Err(failed(format!("profile `{name}` has profiles of its own; write them beside it")));
        }
        check(&checked).map_err(failed)?;
        for (name, profile) in &checked.profile {
            check(profile).map_err(|reason| failed(format!("profile `{name}`: {reason}")))?;
        }
        let mut table: toml::Table = toml::from_str(BUILT_IN).map_err(parse)?;
        lay_over(&mut table, toml::from_str(text).map_err(parse)?);
        let profiles = match table.remove("profile") {
            Some(toml::Value::Table(profiles)) => profiles,
            _ => toml::Table::new(),
        };
        for table_of_profile in chain(&profiles, profile).map_err(|error| error.at(path, &profiles))? {
            lay_over(&mut table, table_of_profile);
        }
        table.remove("inherits");
        toml::Value::Table(table).try_into().map_err(|error: toml::de::Error| failed(error.to_string()))
    }
}

/// Finds what serde does not: values of the right type that make no sense.
fn check(config: &Config) -> Result<(), String> {
    let rules = crate::redact::BUILT_IN_RULES;
    for name in config.redactions.keys() {
        if !rules.iter().any(|rule| rule.name == name) {
            let known: Vec<&str> = rules.iter().map(|rule| rule.name).collect();
            let suggestion =
                nearest(name, known.iter().copied()).map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
            return Err(format!("[redactions] has no rule `{name}`, only {}{suggestion}", known.join(", ")));
        }
    }
    for rule in &config.compare {
        let share = |name: &str, value: Option<f64>, most: f64| match value {
            Some(value) if !(0.0..=most).contains(&value) => {
                Err(format!("[[compare]] `{name}` must be from 0 to {most}, not {value}"))
            }
            _ => Ok(()),
        };
        share("pixels", rule.pixels, 1.0)?;
        share("relative", rule.relative, 1.0)?;
        share("absolute", rule.absolute, f64::MAX)?;
    }
    Ok(())
}

/// The tables of a profile and of those that it inherits from, the first ancestor first.
fn chain(profiles: &toml::Table, name: &str) -> Result<Vec<toml::Table>, NoChain> {
    let (mut names, mut tables) = (vec![name.to_owned()], Vec::new());
    while let Some(name) = names.last().cloned() {
        let table = match profiles.get(&name) {
            Some(toml::Value::Table(table)) => table.clone(),
            _ if name == DEFAULT_PROFILE => break,
            _ => return Err(NoChain::Unknown(name)),
        };
        let next = table.get("inherits").and_then(toml::Value::as_str).unwrap_or(DEFAULT_PROFILE).to_owned();
        tables.push(table);
        if name == DEFAULT_PROFILE {
            break;
        }
        if names.contains(&next) {
            return Err(NoChain::Circle(names.join(", ")));
        }
        names.push(next);
    }
    tables.reverse();
    Ok(tables)
}

/// Why a profile cannot be merged into others.
enum NoChain {
    Unknown(String),
    Circle(String),
}

impl NoChain {
    fn at(self, path: &Path, profiles: &toml::Table) -> ConfigError {
        let path = path.to_owned();
        match self {
            NoChain::Circle(names) => {
                ConfigError::Parse { path, reason: format!("profiles inherit from each other in a circle: {names}") }
            }
            NoChain::Unknown(profile) => {
                let others = profiles.keys().map(String::as_str).filter(|name| *name != DEFAULT_PROFILE);
                let names: Vec<&str> = std::iter::once(DEFAULT_PROFILE).chain(others).collect();
                let suggestion = nearest(&profile, names.iter().copied());
                let suggestion = suggestion.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
                ConfigError::NoProfile { path, known: names.join(", "), profile, suggestion }
            }
        }
    }
}

/// Merges `over` into `table`: tables are merged, rules (`[[redact]]`, `[[compare]]`) are added, everything
/// else is replaced.
fn lay_over(table: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (table.get_mut(&key), value) {
            (Some(toml::Value::Table(table)), toml::Value::Table(over)) => lay_over(table, over),
            (Some(toml::Value::Array(rules)), toml::Value::Array(more)) if key == "redact" || key == "compare" => {
                rules.extend(more)
            }
            (_, value) => drop(table.insert(key, value)),
        }
    }
}

#[cfg(test)]
mod tests;
