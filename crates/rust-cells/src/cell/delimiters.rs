//! Parentheses, brackets and braces that do not match, and quotation marks of another language. Only the
//! author's code is checked; rustc would also see the generated code around it.

use ra_ap_syntax::{Edition, SourceFile, SyntaxKind, SyntaxNode, TextRange};

/// A delimiter without its other half: what is wrong, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbalanced {
    /// What is wrong, in words.
    pub message: String,
    /// The delimiter's place in bytes.
    pub at: usize,
}

/// The first delimiter that does not match, if any. Those in strings and comments say nothing. A text between
/// single quotes comes first: what follows it on its line is lost to the parser.
pub(super) fn unbalanced(code: &str) -> Option<Unbalanced> {
    let tree = SourceFile::parse(code, Edition::Edition2024).syntax_node();
    if let Some(found) = single_quoted(&tree) {
        return Some(found);
    }
    let mut open: Vec<(char, usize)> = Vec::new();
    for token in tree.descendants_with_tokens().filter_map(|element| element.into_token()) {
        let at = usize::from(token.text_range().start());
        let closed = match token.kind() {
            SyntaxKind::L_PAREN | SyntaxKind::L_BRACK | SyntaxKind::L_CURLY => {
                open.push((token.text().chars().next()?, at));
                continue;
            }
            SyntaxKind::R_PAREN => '(',
            SyntaxKind::R_BRACK => '[',
            SyntaxKind::R_CURLY => '{',
            _ => continue,
        };
        match open.pop() {
            Some((opened, _)) if opened == closed => {}
            Some((opened, before)) => {
                let line = code[..before].matches('\n').count() + 1;
                let message =
                    format!("this `{}` does not close the `{opened}` before it, on line {line} of the code", token.text());
                return Some(Unbalanced { message, at });
            }
            None => return Some(Unbalanced { message: format!("nothing opened what this `{}` closes", token.text()), at }),
        }
    }
    let (opened, at) = open.pop()?;
    Some(Unbalanced { message: format!("this `{opened}` is never closed: an unclosed delimiter"), at })
}

/// A text like `'water-bodies'`: to Rust a lifetime, and then a character that never ends.
fn single_quoted(tree: &SyntaxNode) -> Option<Unbalanced> {
    let mut lifetime = None;
    for token in tree.descendants_with_tokens().filter_map(|element| element.into_token()) {
        let at = usize::from(token.text_range().start());
        match token.kind() {
            SyntaxKind::LIFETIME_IDENT => lifetime = Some(at),
            SyntaxKind::WHITESPACE if token.text().contains('\n') => lifetime = None,
            SyntaxKind::CHAR if token.text().len() == 1 || !token.text().ends_with('\'') => {
                let from = lifetime?;
                let text = tree.text().slice(TextRange::new(from.try_into().ok()?, token.text_range().start())).to_string();
                let message = format!("text takes double quotes: write `\"{}\"`", &text[1..]);
                return Some(Unbalanced { message, at: from });
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_half_that_is_alone_is_found() {
        assert_eq!(unbalanced("fn f() { (1, [2]) }"), None);
        assert_eq!(unbalanced("fn open() {\n    if x {\n").unwrap().at, 21);
        assert!(unbalanced("f(1]").unwrap().message.contains("does not close the `(`"));
        assert!(unbalanced("}").unwrap().message.contains("nothing opened"));
        assert_eq!(unbalanced("let s = \"{\"; // {\n'{'; /* { */"), None);
    }

    #[test]
    fn quotation_marks_of_another_language_are_found() {
        for code in ["f('water-bodies').await?;\n", "let s = 'a long text';\ng()", "f('it.cwl')"] {
            let found = unbalanced(code).unwrap();
            assert_eq!(found.at, code.find('\'').unwrap(), "{code}");
            let text = code.split('\'').nth(1).unwrap();
            assert_eq!(found.message, format!("text takes double quotes: write `\"{text}\"`"));
        }
        assert_eq!(unbalanced("fn f<'a>(x: &'a str, c: char) -> &'a str { if c == 'x' { x } else { x } }"), None);
        assert!(unbalanced("fn f<'a>(x: &'a str {").unwrap().message.contains("never closed"));
    }
}
