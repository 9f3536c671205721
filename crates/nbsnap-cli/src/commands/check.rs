//! `nbsnap check`: reports what is wrong with notebooks without running them, and fixes what can be fixed.

use std::path::Path;

use nbsnap::document::Document;
use nbsnap::lint;
use nbsnap::notebook::Notebook;
use nbsnap::project::notices;
use nbsnap::record::{Diagnostic, Failure};
use nbsnap::report::{Reporter, count};
use nbsnap::run::compile::{Compiled, compile};

use super::output::say;
use super::session;
use super::session::LockFile;
use super::targets::Targets;
use crate::args::CheckArgs;
use crate::error::{CommandError, chain};
use crate::exit::Exit;

/// Rules that already report why a file cannot be compiled as a notebook.
const TELLING: &[&str] = &["format", "cell-ids", "kernelspec"];

/// Runs the command.
pub(crate) fn run(targets: &Targets, args: &CheckArgs) -> Result<Exit, CommandError> {
    let mut found = 0;
    let mut fixable = 0;
    let mut notebooks = Vec::new();
    for path in &targets.paths {
        let shown = targets.shown(path);
        let mut document = match Document::read(path) {
            Ok(document) => document,
            Err(error) => {
                found += 1;
                say(&format!("{shown}: {} [format]", chain(&error)))?;
                continue;
            }
        };
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        if args.fix {
            lint::fix(&mut document, &folder, &args.allow)?;
            if document.write(path)? {
                say(&format!("{shown}: fixed"))?;
            }
        }
        let findings = lint::look(&document, &folder, &args.allow)?;
        match targets.notebook(&document) {
            Ok(notebook) if notebook.is_rust() => notebooks.push(notebook),
            // Other kernels compile nothing that they do not run.
            Ok(_) => {}
            Err(_) if findings.iter().any(|finding| TELLING.contains(&finding.rule)) => {}
            // Errors that no rule reports, such as a misspelt tag.
            Err(_) if args.allow.iter().any(|rule| TELLING.contains(&rule.as_str())) => {}
            Err(error) => {
                found += 1;
                say(&format!("{shown}: {error} [format]"))?;
            }
        }
        for finding in findings {
            found += 1;
            fixable += usize::from(lint::is_fixable(finding.rule));
            let place = finding.cell.map(|place| format!(" {place}:")).unwrap_or_default();
            say(&format!("{shown}:{place} {} [{}]", finding.message, finding.rule))?;
        }
    }
    found += compile_all(targets, args, &notebooks)?;
    tell_of_settings(targets, args)?;
    let of = count(targets.paths.len(), "notebook");
    if found == 0 {
        say(&format!("nothing is wrong with {of}"))?;
        return Ok(Exit::Success);
    }
    let hint = match (args.fix, fixable) {
        (false, 1..) => format!("; `nbsnap check --fix` mends {fixable}"),
        _ => String::new(),
    };
    say(&format!("{} in {of}{hint}", count(found, "problem")))?;
    Ok(Exit::Failures)
}

/// Says what in the project's settings does not fit its notebooks.
fn tell_of_settings(targets: &Targets, args: &CheckArgs) -> Result<(), CommandError> {
    let Some(project) = &targets.project else { return Ok(()) };
    let all = project.notebooks()?;
    let on_patterns = if args.names.is_empty() { notices::of_patterns(project, &all) } else { Vec::new() };
    on_patterns.into_iter().chain(notices::of_rules(project, &all)).try_for_each(|note| say(&format!("note: {note}")))
}

/// Compiles the notebooks, where they are of a project. Says how many errors there are.
fn compile_all(targets: &Targets, args: &CheckArgs, notebooks: &[Notebook]) -> Result<usize, CommandError> {
    let Some(project) = targets.project.as_ref().filter(|_| !args.no_compile && !notebooks.is_empty()) else { return Ok(0) };
    let mut engine = session::engine(project, &args.build, session::one_engine(project, None), LockFile::usual())?;
    let mut reporter = session::reporter(&args.report);
    let compiled = compile(project, &mut engine, notebooks, &mut |event| reporter.report(&event))?;
    drop(reporter);
    let mut found = 0;
    for (notebook, compiled) in notebooks.iter().zip(compiled) {
        let shown = targets.shown(&notebook.path);
        match compiled {
            Compiled::Unknown(reason) => {
                say(&format!("{shown}: note: not compiled, as {reason}; `nbsnap test {}` does", notebook.name))?;
            }
            Compiled::Cells(failures) => {
                for (number, failure) in failures {
                    let id = &notebook.cells[number - 1].id;
                    let diagnostics = match failure {
                        Failure::Compile { diagnostics } => diagnostics,
                        other => {
                            found += 1;
                            say(&format!("{shown}: cell `{id}`: {other} [compile]"))?;
                            continue;
                        }
                    };
                    for diagnostic in &diagnostics {
                        found += 1;
                        say(&format!("{shown}: cell `{id}`{}", told(diagnostic)))?;
                    }
                }
            }
        }
    }
    Ok(found)
}

/// What the compiler says, with its place first, as editors read it.
fn told(diagnostic: &Diagnostic) -> String {
    let Diagnostic { code, message, spans, help } = diagnostic;
    let code = code.as_ref().map(|code| format!("[{code}]")).unwrap_or_default();
    let mut text = match spans.first() {
        Some(span) => format!(", line {}, column {}: error{code}: {message}", span.line, span.column),
        None => format!(": error{code}: {message}"),
    };
    if let Some(span) = spans.first().filter(|span| !span.label.is_empty()) {
        text += &format!(" ({})", span.label);
    }
    text += " [compile]";
    for span in spans.iter().skip(1) {
        text += &format!("\n    line {}, column {}: {}", span.line, span.column, span.label);
    }
    for help in help {
        let lines: Vec<&str> = help.lines().filter(|line| !line.trim().is_empty()).collect();
        text += &format!("\n    help: {}", lines.join("\n          "));
    }
    text
}
