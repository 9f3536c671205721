//! Reads the files of a scenario folder and remembers which ones.
//!
//! [`Folder`] turns what goes wrong into an [`Error`] that names file and line. It does not know what the files mean.

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Error;

/// A scenario folder, and the files that have been read from it.
#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    read: Vec<PathBuf>,
}

impl Folder {
    pub(crate) fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), read: Vec::new() }
    }

    /// The full path of a file of this folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Every file read so far, in order of reading.
    pub(crate) fn into_files(self) -> Vec<PathBuf> {
        self.read
    }

    pub(crate) fn exists(&self, name: &str) -> bool {
        self.path(name).exists()
    }

    pub(crate) fn bytes(&mut self, name: &str) -> Result<Vec<u8>, Error> {
        let path = self.path(name);
        let bytes = fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        self.read.push(path);
        Ok(bytes)
    }

    pub(crate) fn toml<T: DeserializeOwned>(&mut self, name: &str) -> Result<T, Error> {
        let path = self.path(name);
        let text = self.text(name)?;
        toml::from_str(&text).map_err(|error| {
            let before = error.span().map_or(0, |span| span.start);
            let line = text.bytes().take(before).filter(|byte| *byte == b'\n').count() + 1;
            Error::Syntax { path, line, message: error.message().trim().to_owned() }
        })
    }

    pub(crate) fn json(&mut self, name: &str) -> Result<Value, Error> {
        let path = self.path(name);
        let text = self.text(name)?;
        serde_json::from_str(&text).map_err(|error| Error::Syntax { path, line: error.line(), message: error.to_string() })
    }

    /// The names in a subfolder, sorted; files only or folders only. A subfolder that is not there is empty.
    pub(crate) fn names(&self, folder: &str, wanted: Entry) -> Result<Vec<String>, Error> {
        let path = self.path(folder);
        if !path.exists() {
            return Ok(Vec::new());
        }
        let failed = |source| Error::Read { path: path.clone(), source };
        let mut names = Vec::new();
        for entry in fs::read_dir(&path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // Follows links, so that a fixture may be one.
            let is_folder = fs::metadata(entry.path()).map_err(failed)?.is_dir();
            let name = entry.file_name().into_string().map_err(|name| Error::Value {
                path: path.clone(),
                field: name.to_string_lossy().into_owned(),
                message: "a file name has to be UTF-8".to_owned(),
            })?;
            if is_folder == (wanted == Entry::Folder) && !name.starts_with('.') {
                names.push(name);
            }
        }
        names.sort();
        Ok(names)
    }

    fn text(&mut self, name: &str) -> Result<String, Error> {
        let bytes = self.bytes(name)?;
        String::from_utf8(bytes).map_err(|error| {
            let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
            let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
            Error::Syntax { path: self.path(name), line, message: "not UTF-8".to_owned() }
        })
    }
}

/// What to list of a folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Entry {
    File,
    Folder,
}
