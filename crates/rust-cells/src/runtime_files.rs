//! The process of cells as files: the support library and the program, compiled by the toolchain that
//! compiles the cells.
//!
//! Each toolchain compiles both once. The text is that of [`crate::runtime`], which this crate's own build
//! includes, too.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::digest::digest;
use crate::{Error, Toolchain};

const SOURCES: &[(&str, &str)] = &[
    // This crate's own build must not contain the functions of these two.
    ("lib.rs", concat!(include_str!("runtime.rs"), "\nmod noted;\nmod read;\n")),
    ("noted.rs", include_str!("runtime/noted.txt")),
    ("read.rs", include_str!("runtime/read.txt")),
    ("access.rs", include_str!("runtime/access.rs")),
    ("control.rs", include_str!("runtime/control.rs")),
    ("fields.rs", include_str!("runtime/fields.rs")),
    ("future.rs", include_str!("runtime/future.rs")),
    ("input.rs", include_str!("runtime/input.rs")),
    ("outcome.rs", include_str!("runtime/outcome.rs")),
    ("panics.rs", include_str!("runtime/panics.rs")),
    ("show.rs", include_str!("runtime/show.rs")),
    ("store.rs", include_str!("runtime/store.rs")),
    ("supervise.rs", include_str!("runtime/supervise.rs")),
    ("system.rs", include_str!("runtime/system.rs")),
    ("cells.rs", "fn main() -> std::process::ExitCode { cells_rt::main() }\n"),
];

/// The support library and the program of a toolchain.
#[derive(Clone, Debug)]
pub(crate) struct RuntimeFiles {
    pub(crate) library: PathBuf,
    pub(crate) program: PathBuf,
}

impl RuntimeFiles {
    /// Finds what was compiled, or compiles it below `cache`.
    pub(crate) fn make(toolchain: &Toolchain, cache: &Path) -> Result<RuntimeFiles, Error> {
        let texts: Vec<&str> = SOURCES.iter().flat_map(|(name, text)| [*name, *text]).collect();
        let key = digest(format!("{}\n{}", toolchain.version, texts.join("\n")).as_bytes());
        let folder = cache.join(format!("runtime-{}", &key[..16]));
        let files = |folder: &Path| RuntimeFiles { library: folder.join("libcells_rt.so"), program: folder.join("cells") };
        if folder.is_dir() {
            return Ok(files(&folder));
        }
        std::fs::create_dir_all(cache).map_err(Error::io("create", cache))?;
        let made = tempfile::Builder::new().prefix("making-").tempdir_in(cache).map_err(Error::io("create", cache))?;
        for (name, text) in SOURCES {
            let path = made.path().join(name);
            std::fs::write(&path, text).map_err(Error::io("write", path))?;
        }
        let rpaths = format!("-Clink-arg=-Wl,-rpath,{}:$ORIGIN", toolchain.libraries.display());
        rustc(toolchain, made.path(), &["--crate-name", "cells_rt", "lib.rs", "--crate-type", "dylib", "-Copt-level=1"])?;
        rustc(toolchain, made.path(), &["--crate-name", "cells", "cells.rs", "--extern", "cells_rt=libcells_rt.so", &rpaths])?;
        check_types(toolchain, made.path())?;
        let path = made.keep();
        if let Err(source) = std::fs::rename(&path, &folder) {
            let _ = std::fs::remove_dir_all(&path);
            // Another process may have been faster.
            if !folder.is_dir() {
                return Err(Error::Io { action: "create", path: folder, source });
            }
        }
        Ok(files(&folder))
    }
}

/// A crate that keeps values of known types.
const KNOWN: &str = "pub fn known() { cells_rt::keep(\"list\", vec![1u8]); cells_rt::keep(\"map\", std::collections::HashMap::<i32, String>::new()); }\n";

/// Checks that this compiler writes types in MIR as we read them. The text of MIR is not stable.
fn check_types(toolchain: &Toolchain, folder: &Path) -> Result<(), Error> {
    let (source, mir) = (folder.join("known.rs"), folder.join("known.mir"));
    std::fs::write(&source, KNOWN).map_err(Error::io("write", &source))?;
    let arguments = [
        "--crate-name",
        "known",
        "known.rs",
        "--crate-type",
        "lib",
        "--extern",
        "cells_rt=libcells_rt.so",
        "--emit=mir=known.mir",
    ];
    rustc(toolchain, folder, &arguments)?;
    let text = std::fs::read_to_string(&mir).map_err(Error::io("read", &mir))?;
    let found = crate::types::of_kept(&text);
    let expected = [("list", "std::vec::Vec<u8>"), ("map", "std::collections::HashMap<i32, std::string::String>")];
    match expected.iter().find(|(name, ty)| found.get(*name).map(String::as_str) != Some(ty)) {
        None => Ok(()),
        Some((_, ty)) => {
            let reason = format!(
                "its MIR does not say that a variable is of type `{ty}`, which is how cells learn of their variables' types"
            );
            Err(Error::Toolchain { toolchain: toolchain.name().to_owned(), reason })
        }
    }
}

/// Newer compilers refuse functions of the C library's names that have other signatures. Ours takes the third
/// argument of `open` whether or not the caller gives it, which is the same call on Linux.
const OWN_OPEN: &str = "-Ainvalid_runtime_symbol_definitions";

fn rustc(toolchain: &Toolchain, folder: &Path, arguments: &[&str]) -> Result<(), Error> {
    let output = toolchain
        .command(&toolchain.rustc)
        .current_dir(folder)
        .args(["--edition", "2024", "-Awarnings", OWN_OPEN, "-Cprefer-dynamic"])
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| Error::Program { program: toolchain.rustc.display().to_string(), source })?;
    if output.status.success() {
        return Ok(());
    }
    let reason = format!("its support library does not build:\n{}", String::from_utf8_lossy(&output.stderr));
    Err(Error::Toolchain { toolchain: toolchain.name().to_owned(), reason })
}
