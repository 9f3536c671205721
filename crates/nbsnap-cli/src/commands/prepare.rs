//! `nbsnap prepare`: builds what notebooks depend on, and runs nothing.

use std::io::Write;

use nbsnap::config::EngineChoice;
use nbsnap::environment::Nothing;
use nbsnap::project::Project;
use nbsnap::report::Reporter;
use nbsnap::run::{RunError, Runner, Seen};
use nbsnap::snapshot::UpdateMode;

use super::session::{self, LockFile};
use super::targets::with_whole_paths;
use crate::args::{BuildArgs, PrepareArgs, ReportArgs};
use crate::exit::Exit;

/// Runs the command.
pub(crate) fn run(project: &Project, args: &PrepareArgs) -> Result<Exit, RunError> {
    if !args.kernel {
        return build(
            project,
            &with_whole_paths(project, &args.names),
            session::one_engine(project, None),
            args,
            Told::Everything,
        );
    }
    // Standard output is for a shell to evaluate, so the report must not be in it.
    build(project, &with_whole_paths(project, &args.names), EngineChoice::Jupyter, args, Told::Folder)
}

/// Builds what the kernel finds built, for all notebooks of the project.
pub(super) fn for_kernel(project: &Project, build_args: &BuildArgs, report: &ReportArgs) -> Result<(), RunError> {
    let args = PrepareArgs { names: Vec::new(), kernel: false, build: build_args.clone(), report: report.clone() };
    build(project, &[], EngineChoice::Rustc, &args, Told::Everything).map(drop)
}

/// What a build prints.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Told {
    /// All that happens.
    Everything,
    /// What to export to find it.
    Folder,
}

fn build(project: &Project, names: &[String], choice: EngineChoice, args: &PrepareArgs, told: Told) -> Result<Exit, RunError> {
    let mut engine = session::engine(project, &args.build, choice, LockFile::usual())?;
    if told == Told::Folder {
        engine = engine.only_evcxrs();
    }
    let store = super::store::store(project, UpdateMode::Never);
    let mut reporter = session::reporter(&args.report);
    let mut runner = Runner {
        project,
        engines: vec![&mut engine],
        environment: &Nothing,
        store: &store,
        cache: None,
        jobs: 1,
        repeat: 1,
        seen: Seen::default(),
    };
    runner.prepare(names, &mut |event| if told == Told::Everything { reporter.report(&event) } else { Ok(()) })?;
    if told == Told::Folder {
        let folder = engine.kernel_folder().map_err(RunError::Engine)?;
        writeln!(std::io::stdout(), "export EVCXR_TMPDIR='{}'", folder.display()).map_err(RunError::Report)?;
    }
    Ok(Exit::Success)
}
