//! `nbsnap init`: makes a project of the folder that one is in.

use std::path::Path;

use nbsnap::project::start::{self, Example, Step};

use super::output::say;
use super::targets::Place;
use crate::args::InitArgs;
use crate::error::CommandError;
use crate::exit::Exit;

/// Runs the command.
pub(crate) fn run(place: &Place<'_>, args: &InitArgs) -> Result<Exit, CommandError> {
    let folder = place.named().unwrap_or(Path::new("."));
    let started = start::start(folder, if args.example { Example::Written } else { Example::Left })?;
    let here = std::env::current_dir().and_then(|here| here.canonicalize()).unwrap_or_default();
    let shown = |path: &Path| path.strip_prefix(&here).unwrap_or(path).display().to_string();
    for step in &started.steps {
        say(&match step {
            Step::Written(path) => format!("wrote {}", shown(path)),
            Step::Extended(path, lines) => format!("wrote {} (+ {})", shown(path), lines.join(", ")),
            Step::Kept(path) => format!("kept  {}, which is there already", shown(path)),
            _ => continue,
        })?;
    }
    if !started.is_in_repository {
        say(
            "left out: .gitignore and a workflow for GitHub, as this is in no Git repository; after `git init`, `nbsnap init` writes them",
        )?;
    }
    for notice in &started.notices {
        say(&format!("note: {notice}"))?;
    }
    let project = &started.project;
    let notebooks = if started.notebooks == 1 { "1 notebook".to_owned() } else { format!("{} notebooks", started.notebooks) };
    let elsewhere = if project.root == here { String::new() } else { format!(" in {}", shown(&project.root)) };
    // Most tools wrote none before 2021.
    let ids = match started.without_ids {
        0 => String::new(),
        number => {
            let verb = if number == 1 { "lacks" } else { "lack" };
            format!(
                "  nbsnap check --fix --no-compile\n                   give their cells ids, which {number} of them {verb}, and take out what is in snapshots from now on\n"
            )
        }
    };
    say(&format!(
        "\n{notebooks}{elsewhere}. Next:\n{ids}  nbsnap test      run them, and lay what they show beside their snapshots\n  \
         nbsnap accept    take it as the truth, once you have looked at it"
    ))?;
    Ok(Exit::Success)
}
