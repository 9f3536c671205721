//! One module a command; this one finds the project and hands over.

mod accept;
mod list;
mod prepare;
mod session;
mod test;

use std::io::Write;
use std::path::Path;

use nbsnap::config::{CI_PROFILE, DEFAULT_PROFILE};
use nbsnap::project::Project;
use nbsnap::runner::RunError;
use nbsnap::snapshot::{Comparison, SnapshotStore, UpdateMode};

use crate::args::{Args, Command};
use crate::exit::Exit;
use crate::lent::chain;

/// Runs the command that was asked for. Errors are shown on standard error.
pub(crate) fn run(args: &Args) -> Exit {
    let result = find_project(args).and_then(|project| match &args.command {
        Command::Test(args) => test::run(&project, args),
        Command::Prepare(args) => prepare::run(&project, args),
        Command::Accept(args) => accept::run(&project, &args.names),
        Command::List => list::run(&project),
    });
    match result {
        Ok(exit) => exit,
        Err(error) => {
            let exit = Exit::of_error(&error);
            let head = if exit == Exit::Interrupted { "interrupted" } else { "error" };
            let text = chain(&error);
            let message = if exit == Exit::Interrupted { String::new() } else { format!(": {text}") };
            // If even standard error is closed there is nobody left to tell; the exit code still says it.
            let _ = writeln!(std::io::stderr(), "nbsnap: {head}{message}");
            exit
        }
    }
}

fn find_project(args: &Args) -> Result<Project, RunError> {
    let start = args.project.as_deref().unwrap_or(Path::new("."));
    let profile = args.profile.as_deref().unwrap_or(if session::on_ci() { CI_PROFILE } else { DEFAULT_PROFILE });
    Ok(Project::find(start, profile)?)
}

fn store(project: &Project, update: UpdateMode) -> SnapshotStore {
    let comparison = Comparison::new(project.config.compare.clone());
    SnapshotStore::new(project.snapshots_dir(), project.root.clone(), update).with_comparison(comparison)
}
