//! A testbed for clients outside: its scenario, its ports, and the environment that a client needs.
//!
//! Commands that start something with a testbed share this. Nothing is printed here.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use eoap_testbed::{Clock, Error, Personality, Ports, Scenario, Testbed};
use nbsnap::notebook::Notebook;
use nbsnap::project::Project;
use serde_json::json;

use crate::args::{EnvFormat, JobClock, MannerArgs, PortArgs, ServerKind};
use crate::environment::Testbeds;
use crate::error::CommandError;

/// The scenario that is meant, as [`folder`] finds it.
pub(crate) fn scenario(project: Option<&Project>, wanted: Option<&str>) -> Result<Scenario, CommandError> {
    Ok(Scenario::load(&folder(project, wanted)?)?)
}

/// The same, where there need not be one.
pub(crate) fn scenario_if_any(project: Option<&Project>, wanted: Option<&str>) -> Result<Option<Scenario>, CommandError> {
    Ok(folder_if_any(project, wanted)?.map(|folder| Scenario::load(&folder)).transpose()?)
}

/// The folder of the scenario that is meant: that folder, one of this name beside the project's, or, where
/// none is named, the project's own.
pub(crate) fn folder(project: Option<&Project>, wanted: Option<&str>) -> Result<PathBuf, CommandError> {
    folder_if_any(project, wanted)?.ok_or_else(|| {
        let message = "there is no scenario to serve: name a folder, or run inside a project whose nbsnap.toml names one";
        CommandError::Usage(message.to_owned())
    })
}

fn folder_if_any(project: Option<&Project>, wanted: Option<&str>) -> Result<Option<PathBuf>, CommandError> {
    let own = project.map(testbeds).transpose()?.and_then(|testbeds| testbeds.default_folder());
    match wanted {
        Some(wanted) => named(wanted, own.as_deref().and_then(Path::parent)).map(Some),
        None => Ok(own),
    }
}

/// The testbed of one notebook of a project, if that has a scenario: the same that `nbsnap test` sets up.
pub(crate) fn of_notebook(project: &Project, notebook: &Notebook, manner: MannerArgs) -> Result<Option<Testbed>, CommandError> {
    let scenario = testbeds(project)?.scenario(notebook).map_err(CommandError::Usage)?;
    scenario.map(|scenario| start(scenario, manner, PortArgs::default())).transpose()
}

fn testbeds(project: &Project) -> Result<Testbeds, CommandError> {
    Testbeds::of(project).map_err(CommandError::Usage)
}

fn named(wanted: &str, beside: Option<&Path>) -> Result<PathBuf, CommandError> {
    let is_scenario = |folder: &Path| folder.join("scenario.toml").is_file();
    let folder = PathBuf::from(wanted);
    let neighbour = beside.map(|beside| beside.join(wanted));
    if is_scenario(&folder) {
        return Ok(folder);
    }
    if let Some(neighbour) = neighbour.filter(|neighbour| is_scenario(neighbour)) {
        return Ok(neighbour);
    }
    let mut known: Vec<String> = beside
        .and_then(|beside| std::fs::read_dir(beside).ok())
        .into_iter()
        .flatten()
        .flatten()
        .filter(|entry| is_scenario(&entry.path()))
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect();
    known.sort();
    let known = if known.is_empty() { String::new() } else { format!("; the project has {}", known.join(", ")) };
    Err(CommandError::Usage(format!("no scenario {wanted}: there is no file {}{known}", folder.join("scenario.toml").display())))
}

/// Starts it, set up as the arguments say.
pub(crate) fn start(mut scenario: Scenario, manner: MannerArgs, ports: PortArgs) -> Result<Testbed, CommandError> {
    match manner.clock {
        Some(JobClock::Poll) if manner.speed.is_some() => {
            return Err(CommandError::Usage("only the clock `real` has a speed".to_owned()));
        }
        Some(JobClock::Poll) => scenario = scenario.with_clock(Clock::Poll),
        Some(JobClock::Real) => scenario = scenario.with_clock(Clock::Real { speed: manner.speed.unwrap_or(1.0) }),
        None => {}
    }
    match manner.personality {
        Some(ServerKind::Zoo) => scenario = scenario.with_personality(Personality::Zoo),
        Some(ServerKind::Pygeoapi) => scenario = scenario.with_personality(Personality::Pygeoapi),
        None => {}
    }
    let ports = Ports { proxy: ports.proxy_port, ogc: ports.ogc_port, s3: ports.s3_port };
    Testbed::start_on(&scenario, ports).map_err(|error| match error {
        Error::Listen { .. } => CommandError::Port(error),
        error => CommandError::Testbed(error),
    })
}

/// The environment that a client needs, the loopback addresses for a client without the proxy, and the
/// number of the serving process.
pub(crate) fn environment(testbed: &Testbed) -> BTreeMap<String, String> {
    let mut all = testbed.environment();
    let addresses = [
        ("PAGE", testbed.page_url()),
        ("PROXY", testbed.proxy_url().to_owned()),
        ("OGC", testbed.ogc_url()),
        ("S3", testbed.s3_url()),
    ];
    all.extend(addresses.map(|(name, url)| (format!("EOAP_TESTBED_{name}_URL"), url)));
    all.insert("EOAP_TESTBED_PID".to_owned(), std::process::id().to_string());
    all
}

/// An environment as a shell or a program reads it.
pub(crate) fn written(environment: &BTreeMap<String, String>, format: EnvFormat) -> String {
    let lines = |line: &dyn Fn(&str, &str) -> String| {
        environment.iter().map(|(name, value)| line(name, value) + "\n").collect::<String>()
    };
    match format {
        EnvFormat::Sh => lines(&|name, value| format!("export {name}='{}'", value.replace('\'', r"'\''"))),
        EnvFormat::Fish => lines(&|name, value| format!("set -gx {name} '{}'", value.replace('\\', r"\\").replace('\'', r"\'"))),
        EnvFormat::Json => format!("{:#}\n", json!(environment)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_every_shell() {
        let environment = BTreeMap::from([("A".to_owned(), r"it's a \ $HOME".to_owned()), ("B".to_owned(), String::new())]);
        assert_eq!(written(&environment, EnvFormat::Sh), "export A='it'\\''s a \\ $HOME'\nexport B=''\n");
        assert_eq!(written(&environment, EnvFormat::Fish), "set -gx A 'it\\'s a \\\\ $HOME'\nset -gx B ''\n");
        assert_eq!(written(&environment, EnvFormat::Json), "{\n  \"A\": \"it's a \\\\ $HOME\",\n  \"B\": \"\"\n}\n");
    }
}
