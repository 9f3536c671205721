//! Every notebook in this tree is the same, byte for byte, after it was read and written.

use std::path::{Path, PathBuf};

use nbsnap::document::Document;

use crate::world::workspace;

fn notebooks_below(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy();
        if path.is_dir() && name != "target" && !name.starts_with('.') {
            notebooks_below(&path, found);
        } else if name.ends_with(".ipynb") {
            found.push(path);
        }
    }
}

#[test]
fn every_notebook_here_is_written_as_it_was_read() {
    let mut paths = Vec::new();
    notebooks_below(workspace(), &mut paths);
    let mut read = 0;
    for path in &paths {
        let text = std::fs::read_to_string(path).unwrap();
        // Some are here because they are invalid.
        let Ok(mut document) = Document::parse(path, text.clone()) else { continue };
        read += 1;
        assert_eq!(document.text(), text, "{}", path.display());
        read += 1;
        // A cell that comes and goes leaves no trace, where the cells are laid out as an editor does it.
        if path.starts_with(workspace().join("crates/nbsnap/tests/notebooks")) {
            continue;
        }
        let cell = serde_json::json!({"cell_type": "raw", "id": "passing", "metadata": {}, "source": "x"});
        document.insert_cell(1, cell.as_object().unwrap().clone());
        assert_ne!(document.text(), text);
        document.remove_cell(1);
        assert_eq!(document.text(), text, "{}", path.display());
    }
    assert!(read > 40, "only {read} of {} notebooks were read", paths.len());
}
