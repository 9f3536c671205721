//! The Rust toolchain that compiles cells: where its programs are and what they call themselves.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Error;

/// A Rust toolchain.
#[derive(Clone, Debug)]
pub struct Toolchain {
    /// Cargo.
    pub cargo: PathBuf,
    /// rustc itself, past rustup's proxy.
    pub rustc: PathBuf,
    /// The platform, such as `x86_64-unknown-linux-gnu`.
    pub host: String,
    /// What `rustc -vV` prints.
    pub version: String,
    /// The folder of the standard library's shared object.
    pub libraries: PathBuf,
}

impl Toolchain {
    /// Finds the toolchain that applies in the current folder.
    ///
    /// # Errors
    /// When there is no working rustc.
    pub fn find() -> Result<Toolchain, Error> {
        let sysroot = PathBuf::from(run(Path::new("rustc"), &["--print", "sysroot"])?.trim());
        let own = |name: &str| {
            let program = sysroot.join("bin").join(name);
            if program.exists() { program } else { PathBuf::from(name) }
        };
        let (cargo, rustc) = (own("cargo"), own("rustc"));
        let version = run(&rustc, &["-vV"])?;
        let host = version.lines().find_map(|line| line.strip_prefix("host: ")).unwrap_or_default().to_owned();
        let libraries = sysroot.join("lib/rustlib").join(&host).join("lib");
        Ok(Toolchain { cargo, rustc, host, version, libraries })
    }

    /// The first line of [`Toolchain::version`], for people.
    pub fn name(&self) -> &str {
        self.version.lines().next().unwrap_or("rustc")
    }

    /// A program of the toolchain. Variables of this process that would change its behaviour are removed.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        for name in foreign_variables() {
            command.env_remove(name);
        }
        command
    }
}

/// Variables that would change how rustc or Cargo work. `cargo run` itself sets many, and the machine's must
/// not change a verdict.
pub fn foreign_variables() -> Vec<String> {
    let kept = |name: &str| {
        ["CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"].contains(&name)
            || ["CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR"].iter().any(|prefix| name.starts_with(prefix))
    };
    let foreign = |name: &str| ["CARGO", "RUST", "EVCXR", "LD_LIBRARY_PATH"].iter().any(|prefix| name.starts_with(prefix));
    let names = std::env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    names.filter(|name| foreign(name) && !kept(name)).collect()
}

fn run(program: &Path, arguments: &[&str]) -> Result<String, Error> {
    let output = Command::new(program)
        .args(arguments)
        .output()
        .map_err(|source| Error::Program { program: program.display().to_string(), source })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    Err(Error::Toolchain { toolchain: program.display().to_string(), reason })
}
