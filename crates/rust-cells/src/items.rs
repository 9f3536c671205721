//! The items that cells have defined so far, and which of them a cell needs.
//!
//! The main type is [`Items`]. It knows names and mentions. It does not know variables, or how a crate is
//! written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use crate::cell::{Cell, Item, Namespace};
use crate::digest::digest;

/// An item with the text that it was written in.
#[derive(Clone, Debug)]
pub(crate) struct Defined {
    pub(crate) item: Item,
    /// The whole cell.
    pub(crate) source: Arc<str>,
    /// The item's place in it.
    pub(crate) range: Range<usize>,
    pub(crate) mentions: BTreeSet<String>,
    /// The label of its cell.
    pub(crate) label: Arc<str>,
    /// Part of the symbols of its statics. Defining the same text twice makes two keys.
    pub(crate) key: String,
    /// Imports that have lost their name to a later item, as indexes into [`Item::imports`].
    pub(crate) unnamed: BTreeSet<usize>,
    /// The library that contains its statics, once it is compiled.
    pub(crate) library: Option<PathBuf>,
}

/// The position of an item among all that were ever defined.
pub(crate) type ItemNumber = usize;

/// The items that are in force. Cheap to clone: the items are shared.
#[derive(Clone, Debug, Default)]
pub(crate) struct Items {
    all: BTreeMap<ItemNumber, Arc<Defined>>,
    next: ItemNumber,
    /// By name: the items that a mention of it pulls in.
    brought_by: HashMap<String, Vec<ItemNumber>>,
    /// How often each text was defined.
    brought: HashMap<String, u32>,
}

/// What a cell's items have changed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Change {
    /// The cell's own items.
    pub(crate) added: Vec<ItemNumber>,
    /// Names that referred to another item before.
    pub(crate) anew: BTreeSet<(Namespace, String)>,
    /// Names that referred to another import before.
    pub(crate) imported: BTreeSet<String>,
}

impl Change {
    /// All names that mean something else now.
    pub(crate) fn renamed(&self) -> BTreeSet<String> {
        self.anew.iter().map(|(_, name)| name).chain(&self.imported).cloned().collect()
    }
}

impl Items {
    /// Adds the items of a cell. They replace earlier ones of the same names.
    pub(crate) fn define(&mut self, cell: &Cell, label: &Arc<str>) -> Change {
        let source: Arc<str> = cell.source.as_str().into();
        let mut change = Change::default();
        for (part, item) in cell.items() {
            let text = &source[part.range.clone()];
            self.give_way(item, text, &mut change);
            let digest = digest(text.as_bytes());
            let times = self.brought.entry(digest.clone()).or_default();
            *times += 1;
            let defined = Defined {
                item: item.clone(),
                source: source.clone(),
                range: part.range.clone(),
                mentions: part.mentions.clone(),
                label: label.clone(),
                key: format!("{}_{times}", &digest[..12]),
                unnamed: BTreeSet::new(),
                library: None,
            };
            change.added.push(self.add(defined));
        }
        change
    }

    fn add(&mut self, defined: Defined) -> ItemNumber {
        let number = self.next;
        self.next += 1;
        let names = defined.item.defines.iter().map(|(_, name)| name).chain(&defined.item.brought_by);
        for name in names.chain(defined.item.is_for.iter().flatten()) {
            self.brought_by.entry(name.clone()).or_default().push(number);
        }
        self.all.insert(number, Arc::new(defined));
        number
    }

    /// Removes what a new item replaces.
    fn give_way(&mut self, new: &Item, text: &str, change: &mut Change) {
        if !new.imports.is_empty() {
            let names: BTreeSet<&String> = new.imports.iter().filter_map(|import| import.name.as_ref()).collect();
            for number in self.numbers_of(names.iter().map(|name| name.as_str())) {
                let old: Vec<String> = self.all[&number].item.imports.iter().map(|import| import.path.clone()).collect();
                let is_the_same = new.imports.iter().all(|import| old.contains(&import.path));
                let lost = self.unname(number, |name| names.contains(name));
                if !is_the_same {
                    change.imported.extend(lost);
                }
            }
            return;
        }
        if let Some(is_for) = &new.is_for {
            let header = header(text);
            let same: Vec<ItemNumber> = self
                .numbers_of(is_for.iter().map(String::as_str))
                .into_iter()
                .filter(|number| {
                    let old = &self.all[number];
                    let old_text = &old.source[old.range.clone()];
                    let is_of_trait = header.contains(" for ");
                    old.item.is_for.is_some() && (old_text == text || is_of_trait && self::header(old_text) == header)
                })
                .collect();
            same.into_iter().for_each(|number| drop(self.all.remove(&number)));
            return;
        }
        for (space, name) in &new.defines {
            let old: Vec<ItemNumber> = self.numbers_of([name.as_str()].into_iter());
            for number in old {
                let defines = |item: &Item| item.imports.is_empty() && item.defines.contains(&(*space, name.clone()));
                if self.all.get(&number).is_some_and(|old| defines(&old.item)) {
                    self.all.remove(&number);
                    change.anew.insert((*space, name.clone()));
                }
            }
        }
    }

    fn numbers_of<'a>(&self, names: impl Iterator<Item = &'a str>) -> Vec<ItemNumber> {
        let numbers = names.filter_map(|name| self.brought_by.get(name)).flatten();
        let numbers: BTreeSet<ItemNumber> = numbers.copied().filter(|number| self.all.contains_key(number)).collect();
        numbers.into_iter().collect()
    }

    /// Removes the names of some imports of an item. The imports stay in scope, as traits must. Returns the
    /// names.
    fn unname(&mut self, number: ItemNumber, is_lost: impl Fn(&String) -> bool) -> Vec<String> {
        let Some(defined) = self.all.get_mut(&number) else { return Vec::new() };
        let imports = &defined.item.imports;
        let lost: Vec<(usize, String)> = imports
            .iter()
            .enumerate()
            .filter_map(|(index, import)| Some((index, import.name.clone().filter(&is_lost)?)))
            .filter(|(index, _)| !defined.unnamed.contains(index))
            .collect();
        if !lost.is_empty() {
            Arc::make_mut(defined).unnamed.extend(lost.iter().map(|(index, _)| *index));
        }
        lost.into_iter().map(|(_, name)| name).collect()
    }

    /// Removes what an earlier item defines, because rustc reports that a later one collides with it.
    /// Returns whether there was anything to remove.
    pub(crate) fn give_up(&mut self, number: ItemNumber, name: &str) -> bool {
        let Some(defined) = self.all.get(&number) else { return false };
        if defined.item.imports.is_empty() {
            return self.all.remove(&number).is_some();
        }
        !self.unname(number, |import| import == name).is_empty()
    }

    /// The items that code with these mentions needs, and those that they need, in the order of definition.
    pub(crate) fn needed<'a: 'm, 'm>(
        &'a self,
        mentions: &'m BTreeSet<String>,
        also: &[ItemNumber],
    ) -> Vec<(ItemNumber, &'a Arc<Defined>)> {
        let mut needed: BTreeSet<ItemNumber> = BTreeSet::new();
        let mut seen: BTreeSet<&'m str> = BTreeSet::new();
        let mut ahead: Vec<&'m str> = mentions.iter().map(String::as_str).collect();
        let always = self.all.iter().filter(|(_, defined)| defined.item.always).map(|(number, _)| *number);
        let take = |number: ItemNumber, needed: &mut BTreeSet<ItemNumber>, ahead: &mut Vec<&'m str>| {
            let Some(defined) = self.all.get(&number) else { return };
            if needed.insert(number) {
                let names = defined.mentions.iter().chain(defined.item.defines.iter().map(|(_, name)| name));
                ahead.extend(names.map(String::as_str));
            }
        };
        for number in always.chain(also.iter().copied()).collect::<Vec<_>>() {
            take(number, &mut needed, &mut ahead);
        }
        while let Some(name) = ahead.pop() {
            if !seen.insert(name) {
                continue;
            }
            for number in self.brought_by.get(name).into_iter().flatten() {
                if self.all.get(number).is_some_and(|defined| self.comes_along(&defined.item, &seen)) {
                    take(*number, &mut needed, &mut ahead);
                }
            }
        }
        needed.into_iter().filter_map(|number| Some((number, self.all.get(&number)?))).collect()
    }

    /// Whether a mention pulls an item in. An implementation also needs everything that it is for.
    fn comes_along(&self, item: &Item, seen: &BTreeSet<&str>) -> bool {
        let Some(is_for) = &item.is_for else { return true };
        is_for.iter().all(|name| seen.contains(name.as_str()) || !self.is_own(name))
    }

    /// Whether a name is that of a type, trait or module of the cells.
    fn is_own(&self, name: &str) -> bool {
        let of_name = self.brought_by.get(name).into_iter().flatten().filter_map(|number| self.all.get(number));
        of_name
            .into_iter()
            .any(|defined| defined.item.imports.is_empty() && defined.item.defines.iter().any(|(_, defined)| defined == name))
    }

    /// Items that mention one of these names, to be checked with its new meaning.
    pub(crate) fn that_mention(&self, names: &BTreeSet<String>) -> Vec<ItemNumber> {
        let mentions = |defined: &Defined| names.iter().any(|name| defined.mentions.contains(name));
        self.all.iter().filter(|(_, defined)| mentions(defined)).map(|(number, _)| *number).collect()
    }

    /// All names that a type made of these names depends on.
    pub(crate) fn rests_on(&self, names: &BTreeSet<String>) -> BTreeSet<String> {
        let needed = self.needed(names, &[]);
        let of_items =
            needed.iter().filter(|(_, defined)| !defined.item.always).flat_map(|(_, defined)| defined.mentions.iter().cloned());
        of_items.chain(names.iter().cloned()).collect()
    }

    /// Records the library that contains these items' statics.
    pub(crate) fn compiled(&mut self, numbers: &[ItemNumber], library: &std::path::Path) {
        for number in numbers {
            if let Some(defined) = self.all.get_mut(number)
                && !(defined.item.statics.is_empty() && defined.item.thread_locals.is_empty())
            {
                Arc::make_mut(defined).library = Some(library.to_owned());
            }
        }
    }

    /// The names of the types that implement a trait of the notebook.
    pub(crate) fn implementing(&self, of: &str) -> BTreeSet<String> {
        let implementations =
            self.all.values().filter_map(|defined| defined.item.is_for.as_ref()).filter(|is_for| is_for.contains(of));
        implementations.flatten().filter(|name| *name != of).cloned().collect()
    }

    /// Whether a cell has defined something of this name.
    pub(crate) fn has(&self, name: &str) -> bool {
        !self.numbers_of([name].into_iter()).is_empty()
    }

    /// The names of modules, types and the like at the notebook's root.
    pub(crate) fn is_root_name(&self, name: &str) -> bool {
        self.is_own(name)
    }

    /// An item by its number.
    pub(crate) fn get(&self, number: ItemNumber) -> Option<&Arc<Defined>> {
        self.all.get(&number)
    }

    /// All items in force, in the order of definition.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Defined>> {
        self.all.values()
    }
}

/// The head of an implementation: its text up to the brace.
fn header(text: &str) -> String {
    text.split('{').next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn items(cells: &[&str]) -> Items {
        let mut items = Items::default();
        for (index, source) in cells.iter().enumerate() {
            items.define(&Cell::parse(source), &format!("cell {}", index + 1).into());
        }
        items
    }

    fn needed(items: &Items, mentions: &str) -> Vec<String> {
        let mentions = mentions.split(' ').map(str::to_owned).collect();
        items.needed(&mentions, &[]).into_iter().map(|(_, defined)| defined.source[defined.range.clone()].to_owned()).collect()
    }

    #[test]
    fn what_is_mentioned_comes_with_what_it_needs() {
        let items = items(&[
            "fn a() -> B { c() }\nstruct B;",
            "fn c() -> B { B }\nimpl B { fn m(&self) {} }",
            "fn other() {}",
            "use std::fmt;",
        ]);
        assert_eq!(needed(&items, "a").len(), 5);
        assert_eq!(needed(&items, "other"), ["fn other() {}", "use std::fmt;"]);
        assert_eq!(needed(&items, "x"), ["use std::fmt;"]);
    }

    #[test]
    fn an_implementation_comes_with_all_that_it_is_for() {
        let items = items(&[
            "trait T { fn go(&self); }\nstruct A;\nstruct B;\nimpl T for A { fn go(&self) {} }\nimpl T for u8 { fn go(&self) {} }",
        ]);
        assert_eq!(needed(&items, "B"), ["struct B;"]);
        let with_method: Vec<String> = needed(&items, "go");
        assert_eq!(with_method.len(), 2, "the trait, and its implementation for what is not the cells' own: {with_method:?}");
        assert_eq!(needed(&items, "A go").len(), 4);
    }

    #[test]
    fn later_items_win() {
        let items = items(&["fn a() -> u8 { 1 }", "fn a() -> u8 { 2 }", "impl X for Y { }", "impl X for Y { fn z() {} }"]);
        assert_eq!(needed(&items, "a"), ["fn a() -> u8 { 2 }"]);
        assert_eq!(items.iter().count(), 2);
    }

    #[test]
    fn an_import_gives_its_name_to_a_later_one_and_stays() {
        let items = items(&["use std::fmt::Write;", "use std::io::Write;"]);
        let first = items.iter().next().unwrap();
        assert_eq!(first.unnamed.len(), 1);
        assert_eq!(items.iter().count(), 2);
    }
}
