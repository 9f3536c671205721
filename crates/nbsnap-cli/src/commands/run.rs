//! `nbsnap run`: runs notebooks and writes their outputs into them, or into other files.

use std::collections::BTreeSet;
use std::io::Write;
use std::path::PathBuf;

use nbsnap::document::{Document, Parameters};
use nbsnap::notebook::Notebook;
use nbsnap::project::ProjectError;
use nbsnap::report::Reporter;
use nbsnap::run::outputs_only::{AfterFailure, Executed, OutputsOnly};

use super::session::LockFile;
use super::{Place, Targets, or_say, session};
use crate::args::RunArgs;
use crate::environment;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::screen;

/// Runs the command.
pub(crate) fn run(place: &Place<'_>, args: &RunArgs) -> Result<Exit, CommandError> {
    let parameters = Parameters::parse(&args.parameters, &args.raw_parameters)?;
    let targets = Targets::find(place, &args.names)?;
    let Some(project) = &targets.project else {
        let start = targets.paths.first().cloned().unwrap_or_default();
        return Err(ProjectError::NotFound { start }.into());
    };
    // Everything that can be known to be wrong is, before anything runs.
    let (mut outputs, mut documents, mut notebooks) = (outputs(&targets, args)?, Vec::new(), Vec::new());
    let mut are_read = Vec::new();
    for path in &targets.paths {
        let mut document = or_say(Document::read(path))?;
        if let Some(document) = &mut document {
            parameters.inject(document)?;
        }
        let notebook: Option<Notebook> = document.as_ref().map(Document::notebook).map_or(Ok(None), or_say)?;
        are_read.push(notebook.is_some());
        documents.extend(document.filter(|_| notebook.is_some()));
        notebooks.extend(notebook);
    }
    let mut kept = are_read.iter();
    outputs.retain(|_| kept.next().copied().unwrap_or_default());
    if notebooks.is_empty() {
        return Ok(Exit::SetUp);
    }

    let environment = environment::of_run(project, &args.live)?;
    let choice = session::one_engine(project, args.engine);
    let mut engine = session::engine(project, &args.build, choice, LockFile::usual())?;
    let mut reporter = session::reporter(&args.report);
    let after_failure = if args.allow_errors { AfterFailure::GoOn } else { AfterFailure::Stop };
    let mut execution = OutputsOnly { project, engine: &mut engine, environment: &*environment, after_failure };
    let mut written = Vec::new();
    // What a notebook has come to is written before the next one begins: nobody's interrupt takes it away.
    let mut done = |place: usize, executed: Executed| {
        documents[place].set_records(&executed.records);
        written.push((place, documents[place].write(&outputs[place])));
    };
    let ended = execution.run(&notebooks, &mut |event| reporter.report(&event), &mut done);
    drop(reporter);

    let mut out = screen::stdout();
    for (place, wrote) in written {
        let what = if wrote? { "wrote" } else { "unchanged" };
        writeln!(out, "{what} {}", targets.shown(&outputs[place])).map_err(CommandError::Output)?;
    }
    Ok(match Exit::of_summary(&ended?) {
        Exit::Success if are_read.contains(&false) => Exit::SetUp,
        exit => exit,
    })
}

/// Where each notebook goes.
fn outputs(targets: &Targets, args: &RunArgs) -> Result<Vec<PathBuf>, CommandError> {
    let Some(output) = &args.output else { return Ok(targets.paths.clone()) };
    let is_folder = output.is_dir() || output.to_string_lossy().ends_with(std::path::MAIN_SEPARATOR);
    if !is_folder {
        return match targets.paths.len() {
            1 => Ok(vec![output.clone()]),
            many => Err(CommandError::Usage(format!(
                "{many} notebooks cannot be written into the one file {}; name a folder, as in `-o {}/`",
                output.display(),
                output.display()
            ))),
        };
    }
    let outputs: Vec<PathBuf> = targets.paths.iter().map(|path| output.join(path.file_name().unwrap_or_default())).collect();
    let different: BTreeSet<&PathBuf> = outputs.iter().collect();
    if different.len() < outputs.len() {
        return Err(CommandError::Usage("two of the notebooks have the same name: write them into different folders".into()));
    }
    Ok(outputs)
}
