//! Parentheses, brackets and braces that do not match. Only the author's code is checked; rustc would also
//! see the generated code around it.

use ra_ap_syntax::{Edition, SourceFile, SyntaxKind};

/// A delimiter without its other half: what is wrong, and where it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unbalanced {
    /// What is wrong, in words.
    pub message: String,
    /// The delimiter's place in bytes.
    pub at: usize,
}

/// The first delimiter that does not match, if any. Those in strings and comments say nothing.
pub(super) fn unbalanced(code: &str) -> Option<Unbalanced> {
    let tree = SourceFile::parse(code, Edition::Edition2024).syntax_node();
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
}
