//! Writes the crate that a cell is compiled as.
//!
//! The author's lines keep their numbers: generated code is on the first line or after the cell. So
//! `line!()` and the places in a program's own panic hook are right, unless the crate includes a macro of an
//! earlier cell.
//!
//! ```text
//! attributes, crates, macros, fn __cells_entry() { variables taken; run(|| {     first line of the cell
//!                                                                               its other lines, without items
//! variables kept; end }) }
//! items of earlier cells, then its own
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::Path;

use ra_ap_syntax::{Edition, SyntaxKind};
use serde::{Deserialize, Serialize};

use crate::cell::{Cell, PartKind};
use crate::crate_source::{CrateSource, Origin};
use crate::items::{Defined, ItemNumber};
use crate::state::State;

/// What becomes of a variable that a cell mentions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Keeping {
    /// It stays outside of the author's code, which borrows it: it survives a panic.
    Outside,
    /// It is moved into the author's code, which gives it back.
    Inside,
    /// It is moved away.
    Moved,
}

/// How the value of a cell is shown.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Showing {
    /// By the format, which is `{:?}` unless a cell has set another.
    #[default]
    Format,
    /// By its own `evcxr_display`.
    Own,
}

/// What is tried for a cell. rustc's errors say what to try next.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// How variables are kept, where that differs from the default. The default is [`Keeping::Outside`] for
    /// variables of earlier cells and [`Keeping::Inside`] for the cell's own. Those are named by
    /// [`own_key`].
    pub(crate) keeping: BTreeMap<String, Keeping>,
    pub(crate) showing: Showing,
    /// Whether `?` meets options.
    pub(crate) options: bool,
    /// Names that a crate's macro mentions, which only rustc sees.
    pub(crate) mentions: BTreeSet<String>,
    /// Whether a macro awaits, which only rustc sees.
    pub(crate) awaits: bool,
    /// Variables of this cell that hold a function, whose own type has no name: the function pointers that
    /// they are kept as.
    pub(crate) pointers: BTreeMap<String, String>,
    /// Items of earlier cells that items of this one replace: their number, and the name that collided.
    pub(crate) given_up: Vec<(ItemNumber, String)>,
}

/// What a cell's crate is written from.
pub(crate) struct Generate<'a> {
    pub(crate) cell: &'a Cell,
    /// The state with the cell's items in it.
    pub(crate) state: &'a State,
    /// Items that are always included: the cell's own, and those that are checked against a changed name.
    pub(crate) roots: &'a [ItemNumber],
    /// The cell's own items among them.
    pub(crate) own: &'a [ItemNumber],
    pub(crate) plan: &'a Plan,
    /// The crate of all dependencies, if there are any.
    pub(crate) library: Option<&'a str>,
    /// Whether that crate has tokio.
    pub(crate) has_reactor: bool,
    /// The notebook's folder, which included files are relative to.
    pub(crate) directory: &'a Path,
}

/// A crate to compile.
pub(crate) struct Generated {
    pub(crate) source: CrateSource,
    /// Variables of earlier cells that it takes.
    pub(crate) taken: Vec<String>,
    /// Items of earlier cells whose statics it uses.
    pub(crate) providers: Vec<std::path::PathBuf>,
}

impl Generate<'_> {
    /// Writes the crate.
    pub(crate) fn write(&self) -> Generated {
        let Generate { cell, state, .. } = self;
        let code = cell.parts.iter().filter(|part| !matches!(part.kind, PartKind::Item(_)));
        let mut mentions: BTreeSet<String> = code.flat_map(|part| part.mentions.iter().cloned()).collect();
        mentions.extend(self.plan.mentions.iter().cloned());
        let taken: Vec<String> = mentions.iter().filter(|name| state.variables.contains_key(*name)).cloned().collect();
        for name in &taken {
            mentions.extend(crate::cell::mentions_in_text(&state.variables[name].ty));
        }
        let needed = state.items.needed(&mentions, self.roots);
        let declared: BTreeSet<&str> = cell.variables().iter().map(|variable| variable.name.as_str()).collect();

        let mut out = CrateSource::default();
        for attribute in &state.attributes {
            out.frame(&one_line(attribute));
        }
        for range in &cell.inner_attributes {
            out.copy(&cell.source, range.clone());
        }
        if let Some(library) = self.library {
            out.frame(&format!("extern crate {library} as _; "));
        }
        let (macros, items): (Vec<_>, Vec<_>) = needed.into_iter().partition(|(_, defined)| defined.item.is_macro);
        for (number, defined) in &macros {
            self.flatten(&mut out, *number, defined);
        }
        self.enter(&mut out, &taken);
        self.body(&mut out);
        self.leave(&mut out, &taken, &declared);
        let mut providers = Vec::new();
        for (number, defined) in items {
            self.item(&mut out, number, defined);
            if !self.own.contains(&number) {
                providers.extend(defined.library.clone());
            }
        }
        providers.dedup();
        Generated { source: out, taken, providers }
    }

    fn awaits(&self) -> bool {
        self.cell.awaits || self.plan.awaits
    }

    fn keeping(&self, name: &str, default: Keeping) -> Keeping {
        self.plan.keeping.get(name).copied().unwrap_or(default)
    }

    /// From the entry to where the author's code begins.
    fn enter(&self, out: &mut CrateSource, taken: &[String]) {
        out.frame("#[unsafe(no_mangle)] pub extern \"C\" fn __cells_entry() { ::cells_rt::whole(|| { ");
        if let (Some(library), true) = (self.library, self.has_reactor) {
            out.frame(&format!("let __cells_reactor = ::{library}::enter(); "));
        }
        let take = |out: &mut CrateSource, wanted: fn(Keeping) -> bool| {
            for name in taken.iter().filter(|name| wanted(self.keeping(name, Keeping::Outside))) {
                let variable = &self.state.variables[name];
                let mutable = if variable.is_mutable { "mut " } else { "" };
                let (raw, ty) = (raw(name), &variable.ty);
                out.add(&format!("let {mutable}{raw}: {ty} = ::cells_rt::take({name:?}); "), Origin::Take(name.clone()));
            }
        };
        take(out, |keeping| keeping == Keeping::Outside);
        let result = self.result();
        out.frame(&format!("let __cells_ran = ::cells_rt::run(|| -> {} {{ ", self.returned(&result)));
        if self.awaits() {
            let block_on = match (self.library, self.has_reactor) {
                (Some(library), true) => format!("::{library}::block_on"),
                _ => "::cells_rt::block_on".to_owned(),
            };
            out.frame(&format!("::cells_rt::drive::<{result}>({block_on}, async {{ "));
        }
        take(out, |keeping| keeping != Keeping::Outside);
    }

    fn result(&self) -> String {
        if self.plan.options {
            "::std::option::Option<()>".to_owned()
        } else {
            format!("::std::result::Result<(), {}>", self.state.error_format.error_type())
        }
    }

    fn returned(&self, result: &str) -> String {
        if self.awaits() { "::cells_rt::Awaited".to_owned() } else { result.to_owned() }
    }

    /// The value with which the author's code ends.
    fn success(&self) -> String {
        if self.plan.options {
            "::std::option::Option::Some(())".to_owned()
        } else {
            format!("::std::result::Result::<(), {}>::Ok(())", self.state.error_format.error_type())
        }
    }

    /// The author's code without items, at the same lines and columns as in the cell.
    fn body(&self, out: &mut CrateSource) {
        let (cell, source) = (self.cell, &self.cell.source);
        // What is before the code keeps its lines.
        out.frame(&blank(&source[..cell.code_from]));
        if cell.broken.is_some() {
            // In a block, what is unfinished cannot go on in what follows the cell.
            out.frame("let _ = {");
            out.copy(source, cell.code_from..source.len());
            out.frame("\n};\n");
            return;
        }
        let mut at = cell.code_from;
        for range in &cell.inner_attributes {
            out.copy(source, at..range.start);
            out.frame(&blank(&source[range.clone()]));
            at = range.end;
        }
        for part in &cell.parts {
            self.copy(out, at..part.range.start);
            match &part.kind {
                PartKind::Item(_) => out.frame(&blank(&source[part.range.clone()])),
                PartKind::Value => self.value(out, part.range.clone()),
                _ => self.copy(out, part.range.clone()),
            }
            at = part.range.end;
        }
        self.copy(out, at..source.len());
        out.frame("\n");
    }

    /// Copies a part of the cell. Bare `return`s get values, and included paths become absolute.
    fn copy(&self, out: &mut CrateSource, range: Range<usize>) {
        let source = &self.cell.source;
        let mut inserts: Vec<(usize, String)> =
            self.cell.bare_returns.iter().map(|place| (*place, format!(" {}", self.success()))).collect();
        let folder = format!("{}/", self.directory.display()).escape_default().to_string();
        inserts.extend(self.cell.included.iter().map(|place| (place.start, folder.clone())));
        inserts.sort();
        let mut at = range.start;
        for (place, text) in inserts {
            if at <= place && place <= range.end && place > range.start {
                out.copy(source, at..place);
                out.frame(&text);
                at = place;
            }
        }
        out.copy(source, at..range.end);
    }

    /// The value at the cell's end, shown.
    fn value(&self, out: &mut CrateSource, range: Range<usize>) {
        match self.plan.showing {
            Showing::Own => {
                out.add("(", Origin::Show);
                self.copy(out, range);
                out.add(").evcxr_display();", Origin::Show);
            }
            Showing::Format => {
                out.add("match &(", Origin::Show);
                self.copy(out, range);
                let format = &self.state.value_format;
                let shown = format!(") {{ __cells_value => ::cells_rt::show(::std::format!({format:?}, __cells_value)) }}");
                out.add(&shown, Origin::Show);
            }
        }
    }

    /// From the end of the author's code to the end of the entry.
    fn leave(&self, out: &mut CrateSource, taken: &[String], declared: &BTreeSet<&str>) {
        let keep = |out: &mut CrateSource, name: &str, outside: bool| {
            let origin = Origin::Keep { name: name.to_owned(), outside };
            let pointer = self.plan.pointers.get(name).filter(|_| declared.contains(name) && !outside);
            let cast = pointer.map(|ty| format!(" as {ty}")).unwrap_or_default();
            out.add(&format!("::cells_rt::keep({name:?}, {}{cast}); ", raw(name)), origin);
        };
        for name in declared {
            if self.keeping(&own_key(name), Keeping::Inside) == Keeping::Inside {
                keep(out, name, false);
            }
        }
        for name in taken.iter().filter(|name| !declared.contains(name.as_str())) {
            if self.keeping(name, Keeping::Outside) == Keeping::Inside {
                keep(out, name, false);
            }
        }
        out.frame("::cells_rt::reached_end(); ");
        out.frame(&self.success());
        if self.awaits() {
            out.frame(" })");
        }
        out.frame(" }); ");
        for name in taken.iter().filter(|name| self.keeping(name, Keeping::Outside) == Keeping::Outside) {
            if declared.contains(name.as_str()) {
                // It has a new value unless the code failed before.
                out.frame("if !__cells_ran { ");
                keep(out, name, true);
                out.frame("} ");
            } else {
                keep(out, name, true);
            }
        }
        out.frame("}) }\n");
    }

    /// An item, at the columns that it has in its cell.
    fn item(&self, out: &mut CrateSource, number: ItemNumber, defined: &Defined) {
        let source = &defined.source;
        let is_own = self.own.contains(&number);
        if let Some(lines) = import_lines(defined) {
            out.frame(&lines);
            return;
        }
        let column = source[..defined.range.start].rsplit('\n').next().unwrap_or_default().chars().count();
        out.frame(&" ".repeat(column));
        let copy = |out: &mut CrateSource, range: Range<usize>| {
            let origin = if is_own { Origin::Cell(range.start) } else { Origin::Item(number, range.start) };
            out.add(&source[range], origin);
        };
        let mut at = defined.range.start;
        let symbol = |name: &str| format!("__cells_{}_{}", defined.key, name.trim_start_matches("r#"));
        if !is_own && defined.library.is_some() && !defined.item.thread_locals.is_empty() {
            for local in &defined.item.thread_locals {
                out.frame(&local.imported(&symbol(&local.name)));
            }
            out.frame(&"\n".repeat(source[defined.range.clone()].matches('\n').count() + 1));
            return;
        }
        for place in &defined.item.statics {
            copy(out, at..place.from);
            let symbol = symbol(&place.name);
            if is_own || defined.library.is_none() {
                out.frame(&format!("#[unsafe(export_name = {symbol:?})] "));
                at = place.from;
            } else {
                out.frame(&format!("unsafe extern \"Rust\" {{ #[link_name = {symbol:?}] {} }}", place.declaration));
                out.frame(&"\n".repeat(source[place.from..place.range.end].matches('\n').count()));
                at = place.range.end;
            }
        }
        copy(out, at..defined.range.end);
        for local in &defined.item.thread_locals {
            out.frame(&local.exported(&symbol(&local.name)));
        }
        out.frame("\n");
    }

    /// A macro on one line: comments and line ends between its tokens say nothing.
    fn flatten(&self, out: &mut CrateSource, number: ItemNumber, defined: &Defined) {
        let is_own = self.own.contains(&number);
        let text = &defined.source[defined.range.clone()];
        let lexed = ra_ap_syntax::SourceFile::parse(text, Edition::Edition2024);
        for token in lexed.syntax_node().descendants_with_tokens().filter_map(|element| element.into_token()) {
            match token.kind() {
                SyntaxKind::WHITESPACE => out.frame(" "),
                SyntaxKind::COMMENT => {}
                _ => {
                    let at = defined.range.start + usize::from(token.text_range().start());
                    let origin = if is_own { Origin::Cell(at) } else { Origin::Item(number, at) };
                    out.add(token.text(), origin);
                }
            }
        }
        out.frame(" ");
    }
}

/// The lines of an import that has lost names to later ones, leaf by leaf. `None` for an unchanged item.
pub(crate) fn import_lines(defined: &Defined) -> Option<String> {
    if defined.unnamed.is_empty() {
        return None;
    }
    let attributes_and_visibility = &defined.source[defined.range.clone()];
    let before = attributes_and_visibility.split("use ").next().unwrap_or_default();
    let mut lines = String::new();
    for (index, import) in defined.item.imports.iter().enumerate() {
        let name = match (&import.name, defined.unnamed.contains(&index)) {
            (_, true) => " as _".to_owned(),
            (Some(name), false) if !import.path.ends_with(&format!("::{name}")) && import.path != *name => {
                format!(" as {}", raw(name))
            }
            _ => String::new(),
        };
        lines.push_str(&format!("{before}use {}{name};\n", import.path));
    }
    Some(lines)
}

/// The key in [`Plan::keeping`] for a variable of the cell itself. An earlier one may have the same name.
pub(crate) fn own_key(name: &str) -> String {
    format!("{name}'")
}

/// As many lines, and on the last one as many columns, as this text has.
fn blank(text: &str) -> String {
    text.chars().map(|character| if character == '\n' { '\n' } else { ' ' }).collect()
}

fn one_line(text: &str) -> String {
    text.replace('\n', " ") + " "
}

/// A name as code writes it.
pub(crate) fn raw(name: &str) -> String {
    let is_keyword = SyntaxKind::from_keyword(name, Edition::Edition2024).is_some()
        || SyntaxKind::from_contextual_keyword(name, Edition::Edition2024).is_some_and(|_| matches!(name, "gen" | "try"));
    if is_keyword && !["self", "super", "crate", "Self"].contains(&name) { format!("r#{name}") } else { name.to_owned() }
}
