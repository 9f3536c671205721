//! `nbsnap scenario`: makes scenarios of the testbed, and says what is wrong with one.

use std::path::Path;

use eoap_testbed::Scenario;

use super::output::say;
use super::targets::Place;
use crate::args::{ScenarioArgs, ScenarioCommand};
use crate::error::CommandError;
use crate::exit::Exit;
use crate::testbed_server;

/// Runs the command.
pub(crate) fn run(place: &Place<'_>, args: &ScenarioArgs) -> Result<Exit, CommandError> {
    match &args.command {
        ScenarioCommand::New(args) => new(&args.folder),
        ScenarioCommand::Check(args) => check(place, args.scenario.as_deref()),
    }
}

/// `nbsnap scenario new`.
fn new(folder: &Path) -> Result<Exit, CommandError> {
    for file in Scenario::start(folder)? {
        say(&format!("wrote {}", file.display()))?;
    }
    let shown = with_dot(folder);
    say(&format!(
        "\nNext:\n  nbsnap scenario check {shown}    say what is wrong with it, whenever you have changed it\n  \
         nbsnap serve {shown}             serve it"
    ))?;
    Ok(Exit::Success)
}

/// `nbsnap scenario check`.
fn check(place: &Place<'_>, wanted: Option<&str>) -> Result<Exit, CommandError> {
    let folder = testbed_server::folder(place.project_if_any()?.as_ref(), wanted)?;
    match Scenario::check(&folder) {
        Ok(scenario) => {
            let processes = match scenario.processes().as_slice() {
                [] => "no process".to_owned(),
                ids => counted(ids.len(), "process", "processes") + " (" + &ids.join(", ") + ")",
            };
            let objects = counted(scenario.object_count(), "object", "objects");
            say(&format!("{} is right: {processes}, {objects} on S3", scenario.name()))?;
            Ok(Exit::Success)
        }
        Err(mistakes) => {
            for mistake in &mistakes {
                say(&mistake.to_string())?;
            }
            say(&format!("\n{} in {}", counted(mistakes.len(), "mistake", "mistakes"), folder.display()))?;
            Ok(Exit::SetUp)
        }
    }
}

fn counted(number: usize, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

/// A folder as `nbsnap serve` takes it for one, and not for the name of a scenario.
fn with_dot(folder: &Path) -> String {
    let shown = folder.display().to_string();
    if shown.starts_with(['.', '/']) { shown } else { format!("./{shown}") }
}
