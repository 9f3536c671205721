//! Where a cell may leave by `?`.

use ra_ap_syntax::{Edition, SourceFile, SyntaxKind};

use super::command_lines;
use crate::position::position;

/// The lines, from 1, with a `?` that ends the cell when it meets an error. Functions and closures do not
/// count.
pub fn question_mark_lines(source: &str) -> Vec<u32> {
    const PRELUDE: &str = "fn f(){";
    let (_, code_from) = command_lines::split(source);
    let parsed = SourceFile::parse(&format!("{PRELUDE}{}\n}}", &source[code_from..]), Edition::Edition2024);
    let mut lines = Vec::new();
    for node in parsed.syntax_node().descendants().filter(|node| node.kind() == SyntaxKind::TRY_EXPR) {
        let functions =
            node.ancestors().filter(|above| [SyntaxKind::FN, SyntaxKind::CLOSURE_EXPR].contains(&above.kind())).count();
        let at = usize::from(node.text_range().end()) - 1;
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
    }
}
