//! Exit codes: what a script learns from a run.

use std::process::ExitCode;

use nbsnap::engine::EngineError;
use nbsnap::event::Summary;
use nbsnap::project::ProjectError;
use nbsnap::project::start::StartError;
use nbsnap::run::RunError;

use crate::error::CommandError;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All is as it should be.
    Success,
    /// No notebook was found to run.
    NoNotebooks,
    /// The run could not be set up; this says nothing about any notebook.
    SetUp,
    /// Notebooks failed.
    Failures,
    /// The report could not be written.
    Report,
    /// The user stopped the run.
    Interrupted,
    /// A command that was run ended like this.
    Of(u8),
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(match exit {
            Exit::Success => 0,
            Exit::NoNotebooks => 4,
            Exit::SetUp => 96,
            Exit::Failures => 100,
            Exit::Report => 110,
            Exit::Interrupted => 130,
            Exit::Of(code) => code,
        })
    }
}

impl Exit {
    /// What the counts of a run mean for a script. That the runner broke down says nothing about the
    /// notebooks.
    pub(crate) fn of_summary(summary: &Summary) -> Exit {
        match summary {
            Summary { failed: 0, orphans: 0, .. } => Exit::Success,
            Summary { failed, set_up, internal, orphans: 0, .. } if *failed == set_up + internal => Exit::SetUp,
            _ => Exit::Failures,
        }
    }

    /// The code for a command that broke down.
    pub(crate) fn of_error(error: &CommandError) -> Exit {
        match error {
            CommandError::Run(error) => Exit::of_run_error(error),
            CommandError::Project(error) => Exit::of_project_error(error),
            CommandError::Start(StartError::NoNotebooks { .. }) | CommandError::Select(_) => Exit::NoNotebooks,
            CommandError::Output(_) => Exit::Report,
            _ => Exit::SetUp,
        }
    }

    fn of_run_error(error: &RunError) -> Exit {
        match error {
            RunError::NoNotebooks { .. } | RunError::NothingSelected | RunError::Select(_) => Exit::NoNotebooks,
            RunError::Project(error) => Exit::of_project_error(error),
            RunError::Engine(EngineError::Interrupted) => Exit::Interrupted,
            RunError::Report(_) => Exit::Report,
            _ => Exit::SetUp,
        }
    }

    fn of_project_error(error: &ProjectError) -> Exit {
        match error {
            ProjectError::NotFound { .. } => Exit::NoNotebooks,
            _ => Exit::SetUp,
        }
    }
}
