//! The corpus: notebooks in percent format. Cells begin with a line `// %%`, which may end with their tags.

use std::path::{Path, PathBuf};

use nbsnap::notebook::{CodeCell, Notebook};

/// The suite's folder.
pub(crate) fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().join("tests/engines")
}

/// All notebooks, by name.
pub(crate) fn read() -> Vec<Notebook> {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(folder().join("corpus")).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| parse(path, &std::fs::read_to_string(path).unwrap())).collect()
}

/// A notebook from its text. The text before the first cell describes it.
pub(crate) fn parse(path: &Path, text: &str) -> Notebook {
    let mut cells: Vec<CodeCell> = Vec::new();
    for line in text.lines() {
        if let Some(tags) = line.strip_prefix("// %%") {
            let number = cells.len() + 1;
            let tags = tags.split_whitespace().map(str::to_owned).collect();
            cells.push(CodeCell { number, id: format!("cell-{number}"), source: String::new(), tags, ..CodeCell::default() });
        } else if let Some(cell) = cells.last_mut() {
            if !cell.source.is_empty() {
                cell.source.push('\n');
            }
            cell.source.push_str(line);
        }
    }
    let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
    Notebook { path: path.to_owned(), name, kernel: "rust".into(), cells, ..Notebook::default() }
}
