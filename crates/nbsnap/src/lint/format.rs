//! The layout of code, as rustfmt does it with the project's own settings.
//!
//! To rustfmt a cell is the body of a function. Cells that rustfmt cannot read, that have commands among
//! their code, or that are tagged `rustfmt-skip`, are left alone.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxKind};

use super::code::{Code, is_command};
use super::finding::Finding;
use crate::document::{Document, is_cell, set_source, source, tags};

/// Why layout cannot be checked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// rustfmt cannot be run.
    #[error(
        "cannot run rustfmt ({reason}): install it with `rustup component add rustfmt`, or leave this out with --allow rustfmt"
    )]
    Rustfmt {
        /// What happened.
        reason: String,
    },
}

const BEGIN: &str = "async fn cell() {";
/// The tag of a cell whose layout has a meaning that rustfmt's would not have.
const SKIP: &str = "rustfmt-skip";
/// By how much rustfmt indents the body of a function, unless a setting says otherwise.
const INDENT: usize = 4;

pub(super) fn look(document: &Document, folder: &Path) -> Result<Vec<Finding>, FormatError> {
    let formatter = Formatter::new(folder)?;
    let mut findings = Vec::new();
    for code in Code::of(document).into_iter().filter(|code| !code.is_tagged(SKIP)) {
        let Some(formatted) = formatter.format(&code.source)? else { continue };
        if formatted == code.source {
            continue;
        }
        let line = formatted.lines().zip(code.source.lines()).position(|(one, other)| one != other);
        let line = line.unwrap_or(formatted.lines().count().min(code.source.lines().count()));
        let wanted = formatted.lines().nth(line).map(|line| format!(": it would write `{}`", line.trim())).unwrap_or_default();
        findings.push(Finding {
            rule: "rustfmt",
            cell: code.place(Some(line + 1)),
            message: format!("the code is not laid out as rustfmt does it{wanted}"),
        });
    }
    Ok(findings)
}

pub(super) fn fix(document: &mut Document, folder: &Path) -> Result<(), FormatError> {
    let formatter = Formatter::new(folder)?;
    for cell in document.cells_mut().filter(|cell| is_cell(cell, "code") && !tags(cell).any(|tag| tag == SKIP)) {
        let text = source(cell);
        if let Some(formatted) = formatter.format(&text)?
            && formatted != text
        {
            set_source(cell, &formatted);
        }
    }
    Ok(())
}

/// rustfmt, with the settings that hold in a folder.
struct Formatter<'a> {
    folder: &'a Path,
    width: usize,
}

impl Formatter<'_> {
    fn new(folder: &Path) -> Result<Formatter<'_>, FormatError> {
        let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        let settings = rustfmt(folder, &["--print-config", "current", "."], "")?.unwrap_or_default();
        let width =
            settings.lines().find_map(|line| line.strip_prefix("max_width = ")).and_then(|width| width.trim().parse().ok());
        Ok(Formatter { folder, width: width.unwrap_or(100) })
    }

    /// A cell in rustfmt's layout; `None` where rustfmt is not asked or cannot read it.
    fn format(&self, source: &str) -> Result<Option<String>, FormatError> {
        let lines: Vec<&str> = source.lines().collect();
        let is_rust = |line: &&str| !line.trim().is_empty() && !is_command(line.trim());
        let Some(first) = lines.iter().position(is_rust) else { return Ok(None) };
        let (commands, rust) = lines.split_at(first);
        // Commands among code divide it into parts that rustfmt must not join.
        if rust.iter().any(|line| is_command(line.trim()) || line.starts_with('!')) {
            return Ok(None);
        }
        // The body is indented when rustfmt sees it; that must not make its lines shorter.
        let width = format!("max_width={},hard_tabs=false,tab_spaces={INDENT},trailing_semicolon=false", self.width + INDENT);
        let wrapped = format!("{BEGIN}\n{}\n}}\n", rust.join("\n"));
        let Some(formatted) = rustfmt(self.folder, &["--edition", "2024", "--config", &width], &wrapped)? else {
            return Ok(None);
        };
        let Some(body) = formatted.strip_prefix(BEGIN).and_then(|rest| rest.trim_end().strip_suffix('}')) else {
            return Ok(None);
        };
        let body = dedented(body);
        let mut all: Vec<&str> = commands.to_vec();
        all.extend(body.trim_matches('\n').lines());
        let mut all = all.join("\n");
        // rustfmt removes a `;` after a last block, which here means that the value is not shown.
        if source.trim_end().ends_with(';') && !all.ends_with(';') {
            all.push(';');
        }
        Ok(Some(all))
    }
}

/// A function's body without its indentation, except for lines that begin inside of a text.
fn dedented(body: &str) -> String {
    let file = SourceFile::parse(&format!("fn f() {{{body}}}"), Edition::Edition2024).tree();
    let tokens = file.syntax().descendants_with_tokens().filter_map(|element| element.into_token());
    let mut inside = std::collections::BTreeSet::new();
    let mut line = 0;
    for token in tokens {
        let lines = token.text().matches('\n').count();
        let is_text = matches!(token.kind(), SyntaxKind::STRING | SyntaxKind::BYTE_STRING | SyntaxKind::C_STRING);
        if is_text {
            inside.extend(line + 1..=line + lines);
        }
        line += lines;
    }
    let indent = " ".repeat(INDENT);
    let lines = body.split('\n').enumerate();
    let kept = lines.map(|(index, line)| if inside.contains(&index) { line } else { line.strip_prefix(&indent).unwrap_or(line) });
    kept.collect::<Vec<_>>().join("\n")
}

/// rustfmt's output; `None` where it rejects the input.
fn rustfmt(folder: &Path, arguments: &[&str], input: &str) -> Result<Option<String>, FormatError> {
    let failed = |error: std::io::Error| FormatError::Rustfmt { reason: error.to_string() };
    let mut child = Command::new("rustfmt")
        .args(arguments)
        .current_dir(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(failed)?;
    // rustfmt reads all of its input before it writes, and need not read any of it.
    let written = child.stdin.take().map_or(Ok(()), |mut stdin| stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().map_err(failed)?;
    if output.status.success() {
        written.map_err(failed)?;
    }
    Ok(output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned()))
}
