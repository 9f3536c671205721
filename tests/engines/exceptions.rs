//! `exceptions.toml`: notebooks that `fused` declines, and those where the engines differ, each with its reason. Both lists are checked, so that
//! an entry which no longer holds fails. `kernel.toml` is the same for evcxr's kernel, which declines nothing.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::corpus::folder;
use crate::engines::{Comparison, Other};
use crate::verdict;

/// What a reason says that is found only by running the notebook.
const SEEN: &str = "as was seen while it ran";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exceptions {
    /// Notebooks that `fused` declines, and words that its reason must say.
    #[serde(default)]
    declined: BTreeMap<String, String>,
    /// Notebooks where the records may differ, as chance has a part in what they print, and why.
    #[serde(default)]
    unsure: BTreeMap<String, String>,
    /// Notebooks where the records differ.
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
    pub(crate) fn read(other: Other) -> Exceptions {
        let file = if other == Other::Kernel { "kernel.toml" } else { "exceptions.toml" };
        toml::from_str(&std::fs::read_to_string(folder().join(file)).unwrap()).unwrap()
    }

    /// Whether every entry is about a notebook that there is.
    pub(crate) fn check_names(&self, notebooks: &[String]) -> Result<(), String> {
        match self.declined.keys().chain(self.unsure.keys()).chain(self.different.keys()).find(|name| !notebooks.contains(name)) {
            Some(name) => Err(format!("exceptions.toml names `{name}`, which is no notebook of the corpus")),
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
        match (self.declined.get(name), self.different.get(name), comparison) {
            (Some(words), _, Comparison::Declined { reason }) if reason.contains(words) => match reason.contains(SEEN) {
                true if !words.contains(SEEN) => Err(format!("fused declines, but only after it has run the notebook: {reason}")),
                _ => Ok(()),
            },
            (Some(words), _, Comparison::Declined { reason }) => {
                Err(format!("fused declines, but for another reason than `{words}`: {reason}"))
            }
            (Some(_), _, _) => Err("fused is said to decline this notebook, and does not: take it off the list".into()),
            (None, Some(difference), Comparison::Different { cells, differences, .. }) if *cells != difference.cells => {
                Err(format!("other cells differ than {:?}:\n{}", difference.cells, differences.join("\n")))
            }
            (None, Some(_), Comparison::Different { .. }) => Ok(()),
            (None, Some(_), Comparison::Equal { .. }) => Err("the records are equal after all: take it off the list".into()),
            (None, _, comparison) => verdict(comparison),
        }
    }
}
