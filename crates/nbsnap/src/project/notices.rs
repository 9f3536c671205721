//! What in a project's settings does not fit its notebooks, in sentences: patterns without a notebook,
//! notebooks without a pattern, rules for notebooks that do not exist.
//!
//! Nothing here is an error: a notebook that nobody tests, and a rule that hides nothing, must be seen.

use super::{Notebooks, Project};
use crate::config::{Config, Toggle};
use crate::scope::Scope;

/// How many notebooks are named in one sentence.
const NAMED: usize = 3;

/// On `[project]`: patterns that fit no notebook, and notebooks that it leaves out.
pub fn of_patterns(project: &Project, notebooks: &Notebooks) -> Vec<String> {
    let idle = notebooks.idle_patterns.iter().map(|pattern| format!("`{pattern}` in [project] fits no notebook"));
    idle.chain(left_out(project, notebooks)).collect()
}

/// On rules that are for notebooks which do not exist.
pub fn of_rules(project: &Project, notebooks: &Notebooks) -> Vec<String> {
    let names = notebooks.names();
    let idle = scopes(&project.config).into_iter().filter(|(_, scope)| fits_none(scope, &names));
    let sentence = |(rule, scope): (String, &Scope)| {
        let pattern = scope.notebook.as_ref().map(ToString::to_string).unwrap_or_default();
        format!("{rule} is for notebook `{pattern}`, which fits none: mend its place, or remove it")
    };
    idle.map(sentence).collect()
}

/// Whether a rule is for notebooks that do not exist.
pub(crate) fn fits_none(scope: &Scope, names: &[&str]) -> bool {
    scope.notebook.is_some() && !names.iter().any(|name| scope.covers_notebook(name))
}

fn left_out(project: &Project, notebooks: &Notebooks) -> Option<String> {
    let all = &notebooks.left_out;
    let named: Vec<String> = all.iter().take(NAMED).map(|path| project.relative(path).display().to_string()).collect();
    let more = match all.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    let notebooks = match all.len() {
        1 => "1 notebook is".to_owned(),
        number => format!("{number} notebooks are"),
    };
    (!all.is_empty()).then(|| {
        format!("{notebooks} not among `[project] notebooks`: {}{more}; add a pattern there, or to `exclude`", named.join(", "))
    })
}

/// The rules that say where they apply, and that place.
fn scopes(config: &Config) -> Vec<(String, &Scope)> {
    let own = config.redact.iter().map(|rule| (format!("redaction rule `{}`", rule.name), &rule.only));
    let built_in = config.redactions.iter().filter_map(|(name, toggle)| match toggle {
        Toggle::On(scope) => Some((format!("redaction `{name}`"), scope)),
        Toggle::Off => None,
    });
    let compare = config.compare.iter().map(|rule| ("a rule of [[compare]]".to_owned(), &rule.only));
    own.chain(built_in).chain(compare).collect()
}
