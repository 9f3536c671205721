//! Arguments of what brings notebooks into Jupyter: the kernel and the lab.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Subcommand;

use super::serve::{MannerArgs, TestbedArgs};
use super::shared::{BuildArgs, ReportArgs};

/// `nbsnap kernel`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap kernel install              Jupyter knows the kernel `Rust` from then on
  nbsnap kernel uninstall")]
pub(crate) struct KernelArgs {
    /// What to do with the kernel.
    #[command(subcommand)]
    pub(crate) command: KernelCommand,
}

/// What to do with the kernel.
#[derive(Debug, Subcommand)]
pub(crate) enum KernelCommand {
    /// Install the kernel for Jupyter, and build what the project's notebooks depend on
    Install(InstallArgs),
    /// Remove the kernel from Jupyter
    Uninstall(SpecArgs),
    /// Be the kernel: Jupyter calls this
    Start(StartArgs),
}

/// Which kernelspec.
#[derive(Debug, clap::Args)]
pub(crate) struct SpecArgs {
    /// The kernelspec's name
    #[arg(long, default_value = "rust", value_name = "NAME", help_heading = "Kernelspec options")]
    pub(crate) name: String,

    /// In the Python environment in this folder, below share/jupyter [default: for this user, in every
    /// Jupyter]
    #[arg(long, value_name = "DIR", conflicts_with = "sys_prefix", help_heading = "Kernelspec options")]
    pub(crate) prefix: Option<PathBuf>,

    /// In the Python environment that is active (VIRTUAL_ENV or CONDA_PREFIX)
    #[arg(long, help_heading = "Kernelspec options")]
    pub(crate) sys_prefix: bool,
}

/// `nbsnap kernel install`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap kernel install                         for this user
  nbsnap kernel install --sys-prefix            for the virtual environment that is active
  nbsnap kernel install --name nbsnap           beside another kernel that is called `rust` already
  nbsnap kernel uninstall")]
pub(crate) struct InstallArgs {
    /// Which kernelspec
    #[command(flatten)]
    pub(crate) spec: SpecArgs,

    /// The name that people see
    #[arg(long, default_value = "Rust", value_name = "TEXT", help_heading = "Kernelspec options")]
    pub(crate) display_name: String,

    /// Build nothing now: the first cell that needs something does
    #[arg(long, help_heading = "Build options")]
    pub(crate) no_prepare: bool,

    /// Keep no history of what is typed
    #[arg(long, help_heading = "Kernelspec options")]
    pub(crate) no_history: bool,

    /// Where to build
    #[command(flatten)]
    pub(crate) build: BuildArgs,

    /// How to report
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

/// `nbsnap kernel start`
#[derive(Debug, clap::Args)]
pub(crate) struct StartArgs {
    /// The connection file that Jupyter has written
    #[arg(value_name = "FILE")]
    pub(crate) connection_file: PathBuf,

    /// Keep no history of what is typed
    #[arg(long)]
    pub(crate) no_history: bool,

    /// Have a testbed of its own, set up by the notebook's scenario, as `nbsnap test` does
    #[arg(long)]
    pub(crate) testbed: bool,

    /// How that testbed answers
    #[command(flatten)]
    pub(crate) manner: MannerArgs,

    /// Where to build
    #[command(flatten)]
    pub(crate) build: BuildArgs,
}

/// `nbsnap console`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap console               Rust, cell by cell; `:help` lists commands, Ctrl-D ends
  nbsnap console < cells.txt   what is in a file; the exit code says whether all went well
  jupyter console --kernel rust
                               with a history to walk through, once `nbsnap kernel install` has run")]
pub(crate) struct ConsoleArgs {
    /// Keep no history of what is typed
    #[arg(long)]
    pub(crate) no_history: bool,

    /// Where to build
    #[command(flatten)]
    pub(crate) build: BuildArgs,
}

/// `nbsnap lab`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap lab                         JupyterLab on the project's notebooks, against the testbed
  nbsnap lab --clock real --speed 4  jobs take their time, four times as fast as recorded
  nbsnap lab --proxy-port 8000       one testbed for all notebooks, whose page is at http://127.0.0.1:8000/
  nbsnap lab -- --no-browser --port 9000
                                     what follows `--` is JupyterLab's")]
pub(crate) struct LabArgs {
    /// The folder that JupyterLab shows [default: the project's notebooks]
    pub(crate) dir: Option<PathBuf>,

    /// One testbed for all notebooks, with this scenario: a folder, or the name of one beside the project's
    /// [default: each notebook in Rust has a testbed of its own, unless a port or `--requests` asks for one]
    #[arg(long, value_name = "SCENARIO", help_heading = "Testbed options")]
    pub(crate) scenario: Option<String>,

    /// How the testbed is set up
    #[command(flatten)]
    pub(crate) testbed: TestbedArgs,

    /// The program `jupyter` [default: the one on PATH]
    #[arg(long, value_name = "FILE", env = "NBSNAP_JUPYTER", help_heading = "Jupyter options")]
    pub(crate) jupyter: Option<PathBuf>,

    /// Print the requests to the testbed, which is then one for all notebooks
    #[arg(long, help_heading = "Report options")]
    pub(crate) requests: bool,

    /// Where to build
    #[command(flatten)]
    pub(crate) build: BuildArgs,

    /// How to report
    #[command(flatten)]
    pub(crate) report: ReportArgs,

    /// Arguments for JupyterLab
    #[arg(last = true)]
    pub(crate) arguments: Vec<OsString>,
}

impl LabArgs {
    /// Whether all notebooks have one testbed: that of a scenario, or one that somebody watches.
    pub(crate) fn has_one_testbed(&self) -> bool {
        self.scenario.is_some() || self.requests || self.testbed.ports.are_named()
    }
}
