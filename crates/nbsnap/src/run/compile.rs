//! Compiles notebooks without running them: which cells do not compile, and where.
//!
//! The main function is [`compile`]. It judges only that; what a cell does when it runs is for a test to see.

use super::error::RunError;
use super::preparation::prepare;
use crate::engine::{Check, Engine, Run};
use crate::event::Emit;
use crate::notebook::Notebook;
use crate::project::Project;
use crate::record::Failure;

/// The outcome of a notebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compiled {
    /// The cells that do not compile, with the compiler's messages; those that are meant to fail are left
    /// out.
    Cells(Vec<(usize, Failure)>),
    /// Only a run can tell; this is why, as half a sentence.
    Unknown(String),
}

/// Builds the dependencies of the notebooks, and compiles their cells. Cells that are meant to fail may fail
/// here already.
///
/// # Errors
/// When that cannot be done. A cell that does not compile is no error.
pub fn compile(
    project: &Project,
    engine: &mut dyn Engine,
    notebooks: &[Notebook],
    emit: Emit<'_>,
) -> Result<Vec<Compiled>, RunError> {
    prepare(project, engine, notebooks, emit)?;
    let mut worker = engine.worker(0)?;
    let mut all = Vec::new();
    for notebook in notebooks {
        let run = Run { deadline: None, ..Run::new(&project.config, notebook, Default::default()) };
        all.push(match worker.check(&run)? {
            Check::Unknown(reason) => Compiled::Unknown(reason),
            Check::Cells(failures) => {
                let is_wrong = |number: &usize| !notebook.cells.get(number - 1).is_some_and(|cell| cell.must_raise());
                Compiled::Cells(failures.into_iter().filter(|(number, _)| is_wrong(number)).collect())
            }
        });
    }
    Ok(all)
}
