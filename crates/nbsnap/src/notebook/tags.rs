//! Tags of cells: our own, and those of other tools with the same meaning.
//!
//! The main table is [`TAGS`]. The code that implements a tag asks [`CodeCell`](super::CodeCell). This
//! module only knows names.

use std::time::Duration;

use crate::config::{nearest, parse_duration};

/// A tag that means something here.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Tag {
    /// Its spelling. A placeholder for a value is in capitals.
    pub name: &'static str,
    /// Other tools that know it.
    pub known_to: &'static str,
    /// What it does.
    pub meaning: &'static str,
}

const fn tag(name: &'static str, known_to: &'static str, meaning: &'static str) -> Tag {
    Tag { name, known_to, meaning }
}

/// Every tag that means something here.
pub const TAGS: &[Tag] = &[
    tag(
        "raises-exception",
        "nbclient, nbval, papermill",
        "the cell must fail, by its own code; what it says then is compared with its snapshot",
    ),
    tag("nbval-raises-exception", "nbval", "the same"),
    tag("skip-execution", "nbclient, nbmake", "the cell is not run"),
    tag("nbval-skip", "nbval", "the same"),
    tag("nbsnap-skip", "", "the same"),
    tag(
        "nbval-ignore-output",
        "nbval",
        "the cell is run, and its output is neither compared nor recorded; `nbsnap accept` removes an earlier snapshot, which `nbsnap export` does not show",
    ),
    tag("nbsnap-ignore-output", "", "the same"),
    tag("nbval-check-output", "nbval", "the output is compared, as it always is unless it is to be ignored"),
    tag("nbsnap-timeout=DURATION", "", "how long the cell's code may run, in place of `cell-timeout`"),
    tag("nbsnap-compile-timeout=DURATION", "", "how long the cell may take to compile, in place of `compile-timeout`"),
    tag("parameters", "papermill", "`nbsnap run -p` puts its cell of parameters after this one"),
    tag("injected-parameters", "papermill", "the cell that `nbsnap run -p` put there, which the next run replaces"),
    tag("remove-cell", "jupyter-book, nbconvert", "`nbsnap export` leaves the cell out"),
    tag("remove-input", "jupyter-book, nbconvert", "`nbsnap export` leaves its source out"),
    tag("remove-output", "jupyter-book, nbconvert", "`nbsnap export` leaves its output out"),
    tag("hide-cell", "jupyter-book", "`nbsnap export` folds the cell"),
    tag("hide-input", "jupyter-book", "`nbsnap export` folds its source"),
    tag("hide-output", "jupyter-book", "`nbsnap export` folds its output"),
    tag("keep-output", "nbstripout", "`nbsnap strip` and `nbsnap check` leave its outputs where they are"),
    tag("rustfmt-skip", "", "`nbsnap check` leaves its layout as it is"),
];

/// Comments at the beginning of a cell that nbval reads as tags: after `#`, and in Rust after `//`.
const COMMENTS: [(&str, &str); 4] = [
    ("NBVAL_SKIP", "nbval-skip"),
    ("NBVAL_IGNORE_OUTPUT", "nbval-ignore-output"),
    ("NBVAL_CHECK_OUTPUT", "nbval-check-output"),
    ("NBVAL_RAISES_EXCEPTION", "nbval-raises-exception"),
];

/// The tags of a cell, those among its first comments included.
pub(super) fn all<'a>(tags: &'a [String], source: &'a str) -> impl Iterator<Item = &'a str> {
    let comments = source
        .lines()
        .map_while(|line| line.trim().strip_prefix("//").or(line.trim().strip_prefix('#')))
        .filter_map(|comment| COMMENTS.iter().find(|(name, _)| comment.trim() == *name).map(|(_, tag)| *tag));
    tags.iter().map(String::as_str).chain(comments)
}

/// The duration that a tag called `name` says, if it is one.
pub(super) fn duration(tag: &str, name: &str) -> Option<Result<Duration, String>> {
    let value = tag.strip_prefix(name)?.strip_prefix('=')?;
    Some(parse_duration(value).map_err(|reason| format!("tag `{tag}`: {reason}")))
}

/// Refuses a tag that looks like one of ours but is unknown.
pub(super) fn check(tag: &str) -> Result<(), String> {
    let ours = || TAGS.iter().map(|tag| tag.name).filter(|name| name.starts_with("nbsnap-"));
    let name_of = |name: &'static str| name.split('=').next().unwrap_or(name);
    let is_known = ours().any(|known| match known.split_once('=') {
        Some((name, _)) => tag.split_once('=').is_some_and(|(tag, _)| tag == name),
        None => tag == known,
    });
    if is_known || !tag.starts_with("nbsnap") {
        return Ok(());
    }
    let known: Vec<&str> = ours().collect();
    let meant = nearest(tag.split('=').next().unwrap_or(tag), ours().map(name_of));
    let suggestion = meant.map(|name| format!("; did you mean `{name}`?")).unwrap_or_default();
    Err(format!("there is no tag `{tag}`, only {}{suggestion}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nbvals_comments_are_tags_at_the_beginning_of_a_cell() {
        let tags = ["a".to_owned()];
        let source = "// NBVAL_SKIP\n// a remark\n//NBVAL_IGNORE_OUTPUT\nlet x = 1;\n// NBVAL_RAISES_EXCEPTION";
        assert_eq!(all(&tags, source).collect::<Vec<_>>(), ["a", "nbval-skip", "nbval-ignore-output"]);
        assert_eq!(all(&[], "# NBVAL_SKIP\n1/0").collect::<Vec<_>>(), ["nbval-skip"]);
    }

    #[test]
    fn a_tag_of_ours_that_is_misspelt_is_refused() {
        for good in ["nbsnap-skip", "nbsnap-timeout=5s", "anything", "nbval-whatever"] {
            check(good).unwrap();
        }
        assert!(check("nbsnap-skipp").unwrap_err().ends_with("did you mean `nbsnap-skip`?"));
        assert!(check("nbsnap-timeout").unwrap_err().contains("there is no tag `nbsnap-timeout`, only nbsnap-skip,"));
        assert!(duration("nbsnap-timeout=soon", "nbsnap-timeout").unwrap().unwrap_err().contains("`soon` is no duration"));
        assert_eq!(duration("nbsnap-timeout=5s", "nbsnap-timeout"), Some(Ok(Duration::from_secs(5))));
        assert_eq!(duration("nbsnap-timeouts=5s", "nbsnap-timeout"), None);
    }
}
