//! One worker: has `nbsnap-evcxr` run notebooks, and passes on what that reports.

use std::ops::ControlFlow;

use super::connection::{Connection, Line};
use super::protocol::{Answer, Request};
use crate::engine::{Check, EngineError, Progress, Run, Worker};

/// One worker of the engine.
pub(super) struct EvcxrWorker<'a> {
    connection: &'a Connection,
    line: Line,
    workspace: usize,
}

impl<'a> EvcxrWorker<'a> {
    /// A worker whose cells are built in the workspace of this number.
    pub(super) fn new(connection: &'a Connection, workspace: usize) -> EvcxrWorker<'a> {
        EvcxrWorker { connection, line: connection.line(), workspace }
    }
}

impl Worker for EvcxrWorker<'_> {
    fn check(&mut self, _run: &Run<'_>) -> Result<Check, EngineError> {
        Ok(Check::Unknown("engine evcxr compiles only what it runs".into()))
    }

    fn run(&mut self, run: &Run<'_>, report: &mut dyn FnMut(Progress<'_>) -> ControlFlow<()>) -> Result<(), EngineError> {
        let worker = self.line.worker;
        self.connection.say(&Request::Run { worker, workspace: self.workspace, run: run.into() })?;
        loop {
            match self.connection.hear(&self.line)? {
                Answer::Report { report: sent, .. } => {
                    let progress = sent.into_progress(run.notebook).ok_or_else(|| EngineError::Failed {
                        message: "nbsnap-evcxr reports a cell that the notebook does not have".into(),
                    })?;
                    let goes_on = report(progress).is_continue();
                    self.connection.say(&Request::GoOn { worker, goes_on })?;
                }
                Answer::Ended { result, .. } => return Ok(result?),
                other => return Err(EngineError::Failed { message: format!("nbsnap-evcxr answered out of turn: {other:?}") }),
            }
        }
    }
}

impl Drop for EvcxrWorker<'_> {
    fn drop(&mut self) {
        self.connection.leave(&self.line);
    }
}
