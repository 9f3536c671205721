//! What a user who misspelt a name probably meant.
//!
//! Pure functions on text.

use std::sync::LazyLock;

use regex::Regex;

/// The name among `known` that is nearest to `asked`, if one is near enough to be meant.
pub(crate) fn nearest<'a>(asked: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let near = |name: &'a str| (strsim::jaro_winkler(&asked.to_lowercase(), &name.to_lowercase()), name);
    let best = known.map(near).max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 > 0.8).then_some(best.1)
}

/// An error message of serde's, with what was probably meant where it names something unknown and what is
/// known.
pub(crate) fn with_suggestion(message: &str) -> String {
    static UNKNOWN: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"unknown (?:field|variant) `([^`]*)`, expected (?:one of )?(.*)").expect("the pattern is a constant")
    });
    let Some(found) = UNKNOWN.captures(message) else { return message.to_owned() };
    match nearest(&found[1], found[2].split('`').skip(1).step_by(2)) {
        Some(name) => format!("{message}; did you mean `{name}`?"),
        None => message.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_suggested_and_nothing_else() {
        let message = "line 1\nunknown field `cell-timeuot`, expected one of `fresh`, `cell-timeout`, `compile-timeout`";
        assert!(with_suggestion(message).ends_with("`compile-timeout`; did you mean `cell-timeout`?"));
        assert!(with_suggestion("unknown variant `evcxrr`, expected `evcxr` or `jupyter`").ends_with("did you mean `evcxr`?"));
        let other = "unknown field `zzz`, expected one of `fresh`, `retries`";
        assert_eq!(with_suggestion(other), other);
        assert_eq!(with_suggestion("not TOML"), "not TOML");
        assert_eq!(nearest("x", std::iter::empty()), None);
    }
}
