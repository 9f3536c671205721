//! A notebook as one program.
//!
//! A cell's items go into a module inside the module of the last cell that has any, so that items see earlier ones and may take their names,
//! and later ones are not known yet. Statements go into blocks, each inside the block of the cell before, so that variables live on and may
//! be shadowed.
//!
//! ```text
//! mod __cell1 { fn a() {}
//!     mod __cell2 { use super::*; fn b() { a() }
//!         mod __notebook { fn run() { { use crate::__cell1::{a}; let x = a();   { use crate::__cell1::__cell2::{b}; b(x); } } } } } }
//! ```
//! The main type is [`Script`]. It only writes source.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::ops::Range;

use super::cell::{Cell, Kind, Part};
use super::commands::{Said, Saying, Settings};
use super::declined::Declined;
use super::places::{Origin, Text, place_of};
use super::scope::{known_before, write_names};
use super::{flow, names};
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
    "CARGO_",
];

/// A notebook that can be written as one program.
#[derive(Debug)]
pub(crate) struct Script {
    pub(crate) cells: Vec<Cell>,
    /// What each cell's lines say, and the settings its code is under.
    lines: Vec<(Said, Settings)>,
    /// Whether any cell awaits at its top level.
    awaits: bool,
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
            let said = settings.take(cell)?;
            lines.push((said, settings.clone()));
        }
        let script = Script { awaits: cells.iter().any(|cell| cell.awaits), cells, lines };
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
            Kind::Let { variables, closure: true, .. } => Some(&variables.first()?.0),
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
        let mut text = Text::new();
        text.push("#![allow(warnings)]\nmod __nbsnap {\n");
        text.push(include_str!("support.rs"));
        self.write_formats(&mut text, &cells);
        text.push("}\n");
        let mut path = String::from("crate");
        let (mut paths, mut before) = (BTreeMap::new(), BTreeMap::new());
        let mut modules = 0;
        for cell in &cells {
            let items = || cell.parts.iter().filter(|part| matches!(part.kind, Kind::Item { .. } | Kind::Use { .. }));
            // A cell without items needs no module, and rustc takes its time over many of them.
            if items().next().is_some() {
                let imports = if modules > 0 { "use super::*;" } else { "" };
                text.push(&format!("pub(crate) mod __cell{} {{ {imports}\n", cell.number));
                let _ = write!(path, "::__cell{}", cell.number);
                modules += 1;
            }
            paths.insert(cell.number, path.clone());
            for part in items() {
                push_code(&mut text, cell, part.range.clone(), &path);
                text.push("\n");
            }
            let known = known_before(&cells, cell);
            for name in &known {
                text.push(&format!("use {}::{};\n", paths[&name.cell], name.name));
            }
            before.insert(cell.number, known);
        }
        text.push("pub(crate) mod __notebook {\npub(crate) fn run() -> Result<(), crate::__nbsnap::EvcxrUserCodeError> {\n");
        // evcxr puts cells into a closure when one of them asks with `?`; rustc's messages tell.
        let closure = !plan.plain || cells.iter().any(|cell| cell.questions);
        let (open, close) = match (self.awaits, closure) {
            (true, _) => ("tokio::runtime::Runtime::new().unwrap().block_on(async {\n", "})"),
            (false, true) => ("(|| -> std::result::Result<(), crate::__nbsnap::EvcxrUserCodeError> {\n", "})()"),
            (false, false) => ("{\n", "}"),
        };
        text.push(open);
        let mut variables: BTreeSet<&str> = BTreeSet::new();
        for cell in &cells {
            text.push("{\n");
            for name in before[&cell.number].iter().filter(|name| !name.hidden) {
                text.push(&format!("use {}::{};\n", paths[&name.cell], name.name));
            }
            let path = &paths[&cell.number];
            write_names(&mut text, cell, path, &variables);
            self.write_cell(&mut text, cell, path, plan);
            if !cell.must_raise {
                variables.extend(cell.variables().map(|(name, _)| name.as_str()));
            }
        }
        text.push(if self.awaits { "crate::__nbsnap::leave();\n" } else { "crate::__nbsnap::leave_alone();\n" });
        text.push(&"}".repeat(cells.len()));
        text.push("\n#[allow(unreachable_code)]\nOk::<(), crate::__nbsnap::EvcxrUserCodeError>(())\n");
        text.push(close);
        text.push("\n}\n}\n");
        text.push(&"}".repeat(modules));
        text.push(&format!(
            "\nfn main() {{ __nbsnap::run({}::__notebook::run) }}\n",
            if cells.is_empty() { "crate" } else { &path }
        ));
        if let Some(cell) = cells.last().filter(|cell| plan.plain && cell.broken_item) {
            // At the end of the file nothing closes what an item leaves open.
            push_code(&mut text, cell, cell.code_from..cell.source.len(), &path);
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

    /// Writes a cell's lines and code into its block.
    fn write_cell(&self, text: &mut Text, cell: &Cell, path: &str, plan: &Plan) {
        let plain = plan.plain && cell.number == plan.last;
        if plain && cell.broken {
            if !cell.broken_item {
                text.push("let __nbsnap = ();\n");
                push_code(text, cell, cell.code_from..cell.source.len(), path);
                text.push("\n__nbsnap;\n");
            }
            return;
        }
        let (open, close) = match (cell.must_raise && !plain, cell.awaits) {
            (false, _) => ("", ""),
            (true, false) => {
                ("crate::__nbsnap::caught(|| -> std::result::Result<(), crate::__nbsnap::EvcxrUserCodeError> {\n", "Ok(()) });\n")
            }
            (true, true) => {
                ("crate::__nbsnap::caught_async(async {\n", "Ok::<(), crate::__nbsnap::EvcxrUserCodeError>(()) }).await;\n")
            }
        };
        text.push(open);
        if let Ok(said) = &self.lines[cell.number - 1].0
            && !said.is_empty()
        {
            for saying in said {
                match saying {
                    Saying::Text(said) => text.push(&format!("crate::__nbsnap::say({said:?});\n")),
                    Saying::Shell(line) => text.push(&format!("crate::__nbsnap::shell({line:?})?;\n")),
                }
            }
            text.push("crate::__nbsnap::said();\n");
        }
        if !cell.returns.is_empty() {
            text.push("'__cell: {\n");
        }
        self.write_statements(text, cell, path, plan);
        if !cell.returns.is_empty() {
            text.push("}\n");
        }
        text.push(close);
        text.push("crate::__nbsnap::end();\n");
    }

    /// Writes a cell's statements, each variable followed by a check that evcxr could keep it, the last expression shown.
    fn write_statements(&self, text: &mut Text, cell: &Cell, path: &str, plan: &Plan) {
        let mut kept: Vec<(Origin, String)> = Vec::new();
        for part in &cell.parts {
            let code = part.range.clone();
            match &part.kind {
                Kind::Item { .. } | Kind::Use { .. } | Kind::Attribute => continue,
                Kind::Let { variables, assigned, .. } => {
                    push_code(text, cell, code, path);
                    for (name, range) in variables {
                        let (from, to) = (place_of(&cell.source, range.start), place_of(&cell.source, range.end));
                        let keep = Origin::Keep { variable: name.clone(), from, to };
                        let now = format!(" let __kept{} = crate::__nbsnap::keep({name:?}, &{name})?;", kept.len());
                        let settled = format!(
                            " {{ use crate::__nbsnap::settled::*; (&__kept{0}).settled(); }} {{ use crate::__nbsnap::unknown::*; (&__kept{0}).unknown(); }}\n",
                            kept.len()
                        );
                        if *assigned {
                            text.push_of(cell.number, keep.clone(), &now);
                            kept.push((keep, settled));
                        } else if !plan.unkept.contains(&(cell.number, name.clone())) {
                            // It may have no value yet, or none any more at the end: rustc will say.
                            kept.push((keep, now + &settled));
                        }
                    }
                }
                Kind::Call { name } if !names::is_harmless(name) => {
                    text.push("{ ");
                    push_code(text, cell, code, path);
                    text.push(" }");
                }
                Kind::Call { .. } | Kind::Statement => push_code(text, cell, code, path),
                Kind::Shown => self.write_shown(text, cell, part, path, plan),
            }
            text.push("\n");
        }
        for (keep, settled) in kept {
            text.push_of(cell.number, keep, &settled);
        }
    }

    fn write_shown(&self, text: &mut Text, cell: &Cell, part: &Part, path: &str, plan: &Plan) {
        let format = &self.lines[cell.number - 1].1.output_format;
        if plan.undisplayed.contains(&cell.number) {
            text.push_of(
                cell.number,
                Origin::Display,
                &format!("crate::__nbsnap::block(\"text/plain\", &format!(\"{format}\",&(\n"),
            );
            push_code(text, cell, part.range.clone(), path);
            text.push_of(cell.number, Origin::Display, ")));\n");
        } else {
            let open = format!("{{ use crate::__nbsnap::{}::Shown as _; (", module_of(format));
            text.push_of(cell.number, Origin::Display, &open);
            push_code(text, cell, part.range.clone(), path);
            text.push_of(cell.number, Origin::Display, "\n).evcxr_display(); }");
        }
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

/// The module of the trait that shows things in a format.
fn module_of(format: &str) -> &'static str {
    match format {
        "{}" => "plain",
        "{:#?}" => "pretty",
        _ => "debug",
    }
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
        assert!(blocks.contains("(x + crate::__cell1::a()\n).evcxr_display();"), "{blocks}");
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
