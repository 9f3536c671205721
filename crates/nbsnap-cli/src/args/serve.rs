//! Arguments of what serves the testbed to clients.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::PossibleValue;

use super::shared::ReportArgs;

/// `nbsnap serve`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap serve                       the project's scenario, until Ctrl-C; what to export is printed
  nbsnap serve -- jupyter lab        for one command, which gets the environment; it all ends with the command
  nbsnap serve --clock real --speed 4 --proxy-port 8000
                                     jobs take their time, four times as fast as recorded: for the page at http://127.0.0.1:8000/
  eval \"$(nbsnap serve --detach)\"     for this shell, in the background; `kill $EOAP_TESTBED_PID` ends it
  nbsnap serve --env-file bed.env    for other shells, which say `. ./bed.env`
  nbsnap serve --env json --log requests.jsonl path/to/scenario")]
pub(crate) struct ServeArgs {
    /// The scenario: a folder, or the name of one beside the project's [default: the one of the project]
    pub(crate) scenario: Option<String>,

    /// How the testbed is set up
    #[command(flatten)]
    pub(crate) testbed: TestbedArgs,

    /// How to write what a client needs in its environment
    #[arg(long = "env", value_enum, default_value_t = EnvFormat::Sh, help_heading = "Environment options")]
    pub(crate) format: EnvFormat,

    /// Write that into a file, once clients are served, and not to standard output
    #[arg(long, value_name = "FILE", help_heading = "Environment options")]
    pub(crate) env_file: Option<PathBuf>,

    /// Serve in the background: come back when clients are served; `kill $EOAP_TESTBED_PID` ends it
    #[arg(long, conflicts_with_all = ["env_file", "command"], help_heading = "Environment options")]
    pub(crate) detach: bool,

    /// Add a line of JSON to a file for every request
    #[arg(long, value_name = "FILE", help_heading = "Report options")]
    pub(crate) log: Option<PathBuf>,

    /// Print no requests on the terminal
    #[arg(short, long, help_heading = "Report options")]
    pub(crate) quiet: bool,

    /// How to report
    #[command(flatten)]
    pub(crate) report: ReportArgs,

    /// A command to run with that environment: the testbed ends with it, and so does `nbsnap`, with its exit
    /// code
    #[arg(last = true)]
    pub(crate) command: Vec<OsString>,
}

/// How a testbed is set up.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct TestbedArgs {
    /// Where it listens
    #[command(flatten)]
    pub(crate) ports: PortArgs,

    /// How it answers
    #[command(flatten)]
    pub(crate) manner: MannerArgs,
}

/// Where a testbed listens.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct PortArgs {
    /// Port of the forward proxy, which has the page too; 0 is any that is free
    #[arg(long, value_name = "PORT", default_value_t = 0, env = "NBSNAP_PROXY_PORT", help_heading = "Testbed options")]
    pub(crate) proxy_port: u16,

    /// Port of the OGC API, for clients that bypass the proxy
    #[arg(long, value_name = "PORT", default_value_t = 0, env = "NBSNAP_OGC_PORT", help_heading = "Testbed options")]
    pub(crate) ogc_port: u16,

    /// Port of S3, for clients that bypass the proxy
    #[arg(long, value_name = "PORT", default_value_t = 0, env = "NBSNAP_S3_PORT", help_heading = "Testbed options")]
    pub(crate) s3_port: u16,
}

impl PortArgs {
    /// Whether one of them is named, so that there can be only one such testbed.
    pub(crate) fn are_named(&self) -> bool {
        [self.proxy_port, self.ogc_port, self.s3_port] != [0; 3]
    }
}

/// How a testbed answers.
#[derive(Clone, Copy, Debug, Default, clap::Args)]
pub(crate) struct MannerArgs {
    /// What moves jobs on [default: as the scenario says, which is mostly `poll`]
    #[arg(long, value_enum, help_heading = "Testbed options")]
    pub(crate) clock: Option<JobClock>,

    /// Of the clock `real`: how many times as fast as the scenario's dates say
    #[arg(long, value_name = "TIMES", requires = "clock", value_parser = speed, help_heading = "Testbed options")]
    pub(crate) speed: Option<f64>,

    /// Which server answers [default: as the scenario says]
    #[arg(long, value_enum, help_heading = "Testbed options")]
    pub(crate) personality: Option<ServerKind>,
}

impl MannerArgs {
    /// The same, as they are written on a command line.
    pub(crate) fn to_arguments(self) -> Vec<String> {
        let value = |value: Option<PossibleValue>| value.map(|value| value.get_name().to_owned());
        let options = [
            ("--clock", value(self.clock.and_then(|clock| clock.to_possible_value()))),
            ("--speed", self.speed.map(|speed| speed.to_string())),
            ("--personality", value(self.personality.and_then(|kind| kind.to_possible_value()))),
        ];
        options.into_iter().filter_map(|(name, value)| Some([name.to_owned(), value?])).flatten().collect()
    }
}

/// What moves jobs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum JobClock {
    /// Status requests, one status each: nobody has to wait, and every run is the same
    Poll,
    /// Time
    Real,
}

/// Which server answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ServerKind {
    /// ZOO-Project-DRU
    Zoo,
    /// pygeoapi
    Pygeoapi,
}

/// How an environment is written down.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum EnvFormat {
    /// `export NAME=value`, for sh, bash and zsh
    Sh,
    /// `set -gx NAME value`
    Fish,
    /// One object, names and values
    Json,
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if speed.is_finite() && speed > 0.0 => Ok(speed),
        _ => Err("it has to be a number that is more than 0".to_owned()),
    }
}
