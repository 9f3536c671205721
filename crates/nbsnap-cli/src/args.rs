//! What can be said on the command line. Nothing is looked up or done here.

mod documents;
mod housekeeping;
mod jupyter;
mod record;
mod scenario;
mod serve;
mod snapshots;

use std::num::NonZero;
use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Parser, Subcommand, ValueEnum};
use nbsnap::config::{EngineChoice, KernelChoice, Update};
use nbsnap::select::{Filter, Partition};

pub(crate) use documents::{CheckArgs, DiffArgs, ExportArgs, ExportFormat, OutputSource, RunArgs, StripArgs};
pub(crate) use housekeeping::{CleanArgs, CompletionsArgs, InitArgs, ManArgs};
pub(crate) use jupyter::{ConsoleArgs, InstallArgs, KernelArgs, KernelCommand, LabArgs, SpecArgs, StartArgs};
pub(crate) use record::RecordArgs;
pub(crate) use scenario::{ScenarioArgs, ScenarioCommand};
pub(crate) use serve::{EnvFormat, JobClock, MannerArgs, PortArgs, ServeArgs, ServerKind, TestbedArgs};
pub(crate) use snapshots::{AcceptArgs, ListArgs, ReviewArgs};

/// Tests notebooks, in Rust above all: runs them and compares what every cell shows with a snapshot.
///
/// Exit codes: 0 all pass, 100 failures, 4 no notebooks, 96 set-up error, 110 report not written, 130
/// interrupted.
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

/// Where to build.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct BuildArgs {
    /// Folder that notebooks' dependencies are built in, kept between runs [default: target/nbsnap in the
    /// project]
    #[arg(long, env = "NBSNAP_CACHE_DIR", value_name = "DIR", help_heading = "Build options")]
    pub(crate) cache_dir: Option<PathBuf>,
}

/// How to report.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct ReportArgs {
    /// Colours in the report
    #[arg(long, value_enum, default_value_t = Colour::Auto, env = "NBSNAP_COLOR", help_heading = "Report options")]
    pub(crate) color: Colour,
}

/// Which notebooks.
#[derive(Debug, clap::Args)]
pub(crate) struct SelectionArgs {
    /// Notebooks: names, files, folders, beginnings of names or globs; NAME::CELL runs one up to the cell
    /// with that id [default: all]
    pub(crate) names: Vec<String>,

    /// Only notebooks that match: `notebook(04-*) & !tag(slow)`; also cell(…), dep(…), `|`, `=exact`,
    /// `~part`, `/regex/`
    #[arg(short = 'E', long, value_name = "EXPRESSION", help_heading = "Selection options")]
    pub(crate) filter: Option<Filter>,

    /// Only one share of the notebooks, for build machines that run at the same time: `1/3`, or `slice:1/3`
    /// for shares of one size
    #[arg(long, value_name = "I/N", env = "NBSNAP_PARTITION", help_heading = "Selection options")]
    pub(crate) partition: Option<Partition>,
}

/// Where notebooks find their servers.
#[derive(Debug, clap::Args)]
pub(crate) struct LiveArgs {
    /// Start no testbed: notebooks reach the hosts that they name; the profile is `live` unless another is
    /// named
    #[arg(long, help_heading = "Environment options")]
    pub(crate) live: bool,

    /// Variables that the notebooks get, credentials among them: a file of NAME=VALUE lines [default: as the
    /// profile says]
    #[arg(long, value_name = "FILE", requires = "live", help_heading = "Environment options")]
    pub(crate) env_file: Option<PathBuf>,
}

/// How often to run notebooks.
#[derive(Debug, clap::Args)]
pub(crate) struct RepetitionArgs {
    /// Wait for changes when the run has ended, and run the notebooks again whose inputs changed: cells,
    /// files beside them, snapshots, settings, local packages, the scenario
    #[arg(long, conflicts_with = "repeat", help_heading = "Run options")]
    pub(crate) watch: bool,

    /// Begin no further notebook once one has failed
    #[arg(long, help_heading = "Run options")]
    pub(crate) fail_fast: bool,

    /// Run every notebook, whatever fails [default]
    #[arg(long, overrides_with = "fail_fast", help_heading = "Run options")]
    pub(crate) no_fail_fast: bool,

    /// Run a notebook that failed again, at most so often; one that then passes is marked as flaky [default:
    /// as the profile says: 0]
    #[arg(long, value_name = "N", env = "NBSNAP_RETRIES", help_heading = "Run options")]
    pub(crate) retries: Option<u32>,

    /// Run every notebook so often while it passes, to see whether it always does
    #[arg(
        long,
        value_name = "N",
        default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..),
        conflicts_with = "retries",
        help_heading = "Run options"
    )]
    pub(crate) repeat: u32,
}

/// How to report on a test.
#[derive(Debug, clap::Args)]
pub(crate) struct TestReportArgs {
    /// How to report to people
    #[command(flatten)]
    pub(crate) human: ReportArgs,

    /// Report every cell with its times, and how often each redaction rule applied
    #[arg(short, long, help_heading = "Report options")]
    pub(crate) verbose: bool,

    /// Write a JUnit file as well
    #[arg(long, value_name = "FILE", help_heading = "Report options")]
    pub(crate) junit: Option<PathBuf>,

    /// Write everything that happens as JSON lines as well, or to standard output in place of the report
    /// (`-`)
    #[arg(long, value_name = "FILE", help_heading = "Report options")]
    pub(crate) json: Option<PathBuf>,

    /// Where the page of a run goes in which something failed [default: target/nbsnap/report.html in the
    /// project]
    #[arg(long, value_name = "FILE", help_heading = "Report options")]
    pub(crate) html: Option<PathBuf>,

    /// Write the page of the run also if all is well, and open it in a browser
    #[arg(long, conflicts_with = "watch", help_heading = "Report options")]
    pub(crate) open: bool,
}

/// Reads the name of an engine, and shows which there are.
pub(crate) fn engine() -> impl TypedValueParser<Value = EngineChoice> {
    let known = EngineChoice::ALL.iter().map(|(name, choice)| PossibleValue::new(*name).help(about(*choice)));
    PossibleValuesParser::new(known).try_map(|name| name.parse::<EngineChoice>())
}

fn about(choice: EngineChoice) -> &'static str {
    match choice {
        EngineChoice::Rustc => "rustc alone, cell by cell",
        EngineChoice::Evcxr => "evcxr, cell by cell, as evcxr_jupyter does; its program carries rust-analyzer",
        EngineChoice::Jupyter => "The kernel that the notebook names, as it is installed for Jupyter",
        _ => "",
    }
}

/// Reads what is to be done with output that differs, and shows what there is.
fn update() -> impl TypedValueParser<Value = Update> {
    let known = Update::ALL.iter().map(|(name, update)| {
        PossibleValue::new(*name).help(match update {
            Update::Pending => "Write it beside the snapshot as *.snap.new, for `nbsnap accept` or `cargo insta review`",
            _ => "Write nothing",
        })
    });
    PossibleValuesParser::new(known).try_map(|name| name.parse::<Update>())
}

/// Whether the report has colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Colour {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
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
