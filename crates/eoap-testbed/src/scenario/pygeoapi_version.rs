//! Which pygeoapi is imitated.
//!
//! [`Version`] knows the releases whose answers have been observed, and what changed between them.
//! The answers themselves are not known here.

use serde::Deserialize;

/// A version of pygeoapi, as its `X-Powered-By` header names it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Version {
    text: String,
    generation: Generation,
}

/// Versions that answer in the same way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Generation {
    /// A new job is answered with `null`, and every process may be run at once.
    V0_21,
    /// A new job is answered with a status, and a process runs as its description says.
    V0_24,
}

impl Version {
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn generation(&self) -> Generation {
        self.generation
    }
}

impl Default for Version {
    fn default() -> Self {
        Self { text: "0.24.0".to_owned(), generation: Generation::V0_24 }
    }
}

impl TryFrom<String> for Version {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let mut numbers = text.split('.');
        let generation = match (numbers.next(), numbers.next()) {
            (Some("0"), Some("21")) => Generation::V0_21,
            (Some("0"), Some("24")) => Generation::V0_24,
            _ => return Err(format!("{text:?} is no version of pygeoapi that can be imitated: give 0.21.x or 0.24.x")),
        };
        Ok(Self { text, generation })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_that_nobody_has_looked_at_are_refused() {
        let version = |text: &str| Version::try_from(text.to_owned()).map(|version| version.generation);
        assert_eq!(version("0.21.0"), Ok(Generation::V0_21));
        assert_eq!(version("0.24"), Ok(Generation::V0_24));
        assert!(version("0.22.0").unwrap_err().contains("0.21.x or 0.24.x"));
        assert_eq!(version(Version::default().text()), Ok(Version::default().generation));
    }
}
