//! One statement, item or value of a cell.

use std::collections::BTreeSet;
use std::ops::Range;

use ra_ap_syntax::ast::{self, AstNode, HasName};
use ra_ap_syntax::{SyntaxKind, SyntaxNode};

use super::item::{self, Item};
use super::mentions;

/// A piece of a cell's code.
#[derive(Clone, Debug)]
pub struct Part {
    /// Where it is in the cell.
    pub range: Range<usize>,
    /// What it is.
    pub kind: PartKind,
    /// The names that it mentions.
    pub mentions: BTreeSet<String>,
}

/// What a [`Part`] is.
#[derive(Clone, Debug)]
pub enum PartKind {
    /// Something with a name that later cells can use: a function, a type, an import, …
    Item(Box<Item>),
    /// `let`, with the variables that it declares.
    Let(Vec<Variable>),
    /// Any other statement.
    Statement,
    /// The expression at the end, whose value is shown.
    Value,
}

/// A variable that a cell declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// Its name, without `r#`.
    pub name: String,
    /// Whether it is `mut`.
    pub is_mutable: bool,
    /// Where its name is in the cell.
    pub range: Range<usize>,
}

impl Part {
    /// The variables that it declares.
    pub fn variables(&self) -> &[Variable] {
        match &self.kind {
            PartKind::Let(variables) => variables,
            _ => &[],
        }
    }
}

/// Reads a node of a cell's top level.
pub(super) fn read(node: &SyntaxNode, is_last: bool, place: &dyn Fn(&SyntaxNode) -> Range<usize>) -> Part {
    let kind = kind(node, is_last, place);
    Part { range: place(node), mentions: mentions::of(node), kind }
}

fn kind(node: &SyntaxNode, is_last: bool, place: &dyn Fn(&SyntaxNode) -> Range<usize>) -> PartKind {
    if let Some(item) = item::read(node, place) {
        return PartKind::Item(Box::new(item));
    }
    if let Some(statement) = ast::LetStmt::cast(node.clone()) {
        let patterns = statement.pat().into_iter();
        let names =
            patterns.flat_map(|pattern| pattern.syntax().descendants().filter_map(ast::IdentPat::cast).collect::<Vec<_>>());
        return PartKind::Let(names.filter_map(|name| variable(&name, place)).collect());
    }
    let is_value = is_last && ast::Expr::can_cast(node.kind()) && !ends_with_semicolon(node);
    if is_value { PartKind::Value } else { PartKind::Statement }
}

fn ends_with_semicolon(node: &SyntaxNode) -> bool {
    node.kind() == SyntaxKind::EXPR_STMT && node.last_token().is_some_and(|token| token.kind() == SyntaxKind::SEMICOLON)
}

fn variable(pattern: &ast::IdentPat, place: &dyn Fn(&SyntaxNode) -> Range<usize>) -> Option<Variable> {
    let name = pattern.name()?;
    let text = name.text().to_string();
    // `None`, `MAX`: a pattern that names a constant or a variant declares nothing.
    let is_bare = pattern.mut_token().is_none() && pattern.ref_token().is_none() && pattern.pat().is_none();
    if is_bare && text.starts_with(char::is_uppercase) {
        return None;
    }
    // Alternatives declare the same variables; one of them is enough.
    let is_mutable = pattern.mut_token().is_some();
    Some(Variable { name: mentions::plain(&text).to_owned(), is_mutable, range: place(name.syntax()) })
}
