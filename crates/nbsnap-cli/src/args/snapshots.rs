//! Arguments of the commands that show or settle snapshots.

/// `nbsnap accept`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap accept                      everything that is pending
  nbsnap accept lab                  what is pending for the notebook lab")]
pub(crate) struct AcceptArgs {
    /// Notebooks: names, files, folders, or beginnings of names [default: all]
    pub(crate) names: Vec<String>,
}

/// `nbsnap list`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap list                        notebooks, their code cells, and whether they have snapshots
  nbsnap list --json lab | jq '.notebooks[].cells[].id'")]
pub(crate) struct ListArgs {
    /// Notebooks: names, files, folders, or beginnings of names [default: all]
    pub(crate) names: Vec<String>,

    /// As one JSON document, for programs
    #[arg(long)]
    pub(crate) json: bool,
}

/// `nbsnap review`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap review                      go through what is pending, and accept, reject or skip each
  nbsnap review lab                  only what is pending for the notebook lab
  nbsnap review --accept lab::say    accept one cell's without asking
  nbsnap review --reject             reject everything
  nbsnap review | less               only look

A snapshot that belongs to no cell is shown as what it is: to accept removes it.
Where input or output is not a terminal, everything that is pending is shown, nothing is changed, and the exit code is 100 if there is
anything.")]
pub(crate) struct ReviewArgs {
    /// Notebooks: names, files, folders, or beginnings of names; NAME::CELL is the cell with that id, or
    /// those that a glob for ids fits [default: all]
    pub(crate) names: Vec<String>,

    /// Accept without asking
    #[arg(long, conflicts_with = "reject")]
    pub(crate) accept: bool,

    /// Reject without asking: the proposals are removed, what is recorded stays
    #[arg(long)]
    pub(crate) reject: bool,

    /// How to report
    #[command(flatten)]
    pub(crate) report: super::shared::ReportArgs,
}
