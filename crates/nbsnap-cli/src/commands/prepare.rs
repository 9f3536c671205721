//! `nbsnap prepare`: builds what notebooks depend on, and runs nothing.

use std::io::Write;

use nbsnap::config::EngineChoice;
use nbsnap::environment::Nothing;
use nbsnap::project::Project;
use nbsnap::report::Reporter;
use nbsnap::run::{RunError, Runner};
use nbsnap::snapshot::UpdateMode;

use super::session::{self, LockFile};
use crate::args::PrepareArgs;
use crate::exit::Exit;

/// Runs the command.
pub(crate) fn run(project: &Project, args: &PrepareArgs) -> Result<Exit, RunError> {
    let choice = if args.kernel { EngineChoice::Jupyter } else { session::one_engine(project, None) };
    let mut engine = session::engine(project, &args.build, choice, LockFile::usual())?;
    let store = super::store(project, UpdateMode::Never);
    let mut reporter = session::reporter(&args.report);
    let mut runner =
        Runner { project, engines: vec![&mut engine], environment: &Nothing, store: &store, cache: None, jobs: 1, repeat: 1 };
    // A shell that evaluates what is said for it must not see the report.
    runner.prepare(&args.names, &mut |event| if args.kernel { Ok(()) } else { reporter.report(&event) })?;
    if args.kernel {
        let folder = engine.kernel_folder().map_err(RunError::Engine)?;
        writeln!(std::io::stdout(), "export EVCXR_TMPDIR='{}'", folder.display()).map_err(RunError::Report)?;
    }
    Ok(Exit::Success)
}
