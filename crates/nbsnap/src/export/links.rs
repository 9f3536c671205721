//! Where the links of a notebook lead: to files beside it, which pages take along, to other notebooks, to a
//! heading, or nowhere.
//!
//! The main types are [`Link`] and [`Lead`]. Nothing outside the project is ever taken along, and nothing
//! hidden. `addresses` and [`dead`] look at pages that are written together.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use regex::Regex;

use super::anchors::slug;
use super::page::Page;

/// Larger files are not taken along.
const MAX_FILE: u64 = 64 << 20;
/// The folder beside pages that has what they take along.
const FOLDER: &str = "files";

/// A link of a notebook that leads to something of the notebook's own, or should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// The id of the cell that has it, or its number.
    pub cell: String,
    /// The address, as the notebook writes it.
    pub address: String,
    /// Where it leads.
    pub lead: Lead,
}

/// Where a link leads.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lead {
    /// To a file of the project.
    File(Taken),
    /// To a notebook of the project, and to a heading in it.
    Notebook(Taken, Option<String>),
    /// To a heading of the same notebook.
    Here(String),
    /// Nowhere.
    Nowhere(Dead),
}

/// A file that pages take along.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// The file.
    pub from: PathBuf,
    /// Its path in the folder of the pages.
    pub to: String,
}

/// Why a link leads nowhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Dead {
    /// There is no such file.
    Missing,
    /// It leads out of the project.
    Outside,
    /// The file or one of its folders is hidden.
    Hidden,
    /// It is a folder.
    Folder,
    /// The file is too large for a page, with its size.
    TooLarge(u64),
    /// It begins at the root of a server.
    Absolute,
    /// There is no such heading.
    NoHeading,
}

impl fmt::Display for Dead {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Dead::Missing => f.write_str("there is no such file"),
            Dead::Outside => f.write_str("it is outside the project, and is not taken along: copy the file into the project"),
            Dead::Hidden => f.write_str("hidden files are not taken along: rename it"),
            Dead::Folder => f.write_str("it is a folder: link to a file in it"),
            Dead::TooLarge(size) => {
                let limit = bytesize::ByteSize(MAX_FILE);
                write!(
                    f,
                    "it has {}, and pages take along at most {limit}: link to where it is published",
                    bytesize::ByteSize(*size)
                )
            }
            Dead::Absolute => f.write_str("it begins at the root of a server: begin it at the notebook, or with https://"),
            Dead::NoHeading => f.write_str("there is no such heading"),
        }
    }
}

/// Finds where the links of one notebook lead.
#[derive(Clone, Debug)]
pub(super) struct Finder {
    /// The project's folder, without links in its path.
    root: PathBuf,
    /// The notebook's folder, from there.
    folder: PathBuf,
}

impl Finder {
    /// For the notebook in this file. What lies outside of `root` is not the project's. Without a root,
    /// or for a notebook outside of it, a repository of Git's is taken for the project, or else the
    /// notebook's folder.
    pub(super) fn new(notebook: &Path, root: Option<&Path>) -> Finder {
        let folder = notebook.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let folder = folder.canonicalize().unwrap_or_else(|_| folder.to_owned());
        let root = root.and_then(|root| root.canonicalize().ok()).filter(|root| folder.starts_with(root));
        let repository = || folder.ancestors().find(|folder| folder.join(".git").exists()).map(Path::to_owned);
        let root = root.or_else(repository).unwrap_or_else(|| folder.clone());
        let below = folder.strip_prefix(&root).map(Path::to_owned).unwrap_or_default();
        Finder { root, folder: below }
    }

    /// Where an address leads, unless it leads elsewhere on purpose.
    pub(super) fn lead(&self, address: &str) -> Option<Lead> {
        if let Some(fragment) = address.strip_prefix('#') {
            return (!fragment.is_empty()).then(|| Lead::Here(decoded(fragment)));
        }
        let is_elsewhere = address.starts_with("//") || address.split('/').next().unwrap_or_default().contains(':');
        if address.is_empty() || is_elsewhere {
            return None;
        }
        if address.starts_with('/') {
            return Some(Lead::Nowhere(Dead::Absolute));
        }
        let (path, fragment) = (path_in(address), address.split_once('#').map(|(_, fragment)| fragment));
        Some(match self.file(Path::new(&path)) {
            Ok(taken) if path.ends_with(".ipynb") => {
                Lead::Notebook(taken, fragment.filter(|fragment| !fragment.is_empty()).map(decoded))
            }
            Ok(taken) => Lead::File(taken),
            Err(dead) => Lead::Nowhere(dead),
        })
    }

    /// The file with this path from the notebook.
    fn file(&self, path: &Path) -> Result<Taken, Dead> {
        let parts = tidy(&self.folder.join(path)).ok_or(Dead::Outside)?;
        let from = self.root.join(parts.iter().collect::<PathBuf>());
        let metadata = std::fs::metadata(&from).map_err(|_| Dead::Missing)?;
        // A link in the project may lead out of it.
        let from = from.canonicalize().map_err(|_| Dead::Missing)?;
        let whole = from.strip_prefix(&self.root).map_err(|_| Dead::Outside)?;
        let is_hidden = |name: &str| name.starts_with('.');
        match metadata.len() {
            _ if parts.iter().any(|part| is_hidden(part)) || whole.iter().any(|part| is_hidden(&part.to_string_lossy())) => {
                Err(Dead::Hidden)
            }
            _ if !metadata.is_file() => Err(Dead::Folder),
            size if size > MAX_FILE => Err(Dead::TooLarge(size)),
            _ => Ok(Taken { to: format!("{FOLDER}/{}", parts.join("/")), from }),
        }
    }
}

/// The new addresses of the links of a page, by the ones that the notebook has, where these pages are written
/// together to files with this extension.
pub(super) fn addresses(page: &Page, pages: &[Page], extension: &str) -> BTreeMap<String, String> {
    let new = |link: &Link| -> Option<String> {
        Some(match &link.lead {
            Lead::File(taken) => {
                let rest = link.address.find(['?', '#']).map_or("", |at| &link.address[at..]);
                format!("{}{rest}", encoded(&taken.to))
            }
            Lead::Notebook(taken, fragment) => match page_of(taken, pages) {
                Some(other) => {
                    let anchor = fragment.as_ref().map(|fragment| other.anchor(fragment).unwrap_or(fragment.clone()));
                    format!(
                        "{}.{extension}{}",
                        encoded(&other.name),
                        anchor.map(|anchor| format!("#{anchor}")).unwrap_or_default()
                    )
                }
                None => encoded(&taken.to),
            },
            Lead::Here(fragment) => format!("#{}", page.anchor(fragment)?),
            Lead::Nowhere(_) => return None,
        })
    };
    page.links.iter().filter_map(|link| Some((link.address.clone(), new(link)?))).collect()
}

/// The links of a page that lead nowhere, where these pages are written together.
pub fn dead<'p>(page: &'p Page, pages: &'p [Page]) -> impl Iterator<Item = (&'p Link, Dead)> {
    let reason = move |link: &Link| match &link.lead {
        Lead::Nowhere(dead) => Some(*dead),
        Lead::Here(fragment) => page.anchor(fragment).is_none().then_some(Dead::NoHeading),
        Lead::Notebook(taken, Some(fragment)) => {
            page_of(taken, pages).is_some_and(|other| other.anchor(fragment).is_none()).then_some(Dead::NoHeading)
        }
        Lead::Notebook(_, None) | Lead::File(_) => None,
    };
    page.links.iter().filter_map(move |link| Some((link, reason(link)?)))
}

/// The files that these pages take along, by their paths in the folder of the pages.
pub fn taken_along(pages: &[Page]) -> BTreeMap<&str, &Path> {
    let taken = pages.iter().flat_map(|page| &page.links).filter_map(|link| match &link.lead {
        Lead::File(taken) => Some(taken),
        Lead::Notebook(taken, _) => Some(taken).filter(|taken| page_of(taken, pages).is_none()),
        Lead::Here(_) | Lead::Nowhere(_) => None,
    });
    taken.map(|taken| (taken.to.as_str(), taken.from.as_path())).collect()
}

fn page_of<'p>(notebook: &Taken, pages: &'p [Page]) -> Option<&'p Page> {
    pages.iter().find(|page| page.path == notebook.from)
}

/// The path in an address.
pub(super) fn path_in(address: &str) -> String {
    decoded(address.split(['?', '#']).next().unwrap_or_default())
}

/// The name on a page that a link means: as GitHub writes those of headings, or as Jupyter does, `Next-step`.
pub(super) fn anchor_among(anchors: &BTreeSet<String>, fragment: &str) -> Option<String> {
    let found = |name: &str| anchors.get(name).cloned();
    found(fragment).or_else(|| found(&slug(fragment)))
}

/// A path in a URL.
pub(super) fn encoded(path: &str) -> String {
    path.replace('%', "%25").replace(' ', "%20").replace('#', "%23").replace('?', "%3F").replace('(', "%28").replace(')', "%29")
}

/// The parts of a path without `.` and `..`; none if it leads out of the folder that it begins in.
fn tidy(path: &Path) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::ParentDir => drop(parts.pop()?),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts)
}

/// What a URL writes as `%20` and the like.
fn decoded(address: &str) -> String {
    static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new("%([0-9A-Fa-f]{2})").expect("the pattern is a constant"));
    let mut bytes = Vec::new();
    let mut end = 0;
    for found in CODE.captures_iter(address) {
        let whole = found.get(0).map_or(0..0, |whole| whole.range());
        bytes.extend(&address.as_bytes()[end..whole.start]);
        bytes.extend(u8::from_str_radix(&found[1], 16).ok());
        end = whole.end;
    }
    bytes.extend(&address.as_bytes()[end..]);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_lies_in_the_project_is_taken_along() {
        let world = tempfile::tempdir().unwrap();
        let (outside, root) = (world.path().join("outside"), world.path().join("project"));
        for folder in [&outside, &root.join("lessons/data"), &root.join("img"), &root.join(".hidden")] {
            std::fs::create_dir_all(folder).unwrap();
        }
        for file in ["lessons/data/a b.csv", "lessons/two.ipynb", "img/x.png", ".hidden/config", "paper.pdf"] {
            std::fs::write(root.join(file), "x").unwrap();
        }
        std::fs::write(outside.join("secret.txt"), "x").unwrap();
        std::os::unix::fs::symlink(outside.join("secret.txt"), root.join("lessons/notes.txt")).unwrap();
        std::os::unix::fs::symlink(&outside, root.join("out")).unwrap();
        std::fs::File::create(root.join("large.bin")).unwrap().set_len(MAX_FILE + 1).unwrap();
        let finder = Finder::new(&root.join("lessons/one.ipynb"), Some(&root));
        let lead = |address: &str| finder.lead(address);
        let to = |address: &str| match lead(address) {
            Some(Lead::File(taken) | Lead::Notebook(taken, _)) => taken.to,
            other => panic!("{address}: {other:?}"),
        };
        assert_eq!(to("data/a%20b.csv"), "files/lessons/data/a b.csv");
        assert_eq!(to("../paper.pdf#page=3"), "files/paper.pdf");
        assert_eq!(to("./two.ipynb#x"), "files/lessons/two.ipynb");
        for (address, dead) in [
            ("gone.csv", Dead::Missing),
            ("../../outside/secret.txt", Dead::Outside),
            ("notes.txt", Dead::Outside),
            ("../out/secret.txt", Dead::Outside),
            ("../.hidden/config", Dead::Hidden),
            ("data/", Dead::Folder),
            ("../large.bin", Dead::TooLarge(MAX_FILE + 1)),
            ("/etc/passwd", Dead::Absolute),
        ] {
            assert_eq!(lead(address), Some(Lead::Nowhere(dead)), "{address}");
        }
        for address in
            ["https://x.org/a.csv", "//x.org/a", "mailto:a@x.org", "data:image/png;base64,AA", "attachment:a.png", "", "#"]
        {
            assert_eq!(lead(address), None, "{address}");
        }
        // Without a project, the notebook's folder is all there is.
        let alone = Finder::new(&root.join("lessons/one.ipynb"), None);
        assert_eq!(alone.lead("../img/x.png"), Some(Lead::Nowhere(Dead::Outside)));
        assert!(matches!(alone.lead("data/a b.csv"), Some(Lead::File(taken)) if taken.to == "files/data/a b.csv"));
        // A repository is as good as a project.
        std::fs::create_dir(root.join(".git")).unwrap();
        let cloned = Finder::new(&root.join("lessons/one.ipynb"), None);
        assert!(matches!(cloned.lead("../img/x.png"), Some(Lead::File(taken)) if taken.to == "files/img/x.png"));
    }
}
