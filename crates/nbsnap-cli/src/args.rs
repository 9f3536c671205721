//! What can be said on the command line. Nothing is looked up or done here.

use std::num::NonZero;
use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

/// Tests Rust notebooks: executes them with evcxr and compares every cell's output with a snapshot.
///
/// Exit codes: 0 all pass, 100 failures, 4 no notebooks, 96 set-up error, 110 report not written, 130 interrupted.
#[derive(Debug, Parser)]
#[command(name = "nbsnap", version, arg_required_else_help = true)]
pub(crate) struct Args {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,

    /// The project: a folder with a `notebooks` folder in it [default: this folder or the next one above that is one]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Project options")]
    pub(crate) project: Option<PathBuf>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run notebooks and compare every cell with its snapshot
    Test(TestArgs),
    /// Build what notebooks depend on, and run nothing: for images of build machines, or before going offline
    Prepare(PrepareArgs),
    /// Accept pending snapshots (*.snap.new) as the new truth, and remove snapshots that belong to nothing
    Accept(AcceptArgs),
    /// List notebooks, their code cells and snapshots
    List,
}

/// `nbsnap test`
#[derive(Debug, clap::Args)]
pub(crate) struct TestArgs {
    /// Notebooks: names, files, or beginnings of names [default: all]
    pub(crate) names: Vec<String>,

    /// What runs the notebooks [default: fused; evcxr where the variable CI is set]
    #[arg(long, value_enum, env = "NBSNAP_ENGINE", help_heading = "Engine options")]
    pub(crate) engine: Option<EngineChoice>,

    /// How many notebooks run at once [default: as many as the machine has cores, at most 8]
    #[arg(long, short = 'j', value_name = "N", env = "NBSNAP_JOBS", help_heading = "Engine options")]
    pub(crate) jobs: Option<NonZero<usize>>,

    /// Run every notebook, also those that passed and of which nothing has changed since; always so where CI is set
    #[arg(long, env = "NBSNAP_FRESH", help_heading = "Engine options")]
    pub(crate) fresh: bool,

    /// What to do with output that has no snapshot or differs from it
    #[arg(long, value_enum, default_value_t = Update::Auto, env = "NBSNAP_UPDATE", help_heading = "Snapshot options")]
    pub(crate) update: Update,

    /// Where to build
    #[command(flatten)]
    pub(crate) build: BuildArgs,

    /// How to report
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// `nbsnap prepare`
#[derive(Debug, clap::Args)]
pub(crate) struct PrepareArgs {
    /// Notebooks: names, files, or beginnings of names [default: all]
    pub(crate) names: Vec<String>,

    /// Where to build
    #[command(flatten)]
    pub(crate) build: BuildArgs,

    /// How to report
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// Where to build.
#[derive(Debug, clap::Args)]
pub(crate) struct BuildArgs {
    /// Folder that notebooks' dependencies are built in, kept between runs [default: target/nbsnap in the project]
    #[arg(long, env = "NBSNAP_CACHE_DIR", value_name = "DIR", help_heading = "Build options")]
    pub(crate) cache_dir: Option<PathBuf>,
}

/// How to report.
#[derive(Debug, clap::Args)]
pub(crate) struct ReportArgs {
    /// Colours in the report
    #[arg(long, value_enum, default_value_t = Colour::Auto, env = "NBSNAP_COLOR", help_heading = "Report options")]
    pub(crate) color: Colour,
}

/// `nbsnap accept`
#[derive(Debug, clap::Args)]
pub(crate) struct AcceptArgs {
    /// Notebooks: names, files, or beginnings of names [default: all]
    pub(crate) names: Vec<String>,
}

/// What runs the notebooks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineChoice {
    /// evcxr, cell by cell, as evcxr_jupyter does: the reference
    Evcxr,
    /// The notebook as one program, which takes a second; evcxr runs what that cannot do exactly, and the report says why
    Fused,
}

/// What to do with output that has no snapshot or differs from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Update {
    /// `never` where the variable CI is set, `pending` elsewhere
    Auto,
    /// Write it beside the snapshot as *.snap.new, for `nbsnap accept` or `cargo insta review`
    Pending,
    /// Write nothing
    Never,
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
}
