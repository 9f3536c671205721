//! Where a rule applies: in which notebooks, cells, streams and MIME types.
//!
//! The main types are [`Scope`], which a configuration writes, and [`Place`], which it covers or not. This
//! module knows no rule.

use std::fmt;

use serde::{Deserialize, Deserializer, de::Error};

/// Where a rule applies. A field that is not set matches everything: so does the default.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Scope {
    /// The notebook's name, or its end.
    pub notebook: Option<Glob>,
    /// The cell's id.
    pub cell: Option<Glob>,
    /// Which of a cell's streams.
    pub stream: Option<Stream>,
    /// The MIME type of display data; where it is set, the other streams do not match.
    pub mime: Option<Glob>,
}

/// What a cell writes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// Display data of any MIME type.
    Display,
    /// Why the cell failed.
    Error,
}

/// Where in a record a text is.
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// The notebook's name.
    pub notebook: &'a str,
    /// The cell's id; empty where the text belongs to no cell.
    pub cell: &'a str,
    /// Which stream.
    pub stream: Stream,
    /// The MIME type, without parameters, of display data.
    pub mime: Option<&'a str>,
}

impl Scope {
    /// Whether it covers a text at `place`.
    pub fn covers(&self, place: &Place<'_>) -> bool {
        self.covers_notebook(place.notebook)
            && self.cell.as_ref().is_none_or(|glob| glob.matches(place.cell))
            && self.stream.is_none_or(|stream| stream == place.stream)
            && self.mime.as_ref().is_none_or(|glob| place.mime.is_some_and(|mime| glob.matches(mime)))
    }

    /// Whether it covers any place in a notebook of this name.
    pub(crate) fn covers_notebook(&self, notebook: &str) -> bool {
        self.notebook.as_ref().is_none_or(|glob| glob.matches_notebook(notebook))
    }
}

/// A pattern for names in the manner of a shell: `*`, `?`, `[abc]`, `[!abc]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Glob(glob::Pattern);

impl Glob {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn new(pattern: &str) -> Result<Glob, String> {
        glob::Pattern::new(pattern).map(Glob).map_err(|error| format!("`{pattern}` is no pattern for names: {}", error.msg))
    }

    /// Whether it matches the whole of `name`.
    pub fn matches(&self, name: &str) -> bool {
        self.0.matches(name)
    }

    /// Whether it matches a notebook's name, or the end of one: `03-*` is also in `lessons/week2/03-dice`.
    pub fn matches_notebook(&self, name: &str) -> bool {
        let mut ends = name.match_indices('/').map(|(at, _)| &name[at + 1..]);
        self.matches(name) || ends.any(|end| self.matches(end))
    }

    /// Whether it is this very name, and no pattern.
    pub fn is_name(&self, name: &str) -> bool {
        !Glob::is_pattern(self.0.as_str()) && self.0.as_str() == name
    }

    /// Whether `text` is a pattern rather than a plain name.
    pub(crate) fn is_pattern(text: &str) -> bool {
        text.contains(['*', '?', '['])
    }
}

impl fmt::Display for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl fmt::Debug for Glob {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Glob({:?})", self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for Glob {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Glob, D::Error> {
        Glob::new(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(text: &str) -> Scope {
        toml::from_str(text).unwrap()
    }

    #[test]
    fn a_scope_covers_what_it_says_and_all_of_the_rest() {
        let html = Place { notebook: "04-execute", cell: "table", stream: Stream::Display, mime: Some("text/html") };
        let stderr = Place { stream: Stream::Stderr, mime: None, ..html };
        for (text, covers_html, covers_stderr) in [
            ("", true, true),
            ("notebook = \"04-*\"", true, true),
            ("notebook = \"05-*\"", false, false),
            ("cell = \"t?ble\"", true, true),
            ("stream = \"stderr\"", false, true),
            ("stream = \"display\"", true, false),
            ("mime = \"text/*\"", true, false),
            ("mime = \"*\"\ncell = \"map\"", false, false),
        ] {
            assert_eq!((scope(text).covers(&html), scope(text).covers(&stderr)), (covers_html, covers_stderr), "{text}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        let error = toml::from_str::<Scope>("notebook = \"[\"").unwrap_err().to_string();
        assert!(error.contains("`[` is no pattern for names: invalid range pattern"), "{error}");
        assert!(toml::from_str::<Scope>("stream = \"stdin\"").is_err());
    }
}
