//! `[project]`: which notebooks are the project's.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Deserializer, de::Error as _};

/// Which of the notebooks below the folder of the settings belong to the project.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
#[non_exhaustive]
pub struct ProjectConfig {
    /// Those that belong to it; all, if it is empty.
    pub notebooks: Vec<PathPattern>,
    /// Those that do not, whatever `notebooks` says.
    pub exclude: Vec<PathPattern>,
}

impl ProjectConfig {
    /// Whether the notebook or folder at this path, from the folder of the settings, belongs to the project.
    pub fn covers(&self, path: &Path) -> bool {
        self.membership(path) == Membership::Member
    }

    /// How the notebook or folder at this path is related to the project.
    pub fn membership(&self, path: &Path) -> Membership {
        let is_listed = self.notebooks.is_empty() || self.notebooks.iter().any(|pattern| pattern.covers(path));
        match self.exclude.iter().any(|pattern| pattern.covers(path)) {
            true => Membership::Excluded,
            false if is_listed => Membership::Member,
            false => Membership::NotListed,
        }
    }

    /// All patterns.
    pub fn patterns(&self) -> impl Iterator<Item = &PathPattern> {
        self.notebooks.iter().chain(&self.exclude)
    }
}

/// How a notebook is related to a project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Membership {
    /// It belongs to it.
    Member,
    /// `exclude` says that it does not.
    Excluded,
    /// `notebooks` does not cover it, which nobody may have meant.
    NotListed,
}

/// A pattern for paths: `*`, `?` and `[abc]` within one step, `**` for any number of steps. A folder includes
/// everything in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathPattern(glob::Pattern);

impl PathPattern {
    /// Reads a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn new(pattern: &str) -> Result<PathPattern, String> {
        if Path::new(pattern).is_absolute() || pattern.split('/').any(|step| step == "..") {
            return Err(format!("`{pattern}` leads out of the folder of the settings: begin there, as in `lessons/**`"));
        }
        let plain = pattern.trim_start_matches("./").trim_end_matches('/');
        let read = glob::Pattern::new(plain).map(PathPattern);
        read.map_err(|error| format!("`{pattern}` is no pattern for paths: {}", error.msg))
    }

    /// Whether it matches a path, or a folder that the path leads through.
    pub fn covers(&self, path: &Path) -> bool {
        let options = glob::MatchOptions { require_literal_separator: true, ..glob::MatchOptions::default() };
        path.ancestors().filter(|path| !path.as_os_str().is_empty()).any(|path| self.0.matches_path_with(path, options))
    }
}

impl fmt::Display for PathPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str())
    }
}

impl<'de> Deserialize<'de> for PathPattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<PathPattern, D::Error> {
        PathPattern::new(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_means_files_and_what_lies_in_folders() {
        for (pattern, path, fits) in [
            ("lessons/**", "lessons/week1/01.ipynb", true),
            ("lessons/**/*.ipynb", "lessons/01.ipynb", true),
            ("lessons", "lessons/week1/01.ipynb", true),
            ("./lessons/", "lessons/01.ipynb", true),
            ("lessons/*.ipynb", "lessons/week1/01.ipynb", false),
            ("*.ipynb", "lessons/01.ipynb", false),
            ("**/drafts", "lessons/drafts/01.ipynb", true),
            ("lesson", "lessons/01.ipynb", false),
            ("**", "01.ipynb", true),
        ] {
            assert_eq!(PathPattern::new(pattern).unwrap().covers(Path::new(path)), fits, "{pattern} {path}");
        }
    }

    #[test]
    fn what_leads_out_of_the_folder_is_refused() {
        for pattern in ["../other/**", "/home", "a/../../b"] {
            assert!(PathPattern::new(pattern).unwrap_err().contains("leads out of the folder"), "{pattern}");
        }
        assert_eq!(PathPattern::new("[").unwrap_err(), "`[` is no pattern for paths: invalid range pattern");
    }

    #[test]
    fn what_is_excluded_is_not_meant() {
        let config: ProjectConfig = toml::from_str("notebooks = [\"lessons\"]\nexclude = [\"**/drafts\"]").unwrap();
        assert!(config.covers(Path::new("lessons/01.ipynb")));
        assert!(!config.covers(Path::new("lessons/drafts/01.ipynb")) && !config.covers(Path::new("01.ipynb")));
    }
}
