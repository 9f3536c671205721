//! One module a command; this one finds the project and hands over.

mod accept;
mod analyser;
mod check;
mod clean;
mod completions;
mod diff;
mod export;
mod init;
mod kernel;
mod kernel_settings;
mod lab;
mod list;
mod open;
mod output;
mod prepare;
mod record;
mod reporters;
mod review;
mod run;
mod scenario;
mod serve;
mod session;
mod settings;
mod store;
mod strip;
mod targets;
mod test;

use std::io::Write;

use crate::args::{Args, Command};
use crate::error::{CommandError, chain};
use crate::exit::Exit;
use crate::screen;
use targets::{Place, Targets};

/// Runs the command that was asked for. Errors are shown on standard error.
pub(crate) fn run(args: &Args) -> Exit {
    match dispatch(args) {
        Ok(exit) => exit,
        Err(error) => {
            let exit = Exit::of_error(&error);
            let head = if exit == Exit::Interrupted { "interrupted" } else { "error" };
            let text = chain(&error);
            let message = if exit == Exit::Interrupted { String::new() } else { format!(": {text}") };
            // If standard error is closed, too, the exit code still reports the failure.
            let _ = writeln!(screen::stderr(), "nbsnap: {head}{message}");
            exit
        }
    }
}

fn dispatch(args: &Args) -> Result<Exit, CommandError> {
    let place = Place::of(args);
    let project = || place.project();
    match &args.command {
        Command::Test(args) => Ok(test::run(&place.project_of(&args.selection.names)?, place.profile, args)?),
        Command::Prepare(args) => Ok(prepare::run(&place.project_of(&args.names)?, args)?),
        Command::Accept(args) => Ok(accept::run(&place.project_of(&args.names)?, &args.names)?),
        Command::Console(args) => kernel::console(&place, args),
        Command::Init(args) => init::run(&place, args),
        Command::Kernel(args) => kernel::run(&place, &args.command),
        Command::Lab(args) => lab::run(&place, args),
        Command::List(args) => list::run(&place.project_of(&args.names)?, args),
        Command::Review(args) => review::run(&project()?, args),
        Command::Diff(args) => diff::run(&place, args),
        Command::Export(args) => export::run(&Targets::find(&place, &args.names)?, args),
        Command::Check(args) => check::run(&Targets::find(&place, &args.names)?, args),
        Command::Clean(args) => clean::run(&project()?, args),
        Command::Completions(args) => completions::completions(args),
        Command::Man(args) => completions::man(args),
        Command::Run(args) => run::run(&place, args),
        Command::Record(args) => record::run(&place, args),
        Command::Scenario(args) => scenario::run(&place, args),
        Command::Serve(args) => serve::run(&place, args),
        Command::Settings => settings::run(),
        Command::Strip(args) => strip::run(&Targets::find(&place, &args.names)?, args),
    }
}
