//! `nbsnap run`: runs notebooks and writes their outputs into them, or into other files.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use nbsnap::document::{Document, Parameters};
use nbsnap::notebook::Notebook;
use nbsnap::project::ProjectError;
use nbsnap::report::Reporter;
use nbsnap::run::outputs_only::{AfterFailure, Executed, OutputsOnly};
use serde_json::{Map, Value};

use super::output::or_explain;
use super::session;
use super::session::LockFile;
use super::targets::{Place, Targets};
use crate::args::RunArgs;
use crate::environment;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::screen;

/// Runs the command.
pub(crate) fn run(place: &Place<'_>, args: &RunArgs) -> Result<Exit, CommandError> {
    let parameters = parameters(args)?;
    let targets = Targets::find(place, &args.names)?;
    let Some(mut project) = targets.project.clone() else {
        let start = targets.paths.first().cloned().unwrap_or_default();
        return Err(ProjectError::NotFound { start }.into());
    };
    project.config.kernels.put_first(args.kernel.iter().cloned());
    let project = &project;
    // Everything that can be known to be wrong is, before anything runs.
    let (mut outputs, mut documents, mut notebooks) = (Vec::new(), Vec::new(), Vec::new());
    let mut all_are_read = true;
    for (path, output) in places(&targets, args)? {
        let mut document = or_explain(Document::read(path))?;
        if let Some(document) = &mut document {
            parameters.inject(document)?;
        }
        let notebook: Option<Notebook> =
            document.as_ref().map(|document| targets.notebook(document)).map_or(Ok(None), or_explain)?;
        all_are_read &= notebook.is_some();
        outputs.extend(notebook.is_some().then_some(output));
        documents.extend(document.filter(|_| notebook.is_some()));
        notebooks.extend(notebook);
    }
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
    // Each notebook's result is written before the next one begins, so that an interrupt cannot lose it.
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
        Exit::Success if !all_are_read => Exit::SetUp,
        exit => exit,
    })
}

/// The parameters, as papermill takes them together: what comes later wins, and pairs win over YAML.
fn parameters(args: &RunArgs) -> Result<Parameters, CommandError> {
    let mut values = Map::new();
    for file in &args.parameters_file {
        let from = file.display().to_string();
        let text = fs::read_to_string(file)
            .map_err(|error| CommandError::Parameters { from: from.clone(), reason: error.to_string() })?;
        values.extend(of_yaml(from, &text)?);
    }
    for text in &args.parameters_yaml {
        values.extend(of_yaml("--parameters-yaml".to_owned(), text)?);
    }
    Ok(Parameters::parse(&args.parameters, &args.raw_parameters)?.over(values))
}

/// The members of a YAML document, which may be empty.
fn of_yaml(from: String, text: &str) -> Result<Map<String, Value>, CommandError> {
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_saphyr::from_str(text) {
        Ok(Value::Object(members)) => Ok(members),
        Ok(Value::Null) => Ok(Map::new()),
        Ok(_) => Err(CommandError::Parameters { from, reason: "it is no mapping of names to values".to_owned() }),
        Err(error) => Err(CommandError::Parameters { from, reason: error.without_snippet().to_string() }),
    }
}

/// The file of each notebook, and the file that its outputs are written into.
fn places<'t>(targets: &'t Targets, args: &RunArgs) -> Result<Vec<(&'t Path, PathBuf)>, CommandError> {
    let paths = targets.paths.iter().map(PathBuf::as_path);
    let Some(output) = &args.output else { return Ok(paths.map(|path| (path, path.to_owned())).collect()) };
    let is_folder = output.is_dir() || output.to_string_lossy().ends_with(std::path::MAIN_SEPARATOR);
    if !is_folder {
        return match targets.paths.len() {
            1 => Ok(paths.map(|path| (path, output.clone())).collect()),
            many => Err(CommandError::Usage(format!(
                "{many} notebooks cannot be written into the one file {}; name a folder, as in `-o {}/`",
                output.display(),
                output.display()
            ))),
        };
    }
    let places: Vec<_> = paths.map(|path| (path, output.join(format!("{}.ipynb", targets.name_of(path))))).collect();
    let mut taken = BTreeMap::new();
    for (path, place) in &places {
        if let Some(other) = taken.insert(place, path) {
            let (one, other, place) = (targets.shown(other), targets.shown(path), place.display());
            let message = format!("{one} and {other} would both be written into {place}: run them into different folders");
            return Err(CommandError::Usage(message));
        }
    }
    Ok(without_results(places))
}

/// Leaves out what an earlier run wrote: a folder among the notebooks would get another one in it each time.
fn without_results(places: Vec<(&Path, PathBuf)>) -> Vec<(&Path, PathBuf)> {
    let whole = |path: &Path| path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let written: BTreeMap<PathBuf, &Path> = places.iter().map(|(path, place)| (whole(place), *path)).collect();
    let is_result = |path: &Path| written.get(&whole(path)).is_some_and(|from| *from != path);
    places.iter().filter(|(path, _)| !is_result(path)).cloned().collect()
}
