//! The results of a notebook's cells so far, as far as the compiler needs them.
//!
//! The main type is [`State`]. It is plain data: compiling a cell makes a new state from it. Nothing here
//! runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;

use crate::dependencies::DependencySet;
use crate::items::Items;
use crate::types::shown;

/// A variable that lives on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LiveVariable {
    /// Its type, as later cells write it.
    pub ty: String,
    /// Whether it is `mut`.
    pub is_mutable: bool,
}

/// An item as its author knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Definition<'a> {
    /// Its name.
    pub name: &'a str,
    /// What it is: `the function`, `the type`, …
    pub noun: &'static str,
    /// Its text, comments before it included.
    pub text: &'a str,
    /// The label of the cell that defined it.
    pub label: &'a str,
}

/// How errors that `?` meets are shown, and so what they must implement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ErrorFormat {
    /// `{}`, by `Display`.
    #[default]
    Display,
    /// `{:?}`, by `Debug`.
    Debug,
    /// `{:#?}`, by `Debug`, over several lines.
    Pretty,
}

impl LiveVariable {
    /// Its type as its author would write it, without the marks that keep it apart from items of the notebook.
    pub fn shown_type(&self) -> String {
        shown(&self.ty)
    }
}

impl ErrorFormat {
    /// The format with these letters.
    pub fn parse(text: &str) -> Option<ErrorFormat> {
        [ErrorFormat::Display, ErrorFormat::Debug, ErrorFormat::Pretty].into_iter().find(|format| format.to_string() == text)
    }

    /// The trait that errors must implement.
    pub fn bound(self) -> &'static str {
        if self == ErrorFormat::Display { "std::fmt::Display" } else { "std::fmt::Debug" }
    }

    /// The type that generated code turns errors into.
    pub(crate) fn error_type(self) -> &'static str {
        match self {
            ErrorFormat::Display => "::cells_rt::DisplayError",
            ErrorFormat::Debug => "::cells_rt::DebugError",
            ErrorFormat::Pretty => "::cells_rt::PrettyError",
        }
    }
}

impl fmt::Display for ErrorFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ErrorFormat::Display => "{}",
            ErrorFormat::Debug => "{:?}",
            ErrorFormat::Pretty => "{:#?}",
        })
    }
}

/// What a cell is compiled against. Cheap to clone.
#[derive(Clone, Debug)]
pub struct State {
    pub(crate) items: Items,
    pub(crate) variables: Arc<BTreeMap<String, LiveVariable>>,
    /// Variables that no longer exist, each with the reason: `moved into a cell`, …
    pub(crate) lost: BTreeMap<String, String>,
    /// Attributes of the notebook as a whole.
    pub(crate) attributes: BTreeSet<String>,
    /// The crates that cells have asked for so far.
    pub(crate) dependencies: DependencySet,
    /// How the value of a cell is shown: `{:?}`.
    pub(crate) value_format: String,
    pub(crate) error_format: ErrorFormat,
    /// rustc's opt-level for cells.
    pub(crate) opt_level: String,
    /// Whether a cell has awaited so far.
    pub(crate) awaits: bool,
}

impl State {
    /// The state before the first cell. Cells are compiled at this opt-level.
    pub fn new(opt_level: &str) -> State {
        State {
            items: Items::default(),
            variables: Arc::default(),
            lost: BTreeMap::new(),
            attributes: BTreeSet::new(),
            dependencies: DependencySet::default(),
            value_format: "{:?}".to_owned(),
            error_format: ErrorFormat::default(),
            opt_level: opt_level.to_owned(),
            awaits: false,
        }
    }

    /// The variables that live on, by name.
    pub fn variables(&self) -> &BTreeMap<String, LiveVariable> {
        &self.variables
    }

    /// Variables that no longer exist, each with the reason.
    pub fn lost(&self) -> &BTreeMap<String, String> {
        &self.lost
    }

    /// What cells have defined by name, in order, without imports and implementations.
    pub fn definitions(&self) -> impl Iterator<Item = Definition<'_>> {
        self.items.iter().flat_map(|defined| {
            let names: BTreeSet<&String> =
                defined.item.defines.iter().filter(|_| defined.item.imports.is_empty()).map(|(_, name)| name).collect();
            names.into_iter().map(|name| Definition {
                name,
                noun: defined.item.noun,
                text: &defined.source[defined.range.clone()],
                label: &defined.label,
            })
        })
    }

    /// The names that cells have imported, each with its whole path.
    pub fn imports(&self) -> impl Iterator<Item = (&str, &str)> {
        let imports = self.items.iter().flat_map(|defined| {
            let named = |(index, _): &(usize, _)| !defined.unnamed.contains(index);
            defined.item.imports.iter().enumerate().filter(named).map(|(_, import)| import)
        });
        imports.filter_map(|import| Some((import.name.as_deref()?, import.path.as_str())))
    }

    /// The crates that cells have asked for.
    pub fn dependencies(&self) -> &DependencySet {
        &self.dependencies
    }

    /// The variables, to be changed. States share them until then.
    pub(crate) fn variables_mut(&mut self) -> &mut BTreeMap<String, LiveVariable> {
        Arc::make_mut(&mut self.variables)
    }

    /// Forgets all variables, since the process that held them is gone.
    pub(crate) fn lose_variables(&mut self, why: &str) {
        for name in std::mem::take(&mut self.variables).keys() {
            self.lost.insert(name.clone(), why.to_owned());
        }
    }
}
