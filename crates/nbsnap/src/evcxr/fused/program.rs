//! A notebook as one program.
//!
//! A cell's items go into a module inside the module of the last cell that has any, so that items may use what is private in earlier ones and
//! take their names, and later ones are not known yet. Statements go into blocks, each inside the block of the cell before, so that variables
//! live on and may be shadowed.
//!
//! ```text
//! mod __cell1 { fn a() {}
//!     mod __cell2 { use crate::__cell1::a; fn b() { a() }
//!         mod __notebook { fn run() { { use crate::__cell1::a; let x = a();   { use crate::__cell2::b; b(x); } } } } } }
//! use crate::__cell1::__cell2;
//! ```
//! The main type is [`Script`]. It only writes source.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::Range;

use super::block::{Block, module_of};
use super::carried::carried;
use super::cell::{Cell, Part};
use super::commands::{Said, Settings};
use super::declined::Declined;
use super::kind::Kind;
use super::places::{Origin, Text, place_of};
use super::scope::{Scope, module_path};
use super::{flow, names};
use crate::evcxr::dependencies;
use crate::notebook::Notebook;
use crate::record::Failure;

/// The environment variable with which the program is told how to mark the end of a cell.
pub(crate) const BOUNDARY_VARIABLE: &str = "NBSNAP_BOUNDARY";

/// Text that means something else in another file, or is ours.
const OTHER_MEANING: &[&str] = &[
    "env::args",
    "current_exe",
    "module_path!",
    "any::type_name",
    "type_name::<",
    "type_name_of_val",
    "TypeId",
    "file!",
    "line!",
    "column!",
    "Location::caller",
    "include!",
    "include_str!",
    "include_bytes!",
    "__nbsnap",
    "__cell",
    "__open",
    "__out",
    "__runtime",
    "__kept",
    "CARGO_",
];

/// A notebook that can be written as one program.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) cells: Vec<Cell>,
    /// What each cell's lines say, and the settings its code is under.
    lines: Vec<(Said, Settings)>,
}

/// Which cells to write, and how.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    /// The last cell, by its number.
    pub(crate) last: usize,
    /// Cells that are left out: they fail before they run.
    pub(crate) without: BTreeSet<usize>,
    /// Cells whose last expression has no display of its own.
    pub(crate) undisplayed: BTreeSet<usize>,
    /// Variables that their cell has no more at its end.
    pub(crate) unkept: BTreeSet<(usize, String)>,
    /// Cells that await, as rustc says, though their text does not show it.
    pub(crate) awaiting: BTreeSet<usize>,
    /// Cells that need names which their text does not mention.
    pub(crate) wide: BTreeSet<usize>,
    /// Whether the last cell is written as it stands, so that rustc's messages are about nothing else.
    pub(crate) plain: bool,
}

impl Script {
    /// Reads a notebook, or says why it cannot be one program. `opt_level` is what notebooks are built with.
    pub(crate) fn read(notebook: &Notebook, opt_level: &str) -> Result<Script, Declined> {
        let cells = notebook.cells.iter().map(Cell::read).collect::<Result<Vec<_>, _>>()?;
        let mut settings = Settings::new(opt_level);
        let mut lines = Vec::new();
        for cell in &cells {
            if let Some(text) = OTHER_MEANING.iter().find(|text| cell.source.contains(**text)) {
                return Err(Declined::cell(cell.number, format!("has `{text}`, which says something else in one program")));
            }
            let code = &notebook.cells[cell.number - 1];
            if code.dependency_lines().any(|line| dependencies::parse(line, notebook.directory()).is_none()) {
                return Err(Declined::cell(cell.number, "has a `:dep` line that evcxr refuses"));
            }
            let said = settings.take(cell)?;
            lines.push((said, settings.clone()));
        }
        let script = Script { cells, lines };
        names::check(&script.cells)?;
        flow::check(&script.cells, script.lines.iter().map(|(_, settings)| settings))?;
        Ok(script)
    }

    /// How a cell fails whose lines evcxr refuses, which it does before it looks at the code.
    pub(crate) fn refused_lines(&self, number: usize) -> Option<&Failure> {
        self.lines[number - 1].0.as_ref().err().map(|failure| &**failure)
    }

    /// evcxr's word on a cell that would keep a closure, if it compiles.
    pub(crate) fn refused_variable(&self, number: usize) -> Option<Failure> {
        let name = self.cells[number - 1].parts.iter().find_map(|part| match &part.kind {
            Kind::Let { variables, closure: true, .. } => Some(&variables.first()?.name),
            _ => None,
        })?;
        let message = format!(
            "The variable `{name}` is a closure, which cannot be persisted.\nYou can however persist closures if you box them. e.g.:\n\
             let f: Box<dyn Fn()> = Box::new(|| {{println!(\"foo\")}});\nAlternatively, you can prevent evcxr from attempting to persist\n\
             the variable by wrapping your code in braces."
        );
        Some(Failure::Refused { message })
    }

    /// The cells that a program is written from.
    pub(crate) fn running(&self, plan: &Plan) -> impl Iterator<Item = &Cell> {
        self.cells.iter().filter(|cell| cell.number <= plan.last && !plan.without.contains(&cell.number))
    }

    /// Writes the program.
    pub(crate) fn program(&self, plan: &Plan) -> Text {
        let cells: Vec<&Cell> = self.running(plan).collect();
        let is_plain = |cell: &Cell| plan.plain && cell.number == plan.last;
        let mut text = Text::new();
        text.push("#![allow(warnings)]\nmod __nbsnap {\n");
        text.push(include_str!("support.rs"));
        let first_await = cells.iter().position(|cell| cell.awaits || plan.awaiting.contains(&cell.number));
        if first_await.is_some() {
            text.push(include_str!("runtime.rs"));
        }
        self.write_formats(&mut text, &cells);
        text.push("}\n");
        // Where the modules are, under one short path each: they lie in one another so that all may use what is private in those around them.
        let mut paths = String::new();
        let mut homes = BTreeMap::new();
        let mut innermost = String::from("crate");
        let mut modules = 0;
        let mut scope = Scope::default();
        for cell in &cells {
            // A cell without items needs no module.
            if cell.parts.iter().any(Part::is_item) || !cell.paths.is_empty() {
                text.push(&format!("pub(crate) mod __cell{} {{\n", cell.number));
                if modules > 0 {
                    let _ = writeln!(paths, "pub(crate) use {innermost}::__cell{};", cell.number);
                }
                innermost = module_path(cell.number);
                modules += 1;
                let all = is_plain(cell) || plan.wide.contains(&cell.number);
                scope.write_module(&mut text, cell, all);
            }
            homes.insert(cell.number, innermost.clone());
            for part in cell.parts.iter().filter(|part| part.is_item()) {
                push_code(&mut text, cell, part.range.clone(), &innermost);
                text.push("\n");
            }
            scope.add(cell);
        }
        text.push("pub(crate) mod __notebook {\npub(crate) fn run() -> Result<(), crate::__nbsnap::EvcxrUserCodeError> {\n");
        // evcxr puts cells into a closure when one of them asks with `?`; rustc's messages tell.
        let closure = !plan.plain || cells.iter().any(|cell| cell.questions);
        let (open, close) = match closure {
            true => ("(|| -> std::result::Result<(), crate::__nbsnap::EvcxrUserCodeError> {\n", "})()"),
            false => ("{\n", "}"),
        };
        text.push(open);
        let carried = carried(&cells);
        let mut scope = Scope::default();
        for (index, cell) in cells.iter().enumerate() {
            text.push("{\n");
            if first_await == Some(index) {
                // evcxr, too, has no runtime before, and none that ends.
                text.push("let __runtime = crate::__nbsnap::Runtime::new();\n");
            }
            let path = &homes[&cell.number];
            scope.write_block(&mut text, cell, path, is_plain(cell) || plan.wide.contains(&cell.number));
            let block = Block {
                cell,
                path,
                plan,
                said: self.lines[cell.number - 1].0.as_deref().unwrap_or_default(),
                format: &self.lines[cell.number - 1].1.output_format,
                carried: first_await.is_some_and(|first| first <= index).then(|| carried[&cell.number].as_slice()),
            };
            block.write(&mut text);
            scope.add(cell);
        }
        text.push(if first_await.is_some() { "crate::__nbsnap::leave();\n" } else { "crate::__nbsnap::leave_alone();\n" });
        text.push(&"}".repeat(cells.len()));
        text.push("\n#[allow(unreachable_code)]\nOk::<(), crate::__nbsnap::EvcxrUserCodeError>(())\n");
        text.push(close);
        text.push("\n}\n}\n");
        text.push(&"}".repeat(modules));
        text.push(&format!("\n{paths}fn main() {{ __nbsnap::run({innermost}::__notebook::run) }}\n"));
        if let Some(cell) = cells.last().filter(|cell| plan.plain && cell.broken_item) {
            // At the end of the file nothing closes what an item leaves open.
            push_code(&mut text, cell, cell.code_from..cell.source.len(), &innermost);
            text.push("\n\n");
        }
        text
    }

    /// The traits that show final expressions and errors, in the formats that commands have set.
    fn write_formats(&self, text: &mut Text, cells: &[&Cell]) {
        let mut formats: BTreeMap<&str, &'static str> = BTreeMap::new();
        for cell in cells {
            let format = self.lines[cell.number - 1].1.output_format.as_str();
            formats.insert(format, if format == "{}" { "Display" } else { "Debug" });
        }
        for (format, bound) in formats {
            text.push(&format!(
                "pub mod {} {{ pub trait Shown {{ fn evcxr_display(&self); }}\nimpl<T: std::fmt::{bound}> Shown for T {{ \
                 fn evcxr_display(&self) {{ super::show::<T>(&format!(\"{format}\", self)) }} }} }}\n",
                module_of(format),
            ));
        }
        let asking = cells.iter().find(|cell| cell.questions);
        let settings = asking.map_or_else(|| Settings::new("0"), |cell| self.lines[cell.number - 1].1.clone());
        text.push(&format!(
            "impl<E: {}> From<E> for EvcxrUserCodeError {{ fn from(error: E) -> Self {{ eprintln!(\"{}\", error); Self }} }}\n",
            settings.error_trait(),
            settings.error_format,
        ));
    }
}

/// Adds a piece of a cell's text, in which `crate`, and `self` in statements, stand for the cell's module.
pub(crate) fn push_code(text: &mut Text, cell: &Cell, range: Range<usize>, path: &str) {
    let mut replaced: Vec<(Range<usize>, &str)> = cell.paths.iter().map(|place| (place.clone(), path)).collect();
    for place in &cell.returns {
        // With braces of a cell of its own, leaving the cell is leaving its block.
        replaced.push((place.start..place.start + "return".len(), "break '__cell"));
    }
    replaced.sort_by_key(|(place, _)| place.start);
    let mut at = range.start;
    for (place, with) in replaced {
        if place.start < range.start || place.end > range.end {
            continue;
        }
        text.push_of(cell.number, Origin::Cell(place_of(&cell.source, at)), &cell.source[at..place.start]);
        text.push_of(cell.number, Origin::Cell(place_of(&cell.source, place.start)), with);
        at = place.end;
    }
    text.push_of(cell.number, Origin::Cell(place_of(&cell.source, at)), &cell.source[at..range.end]);
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::notebook::CodeCell;

    fn script(sources: &[&str]) -> Result<Script, Declined> {
        let cells = sources.iter().enumerate().map(|(index, source)| CodeCell {
            number: index + 1,
            id: format!("c{index}"),
            source: (*source).into(),
            ..CodeCell::default()
        });
        let path = Path::new("notebooks/lab.ipynb").to_owned();
        let notebook = Notebook { path, name: "lab".into(), cells: cells.collect(), ..Notebook::default() };
        Script::read(&notebook, "0")
    }

    #[test]
    fn items_go_into_modules_and_statements_into_blocks() {
        let script = script(&["fn a() -> u8 { 1 }\nlet x = a();", "x + crate::a() // sum"]).unwrap();
        let text = script.program(&Plan { last: 2, ..Plan::default() }).text;
        let part = |text: &str, from: &str, to: &str| text.split_once(from).unwrap().1.split_once(to).unwrap().0.to_owned();
        assert!(part(&text, "mod __cell1 {", "mod __notebook").contains("fn a() -> u8 { 1 }"));
        let blocks = part(&text, "mod __notebook", "fn main()");
        assert!(blocks.contains("use crate::__cell1::a;\nlet x = a();"), "{blocks}");
        assert!(text.contains("mod __cell2 {\nuse crate::__cell1::a;"), "{text}");
        assert!(blocks.contains("(x + crate::__cell2::a()\n).evcxr_display();"), "{blocks}");
    }

    #[test]
    fn a_cell_that_is_left_out_leaves_nothing() {
        let script = script(&["fn a() {}", "fn b() {}", "fn c() {}"]).unwrap();
        let plan = Plan { last: 2, without: BTreeSet::from([1]), ..Plan::default() };
        let text = script.program(&plan).text;
        assert!(!text.contains("fn a()") && text.contains("fn b()") && !text.contains("fn c()"));
    }

    #[test]
    fn what_says_something_else_in_one_program_is_declined_by_name() {
        let reason = |source: &str| script(&["1", source]).unwrap_err().to_string();
        assert_eq!(reason("module_path!()"), "cell 2 has `module_path!`, which says something else in one program");
        assert!(reason("std::any::type_name::<u8>()").contains("`any::type_name`"));
        assert!(script(&["input.type_name()"]).is_ok(), "a method that is called so");
        assert_eq!(reason("#![deny(warnings)]\n1"), "cell 2 has `#![deny(warnings)]`, an attribute of the whole crate");
    }
}
