//! A file that appears under its name when it is complete, and not before.
//!
//! [`AtomicFile`] is written next to its final place, under a name that marks it as a part. It is moved when
//! it is complete. So readers never see half a file, and an earlier file stays until then. Knows nothing
//! about the content.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::error::{Error, Result};

/// A file that is being written. Dropped before [`finish`](AtomicFile::finish), it leaves nothing behind.
#[derive(Debug)]
pub(crate) struct AtomicFile {
    path: PathBuf,
    part: PathBuf,
    file: Option<File>,
}

impl AtomicFile {
    /// Begins a file. Creates its folder if necessary.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let Some(name) = path.file_name() else {
            let reason = "it is no path of a file".to_owned();
            return Err(Error::File { path: path.display().to_string(), reason });
        };
        if path.is_dir() {
            let reason = "there is a folder of this name; give the path of a file".to_owned();
            return Err(Error::File { path: path.display().to_string(), reason });
        }
        // Two downloads of the same file, even from two processes, must not write to each other's part.
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let part = path.with_file_name(format!(".{}.{}-{number}.part", name.to_string_lossy(), std::process::id()));
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let created = folder.map_or(Ok(()), fs::create_dir_all).and_then(|()| File::create(&part));
        let file = created.map_err(|error| failed(path, &error))?;
        Ok(Self { path: path.to_owned(), part, file: Some(file) })
    }

    /// Adds bytes at the end.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.as_mut().map_or(Ok(()), |file| file.write_all(bytes));
        written.map_err(|error| failed(&self.path, &error))
    }

    /// Starts again with an empty file.
    pub(crate) fn clear(&mut self) -> Result<()> {
        self.file = Some(File::create(&self.part).map_err(|error| failed(&self.path, &error))?);
        Ok(())
    }

    /// Gives the file its name.
    pub(crate) fn finish(mut self) -> Result<()> {
        let Some(file) = self.file.take() else { return Ok(()) };
        // On disk before it has its name: after a power failure there is the complete file or the old one.
        let moved = file.sync_all().and_then(|()| fs::rename(&self.part, &self.path));
        if let Err(error) = moved {
            self.file = Some(file);
            return Err(failed(&self.path, &error));
        }
        Ok(())
    }

    /// Writes a whole file.
    pub(crate) fn save(path: &Path, bytes: &[u8]) -> Result<()> {
        let mut file = Self::create(path)?;
        file.write(bytes)?;
        file.finish()
    }
}

impl Drop for AtomicFile {
    fn drop(&mut self) {
        if self.file.take().is_some() {
            // A failure here cannot be reported.
            let _ = fs::remove_file(&self.part);
        }
    }
}

fn failed(path: &Path, error: &io::Error) -> Error {
    Error::File { path: path.display().to_string(), reason: format!("it cannot be written: {error}") }
}
