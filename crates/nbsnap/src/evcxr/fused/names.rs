//! What names mean across cells, where one program could mean something else by them than evcxr does.
//!
//! The main function is [`check`]. It reads cells and says no; it writes nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::cell::{Cell, Part};
use super::declined::Declined;
use super::kind::{Kind, Sort, Variable};

/// Macros of the standard library's that neither define nor bind anything.
const HARMLESS: &[&str] = &[
    "assert",
    "assert_eq",
    "assert_ne",
    "dbg",
    "debug_assert",
    "debug_assert_eq",
    "debug_assert_ne",
    "eprint",
    "eprintln",
    "format",
    "matches",
    "panic",
    "print",
    "println",
    "todo",
    "unimplemented",
    "unreachable",
    "vec",
    "write",
    "writeln",
];

/// Whether calls of this macro can stand as they are.
pub(crate) fn is_harmless(name: &str) -> bool {
    HARMLESS.contains(&name)
}

/// A name that an item or an import has brought.
struct Known<'a> {
    cell: usize,
    part: &'a Part,
    text: &'a str,
}

/// Declines cells whose names would mean something else in one program.
pub(crate) fn check(cells: &[Cell]) -> Result<(), Declined> {
    let mut known: BTreeMap<&str, Known<'_>> = BTreeMap::new();
    let mut variables: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in cells {
        for part in &cell.parts {
            let (names, sort): (Vec<&str>, _) = match &part.kind {
                Kind::Item { name, sort, .. } => (name.iter().map(String::as_str).collect(), Some(*sort)),
                Kind::Use { names, .. } => (names.iter().map(String::as_str).collect(), None),
                Kind::Call { name } => {
                    check_call(cell, name, &known)?;
                    continue;
                }
                _ => continue,
            };
            // What depends on the configuration is brought by an import of everything, which would hide variables.
            if matches!(part.kind, Kind::Item { conditional: true, .. })
                && let Some(name) = known.keys().find(|name| variables.contains_key(*name))
            {
                let why = format!("has an item with `#[cfg]`, and `{name}` is the name of a variable and of an item");
                return Err(Declined::cell(cell.number, why));
            }
            let text = &cell.source[part.range.clone()];
            for name in names {
                // A variable hides an item in evcxr. Items are kept out of its way; of what else has the name only rustc knows whether it is in it.
                if let Some(first) = variables.get(name)
                    && !sort.is_some_and(|sort| sort.is_value() || matches!(sort, Sort::Macro | Sort::Module))
                {
                    return Err(Declined::cell(cell.number, format!("brings `{name}`, which is a variable of cell {first}")));
                }
                let before = known.insert(name, Known { cell: cell.number, part, text });
                if matches!(part.kind, Kind::Item { conditional: true, .. }) && before.is_some() {
                    return Err(Declined::cell(cell.number, format!("has `#[cfg]` on `{name}`, which there is already")));
                }
                if before.as_ref().is_some_and(|before| before.cell == cell.number) {
                    return Err(Declined::cell(cell.number, format!("brings `{name}` twice, of which evcxr takes the last")));
                }
                if let Some(before) =
                    before.filter(|before| before.cell != cell.number && (before.text != text || sort.is_some()))
                {
                    check_again(cells, cell, name, sort, &before, &variables)?;
                }
            }
        }
        for variable in cell.variables() {
            variables.insert(&variable.name, cell.number);
        }
    }
    check_statics(cells)?;
    check_drops(cells)
}

/// An item that is written anew: in evcxr all that uses it uses the new one, here what came before keeps the old one.
fn check_again(
    cells: &[Cell],
    cell: &Cell,
    name: &str,
    sort: Option<Sort>,
    before: &Known<'_>,
    variables: &BTreeMap<&str, usize>,
) -> Result<(), Declined> {
    for earlier in cells.iter().filter(|earlier| earlier.number < cell.number) {
        let mut attached = false;
        for part in &earlier.parts {
            // Earlier ones of that name are gone already.
            let own = std::ptr::eq(part, before.part) || matches!(&part.kind, Kind::Item { name: Some(own), .. } if own == name);
            let (item, implementation) = match &part.kind {
                Kind::Item { sort: Sort::Implementation, .. } => (true, true),
                Kind::Item { .. } => (true, false),
                _ => (false, false),
            };
            // evcxr drops implementations that followed the old item in its cell together with it.
            attached = own || attached && (implementation || !item);
            if item && !own && !(attached && implementation) && part.mentions.iter().any(|mention| mention == name) {
                let why = format!("writes `{name}` anew, which an item of cell {} uses", earlier.number);
                return Err(Declined::cell(cell.number, why));
            }
        }
    }
    if matches!(sort, Some(Sort::Type | Sort::Trait))
        && let Some(variable) = held(cells, before.cell..cell.number, name, variables)
    {
        let why = format!("writes the type `{name}` anew, and evcxr loses what holds the old one, which `{variable}` may");
        return Err(Declined::cell(cell.number, why));
    }
    Ok(())
}

/// A variable of these cells that may hold something of a type: what brings or changes it mentions the type, or another such variable.
fn held<'a>(cells: &'a [Cell], range: Range<usize>, name: &str, variables: &BTreeMap<&str, usize>) -> Option<&'a str> {
    let mut holding: BTreeSet<&str> = BTreeSet::new();
    loop {
        let before = holding.len();
        for part in cells.iter().filter(|cell| range.contains(&cell.number)).flat_map(|cell| &cell.parts) {
            let about = |mention: &String| mention == name || holding.contains(mention.as_str());
            // What only prints or asserts changes nothing.
            let idle = matches!(&part.kind, Kind::Call { name } if is_harmless(name));
            if !part.is_item() && !idle && part.mentions.iter().any(about) {
                holding.extend(part.mentions.iter().map(String::as_str).filter(|mention| variables.contains_key(mention)));
            }
        }
        if holding.len() == before {
            return holding.into_iter().next();
        }
    }
}

/// What a macro call as a statement defines is its cell's only; here later cells would see it.
fn check_call(cell: &Cell, name: &str, known: &BTreeMap<&str, Known<'_>>) -> Result<(), Declined> {
    if is_harmless(name) {
        return Ok(());
    }
    if ["thread_local", "lazy_static", "pin", "pin_mut"].contains(&name) {
        return Err(Declined::cell(cell.number, format!("calls `{name}!`, which defines what evcxr keeps for this cell only")));
    }
    if let Some(own) = known.get(name) {
        let body = own.text.split_once('{').map_or("", |(_, body)| body);
        let words: BTreeSet<&str> = body.split(|c: char| !c.is_alphanumeric() && c != '_').collect();
        let items = ["struct", "enum", "union", "fn", "static", "const", "mod", "trait", "impl", "use", "type", "macro_rules"];
        if items.iter().any(|item| words.contains(item)) || body.contains("let $") || body.contains("let mut $") {
            let why = format!("calls `{name}!`, which may define what evcxr keeps for this cell only");
            return Err(Declined::cell(cell.number, why));
        }
    }
    Ok(())
}

/// evcxr starts statics anew in every cell. That shows where one that changes is used in more than one cell.
fn check_statics(cells: &[Cell]) -> Result<(), Declined> {
    for cell in cells {
        for part in &cell.parts {
            let Kind::Item { name, sort, .. } = &part.kind else { continue };
            let inside = !matches!(sort, Sort::Static { .. })
                && part.mentions.iter().any(|mention| mention == "static" || mention == "thread_local");
            if !inside && !matches!(sort, Sort::Static { changes: true }) {
                continue;
            }
            let mut reaching = names_of(cell, part);
            if let Some(user) = user_elsewhere(cells, cell.number, &mut reaching) {
                let what = name.as_deref().unwrap_or("an implementation");
                let why =
                    format!("has a static (`{what}`) that cell {user} uses too, and evcxr starts statics anew in every cell");
                return Err(Declined::cell(cell.number, why));
            }
        }
    }
    Ok(())
}

/// The first other cell from which something of `reaching` is used, directly or through items.
fn user_elsewhere<'a>(cells: &'a [Cell], home: usize, reaching: &mut BTreeSet<&'a str>) -> Option<usize> {
    loop {
        let before = reaching.len();
        for cell in cells {
            for part in &cell.parts {
                if part.mentions.iter().any(|mention| reaching.contains(mention.as_str())) {
                    if cell.number != home {
                        return Some(cell.number);
                    }
                    reaching.extend(names_of(cell, part));
                }
            }
        }
        if reaching.len() == before {
            return None;
        }
    }
}

/// The names by which an item is used: its own, or those of an implementation's type and functions.
fn names_of<'a>(cell: &'a Cell, part: &'a Part) -> BTreeSet<&'a str> {
    match &part.kind {
        Kind::Item { name: Some(name), .. } => BTreeSet::from([name.as_str()]),
        Kind::Item { sort: Sort::Implementation, .. } => {
            let text = &cell.source[part.range.clone()];
            let head = text.split('{').next().unwrap_or_default();
            let words = |text: &'a str| text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty());
            let functions = text.split("fn ").skip(1).filter_map(words_first);
            words(head).filter(|word| word.starts_with(char::is_uppercase)).chain(functions).collect()
        }
        _ => BTreeSet::new(),
    }
}

fn words_first(text: &str) -> Option<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').next().filter(|word| !word.is_empty())
}

/// A value whose name is bound again is dropped at the end of that cell in evcxr, and never here. That shows where dropping does something.
fn check_drops(cells: &[Cell]) -> Result<(), Declined> {
    let drops = cells.iter().find(|cell| {
        cell.parts.iter().any(|part| {
            matches!(part.kind, Kind::Item { sort: Sort::Implementation, .. }) && part.mentions.iter().any(|name| name == "Drop")
        })
    });
    if drops.is_none() {
        return Ok(());
    }
    let mut bound: BTreeSet<&str> = BTreeSet::new();
    for cell in cells {
        for Variable { name, .. } in cell.variables() {
            if bound.contains(name.as_str()) {
                let why = format!("binds `{name}` again, and the notebook says what dropping does");
                return Err(Declined::cell(cell.number, why));
            }
        }
        bound.extend(cell.variables().map(|variable| variable.name.as_str()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notebook::CodeCell;

    fn reason(sources: &[&str]) -> Option<String> {
        let cells: Vec<Cell> = sources
            .iter()
            .enumerate()
            .map(|(index, source)| {
                let cell = CodeCell {
                    number: index + 1,
                    id: format!("c{index}"),
                    source: (*source).into(),
                    tags: Vec::new(),
                    ..CodeCell::default()
                };
                Cell::read(&cell).unwrap()
            })
            .collect();
        check(&cells).err().map(|declined| declined.to_string())
    }

    #[test]
    fn an_item_may_be_written_anew_if_nothing_kept_the_old_one() {
        assert_eq!(reason(&["fn a() {}", "a()", "fn a() {}"]), None);
        assert_eq!(reason(&["struct A; impl A {}", "struct A; impl A {}"]), None);
        assert_eq!(reason(&["struct A; let n = 1;", "println!(\"{:?}\", A);", "struct A;"]), None);
        assert_eq!(reason(&["fn a() {}", "fn a() {}", "fn a() {}"]), None);
        let reason = |sources: &[&str]| reason(sources).unwrap();
        assert_eq!(reason(&["fn a() {}\nfn a() {}"]), "cell 1 brings `a` twice, of which evcxr takes the last");
        assert_eq!(reason(&["fn a() {}\nfn b() { a() }", "fn a() {}"]), "cell 2 writes `a` anew, which an item of cell 1 uses");
        assert!(reason(&["struct A;", "impl A {}", "struct A;"]).contains("cell 3 writes `A` anew"));
        assert!(reason(&["struct A; let a = A;", "struct A;"]).contains("evcxr loses what holds the old one, which `a` may"));
        assert!(reason(&["struct A; let mut list = Vec::new();", "list.push(A);", "struct A;"]).contains("`list` may"));
    }

    #[test]
    fn a_static_that_changes_is_one_cells_own() {
        assert_eq!(reason(&["static N: &str = \"\";", "N"]), None);
        assert_eq!(reason(&["static N: AtomicU8 = AtomicU8::new(0); N.load()", "1"]), None);
        let through = reason(&["static N: AtomicU8 = x();\nfn next() -> u8 { N.load() }", "next()"]).unwrap();
        assert!(through.contains("cell 1 has a static (`N`) that cell 2 uses too"), "{through}");
        assert!(reason(&["fn f() { static N: u8 = 0; }", "f()"]).is_some());
        assert!(reason(&["impl A { fn next(&self) { static N: u8 = 0; } }", "a.next()"]).is_some());
    }

    #[test]
    fn what_macros_define_is_one_cells_own() {
        let make = "macro_rules! make { () => { struct A; } }";
        assert!(reason(&[make, "make!();"]).unwrap().contains("calls `make!`"));
        assert_eq!(reason(&["macro_rules! say { () => { println!() } }", "say!();"]), None);
        assert!(reason(&["thread_local! { static N: u8 = 1; }\n1"]).unwrap().contains("`thread_local!`"));
    }

    #[test]
    fn a_variable_and_a_later_item_of_one_name() {
        assert_eq!(reason(&["fn a() {}\nlet a = a();", "a"]), None);
        assert_eq!(reason(&["let a = 1;", "fn a() {}", "a"]), None);
        assert_eq!(reason(&["let a = 1;", "use b::a;"]).unwrap(), "cell 2 brings `a`, which is a variable of cell 1");
    }
}
