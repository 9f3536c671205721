//! The counts of a run, over all engines that took part in it.
//!
//! The main type is [`Tally`]. It decides nothing.

use std::collections::BTreeMap;

use super::error::RunError;
use super::target::Target;
use super::tell;
use crate::event::{Emit, Summary};
use crate::project::Project;
use crate::redact::RuleHits;

/// The outcomes of notebooks, over all engines that ran them. A notebook counts once, with its most serious
/// outcome.
#[derive(Default)]
pub(super) struct Tally {
    summaries: BTreeMap<String, Summary>,
    /// How often each redaction rule applied.
    pub(super) hits: Vec<RuleHits>,
}

impl Tally {
    /// Counts what a notebook came to on one engine.
    pub(super) fn add(&mut self, target: &Target, summary: &Summary) {
        let seriousness = |summary: &Summary| {
            let Summary { failed, new, set_up, internal, not_run, flaky, passed, cells_failed, cells_not_run, .. } = *summary;
            (failed, failed - new, not_run, flaky, internal, set_up, cells_failed, cells_not_run, passed)
        };
        let known = self.summaries.entry(target.notebook.name.clone()).or_insert(*summary);
        if seriousness(summary) > seriousness(known) {
            *known = *summary;
        }
    }

    /// Reports a notebook that was not begun, and counts it.
    pub(super) fn not_begun(&mut self, project: &Project, target: &Target, emit: Emit<'_>) -> Result<(), RunError> {
        let mut summary = Summary::default();
        tell::not_begun(project, target, &mut summary, emit)?;
        self.add(target, &summary);
        Ok(())
    }

    /// The counts over all notebooks.
    pub(super) fn summary(&self) -> Summary {
        let mut all = Summary::default();
        self.summaries.values().for_each(|summary| all.add(summary));
        all
    }

    /// Adds how often rules applied in one notebook to how often they applied in others.
    pub(super) fn add_hits(&mut self, of_one: &[RuleHits]) {
        for rule in of_one {
            match self.hits.iter_mut().find(|known| known.rule == rule.rule) {
                Some(known) => known.hits += rule.hits,
                None => self.hits.push(rule.clone()),
            }
        }
    }
}
