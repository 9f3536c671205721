//! The program `nbsnap-evcxr`: where it is, and how a source checkout builds it the first time that somebody
//! asks for it.
//!
//! The main type is [`EvcxrProgram`]. rust-analyzer takes minutes to build, so only runs that need it pay for
//! it.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use serde_json::Value;

use crate::engine::{EngineError, Interrupt};
use crate::event::Event;
use crate::files::cache_tag;
use crate::process::tail::Tail;
use crate::process::{group, limits};

/// The program's name, and that of its package.
pub const PROGRAM: &str = "nbsnap-evcxr";

/// The variable that names the program's file.
const VARIABLE: &str = "NBSNAP_EVCXR";

/// How often a thread that waits for a build looks whether the user wants to stop.
const TICK: Duration = Duration::from_millis(100);

/// Where the program is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum EvcxrProgram {
    /// It is searched for. The variable `NBSNAP_EVCXR` comes first, then the source checkout that this
    /// program was built from, where it is built if need be. Then the folder of this program, and `PATH`.
    #[default]
    ToBeFound,
    /// In this file.
    At(PathBuf),
}

impl EvcxrProgram {
    /// The program's file, if it is there and nothing has to be built.
    pub fn path(&self) -> Option<PathBuf> {
        match self.look() {
            Found::There(path) => Some(path),
            Found::InCheckout(_) | Found::Nowhere => None,
        }
    }

    /// The program's file. It is built if it has to be.
    ///
    /// # Errors
    /// When there is none and no source to build it from, when it does not build, and when the user wants to
    /// stop.
    pub fn find(&self, interrupt: &Interrupt, emit: &mut dyn FnMut(Event)) -> Result<PathBuf, EngineError> {
        match self.look() {
            Found::There(path) => Ok(path),
            Found::InCheckout(checkout) => checkout.build(interrupt, emit),
            Found::Nowhere => Err(EngineError::Failed {
                message: format!(
                    "the program {PROGRAM} is needed, which is neither beside this one nor on PATH: `cargo install --locked \
                     {PROGRAM}@{version}` brings it, or name its file in the variable {VARIABLE}",
                    version = env!("CARGO_PKG_VERSION")
                ),
            }),
        }
    }

    fn look(&self) -> Found {
        if let EvcxrProgram::At(path) = self {
            return Found::There(path.clone());
        }
        if let Some(named) = std::env::var_os(VARIABLE).filter(|named| !named.is_empty()) {
            return Found::There(named.into());
        }
        let folder = own_folder().unwrap_or_default();
        let beside = folder.join(PROGRAM);
        let Some(checkout) = Checkout::find(&folder) else {
            let mut installed = std::iter::once(beside).chain(on_path());
            return installed.find(|program| program.is_file()).map_or(Found::Nowhere, Found::There);
        };
        let built = [beside, checkout.built()].into_iter().find(|program| is_up_to_date(program));
        built.map_or(Found::InCheckout(checkout), Found::There)
    }
}

/// What was found.
enum Found {
    There(PathBuf),
    /// It has to be built here.
    InCheckout(Checkout),
    Nowhere,
}

/// The source that this program was built from.
struct Checkout {
    root: PathBuf,
    /// Cargo's folder of builds.
    target: PathBuf,
    /// The folder of a profile's builds in it.
    profile: String,
}

impl Checkout {
    /// The checkout, if it still is where it was. `own` is this program's folder.
    fn find(own: &Path) -> Option<Checkout> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2)?;
        if !root.join("crates").join(PROGRAM).join("Cargo.toml").is_file() {
            return None;
        }
        // Where this program was built, that one is built too, and in the same profile. An installed program
        // says nothing about where to build.
        let target = own.parent().filter(|target| cache_tag::is_marked(target));
        let profile = own.file_name().filter(|_| target.is_some()).unwrap_or("debug".as_ref());
        Some(Checkout {
            root: root.to_owned(),
            target: target.map_or_else(|| root.join("target"), Path::to_owned),
            profile: profile.to_string_lossy().into_owned(),
        })
    }

    fn built(&self) -> PathBuf {
        self.target.join(&self.profile).join(PROGRAM)
    }

    /// Builds the program.
    fn build(&self, interrupt: &Interrupt, emit: &mut dyn FnMut(Event)) -> Result<PathBuf, EngineError> {
        let crates = self.count_crates();
        let reason = format!("{PROGRAM} is needed, which carries evcxr and rust-analyzer: building it once takes some minutes");
        emit(Event::Notice { message: reason });
        let mut child = self.cargo();
        child.args(["build", "--workspace", "--bin", PROGRAM, "--message-format=json-render-diagnostics"]);
        child.arg("--target-dir").arg(&self.target);
        match self.profile.as_str() {
            "debug" => {}
            profile => drop(child.args(["--profile", profile])),
        }
        child.stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
        // SAFETY: between fork and exec this makes one system call and touches no memory.
        unsafe { child.pre_exec(limits::end_with_parent) };
        let mut child = child.spawn().map_err(no_cargo)?;
        let result = self.follow(&mut child, crates, interrupt, emit);
        if result.is_err() {
            group::kill_group(&child);
        }
        let _ = child.wait();
        result.map(|()| self.built())
    }

    fn follow(
        &self,
        child: &mut Child,
        crates: usize,
        interrupt: &Interrupt,
        emit: &mut dyn FnMut(Event),
    ) -> Result<(), EngineError> {
        let printed = Tail::default();
        printed.follow(child.stderr.take());
        let stdout = child.stdout.take().expect("stdout was asked for as a pipe");
        let (sender, lines) = channel();
        std::thread::spawn(move || BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let progress = |done, name: String| Event::EngineBuild { program: PROGRAM.into(), done, crates, name };
        let mut done = BTreeSet::new();
        loop {
            if interrupt.is_set() {
                return Err(EngineError::Interrupted);
            }
            let line = match lines.recv_timeout(TICK) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => break,
            };
            let message: Value = serde_json::from_str(&line).unwrap_or_default();
            if let ("compiler-artifact", Some(id)) =
                (message["reason"].as_str().unwrap_or_default(), message["package_id"].as_str())
                && done.insert(id.to_owned())
            {
                let name = message["target"]["name"].as_str().unwrap_or_default().to_owned();
                emit(progress(done.len().min(crates.saturating_sub(1)), name));
            }
        }
        emit(progress(crates, PROGRAM.into()));
        let status = child.wait().map_err(no_cargo)?;
        if status.success() && is_up_to_date(&self.built()) {
            return Ok(());
        }
        Err(EngineError::Failed { message: format!("{PROGRAM} does not build; Cargo says:\n{}", printed.text().trim_end()) })
    }

    /// How many crates a build has, for people who wait; 0 if Cargo does not say.
    fn count_crates(&self) -> usize {
        let arguments = ["tree", "--package", PROGRAM, "--edges", "normal,build", "--prefix", "none", "--format", "{p}"];
        let output = self.cargo().args(arguments).stderr(Stdio::null()).output();
        let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
        text.lines().map(|line| line.trim_end_matches(" (*)")).collect::<BTreeSet<_>>().len()
    }

    fn cargo(&self) -> Command {
        let mut command = Command::new("cargo");
        // A crate of rust-analyzer's reads `CI` while it compiles: with another value Cargo builds half of it
        // anew.
        command.env_remove("CI").current_dir(&self.root).stdin(Stdio::null());
        command
    }
}

/// Whether a program is newer than its sources, by the list that Cargo leaves beside it. A program without
/// such a list, and without sources, is up to date.
fn is_up_to_date(program: &Path) -> bool {
    let changed = |path: &Path| std::fs::metadata(path).and_then(|file| file.modified());
    let Ok(built) = changed(program) else { return false };
    let Ok(list) = std::fs::read_to_string(program.with_extension("d")) else { return true };
    sources(&list).iter().all(|source| changed(source).is_ok_and(|changed| changed <= built))
}

/// The files after the colon of a list that Cargo wrote, as a Makefile has them: blanks in names have a
/// backslash before them.
fn sources(list: &str) -> Vec<PathBuf> {
    let Some((_, files)) = list.trim_end().split_once(": ") else { return Vec::new() };
    files.replace("\\ ", "\0").split(' ').filter(|file| !file.is_empty()).map(|file| file.replace('\0', " ").into()).collect()
}

/// Where the program would be if it were installed somewhere on `PATH`.
fn on_path() -> impl Iterator<Item = PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).map(|folder| folder.join(PROGRAM)).collect::<Vec<_>>().into_iter()
}

/// The folder of this program, where Cargo or a package manager has put it.
fn own_folder() -> Option<PathBuf> {
    let own = std::env::current_exe().ok()?;
    let folder = own.parent()?;
    // Tests are a floor lower.
    if folder.ends_with("deps") { Some(folder.parent()?.to_owned()) } else { Some(folder.to_owned()) }
}

fn no_cargo(source: std::io::Error) -> EngineError {
    EngineError::Program { program: "cargo".into(), source }
}

#[cfg(test)]
mod tests {
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn a_program_is_up_to_date_until_one_of_its_sources_changes() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert!(!is_up_to_date(&at("program")), "it is not there");
        std::fs::write(at("a b.rs"), "").unwrap();
        std::fs::write(at("c.rs"), "").unwrap();
        std::fs::write(at("program"), "").unwrap();
        assert!(is_up_to_date(&at("program")), "nobody knows its sources");
        let list = format!("{}: {} {}\n", at("program").display(), at("a\\ b.rs").display(), at("c.rs").display());
        std::fs::write(at("program.d"), list).unwrap();
        assert!(is_up_to_date(&at("program")));
        let later = SystemTime::now() + Duration::from_secs(5);
        std::fs::File::options().write(true).open(at("a b.rs")).unwrap().set_modified(later).unwrap();
        assert!(!is_up_to_date(&at("program")));
        std::fs::File::options().write(true).open(at("program")).unwrap().set_modified(later).unwrap();
        assert!(is_up_to_date(&at("program")));
        std::fs::remove_file(at("c.rs")).unwrap();
        assert!(!is_up_to_date(&at("program")), "a source is gone");
    }

    #[test]
    fn a_program_that_is_named_is_taken_as_it_is() {
        let named = EvcxrProgram::At("/somewhere/nbsnap-evcxr".into());
        assert_eq!(named.path().as_deref(), Some(Path::new("/somewhere/nbsnap-evcxr")));
    }
}
