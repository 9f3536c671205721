//! Arguments of the commands that show or settle snapshots.

/// `nbsnap accept`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap accept                      everything that waits
  nbsnap accept lab                  what waits for the notebook lab")]
pub(crate) struct AcceptArgs {
    /// Notebooks: names, files, or beginnings of names [default: all]
    pub(crate) names: Vec<String>,
}

/// `nbsnap list`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap list                        notebooks, their code cells, and whether they have snapshots
  nbsnap list --json lab | jq '.notebooks[].cells[].id'")]
pub(crate) struct ListArgs {
    /// Notebooks: names, files, or beginnings of names [default: all]
    pub(crate) names: Vec<String>,

    /// As one JSON document, for programs
    #[arg(long)]
    pub(crate) json: bool,
}
