//! Notebooks where the engines differ, each with its reason, in a file named after the engine that is
//! compared. The list is checked: an entry that no longer holds fails.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::corpus::folder;
use crate::engines::{Comparison, Pair};
use crate::verdict;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exceptions {
    /// Notebooks where the records may differ, as chance has a part in what they print, and why.
    #[serde(default)]
    unsure: BTreeMap<String, String>,
    /// Notebooks where the records differ.
    #[serde(default)]
    different: BTreeMap<String, Difference>,
}

/// A notebook where the records differ.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Difference {
    /// The cells that differ, and no others.
    pub(crate) cells: Vec<usize>,
    /// Why that is so, and why it does no harm.
    #[expect(dead_code, reason = "for readers of the file, which must give one")]
    reason: String,
}

impl Exceptions {
    pub(crate) fn read(pair: &Pair) -> Exceptions {
        // An engine is like itself.
        if pair.one == pair.reference {
            return Exceptions::default();
        }
        toml::from_str(&std::fs::read_to_string(folder().join(format!("{}.toml", pair.one))).unwrap()).unwrap()
    }

    /// Whether every entry is about a notebook that there is.
    pub(crate) fn check_names(&self, notebooks: &[String]) -> Result<(), String> {
        match self.unsure.keys().chain(self.different.keys()).find(|name| !notebooks.contains(name)) {
            Some(name) => Err(format!("the list of exceptions names `{name}`, which is no notebook of the corpus")),
            None => Ok(()),
        }
    }

    /// Whether the notebook is one of those that may differ.
    pub(crate) fn allow(&self, name: &str) -> bool {
        self.different.contains_key(name) || self.unsure.contains_key(name)
    }

    /// Whether the comparison came out as it should.
    pub(crate) fn judge(&self, name: &str, comparison: &Comparison) -> Result<(), String> {
        if self.unsure.contains_key(name) {
            return Ok(());
        }
        match (self.different.get(name), comparison) {
            (Some(difference), Comparison::Different { cells, differences, .. }) if *cells != difference.cells => {
                Err(format!("other cells differ than {:?}:\n{}", difference.cells, differences.join("\n")))
            }
            (Some(_), Comparison::Different { .. }) => Ok(()),
            (Some(_), Comparison::Equal { .. }) => Err("the records are equal after all: take it off the list".into()),
            (_, comparison) => verdict(comparison),
        }
    }
}
