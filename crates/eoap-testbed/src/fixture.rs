//! Reads the files of a scenario folder and remembers which files it has read.
//!
//! [`Folder`] turns failures into an [`Error`] that names file and line. It does not know what the files
//! mean.

mod toml_file;

use std::fs;
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::error::Error;
use crate::mistakes::Mistakes;
pub(crate) use toml_file::Toml;
use toml_file::line_at;

/// A scenario folder with the folders that it extends, and the files that were read from them.
#[derive(Debug)]
pub(crate) struct Folder {
    /// The folder itself, then those in which its missing files are looked for.
    roots: Vec<PathBuf>,
    read: Vec<PathBuf>,
    /// What is wrong with what has been read.
    pub(crate) mistakes: Mistakes,
}

impl Folder {
    pub(crate) fn new(root: &Path) -> Self {
        Self { roots: vec![root.to_owned()], read: Vec::new(), mistakes: Mistakes::default() }
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

    /// The path of something in this folder itself, whether it is there or not.
    pub(crate) fn own_path(&self, name: &str) -> PathBuf {
        self.roots.first().map_or_else(|| PathBuf::from(name), |root| root.join(name))
    }

    /// The full path of a file of this folder, or where it is missing, of the first base that has it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        let mut paths = self.roots.iter().map(|root| root.join(name));
        let found = paths.clone().find(|path| path.exists()).or_else(|| paths.next());
        found.unwrap_or_else(|| PathBuf::from(name))
    }

    /// Every file read so far, in order of reading, each once; and every mistake.
    pub(crate) fn into_parts(self) -> (Vec<PathBuf>, Vec<Error>) {
        let mut files = Vec::with_capacity(self.read.len());
        for file in self.read {
            if !files.contains(&file) {
                files.push(file);
            }
        }
        (files, self.mistakes.into_vec())
    }

    /// What can be read of the folder. Where it cannot be, there is a mistake more.
    pub(crate) fn noting<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Error>) -> Option<T> {
        let read = read(self);
        self.mistakes.value(read)
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
        Toml::read(path, text, &mut self.mistakes)
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
