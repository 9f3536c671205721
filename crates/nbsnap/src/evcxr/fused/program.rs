//! A notebook as one program.
//!
//! A cell's items go into a module inside the module of the cell before, so that items see earlier ones and may take their names, and later
//! ones are not known yet. Statements go into blocks, each inside the block of the cell before, so that variables live on and may be shadowed.
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

use super::cell::{Cell, Kind, Part, Sort};
use super::commands::{Said, Saying, Settings};
use super::declined::Declined;
use super::names;
use super::places::{Origin, Text, place_of};
use crate::notebook::Notebook;
use crate::record::Failure;

/// The environment variable with which the program is told how to mark the end of a cell.
pub(crate) const BOUNDARY_VARIABLE: &str = "NBSNAP_BOUNDARY";

/// Text that means something else in another file, or is ours.
const OTHER_MEANING: &[&str] = &[
    "env::args",
    "current_exe",
    "module_path!",
    "type_name",
    "TypeId",
    "file!",
    "line!",
    "column!",
    "Location::caller",
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
        script.check_flow()?;
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

    /// Declines what depends on how evcxr calls a cell: leaving it early, awaiting for the first time, two formats of errors.
    fn check_flow(&self) -> Result<(), Declined> {
        let first_await = self.cells.iter().position(|cell| cell.awaits).unwrap_or(0);
        let mut questions = false;
        for (index, cell) in self.cells.iter().enumerate() {
            questions |= cell.questions;
            if !cell.returns.is_empty() && (cell.variables().next().is_some() || questions) {
                return Err(Declined::cell(cell.number, "returns early, and evcxr loses its variables"));
            }
            let runtime = ["tokio", "block_on", "Runtime", "Handle", "spawn_blocking"];
            let statements = cell.parts.iter().filter(|part| !matches!(part.kind, Kind::Item { .. } | Kind::Use { .. }));
            let mut mentions = statements.flat_map(|part| &part.mentions);
            if index < first_await && mentions.any(|name| runtime.contains(&name.as_str())) {
                let why = "may use the runtime that evcxr only has from the first `.await` on";
                return Err(Declined::cell(cell.number, why));
            }
        }
        let asking = self.cells.iter().zip(&self.lines).filter(|(cell, _)| cell.questions);
        let formats: BTreeSet<&str> = asking.map(|(_, (_, settings))| settings.error_format.as_str()).collect();
        if formats.len() > 1 {
            return Err(Declined::notebook("two formats of `:efmt` are used"));
        }
        let hidden =
            self.cells.iter().flat_map(|cell| cell.parts.iter().map(move |part| (cell, part))).filter_map(|(cell, part)| {
                let text = &cell.source[part.range.clone()];
                let head = text.split('{').next().unwrap_or_default();
                match &part.kind {
                    Kind::Item { name: Some(name), sort: Sort::Function, .. } if head.contains("-> impl") => Some(name),
                    _ => None,
                }
            });
        for name in hidden {
            for cell in &self.cells {
                let kept = cell.parts.iter().any(|part| matches!(part.kind, Kind::Let { .. }) && part.mentions.contains(name));
                if kept {
                    return Err(Declined::cell(cell.number, format!("may keep what `{name}` returns, whose type has no name")));
                }
            }
        }
        Ok(())
    }

    /// Declines a cell that fails while it runs and binds a name again: evcxr then has neither the new value nor the old one.
    pub(crate) fn check_lost(&self, plan: &Plan) -> Result<(), Declined> {
        let mut bound: BTreeSet<&str> = BTreeSet::new();
        for cell in self.cells.iter().filter(|cell| cell.number <= plan.last && !plan.without.contains(&cell.number)) {
            let names = || cell.variables().map(|(name, _)| name.as_str());
            if !cell.must_raise {
                bound.extend(names());
            } else if let Some(name) = names().find(|name| bound.contains(name)) {
                return Err(Declined::cell(cell.number, format!("fails and binds `{name}` again, which evcxr then has lost")));
            }
        }
        Ok(())
    }

    /// Writes the program.
    pub(crate) fn program(&self, plan: &Plan) -> Text {
        let cells: Vec<&Cell> =
            self.cells.iter().filter(|cell| cell.number <= plan.last && !plan.without.contains(&cell.number)).collect();
        let mut text = Text::new();
        text.push("#![allow(warnings)]\nmod __nbsnap {\n");
        text.push(include_str!("support.rs"));
        self.write_formats(&mut text, &cells);
        text.push("}\n");
        let mut path = String::from("crate");
        let (mut paths, mut before) = (BTreeMap::new(), BTreeMap::new());
        for cell in &cells {
            let _ = write!(path, "::__cell{}", cell.number);
            paths.insert(cell.number, path.clone());
            text.push(&format!("pub mod __cell{} {{ {}\n", cell.number, if paths.len() > 1 { "use super::*;" } else { "" }));
            for part in cell.parts.iter().filter(|part| matches!(part.kind, Kind::Item { .. } | Kind::Use { .. })) {
                push_code(&mut text, cell, part.range.clone(), &path);
                text.push("\n");
            }
            let known = known_before(&cells, cell);
            for name in &known {
                text.push(&format!("use {}::{};\n", paths[&name.cell], name.name));
            }
            before.insert(cell.number, known);
        }
        text.push("pub mod __notebook {\npub fn run() -> Result<(), crate::__nbsnap::EvcxrUserCodeError> {\n");
        text.push(if self.awaits {
            "tokio::runtime::Runtime::new().unwrap().block_on(async {\n"
        } else {
            "(|| -> std::result::Result<(), crate::__nbsnap::EvcxrUserCodeError> {\n"
        });
        for cell in &cells {
            text.push("{\n");
            for name in before[&cell.number].iter().filter(|name| !name.hidden) {
                text.push(&format!("use {}::{};\n", paths[&name.cell], name.name));
            }
            self.write_cell(&mut text, cell, &paths[&cell.number], plan);
        }
        text.push(if self.awaits { "crate::__nbsnap::leave();\n" } else { "crate::__nbsnap::leave_alone();\n" });
        text.push(&"}".repeat(cells.len()));
        text.push("\n#[allow(unreachable_code)]\nOk::<(), crate::__nbsnap::EvcxrUserCodeError>(())\n");
        text.push(if self.awaits { "})" } else { "})()" });
        text.push("\n}\n}\n");
        text.push(&"}".repeat(cells.len()));
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

    /// Writes a cell into its block.
    fn write_cell(&self, text: &mut Text, cell: &Cell, path: &str, plan: &Plan) {
        write_names(text, cell, path);
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

/// A name that an earlier cell has brought.
struct Before<'a> {
    name: &'a str,
    cell: usize,
    /// Whether a variable of this name hides it in blocks.
    hidden: bool,
}

/// What earlier cells have brought by name, for a cell with an import of everything: in evcxr names win over what such an import brings.
fn known_before<'a>(cells: &[&'a Cell], cell: &Cell) -> Vec<Before<'a>> {
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

/// Brings what a cell's items and imports are called into its block. Macros are written again: they are known by order, not by path.
fn write_names(text: &mut Text, cell: &Cell, path: &str) {
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
            Kind::Item { name: Some(name), .. } if !own.contains(&name.as_str()) => own.push(name),
            _ => {}
        }
    }
    for name in own {
        text.push(&format!("use {path}::{name};\n"));
    }
}

/// Adds a piece of a cell's text, in which `crate`, and `self` in statements, stand for the cell's module.
fn push_code(text: &mut Text, cell: &Cell, range: Range<usize>, path: &str) {
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
