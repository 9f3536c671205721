//! What cells have asked the system for: which files they read, and whether they started programs or
//! connected to other hosts.
//!
//! The main type is [`AccessLog`], the memory in which the process of cells records it. [`Accesses`] is what
//! was read from it. Only calls of the C library are seen. A cell's own system calls, files that a started
//! program maps, and the clock are not.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::dependencies::Inputs;
use crate::file_state::Interest;
use crate::runtime::access::{Access, IDENTITY, IS_INCOMPLETE, LENGTH, SIZE, TEXT};

/// Where the process of cells writes down what cells ask the system for. Clones share it, and so may several
/// processes, one after another.
#[derive(Clone, Debug)]
pub struct AccessLog {
    memory: Arc<OwnedFd>,
    /// What was done for cells outside of their process.
    outside: Arc<Mutex<Outside>>,
}

#[derive(Debug, Default)]
struct Outside {
    programs: BTreeSet<String>,
    /// What rustc read to compile cells.
    files: BTreeSet<PathBuf>,
    variables: BTreeSet<String>,
}

/// What cells have asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accesses {
    /// What was read or looked for, and in which respect, without what the cells made themselves. A path
    /// that was missing when it was first looked for is in `missing`, even if it was created later.
    pub inputs: BTreeSet<(PathBuf, Interest)>,
    /// Paths at which there was nothing.
    pub missing: BTreeSet<PathBuf>,
    /// Variables that cells have read while they were compiled.
    pub variables: BTreeSet<String>,
    /// Whether they asked for the time of day, and so for the date.
    pub asks_date: bool,
    /// Whether a service on this machine was connected to that cells do not provide themselves.
    pub has_services: bool,
    /// Why cells may have read more than this.
    pub beyond: BTreeSet<Beyond>,
}

/// Something that nobody sees the inputs of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Beyond {
    /// This program was started.
    Program(String),
    /// Another host was connected to.
    Host,
    /// A service on this machine was connected to that is not part of what cells were provided with.
    Service,
    /// More files were looked at than are kept count of, or in a way that is not seen.
    Uncounted,
}

impl std::fmt::Display for Beyond {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Beyond::Program(program) => write!(f, "it starts the program `{}`", program.lines().next().unwrap_or_default()),
            Beyond::Host => write!(f, "it connects to another host"),
            Beyond::Service => write!(f, "it connects to a service on this machine"),
            Beyond::Uncounted => write!(f, "it looks at more files than are kept count of"),
        }
    }
}

impl AccessLog {
    /// An empty log.
    ///
    /// # Errors
    /// When the system has no memory for it.
    pub fn new() -> std::io::Result<AccessLog> {
        Ok(AccessLog { memory: Arc::new(memory()?), outside: Arc::default() })
    }

    /// Where another process of this user finds it.
    pub fn path(&self) -> String {
        format!("/proc/{}/fd/{}", std::process::id(), self.memory.as_raw_fd())
    }

    /// Adds a program that was started for a cell.
    pub(crate) fn add_program(&self, command: &str) {
        self.outside().programs.insert(command.to_owned());
    }

    /// Adds what rustc has read for a cell.
    pub(crate) fn add_sources(&self, inputs: &Inputs) {
        let mut outside = self.outside();
        outside.files.extend(inputs.paths().map(Path::to_owned));
        outside.variables.extend(inputs.variables().map(str::to_owned));
    }

    fn outside(&self) -> MutexGuard<'_, Outside> {
        // Sets are only added to, which leaves nothing half done.
        self.outside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What cells have asked for so far.
    ///
    /// # Errors
    /// When the log cannot be read.
    pub fn read(&self) -> std::io::Result<Accesses> {
        let file = std::fs::File::open(self.path())?;
        let word = |at: usize| -> std::io::Result<u64> {
            let mut word = [0; 8];
            std::os::unix::fs::FileExt::read_exact_at(&file, &mut word, at as u64)?;
            Ok(u64::from_ne_bytes(word))
        };
        let length = usize::try_from(word(LENGTH)?).unwrap_or(usize::MAX).min(SIZE - TEXT);
        let mut text = vec![0; length];
        std::os::unix::fs::FileExt::read_exact_at(&file, &mut text, TEXT as u64)?;
        let mut accesses = Accesses::read(&text, word(IS_INCOMPLETE)? != 0);
        let outside = self.outside();
        accesses.beyond.extend(outside.programs.iter().cloned().map(Beyond::Program));
        accesses.inputs.extend(outside.files.iter().map(|path| (path.clone(), Interest::Content)));
        accesses.variables.extend(outside.variables.iter().cloned());
        Ok(accesses)
    }
}

impl Accesses {
    /// Reads records, each a letter, an identity, a path and a zero.
    fn read(text: &[u8], is_incomplete: bool) -> Accesses {
        let mut accesses =
            Accesses { beyond: is_incomplete.then_some(Beyond::Uncounted).into_iter().collect(), ..Accesses::default() };
        let (mut made, mut made_paths) = (BTreeSet::new(), BTreeSet::new());
        let (mut services, mut served) = (BTreeSet::new(), BTreeSet::new());
        let mut rest = text;
        while !rest.is_empty() {
            let access = Access::ALL.into_iter().find(|access| access.letter() == rest[0]);
            let path = rest.get(1 + IDENTITY..).and_then(|path| Some(&path[..path.iter().position(|byte| *byte == 0)?]));
            let (Some(access), Some(path)) = (access, path) else {
                accesses.beyond.insert(Beyond::Uncounted);
                break;
            };
            let identity = &rest[1..=IDENTITY];
            rest = &rest[1 + IDENTITY + path.len() + 1..];
            let words = String::from_utf8_lossy(path);
            let path = tidy(Path::new(&OsString::from_vec(path.to_vec())));
            let is_own = made_paths.contains(&path) || made.contains(identity);
            match access {
                Access::Program => drop(accesses.beyond.insert(Beyond::Program(words.into_owned()))),
                Access::Host => drop(accesses.beyond.insert(Beyond::Host)),
                Access::Date => accesses.asks_date = true,
                Access::Service => drop(services.insert(words.into_owned())),
                Access::Served => drop(served.insert(words.into_owned())),
                Access::Made => {
                    // A file that is only written does not matter, be it new or not.
                    if identity.iter().any(|byte| *byte != 0) {
                        made.insert(identity.to_vec());
                    }
                    made_paths.insert(path);
                }
                Access::Missing if !is_own => drop(accesses.missing.insert(path)),
                Access::Read | Access::Listed if !is_own => drop(accesses.inputs.insert((path, Interest::Content))),
                Access::Looked if !is_own => drop(accesses.inputs.insert((path, Interest::Presence))),
                Access::Missing | Access::Read | Access::Listed | Access::Looked => {}
            }
        }
        accesses.has_services = !services.is_subset(&served);
        accesses
    }
}

/// Memory that other processes of this user find as a file.
#[cfg(target_os = "linux")]
fn memory() -> std::io::Result<OwnedFd> {
    let memory = rustix::fs::memfd_create("accesses", rustix::fs::MemfdFlags::CLOEXEC)?;
    rustix::fs::ftruncate(&memory, SIZE as u64)?;
    Ok(memory)
}

#[cfg(not(target_os = "linux"))]
fn memory() -> std::io::Result<OwnedFd> {
    Err(std::io::ErrorKind::Unsupported.into())
}

/// The path without `.`, so that each file has one name. `..` stays, since a link's target has another
/// parent.
fn tidy(path: &Path) -> PathBuf {
    path.components().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(access: Access, inode: u8, path: &str) -> Vec<u8> {
        let mut record = vec![access.letter()];
        record.extend([[0; 8], [inode, 0, 0, 0, 0, 0, 0, 0]].concat());
        record.extend(path.as_bytes());
        record.push(0);
        record
    }

    fn inputs(records: &[Vec<u8>]) -> Vec<String> {
        let accesses = Accesses::read(&records.concat(), false);
        assert!(accesses.beyond.is_empty());
        accesses.inputs.iter().map(|(path, interest)| format!("{} {interest:?}", path.display())).collect()
    }

    #[test]
    fn what_a_cell_has_made_itself_is_no_input() {
        let read = record(Access::Read, 1, "/data/in.csv");
        let looked = record(Access::Looked, 4, "/data/./here");
        assert_eq!(inputs(&[read, looked]), ["/data/here Presence", "/data/in.csv Content"]);
        let made = record(Access::Made, 2, "/data/out.csv");
        let again = record(Access::Read, 2, "/data/out.csv");
        // Written under another name, and moved into place.
        let moved = record(Access::Read, 2, "/data/moved.csv");
        assert!(inputs(&[made, again, moved]).is_empty());
    }

    #[test]
    fn what_cells_serve_themselves_is_no_service() {
        let connected = record(Access::Service, 0, "port 05432");
        let served = record(Access::Served, 0, "port 05432");
        assert!(Accesses::read(&connected, false).has_services);
        assert!(!Accesses::read(&[connected, served].concat(), false).has_services);
    }

    #[test]
    fn what_cannot_be_known_is_said() {
        let why = |text: &[u8], is_incomplete| {
            let beyond = Accesses::read(text, is_incomplete).beyond;
            beyond.iter().map(Beyond::to_string).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(why(&record(Access::Program, 0, "git"), false), "it starts the program `git`");
        assert_eq!(why(&record(Access::Host, 0, "08080808"), false), "it connects to another host");
        assert_eq!(why(&[], true), "it looks at more files than are kept count of");
        // A process was killed while writing a record.
        let torn = [record(Access::Read, 1, "/data"), vec![0; 30], record(Access::Read, 1, "/more")].concat();
        assert_eq!(why(&torn, false), "it looks at more files than are kept count of");
    }
}
