//! Patterns that cover the notebooks there are, and those that will be beside them.
//!
//! A pattern never covers the whole folder: copies of notebooks, as `nbsnap run -o` makes them, and notebooks
//! that came with data or packages would be tests.

use std::collections::BTreeSet;
use std::path::Path;

/// A folder's number and what follows it: what comes after `week1` is `week2`, after `01-intro` `02-tables`.
const ANY_NUMBER: &str = "[0-9]*";

/// The patterns, in order, for notebooks at these paths.
pub(super) fn of<'p>(notebooks: impl Iterator<Item = &'p Path>) -> BTreeSet<String> {
    let pattern = |path: &Path| match path.components().nth(1).and(path.iter().next()) {
        Some(first) => format!("{}/**", folder(&first.to_string_lossy())),
        None => "*.ipynb".to_owned(),
    };
    notebooks.map(pattern).collect()
}

/// The pattern for a folder and those that have other numbers.
fn folder(name: &str) -> String {
    match name.find(|c: char| c.is_ascii_digit()) {
        Some(at) => format!("{}{ANY_NUMBER}", glob::Pattern::escape(&name[..at])),
        None => glob::Pattern::escape(name),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::PathPattern;

    #[test]
    fn what_is_added_beside_the_notebooks_is_covered() {
        for (there, pattern, later, elsewhere) in [
            ("01.ipynb", "*.ipynb", "02.ipynb", "data/02.ipynb"),
            ("lessons/week1/01.ipynb", "lessons/**", "lessons/week2/02.ipynb", "drafts/02.ipynb"),
            ("week1/01.ipynb", "week[0-9]*/**", "week12/exercises/02.ipynb", "weekly/02.ipynb"),
            ("01-intro/01.ipynb", "[0-9]*/**", "02-tables/02.ipynb", "data/02.ipynb"),
            ("part [a]/01.ipynb", "part [[]a[]]/**", "part [a]/02.ipynb", "part a/02.ipynb"),
        ] {
            let patterns: Vec<String> = of([Path::new(there)].into_iter()).into_iter().collect();
            assert_eq!(patterns, [pattern]);
            let covers = |path: &str| PathPattern::new(pattern).unwrap().covers(Path::new(path));
            assert!(covers(there) && covers(later) && !covers(elsewhere), "{pattern}");
        }
    }
}
