//! How evcxr calls cells, where that shows: leaving a cell early, what a cell that fails leaves behind.
//!
//! The functions read cells and say no; they write nothing.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

use super::cell::Cell;
use super::commands::Settings;
use super::declined::Declined;
use super::kind::Kind;

/// Declines what one program would do in another way. `settings` are those that each cell is under.
pub(crate) fn check<'a>(cells: &[Cell], settings: impl Iterator<Item = &'a Settings>) -> Result<(), Declined> {
    let mut questions = false;
    let mut formats = BTreeSet::new();
    for (cell, settings) in cells.iter().zip(settings) {
        questions |= cell.questions;
        if cell.questions {
            formats.insert(&settings.error_format);
        }
        if formats.len() > 1 {
            return Err(Declined::cell(cell.number, "shows errors in another format than cells before it"));
        }
        if !cell.returns.is_empty() && (cell.variables().next().is_some() || questions) {
            return Err(Declined::cell(cell.number, "returns early, and evcxr loses its variables"));
        }
    }
    check_given_back(cells)?;
    check_hidden_types(cells)
}

/// evcxr may lose a variable that a cell moves into a block of its own and then gives another value.
fn check_given_back(cells: &[Cell]) -> Result<(), Declined> {
    let mut bound: BTreeSet<&str> = BTreeSet::new();
    for cell in cells {
        let given = cell.parts.iter().filter(|part| !part.is_item()).flat_map(|part| &part.assigned);
        let captured = |name: &str| cell.parts.iter().any(|part| part.captured.iter().any(|captured| captured == name));
        if let Some(name) = given.into_iter().find(|name| bound.contains(name.as_str()) && captured(name)) {
            let why = format!("may move `{name}` into a block before it gives it another value, which evcxr may lose");
            return Err(Declined::cell(cell.number, why));
        }
        bound.extend(cell.variables().map(|variable| variable.name.as_str()));
    }
    Ok(())
}

/// What a function returns as `impl …` has a type without a name, and evcxr keeps only what it can name.
fn check_hidden_types(cells: &[Cell]) -> Result<(), Declined> {
    static HIDING: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"fn\s+(\w+)[^{;]*->\s*impl\b").expect("the pattern is a constant"));
    let items = cells.iter().flat_map(|cell| {
        let items = cell.parts.iter().filter(|part| matches!(part.kind, Kind::Item { .. }));
        items.map(|part| &cell.source[part.range.clone()])
    });
    let hiding: BTreeSet<&str> =
        items.flat_map(|item| HIDING.captures_iter(item)).filter_map(|captures| Some(captures.get(1)?.as_str())).collect();
    for cell in cells {
        let bindings = cell.parts.iter().filter(|part| matches!(part.kind, Kind::Let { .. }));
        if let Some(name) = bindings.flat_map(|part| &part.mentions).find(|name| hiding.contains(name.as_str())) {
            return Err(Declined::cell(cell.number, format!("may keep what `{name}` returns, whose type has no name")));
        }
    }
    Ok(())
}

/// Declines a cell that fails while it runs and binds a name again: evcxr then has neither the new value nor the old one.
pub(crate) fn check_lost<'a>(running: impl Iterator<Item = &'a Cell>) -> Result<(), Declined> {
    let mut bound: BTreeSet<&str> = BTreeSet::new();
    for cell in running {
        let names = || cell.variables().map(|variable| variable.name.as_str());
        if !cell.must_raise {
            bound.extend(names());
        } else if let Some(name) = names().find(|name| bound.contains(name)) {
            return Err(Declined::cell(cell.number, format!("fails and binds `{name}` again, which evcxr then has lost")));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::CodeCell;

    fn cells(sources: &[(&str, &[&str])]) -> Vec<Cell> {
        let numbered = sources.iter().enumerate().map(|(index, (source, tags))| CodeCell {
            number: index + 1,
            id: format!("c{index}"),
            source: (*source).into(),
            tags: tags.iter().map(|tag| (*tag).to_owned()).collect(),
            ..CodeCell::default()
        });
        numbered.map(|cell| Cell::read(&cell).unwrap()).collect()
    }

    fn reason(sources: &[&str]) -> Option<String> {
        let sources: Vec<(&str, &[&str])> = sources.iter().map(|source| (*source, &[] as &[&str])).collect();
        let settings = Settings::new("0");
        check(&cells(&sources), std::iter::repeat(&settings)).err().map(|declined| declined.to_string())
    }

    #[test]
    fn leaving_a_cell_early_is_fine_where_nothing_is_lost() {
        assert_eq!(reason(&["if x { return; }"]), None);
        assert!(reason(&["let y = 1; if x { return; }"]).unwrap().contains("cell 1 returns early"));
        assert!(reason(&["f()?;", "return;"]).unwrap().contains("cell 2 returns early"));
    }

    #[test]
    fn what_is_moved_into_a_block_and_given_back_is_evcxrs() {
        assert_eq!(reason(&["let mut a = f();", "drop(a); a = g().await;"]), None);
        assert!(reason(&["let mut a = f();", "a = async { g(a) }.await;"]).unwrap().contains("cell 2 may move `a`"));
    }

    #[test]
    fn a_type_without_a_name_cannot_be_kept() {
        let hiding = "impl A { fn all(&self) -> impl Iterator<Item = u8> { 0..3 } }";
        assert_eq!(reason(&[hiding, "a.all().count()"]), None);
        assert!(reason(&[hiding, "let it = a.all();"]).unwrap().contains("cell 2 may keep what `all` returns"));
    }

    #[test]
    fn a_failed_cell_takes_an_old_value_with_it() {
        let lost = |second: &[&str]| check_lost(cells(&[("let a = 1;", &[]), ("let a = f()?;", second)]).iter());
        assert!(lost(&["raises-exception"]).is_err());
        assert_eq!(lost(&[]), Ok(()));
    }
}
