//! Arguments of the commands that keep a machine or a shell in order.

use std::path::PathBuf;

use super::shared::BuildArgs;

/// `nbsnap init`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap init                        in the folder of your notebooks, or of your repository
  nbsnap init --example              in an empty folder
  nbsnap init --project course       in another folder")]
pub(crate) struct InitArgs {
    /// Write a first notebook where there is none
    #[arg(long)]
    pub(crate) example: bool,
}

/// `nbsnap clean`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap clean --dry-run             show what there is, and remove nothing
  nbsnap clean                       remove what is left over: pending snapshots of cells that are gone, half-written files
  nbsnap clean --builds              also remove what notebooks' dependencies were built into, and what is known of earlier runs")]
pub(crate) struct CleanArgs {
    /// Only show what there is and what would be removed
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,

    /// Also remove builds and what is known of earlier runs: the next run builds anew
    #[arg(long)]
    pub(crate) builds: bool,

    /// Where to build
    #[command(flatten)]
    pub(crate) build: BuildArgs,
}

/// `nbsnap completions`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap completions bash > ~/.local/share/bash-completion/completions/nbsnap
  nbsnap completions zsh > ~/.zfunc/_nbsnap
  nbsnap completions fish > ~/.config/fish/completions/nbsnap.fish")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    pub(crate) shell: clap_complete::Shell,
}

/// `nbsnap man`
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  nbsnap man | man -l -              read the page
  nbsnap man -o share/man/man1/      write it and one for each command, for a package")]
pub(crate) struct ManArgs {
    /// Folder to write the pages into [default: the main page to standard output]
    #[arg(short, long, value_name = "DIR")]
    pub(crate) output: Option<PathBuf>,
}
