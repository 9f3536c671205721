//! A view of a session that can be read while its cells run: names, types and texts, for completion and
//! explanations.

use std::collections::BTreeMap;

use rust_cells::State;
use rust_cells::analysis::Sketch;

/// What a session's cells have defined.
#[derive(Clone, Debug, Default)]
pub(crate) struct Known {
    /// Variables, each with its type.
    pub(crate) variables: BTreeMap<String, Variable>,
    /// Variables that are gone, each with the reason.
    pub(crate) lost: BTreeMap<String, String>,
    /// Items by name.
    pub(crate) definitions: BTreeMap<String, Definition>,
    /// Imported names, each with its path.
    pub(crate) imports: BTreeMap<String, String>,
    /// Crates that cells depend on, as Rust writes their names, each with what was asked for.
    pub(crate) crates: BTreeMap<String, String>,
    /// All of it, for an analysis.
    pub(crate) sketch: Sketch,
}

/// A variable.
#[derive(Clone, Debug)]
pub(crate) struct Variable {
    pub(crate) ty: String,
    pub(crate) is_mutable: bool,
}

/// An item.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    /// Such as `function`.
    pub(crate) noun: &'static str,
    pub(crate) text: String,
    pub(crate) label: String,
}

impl Known {
    /// What a state says.
    pub(crate) fn of(state: &State) -> Known {
        let variable = |(name, variable): (&String, &rust_cells::LiveVariable)| {
            (name.clone(), Variable { ty: variable.shown_type(), is_mutable: variable.is_mutable })
        };
        let definition = |definition: rust_cells::Definition<'_>| {
            let rust_cells::Definition { name, noun, text, label } = definition;
            let noun = noun.strip_prefix("the ").unwrap_or(noun);
            (name.to_owned(), Definition { noun, text: text.to_owned(), label: label.to_owned() })
        };
        let crates = state.dependencies().iter().map(|(name, value)| (name.replace('-', "_"), value.to_owned()));
        Known {
            variables: state.variables().iter().map(variable).collect(),
            lost: state.lost().clone(),
            definitions: state.definitions().map(definition).collect(),
            imports: state.imports().map(|(name, path)| (name.to_owned(), path.to_owned())).collect(),
            crates: crates.collect(),
            sketch: Sketch::of(state),
        }
    }
}
