//! `nbsnap prepare`: builds what notebooks depend on, and runs nothing.

use nbsnap::environment::Nothing;
use nbsnap::project::Project;
use nbsnap::report::Reporter;
use nbsnap::runner::{RunError, Runner};
use nbsnap::snapshot::UpdateMode;

use super::session;
use crate::args::PrepareArgs;
use crate::exit::Exit;

/// Runs the command.
pub(crate) fn run(project: &Project, args: &PrepareArgs) -> Result<Exit, RunError> {
    let mut engine = session::engine(project, &args.build, false, !session::on_ci())?;
    let store = super::store(project, UpdateMode::Never);
    let mut reporter = session::reporter(&args.report);
    let mut runner =
        Runner { project, engine: &mut engine, environment: &Nothing, store: &store, cache: None, jobs: 1, repeat: 1 };
    runner.prepare(&args.names, &mut |event| reporter.report(&event))?;
    Ok(Exit::Success)
}
