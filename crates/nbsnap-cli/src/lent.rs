//! The testbed as an environment that notebooks are lent: a fresh one for each notebook that runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use eoap_testbed::{Scenario, Testbed};
use nbsnap::environment::{Environment, Loan, Nothing};
use nbsnap::notebook::Notebook;

use crate::error::chain;

/// Lends each notebook a testbed of its own, set up by the scenario that its settings or the project's name.
#[derive(Debug)]
pub(crate) struct Testbeds {
    folder: PathBuf,
    scenario: Option<String>,
}

impl Testbeds {
    /// Reads the project's `[environment]` table; paths in it mean `folder`.
    pub(crate) fn new(folder: &Path, settings: &toml::Table) -> Result<Testbeds, String> {
        if let Some(unknown) = settings.keys().find(|key| *key != "scenario") {
            return Err(format!("nbsnap.toml: [environment] has no setting `{unknown}`, only `scenario`"));
        }
        let scenario = match settings.get("scenario") {
            None => None,
            Some(toml::Value::String(scenario)) => Some(scenario.clone()),
            Some(other) => return Err(format!("nbsnap.toml: `scenario` must be the path of a folder, not {other}")),
        };
        Ok(Testbeds { folder: folder.to_owned(), scenario })
    }
}

impl Testbeds {
    /// The folder of the scenario of every notebook that names none of its own.
    pub(crate) fn default_folder(&self) -> Option<PathBuf> {
        self.scenario.as_ref().map(|scenario| self.folder.join(scenario))
    }

    /// The notebook's scenario, if it has one: a notebook may name its own in its metadata, {"nbsnap": {"scenario": "…"}}.
    fn scenario(&self, notebook: &Notebook) -> Result<Option<Scenario>, String> {
        let own = notebook.settings.get("scenario").and_then(|scenario| scenario.as_str());
        let Some(scenario) = own.or(self.scenario.as_deref()) else { return Ok(None) };
        // A recorded scenario has what this notebook once said.
        let scenario = Scenario::load(&self.folder.join(scenario)).map_err(|error| chain(&error))?;
        Ok(Some(scenario.for_session(&notebook.name)))
    }
}

impl Environment for Testbeds {
    fn lend(&self, notebook: &Notebook) -> Result<Box<dyn Loan>, String> {
        let Some(scenario) = self.scenario(notebook)? else { return Ok(Box::new(Nothing)) };
        let testbed = Testbed::start(&scenario).map_err(|error| chain(&error))?;
        Ok(Box::new(LentTestbed(testbed)))
    }

    fn files(&self, notebook: &Notebook) -> Result<Vec<PathBuf>, String> {
        Ok(self.scenario(notebook)?.map(|scenario| scenario.files()).unwrap_or_default())
    }
}

struct LentTestbed(Testbed);

impl Loan for LentTestbed {
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
