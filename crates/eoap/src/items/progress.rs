//! The progress of a download, in few lines.
//!
//! A notebook keeps every printed line, so a moving bar would fill pages. [`Lines`] prints one line when a
//! file is complete. For large files it also prints one at every tenth. The output depends only on sizes,
//! and so is the same on every run.

use std::{
    fmt,
    io::Write,
    path::{Path, PathBuf},
};

/// How far the download of a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Path of the file, where it will be.
    pub path: PathBuf,
    /// Number of the file, from 1.
    pub file: usize,
    /// How many files there are in all.
    pub files: usize,
    /// Bytes of this file that are here.
    pub received: u64,
    /// The file's size in bytes, if the server reports it.
    pub size: Option<u64>,
    /// Whether the file is whole and has its name.
    pub is_done: bool,
}

/// Files below this size are here before anybody wonders.
const LARGE: u64 = 32 << 20;

/// What was printed about the current file.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lines {
    file: usize,
    tenths: u64,
}

impl Lines {
    /// Prints what there is to say, if there is something.
    pub(crate) fn show(&mut self, progress: &Progress) {
        if let Some(line) = self.line(progress) {
            // As for all output, a closed standard output is ignored.
            let _ = writeln!(std::io::stdout().lock(), "{line}");
        }
    }

    fn line(&mut self, progress: &Progress) -> Option<String> {
        if self.file != progress.file {
            *self = Self { file: progress.file, tenths: 0 };
        }
        let place = if progress.files > 1 { format!("{} of {}: ", progress.file, progress.files) } else { String::new() };
        let name = Shown(&progress.path);
        if progress.is_done {
            return Some(format!("{place}{name}, {}", bytes(progress.received)));
        }
        let size = progress.size.filter(|size| *size >= LARGE)?;
        let tenths = progress.received.saturating_mul(10) / size;
        if tenths <= self.tenths || tenths >= 10 {
            return None;
        }
        self.tenths = tenths;
        Some(format!("{place}{name}, {} % of {}", tenths * 10, bytes(size)))
    }
}

/// The last two parts of a path. The whole path differs between machines.
struct Shown<'a>(&'a Path);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<_> = self.0.iter().map(|part| part.to_string_lossy()).collect();
        f.write_str(&parts[parts.len().saturating_sub(2)..].join("/"))
    }
}

/// A size as people say it.
fn bytes(size: u64) -> String {
    match size {
        0..10_000 => format!("{size} bytes"),
        10_000..1_000_000 => format!("{:.1} kB", size as f64 / 1e3),
        1_000_000..1_000_000_000 => format!("{:.1} MB", size as f64 / 1e6),
        _ => format!("{:.2} GB", size as f64 / 1e9),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(size: u64, step: u64, files: usize) -> Vec<String> {
        let mut lines = Lines::default();
        let progress = |file, received, is_done| Progress {
            path: "/x/item/otsu.tif".into(),
            file,
            files,
            received,
            size: Some(size),
            is_done,
        };
        let mut shown = Vec::new();
        for file in 1..=files {
            let mut received = 0;
            while received < size {
                received = (received + step).min(size);
                shown.extend(lines.line(&progress(file, received, false)));
            }
            shown.extend(lines.line(&progress(file, size, true)));
        }
        shown
    }

    #[test]
    fn small_files_have_one_line_and_large_ones_ten() {
        assert_eq!(lines(406_547, 8192, 1), ["item/otsu.tif, 406.5 kB"]);
        let large = lines(100_000_000, 8192, 1);
        assert_eq!(large.len(), 10);
        assert_eq!((large[0].as_str(), large[9].as_str()), ("item/otsu.tif, 10 % of 100.0 MB", "item/otsu.tif, 100.0 MB"));
        assert_eq!(lines(3447, 1000, 2), ["1 of 2: item/otsu.tif, 3447 bytes", "2 of 2: item/otsu.tif, 3447 bytes"]);
    }

    #[test]
    fn lines_do_not_depend_on_how_the_bytes_come() {
        assert_eq!(lines(100_000_000, 5000, 1), lines(100_000_000, 1_000_000, 1));
        // What comes at once needs no lines on the way.
        assert_eq!(lines(100_000_000, 100_000_000, 1).len(), 1);
    }
}
