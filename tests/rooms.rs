//! Which files of a crate use which others. A room is a folder of a crate's `src`, with the file of its name;
//! each file at the top is a room of its own.
//!
//! Files of different rooms are never in a circle. So a room can be read, changed and tested without those
//! above it. Sources are read as text: what a macro makes is not seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use ra_ap_syntax::ast::{self, HasAttrs, HasName, HasVisibility};
use ra_ap_syntax::{AstNode, Edition, SourceFile, SyntaxNode};

use crate::words::files_below;
use crate::world::workspace;

/// A file has at most this many lines.
const LONGEST: usize = 400;
/// This many files of one room may use each other.
const TOGETHER: usize = 3;

/// Circles that are meant: a file of each, and why.
const MEANT: &[(&str, &str, &str)] = &[("eoap", "error", "an error has the results that a server sent along")];

/// A module, by its path from the root of its crate.
type Module = Vec<String>;

/// Which files each file uses.
type Arrows = BTreeMap<Module, BTreeSet<Module>>;

/// Those of every crate, read once for all tests.
static ARROWS: LazyLock<BTreeMap<String, Arrows>> =
    LazyLock::new(|| crates().into_iter().map(|name| (name.clone(), arrows(&read(&name)))).collect());

/// What a file says of itself.
#[derive(Default)]
struct File {
    /// Names that it exports from elsewhere, and from where.
    exports: BTreeMap<String, Module>,
    /// The paths that it uses.
    uses: Vec<Module>,
    /// Whether it defines anything itself. A file that only exports is a door, not a room.
    defines: bool,
}

#[test]
fn no_circle_leads_from_one_room_to_another() {
    let mut found = Vec::new();
    for (crate_name, arrows) in &*ARROWS {
        for circle in circles(arrows) {
            let rooms: BTreeSet<&String> = circle.iter().filter_map(|module| module.first()).collect();
            let names: Vec<String> = circle.iter().map(|module| module.join("/")).collect();
            // Files at the top are rooms of one file each; a few of them may belong together.
            let is_at_the_top = circle.iter().all(|module| module.len() <= 1);
            let is_meant = MEANT.iter().any(|(of, file, _)| of == crate_name && names.iter().any(|name| name == file));
            if !is_meant && (circle.len() > TOGETHER || rooms.len() > 1 && !is_at_the_top) {
                found.push(format!("{crate_name}: {}", names.join(", ")));
            }
        }
    }
    assert!(found.is_empty(), "files that use each other in a circle:\n{}", found.join("\n"));
}

#[test]
fn no_file_is_longer_than_a_reader_takes_in() {
    let mut files = Vec::new();
    files_below(workspace(), &mut files);
    let is_long = |path: &PathBuf| std::fs::read_to_string(path).unwrap().lines().count() > LONGEST;
    let long: Vec<PathBuf> =
        files.into_iter().filter(|path| path.extension().is_some_and(|kind| kind == "rs") && is_long(path)).collect();
    assert!(long.is_empty(), "files of more than {LONGEST} lines: {long:?}");
}

#[test]
fn rooms_use_each_other_as_recorded() {
    let mut text = String::new();
    for (crate_name, arrows) in &*ARROWS {
        let mut rooms: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in arrows {
            let room = |module: &Module| module.first().cloned().unwrap_or_else(|| "the root".to_owned());
            let others = to.iter().map(room).filter(|other| *other != room(from));
            rooms.entry(room(from)).or_default().extend(others);
        }
        writeln!(text, "{crate_name}").unwrap();
        for (room, others) in rooms.into_iter().filter(|(_, others)| !others.is_empty()) {
            writeln!(text, "    {room} -> {}", others.into_iter().collect::<Vec<_>>().join(", ")).unwrap();
        }
    }
    insta::assert_snapshot!("rooms", text);
}

fn crates() -> Vec<String> {
    let entries = std::fs::read_dir(workspace().join("crates")).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| workspace().join("crates").join(name).join("src").is_dir()).collect();
    names.sort();
    names
}

/// The files of a crate, without those of its tests.
fn read(crate_name: &str) -> BTreeMap<Module, File> {
    let (source, mut files) = (workspace().join("crates").join(crate_name).join("src"), BTreeMap::new());
    let mut folders = vec![source.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            if path.is_dir() && stem != "tests" {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && stem != "tests" {
                files.insert(module_of(&source, &path), parse(&std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    files
}

fn module_of(source: &Path, path: &Path) -> Module {
    let inside = path.strip_prefix(source).unwrap().with_extension("");
    let parts = inside.iter().map(|part| part.to_string_lossy().into_owned());
    parts.filter(|part| !["lib", "main"].contains(&part.as_str())).collect()
}

fn parse(text: &str) -> File {
    let tree = SourceFile::parse(text, Edition::CURRENT).tree();
    let mut file = File::default();
    let is_test = |node: &SyntaxNode| {
        let item = node.ancestors().filter_map(ast::AnyHasAttrs::cast);
        item.flat_map(|item| item.attrs()).any(|attribute| attribute.syntax().text().to_string().contains("cfg(test)"))
    };
    for node in tree.syntax().descendants().filter(|node| !is_test(node)) {
        if let Some(import) = ast::Use::cast(node.clone()) {
            let Some(tree) = import.use_tree() else { continue };
            for (path, name) in leaves(&tree, &Vec::new()) {
                // To export something is not to use it.
                if import.visibility().is_some() {
                    file.exports.insert(name, path);
                } else {
                    file.uses.push(path);
                }
            }
        } else if let Some(path) = ast::Path::cast(node.clone()) {
            let is_whole = path.parent_path().is_none() && !node.ancestors().any(|node| ast::Use::can_cast(node.kind()));
            if is_whole && path.qualifier().is_some() {
                file.uses.push(segments(&path));
            }
        } else if node.parent().is_some_and(|parent| ast::SourceFile::can_cast(parent.kind())) {
            file.defines |= ast::Item::cast(node).is_some_and(|item| !matches!(item, ast::Item::Module(_) | ast::Item::Use(_)));
        }
    }
    file
}

/// The paths that a tree of imports has, each with the name that it is given.
fn leaves(tree: &ast::UseTree, before: &Module) -> Vec<(Module, String)> {
    let mut path = before.clone();
    path.extend(tree.path().iter().flat_map(segments));
    if let Some(list) = tree.use_tree_list() {
        return list.use_trees().flat_map(|tree| leaves(&tree, &path)).collect();
    }
    if path.last().is_some_and(|last| last == "self") && path.len() > 1 {
        path.pop();
    }
    let renamed = tree.rename().and_then(|rename| rename.name()).map(|name| name.text().to_string());
    let name = renamed.or_else(|| path.last().cloned()).unwrap_or_default();
    vec![(path, name)]
}

fn segments(path: &ast::Path) -> Module {
    path.segments().filter_map(|segment| Some(segment.name_ref()?.text().to_string())).collect()
}

/// Which file a path leads to, as seen from `from`. Nothing if it leads out of the crate.
fn target(files: &BTreeMap<Module, File>, from: &Module, path: &[String], depth: usize) -> Option<Module> {
    let (first, mut rest) = path.split_first()?;
    let mut at = match first.as_str() {
        "crate" => Module::new(),
        "self" => from.clone(),
        "super" => from.split_last()?.1.to_vec(),
        name if files.contains_key(&[&from[..], &[name.to_owned()]].concat()) || files[from].exports.contains_key(name) => {
            rest = path;
            from.clone()
        }
        _ => return None,
    };
    while let Some((name, after)) = rest.split_first() {
        if name == "super" {
            at.pop();
        } else if files.contains_key(&[&at[..], std::slice::from_ref(name)].concat()) {
            at.push(name.clone());
        } else {
            let exported = files.get(&at)?.exports.get(name).filter(|_| depth < 9);
            return exported.and_then(|path| target(files, &at, path, depth + 1)).or(Some(at));
        }
        rest = after;
    }
    Some(at)
}

fn arrows(files: &BTreeMap<Module, File>) -> Arrows {
    let of = |(from, file): (&Module, &File)| {
        let targets = file.uses.iter().filter_map(|path| target(files, from, path, 0));
        let others = targets.filter(|to| to != from && files.contains_key(to));
        // A door does not use the rooms behind it, and to be behind a door is not to use it.
        let others = others.filter(|to| file.defines || !to.starts_with(from));
        let others = others.filter(|to| files[to].defines || !from.starts_with(to));
        (from.clone(), others.collect())
    };
    files.iter().map(of).collect()
}

/// Files that use each other, directly or by way of others.
fn circles(arrows: &Arrows) -> BTreeSet<BTreeSet<&Module>> {
    let reached = |from: &Module| {
        let (mut seen, mut ahead) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(module) = ahead.pop() {
            ahead.extend(arrows[&module].iter().filter(|to| seen.insert((*to).clone())).cloned());
        }
        seen
    };
    let reached: BTreeMap<&Module, BTreeSet<Module>> = arrows.keys().map(|module| (module, reached(module))).collect();
    let circle = |module: &Module| -> BTreeSet<&Module> {
        arrows.keys().filter(|other| reached[module].contains(*other) && reached[*other].contains(module)).collect()
    };
    arrows.keys().map(circle).filter(|circle| circle.len() > 1).collect()
}
