//! The reporters of a run: for people on standard output, and for files and services as settings and
//! arguments ask.

use std::fs::File;
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use nbsnap::config::Github;
use nbsnap::files::writable::is_writable;
use nbsnap::project::Project;
use nbsnap::report::{AtEnd, FailedFiles, GithubAnnotations, JsonLines, LeftFiles, Reporters, When, github_summary, html, junit};
use nbsnap::run::RunError;

use super::session;
use crate::args::TestReportArgs;
use crate::screen;

/// All reporters of a test run. `cache` is the folder that is built in.
pub(crate) fn of_test(project: &Project, cache: &Path, args: &TestReportArgs) -> Result<Reporters<'static>, RunError> {
    let settings = &project.config.report;
    let mut reporters = Reporters::default();
    // JSON lines on standard output are for a program, which wants nothing else there.
    let json = args.json.as_ref().or(settings.json.as_ref());
    let on_stdout = json.is_some_and(|path| path == Path::new("-"));
    let html_path = page(project, cache, args);
    let failed = of_settings(project, cache, &settings.failed);
    if !on_stdout {
        let shown = |path: &Path| path.strip_prefix(&project.root).unwrap_or(path).to_owned();
        let left = LeftFiles { html: html_path.as_deref().map(shown), failed: Some(shown(&failed)) };
        reporters.add(session::reporter(&args.human).verbose(args.verbose).leaving(left));
    }
    // Arguments mean the folder that they are given in, settings that of the project.
    let place = |path: &PathBuf, is_argument: bool| if is_argument { path.clone() } else { of_settings(project, cache, path) };
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
        reporters.add(AtEnd::new(path, when, html));
    }
    reporters.add(FailedFiles::new(project.root.clone(), failed));
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

/// The file of the page of the run, if there is to be one: as seen from here if it was given as an argument,
/// else from the project.
pub(crate) fn page(project: &Project, cache: &Path, args: &TestReportArgs) -> Option<PathBuf> {
    let usual = || args.open.then(|| PathBuf::from("target/nbsnap/report.html"));
    let of_project = || project.config.report.html.clone().or_else(usual).map(|path| of_settings(project, cache, &path));
    args.html.clone().or_else(of_project)
}

/// Where a file goes that settings name. That is below the project's folder, or, where the checkout is
/// read-only, in the folder that is built in.
fn of_settings(project: &Project, cache: &Path, path: &Path) -> PathBuf {
    let usual = project.root.join(path);
    if is_writable(&usual) || !is_writable(cache) {
        return usual;
    }
    let own = project.cache_dir();
    cache.join(usual.strip_prefix(&own).ok().or_else(|| path.file_name().map(Path::new)).unwrap_or(path))
}

fn create(path: &Path) -> Result<File, RunError> {
    let created = path.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| File::create(path));
    created.map_err(|error| RunError::Report(io::Error::new(error.kind(), format!("{}: {error}", path.display()))))
}
