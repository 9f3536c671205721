//! The names that a cell's module and block are given, beside those that they have from the cells around them.
//!
//! It writes imports, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use super::cell::{Cell, Kind, Part, Sort};
use super::places::Text;
use super::program::push_code;

/// A name that an earlier cell has brought.
pub(crate) struct Before<'a> {
    pub(crate) name: &'a str,
    pub(crate) cell: usize,
    /// Whether a variable of this name hides it in blocks.
    pub(crate) hidden: bool,
}

/// What earlier cells have brought by name, for a cell with an import of everything: in evcxr names win over what such an import brings.
pub(crate) fn known_before<'a>(cells: &[&'a Cell], cell: &Cell) -> Vec<Before<'a>> {
    let text = |part: &Part| cell.source[part.range.clone()].contains('*');
    if !cell.parts.iter().any(|part| matches!(part.kind, Kind::Use { .. }) && text(part)) {
        return Vec::new();
    }
    let mut known: BTreeMap<&str, usize> = BTreeMap::new();
    let mut variables: BTreeSet<&str> = BTreeSet::new();
    for earlier in cells.iter().take_while(|earlier| earlier.number < cell.number) {
        for part in &earlier.parts {
            match &part.kind {
                Kind::Item { sort: Sort::Macro, .. } | Kind::Item { conditional: true, .. } => {}
                Kind::Item { name: Some(name), .. } => drop(known.insert(name, earlier.number)),
                Kind::Use { names } => known.extend(names.iter().map(|name| (name.as_str(), earlier.number))),
                _ => {}
            }
        }
        variables.extend(earlier.variables().map(|(name, _)| name.as_str()));
    }
    let own: BTreeSet<&str> = cell.parts.iter().flat_map(own_names).collect();
    let known = known.into_iter().filter(|(name, _)| !own.contains(name));
    known.map(|(name, cell)| Before { name, cell, hidden: variables.contains(name) }).collect()
}

/// The names that an item or an import brings.
fn own_names(part: &Part) -> Vec<&str> {
    match &part.kind {
        Kind::Item { name, .. } => name.iter().map(String::as_str).collect(),
        Kind::Use { names } => names.iter().map(String::as_str).collect(),
        _ => Vec::new(),
    }
}

/// Brings what a cell's items and imports are called into its block, but for what one of the earlier cells' `variables` hides there, as in evcxr.
/// Macros are written again: they are known by order, not by path.
pub(crate) fn write_names(text: &mut Text, cell: &Cell, path: &str, variables: &BTreeSet<&str>) {
    let mut own: Vec<&str> = Vec::new();
    for part in &cell.parts {
        match &part.kind {
            Kind::Use { .. } | Kind::Item { sort: Sort::Macro, .. } => {
                push_code(text, cell, part.range.clone(), path);
                text.push("\n");
            }
            // Whether it is there only rustc knows.
            Kind::Item { name: Some(name), conditional: true, .. } => {
                if !own.contains(&"*") {
                    own.push("*");
                }
                own.retain(|known| known != name);
            }
            Kind::Item { name: Some(name), sort, .. } if sort.is_value() && variables.contains(name.as_str()) => {}
            Kind::Item { name: Some(name), .. } if !own.contains(&name.as_str()) => own.push(name),
            _ => {}
        }
    }
    for name in own {
        text.push(&format!("use {path}::{name};\n"));
    }
}
