//! A cell's source taken apart as evcxr takes it apart: lines for evcxr and the shell, then items, variables, statements, and the expression
//! that is shown.
//!
//! The main type is [`Cell`]. It knows one cell, and nothing of the program that it becomes part of.

use std::ops::Range;
use std::sync::LazyLock;

use ra_ap_syntax::ast::{self, AstNode};
use ra_ap_syntax::{Edition, SourceFile, SyntaxKind, SyntaxNode};
use regex::Regex;

use super::declined::Declined;
use super::kind::{Kind, Variable, kind};
use super::places::{Place, place_of};
use crate::notebook::CodeCell;

/// A cell, taken apart.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    pub(crate) number: usize,
    pub(crate) must_raise: bool,
    pub(crate) source: String,
    /// Lines before the code, in order.
    pub(crate) lines: Vec<Line>,
    /// Where the code begins, in bytes.
    pub(crate) code_from: usize,
    /// The code, in order.
    pub(crate) parts: Vec<Part>,
    /// Whether rust-analyzer's parser found a mistake: rustc then sees the text as it is.
    pub(crate) broken: bool,
    /// Whether what is broken begins as an item.
    pub(crate) broken_item: bool,
    /// Whether something outside functions and blocks awaits.
    pub(crate) awaits: bool,
    /// Whether `?` stands outside functions and blocks.
    pub(crate) questions: bool,
    /// Places of `return` outside functions.
    pub(crate) returns: Vec<Range<usize>>,
    /// What stands for the notebook as a crate: `crate` anywhere, `self` in statements.
    pub(crate) paths: Vec<Range<usize>>,
}

/// A line for evcxr or the shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// `:command arguments`, and the line's number.
    Command { name: String, arguments: Option<String>, line: u32 },
    /// `!line`.
    Shell(String),
}

/// A piece of a cell's code.
#[derive(Clone, Debug)]
pub(crate) struct Part {
    pub(crate) range: Range<usize>,
    pub(crate) kind: Kind,
    /// Names that it mentions, in the order of the text.
    pub(crate) mentions: Vec<String>,
    /// Words of its texts between quotes, some of which macros take for names.
    pub(crate) words: Vec<String>,
    /// Variables that it gives another value, as a whole.
    pub(crate) assigned: Vec<String>,
    /// Names that `async` blocks and `move` closures in it mention.
    pub(crate) captured: Vec<String>,
}

impl Part {
    /// Whether it is an item or an import.
    pub(crate) fn is_item(&self) -> bool {
        matches!(self.kind, Kind::Item { .. } | Kind::Use { .. })
    }
}

impl Cell {
    /// Takes a cell apart.
    pub(crate) fn read(cell: &CodeCell) -> Result<Cell, Declined> {
        let (lines, code_from) = lines_before_code(&cell.source);
        let mut read = Cell {
            number: cell.number,
            must_raise: cell.must_raise(),
            source: cell.source.clone(),
            lines,
            code_from,
            parts: Vec::new(),
            broken: false,
            broken_item: false,
            awaits: false,
            questions: false,
            returns: Vec::new(),
            paths: Vec::new(),
        };
        let prelude = "fn f(){";
        let code = &read.source[code_from..];
        let parsed = SourceFile::parse(&format!("{prelude}{code}\n}}"), Edition::Edition2024);
        let function = parsed.tree().syntax().children().find_map(ast::Fn::cast);
        let whole = parsed.tree().syntax().children().count() == 1;
        let Some(list) = function.and_then(|function| function.body()).and_then(|body| body.stmt_list()) else {
            read.broken = true;
            return Ok(read);
        };
        read.broken = !parsed.errors().is_empty() || !whole;
        if read.broken {
            read.broken_item = list.syntax().children().next().is_some_and(|first| ast::Item::can_cast(first.kind()));
            return Ok(read);
        }
        let place = |node: &SyntaxNode| {
            let range = node.text_range();
            let at = |offset| usize::from(offset) - prelude.len() + code_from;
            at(range.start())..at(range.end())
        };
        let nodes: Vec<SyntaxNode> = list.syntax().children().collect();
        for (index, node) in nodes.iter().enumerate() {
            let kind = kind(node, index + 1 == nodes.len(), &place).map_err(|why| Declined::cell(cell.number, why))?;
            if !matches!(kind, Kind::Item { .. } | Kind::Use { .. }) {
                read.look_at_statement(node, &place);
            }
            for token in node.descendants_with_tokens().filter_map(|element| element.into_token()) {
                let kind = token.kind();
                let statement = !ast::Item::can_cast(node.kind()) || ast::Use::can_cast(node.kind());
                let visibility =
                    || token.parent().is_some_and(|parent| parent.ancestors().any(|node| ast::Visibility::can_cast(node.kind())));
                let before_colons = || {
                    let next = token.next_token();
                    next.is_some_and(|next| next.kind() == SyntaxKind::COLON2 || next.kind() == SyntaxKind::COLON)
                };
                if kind == SyntaxKind::CRATE_KW && !visibility() || kind == SyntaxKind::SELF_KW && statement && before_colons() {
                    let at = usize::from(token.text_range().start()) - prelude.len() + code_from;
                    read.paths.push(at..at + token.text().len());
                }
            }
            let (mentions, words) = mentions(node);
            read.parts.push(Part {
                range: place(node),
                kind,
                mentions,
                words,
                assigned: assigned(node),
                captured: captured(node),
            });
        }
        Ok(read)
    }

    /// Whether a place of the source is of the expression that is shown.
    pub(crate) fn shows(&self, place: Place) -> bool {
        let within =
            |range: &Range<usize>| place_of(&self.source, range.start) <= place && place <= place_of(&self.source, range.end);
        self.parts.last().is_some_and(|part| part.kind == Kind::Shown && within(&part.range))
    }

    /// The variables that the cell brings.
    pub(crate) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.parts.iter().flat_map(|part| match &part.kind {
            Kind::Let { variables, .. } => variables.as_slice(),
            _ => &[],
        })
    }

    /// Looks for what only counts outside functions and blocks.
    fn look_at_statement(&mut self, node: &SyntaxNode, place: &dyn Fn(&SyntaxNode) -> Range<usize>) {
        for inner in node.descendants() {
            let border = |above: &SyntaxNode| {
                ast::ClosureExpr::can_cast(above.kind())
                    || ast::Item::can_cast(above.kind()) && !ast::MacroCall::can_cast(above.kind())
                    || ast::BlockExpr::cast(above.clone()).is_some_and(|block| block.async_token().is_some())
            };
            let outside = || {
                !inner.ancestors().skip(1).take_while(|above| Some(above) != node.parent().as_ref()).any(|above| border(&above))
            };
            match inner.kind() {
                SyntaxKind::AWAIT_EXPR => self.awaits |= outside(),
                SyntaxKind::TRY_EXPR => self.questions |= outside(),
                SyntaxKind::RETURN_EXPR if outside() => self.returns.push(place(&inner)),
                // What a macro is given is not parsed; what looks like it is taken for it.
                SyntaxKind::TOKEN_TREE if outside() => {
                    for token in inner.children_with_tokens().filter_map(|element| element.into_token()) {
                        self.awaits |= token.text() == "await";
                        self.questions |= token.kind() == SyntaxKind::QUESTION;
                    }
                }
                _ => {}
            }
        }
    }
}

/// The lines before the code, and where the code begins: where the first line stands that is neither for evcxr or the shell, nor a comment.
fn lines_before_code(source: &str) -> (Vec<Line>, usize) {
    static COMMAND: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^ *(:[^ ]*)( +(.*))?$").expect("the pattern is a constant"));
    let mut lines = Vec::new();
    let mut at = 0;
    for (index, whole) in source.split_inclusive('\n').enumerate() {
        let line = whole.trim_end_matches('\n').trim_end_matches('\r');
        if let Some(command) = line.strip_prefix('!') {
            lines.push(Line::Shell(command.trim_start_matches('!').trim().to_owned()));
        } else if let Some(captures) = COMMAND.captures(line) {
            let arguments = captures.get(3).map(|arguments| arguments.as_str().to_owned());
            let line = u32::try_from(index + 1).unwrap_or(u32::MAX);
            lines.push(Line::Command { name: captures[1].to_owned(), arguments, line });
        } else if !line.starts_with("//") && !line.trim().is_empty() {
            break;
        }
        at += whole.len();
    }
    (lines, at)
}

/// The names that a piece of code mentions, those in format strings included, and all words of its texts.
fn mentions(node: &SyntaxNode) -> (Vec<String>, Vec<String>) {
    static IN_TEXT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{(\w+)").expect("the pattern is a constant"));
    static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"[\p{XID_Start}_]\w*").expect("the pattern is a constant"));
    let (mut names, mut words) = (Vec::new(), Vec::new());
    for token in node.descendants_with_tokens().filter_map(|element| element.into_token()) {
        match token.kind() {
            SyntaxKind::STRING => {
                names.extend(IN_TEXT.captures_iter(token.text()).map(|captures| captures[1].to_owned()));
                words.extend(WORD.find_iter(token.text()).map(|word| word.as_str().to_owned()));
            }
            SyntaxKind::IDENT | SyntaxKind::STATIC_KW => names.push(token.text().to_owned()),
            _ => {}
        }
    }
    (names, words)
}

/// The variables that a piece of code gives another value, as a whole.
fn assigned(node: &SyntaxNode) -> Vec<String> {
    let assignments = node.descendants().filter_map(ast::BinExpr::cast);
    let assignments =
        assignments.filter(|expression| matches!(expression.op_kind(), Some(ast::BinaryOp::Assignment { op: None })));
    let mut targets: Vec<ast::Expr> = assignments.filter_map(|expression| expression.lhs()).collect();
    let mut names = Vec::new();
    while let Some(target) = targets.pop() {
        match target {
            ast::Expr::PathExpr(path) => names.push(path.syntax().text().to_string()),
            ast::Expr::TupleExpr(tuple) => targets.extend(tuple.fields()),
            ast::Expr::ArrayExpr(array) => targets.extend(array.exprs()),
            ast::Expr::ParenExpr(inner) => targets.extend(inner.expr()),
            _ => {}
        }
    }
    names
}

/// The names that `async` blocks and `move` closures mention.
fn captured(node: &SyntaxNode) -> Vec<String> {
    let captures = |inner: &SyntaxNode| {
        ast::BlockExpr::cast(inner.clone()).is_some_and(|block| block.async_token().is_some())
            || ast::ClosureExpr::cast(inner.clone()).is_some_and(|closure| closure.move_token().is_some())
    };
    node.descendants().filter(captures).flat_map(|inner| mentions(&inner).0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(source: &str) -> Cell {
        Cell::read(&CodeCell { number: 1, id: "a".into(), source: source.into(), tags: Vec::new(), ..CodeCell::default() })
            .unwrap()
    }

    #[test]
    fn lines_for_evcxr_come_before_the_code() {
        let cell = read("// note\n:dep a = \"1\"\n\n!ls -l\nlet x = 1;\n:vars");
        let dep = Line::Command { name: ":dep".into(), arguments: Some("a = \"1\"".into()), line: 2 };
        assert_eq!(cell.lines, [dep, Line::Shell("ls -l".into())]);
        assert_eq!(&cell.source[cell.code_from..], "let x = 1;\n:vars");
        assert!(cell.broken, "a command after code is no Rust");
    }

    #[test]
    fn variables_are_found_in_every_pattern() {
        let cell = read("let (a, [b, ..]) = f(); let c @ S { d, e: Some(g), .. } = h; let i;");
        assert_eq!(cell.variables().map(|variable| variable.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c", "d", "g", "i"]);
    }

    #[test]
    fn imports_are_named_as_they_are_called() {
        let cell = read("use a::{self, b as c, d::{e, f::*}, g as _}; use h;");
        let names = |part: &Part| match &part.kind {
            Kind::Use { names, .. } => names.clone(),
            _ => panic!("{part:?}"),
        };
        assert_eq!(names(&cell.parts[0]), ["a", "c", "e"]);
        assert_eq!(names(&cell.parts[1]), ["h"]);
    }

    #[test]
    fn what_a_function_of_its_own_holds_is_not_the_cells() {
        assert!(!read("async fn f() { g().await }\nlet x = async { g().await? };").awaits);
        assert!(read("let y = g().await?;").awaits);
        assert!(read("if let Some(x) = g()? { x }").questions);
        assert!(read("(|| -> Option<u8> { return None; f()? })();").returns.is_empty());
        assert_eq!(read("if a { return; }").returns.len(), 1);
    }
}
