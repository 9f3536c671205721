//! The names that a cell's module and block are given: of all that earlier cells have brought, those that the cell mentions.
//!
//! rustc would take its time over modules that import everything from one another: the program of a notebook with hundreds of cells must stay as
//! long as the notebook is. The main type is [`Scope`]. It writes imports, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::cell::{Cell, Part};
use super::kind::{Kind, Sort};
use super::places::Text;
use super::program::push_code;

/// What the cells so far have brought.
#[derive(Default)]
pub(crate) struct Scope<'a> {
    /// Names of items and imports, and the cell that brought them last.
    homes: BTreeMap<&'a str, usize>,
    /// What macros of the notebook's mention.
    macros: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Traits of the notebook's, by the names of their members: methods are called without a mention of the trait.
    traits: BTreeMap<&'a str, BTreeSet<&'a str>>,
    /// Imported names that may be those of traits.
    maybe_traits: BTreeSet<&'a str>,
    /// Cells that bring what only rustc can name, and the text that does.
    open: Vec<(usize, String)>,
    /// Variables: in blocks, they hide what has the same name.
    variables: BTreeSet<&'a str>,
}

/// The path of a cell's module.
pub(crate) fn module_path(cell: usize) -> String {
    format!("crate::__cell{cell}")
}

impl<'a> Scope<'a> {
    /// Takes in what a cell brings.
    pub(crate) fn add(&mut self, cell: &'a Cell) {
        let mut open = String::new();
        for part in &cell.parts {
            let text = &cell.source[part.range.clone()];
            match &part.kind {
                Kind::Item { name: Some(name), sort: Sort::Macro, .. } => {
                    drop(self.macros.insert(name, mentioned(part).collect()))
                }
                Kind::Item { conditional: true, .. } => open.push_str(text),
                Kind::Item { name: Some(name), members, .. } => {
                    self.homes.insert(name, cell.number);
                    self.maybe_traits.remove(name.as_str());
                    for member in members {
                        self.traits.entry(member).or_default().insert(name);
                    }
                }
                Kind::Use { names, open: more, .. } => {
                    self.homes.extend(names.iter().map(|name| (name.as_str(), cell.number)));
                    let named_like_types = names.iter().filter(|name| name.starts_with(char::is_uppercase));
                    self.maybe_traits.extend(named_like_types.map(String::as_str));
                    if *more {
                        open.push_str(text);
                    }
                }
                _ => {}
            }
        }
        if !open.is_empty() {
            // The same once more replaces what it was.
            self.open.retain(|(_, known)| *known != open);
            self.open.push((cell.number, open));
        }
        if !cell.must_raise {
            self.variables.extend(cell.variables().map(|variable| variable.name.as_str()));
        }
    }

    /// Whether one of the cells so far has bound a variable of this name.
    pub(crate) fn is_variable(&self, name: &str) -> bool {
        self.variables.contains(name)
    }

    /// Brings what earlier cells have brought into a cell's module: what it mentions, what may be a trait whose methods it calls; if `all`,
    /// everything.
    pub(crate) fn write_module(&self, text: &mut Text, cell: &'a Cell, all: bool) {
        let whole = !cell.paths.is_empty();
        let parts = cell.parts.iter().filter(|part| whole || part.is_item());
        let mentioned = self.mentioned(parts);
        let own = own_names(cell);
        let members = mentioned.iter().filter_map(|name| self.traits.get(name)).flatten();
        let traits: BTreeSet<&str> = members.chain(&self.maybe_traits).copied().collect();
        for (name, home) in self.known(&mentioned, all).filter(|(name, _)| !own.contains(name)) {
            text.push(&format!("use {}::{name};\n", module_path(home)));
        }
        for name in traits.into_iter().filter(|name| !all && !mentioned.contains(name) && !own.contains(name)) {
            if let Some(home) = self.homes.get(name) {
                text.push(&format!("use {}::{name} as _;\n", module_path(*home)));
            }
        }
        for (home, _) in &self.open {
            text.push(&format!("use {}::__open::*;\n", module_path(*home)));
        }
        self.write_open(text, cell, &own);
    }

    /// Writes what the cell's module brings without a name once more, into a module that later cells import: they need nothing else of it, and
    /// would otherwise have it on as many ways as there are cells between.
    fn write_open(&self, text: &mut Text, cell: &Cell, own: &BTreeSet<&str>) {
        let mut begun = false;
        let mut begin = |text: &mut Text| {
            if !std::mem::replace(&mut begun, true) {
                text.push("pub(crate) mod __open {\n");
            }
        };
        // What the imports' paths begin with, among other names, but for what they bring themselves.
        let (mut roots, mut brought): (BTreeSet<&str>, BTreeSet<&str>) = Default::default();
        for part in &cell.parts {
            match &part.kind {
                Kind::Item { conditional: true, .. } => {
                    begin(text);
                    text.push("pub(super) use super::*;\n");
                }
                Kind::Use { from, open: true, names } => {
                    begin(text);
                    brought.extend(names.iter().map(String::as_str));
                    let known = |name: &&str| own.contains(name) || self.homes.contains_key(name);
                    roots.extend(part.mentions.iter().map(String::as_str).filter(known));
                    text.push("pub(super) ");
                    push_code(text, cell, *from..part.range.end, &module_path(cell.number));
                    text.push("\n");
                }
                _ => {}
            }
        }
        for name in roots.difference(&brought) {
            text.push(&format!("pub(super) use super::{name};\n"));
        }
        if begun {
            text.push("}\n");
        }
    }

    /// Brings into a cell's block what its items and imports are called, but for what one of the earlier cells' variables hides there, as in
    /// evcxr. Macros are written again: they are known by order, not by path. All else is known from the blocks around it, and only where
    /// imports bring what has no names here the cell's own mentions win over that, as names do in evcxr.
    pub(crate) fn write_block(&self, text: &mut Text, cell: &'a Cell, path: &str, all: bool) {
        let mut names: Vec<&str> = Vec::new();
        let mut conditional: BTreeSet<&str> = BTreeSet::new();
        for part in &cell.parts {
            match &part.kind {
                Kind::Use { .. } | Kind::Item { sort: Sort::Macro, .. } => {
                    push_code(text, cell, part.range.clone(), path);
                    text.push("\n");
                }
                // Whether it is there only rustc knows.
                Kind::Item { name: Some(name), conditional: true, .. } => drop(conditional.insert(name)),
                Kind::Item { name: Some(name), sort, .. } if sort.is_value() && self.is_variable(name) => {}
                Kind::Item { name: Some(name), .. } if !names.contains(&name.as_str()) => names.push(name),
                _ => {}
            }
        }
        if !conditional.is_empty() {
            text.push(&format!("use {path}::*;\n"));
        }
        for name in names.iter().filter(|name| !conditional.contains(*name)) {
            text.push(&format!("use {path}::{name};\n"));
        }
        let opens = |part: &Part| matches!(part.kind, Kind::Use { open: true, .. });
        if self.open.is_empty() && conditional.is_empty() && !cell.parts.iter().any(opens) {
            return;
        }
        let (mentioned, own) = (self.mentioned(cell.parts.iter()), own_names(cell));
        for (name, home) in self.known(&mentioned, all) {
            if !own.contains(name) && !self.is_variable(name) {
                text.push(&format!("use {}::{name};\n", module_path(home)));
            }
        }
    }

    /// The names among `mentioned` that earlier cells have brought, or all they have, and the cells that have.
    fn known<'s>(&'s self, mentioned: &'s BTreeSet<&'a str>, all: bool) -> Box<dyn Iterator<Item = (&'a str, usize)> + 's> {
        match all {
            true => Box::new(self.homes.iter().map(|(name, home)| (*name, *home))),
            false => Box::new(mentioned.iter().filter_map(|name| Some((*name, *self.homes.get(name)?)))),
        }
    }

    /// What these parts mention, by themselves or through macros.
    fn mentioned(&self, parts: impl Iterator<Item = &'a Part>) -> BTreeSet<&'a str> {
        let mut names: BTreeSet<&str> = parts.flat_map(mentioned).collect();
        let mut ahead: Vec<&str> = names.iter().copied().filter(|name| self.macros.contains_key(name)).collect();
        while let Some(name) = ahead.pop() {
            for inner in &self.macros[name] {
                if names.insert(inner) && self.macros.contains_key(inner) {
                    ahead.push(inner);
                }
            }
        }
        names
    }
}

fn mentioned(part: &Part) -> impl Iterator<Item = &str> {
    part.mentions.iter().chain(&part.words).map(String::as_str)
}

/// The names that a cell's items and imports bring.
fn own_names(cell: &Cell) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for part in &cell.parts {
        match &part.kind {
            Kind::Item { name, .. } => names.extend(name.as_deref()),
            Kind::Use { names: imported, .. } => names.extend(imported.iter().map(String::as_str)),
            _ => {}
        }
    }
    names
}
