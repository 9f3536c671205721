//! A cell's source, parsed: command lines, then items, variables, statements, and the value that is shown.
//!
//! The main type is [`Cell`]. It knows one cell. It does not know other cells, or how a cell is compiled.

mod command_lines;
mod completeness;
mod delimiters;
mod item;
mod mentions;
mod part;
mod question_marks;

use std::collections::BTreeSet;
use std::ops::Range;

use ra_ap_syntax::ast::{self, AstNode, HasAttrs};
use ra_ap_syntax::{Edition, SourceFile, SyntaxKind, SyntaxNode};

pub use command_lines::CommandLine;
pub use completeness::{Completeness, completeness};
pub use delimiters::Unbalanced;
pub use item::{Item, Namespace, StaticPlace, ThreadLocal};
pub(crate) use mentions::in_text as mentions_in_text;
pub use part::{Part, PartKind, Variable};
pub use question_marks::question_mark_lines;

/// A cell, taken apart. Ranges are in bytes of [`Cell::source`].
#[derive(Clone, Debug)]
pub struct Cell {
    /// What the author wrote, without a byte order mark and with `\n` as line ends.
    pub source: String,
    /// Lines before the code, in order.
    pub lines: Vec<CommandLine>,
    /// Where the code begins.
    pub code_from: usize,
    /// Attributes of the whole notebook, such as `#![allow(unused)]`.
    pub inner_attributes: Vec<Range<usize>>,
    /// The code, in order.
    pub parts: Vec<Part>,
    /// What the parser does not understand, in its words. rustc then reports what is wrong with the
    /// unchanged text.
    pub broken: Option<String>,
    /// A delimiter of broken code that does not match.
    pub unbalanced: Option<Unbalanced>,
    /// Whether code outside functions and blocks awaits.
    pub awaits: bool,
    /// Places after each `return` without a value outside functions and closures.
    pub bare_returns: Vec<usize>,
    /// Arguments of `include!`, `include_str!` and `include_bytes!` that are relative paths: the text between
    /// the quotes.
    pub included: Vec<Range<usize>>,
}

impl Cell {
    /// Takes a cell apart.
    pub fn parse(source: &str) -> Cell {
        let source = source.strip_prefix('\u{feff}').unwrap_or(source).replace("\r\n", "\n");
        let (lines, code_from) = command_lines::split(&source);
        let mut cell = Cell {
            source,
            lines,
            code_from,
            inner_attributes: Vec::new(),
            parts: Vec::new(),
            broken: None,
            unbalanced: None,
            awaits: false,
            bare_returns: Vec::new(),
            included: Vec::new(),
        };
        cell.read_code();
        cell
    }

    /// Whether there is code that runs or defines anything.
    pub(crate) fn has_code(&self) -> bool {
        self.broken.is_some() || !self.parts.is_empty()
    }

    /// The variables that the cell declares outside blocks; of two of one name the last.
    pub fn variables(&self) -> Vec<&Variable> {
        let mut found: Vec<&Variable> = Vec::new();
        for variable in self.parts.iter().flat_map(Part::variables) {
            found.retain(|earlier| earlier.name != variable.name);
            found.push(variable);
        }
        found
    }

    /// The names of everything that the cell defines.
    pub fn names(&self) -> BTreeSet<String> {
        let variables = self.variables().into_iter().map(|variable| variable.name.clone());
        variables.chain(self.items().flat_map(|(_, item)| item.defines.iter().map(|(_, name)| name.clone()))).collect()
    }

    /// The items that the cell defines.
    pub fn items(&self) -> impl Iterator<Item = (&Part, &Item)> {
        self.parts.iter().filter_map(|part| match &part.kind {
            PartKind::Item(item) => Some((part, item.as_ref())),
            _ => None,
        })
    }

    fn read_code(&mut self) {
        const PRELUDE: &str = "fn f(){";
        let code = &self.source[self.code_from..];
        let parsed = SourceFile::parse(&format!("{PRELUDE}{code}\n}}"), Edition::Edition2024);
        let mut children = parsed.tree().syntax().children();
        let function = children.next().and_then(ast::Fn::cast);
        let whole = children.next().is_none();
        let list = function.and_then(|function| function.body()).and_then(|body| body.stmt_list());
        let error = parsed.errors().first().map(ToString::to_string);
        let (Some(list), true, None) = (list, whole, &error) else {
            self.broken = Some(error.unwrap_or_else(|| "a brace closes what the cell did not open".to_owned()));
            self.unbalanced = delimiters::unbalanced(code).map(|found| Unbalanced { at: found.at + self.code_from, ..found });
            return;
        };
        let place = |node: &SyntaxNode| {
            let range = node.text_range();
            usize::from(range.start()) - PRELUDE.len() + self.code_from..usize::from(range.end()) - PRELUDE.len() + self.code_from
        };
        self.inner_attributes = list
            .attrs()
            .filter(|attribute| attribute.excl_token().is_some())
            .map(|attribute| place(attribute.syntax()))
            .collect();
        let nodes: Vec<SyntaxNode> = list.syntax().children().filter(|node| !ast::Attr::can_cast(node.kind())).collect();
        let parts: Vec<Part> =
            nodes.iter().enumerate().map(|(index, node)| part::read(node, index + 1 == nodes.len(), &place)).collect();
        let (mut awaits, mut returns, mut included) = (false, Vec::new(), Vec::new());
        for (node, part) in nodes.iter().zip(&parts) {
            included.extend(
                mentions::relative_includes(node)
                    .into_iter()
                    .map(|range| range.start - PRELUDE.len() + self.code_from..range.end - PRELUDE.len() + self.code_from),
            );
            if matches!(part.kind, PartKind::Item(_)) {
                continue;
            }
            let seen = flow(node, &place);
            awaits |= seen.0;
            returns.extend(seen.1);
        }
        (self.parts, self.awaits, self.bare_returns, self.included) = (parts, awaits, returns, included);
    }
}

/// Whether a statement awaits, and where its `return`s without a value end. Functions, closures and `async`
/// blocks inside it do not count.
fn flow(node: &SyntaxNode, place: &dyn Fn(&SyntaxNode) -> Range<usize>) -> (bool, Vec<usize>) {
    let is_border = |above: &SyntaxNode| {
        ast::ClosureExpr::can_cast(above.kind())
            || ast::Item::can_cast(above.kind()) && !ast::MacroCall::can_cast(above.kind())
            || ast::BlockExpr::cast(above.clone()).is_some_and(|block| block.async_token().is_some())
    };
    let above_all = node.parent();
    let (mut awaits, mut returns) = (false, Vec::new());
    for inner in node.descendants() {
        let outside = || {
            let mut above = inner.ancestors().skip(1).take_while(|above| Some(above) != above_all.as_ref());
            !above.any(|above| is_border(&above))
        };
        match inner.kind() {
            SyntaxKind::AWAIT_EXPR => awaits |= outside(),
            SyntaxKind::RETURN_EXPR => {
                let bare = ast::ReturnExpr::cast(inner.clone()).is_some_and(|expression| expression.expr().is_none());
                if bare && outside() {
                    returns.push(place(&inner).end);
                }
            }
            // Macro input is not parsed, so tokens that look like an `await` or a `return` count as one.
            SyntaxKind::TOKEN_TREE if outside() => {
                let mut tokens = inner.children_with_tokens().filter_map(|element| element.into_token()).peekable();
                while let Some(token) = tokens.next() {
                    let next = tokens.peek().map(|next| next.text().to_owned());
                    awaits |= token.kind() == SyntaxKind::DOT && next.as_deref() == Some("await");
                }
            }
            _ => {}
        }
    }
    (awaits, returns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_found_in_every_pattern() {
        let cell = Cell::parse("let (a, [b, ..]) = f(); let mut c @ S { d, e: Some(g), .. } = h; let i; let a = 2;");
        let names: Vec<&str> = cell.variables().iter().map(|variable| variable.name.as_str()).collect();
        assert_eq!(names, ["b", "c", "d", "g", "i", "a"]);
        assert!(cell.variables()[1].is_mutable && !cell.variables()[0].is_mutable);
    }

    #[test]
    fn what_a_function_of_its_own_holds_is_not_the_cells() {
        assert!(!Cell::parse("async fn f() { g().await }\nlet x = async { g().await? };").awaits);
        assert!(Cell::parse("let y = g().await?;").awaits);
        assert!(Cell::parse("println!(\"{}\", g().await);").awaits);
        assert!(!Cell::parse("println!(\"await\"); let awaited = 3;").awaits);
        assert!(Cell::parse("(|| { return; })();").bare_returns.is_empty());
        assert_eq!(Cell::parse("if a { return; }").bare_returns, [13]);
    }

    #[test]
    fn attributes_of_the_notebook_are_no_statement() {
        let cell = Cell::parse("#![allow(unused)]\n#[derive(Debug)]\nstruct S;\n\nS");
        assert_eq!(cell.inner_attributes.len(), 1);
        assert_eq!(cell.parts.len(), 2);
        assert!(cell.broken.is_none());
    }

    #[test]
    fn broken_code_is_left_to_rustc() {
        assert!(Cell::parse("fn open() {").broken.is_some());
        assert!(Cell::parse("} fn g() {").broken.is_some());
        assert!(Cell::parse("let x = ;").broken.is_some());
    }
}
