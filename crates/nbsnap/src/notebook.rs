//! Notebooks as the runner sees them: code cells with stable ids, and the metadata that controls a run.
//!
//! The main type is [`Notebook`], of any language. nbformat reads it. This module decides which notebooks
//! can be tested, and says why the others cannot. It never writes a notebook.

mod language;
mod lines;
mod overrides;
mod tags;

use std::path::{Path, PathBuf};

use serde_json::Value;

pub use language::Language;
pub(crate) use language::name as language_name;
pub use overrides::{CellOverrides, NotebookOverrides};
pub use tags::{TAGS, Tag};

/// Why a file cannot be tested as a notebook.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NotebookError {
    /// The file cannot be read.
    #[error("cannot read notebook {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file cannot be written.
    #[error("cannot write notebook {path}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: std::io::Error,
    },
    /// The file's name cannot be used.
    #[error("the name of notebook {path} {reason}; rename the file")]
    Name {
        /// The file.
        path: PathBuf,
        /// Why, as half a sentence.
        reason: &'static str,
    },
    /// The file is not UTF-8, which JSON requires.
    #[error(
        "notebook {path} is not UTF-8: line {line} has the byte {byte:#04x}; save it as UTF-8, in an editor or with `iconv -t utf-8`"
    )]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// The line of the first byte that is not UTF-8, from 1.
        line: usize,
        /// That byte.
        byte: u8,
    },
    /// The file is not JSON.
    #[error("notebook {path} is not JSON: {reason}; open it in Jupyter and save it again, or restore it")]
    NotJson {
        /// The file.
        path: PathBuf,
        /// The parser's message, with line and column.
        reason: String,
    },
    /// The file is JSON, but not notebook format 4.
    #[error(
        "notebook {path} is of format {found}, and only format 4 can be tested; convert it with `jupyter nbconvert --to notebook --nbformat 4`"
    )]
    NotVersion4 {
        /// The file.
        path: PathBuf,
        /// What its `nbformat` member says.
        found: String,
    },
    /// The cells have no ids, which snapshots are named after.
    #[error(
        "notebook {path} has no cell ids (format 4.{minor}; ids came with 4.5), and snapshots are named after them; `nbsnap check --fix` \
         adds them, and so does JupyterLab"
    )]
    NoCellIds {
        /// The file.
        path: PathBuf,
        /// The minor format version.
        minor: u64,
    },
    /// The file breaks the format in a way that nbformat does not accept.
    #[error("notebook {path} breaks the notebook format: {reason}")]
    Invalid {
        /// The file.
        path: PathBuf,
        /// nbformat's message.
        reason: String,
    },
    /// The notebook, or one of its cells, has an invalid setting for its run.
    #[error("{place}notebook {path}: {reason}", place = .cell.as_ref().map(|cell| format!("cell `{cell}` of ")).unwrap_or_default())]
    Overrides {
        /// The file.
        path: PathBuf,
        /// The cell, if it is one.
        cell: Option<String>,
        /// What is wrong.
        reason: String,
    },
    /// The notebook does not say which kernel runs it.
    #[error("notebook {path} names no kernel; open it in Jupyter, choose one, and save it (`nbsnap check --fix` names Rust's)")]
    NoKernel {
        /// The file.
        path: PathBuf,
    },
}

/// A notebook that can be tested.
#[derive(Clone, Debug, Default)]
pub struct Notebook {
    /// The file.
    pub path: PathBuf,
    /// The file's name without `.ipynb`: how commands, reports and the snapshot folder name it.
    pub name: String,
    /// The code cells, in order. Markdown and raw cells are not run and not kept.
    pub cells: Vec<CodeCell>,
    /// The notebook's metadata member `kernelspec`.
    pub kernelspec: Value,
    /// The name of the kernel that runs it, such as `rust` or `python3`.
    pub kernel: String,
    /// The language it is in, in lower case, as far as it says.
    pub language: Option<String>,
    /// The notebook's metadata member `nbsnap`, if any.
    pub settings: Value,
    /// The notebook's own settings for its run.
    pub overrides: NotebookOverrides,
}

/// A code cell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CodeCell {
    /// Position among the code cells, from 1: the number Jupyter shows after a clean run.
    pub number: usize,
    /// The cell's id: at most 64 characters of `[A-Za-z0-9-_]`.
    pub id: String,
    /// The source.
    pub source: String,
    /// Tags, such as `raises-exception`.
    pub tags: Vec<String>,
    /// The cell's own settings for its run.
    pub overrides: CellOverrides,
    /// The line of the file (from 1) with the source's first line, if the source is written line by line.
    pub line: Option<usize>,
}

impl CodeCell {
    /// Whether the cell is tagged `raises-exception`, in whichever way, and so must fail.
    pub fn must_raise(&self) -> bool {
        tags::all(&self.tags, &self.source).any(|tag| tag == "raises-exception" || tag == "nbval-raises-exception")
    }

    /// The cell's `:dep` lines, trimmed.
    pub fn dependency_lines(&self) -> impl Iterator<Item = &str> {
        self.source.lines().map(str::trim).filter(|line| line.starts_with(":dep "))
    }
}

/// The text of a notebook's file.
///
/// # Errors
/// When it cannot be read, or is not UTF-8.
pub(crate) fn text_of(path: &Path) -> Result<String, NotebookError> {
    let bytes = std::fs::read(path).map_err(|source| NotebookError::Read { path: path.to_owned(), source })?;
    String::from_utf8(bytes).map_err(|error| {
        let (at, bytes) = (error.utf8_error().valid_up_to(), error.as_bytes());
        let line = 1 + bytes[..at].iter().filter(|byte| **byte == b'\n').count();
        NotebookError::NotUtf8 { path: path.to_owned(), line, byte: bytes[at] }
    })
}

impl Notebook {
    /// Reads a notebook.
    ///
    /// # Errors
    /// Every reason of [`NotebookError`]: unreadable, not JSON, not format 4, without cell ids, without a
    /// kernel.
    pub fn read(path: &Path) -> Result<Notebook, NotebookError> {
        Notebook::parse(path, &text_of(path)?)
    }

    /// Parses the text of a notebook; `path` is only for its name and for messages.
    ///
    /// # Errors
    /// As [`Notebook::read`].
    pub fn parse(path: &Path, text: &str) -> Result<Notebook, NotebookError> {
        let path = path.to_owned();
        // nbformat's message for a file that is not JSON, or has no version, is about its own types. Check
        // that first.
        let json: Value = serde_json::from_str(text)
            .map_err(|error| NotebookError::NotJson { path: path.clone(), reason: error.to_string() })?;
        let minor = match (json["nbformat"].as_u64(), json["nbformat_minor"].as_u64()) {
            (Some(4), minor) => minor.unwrap_or(0),
            (Some(other), _) => return Err(NotebookError::NotVersion4 { path, found: other.to_string() }),
            (None, _) => return Err(NotebookError::NotVersion4 { path, found: "unknown (no `nbformat` member)".into() }),
        };
        if minor < 5 {
            return Err(NotebookError::NoCellIds { path, minor });
        }
        let parsed = match nbformat::parse_notebook(text) {
            Ok(nbformat::Notebook::V4(notebook)) => notebook,
            // Cells without ids would get a fresh one on every load: useless as names.
            Ok(nbformat::Notebook::V4QuirksMode(_)) => return Err(NotebookError::NoCellIds { path, minor }),
            Ok(_) => return Err(NotebookError::NotVersion4 { path, found: "older than 4".into() }),
            Err(error) => return Err(NotebookError::Invalid { path, reason: error.to_string() }),
        };
        let Some(kernelspec) = &parsed.metadata.kernelspec else { return Err(NotebookError::NoKernel { path }) };
        let kernel = kernelspec.name.clone();
        let language = json["metadata"].as_object().and_then(language::name);
        let mut cells: Vec<CodeCell> = Vec::new();
        for cell in &parsed.cells {
            let nbformat::v4::Cell::Code { id, metadata, source, .. } = cell else { continue };
            let (id, source) = (id.as_str().to_owned(), source.concat());
            let tags = metadata.tags.clone().unwrap_or_default();
            let settings = metadata.additional.get("nbsnap").unwrap_or(&Value::Null);
            let overrides = CellOverrides::read(settings, &tags, &source).map_err(|reason| NotebookError::Overrides {
                path: path.clone(),
                cell: Some(id.clone()),
                reason,
            })?;
            let line = lines::source_line(text, &id);
            cells.push(CodeCell { number: cells.len() + 1, id, source, tags, overrides, line });
        }
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let metadata = &json["metadata"];
        let (kernelspec, settings) = (metadata["kernelspec"].clone(), metadata["nbsnap"].clone());
        let overrides = NotebookOverrides::read(metadata).map_err(|reason| NotebookError::Overrides {
            path: path.clone(),
            cell: None,
            reason,
        })?;
        Ok(Notebook { path, name, cells, kernelspec, kernel, language, settings, overrides })
    }

    /// Whether its code is Rust.
    pub fn is_rust(&self) -> bool {
        Language::named(&self.kernel, self.language.as_deref()) == Language::Rust
    }

    /// The `:dep` lines of all cells, in order, each once.
    pub fn dependency_lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        for line in self.cells.iter().flat_map(CodeCell::dependency_lines) {
            if !lines.iter().any(|known| known == line) {
                lines.push(line.to_owned());
            }
        }
        lines
    }

    /// The notebook's folder, which is its working directory when it runs.
    pub fn directory(&self) -> &Path {
        match self.path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Notebook, NotebookError> {
        Notebook::parse(Path::new("notebooks/a.ipynb"), text)
    }

    fn notebook(kernel: &str, cells: &str) -> String {
        format!(
            r#"{{"cells":[{cells}],"metadata":{{"kernelspec":{{"display_name":"K","name":"{kernel}"}}}},"nbformat":4,"nbformat_minor":5}}"#
        )
    }

    fn code(id: &str, source: &str) -> String {
        format!(
            r#"{{"cell_type":"code","execution_count":null,"id":"{id}","metadata":{{"tags":["raises-exception"]}},"outputs":[],"source":["{source}"]}}"#
        )
    }

    #[test]
    fn code_cells_are_numbered_and_keep_their_ids_and_tags() {
        let cells = [
            r##"{"cell_type":"markdown","id":"m","metadata":{},"source":["# hi"]}"##.to_owned(),
            code("a", r#":dep x = \"1\"\nlet y = 1;"#),
            code("b", "y"),
        ]
        .join(",");
        let notebook = parse(&notebook("rust", &cells)).unwrap();
        assert_eq!(notebook.name, "a");
        assert_eq!(notebook.directory(), Path::new("notebooks"));
        assert_eq!(notebook.cells.iter().map(|cell| (cell.number, cell.id.as_str())).collect::<Vec<_>>(), [(1, "a"), (2, "b")]);
        assert!(notebook.cells[0].must_raise());
        assert_eq!(notebook.dependency_lines(), [":dep x = \"1\""]);
    }

    #[test]
    fn the_kernel_says_which_language_it_is() {
        assert!(parse(&notebook("rust", "")).unwrap().is_rust());
        let python = parse(&notebook("python3", "")).unwrap();
        assert_eq!((python.is_rust(), python.kernel.as_str(), python.language), (false, "python3", None));
        let ours = notebook("eoap", "").replace(r#""name":"eoap""#, r#""name":"eoap","language":"Rust""#);
        assert!(parse(&ours).unwrap().is_rust(), "whatever the kernel is called");
    }

    #[test]
    fn every_file_that_cannot_be_tested_is_refused_with_its_reason() {
        let message = |text: &str| parse(text).unwrap_err().to_string();
        assert!(message("not json").contains("is not JSON: expected ident at line 1"));
        assert!(message("{}").contains("format unknown"));
        assert!(message(r#"{"nbformat":3,"nbformat_minor":0,"worksheets":[],"metadata":{}}"#).contains("format 3"));
        assert!(message(r#"{"nbformat":4,"nbformat_minor":4,"cells":[],"metadata":{}}"#).contains("no cell ids (format 4.4"));
        let no_id = r#"{"cell_type":"code","execution_count":null,"metadata":{},"outputs":[],"source":[]}"#;
        assert!(message(&notebook("rust", no_id)).contains("no cell ids"));
        assert!(message(r#"{"nbformat":4,"nbformat_minor":5,"cells":[],"metadata":{}}"#).contains("names no kernel"));
        let twice = message(&notebook("rust", &[code("a", ""), code("a", "")].join(",")));
        assert!(twice.contains("Duplicate Cell ID found: a"), "{twice}");
    }
}
