//! Finds a cell's source in its file, so that a report can name the line there.
//!
//! Pure functions on text, for files as Jupyter writes them: one line of source a line, and all members of a
//! cell at one indentation.

/// The line of the file (from 1) where the source of the cell with this id begins. `None` unless the source
/// is written line by line.
pub(super) fn source_line(text: &str, id: &str) -> Option<usize> {
    let member = format!("\"id\": \"{id}\"");
    let mut lines = text.lines().enumerate();
    let (_, found) = lines.find(|(_, line)| line.trim_start().trim_end_matches(',') == member)?;
    let indentation = &found[..found.len() - found.trim_start().len()];
    let source = format!("{indentation}\"source\": [");
    let (at, _) = lines.take_while(|(_, line)| line.starts_with(indentation)).find(|(_, line)| *line == source)?;
    Some(at + 2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_line_of_a_source_is_found() {
        let notebook = "{\n \"cells\": [\n  {\n   \"id\": \"a\",\n   \"outputs\": [\n    {\n     \"source\": [\n     ]\n    }\n   ],\n   \
                        \"source\": [\n    \"1\\n\",\n    \"2\"\n   ]\n  },\n  {\n   \"id\": \"b\",\n   \"source\": \"1\"\n  }\n ]\n}";
        assert_eq!(source_line(notebook, "a"), Some(12));
        assert_eq!(notebook.lines().nth(11), Some("    \"1\\n\","));
        assert_eq!(source_line(notebook, "b"), None, "all of it on one line");
        assert_eq!(source_line(notebook, "c"), None);
    }
}
