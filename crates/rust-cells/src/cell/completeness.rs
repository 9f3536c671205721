//! Whether what somebody has typed is a whole cell, for consoles that must decide what Enter means.

use ra_ap_syntax::ast::AstNode;
use ra_ap_syntax::{Edition, SourceFile, SyntaxKind};

use super::command_lines;

/// What may become of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Completeness {
    /// It can be run as it is.
    Complete,
    /// More is to come; the next line may begin with this.
    Incomplete {
        /// Blanks.
        indent: String,
    },
    /// Nothing that can follow makes it Rust.
    Invalid,
}

/// Whether a text is a whole cell, as the parser sees it.
pub fn completeness(source: &str) -> Completeness {
    const PRELUDE: &str = "fn f(){";
    let (_, code_from) = command_lines::split(source);
    let code = source[code_from..].trim_end();
    let parsed = SourceFile::parse(&format!("{PRELUDE}{code}\n}}"), Edition::Edition2024);
    let whole = parsed.tree().syntax().children().count() == 1;
    if parsed.errors().is_empty() && whole {
        return Completeness::Complete;
    }
    let own = SourceFile::parse(code, Edition::Edition2024).syntax_node();
    let mut open: Vec<SyntaxKind> = Vec::new();
    for token in own.descendants_with_tokens().filter_map(|element| element.into_token()) {
        let opener = match token.kind() {
            kind @ (SyntaxKind::L_PAREN | SyntaxKind::L_BRACK | SyntaxKind::L_CURLY) => {
                open.push(kind);
                continue;
            }
            SyntaxKind::R_PAREN => SyntaxKind::L_PAREN,
            SyntaxKind::R_BRACK => SyntaxKind::L_BRACK,
            SyntaxKind::R_CURLY => SyntaxKind::L_CURLY,
            _ => continue,
        };
        if open.pop() != Some(opener) {
            return Completeness::Invalid;
        }
    }
    let indent = "    ".repeat(open.len());
    // Text and comments without an end are errors at their beginning.
    let is_unterminated = parsed.errors().iter().any(|error| error.to_string().contains("Missing trailing"))
        || own.descendants_with_tokens().filter_map(|element| element.into_token()).last().is_some_and(|token| {
            token.kind() == SyntaxKind::COMMENT && token.text().starts_with("/*") && !token.text().ends_with("*/")
        });
    // The parser is content up to the end.
    let end = PRELUDE.len() + code.len();
    let at_end = parsed.errors().first().is_some_and(|error| usize::from(error.range().start()) >= end);
    if is_unterminated || !open.is_empty() || at_end { Completeness::Incomplete { indent } } else { Completeness::Invalid }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_cells_are_complete() {
        for code in ["1 + 1", "let x = 1;", "", "// note", ":vars", ":dep a = \"1\"\nuse a::b;", "fn f() {\n}\nf()", "!ls", "x?"]
        {
            assert_eq!(completeness(code), Completeness::Complete, "{code}");
        }
    }

    #[test]
    fn what_may_go_on_is_incomplete() {
        let indents = [
            ("fn f() {", 4),
            ("let x = vec![\n  f(", 8),
            ("let x =", 0),
            ("let x = 1", 0),
            ("\"text", 0),
            ("a.", 0),
            ("/* note", 0),
        ];
        for (code, indent) in indents {
            assert_eq!(completeness(code), Completeness::Incomplete { indent: " ".repeat(indent) }, "{code}");
        }
    }

    #[test]
    fn what_cannot_be_mended_is_invalid() {
        for code in ["}", "let = 3;", "f(1]", "fn 3() {}", "let x = 1 2;"] {
            assert_eq!(completeness(code), Completeness::Invalid, "{code}");
        }
    }
}
