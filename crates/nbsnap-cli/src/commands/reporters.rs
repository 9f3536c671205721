//! The reporters of a run: for people on standard output, and for files and services as settings and
//! arguments ask.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use nbsnap::config::Github;
use nbsnap::project::Project;
use nbsnap::report::{AtEnd, FailedFiles, GithubAnnotations, JsonLines, LeftFiles, Reporters, When, github_summary, html, junit};
use nbsnap::run::RunError;

use super::session;
use crate::args::TestReportArgs;
use crate::screen;

/// All reporters of a test run.
pub(crate) fn of_test(project: &Project, args: &TestReportArgs) -> Result<Reporters<'static>, RunError> {
    let settings = &project.config.report;
    let mut reporters = Reporters::default();
    // JSON lines on standard output are for a program, which wants nothing else there.
    let json = args.json.as_ref().or(settings.json.as_ref());
    let on_stdout = json.is_some_and(|path| path == Path::new("-"));
    let html_path = html_path(project, args);
    if !on_stdout {
        let shown = |path: &Path| path.strip_prefix(&project.root).unwrap_or(path).to_owned();
        let left = LeftFiles { html: html_path.as_deref().map(shown), failed: Some(shown(&settings.failed)) };
        reporters.add(session::reporter(&args.human).verbose(args.verbose).leaving(left));
    }
    // Arguments mean the folder that they are given in, settings that of the project.
    let place = |path: &PathBuf, is_argument: bool| if is_argument { path.clone() } else { project.root.join(path) };
    match json {
        Some(_) if on_stdout => reporters.add(JsonLines::new(io::stdout())),
        Some(path) => reporters.add(JsonLines::new(BufWriter::new(create(&place(path, args.json.is_some()))?))),
        None => {}
    }
    if let Some(path) = args.junit.as_ref().or(settings.junit.as_ref()) {
        reporters.add(AtEnd::new(place(path, args.junit.is_some()), When::Always, junit));
    }
    if let Some(path) = html_path {
        let when = if args.open { When::Always } else { When::SomethingFailed };
        reporters.add(AtEnd::new(place(&path, args.html.is_some()), when, html));
    }
    reporters.add(FailedFiles::new(project.root.clone(), project.root.join(&settings.failed)));
    let github = match settings.github {
        Github::Always => true,
        Github::Auto => screen::on_github(),
        _ => false,
    };
    if github {
        if !on_stdout {
            reporters.add(GithubAnnotations::new(io::stdout()));
        }
        if let Some(path) = std::env::var_os("GITHUB_STEP_SUMMARY").filter(|path| !path.is_empty()) {
            reporters.add(AtEnd::new(path.into(), When::Appending, github_summary));
        }
    }
    Ok(reporters)
}

/// Where the page of the run goes: as seen from here if it was given as an argument, else from the project.
fn html_path(project: &Project, args: &TestReportArgs) -> Option<PathBuf> {
    let usual = || args.open.then(|| PathBuf::from("target/nbsnap/report.html"));
    args.html.clone().or_else(|| project.config.report.html.clone()).or_else(usual)
}

/// The file of the page of the run, if there is to be one.
pub(crate) fn page(project: &Project, args: &TestReportArgs) -> Option<PathBuf> {
    let path = html_path(project, args)?;
    Some(if args.html.is_some() { path } else { project.root.join(path) })
}

fn create(path: &Path) -> Result<File, RunError> {
    let created = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| File::create(path));
    created.map_err(|error| RunError::Report(io::Error::new(error.kind(), format!("{}: {error}", path.display()))))
}
