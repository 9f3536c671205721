//! What evcxr's own commands do to a notebook, as far as one program can do it too.
//!
//! The main type is [`Settings`]. Commands are only read here; what they say is shown by the program.

use super::cell::{Cell, Line};
use super::declined::Declined;
use crate::record::{Diagnostic, DiagnosticSpan, Failure};

/// evcxr's version, which `:version` says.
const EVCXR_VERSION: &str = "0.22.0";

/// What commands have set so far.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// `:fmt`: how final expressions are shown.
    pub(crate) output_format: String,
    /// `:efmt`: how errors that `?` meets are shown.
    pub(crate) error_format: String,
    optimization: String,
}

/// What a cell's lines come to before its code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Saying {
    /// This is said.
    Text(String),
    /// This is run by the shell.
    Shell(String),
}

/// The outcome of a cell's lines.
pub(crate) type Said = Result<Vec<Saying>, Box<Failure>>;

impl Settings {
    /// What evcxr begins with, built with this opt-level.
    pub(crate) fn new(opt_level: &str) -> Settings {
        Settings { output_format: "{:?}".into(), error_format: "{}".into(), optimization: opt_level.to_owned() }
    }

    /// Takes in a cell's lines: what they say, or how evcxr refuses one of them.
    pub(crate) fn take(&mut self, cell: &Cell) -> Result<Said, Declined> {
        let before = self.clone();
        let mut said = Vec::new();
        for line in &cell.lines {
            let (name, arguments, at) = match line {
                Line::Shell(command) => {
                    said.push(Saying::Shell(command.clone()));
                    continue;
                }
                Line::Command { name, arguments, line } => (name.as_str(), arguments.as_deref(), *line),
            };
            match self.command(name, arguments) {
                Ok(Some(text)) => said.push(Saying::Text(text + "\n")),
                Ok(None) => {}
                Err(Refusal::Unknown) => {
                    return Err(Declined::cell(cell.number, format!("has `{name}`, which only evcxr can carry out")));
                }
                // What a cell's commands have set is forgotten when one of them is refused.
                Err(Refusal::By(message, whole)) => {
                    *self = before;
                    return Ok(Err(Box::new(refusal(cell, message, at, whole))));
                }
            }
        }
        Ok(Ok(said))
    }

    fn command(&mut self, name: &str, arguments: Option<&str>) -> Result<Option<String>, Refusal> {
        let refused = |message: &str| Err(Refusal::By(message.to_owned(), false));
        Ok(match (name, arguments) {
            (":dep", Some(_)) => None,
            (":version", _) => Some(EVCXR_VERSION.to_owned()),
            (":opt", arguments) => {
                let toggled = if self.optimization == "2" { "0" } else { "2" };
                arguments.unwrap_or(toggled).clone_into(&mut self.optimization);
                Some(format!("Optimization: {}", self.optimization))
            }
            (":fmt", arguments) => {
                let format = arguments.unwrap_or("{:?}");
                if !["{:?}", "{:#?}", "{}"].contains(&format) {
                    return Err(Refusal::Unknown);
                }
                format.clone_into(&mut self.output_format);
                Some(format!("Output format: {format}"))
            }
            (":efmt", arguments) => {
                match arguments {
                    Some(format @ ("{}" | "{:?}" | "{:#?}")) => format.clone_into(&mut self.error_format),
                    Some(_) => {
                        return refused("Unsupported error format string. Available options: {}, {:?}, {:#?}");
                    }
                    None => {}
                }
                Some(format!("Error format: {} (errors must implement {})", self.error_format, self.error_trait()))
            }
            (":env", Some(setting)) if setting.contains('=') => {
                Some(format!("Set {setting} (use :restart command to reload child process)"))
            }
            (":env", _) => return refused("Please supply key=value"),
            (name, _) if KNOWN.contains(&name) => return Err(Refusal::Unknown),
            (name, _) => return Err(Refusal::By(format!("Unrecognised command {name}"), true)),
        })
    }

    /// The trait that errors must have.
    pub(crate) fn error_trait(&self) -> &'static str {
        if self.error_format == "{}" { "std::fmt::Display" } else { "std::fmt::Debug" }
    }
}

/// Commands that there are in evcxr and not here.
const KNOWN: &[&str] = &[
    ":internal_debug",
    ":load_config",
    ":vars",
    ":type",
    ":t",
    ":preserve_vars_on_panic",
    ":clear",
    ":restart",
    ":dep",
    ":show_deps",
    ":last_compile_dir",
    ":types",
    ":toolchain",
    ":offline",
    ":allow_static_linking",
    ":quit",
    ":timing",
    ":time_passes",
    ":sccache",
    ":cache",
    ":clear_cache",
    ":linker",
    ":codegen_backend",
    ":explain",
    ":build_env",
    ":last_error_json",
    ":help",
    ":doc",
];

enum Refusal {
    /// One program cannot do it.
    Unknown,
    /// evcxr refuses it with this message, which is about the command's name or else its arguments.
    By(String, bool),
}

/// evcxr's refusal of a command as it is recorded.
fn refusal(cell: &Cell, message: String, line: u32, whole: bool) -> Failure {
    let text = cell.source.lines().nth(line as usize - 1).unwrap_or_default();
    let columns = |text: &str| u32::try_from(text.chars().count()).unwrap_or(u32::MAX);
    // A command without arguments is marked from its beginning.
    let arguments = text.split_once(' ').map(|(name, rest)| name.len() + 1 + (rest.len() - rest.trim_start().len()));
    let (column, end_column) = match (whole, arguments) {
        (true, _) => (1, columns(text.split(' ').next().unwrap_or_default()) + 1),
        (false, Some(at)) => (columns(&text[..at]) + 1, columns(text)),
        (false, None) => (1, columns(text)),
    };
    let span = DiagnosticSpan { line, column, end_line: line, end_column, label: String::new() };
    Failure::Compile { diagnostics: vec![Diagnostic { code: None, message, spans: vec![span], help: Vec::new() }] }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::CodeCell;

    fn take(settings: &mut Settings, source: &str) -> Result<Said, Declined> {
        let cell = CodeCell { number: 1, id: "a".into(), source: source.into(), tags: Vec::new(), ..CodeCell::default() };
        settings.take(&Cell::read(&cell).unwrap())
    }

    #[test]
    fn commands_say_what_evcxr_says() {
        let mut settings = Settings::new("0");
        let said = take(&mut settings, ":opt\n:fmt {:#?}\n!ls\n:dep a = \"1\"").unwrap().unwrap();
        let text = |text: &str| Saying::Text(text.to_owned());
        assert_eq!(said, [text("Optimization: 2\n"), text("Output format: {:#?}\n"), Saying::Shell("ls".into())]);
        assert_eq!(settings.output_format, "{:#?}");
    }

    #[test]
    fn what_evcxr_refuses_is_a_compile_error_and_sets_nothing() {
        let mut settings = Settings::new("0");
        let Failure::Compile { diagnostics } = *take(&mut settings, ":fmt {}\n:efmt {:x}").unwrap().unwrap_err() else {
            panic!()
        };
        assert!(diagnostics[0].message.starts_with("Unsupported error format string."));
        assert_eq!((diagnostics[0].spans[0].line, diagnostics[0].spans[0].column), (2, 7));
        assert_eq!(settings.output_format, "{:?}");
        let Failure::Compile { diagnostics } = *take(&mut settings, ":nonsense 1").unwrap().unwrap_err() else { panic!() };
        assert_eq!(diagnostics[0].message, "Unrecognised command :nonsense");
    }

    #[test]
    fn what_only_evcxr_can_do_is_declined_by_name() {
        let declined = take(&mut Settings::new("0"), ":vars").unwrap_err();
        assert_eq!(declined.to_string(), "cell 1 has `:vars`, which only evcxr can carry out");
    }
}
