//! What is wrong with a notebook's file, without a run: what was left in it, how its code is written, and
//! code that evcxr handles badly.
//!
//! The main functions are [`look`], which finds, and [`fix`], which mends what can be mended without asking.
//! `structure` looks at cells and metadata, `format` at the layout of code, `pitfalls` at what code does.
//! Whether code compiles is not known here.

mod code;
mod finding;
mod format;
mod pitfalls;
mod structure;

use std::path::Path;

use crate::document::Document;

pub use finding::{Finding, Place};
pub use format::FormatError;

/// All rules: name, what it is about, whether it can be fixed.
pub const RULES: &[(&str, &str, bool)] = &[
    ("format", "the file breaks the notebook format", false),
    ("cell-ids", "a cell has no id, or one that is not its own: snapshots are named after ids", true),
    ("kernelspec", "the notebook does not say which kernel runs it", true),
    ("outputs", "a cell holds outputs: they belong into snapshots", true),
    ("counts", "execution counts are not those of a clean run", true),
    ("metadata", "metadata tells how the notebook was last run or shown", true),
    ("empty-cells", "a code cell has nothing in it", true),
    ("rustfmt", "code is not laid out as rustfmt does it", true),
    ("print-at-end", "a cell ends with `print!` and no line feed: Jupyter shows it with the next cell, or never", false),
    ("statics", "a cell has a static, which evcxr starts anew in every cell, or a thread local, which it forgets", false),
    ("unversioned-dep", "a `:dep` line names no version", false),
    ("control-words", "a cell prints a word with which evcxr steers its kernel", false),
    ("unstable-commands", "an evcxr command shows something else on every run", false),
    ("await-in-cells", "`.await` on a runtime that is linked into each cell hangs from the second cell on", false),
];

/// Whether [`fix`] mends what a rule finds.
pub fn is_fixable(rule: &str) -> bool {
    RULES.iter().any(|(name, _, fixable)| *name == rule && *fixable)
}

/// What is wrong with a notebook, in the order of its cells. Rules whose names are in `allowed` are left out.
///
/// # Errors
/// When rustfmt cannot be run.
pub fn look(document: &Document, folder: &Path, allowed: &[String]) -> Result<Vec<Finding>, FormatError> {
    let is_wanted = |rule: &str| !allowed.iter().any(|name| name == rule);
    let mut findings = structure::look(document);
    // Nothing is known of code in other languages.
    if !structure::is_foreign(document) {
        findings.extend(pitfalls::look(document));
        if is_wanted("rustfmt") {
            findings.extend(format::look(document, folder)?);
        }
    }
    findings.retain(|finding| is_wanted(finding.rule));
    findings.sort_by_key(|finding| finding.cell.as_ref().map_or((0, 0), |place| (place.number, place.line.unwrap_or(0))));
    Ok(findings)
}

/// Mends what can be mended without asking.
///
/// # Errors
/// When rustfmt cannot be run. What does not need rustfmt is mended anyway.
pub fn fix(document: &mut Document, folder: &Path, allowed: &[String]) -> Result<(), FormatError> {
    let is_wanted = |rule: &str| !allowed.iter().any(|name| name == rule);
    structure::fix(document, &is_wanted);
    if is_wanted("rustfmt") && !structure::is_foreign(document) {
        format::fix(document, folder)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
