//! Builds the access layer, which programs that are not in Rust are started with. It is part of this crate as
//! bytes, since a machine that runs such programs may have no Rust.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The layer's sources, by the names that they are compiled under.
const SOURCES: [(&str, &str); 4] =
    [("lib.rs", "layer.txt"), ("access.rs", "access.rs"), ("noted.rs", "noted.txt"), ("system.rs", "system.rs")];

fn main() {
    let variable = |name| env::var(name).unwrap_or_else(|_| panic!("Cargo sets {name}"));
    let out = PathBuf::from(variable("OUT_DIR"));
    let layer = out.join("access_layer.so");
    let is_possible = variable("CARGO_CFG_TARGET_OS") == "linux" && variable("CARGO_CFG_TARGET_ENV") == "gnu";
    let built = if is_possible { build(&out, &layer, &variable("RUSTC"), &variable("TARGET")) } else { Ok(()) };
    if let Err(why) = &built {
        println!("cargo::warning=without the access layer, verdicts on notebooks in Python are never remembered: {why}");
    }
    if !is_possible || built.is_err() {
        std::fs::write(&layer, "").expect("the build folder can be written to");
    }
}

fn build(out: &Path, layer: &Path, rustc: &str, target: &str) -> Result<(), String> {
    let folder = out.join("access_layer");
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for (name, text) in SOURCES {
        let text = Path::new("src/runtime").join(text);
        println!("cargo::rerun-if-changed={}", text.display());
        std::fs::copy(&text, folder.join(name)).map_err(|error| format!("{}: {error}", text.display()))?;
    }
    let mut command = Command::new(rustc);
    command.args([
        "--edition",
        "2024",
        "-Awarnings",
        "--crate-name",
        "access_layer",
        "--crate-type",
        "cdylib",
        "--target",
        target,
    ]);
    // Newer compilers refuse functions of the C library's names that have other signatures: `runtime_files`.
    command.arg("-Ainvalid_runtime_symbol_definitions");
    command.args(["-Copt-level=s", "-Cpanic=abort", "-Cstrip=symbols"]).arg(folder.join("lib.rs")).arg("-o").arg(layer);
    if let Ok(linker) = env::var("RUSTC_LINKER") {
        command.arg(format!("-Clinker={linker}"));
    }
    let output = command.output().map_err(|error| format!("cannot run `{rustc}`: {error}"))?;
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}
