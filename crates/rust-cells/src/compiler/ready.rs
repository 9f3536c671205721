//! What a compiled cell leaves: the states after it, and how its generated lines map to the author's.

use std::path::PathBuf;

use super::work::Work;
use super::{Compilation, CompileRequest, CompiledCell};
use crate::cell::Cell;
use crate::crate_source::Origin;
use crate::dependencies::Inputs;
use crate::generate::{Generated, Keeping, Plan, Showing};
use crate::position::position;
use crate::state::LiveVariable;

impl Work<'_> {
    /// The compiled cell.
    pub(super) fn ready(
        self,
        library: Option<PathBuf>,
        plan: &Plan,
        types: Vec<(String, String)>,
        inputs: Inputs,
    ) -> Compilation {
        let CompileRequest { cell, label, .. } = self.request;
        let generated = self.generate(plan);
        let mut state = self.state;
        for range in &cell.inner_attributes {
            state.attributes.insert(cell.source[range.clone()].to_owned());
        }
        if let Some(library) = &library {
            state.items.compiled(&self.own, library);
        }
        let mut after_failure = state.clone();
        let mut after = state;
        for variable in cell.variables() {
            if !after_failure.variables().contains_key(&variable.name) {
                let why = format!("{label} made it, and did not come to its end");
                after_failure.lost.insert(variable.name.clone(), why);
            }
        }
        for name in &generated.taken {
            match plan.keeping.get(name) {
                None | Some(Keeping::Outside) => {}
                Some(keeping) => {
                    after_failure.variables_mut().remove(name);
                    after_failure
                        .lost
                        .insert(name.clone(), format!("{label} moved it into its code and did not come to its end"));
                    if *keeping == Keeping::Moved {
                        after.variables_mut().remove(name);
                        after.lost.insert(name.clone(), format!("{label} moved it away"));
                    }
                }
            }
        }
        for variable in cell.variables() {
            let ty = types.iter().find(|(name, _)| *name == variable.name).map(|(_, ty)| ty.clone());
            match ty {
                Some(ty) => {
                    after.lost.remove(&variable.name);
                    after.variables_mut().insert(variable.name.clone(), LiveVariable { ty, is_mutable: variable.is_mutable });
                }
                None => {
                    after.variables_mut().remove(&variable.name);
                    after.lost.insert(variable.name.clone(), format!("{label} moved it away"));
                }
            }
        }
        Compilation::Ready(Box::new(CompiledCell {
            library,
            lines: lines(&generated, cell, &after.items),
            providers: generated.providers,
            discarded: self.discarded,
            shows_itself: plan.showing == Showing::Own,
            lost: self.lost,
            inputs,
            after,
            after_failure,
        }))
    }
}

/// Which generated lines are which lines of which cell; the cell itself has no label.
fn lines(generated: &Generated, cell: &Cell, items: &crate::items::Items) -> Vec<(u32, u32, u32, String)> {
    let text = &generated.source.text;
    let mut lines: Vec<(u32, u32, u32, String)> = Vec::new();
    let (mut at, mut line) = (0, 1_u32);
    for (range, origin) in generated.source.pieces() {
        line += u32::try_from(text[at..range.start].matches('\n').count()).unwrap_or(0);
        at = range.start;
        let more = u32::try_from(text[range.clone()].matches('\n').count()).unwrap_or(0);
        let (source, label, from) = match origin {
            Origin::Cell(from) => (cell.source.as_str(), String::new(), *from),
            Origin::Item(number, from) => match items.get(*number) {
                Some(defined) => (&*defined.source, defined.label.to_string(), *from),
                None => continue,
            },
            _ => continue,
        };
        let first = position(source, from).0;
        match lines.last_mut() {
            // Pieces of one line, and lines that follow one another, are one stretch.
            Some(last) if last.3 == label && last.1 + 1 >= line && last.2 + (line - last.0) == first => {
                last.1 = last.1.max(line + more)
            }
            _ => lines.push((line, line + more, first, label)),
        }
    }
    lines
}
