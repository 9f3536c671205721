//! Whether files can be written somewhere, asked before anything is done.

use std::path::Path;

use rustix::fs::{Access, access};

/// Whether a file or folder can be written, or made where it does not exist: a checkout may be read-only.
pub fn is_writable(path: &Path) -> bool {
    // A relative path ends with nothing, which is this folder.
    let mut there = path.ancestors().map(|path| if path.as_os_str().is_empty() { Path::new(".") } else { path });
    there.find(|path| path.exists()).is_some_and(|path| access(path, Access::WRITE_OK).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_written_where_its_folder_is() {
        let folder = tempfile::tempdir().unwrap();
        assert!(is_writable(&folder.path().join("a/b/c.txt")) && is_writable(Path::new("")) && is_writable(Path::new("a/b")));
        // Nobody may write there, root included.
        assert!(!is_writable(Path::new("/proc/self/nothing")) || !Path::new("/proc/self").exists());
    }
}
