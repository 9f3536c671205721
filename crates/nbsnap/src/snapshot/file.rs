//! Snapshot files: insta's format, read and written by insta's own code.
//!
//! What a file holds is text here, with a few header lines for its reviewer. [`Body`](super::Body) knows what
//! it means.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::escape::visible_line;
use crate::files::atomic_write;
use crate::files::digest::digest;
use crate::notebook::{CodeCell, Notebook};

/// The header's name for the digest of a cell's source.
const DIGEST: &str = "source_digest:";
/// The header's name for the digest of the sources of the cells before.
const EARLIER: &str = "earlier_digest:";
/// How long a description may be, in characters.
const DESCRIPTION: usize = 80;

/// Why a snapshot could not be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SnapshotError {
    /// A file or folder cannot be read.
    #[error("cannot read {}", .path.display())]
    Read {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be written.
    #[error("cannot write {}", .path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file cannot be removed.
    #[error("cannot remove {}", .path.display())]
    Remove {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file has the name of a snapshot but is not one.
    #[error("{} is not a snapshot: {reason}; restore it, or remove it and accept a new one", .path.display())]
    NotASnapshot {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A notebook's name cannot be the name of a folder.
    #[error("notebook name `{name}` cannot name a folder of snapshots; rename the notebook")]
    Name {
        /// The name.
        name: String,
    },
}

/// What a file says about its body, for its reviewer. It is never compared.
#[derive(Clone, Debug)]
pub(crate) struct Header {
    /// The notebook, relative to the project.
    pub(crate) source: String,
    /// Which cell.
    pub(crate) expression: String,
    /// The first line of the cell's source.
    pub(crate) description: String,
    /// What the body was recorded from: see [`source_digest`].
    pub(crate) digest: String,
    /// The same of all that ran before it.
    pub(crate) earlier: String,
}

/// What a snapshot says about the sources that it was recorded from; none where it does not say it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Digests {
    /// That of its cell.
    pub(crate) own: Option<String>,
    /// Those of the cells before.
    pub(crate) earlier: Option<String>,
}

/// The digest by which a source is recognised again. It shows whether an output is that of the source as it
/// is now.
pub(crate) fn source_digest(source: &str) -> String {
    let mut digest = digest(source.trim_end().as_bytes());
    digest.truncate(16);
    digest
}

impl Header {
    /// Describes a cell of a notebook in `project`.
    pub(crate) fn new(project: &Path, notebook: &Notebook, cell: &CodeCell) -> Header {
        let path = notebook.path.strip_prefix(project).unwrap_or(&notebook.path);
        let line = cell.source.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
        Header {
            source: path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/"),
            expression: format!("cell {}", cell.number),
            description: visible_line(line).chars().take(DESCRIPTION).collect(),
            digest: source_digest(&cell.source),
            earlier: earlier_digest(notebook, cell),
        }
    }
}

/// The digest of the sources of the cells that run before this one.
fn earlier_digest(notebook: &Notebook, cell: &CodeCell) -> String {
    let before = notebook.cells.iter().take_while(|other| other.id != cell.id).filter(|other| other.overrides.skip.is_none());
    source_digest(&before.map(|other| source_digest(&other.source)).collect::<Vec<_>>().join("\n"))
}

/// Reads the text of a snapshot; `None` if there is no such file.
pub(crate) fn read(path: &Path) -> Result<Option<String>, SnapshotError> {
    let Some(snapshot) = load(path)? else { return Ok(None) };
    match snapshot.as_text() {
        Some(text) => Ok(Some(text.to_string())),
        None => Err(not_a_snapshot(path, "it is of insta's binary kind")),
    }
}

/// The notebook that a snapshot names as its source; none if it names none or cannot be read.
pub(crate) fn source(path: &Path) -> Option<String> {
    load(path).ok()??.metadata().source().map(str::to_owned)
}

/// The digests in a snapshot; none if there is no snapshot.
pub(crate) fn recorded_digests(path: &Path) -> Result<Digests, SnapshotError> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::InvalidData) => return Ok(Digests::default()),
        Err(source) => return Err(SnapshotError::Read { path: path.to_owned(), source }),
    };
    let header = text.split("\n---").next().unwrap_or_default();
    let digest = |name| {
        let text = header.lines().find_map(|line| line.trim().strip_prefix(name));
        text.map(|digest| digest.trim().trim_matches('"').to_owned())
    };
    Ok(Digests { own: digest(DIGEST), earlier: digest(EARLIER) })
}

/// Writes a snapshot, whole or not at all, and the folders it needs.
pub(crate) fn write(path: &Path, header: &Header, body: &str) -> Result<(), SnapshotError> {
    let failed = |source| SnapshotError::Write { path: path.to_owned(), source };
    let mut file = beside(path).map_err(failed)?;
    // A JSON string is a YAML string. insta then writes the file again in its own way, so that accepting
    // changes nothing.
    let quoted = |text: &str| serde_json::Value::from(visible_line(text)).to_string();
    let (source, expression, description) = (quoted(&header.source), quoted(&header.expression), quoted(&header.description));
    let info = format!("info:\n  {DIGEST} {}\n  {EARLIER} {}\n", quoted(&header.digest), quoted(&header.earlier));
    write!(file, "---\nsource: {source}\ndescription: {description}\nexpression: {expression}\n{info}---\n{body}")
        .map_err(failed)?;
    resave(file.path(), file.path(), path)?;
    persist(file, path)
}

/// Puts the snapshot `pending` in the place of `path`, as insta does when a review accepts it.
pub(crate) fn promote(pending: &Path, path: &Path) -> Result<(), SnapshotError> {
    let file = beside(path).map_err(|source| SnapshotError::Write { path: path.to_owned(), source })?;
    resave(pending, file.path(), path)?;
    persist(file, path)?;
    remove(pending).map(drop)
}

/// Writes a binary file beside a snapshot, unless it is there already.
pub(crate) fn write_sidecar(path: &Path, content: &[u8]) -> Result<(), SnapshotError> {
    if fs::read(path).is_ok_and(|there| there == content) {
        return Ok(());
    }
    atomic_write::write(path, content).map_err(|source| SnapshotError::Write { path: path.to_owned(), source })
}

/// Removes a file, and returns whether it was there.
pub(crate) fn remove(path: &Path) -> Result<bool, SnapshotError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
        Err(source) => Err(SnapshotError::Remove { path: path.to_owned(), source }),
    }
}

/// The names of the visible files in a folder, sorted; none if the folder does not exist.
pub(crate) fn names(folder: &Path) -> Result<Vec<String>, SnapshotError> {
    let failed = |source| SnapshotError::Read { path: folder.to_owned(), source };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(failed(error)),
    };
    let mut names = Vec::new();
    for entry in entries {
        // No file that this module writes has a name that is not UTF-8.
        let Ok(name) = entry.map_err(failed)?.file_name().into_string() else { continue };
        if !name.starts_with('.') {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn load(path: &Path) -> Result<Option<insta::Snapshot>, SnapshotError> {
    // insta takes a file without a header for its first format, and prints that on standard error.
    let content = match fs::read(path) {
        Ok(content) => content,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(SnapshotError::Read { path: path.to_owned(), source }),
    };
    if !content.starts_with(b"---\n") && !content.starts_with(b"---\r\n") {
        return Err(not_a_snapshot(path, "it does not begin with `---`"));
    }
    insta::Snapshot::from_file(path).map(Some).map_err(|error| not_a_snapshot(path, &error.to_string()))
}

/// Lets insta read `from` and write `to`. `named` is the file that errors are about.
fn resave(from: &Path, to: &Path, named: &Path) -> Result<(), SnapshotError> {
    let snapshot = load(from)?.ok_or_else(|| not_a_snapshot(from, "it has gone"))?;
    let failed = |error: &dyn std::error::Error| SnapshotError::Write {
        path: named.to_owned(),
        source: io::Error::other(error.to_string()),
    };
    snapshot.save(to).map_err(|error| failed(&*error))
}

fn not_a_snapshot(path: &Path, reason: &str) -> SnapshotError {
    SnapshotError::NotASnapshot { path: path.to_owned(), reason: reason.to_owned() }
}

/// A temporary file in the folder of `path`, which is created, with the permissions of any new file.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)?;
    let mut builder = tempfile::Builder::new();
    builder.prefix(".nbsnap-");
    #[cfg(unix)]
    let permissions: fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    #[cfg(unix)]
    builder.permissions(permissions);
    builder.tempfile_in(folder)
}

fn persist(file: NamedTempFile, path: &Path) -> Result<(), SnapshotError> {
    file.persist(path).map(drop).map_err(|error| SnapshotError::Write { path: path.to_owned(), source: error.error })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::record::CellRecord;
    use crate::snapshot::Body;

    fn header() -> Header {
        Header {
            source: "notebooks/a b.ipynb".into(),
            expression: "cell 5".into(),
            description: "let s = \"x: #y\\n\"; // 水 ␀".into(),
            digest: source_digest("let s"),
            earlier: source_digest(""),
        }
    }

    fn body() -> String {
        let record = CellRecord {
            stdout: "\n---\nspaces  \nprogress\rdone\r\n\n".into(),
            outputs: BTreeMap::from([("text/plain".into(), "x\n\n".into())]),
            ..CellRecord::default()
        };
        Body::render("a", &record).0.to_string()
    }

    #[test]
    fn insta_itself_passes_on_what_is_written_here() {
        let folder = tempfile::tempdir().unwrap();
        write(&folder.path().join("cell-1.snap"), &header(), &body()).unwrap();
        let mut settings = insta::Settings::clone_current();
        settings.set_snapshot_path(folder.path());
        settings.set_prepend_module_to_snapshot(false);
        settings.bind(|| insta::assert_snapshot!("cell-1", body()));
        let left: Vec<_> = names(folder.path()).unwrap();
        assert_eq!(left, ["cell-1.snap"], "a difference would have left a .snap.new");
    }

    #[test]
    fn insta_reads_a_pending_file_and_accepting_it_keeps_every_byte() {
        let folder = tempfile::tempdir().unwrap();
        let (pending, path) = (folder.path().join("deep/cell.snap.new"), folder.path().join("deep/cell.snap"));
        write(&pending, &header(), &body()).unwrap();
        let snapshot = insta::Snapshot::from_file(&pending).unwrap();
        let metadata = snapshot.metadata();
        assert_eq!(metadata.source(), Some("notebooks/a b.ipynb"));
        assert_eq!(metadata.expression(), Some("cell 5"));
        assert_eq!(metadata.description(), Some("let s = \"x: #y\\n\"; // 水 ␦␀"));
        let written = fs::read(&pending).unwrap();
        promote(&pending, &path).unwrap();
        assert!(!pending.exists());
        assert_eq!(fs::read(&path).unwrap(), written);
        assert_eq!(Body::parse(&read(&path).unwrap().unwrap()).unwrap(), Body::parse(&body()).unwrap());
        assert_eq!(source(&path).as_deref(), Some("notebooks/a b.ipynb"));
    }

    #[test]
    fn a_file_reads_as_people_expect_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cell.snap");
        write(&path, &Header { description: "1 + 1".into(), ..header() }, "═══ stdout ═══\nhi\n═══ end ═══\n").unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "---\nsource: notebooks/a b.ipynb\ndescription: 1 + 1\nexpression: cell 5\ninfo:\n  source_digest: 39693b1b7e451f31\n  earlier_digest: e3b0c44298fc1c14\n---\n\
             ═══ stdout ═══\nhi\n═══ end ═══\n"
        );
        let digests = Digests { own: Some(source_digest("let s")), earlier: Some(source_digest("")) };
        assert_eq!(recorded_digests(&path).unwrap(), digests);
        // As git may check it out on Windows.
        fs::write(&path, fs::read_to_string(&path).unwrap().replace('\n', "\r\n")).unwrap();
        assert_eq!(read(&path).unwrap().unwrap(), "═══ stdout ═══\nhi\n═══ end ═══");
    }

    #[test]
    fn the_empty_body_survives() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cell.snap.new");
        write(&path, &header(), "").unwrap();
        assert_eq!(read(&path).unwrap().as_deref(), Some(""));
        assert_eq!(read(&folder.path().join("other.snap")).unwrap(), None);
    }

    #[test]
    fn what_is_no_snapshot_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("cell.snap");
        for content in
            ["<<<<<<< HEAD\n---\nsource: x\n---\n", "---\nsource: [\n---\n", "---\nextension: png\nsnapshot_kind: binary\n---\n"]
        {
            fs::write(&path, content).unwrap();
            let message = read(&path).unwrap_err().to_string();
            assert!(message.contains("cell.snap is not a snapshot: "), "{message}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn files_have_the_permissions_of_any_new_file() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let (path, other) = (folder.path().join("cell.snap"), folder.path().join("other"));
        write(&path, &header(), "").unwrap();
        fs::write(&other, "").unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode();
        assert_eq!(mode(&path), mode(&other));
    }
}
