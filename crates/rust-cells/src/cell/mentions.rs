//! The names that a piece of code mentions, also in format strings and in what macros are given.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::LazyLock;

use ra_ap_syntax::ast::{self, AstNode, AstToken, IsString};
use ra_ap_syntax::{SyntaxKind, SyntaxNode};
use regex::Regex;

/// The names in a node.
pub(super) fn of(node: &SyntaxNode) -> BTreeSet<String> {
    static IN_TEXT: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\{(\w+)|(\w+)\$").expect("the pattern is a constant"));
    let mut names = BTreeSet::new();
    for token in node.descendants_with_tokens().filter_map(|element| element.into_token()) {
        match token.kind() {
            SyntaxKind::STRING => {
                // What an attribute says in quotes may be a path, as in `#[serde(default = "fallback")]`.
                let in_attribute =
                    token.parent().is_some_and(|parent| parent.ancestors().any(|node| ast::Attr::can_cast(node.kind())));
                if in_attribute {
                    names.extend(in_text(token.text()));
                }
                for captures in IN_TEXT.captures_iter(token.text()) {
                    names.extend(captures.iter().skip(1).flatten().map(|name| name.as_str().to_owned()));
                }
            }
            SyntaxKind::IDENT => {
                names.insert(plain(token.text()).to_owned());
            }
            _ => {}
        }
    }
    names
}

/// A name without the mark of raw identifiers.
pub(super) fn plain(name: &str) -> &str {
    name.strip_prefix("r#").unwrap_or(name)
}

/// The names in a piece of text that is Rust, such as a type.
pub(crate) fn in_text(text: &str) -> BTreeSet<String> {
    static NAME: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"[\p{XID_Start}_]\p{XID_Continue}*").expect("the pattern is a constant"));
    NAME.find_iter(text).map(|name| name.as_str().to_owned()).collect()
}

/// The places of relative paths in `include_str!("…")` and the like, between the quotes.
pub(super) fn relative_includes(node: &SyntaxNode) -> Vec<Range<usize>> {
    let calls = node.descendants().filter_map(ast::MacroCall::cast).filter(|call| {
        let name = call.path().map(|path| path.syntax().text().to_string()).unwrap_or_default();
        ["include_str", "include_bytes", "include"].contains(&name.rsplit("::").next().unwrap_or_default().trim())
    });
    let path = |call: ast::MacroCall| {
        let tree = call.token_tree()?;
        let tokens = tree.syntax().children_with_tokens().filter_map(|element| element.into_token());
        let mut strings = tokens.filter_map(ast::String::cast);
        let (path, None) = (strings.next()?, strings.next()) else { return None };
        if path.value().ok()?.starts_with('/') {
            return None;
        }
        let inside = path.text_range_between_quotes()?;
        Some(usize::from(inside.start())..usize::from(inside.end()))
    };
    calls.filter_map(path).collect()
}
