//! The environment of notebooks: a fresh testbed for each one, or only variables for a real deployment.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use eoap_testbed::{Scenario, Testbed};
use nbsnap::environment::{Environment, Lease, Nothing};
use nbsnap::notebook::Notebook;
use nbsnap::project::Project;
use nbsnap::run::RunError;

use crate::args::LiveArgs;
use crate::error::chain;

/// The settings of the `[environment]` table.
const SETTINGS: [&str; 2] = ["scenario", "env-file"];

/// Provides each notebook with its own testbed. The scenario is named by its metadata or by the project's
/// settings.
#[derive(Debug)]
pub(crate) struct Testbeds {
    folder: PathBuf,
    scenario: Option<String>,
}

impl Testbeds {
    /// Reads the project's `[environment]` table; paths in it begin at the folder of the settings.
    pub(crate) fn of(project: &Project) -> Result<Testbeds, String> {
        let scenario = setting(&project.config.environment, "scenario", "a folder")?;
        Ok(Testbeds { folder: project.notebooks_dir(), scenario })
    }

    /// The folder of the scenario for notebooks that name none.
    pub(crate) fn default_folder(&self) -> Option<PathBuf> {
        self.scenario.as_ref().map(|scenario| self.folder.join(scenario))
    }

    /// The notebook's scenario, if it has one. A notebook may name its own in its metadata, {"nbsnap":
    /// {"scenario": "…"}}.
    pub(crate) fn scenario(&self, notebook: &Notebook) -> Result<Option<Scenario>, String> {
        let own = notebook.settings.get("scenario").and_then(|scenario| scenario.as_str());
        let Some(scenario) = own.or(self.scenario.as_deref()) else { return Ok(None) };
        // A recorded scenario has what this notebook once said.
        let scenario = Scenario::load(&self.folder.join(scenario)).map_err(|error| chain(&error))?.in_memory();
        Ok(Some(scenario.for_session(&notebook.name)))
    }
}

impl Environment for Testbeds {
    fn provision(&self, notebook: &Notebook) -> Result<Box<dyn Lease>, String> {
        let Some(scenario) = self.scenario(notebook)? else { return Ok(Box::new(Nothing)) };
        let testbed = Testbed::start(&scenario).map_err(|error| chain(&error))?;
        Ok(Box::new(OwnTestbed(testbed)))
    }

    fn files(&self, notebook: &Notebook) -> Result<Vec<PathBuf>, String> {
        Ok(self.scenario(notebook)?.map(|scenario| scenario.files()).unwrap_or_default())
    }
}

/// The environment of a run's notebooks: from the arguments, or else from the project's `[environment]`
/// table.
pub(crate) fn of_run(project: &Project, args: &LiveArgs) -> Result<Box<dyn Environment>, RunError> {
    as_said(project, args).map_err(|reason| RunError::Environment { notebook: "(all)".into(), reason })
}

fn as_said(project: &Project, args: &LiveArgs) -> Result<Box<dyn Environment>, String> {
    if !args.live {
        return Ok(Box::new(Testbeds::of(project)?));
    }
    let file = match &args.env_file {
        Some(file) => Some(file.clone()),
        None => {
            let file = setting(&project.config.environment, "env-file", "a file")?;
            file.map(|file| project.notebooks_dir().join(file))
        }
    };
    Ok(Box::new(Live { variables: file.as_deref().map(variables).transpose()?.unwrap_or_default(), file }))
}

/// A path in the `[environment]` table. Unknown settings are errors.
fn setting(settings: &toml::Table, name: &str, what: &str) -> Result<Option<String>, String> {
    if let Some(unknown) = settings.keys().find(|key| !SETTINGS.contains(&key.as_str())) {
        return Err(format!("nbsnap.toml: [environment] has no setting `{unknown}`, only `{}`", SETTINGS.join("` and `")));
    }
    match settings.get(name) {
        None => Ok(None),
        Some(toml::Value::String(path)) => Ok(Some(path.clone())),
        Some(other) => Err(format!("nbsnap.toml: `{name}` must be the path of {what}, not {other}")),
    }
}

/// Reads a file of variables, written as `NAME=value` or as a shell exports them.
pub(crate) fn variables(file: &Path) -> Result<BTreeMap<String, String>, String> {
    let failed = |error: dotenvy::Error| format!("cannot use the variables of {}: {error}", file.display());
    dotenvy::from_path_iter(file).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)
}

/// Provides variables and no server: notebooks reach the hosts that they name.
#[derive(Clone, Debug)]
struct Live {
    variables: BTreeMap<String, String>,
    file: Option<PathBuf>,
}

impl Environment for Live {
    fn provision(&self, _notebook: &Notebook) -> Result<Box<dyn Lease>, String> {
        Ok(Box::new(self.clone()))
    }

    fn files(&self, _notebook: &Notebook) -> Result<Vec<PathBuf>, String> {
        Ok(self.file.iter().cloned().collect())
    }

    fn is_shared(&self) -> bool {
        true
    }
}

impl Lease for Live {
    fn variables(&self) -> BTreeMap<String, String> {
        self.variables.clone()
    }

    fn secrets(&self) -> Vec<String> {
        // The runner recognises secrets by the names of variables.
        Vec::new()
    }

    fn refused_hosts(&self) -> Vec<String> {
        Vec::new()
    }
}

struct OwnTestbed(Testbed);

impl Lease for OwnTestbed {
    fn variables(&self) -> BTreeMap<String, String> {
        self.0.environment()
    }

    fn secrets(&self) -> Vec<String> {
        self.0.secrets()
    }

    fn refused_hosts(&self) -> Vec<String> {
        self.0.refused_hosts()
    }
}
