//! Finds out what evcxr's kernel does not report.
//!
//! The main type is [`Rust`]. The kernel answers `ok` for a cell that panicked or whose `?` met an error, and
//! sends standard error after it has reported that it is done. But it keeps no variable of a cell that did
//! not come to its end. So every cell begins with a variable of ours. After each cell, a request asks the
//! kernel for that variable, and writes a mark on both streams. What comes before the mark is the cell's;
//! without the variable the cell has failed. The README says what the mark cannot find out.

use std::collections::BTreeMap;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::ExitStatus;
use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;
use serde_json::{Value, json};

use super::outputs::{Outputs, Reported};
use super::run::{End, Executed, Session};
use crate::engine::{EngineError, Run};
use crate::engines::evcxr::stderr;
use crate::notebook::CodeCell;
use crate::record::{CellRecord, Diagnostic, DiagnosticSpan, Failure};

/// The variable that every cell begins with; its value is the cell's number.
const GUARD: &str = "nbsnap_reached";
/// How long it may take to ask for it: evcxr compiles a cell.
const ASKING: Duration = Duration::from_secs(120);
/// Run before the first cell and after the process of cells has ended: evcxr asks for backtraces, whose
/// frames differ between machines.
const BEGINNING: &str = r#"unsafe { std::env::set_var("RUST_BACKTRACE", "0") };"#;

/// How notebooks in Rust are run by evcxr's kernel.
pub(super) struct Rust {
    /// Where kernels build, and at which opt-level, if they are not to do it where they like.
    build: Option<(PathBuf, String)>,
}

/// What the kernel answered when it was asked for the variable.
struct Asked {
    outputs: Outputs,
    /// Whether the cell came to its end.
    reached: bool,
    /// What was printed between the cell and the mark that belongs to neither.
    late: String,
}

impl Rust {
    /// Kernels build in this folder, at this opt-level, if one is given.
    pub(super) fn new(build: Option<(PathBuf, String)>) -> Rust {
        Rust { build }
    }

    /// evcxr's settings, of which none may be missing: it has defaults for each.
    pub(super) fn settings(&self) -> BTreeMap<String, String> {
        let Some((folder, opt_level)) = &self.build else { return BTreeMap::new() };
        let folder = folder.display().to_string();
        let text = format!("[evcxr]\ntmpdir = {folder:?}\noffline_mode = true\nopt_level = {opt_level:?}\n");
        BTreeMap::from([("evcxr.toml".to_owned(), text)])
    }

    /// Runs a cell and finds out how it ended. What is returned beside the record was printed before the
    /// cell.
    pub(super) fn run_cell(
        &self,
        session: &mut Session,
        cell: &CodeCell,
        run: &Run<'_>,
    ) -> Result<(CellRecord, String), EngineError> {
        let limits = run.limits(cell);
        if session.is_fresh() {
            session.execute(BEGINNING, ASKING, run.max_output)?;
        }
        let guarded = Guarded::new(cell);
        // The kernel does not say when it has compiled a cell and begins to run it.
        let limit = limits.compile.saturating_add(limits.run);
        let executed = session.execute(&guarded.source, limit, run.max_output)?;
        // The next request overwrites it.
        let generated = self.build.as_ref().and_then(|(folder, _)| std::fs::read_to_string(folder.join("src/lib.rs")).ok());
        let generated = generated.unwrap_or_default();
        let Executed { outputs, end, mut late, .. } = executed;
        let reply = match end {
            End::Replied(reply) => reply,
            other => return Ok((broken(other, outputs, run, limit), late)),
        };
        // A kernel that reports a failed cell is right.
        let replied_error = reply["status"] != "ok";
        let guard = (guarded.has_guard && !replied_error).then_some(cell.number);
        let Asked { mut outputs, reached, late: later } = self.all_outputs(session, outputs, guard, run)?;
        late += &later;
        if session.is_lost {
            let end = End::Unreadable("it does not answer any more".into());
            return Ok((broken(end, outputs, run, limit), late));
        }
        if let Some(before) = before_gone_missing(&outputs.stderr) {
            // The process of cells has ended over that.
            outputs.stderr = before;
            session.execute(BEGINNING, ASKING, run.max_output)?;
        }
        let line = if reached { None } else { stderr::panic_line(&outputs.stderr) };
        let line = line.and_then(|line| stderr::line_in_cell(&generated, line, &cell.source));
        let failure = if outputs.overflowed {
            Some(Failure::TooMuchOutput { printed: outputs.printed, limit: run.max_output })
        } else if replied_error {
            let mut failure = failure(std::mem::take(&mut outputs.errors));
            match &mut failure {
                Failure::Died { .. } => drop(session.execute(BEGINNING, ASKING, run.max_output)?),
                Failure::Compile { diagnostics } => place(diagnostics, session, &cell.source)?,
                _ => {}
            }
            Some(failure)
        } else if reached {
            None
        } else {
            not_reached(&mut outputs, &cell.source, line)
        };
        outputs.stderr = stderr::place_panics(&outputs.stderr, line);
        Ok((record(outputs, failure), late))
    }

    /// Waits until all that a cell shows has come. Where the number of a cell with a guard is given, says
    /// also whether that cell came to its end.
    fn all_outputs(
        &self,
        session: &mut Session,
        outputs: Outputs,
        guard: Option<usize>,
        run: &Run<'_>,
    ) -> Result<Asked, EngineError> {
        let mut asked = Asked { outputs, reached: true, late: String::new() };
        if guard.is_some() {
            asked = self.ask(session, asked.outputs, guard, run)?;
        }
        if guard.is_none() || !asked.reached {
            let again = self.ask(session, asked.outputs, None, run)?;
            asked = Asked { outputs: again.outputs, reached: asked.reached, late: asked.late + &again.late };
        }
        Ok(asked)
    }

    /// Waits until both streams have passed a mark. Where a number is given, says also whether the cell with
    /// that number came to its end.
    fn ask(&self, session: &mut Session, outputs: Outputs, number: Option<usize>, run: &Run<'_>) -> Result<Asked, EngineError> {
        let mark = format!("nbsnap-mark-{}", session.count());
        let value = number.map_or("0".to_owned(), |_| GUARD.to_owned());
        let code = format!("{{ println!(\"{mark}\"); eprintln!(\"{mark} {{}}\", {value}); }};");
        let executed = session.execute_after(&code, ASKING, run.max_output.saturating_add(1024), outputs, &mark)?;
        let (mut outputs, mut late) = (executed.outputs, executed.late);
        let mut reached = false;
        if let Some((before, after)) = outputs.stderr.split_once(&mark) {
            let (value, rest) = after.split_once('\n').unwrap_or((after, ""));
            reached = number.is_some_and(|number| value.trim() == number.to_string());
            late += rest;
            outputs.stderr = before.to_owned();
        }
        if let Some((before, after)) = outputs.stdout.split_once(&mark) {
            late += after.strip_prefix('\n').unwrap_or(after);
            outputs.stdout = before.to_owned();
        }
        // That the variable is unknown is the answer.
        outputs.errors.truncate(outputs.errors.len().saturating_sub(usize::from(number.is_some() && !reached)));
        Ok(Asked { outputs, reached, late })
    }
}

/// A cell with a variable of ours before its code.
struct Guarded {
    source: String,
    /// Whether there is code to guard.
    has_guard: bool,
}

impl Guarded {
    fn new(cell: &CodeCell) -> Guarded {
        let is_code = |line: &str| {
            let bare = line.trim_start_matches(' ');
            // Attributes of the whole cell have to come first.
            !(line.starts_with('!')
                || bare.starts_with("#![")
                || bare.starts_with(':')
                || line.starts_with("//")
                || line.trim().is_empty())
        };
        let Some(index) = cell.source.lines().position(is_code) else {
            return Guarded { source: cell.source.clone(), has_guard: false };
        };
        let mut lines: Vec<String> = cell.source.lines().map(str::to_owned).collect();
        lines[index].insert_str(0, &format!("let {GUARD}: usize = {}; ", cell.number));
        Guarded { source: lines.join("\n"), has_guard: true }
    }
}

fn record(mut outputs: Outputs, failure: Option<Failure>) -> CellRecord {
    let displays = outputs.displays();
    let mut record = CellRecord { stdout: outputs.stdout, stderr: outputs.stderr, failure, ..CellRecord::default() };
    displays.into_iter().for_each(|display| record.display(display));
    record
}

/// The record of a cell after which nothing can be asked.
fn broken(end: End, outputs: Outputs, run: &Run<'_>, limit: Duration) -> CellRecord {
    let failure = match end {
        _ if outputs.overflowed => Failure::TooMuchOutput { printed: outputs.printed, limit: run.max_output },
        End::Asked(prompt) => Failure::InputRequest { prompt },
        End::Died { status, printed } => {
            Failure::Engine { message: format!("the kernel ended ({status}); it printed:\n{printed}") }
        }
        End::Unreadable(message) => Failure::Engine { message: format!("the kernel sent a malformed message: {message}") },
        End::Stopped | End::Replied(_) => Failure::Timeout { limit },
    };
    record(outputs, Some(failure))
}

/// Why a cell did not come to its end although the kernel reported success.
fn not_reached(outputs: &mut Outputs, source: &str, line: Option<u32>) -> Option<Failure> {
    static PANIC: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?m)^thread '[^\n]*' (?:\(\d+\) )?panicked at ").expect("the pattern is a constant"));
    static RETURN: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\breturn\b").expect("the pattern is a constant"));
    // The kernel does not recognise its own marker behind other text on the line.
    if let Some(bare) = outputs.stdout.strip_suffix("EVCXR_PANIC_NOTIFICATION\n") {
        outputs.stdout.truncate(bare.len());
    }
    let lines = rust_cells::cell::question_mark_lines(source);
    let is_silent = outputs.stderr.is_empty() && lines.is_empty();
    if is_silent && RETURN.is_match(source) {
        return None;
    }
    if is_silent || PANIC.is_match(&outputs.stderr) {
        return Some(Failure::Panic { message: stderr::panic_message(&outputs.stderr), line });
    }
    Some(Failure::Error { message: outputs.stderr.clone(), lines })
}

/// What came on standard error before evcxr's process of cells ended because it was asked for the variable.
/// This happens where a cell leaves by `return`, or after a panic that the kernel has not noticed: then
/// variables are lost.
fn before_gone_missing(stderr: &str) -> Option<String> {
    let (before, _) = stderr.split_once("has gone missing\n")?;
    let panic = before.rfind("thread '").filter(|at| before[*at..].contains(GUARD))?;
    let before = &before[..panic];
    Some(before.strip_suffix('\n').unwrap_or(before).to_owned())
}

/// What the kernel's errors mean: one for each of rustc's, or one of evcxr's own.
fn failure(errors: Vec<Reported>) -> Failure {
    const TERMINATED: &str = "Subprocess terminated with status: ";
    let first = errors.first().map(|error| error.value.clone()).unwrap_or_default();
    if let Some(status) = first.strip_prefix(TERMINATED) {
        return Failure::Died { status: in_words(status.trim()) };
    }
    // evcxr's own errors have their message for a traceback.
    if errors.iter().all(|error| error.traceback.len() == 1 && error.traceback[0] == error.value) {
        return Failure::Refused { message: first };
    }
    Failure::Compile { diagnostics: errors.into_iter().map(diagnostic).collect() }
}

/// How the process of cells ended, in the words that are used for every process. The kernel uses those of the
/// standard library.
fn in_words(status: &str) -> String {
    let number = |text: &str| text.split_whitespace().next().and_then(|number| number.parse::<i32>().ok());
    let code = status.strip_prefix("exit status: ").and_then(number).map(|code| code << 8);
    let raw = code.or_else(|| status.strip_prefix("signal: ").and_then(number));
    raw.map_or_else(|| status.to_owned(), |raw| rust_cells::describe_exit(ExitStatus::from_raw(raw)))
}

/// A compiler's message, without its place, which the kernel only draws.
fn diagnostic(error: Reported) -> Diagnostic {
    static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^\[(\w+)\] Error:").expect("the pattern is a constant"));
    static ANSI: LazyLock<Regex> = LazyLock::new(|| Regex::new(crate::redact::ANSI).expect("the pattern is a constant"));
    let text = ANSI.replace_all(&error.traceback.join("\n"), "").into_owned();
    let code = CODE.captures(&text).map(|code| code[1].to_owned());
    Diagnostic { code, message: error.value, spans: Vec::new(), help: Vec::new() }
}

/// Finds out where in the cell the errors are. The kernel reports that when it is asked to check the code, as
/// JupyterLab's plug-in does while a user types.
fn place(diagnostics: &mut [Diagnostic], session: &mut Session, source: &str) -> Result<(), EngineError> {
    let answer = session.consult("evcxr-cargo-check", json!({ "code": source }), ASKING)?;
    let mut problems: Vec<&Value> = answer["problems"].as_array().into_iter().flatten().collect();
    for diagnostic in diagnostics {
        // Label, message and help are joined by line feeds.
        let is_it = |problem: &&Value| problem["message"].as_str().is_some_and(|text| text.contains(&diagnostic.message));
        let Some(index) = problems.iter().position(is_it) else { continue };
        let problem = problems.remove(index);
        let text = problem["message"].as_str().unwrap_or_default();
        let (before, after) = text.split_once(&diagnostic.message).unwrap_or((text, ""));
        let number = |name: &str| problem[name].as_u64().and_then(|number| u32::try_from(number).ok()).unwrap_or(1);
        diagnostic.help = after.split("\nhelp: ").skip(1).map(str::to_owned).collect();
        diagnostic.spans.push(DiagnosticSpan {
            line: number("start_line"),
            column: number("start_column"),
            end_line: number("end_line"),
            end_column: number("end_column"),
            label: before.trim_end().to_owned(),
        });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(source: &str) -> CodeCell {
        CodeCell { number: 3, source: source.to_owned(), ..CodeCell::default() }
    }

    #[test]
    fn the_variable_comes_before_the_first_code_and_after_evcxrs_commands() {
        let guarded = Guarded::new(&cell(":dep x = \"1\"\n// why\n\nuse x::y;\ny()"));
        assert_eq!(guarded.source, ":dep x = \"1\"\n// why\n\nlet nbsnap_reached: usize = 3; use x::y;\ny()");
        let commands = Guarded::new(&cell(":vars\n// no code"));
        assert!(!commands.has_guard && commands.source == ":vars\n// no code");
    }

    #[test]
    fn what_the_question_itself_has_done_is_not_the_cells() {
        let stderr = "warned\n\nthread '<unnamed>' (7) panicked at src/lib.rs:1:1:\nVariable 'nbsnap_reached' has gone missing\nnote: aborting\n";
        assert_eq!(before_gone_missing(stderr).as_deref(), Some("warned\n"));
        assert_eq!(before_gone_missing("thread 'main' panicked at x:\nVariable 'mine' has gone missing\n"), None);
        let mut outputs = Outputs::new(100);
        outputs.stdout = "halfEVCXR_PANIC_NOTIFICATION\n".into();
        assert!(matches!(not_reached(&mut outputs, "f()", None), Some(Failure::Panic { .. })), "a panic that prints nothing");
        assert_eq!(outputs.stdout, "half");
        assert_eq!(not_reached(&mut outputs, "if x { return }", None), None);
        assert!(matches!(not_reached(&mut outputs, "f()?", None), Some(Failure::Error { .. })));
    }

    #[test]
    fn errors_are_told_by_what_the_kernel_draws() {
        let error = |value: &str, traceback: &[&str]| Reported {
            name: "Error".into(),
            value: value.into(),
            traceback: traceback.iter().map(|line| (*line).to_owned()).collect(),
        };
        let drawn = error("mismatched types", &["\u{1b}[31m[E0308] Error:\u{1b}[0m mismatched types", "   ╭─[ command_4:1:1 ]"]);
        let Failure::Compile { diagnostics } = failure(vec![drawn]) else { panic!("it is a compile error") };
        assert_eq!((diagnostics[0].code.as_deref(), diagnostics[0].message.as_str()), (Some("E0308"), "mismatched types"));
        let own = |value: &str| failure(vec![error(value, &[value])]);
        let died = own("Subprocess terminated with status: exit status: 0");
        assert_eq!(died, Failure::Died { status: "it exited with code 0".into() });
        assert_eq!(in_words("signal: 6 (SIGABRT) (core dumped)"), "by signal 6 (SIGABRT, an abort)");
        assert_eq!(own("no such variable"), Failure::Refused { message: "no such variable".into() });
    }
}
