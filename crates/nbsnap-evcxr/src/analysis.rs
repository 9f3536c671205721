//! Answers questions about a cell that is being typed, with rust-analyzer. Each question and each answer is
//! a line.
//!
//! `project` loads the cells' dependencies, and `answers` asks rust-analyzer. `pages` makes its texts
//! readable, and `standard_library` finds that library's source. The kernel sends the questions. Nothing
//! here knows Jupyter. The process ends with the one that asks.

mod answers;
mod pages;
mod project;
mod standard_library;

use std::ffi::OsString;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;

use nbsnap::process::{limits, pipe};
use rust_cells::analysis::{Answer, Question};

use project::Project;

/// The argument that asks for it.
pub(crate) const COMMAND: &str = "analyse";

/// The scheduling priority of this process: a high number is low priority.
const NICE: i32 = 5;

/// rust-analyzer recurses deeply.
const STACK: usize = 256 << 20;

/// Answers questions until the pipe is closed. Projects are laid out below a folder.
pub(crate) fn main(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let Some(folder) = arguments.next().map(PathBuf::from) else { return ExitCode::from(2) };
    let Ok(stdout) = crate::server::take_stdout() else { return ExitCode::from(97) };
    let _ = limits::end_with_parent();
    // Cells come first.
    let _ = rustix::process::nice(NICE);
    let (sender, questions) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let mut stdin = BufReader::new(std::io::stdin());
        while let Ok(Some(question)) = pipe::receive::<Question>(&mut stdin) {
            if sender.send(question).is_err() {
                break;
            }
        }
        // The pipe is closed: nobody waits for an answer.
        std::process::exit(0);
    });
    let mut stdout = stdout;
    let answering = std::thread::Builder::new().stack_size(STACK).spawn(move || {
        let mut project: Option<Project> = None;
        for question in questions {
            let answer = answer(&mut project, &folder, &question);
            if pipe::send(&mut stdout, &answer).is_err() {
                return;
            }
        }
    });
    match answering.map(std::thread::JoinHandle::join) {
        Ok(Ok(())) => ExitCode::SUCCESS,
        // A question made rust-analyzer break down. The kernel notices the end of this process.
        _ => ExitCode::FAILURE,
    }
}

fn answer(project: &mut Option<Project>, folder: &std::path::Path, question: &Question) -> Answer {
    let loaded = match project.take().filter(|project| project.dependencies() == question.dependencies) {
        Some(loaded) => Ok(loaded),
        None => Project::load(folder, &question.dependencies),
    };
    match loaded {
        Ok(loaded) => answers::to(project.insert(loaded), question),
        Err(error) => Answer::Failed(error.to_string()),
    }
}
