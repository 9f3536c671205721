//! A cell's statements as a block of the program, with what evcxr would do around them: say what its lines say, see to it that variables can be
//! kept, show the last expression, catch what is meant to fail, run what awaits.
//!
//! The main type is [`Block`]. It only writes source.

use super::carried::Carried;
use super::cell::{Cell, Part};
use super::commands::Saying;
use super::kind::{Kind, Variable};
use super::names;
use super::places::{Origin, Text, place_of};
use super::program::{Plan, push_code};

const OK: &str = "Ok::<(), crate::__nbsnap::EvcxrUserCodeError>(())";

/// What a block is written from.
pub(crate) struct Block<'a> {
    pub(crate) cell: &'a Cell,
    /// The module that `crate` means.
    pub(crate) path: &'a str,
    pub(crate) plan: &'a Plan,
    /// What the cell's lines say.
    pub(crate) said: &'a [Saying],
    /// How the last expression is shown.
    pub(crate) format: &'a str,
    /// For a cell that runs on the asynchronous runtime: the variables that it hands on.
    pub(crate) carried: Option<&'a [Carried<'a>]>,
}

impl Block<'_> {
    /// Writes what the cell does, up to its end.
    pub(crate) fn write(&self, text: &mut Text) {
        let plain = self.plan.plain && self.cell.number == self.plan.last;
        if plain && self.cell.broken {
            if !self.cell.broken_item {
                text.push("let __nbsnap = ();\n");
                self.push_code(text, self.cell.code_from..self.cell.source.len());
                text.push("\n__nbsnap;\n");
            }
            return;
        }
        match (self.cell.must_raise && !plain, self.carried) {
            (false, None) => self.write_body(text),
            (true, None) => {
                text.push("crate::__nbsnap::caught(|| -> std::result::Result<(), crate::__nbsnap::EvcxrUserCodeError> {\n");
                self.write_body(text);
                text.push(&format!("{OK} }});\n"));
            }
            (true, Some(_)) => {
                text.push("crate::__nbsnap::caught(|| __runtime.run(Box::pin(async {\n");
                self.write_body(text);
                text.push(&format!("{OK} }})));\n"));
            }
            (false, Some(carried)) => self.write_carrying(text, carried),
        }
        text.push("crate::__nbsnap::end();\n");
    }

    /// Runs the body to where it hands its variables on, and goes on with them.
    fn write_carrying(&self, text: &mut Text, carried: &[Carried<'_>]) {
        let unkept = |name: &str| self.plan.unkept.contains(&(self.cell.number, name.to_owned()));
        let carried: Vec<&Carried<'_>> = carried.iter().filter(|variable| !unkept(variable.name)).collect();
        let pattern: String =
            carried.iter().map(|variable| format!("{}{}, ", if variable.changes { "mut " } else { "" }, variable.name)).collect();
        text.push(&format!(
            "let __out = crate::__nbsnap::Out::new();\nlet ({pattern}) = __runtime.run_until_out(&__out, Box::pin(async {{\n"
        ));
        self.write_body(text);
        text.push("__out.hand_on((");
        for variable in carried {
            let bound = self.cell.variables().filter(|bound| bound.name == variable.name).last();
            text.push_of(self.cell.number, self.keep(variable.name, bound), &format!("{}, ", variable.name));
        }
        text.push(&format!(")).await;\n{OK} }}))?;\n"));
    }

    fn keep(&self, name: &str, variable: Option<&Variable>) -> Origin {
        let place = variable.map_or(0..0, |variable| variable.place.clone());
        let (from, to) = (place_of(&self.cell.source, place.start), place_of(&self.cell.source, place.end));
        Origin::Keep { variable: name.to_owned(), from, to }
    }

    /// Writes what the lines say, and the code.
    fn write_body(&self, text: &mut Text) {
        if !self.said.is_empty() {
            for saying in self.said {
                match saying {
                    Saying::Text(said) => text.push(&format!("crate::__nbsnap::say({said:?});\n")),
                    Saying::Shell(line) => text.push(&format!("crate::__nbsnap::shell({line:?})?;\n")),
                }
            }
            text.push("crate::__nbsnap::said();\n");
        }
        if !self.cell.returns.is_empty() {
            text.push("'__cell: {\n");
        }
        self.write_statements(text);
        if !self.cell.returns.is_empty() {
            text.push("}\n");
        }
    }

    /// Writes the statements, each variable followed by a check that evcxr could keep it, the last expression shown.
    fn write_statements(&self, text: &mut Text) {
        let mut kept: Vec<(Origin, String)> = Vec::new();
        for part in &self.cell.parts {
            let code = part.range.clone();
            match &part.kind {
                Kind::Item { .. } | Kind::Use { .. } | Kind::Attribute => continue,
                Kind::Let { variables, assigned, .. } => {
                    self.push_code(text, code);
                    for variable in variables {
                        let keep = self.keep(&variable.name, Some(variable));
                        let name = &variable.name;
                        let now = format!(" let __kept{} = crate::__nbsnap::keep({name:?}, &{name})?;", kept.len());
                        let settled = format!(
                            " {{ use crate::__nbsnap::settled::*; (&__kept{0}).settled(); }} {{ use crate::__nbsnap::unknown::*; (&__kept{0}).unknown(); }}\n",
                            kept.len()
                        );
                        if *assigned {
                            text.push_of(self.cell.number, keep.clone(), &now);
                            kept.push((keep, settled));
                        } else if !self.plan.unkept.contains(&(self.cell.number, name.clone())) {
                            // It may have no value yet, or none any more at the end: rustc will say.
                            kept.push((keep, now + &settled));
                        }
                    }
                }
                Kind::Call { name } if !names::is_harmless(name) => {
                    text.push("{ ");
                    self.push_code(text, code);
                    text.push(" }");
                }
                Kind::Call { .. } | Kind::Statement => self.push_code(text, code),
                Kind::Shown => self.write_shown(text, part),
            }
            text.push("\n");
        }
        for (keep, settled) in kept {
            text.push_of(self.cell.number, keep, &settled);
        }
    }

    fn write_shown(&self, text: &mut Text, part: &Part) {
        let (number, format) = (self.cell.number, self.format);
        if self.plan.undisplayed.contains(&number) {
            text.push_of(number, Origin::Display, &format!("crate::__nbsnap::block(\"text/plain\", &format!(\"{format}\",&(\n"));
            self.push_code(text, part.range.clone());
            text.push_of(number, Origin::Display, ")));\n");
        } else {
            let open = format!("{{ use crate::__nbsnap::{}::Shown as _; (", module_of(format));
            text.push_of(number, Origin::Display, &open);
            self.push_code(text, part.range.clone());
            text.push_of(number, Origin::Display, "\n).evcxr_display(); }");
        }
    }

    fn push_code(&self, text: &mut Text, range: std::ops::Range<usize>) {
        push_code(text, self.cell, range, self.path);
    }
}

/// The module of the trait that shows things in a format.
pub(crate) fn module_of(format: &str) -> &'static str {
    match format {
        "{}" => "plain",
        "{:#?}" => "pretty",
        _ => "debug",
    }
}
