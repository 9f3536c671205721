//! What a piece of a cell's code is: an item, an import, a binding, a statement, or the expression that is shown.
//!
//! The main type is [`Kind`]. It looks at one syntax node, and knows neither cell nor program.

use std::ops::Range;
use std::sync::LazyLock;

use ra_ap_syntax::SyntaxNode;
use ra_ap_syntax::ast::{self, AstNode, HasAttrs, HasName};
use regex::Regex;

/// A variable that a cell brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    /// Where it is named.
    pub(crate) place: Range<usize>,
    /// Whether it is `mut`.
    pub(crate) changes: bool,
}

/// What a piece of code is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An item; what it is called, unless it has no name; what is called for by its name or by that of its members.
    Item { name: Option<String>, sort: Sort, conditional: bool, members: Vec<String> },
    /// An import, from its `use` on, and the names it brings; whether it brings more, which have no names here.
    Use { from: usize, names: Vec<String>, open: bool },
    /// `let`: the variables it brings; whether they have values; whether one of them is a closure.
    Let { variables: Vec<Variable>, assigned: bool, closure: bool },
    /// A macro call as a statement.
    Call { name: String },
    /// An attribute of the whole notebook.
    Attribute,
    /// Any other statement.
    Statement,
    /// The expression at the end, which is shown.
    Shown,
}

/// What an item is, as far as that matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    Function,
    Type,
    Trait,
    Module,
    Macro,
    Constant,
    /// A static; whether it can change.
    Static {
        changes: bool,
    },
    Implementation,
    Other,
}

impl Sort {
    /// Whether it goes by its name where a variable could.
    pub(crate) fn is_value(self) -> bool {
        matches!(self, Sort::Function | Sort::Constant | Sort::Static { .. })
    }
}

/// What a node is; `last` says whether it is the last of its cell, `place` where a node stands in the source.
///
/// # Errors
/// Why no program can have it, as half a sentence.
pub(crate) fn kind(node: &SyntaxNode, last: bool, place: &dyn Fn(&SyntaxNode) -> Range<usize>) -> Result<Kind, String> {
    if let Some(binding) = ast::LetStmt::cast(node.clone()) {
        let closure = binding.ty().is_none() && matches!(binding.initializer(), Some(ast::Expr::ClosureExpr(_)));
        let names = binding.pat().into_iter().flat_map(|pattern| {
            let inner: Vec<_> = pattern.syntax().descendants().filter_map(ast::IdentPat::cast).collect();
            inner.into_iter().filter_map(|pattern| {
                let name = pattern.name()?;
                let changes = pattern.mut_token().is_some() && pattern.ref_token().is_none();
                Some(Variable { name: name.text().to_string(), place: place(name.syntax()), changes })
            })
        });
        let variables: Vec<Variable> = names.collect();
        if let Some(variable) = variables.iter().find(|variable| variable.name.starts_with(char::is_uppercase)) {
            return Err(format!("binds `{}`, which may be no variable", variable.name));
        }
        return Ok(Kind::Let { variables, assigned: binding.initializer().is_some(), closure });
    }
    if ast::Attr::can_cast(node.kind()) {
        let text = node.text().to_string();
        return match text.starts_with("#![allow") {
            true => Ok(Kind::Attribute),
            false => Err(format!("has `{text}`, an attribute of the whole crate")),
        };
    }
    if let Some(import) = ast::Use::cast(node.clone()) {
        let (mut names, mut open) = (Vec::new(), false);
        for tree in import.use_tree().into_iter().flat_map(|tree| tree.syntax().descendants().filter_map(ast::UseTree::cast)) {
            open |= tree.star_token().is_some() || tree.rename().is_some_and(|rename| rename.underscore_token().is_some());
            if tree.use_tree_list().is_some() || tree.star_token().is_some() {
                continue;
            }
            let is_self = tree.path().is_some_and(|path| path.syntax().text() == "self");
            if is_self && tree.rename().is_some() {
                return Err("imports `self as …`, after which evcxr may have lost what is meant".into());
            }
            let segment = tree.path().and_then(|path| match path.segment()?.kind()? {
                ast::PathSegmentKind::SelfKw => {
                    let outer = tree.syntax().ancestors().skip(1).find_map(ast::UseTree::cast)?;
                    outer.path()?.segment()?.name_ref()
                }
                _ => path.segment()?.name_ref(),
            });
            match tree.rename() {
                Some(rename) => names.extend(rename.name().map(|name| name.text().to_string())),
                None => names.extend(segment.map(|name| name.text().to_string())),
            }
        }
        let from = import.use_token().map_or(0, |token| usize::from(token.text_range().start() - node.text_range().start()));
        return Ok(Kind::Use { from: place(node).start + from, names, open });
    }
    if let Some(call) = macro_call(node) {
        let name = call.path().and_then(|path| path.segment()).and_then(|segment| segment.name_ref());
        let name = name.map(|name| name.text().to_string()).unwrap_or_default();
        return Ok(if last && ast::Expr::can_cast(node.kind()) { Kind::Shown } else { Kind::Call { name } });
    }
    if let Some(item) = ast::Item::cast(node.clone()) {
        return kind_of_item(&item);
    }
    Ok(if last && ast::Expr::can_cast(node.kind()) { Kind::Shown } else { Kind::Statement })
}

/// The macro call that a statement is, with its semicolon or without.
fn macro_call(node: &SyntaxNode) -> Option<ast::MacroCall> {
    let node = ast::ExprStmt::cast(node.clone())
        .and_then(|statement| statement.expr())
        .map_or(node.clone(), |expression| expression.syntax().clone());
    ast::MacroCall::cast(node.clone()).or_else(|| ast::MacroExpr::cast(node)?.macro_call())
}

fn kind_of_item(item: &ast::Item) -> Result<Kind, String> {
    let name = |named: &dyn Fn() -> Option<ast::Name>| named().map(|name| name.text().to_string());
    let (name, sort) = match item {
        ast::Item::Const(item) => (name(&|| item.name()), Sort::Constant),
        ast::Item::Enum(item) => (name(&|| item.name()), Sort::Type),
        ast::Item::Fn(item) => (name(&|| item.name()), Sort::Function),
        ast::Item::MacroRules(item) => (name(&|| item.name()), Sort::Macro),
        ast::Item::Module(item) => (name(&|| item.name()), Sort::Module),
        ast::Item::Struct(item) => (name(&|| item.name()), Sort::Type),
        ast::Item::Trait(item) => (name(&|| item.name()), Sort::Trait),
        ast::Item::TypeAlias(item) => (name(&|| item.name()), Sort::Type),
        ast::Item::Union(item) => (name(&|| item.name()), Sort::Type),
        ast::Item::Static(item) => {
            let ty = item.ty().map(|ty| ty.syntax().text().to_string()).unwrap_or_default();
            (name(&|| item.name()), Sort::Static { changes: item.mut_token().is_some() || !is_plain(&ty) })
        }
        ast::Item::Impl(_) => (None, Sort::Implementation),
        ast::Item::ExternCrate(_) => return Err("has `extern crate`, which may bring a dependency".into()),
        ast::Item::ExternBlock(_) => (None, Sort::Other),
        _ => return Err("has an item of a kind that is not known".into()),
    };
    let attributes: Vec<String> = item.attrs().map(|attribute| attribute.syntax().text().to_string()).collect();
    if attributes.iter().any(|attribute| attribute.contains("macro_export")) {
        return Err("exports a macro".into());
    }
    let conditional = attributes.iter().any(|attribute| attribute.contains("cfg"));
    let members = match item {
        ast::Item::Trait(item) => {
            item.assoc_item_list().into_iter().flat_map(|list| list.assoc_items()).filter_map(member).collect()
        }
        _ => Vec::new(),
    };
    Ok(Kind::Item { name: name.filter(|name| name != "_"), sort, conditional, members })
}

/// What a member of a trait is called.
fn member(item: ast::AssocItem) -> Option<String> {
    let name = match item {
        ast::AssocItem::Const(item) => item.name(),
        ast::AssocItem::Fn(item) => item.name(),
        ast::AssocItem::TypeAlias(item) => item.name(),
        ast::AssocItem::MacroCall(_) => None,
    };
    name.map(|name| name.text().to_string())
}

/// Whether a static of this type stays as it is.
fn is_plain(ty: &str) -> bool {
    static WORD: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"'?\w+").expect("the pattern is a constant"));
    let plain = ["str", "'static", "bool", "char", "u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128"];
    let plain = |word: &str| plain.contains(&word) || ["isize", "f32", "f64"].contains(&word);
    WORD.find_iter(ty).all(|word| plain(word.as_str()) || word.as_str().starts_with(|c: char| c.is_ascii_digit()))
}
