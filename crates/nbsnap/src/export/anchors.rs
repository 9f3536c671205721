//! The names of the headings of a page, to which links lead.

use std::collections::BTreeSet;

/// The names that are given on one page.
#[derive(Clone, Debug, Default)]
pub(super) struct Anchors(BTreeSet<String>);

impl Anchors {
    /// A name for a heading with this text, which no earlier one has.
    pub(super) fn add(&mut self, text: &str) -> String {
        let slug = slug(text);
        let names = std::iter::once(slug.clone()).chain((1..).map(|number| format!("{slug}-{number}")));
        let anchor = names.into_iter().find(|name| !self.0.contains(name)).unwrap_or_default();
        self.0.insert(anchor.clone());
        anchor
    }

    /// All names.
    pub(super) fn into_names(self) -> BTreeSet<String> {
        self.0
    }
}

/// The text of a heading as its name, in GitHub's manner.
pub(super) fn slug(text: &str) -> String {
    let lower = text.trim().to_lowercase();
    let kept = lower.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}
