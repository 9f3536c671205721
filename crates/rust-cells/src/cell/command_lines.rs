//! The lines of a cell that are not Rust: `:command arguments` and `!shell`, which come before its code.

use std::sync::LazyLock;

use regex::Regex;

/// A line that is not Rust.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandLine {
    /// `:name arguments`.
    Command {
        /// With the colon.
        name: String,
        /// What follows the name, if anything does.
        arguments: Option<String>,
        /// The line's number, from 1.
        line: u32,
    },
    /// `!line`, for the shell.
    Shell {
        /// What follows the exclamation mark.
        command: String,
        /// The line's number, from 1.
        line: u32,
    },
}

/// The command lines, and where the code begins: at the first line that is not a command, empty or a line
/// comment.
pub(super) fn split(source: &str) -> (Vec<CommandLine>, usize) {
    static COMMAND: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^ *(:[^ :]*)(?: +(.*))?$").expect("the pattern is a constant"));
    let (mut lines, mut at, mut code_from) = (Vec::new(), 0, 0);
    for (index, whole) in source.split_inclusive('\n').enumerate() {
        let text = whole.trim_end_matches('\n').trim_end_matches('\r');
        let line = u32::try_from(index + 1).unwrap_or(u32::MAX);
        at += whole.len();
        if let Some(command) = text.strip_prefix('!') {
            lines.push(CommandLine::Shell { command: command.trim_start_matches('!').trim().to_owned(), line });
            code_from = at;
        } else if let Some(captures) = COMMAND.captures(text) {
            let arguments = captures.get(2).map(|arguments| arguments.as_str().trim_end().to_owned());
            lines.push(CommandLine::Command { name: captures[1].to_owned(), arguments, line });
            code_from = at;
        } else if !text.trim_start().starts_with("//") && !text.trim().is_empty() {
            break;
        }
    }
    (lines, code_from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_come_before_code() {
        let source = "// note\n:dep a = \"1\"\n\n!ls -l\nlet x = 1;\n:vars";
        let (lines, code_from) = split(source);
        let dep = CommandLine::Command { name: ":dep".into(), arguments: Some("a = \"1\"".into()), line: 2 };
        assert_eq!(lines, [dep, CommandLine::Shell { command: "ls -l".into(), line: 4 }]);
        assert_eq!(&source[code_from..], "let x = 1;\n:vars");
        assert_eq!(split("::std::process::id()").0, []);
        assert_eq!(split("let a = \"\n:dep b\n\";").0, []);
    }
}
