//! Digests of files and folders: whether their content is still the same.
//!
//! It keeps nothing, and does not know what the files are for.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

/// The files that the builds of local packages read, in order. Of some packages the files are known, of
/// others only the folder.
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

/// The files below a folder, in order; none if it does not exist. `wanted` decides about files and folders.
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
            // A link to a folder is not followed: it may lead back.
            let is_folder = fs::symlink_metadata(&path).is_ok_and(|metadata| metadata.is_dir());
            if is_folder {
                folders.push(path);
            } else if !path.is_dir() {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// When a file was changed, or put where it is: a file that is moved keeps its time of modification.
fn changed(metadata: &fs::Metadata) -> std::io::Result<SystemTime> {
    let seconds = u64::try_from(metadata.ctime()).unwrap_or_default();
    let put = SystemTime::UNIX_EPOCH + Duration::new(seconds, u32::try_from(metadata.ctime_nsec()).unwrap_or_default());
    Ok(metadata.modified()?.max(put))
}

/// One digest of names and contents, and when the newest of the files was changed. Anything but a file, such
/// as a FIFO, is never opened.
///
/// # Errors
/// When one of them cannot be read.
pub fn digest_of_files(files: &[PathBuf]) -> std::io::Result<(String, SystemTime)> {
    let mut hash = Sha256::new();
    let mut newest = SystemTime::UNIX_EPOCH;
    for path in files {
        let content = if fs::metadata(path)?.is_file() { fs::read(path)? } else { Vec::new() };
        newest = newest.max(changed(&fs::metadata(path)?)?);
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
