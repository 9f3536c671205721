//! Digests of files and folders: whether something is still what it was.
//!
//! Nothing is kept here, and nothing is known of what the files are for.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use sha2::{Digest, Sha256};

/// The files that the builds of local packages read, in order: some are known, of others only the package's folder is.
///
/// # Errors
/// When a folder cannot be read.
pub fn sources_of(packages: &[PathBuf]) -> std::io::Result<Vec<PathBuf>> {
    let is_source = |path: &Path| {
        let name = path.file_name().unwrap_or_default();
        name != "target" && !name.to_string_lossy().starts_with('.')
    };
    let mut files = Vec::new();
    for folder in packages {
        if !folder.is_dir() {
            files.push(folder.clone());
            continue;
        }
        files.extend(files_below(folder, &is_source)?);
        // A package may take versions, features and profiles from its workspace.
        files.extend(folder.ancestors().skip(1).map(|folder| folder.join("Cargo.toml")).filter(|path| path.is_file()));
    }
    files.sort();
    files.dedup();
    Ok(files)
}

/// The files below a folder, in order; none if it is not there. `wanted` is asked of files and folders.
///
/// # Errors
/// When a folder cannot be read.
pub fn files_below(folder: &Path, wanted: &dyn Fn(&Path) -> bool) -> std::io::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let path = entry?.path();
            if !wanted(&path) {
                continue;
            }
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    files.sort();
    Ok(files)
}

/// One digest of names and contents, and when the newest of the files was changed.
///
/// # Errors
/// When one of them cannot be read.
pub fn digest_of_files(files: &[PathBuf]) -> std::io::Result<(String, SystemTime)> {
    let mut hash = Sha256::new();
    let mut newest = SystemTime::UNIX_EPOCH;
    for path in files {
        let content = fs::read(path)?;
        newest = newest.max(fs::metadata(path)?.modified()?);
        for part in [path.as_os_str().as_encoded_bytes(), &content] {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part);
        }
    }
    Ok((hex(&hash.finalize()), newest))
}

/// A digest of bytes, in hexadecimal digits.
pub fn digest(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
