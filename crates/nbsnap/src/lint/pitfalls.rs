//! Code that evcxr handles badly, or that shows something else on every run. The facts are those of evcxr
//! 0.22.

use ra_ap_syntax::ast::{self, AstNode};
use ra_ap_syntax::{SyntaxKind, SyntaxNode};

use super::code::Code;
use super::finding::Finding;
use crate::document::Document;

/// Commands whose output differs between runs or machines.
const UNSTABLE: &[&str] =
    &[":vars", ":timing", ":version", ":last_compile_dir", ":last_error_json", ":internal_debug", ":linker", ":types"];
/// Crates whose state `.await` needs in every cell.
const RUNTIMES: &[&str] = &["tokio", "reqwest", "hyper"];
const BEGIN: &str = "EVCXR_BEGIN_CONTENT";
const END: &str = "EVCXR_END_CONTENT";

pub(super) fn look(document: &Document) -> Vec<Finding> {
    let cells = Code::of(document);
    let mut findings: Vec<Finding> = cells.iter().flat_map(of_cell).collect();
    findings.extend(awaits(&cells));
    findings
}

fn of_cell(code: &Code) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut find = |rule, line, message: String| findings.push(Finding { rule, cell: code.place(line), message });
    for (line, command) in code.commands() {
        let name = command.split_whitespace().next().unwrap_or_default();
        if UNSTABLE.contains(&name) {
            let message =
                format!("`{name}` shows something else on every run or machine: take it out, or tag the cell to be skipped");
            find("unstable-commands", Some(line), message);
        }
        if let Some(dependency) = command.strip_prefix(":dep ").map(str::trim).filter(|dependency| !has_version(dependency)) {
            let message =
                format!("`{dependency}` names no version, so any will do: write `:dep {} = \"1.2\"`", crate_name(dependency));
            find("unversioned-dep", Some(line), message);
        }
    }
    for word in ["EVCXR_EXECUTION_COMPLETE", "EVCXR_PANIC_NOTIFICATION", "EVCXR_VARIABLE_CHANGED_TYPE"] {
        if let Some(line) = code.source.lines().position(|line| line.contains(word)) {
            let message = format!("printed, `{word}` ends the cell for evcxr, and all later outputs shift by one cell");
            find("control-words", Some(line + 1), message);
        }
    }
    if code.source.contains(BEGIN) && !code.source.contains(END) {
        let line = code.source.lines().position(|line| line.contains(BEGIN)).map(|line| line + 1);
        find("control-words", line, format!("`{BEGIN}` without `{END}` makes the cell wait for ever"));
    }
    let Some(body) = code.body() else { return findings };
    for statement in body.statements() {
        if let ast::Stmt::Item(ast::Item::Static(item)) = &statement {
            let message = "a `static` starts anew in every cell: keep the value in a variable, or in a crate";
            find("statics", code.line(item.syntax()), message.into());
        }
    }
    let items = body.statements().filter_map(|statement| match statement {
        ast::Stmt::Item(item) => Some(item.syntax().clone()),
        _ => None,
    });
    let calls: Vec<ast::MacroCall> =
        items.chain(statements(&body).map(|one| one.syntax().clone())).filter_map(macro_call).collect();
    for call in calls.iter().filter(|call| is_macro(call, &["thread_local", "lazy_static"])) {
        let message = "a thread local or lazy static is unknown to later cells: keep the value in a variable, or in a crate";
        find("statics", code.line(call.syntax()), message.into());
    }
    let mut prints = calls.iter().filter(|call| is_macro(call, &["print", "println"]));
    let last = prints.next_back().filter(|call| is_macro(call, &["print"]) && !ends_with_line_feed(call));
    if let Some(call) = last {
        let message =
            "nothing ends the line that `print!` began: Jupyter shows it with the next cell, or never; end with `println!()`";
        find("print-at-end", code.line(call.syntax()), message.into());
    }
    findings
}

/// The expressions at the top level of a cell, in order.
fn statements(body: &ast::StmtList) -> impl Iterator<Item = ast::Expr> {
    let of_statement = |statement| match statement {
        ast::Stmt::ExprStmt(statement) => statement.expr(),
        _ => None,
    };
    body.statements().filter_map(of_statement).chain(body.tail_expr())
}

/// The macro call of a statement; items and expressions hold it differently.
fn macro_call(node: SyntaxNode) -> Option<ast::MacroCall> {
    ast::MacroCall::cast(node.clone()).or_else(|| ast::MacroExpr::cast(node)?.macro_call())
}

fn is_macro(call: &ast::MacroCall, names: &[&str]) -> bool {
    let path = call.path().map(|path| path.syntax().text().to_string()).unwrap_or_default();
    names.contains(&path.rsplit("::").next().unwrap_or_default())
}

/// Whether the text that a macro prints ends a line.
fn ends_with_line_feed(call: &ast::MacroCall) -> bool {
    let tokens = call.token_tree().map(|tree| tree.syntax().descendants_with_tokens().collect::<Vec<_>>()).unwrap_or_default();
    let text = tokens.iter().filter_map(|element| element.as_token()).find(|token| token.kind() == SyntaxKind::STRING);
    text.is_some_and(|text| text.text().trim_end_matches(['"', '#']).ends_with("\\n"))
}

/// Whether the text after `:dep` says which version, or where the crate is.
fn has_version(dependency: &str) -> bool {
    let Some((_, value)) = dependency.split_once('=') else { return false };
    let value = value.trim();
    if value.starts_with('{') {
        return ["version", "path", "git", "workspace"].iter().any(|key| value.contains(key)) && !value.contains("\"*\"");
    }
    value.trim_matches(['"', '\'']).contains(|c: char| c.is_ascii_digit())
}

fn crate_name(dependency: &str) -> &str {
    dependency.split(['=', ' ']).next().unwrap_or_default()
}

/// `.await` in more than one cell, where the runtime is linked into each.
fn awaits(cells: &[Code]) -> Option<Finding> {
    let runtime = cells.iter().flat_map(Code::commands).find_map(|(_, command)| {
        let name = crate_name(command.strip_prefix(":dep ")?.trim());
        RUNTIMES.iter().find(|known| **known == name)
    })?;
    let mut awaiting = cells.iter().filter_map(|code| {
        let body = code.body()?;
        // What a function of the cell awaits is awaited where that is called.
        let is_top = |node: &ast::AwaitExpr| {
            let mut around = node.syntax().ancestors().take_while(|node| node != body.syntax());
            !around.any(|node| matches!(node.kind(), SyntaxKind::FN | SyntaxKind::BLOCK_EXPR if node.first_token().is_some_and(|token| token.text() == "async")) || node.kind() == SyntaxKind::FN)
        };
        let first = body.syntax().descendants().filter_map(ast::AwaitExpr::cast).find(is_top)?;
        Some((code, code.line(first.syntax())))
    });
    let (code, line) = awaiting.nth(1)?;
    let message = format!(
        "the second cell with `.await`: every cell has a `{runtime}` of its own, whose runtime knows nothing of the others', and waits for \
         ever; use it through one crate of `crate-type = [\"dylib\"]`, or block on it inside a cell"
    );
    Some(Finding { rule: "await-in-cells", cell: code.place(line), message })
}
