//! Which variables a cell hands on, where cells are blocks that run one after the other rather than one inside the other.
//!
//! A cell that runs on the asynchronous runtime is such a block. The functions read cells and write nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::cell::{Cell, Part};
use super::kind::Kind;

/// A variable that a cell hands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Carried<'a> {
    pub(crate) name: &'a str,
    /// Whether it is `mut`.
    pub(crate) changes: bool,
}

/// What each of the cells hands on, by their numbers: of the variables that it brings or gives another value, those that later cells mention.
pub(crate) fn carried<'a>(cells: &[&'a Cell]) -> BTreeMap<usize, Vec<Carried<'a>>> {
    let mut before: BTreeSet<&str> = BTreeSet::new();
    let mut given: BTreeMap<usize, Vec<Carried<'a>>> = BTreeMap::new();
    for cell in cells {
        let mut own: Vec<Carried<'a>> = Vec::new();
        for part in &cell.parts {
            if let Kind::Let { variables, .. } = &part.kind {
                for variable in variables {
                    own.retain(|known| known.name != variable.name);
                    own.push(Carried { name: &variable.name, changes: variable.changes });
                }
            }
            // It was `mut`, or else it could not be given another value. The cell may have moved the old one.
            for name in part.assigned.iter().filter(|name| before.contains(name.as_str())) {
                if !own.iter().any(|known| known.name == name) {
                    own.push(Carried { name, changes: true });
                }
            }
        }
        if !cell.must_raise {
            before.extend(own.iter().map(|variable| variable.name));
        }
        given.insert(cell.number, own);
    }
    let mut needed: BTreeSet<&str> = BTreeSet::new();
    for cell in cells.iter().rev() {
        given.entry(cell.number).or_default().retain(|variable| needed.contains(variable.name));
        for part in cell.parts.iter().rev() {
            need(part, &mut needed);
        }
    }
    given
}

/// From what is needed after a piece of code to what is needed before it.
fn need<'a>(part: &'a Part, needed: &mut BTreeSet<&'a str>) {
    let bound: Vec<&str> = match &part.kind {
        Kind::Let { variables, .. } => variables.iter().map(|variable| variable.name.as_str()).collect(),
        _ => Vec::new(),
    };
    for name in &bound {
        needed.remove(name);
    }
    let mut own = bound.clone();
    for name in &part.mentions {
        // Where it is bound it is named once, too.
        match own.iter().position(|known| known == name) {
            Some(at) => drop(own.swap_remove(at)),
            None => drop(needed.insert(name)),
        }
    }
    needed.extend(part.words.iter().map(String::as_str));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::CodeCell;

    fn handed_on(sources: &[&str]) -> Vec<String> {
        let cells: Vec<Cell> = sources
            .iter()
            .enumerate()
            .map(|(index, source)| {
                let (number, id, source) = (index + 1, format!("c{index}"), (*source).into());
                Cell::read(&CodeCell { number, id, source, ..CodeCell::default() }).unwrap()
            })
            .collect();
        let cells: Vec<&Cell> = cells.iter().collect();
        let names = carried(&cells).into_values().map(|variables| {
            let names = variables
                .iter()
                .map(|variable| if variable.changes { format!("mut {}", variable.name) } else { variable.name.into() });
            names.collect::<Vec<_>>().join(" ")
        });
        names.collect()
    }

    #[test]
    fn what_later_cells_mention_goes_on() {
        assert_eq!(handed_on(&["let a = 1; let mut b = 2; let c = 3;", "a + b"]), ["a mut b", ""]);
        assert_eq!(handed_on(&["let a = 1; let a = 2;", "", "println!(\"{:a$}\", 1)"]), ["a", "", ""]);
    }

    #[test]
    fn what_is_bound_again_before_it_is_used_does_not() {
        assert_eq!(handed_on(&["let a = 1; let b = 1;", "let a = 2; let b = b;", "a"]), ["b", "a", ""]);
    }

    #[test]
    fn what_is_given_another_value_goes_on_from_there() {
        assert_eq!(handed_on(&["let mut a = s(); let i = 1;", "drop(a); a = t(); v[i] = 1;", "a; i"]), ["mut a i", "mut a", ""]);
    }
}
