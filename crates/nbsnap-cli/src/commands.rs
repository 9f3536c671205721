//! One module a command; this one finds the project and hands over.

mod accept;
mod list;
mod prepare;
mod session;
mod test;

use std::io::Write;
use std::path::{Path, PathBuf};

use nbsnap::project::Project;
use nbsnap::runner::RunError;
use nbsnap::snapshot::{SnapshotStore, UpdateMode};

use crate::args::{Args, Command};
use crate::exit::Exit;
use crate::lent::chain;

/// Runs the command that was asked for. Errors are shown on standard error.
pub(crate) fn run(args: &Args) -> Exit {
    let result = find_project(args.project.as_deref()).and_then(|project| match &args.command {
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

fn find_project(named: Option<&Path>) -> Result<Project, RunError> {
    let start = named.map_or_else(|| PathBuf::from("."), Path::to_path_buf);
    Ok(Project::find(&start)?)
}

fn store(project: &Project, update: UpdateMode) -> SnapshotStore {
    SnapshotStore::new(project.snapshots_dir(), project.root.clone(), update)
}
