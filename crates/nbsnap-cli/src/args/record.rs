//! Arguments of what records a live deployment.

use std::path::PathBuf;

use nbsnap::config::EngineChoice;

use super::shared::{BuildArgs, ReportArgs, engine};

/// `nbsnap record`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap record --upstream https://ogc.example.org/api --into scenarios/example 04
  nbsnap record --upstream http://localhost:5000 --s3 http://localhost:9000 --into recorded
                                     S3 is read with the AWS_… settings of this shell, which notebooks never see
  nbsnap record --upstream http://localhost:5000 --as http://pygeoapi --map http://stac=https://stac.example.org --into recorded

To play it back: `scenario = \"../recorded\"` in [environment] of notebooks/nbsnap.toml, `nbsnap test`, and `nbsnap accept` after having looked.")]
pub(crate) struct RecordArgs {
    /// Notebooks: names, files, folders, or beginnings of names [default: all]
    pub(crate) names: Vec<String>,

    /// Address of the live OGC API
    #[arg(long, value_name = "URL", help_heading = "Recording options")]
    pub(crate) upstream: String,

    /// The scenario folder to write: a new one, or an earlier recording, which is replaced
    #[arg(long, value_name = "FOLDER", help_heading = "Recording options")]
    pub(crate) into: PathBuf,

    /// The address under which notebooks know it [default: that of the project's scenario, else the live one]
    #[arg(long = "as", value_name = "URL", help_heading = "Recording options")]
    pub(crate) known_as: Option<String>,

    /// Another address that notebooks know, and the live one behind it; also for what the live server calls
    /// itself in its links
    #[arg(long = "map", value_name = "URL=URL", value_parser = pair, help_heading = "Recording options")]
    pub(crate) maps: Vec<(String, String)>,

    /// Address of the live S3
    #[arg(long, value_name = "URL", help_heading = "Recording options")]
    pub(crate) s3: Option<String>,

    /// Variables that the notebooks get, credentials among them, and those of S3: a file of NAME=VALUE lines
    #[arg(long, value_name = "FILE", help_heading = "Recording options")]
    pub(crate) env_file: Option<PathBuf>,

    /// How often notebooks that know EOAP_POLL_INTERVAL ask for a job's status
    #[arg(long, value_name = "TIME", default_value = "1s", help_heading = "Recording options")]
    pub(crate) poll_interval: humantime::Duration,

    /// What runs notebooks in Rust [default: as the profile says]
    #[arg(long, value_parser = engine(), env = "NBSNAP_ENGINE", help_heading = "Engine options")]
    pub(crate) engine: Option<EngineChoice>,

    /// Where to build
    #[command(flatten)]
    pub(crate) build: BuildArgs,

    /// How to report
    #[command(flatten)]
    pub(crate) report: ReportArgs,
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (documented, upstream) = text.split_once('=').ok_or("it has to be two addresses with `=` between them")?;
    // A host alone is as good as its address.
    let address = |text: &str| if text.contains("://") { text.to_owned() } else { format!("http://{text}") };
    Ok((address(documented), address(upstream)))
}
