//! What can be said on the command line. Nothing is looked up or done here.

mod documents;
mod housekeeping;
mod jupyter;
mod record;
mod scenario;
mod serve;
mod shared;
mod snapshots;

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Parser, Subcommand};
use nbsnap::config::{EngineChoice, KernelChoice, Update};

pub(crate) use documents::{CheckArgs, DiffArgs, ExportArgs, ExportFormat, OutputSource, RunArgs, StripArgs};
pub(crate) use housekeeping::{CleanArgs, CompletionsArgs, InitArgs, ManArgs};
pub(crate) use jupyter::{ConsoleArgs, InstallArgs, KernelArgs, KernelCommand, LabArgs, SpecArgs, StartArgs};
pub(crate) use record::RecordArgs;
pub(crate) use scenario::{ScenarioArgs, ScenarioCommand};
pub(crate) use serve::{EnvFormat, JobClock, MannerArgs, PortArgs, ServeArgs, ServerKind};
pub(crate) use shared::{BuildArgs, Colour, LiveArgs, RepetitionArgs, ReportArgs, SelectionArgs, TestReportArgs};
use shared::{engine, update};
pub(crate) use snapshots::{AcceptArgs, ListArgs, ReviewArgs};

/// Tests notebooks, in Rust above all: runs them and compares what every cell shows with a snapshot.
///
/// Exit codes: 0 all pass, 100 failures, 2 wrong command line, 4 no notebooks, 96 set-up error, 110 report
/// not written, 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "nbsnap", version, arg_required_else_help = true)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// The project: a folder with a `notebooks` folder or an nbsnap.toml in it [default: this folder or the
    /// next one above that is one]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Project options")]
    pub(crate) project: Option<PathBuf>,

    /// The profile of nbsnap.toml whose settings hold [default: `ci` where the variable CI is set, else
    /// `default`]
    #[arg(long, global = true, env = "NBSNAP_PROFILE", value_name = "NAME", help_heading = "Project options")]
    pub(crate) profile: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make a project of this folder: settings, lines for Git, a workflow; notebooks stay where they are
    Init(InitArgs),
    /// Run notebooks and compare every cell with its snapshot
    Test(TestArgs),
    /// Build what notebooks depend on, and run nothing: for images of build machines, or before going offline
    Prepare(PrepareArgs),
    /// Accept pending snapshots (*.snap.new) as the new truth, and remove snapshots that belong to no cell
    Accept(AcceptArgs),
    /// Go through pending snapshots: accept, reject or skip each
    Review(ReviewArgs),
    /// Run notebooks and write their outputs into them, or into other files
    Run(RunArgs),
    /// List notebooks, their code cells and snapshots
    List(ListArgs),
    /// Show how two notebooks differ, by the rules that hold for snapshots
    Diff(DiffArgs),
    /// Write notebooks and their recorded outputs as pages: HTML or Markdown
    Export(ExportArgs),
    /// Find what is wrong with notebooks without running them, and mend it
    Check(CheckArgs),
    /// Take outputs and execution counts out of notebooks
    Strip(StripArgs),
    /// Run notebooks against a live server, and write its answers as a scenario
    Record(RecordArgs),
    /// Make a scenario, what a testbed answers, or say what is wrong with one
    Scenario(ScenarioArgs),
    /// Serve a scenario to any client, and show on a page what goes on
    Serve(ServeArgs),
    /// Show every setting of nbsnap.toml with its meaning and its default
    #[command(after_help = "\
Examples:
  nbsnap settings | less             read them
  nbsnap settings | grep timeout     find one")]
    Settings,
    /// Show what is in the build folder, and remove what is left over
    Clean(CleanArgs),
    /// Open notebooks in JupyterLab, with a kernel that finds everything built, against the testbed
    Lab(LabArgs),
    /// Rust in a terminal, cell by cell, on the engine of the kernel
    Console(ConsoleArgs),
    /// A Jupyter kernel for Rust, with what notebooks depend on built ahead
    Kernel(KernelArgs),
    /// Write what a shell completes on its command line
    Completions(CompletionsArgs),
    /// Write the manual pages
    #[command(hide = true)]
    Man(ManArgs),
}

/// `nbsnap test`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap test                        every notebook
  nbsnap test 01 lab.ipynb           these
  nbsnap test --fresh --engine evcxr run by evcxr, whatever is known of earlier runs
  CI=true nbsnap test                as CI does it: nothing is written, everything runs
  nbsnap test --live --env-file deployment.env
                                     an acceptance test of a real deployment")]
pub(crate) struct TestArgs {
    /// Which notebooks
    #[command(flatten)]
    pub(crate) selection: SelectionArgs,

    /// How often to run them
    #[command(flatten)]
    pub(crate) repetition: RepetitionArgs,

    /// Where they find their servers
    #[command(flatten)]
    pub(crate) live: LiveArgs,

    /// What runs notebooks in Rust; all others are run by their kernels. Given several times, each runs every
    /// notebook, and all must find it green [default: as the profile says]
    #[arg(long, value_parser = engine(), value_delimiter = ',', env = "NBSNAP_ENGINE", help_heading = "Engine options")]
    pub(crate) engine: Vec<EngineChoice>,

    /// Run notebooks with the kernel NAME, or those that name the kernel NAMED; notebooks in Rust only by
    /// name
    #[arg(long, value_name = "[NAMED=]NAME", value_delimiter = ',', env = "NBSNAP_KERNEL", help_heading = "Engine options")]
    pub(crate) kernel: Vec<KernelChoice>,

    /// How many notebooks run at once [default: as the profile says, else as many as the machine has cores,
    /// at most 8]
    #[arg(long, short = 'j', value_name = "N", env = "NBSNAP_JOBS", help_heading = "Engine options")]
    pub(crate) jobs: Option<NonZero<usize>>,

    /// Run every notebook, also those that passed and of which nothing has changed since; always so in
    /// profile ci
    #[arg(long, env = "NBSNAP_FRESH", help_heading = "Engine options")]
    pub(crate) fresh: bool,

    /// What to do with output that has no snapshot or differs from it [default: as the profile says: pending,
    /// never in profile ci]
    #[arg(long, value_parser = update(), env = "NBSNAP_UPDATE", help_heading = "Snapshot options")]
    pub(crate) update: Option<Update>,

    /// Where to build
    #[command(flatten)]
    pub(crate) build: BuildArgs,

    /// How to report
    #[command(flatten)]
    pub(crate) report: TestReportArgs,
}

/// `nbsnap prepare`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap prepare                     build what all notebooks depend on
  nbsnap prepare --cache-dir /cache  into a folder that an image keeps
  eval \"$(nbsnap prepare --kernel)\"  for a Jupyter kernel that is started from this shell, too")]
pub(crate) struct PrepareArgs {
    /// Notebooks: names, files, folders, or beginnings of names [default: all]
    pub(crate) names: Vec<String>,

    /// Print what to export so that a Jupyter kernel (evcxr_jupyter) finds all of this built; one kernel at a
    /// time can use it
    #[arg(long, help_heading = "Build options")]
    pub(crate) kernel: bool,

    /// Where to build
    #[command(flatten)]
    pub(crate) build: BuildArgs,

    /// How to report
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        super::Args::command().debug_assert();
    }

    // The guide's reference has every option.
    #[test]
    fn the_readme_names_every_command() {
        let readme = include_str!("../README.md");
        for command in super::Args::command().get_subcommands() {
            assert!(readme.contains(&format!("`nbsnap {}", command.get_name())), "{}", command.get_name());
        }
    }
}
