//! Reads the files of a scenario folder and remembers which files it has read.
//!
//! [`Folder`] turns failures into an [`Error`] that names file and line. It does not know what the files
//! mean.

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value;
use toml::Spanned;

use crate::error::Error;

/// A scenario folder with the folders that it extends, and the files that were read from them.
#[derive(Debug)]
pub(crate) struct Folder {
    /// The folder itself, then those in which its missing files are looked for.
    roots: Vec<PathBuf>,
    read: Vec<PathBuf>,
}

impl Folder {
    pub(crate) fn new(root: &Path) -> Self {
        Self { roots: vec![root.to_owned()], read: Vec::new() }
    }

    /// Also looks for missing files in another folder, named from the last one. Returns `false` if it is
    /// already one of them.
    pub(crate) fn extend(&mut self, base: &str) -> bool {
        let root = self.roots.last().map_or_else(|| PathBuf::from(base), |last| last.join(base));
        let known = |path: &Path| path.canonicalize().ok();
        let is_new = !self.roots.iter().any(|other| known(other) == known(&root));
        self.roots.push(root);
        is_new
    }

    /// The full path of a file of this folder, or where it is missing, of the first base that has it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        let mut paths = self.roots.iter().map(|root| root.join(name));
        let found = paths.clone().find(|path| path.exists()).or_else(|| paths.next());
        found.unwrap_or_else(|| PathBuf::from(name))
    }

    /// Every file read so far, in order of reading, each once.
    pub(crate) fn into_files(self) -> Vec<PathBuf> {
        let mut files = Vec::with_capacity(self.read.len());
        for file in self.read {
            if !files.contains(&file) {
                files.push(file);
            }
        }
        files
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

    pub(crate) fn toml<T: DeserializeOwned>(&mut self, name: &str) -> Result<Toml<T>, Error> {
        let path = self.path(name);
        self.toml_at(path, name)
    }

    /// The file of this name in the folder that has been added last.
    pub(crate) fn toml_of_last<T: DeserializeOwned>(&mut self, name: &str) -> Result<Toml<T>, Error> {
        let path = self.roots.last().map_or_else(|| PathBuf::from(name), |root| root.join(name));
        self.toml_at(path, name)
    }

    fn toml_at<T: DeserializeOwned>(&mut self, path: PathBuf, name: &str) -> Result<Toml<T>, Error> {
        let bytes = fs::read(&path).map_err(|source| Error::Read { path: path.clone(), source })?;
        self.read.push(path.clone());
        let text = self.decoded(name, bytes)?;
        match toml::from_str(&text) {
            Ok(value) => Ok(Toml { value, path, text }),
            Err(error) => {
                let line = line_at(&text, error.span().map_or(0, |span| span.start));
                Err(Error::Syntax { path, line, message: with_suggestion(error.message().trim()) })
            }
        }
    }

    pub(crate) fn json(&mut self, name: &str) -> Result<Value, Error> {
        let path = self.path(name);
        let text = self.text(name)?;
        serde_json::from_str(&text).map_err(|error| Error::Syntax { path, line: error.line(), message: error.to_string() })
    }

    /// The names in a subfolder of this folder and its bases, sorted: only files or only folders. A missing
    /// subfolder is empty.
    pub(crate) fn names(&self, folder: &str, wanted: Entry) -> Result<Vec<String>, Error> {
        let mut names = Vec::new();
        for path in self.roots.iter().map(|root| root.join(folder)).filter(|path| path.exists()) {
            let failed = |source| Error::Read { path: path.clone(), source };
            for entry in fs::read_dir(&path).map_err(failed)? {
                let entry = entry.map_err(failed)?;
                // Follows links, so that a fixture may be one.
                let is_folder = fs::metadata(entry.path()).map_err(failed)?.is_dir();
                let name = entry.file_name().into_string().map_err(|name| Error::Value {
                    path: path.clone(),
                    line: None,
                    field: name.to_string_lossy().into_owned(),
                    message: "a file name has to be UTF-8".to_owned(),
                })?;
                if is_folder == (wanted == Entry::Folder) && !name.starts_with('.') {
                    names.push(name);
                }
            }
        }
        names.sort();
        names.dedup();
        Ok(names)
    }

    pub(crate) fn text(&mut self, name: &str) -> Result<String, Error> {
        let bytes = self.bytes(name)?;
        self.decoded(name, bytes)
    }

    fn decoded(&self, name: &str, bytes: Vec<u8>) -> Result<String, Error> {
        String::from_utf8(bytes).map_err(|error| {
            let line = line_at(&String::from_utf8_lossy(error.as_bytes()), error.utf8_error().valid_up_to());
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

/// A TOML file that could be read, and its text, so that what is wrong with a value can be said with its line.
#[derive(Debug)]
pub(crate) struct Toml<T> {
    pub(crate) value: T,
    pub(crate) path: PathBuf,
    text: String,
}

impl<T> Toml<T> {
    /// What is wrong with a member whose value is there.
    pub(crate) fn wrong<V>(&self, at: &Spanned<V>, field: &str, message: impl Into<String>) -> Error {
        let line = Some(line_at(&self.text, at.span().start));
        Error::Value { path: self.path.clone(), line, field: field.to_owned(), message: message.into() }
    }
}

/// The line, counted from one, of a place in a text.
fn line_at(text: &str, place: usize) -> usize {
    text.bytes().take(place).filter(|byte| *byte == b'\n').count() + 1
}

/// The message, and for an unknown member the known one that is most like it.
fn with_suggestion(message: &str) -> String {
    let mut names = message.split('`').skip(1).step_by(2);
    let suggestion = match (message.starts_with("unknown field"), names.next()) {
        (true, Some(unknown)) => names.min_by_key(|known| distance(unknown, known)).filter(|known| distance(unknown, known) < 4),
        _ => None,
    };
    suggestion.map_or_else(|| message.to_owned(), |known| format!("{message}: did you mean `{known}`?"))
}

/// What to say behind a name that is unknown: the known one that is most like it, if one is.
pub(crate) fn suggestion<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> String {
    let nearest = known.min_by_key(|known| distance(unknown, known)).filter(|known| distance(unknown, known) < 4);
    nearest.map_or_else(String::new, |known| format!(": did you mean `{known}`?"))
}

/// How many letters to add, remove or change to turn one word into the other.
fn distance(one: &str, other: &str) -> usize {
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (i, a) in one.bytes().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], i + 1);
        for (j, b) in other.bytes().enumerate() {
            let changed = diagonal + usize::from(a != b);
            diagonal = row[j + 1];
            row[j + 1] = changed.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_member_is_answered_with_the_known_one_most_like_it() {
        let message = "unknown field `regoin`, expected one of `endpoint`, `region`";
        assert!(with_suggestion(message).ends_with(": did you mean `region`?"));
        assert_eq!(with_suggestion("unknown field `colour`, expected `name`"), "unknown field `colour`, expected `name`");
        assert_eq!(with_suggestion("missing field `name`"), "missing field `name`");
    }
}
