//! `:commands`: what they are called, what they change, and what they say.
//!
//! The main function is [`carry_out`]. It changes a [`State`] and says what else has to happen; it runs
//! nothing itself.

use std::path::Path;

use crate::state::{ErrorFormat, State};
use crate::types::shown;

/// The effect of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing more.
    None,
    /// This text is shown.
    Say(String),
    /// A table: text, and the same in HTML.
    Table(String, String),
    /// A variable of the process is set, and this text is shown.
    SetVariable { name: String, value: String },
    /// All variables and items are forgotten, and the process with them.
    Clear,
    /// The process ends and another one begins.
    Restart,
    /// rustc explains one of its codes.
    Explain(String),
}

/// A command, for tables and completion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommandHelp {
    /// With the colon.
    pub name: &'static str,
    /// What it takes; may be empty.
    pub arguments: &'static str,
    /// What it does.
    pub does: &'static str,
}

const fn help(name: &'static str, arguments: &'static str, does: &'static str) -> CommandHelp {
    CommandHelp { name, arguments, does }
}

/// All commands, in alphabetical order.
pub const COMMANDS: &[CommandHelp] = &[
    help(":clear", "", "forget all variables, items and dependencies"),
    help(":dep", "name = \"version\"", "depend on a crate"),
    help(":doc", "name", "where a name is documented"),
    help(":efmt", "{} | {:?} | {:#?}", "how errors that `?` meets are shown"),
    help(":env", "NAME=value", "set a variable of the cells' process"),
    help(":explain", "E0382", "rustc's explanation of an error; without a code, of the last one"),
    help(":fmt", "{:?}", "how the value of a cell is shown"),
    help(":help", "", "this table"),
    help(":opt", "0 | 1 | 2 | 3", "how cells are optimised; without a level, 2 or 0 in turn"),
    help(":preserve_vars_on_panic", "0 | 1", "variables that a panic cannot have touched are always kept"),
    help(":restart", "", "end the cells' process and begin another; items stay, variables do not"),
    help(":show_deps", "", "the crates that are depended on"),
    help(":type", "name", "the type of a variable"),
    help(":vars", "", "the variables and their types"),
    help(":version", "", "the version of the engine and of rustc"),
];

/// Commands of evcxr that steer evcxr itself.
const FOREIGN: &[&str] = &[
    ":allow_static_linking",
    ":build_env",
    ":cache",
    ":clear_cache",
    ":codegen_backend",
    ":internal_debug",
    ":last_compile_dir",
    ":last_error_json",
    ":linker",
    ":load_config",
    ":offline",
    ":quit",
    ":sccache",
    ":time_passes",
    ":timing",
    ":toolchain",
    ":types",
];

/// Carries out a command. `toolchain` is the name that rustc gives itself, `last_error` the code of the last
/// error.
///
/// # Errors
/// When the command is refused, in words for its author.
pub(crate) fn carry_out(
    state: &mut State,
    name: &str,
    arguments: Option<&str>,
    directory: &Path,
    toolchain: &str,
    last_error: Option<&str>,
) -> Result<Effect, String> {
    let arguments = arguments.map(str::trim).filter(|arguments| !arguments.is_empty());
    Ok(match name {
        ":dep" => {
            state.dependencies.add(arguments.unwrap_or_default(), directory)?;
            Effect::None
        }
        ":version" => Effect::Say(format!("{} ({toolchain})", env!("CARGO_PKG_VERSION"))),
        ":opt" => optimization(state, arguments)?,
        ":fmt" => {
            arguments.unwrap_or("{:?}").clone_into(&mut state.value_format);
            Effect::Say(format!("Output format: {}", state.value_format))
        }
        ":efmt" => error_format(state, arguments)?,
        ":env" => match arguments.and_then(|arguments| arguments.split_once('=')) {
            Some((name, value)) => Effect::SetVariable { name: name.trim().to_owned(), value: value.trim().to_owned() },
            None => return Err("Please supply key=value".to_owned()),
        },
        ":vars" => table(variables(state)),
        ":type" | ":t" => {
            let name = arguments.ok_or("`:type` names no variable: write `:type name`")?;
            let variable = state.variables.get(name).ok_or_else(|| no_variable(state, name))?;
            Effect::Say(format!("{name}: {}", shown(&variable.ty)))
        }
        ":show_deps" => Effect::Say(state.dependencies.iter().map(|(name, value)| format!("{name} = {value}\n")).collect()),
        ":clear" => Effect::Clear,
        ":restart" => Effect::Restart,
        ":explain" => match arguments.or(last_error) {
            Some(code) => Effect::Explain(code.to_owned()),
            None => return Err("there was no error with a code: write `:explain E0382`".to_owned()),
        },
        ":doc" => match arguments {
            Some(name) => Effect::Say(documented_at(state, name)),
            None => return Err("`:doc` names nothing: write `:doc Vec`".to_owned()),
        },
        ":preserve_vars_on_panic" => Effect::Say("Preserve vars on panic: true".to_owned()),
        ":help" => table(help_table()),
        name => return Err(unknown(name)),
    })
}

fn table((text, html): (String, String)) -> Effect {
    Effect::Table(text, html)
}

/// Sets how far rustc optimises, or switches between not at all and as release builds do.
fn optimization(state: &mut State, level: Option<&str>) -> Result<Effect, String> {
    let level = level.unwrap_or(if state.opt_level == "2" { "0" } else { "2" });
    if !["0", "1", "2", "3", "s", "z"].contains(&level) {
        return Err(format!("`{level}` is not a valid opt-level: write `:opt 0`, `:opt 1`, `:opt 2` or `:opt 3`"));
    }
    level.clone_into(&mut state.opt_level);
    Ok(Effect::Say(format!("Optimization: {level}")))
}

/// Sets how errors are printed, or says how they are.
fn error_format(state: &mut State, format: Option<&str>) -> Result<Effect, String> {
    if let Some(text) = format {
        let unknown = || "Unsupported error format string. Available options: {}, {:?}, {:#?}".to_owned();
        state.error_format = ErrorFormat::parse(text).ok_or_else(unknown)?;
    }
    let format = state.error_format;
    Ok(Effect::Say(format!("Error format: {format} (errors must implement {})", format.bound())))
}

fn unknown(name: &str) -> String {
    if FOREIGN.contains(&name) {
        return format!("`{name}` steers evcxr itself, and has no meaning here; `:help` lists what there is");
    }
    let near = COMMANDS.iter().find(|command| command.name.starts_with(name) && name.len() > 1);
    let hint = near.map(|near| format!("; did you mean `{}`?", near.name)).unwrap_or_default();
    format!("Unrecognised command {name}{hint}")
}

fn no_variable(state: &State, name: &str) -> String {
    let why = state.lost.get(name).map(|why| format!(": {why}")).unwrap_or_default();
    format!("there is no variable `{name}`{why}")
}

fn variables(state: &State) -> (String, String) {
    let mut text = String::new();
    let mut html = String::from("<table><tr><th>Variable</th><th>Type</th></tr>");
    for (name, variable) in state.variables() {
        let ty = shown(&variable.ty);
        text.push_str(&format!("{name}: {ty}\n"));
        html.push_str(&format!("<tr><td>{}</td><td>{}</td></tr>", escaped(name), escaped(&ty)));
    }
    html.push_str("</table>");
    (text, html)
}

fn help_table() -> (String, String) {
    let mut text = String::new();
    let mut html = String::from("<table><tr><th>Command</th><th>What it does</th></tr>");
    for CommandHelp { name, arguments, does } in COMMANDS {
        let call = format!("{name} {arguments}");
        text.push_str(&format!("{:<26} {does}\n", call.trim_end()));
        html.push_str(&format!("<tr><td><code>{}</code></td><td>{}</td></tr>", escaped(call.trim_end()), escaped(does)));
    }
    html.push_str("</table>");
    (text, html)
}

fn documented_at(state: &State, name: &str) -> String {
    match name.split("::").next() {
        Some(first) if state.dependencies.has(first) || state.dependencies.has(&first.replace('_', "-")) => {
            format!("https://docs.rs/{first}/latest/{first}/?search={name}")
        }
        _ => format!("https://doc.rust-lang.org/std/?search={name}"),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_shown_without_marks() {
        assert_eq!(shown("::std::vec::Vec<(::std::a::B, m::S)>"), "std::vec::Vec<(std::a::B, m::S)>");
        assert_eq!(shown("&::std::a::B"), "&std::a::B");
    }

    #[test]
    fn commands_are_in_order_and_unknown_ones_are_refused() {
        assert!(COMMANDS.is_sorted_by_key(|command| command.name));
        let mut state = State::new("0");
        let mut refused = |name: &str| carry_out(&mut state, name, None, Path::new("."), "rustc", None).unwrap_err();
        assert_eq!(refused(":var"), "Unrecognised command :var; did you mean `:vars`?");
        assert!(refused(":sccache").contains("steers evcxr itself"));
    }
}
