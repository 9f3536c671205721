//! `[kernels]`: which kernels run notebooks, where those that they name are called otherwise here.

use std::collections::BTreeMap;
use std::str::FromStr;

use serde::Deserialize;

use crate::notebook::Notebook;
use crate::scope::Glob;

/// Kernels by the names that notebooks have for them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>")]
pub struct Kernels(Vec<KernelChoice>);

/// One name, or pattern for names, and the kernel that is run in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KernelChoice {
    named: Glob,
    run: String,
}

impl Kernels {
    /// Adds choices that win over the ones there are.
    pub fn put_first(&mut self, choices: impl IntoIterator<Item = KernelChoice>) {
        let mut all: Vec<KernelChoice> = choices.into_iter().collect();
        all.append(&mut self.0);
        self.0 = all;
    }

    /// Gives a notebook the kernel that runs it. A pattern is not for notebooks in Rust: `*` means all
    /// kernels that are installed for Jupyter.
    pub fn apply(&self, notebook: &mut Notebook) {
        let is_rust = notebook.is_rust();
        let is_meant = |choice: &&KernelChoice| match is_rust {
            true => choice.named.is_name(&notebook.kernel),
            false => choice.named.matches(&notebook.kernel),
        };
        if let Some(choice) = self.0.iter().find(is_meant) {
            notebook.kernel.clone_from(&choice.run);
            if is_rust {
                notebook.language = Some("rust".to_owned());
            }
        }
    }
}

impl TryFrom<BTreeMap<String, String>> for Kernels {
    type Error = String;

    fn try_from(written: BTreeMap<String, String>) -> Result<Kernels, String> {
        let choice = |(named, run): (String, String)| KernelChoice::new(&named, &run);
        let mut choices = written.into_iter().map(choice).collect::<Result<Vec<_>, _>>()?;
        // A name wins over patterns, and a longer pattern over a shorter one.
        choices.sort_by_key(|choice| {
            let pattern = choice.named.to_string();
            (Glob::is_pattern(&pattern), std::cmp::Reverse(pattern.len()))
        });
        Ok(Kernels(choices))
    }
}

impl KernelChoice {
    fn new(named: &str, run: &str) -> Result<KernelChoice, String> {
        if named.is_empty() || run.is_empty() {
            return Err("a kernel has no name: write `NAME`, or `NAME=OTHER` for notebooks that name NAME".to_owned());
        }
        Ok(KernelChoice { named: Glob::new(named)?, run: run.to_owned() })
    }
}

/// `NAME`, which runs all notebooks, or `NAMED=NAME`.
impl FromStr for KernelChoice {
    type Err = String;

    fn from_str(text: &str) -> Result<KernelChoice, String> {
        let (named, run) = text.split_once('=').unwrap_or(("*", text));
        KernelChoice::new(named.trim(), run.trim())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runs(kernels: &Kernels, named: &str, language: &str) -> String {
        let mut notebook = Notebook { kernel: named.into(), language: Some(language.into()), ..Notebook::default() };
        let was_rust = notebook.is_rust();
        kernels.apply(&mut notebook);
        assert_eq!(notebook.is_rust(), was_rust, "a notebook's language stays");
        notebook.kernel
    }

    #[test]
    fn a_name_wins_over_patterns_and_an_argument_over_both() {
        let written = "\"*\" = \"python3\"\n\"venv-*\" = \"python3.11\"\nvenv-old = \"python3.9\"\nrust = \"rust-nightly\"";
        let mut kernels: Kernels = toml::from_str(written).unwrap();
        assert_eq!(runs(&kernels, "conda-base", "python"), "python3");
        assert_eq!(runs(&kernels, "venv-new", "python"), "python3.11");
        assert_eq!(runs(&kernels, "venv-old", "python"), "python3.9");
        // A pattern never makes Python of Rust.
        assert_eq!(runs(&kernels, "rust", "rust"), "rust-nightly");
        assert_eq!(runs(&kernels, "evcxr", "rust"), "evcxr");
        kernels.put_first(["ir=irkernel".parse().unwrap(), "py".parse().unwrap()]);
        assert_eq!((runs(&kernels, "ir", "r"), runs(&kernels, "venv-old", "python")), ("irkernel".into(), "py".into()));
        assert_eq!(runs(&kernels, "rust", "rust"), "rust-nightly");
    }

    #[test]
    fn what_names_no_kernel_is_an_error() {
        for text in ["", "=", "a=", "=b"] {
            assert!(text.parse::<KernelChoice>().unwrap_err().contains("write `NAME`"), "{text}");
        }
        assert!(toml::from_str::<Kernels>("\"[\" = \"a\"").unwrap_err().to_string().contains("is no pattern for names"));
    }
}
