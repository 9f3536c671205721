//! Arguments that several commands have.

use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use nbsnap::config::{EngineChoice, Update};
use nbsnap::select::{Filter, Partition};

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
pub(super) fn engine() -> impl TypedValueParser<Value = EngineChoice> {
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
pub(super) fn update() -> impl TypedValueParser<Value = Update> {
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
