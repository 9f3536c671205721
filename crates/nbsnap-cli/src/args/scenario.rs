//! Arguments of what makes and checks scenarios of the testbed.

use std::path::PathBuf;

use clap::Subcommand;

/// `nbsnap scenario`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap scenario new station        a small scenario that works, in the folder `station`
  nbsnap scenario check station      every mistake in it, with file, member and suggestion")]
pub(crate) struct ScenarioArgs {
    /// What to do with scenarios.
    #[command(subcommand)]
    pub(crate) command: ScenarioCommand,
}

/// What to do with scenarios.
#[derive(Debug, Subcommand)]
pub(crate) enum ScenarioCommand {
    /// Write a small scenario that works, with comments, to begin with
    New(NewScenarioArgs),
    /// Say everything that is wrong with a scenario: file, member, and what was probably meant
    Check(CheckScenarioArgs),
}

/// `nbsnap scenario new`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap scenario new station        the folder `station`, with one process and a file on S3
  nbsnap serve ./station             serve it")]
pub(crate) struct NewScenarioArgs {
    /// The folder, which must not be there yet; its name becomes the scenario's
    #[arg(value_name = "NAME")]
    pub(crate) folder: PathBuf,
}

/// `nbsnap scenario check`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap scenario check station      the folder `station`
  nbsnap scenario check              the scenario of the project

The exit code is 0 where all is right, and 96 where something is wrong.")]
pub(crate) struct CheckScenarioArgs {
    /// The scenario: a folder, or the name of one beside the project's [default: the one of the project]
    #[arg(value_name = "FOLDER")]
    pub(crate) scenario: Option<String>,
}
