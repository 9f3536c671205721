//! Any program, started so that what it asks the system for is noted.
//!
//! The layer is a library that the loader puts between a program and the C library (`LD_PRELOAD`). It notes
//! the same as the process of cells does, and as little: calls of the C library. A program that is linked
//! statically, or makes system calls of its own, is not seen.

use std::path::Path;

use crate::process::AccessLog;

/// Empty where it cannot be built.
const LAYER: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/access_layer.so"));

/// The variables with which a program is started so that what it asks for is noted in `log`, from its start
/// on. The layer's file is written into `folder`, which must outlive the program. `None` where there is no
/// layer for this system.
///
/// A process that was forked goes on in another log once it calls the layer's function
/// `nbsnap_note_accesses_in` with [`AccessLog::path`].
///
/// # Errors
/// When the file cannot be written.
pub fn access_variables(log: &AccessLog, folder: &Path) -> std::io::Result<Option<[(&'static str, String); 2]>> {
    if LAYER.is_empty() {
        return Ok(None);
    }
    let file = folder.join("access_layer.so");
    std::fs::write(&file, LAYER)?;
    Ok(Some([("LD_PRELOAD", file.display().to_string()), ("NBSNAP_ACCESSES", log.path())]))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::Interest;

    /// What a command of a shell asks for.
    fn accesses(command: &str, directory: &Path) -> crate::Accesses {
        let (log, folder) = (AccessLog::new().expect("a log"), tempfile::tempdir().expect("a folder"));
        let variables = access_variables(&log, folder.path()).expect("written").expect("there is a layer for this system");
        let mut program = Command::new("/bin/sh");
        program.args(["-c", command]).current_dir(directory).env_clear().envs(variables);
        assert!(program.output().expect("a shell").status.success());
        log.read().expect("it can be read")
    }

    #[test]
    fn what_any_program_reads_is_noted() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str| folder.path().join(name);
        std::fs::write(file("in.csv"), "1").expect("written");
        let seen = accesses(
            "read line < in.csv; echo \"$line\" > out.csv; read again < out.csv; test -e none.csv || true",
            folder.path(),
        );
        assert_eq!(seen.inputs.iter().filter(|(path, _)| path.starts_with(folder.path())).count(), 1, "{seen:?}");
        assert!(seen.inputs.contains(&(file("in.csv"), Interest::Content)));
        assert!(seen.missing.contains(&file("none.csv")));
        assert!(seen.beyond.is_empty() && !seen.has_services);
    }

    #[test]
    fn a_program_that_a_program_starts_is_noted() {
        let seen = accesses("/bin/true; :", Path::new("/"));
        assert_eq!(seen.beyond, [crate::Beyond::Program("/bin/true".into())].into());
    }
}
