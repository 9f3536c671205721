//! Where a cell may leave by `?`.

use ra_ap_syntax::{Edition, SourceFile, SyntaxKind, SyntaxNode};

use super::command_lines;
use crate::position::position;

/// The lines, from 1, with a `?` that ends the cell when it meets an error. Functions and closures do not
/// count. The arguments of a macro are not parsed, so any `?` among them may be one.
pub fn question_mark_lines(source: &str) -> Vec<u32> {
    const PRELUDE: &str = "fn f(){";
    let (_, code_from) = command_lines::split(source);
    let parsed = SourceFile::parse(&format!("{PRELUDE}{}\n}}", &source[code_from..]), Edition::Edition2024);
    let mut lines = Vec::new();
    for mark in parsed.syntax_node().descendants_with_tokens().filter_map(|element| element.into_token()) {
        let is_operator = |node: &SyntaxNode| {
            node.kind() == SyntaxKind::TRY_EXPR
                || node.kind() == SyntaxKind::TOKEN_TREE && node.ancestors().any(|above| above.kind() == SyntaxKind::MACRO_CALL)
        };
        if mark.kind() != SyntaxKind::QUESTION || !mark.parent().is_some_and(|node| is_operator(&node)) {
            continue;
        }
        let functions =
            mark.parent_ancestors().filter(|above| [SyntaxKind::FN, SyntaxKind::CLOSURE_EXPR].contains(&above.kind())).count();
        let at = usize::from(mark.text_range().start());
        // The first function is the one that is written around the cell.
        if functions == 1 && at >= PRELUDE.len() {
            lines.push(position(source, (at - PRELUDE.len() + code_from).min(source.len())).0);
        }
    }
    lines.sort_unstable();
    lines.dedup();
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_operators_of_the_cell_itself_count() {
        let cell = ":vars\nlet a = f()?;\nprintln!(\"really?\");\n// why?\nlet b = g()\n    .await\n    ?;\nfn h() -> Option<()> { i()? }\n";
        assert_eq!(question_mark_lines(cell), [2, 7]);
        let cell =
            "let a = f()?;\nprintln!(\"why? {}\", vec![g(a)?]);\nmacro_rules! m { ($($x:expr)?) => {} }\nlet c = || i()?;\n";
        assert_eq!(question_mark_lines(cell), [1, 2]);
    }
}
