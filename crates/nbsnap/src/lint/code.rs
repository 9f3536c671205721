//! The code of cells, parsed, with evcxr's own commands kept apart from Rust.

use ra_ap_syntax::ast::{self, AstNode};
use ra_ap_syntax::{Edition, SourceFile, SyntaxNode};
use serde_json::{Map, Value};

use super::finding::Place;
use crate::document::{Document, id, is_cell, source, tags};

const BEGIN: &str = "async fn cell() {\n";

/// A code cell.
pub(super) struct Code {
    pub(super) number: usize,
    pub(super) id: Option<String>,
    pub(super) source: String,
    tags: Vec<String>,
}

impl Code {
    /// The code cells of a notebook.
    pub(super) fn of(document: &Document) -> Vec<Code> {
        let cells = document.cells().enumerate().filter(|(_, cell)| is_cell(cell, "code"));
        let code = |(index, cell): (usize, &Map<String, Value>)| Code {
            number: index + 1,
            id: id(cell).map(str::to_owned),
            source: source(cell),
            tags: tags(cell).map(str::to_owned).collect(),
        };
        cells.map(code).collect()
    }

    pub(super) fn is_tagged(&self, tag: &str) -> bool {
        self.tags.iter().any(|known| known == tag)
    }

    pub(super) fn place(&self, line: Option<usize>) -> Option<Place> {
        Some(Place { number: self.number, id: self.id.clone(), line })
    }

    /// evcxr's own commands, with their lines.
    pub(super) fn commands(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.source.lines().enumerate();
        lines.map(|(index, line)| (index + 1, line.trim())).filter(|(_, line)| is_command(line))
    }

    /// The body of the cell as Rust; lines count as in the cell.
    pub(super) fn body(&self) -> Option<ast::StmtList> {
        let blank = |line: &str| if is_command(line.trim()) { " ".repeat(line.len()) } else { line.to_owned() };
        let rust: Vec<String> = self.source.lines().map(blank).collect();
        let file = SourceFile::parse(&format!("{BEGIN}{}\n}}", rust.join("\n")), Edition::Edition2024).tree();
        file.syntax().children().find_map(ast::Fn::cast)?.body()?.stmt_list()
    }

    /// The line of the cell on which a part of its body begins.
    pub(super) fn line(&self, node: &SyntaxNode) -> Option<usize> {
        // A comment before an item is part of it.
        let mut tokens = node.descendants_with_tokens().filter_map(|element| element.into_token());
        let first = tokens.find(|token| !token.kind().is_trivia())?;
        let at = usize::from(first.text_range().start()).checked_sub(BEGIN.len())?;
        self.source.get(..at.min(self.source.len())).map(|before| before.matches('\n').count() + 1)
    }
}

/// Whether a line, trimmed, is one of evcxr's commands and not Rust.
pub(super) fn is_command(line: &str) -> bool {
    let rest = line.strip_prefix(':').unwrap_or_default();
    rest.starts_with(|c: char| c.is_ascii_alphabetic())
}

/// Where a cell is.
pub(super) fn place(number: usize, cell: &Map<String, Value>) -> Option<Place> {
    Some(Place { number, id: id(cell).map(str::to_owned), line: None })
}
