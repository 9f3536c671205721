//! Collects rules, and puts them in the order in which they are applied.

use std::collections::BTreeMap;
use std::path::{Component, Path};

use text_secrets::Known;

use super::folder::NamedFolder;
use super::rules::{self, BUILT_IN_RULES};
use super::{Action, Find, RedactError, Redactor, SECRET};
use crate::config::{Config, RedactRule, Toggle};
use crate::scope::Scope;

/// Collects the rules of a [`Redactor`].
///
/// The order in which they are given does not matter, except among the project's own rules.
#[derive(Clone, Debug, Default)]
pub struct RedactorBuilder {
    notebook: String,
    secrets: Vec<String>,
    paths: Vec<NamedFolder>,
    switched: BTreeMap<String, Toggle>,
    own: Vec<RedactRule>,
}

impl RedactorBuilder {
    /// Sets in which notebook the text will be, for rules that do not apply in all.
    pub fn notebook(&mut self, name: &str) -> &mut Self {
        name.clone_into(&mut self.notebook);
        self
    }

    /// Hides a secret, also where it is percent-encoded, or escaped in JSON or HTML. A text of fewer than
    /// four characters is not a secret.
    pub fn secret(&mut self, value: impl Into<String>) -> &mut Self {
        self.secrets.push(value.into());
        self
    }

    /// Hides the values of those variables whose names say that they hold secrets.
    pub fn variables(&mut self, variables: impl IntoIterator<Item = (String, String)>) -> &mut Self {
        let is_secret = |(name, value): &(String, String)| text_secrets::is_secret_variable(name, value);
        self.secrets.extend(variables.into_iter().filter(is_secret).map(|(_, value)| value));
        self
    }

    /// Writes `name`, such as `[ROOT]`, for a folder. In nested folders the innermost counts.
    pub fn path(&mut self, folder: &Path, name: impl Into<String>) -> &mut Self {
        self.folder(folder, name.into(), false)
    }

    /// Writes `[HOME]` for the user's home folder. A short one such as `/root` counts only where the path in
    /// it exists.
    pub fn home(&mut self, folder: &Path) -> &mut Self {
        let has_one_name = folder.components().filter(|part| matches!(part, Component::Normal(_))).count() == 1;
        self.folder(folder, "[HOME]".to_owned(), has_one_name)
    }

    fn folder(&mut self, folder: &Path, name: String, only_what_exists: bool) -> &mut Self {
        let folder = folder.to_string_lossy();
        let folder = folder.trim_end_matches(['/', '\\']);
        // Neither the root of the file system nor the current folder distinguishes this machine.
        if folder.len() > 1 && Path::new(folder).is_absolute() {
            self.paths.push(NamedFolder { folder: folder.to_owned(), name, only_what_exists });
        }
        self
    }

    /// Takes over which built-in rules are on, and the project's own rules.
    pub fn configure(&mut self, config: &Config) -> &mut Self {
        self.switched.extend(config.redactions.clone());
        self.own.extend(config.redact.iter().cloned());
        self
    }

    /// Adds a rule: a regular expression and what to write for its matches, in which `$1` or `${name}` is a
    /// group.
    pub fn rule(&mut self, name: impl Into<String>, pattern: impl Into<String>, replacement: impl Into<String>) -> &mut Self {
        let (name, pattern, replace) = (name.into(), pattern.into(), replacement.into());
        self.own.push(RedactRule { name, pattern, replace, only: Scope::default() });
        self
    }

    /// Compiles only the rules that hide secrets: for text that is to stay as it came, such as outputs in a
    /// notebook.
    ///
    /// # Errors
    /// If the secrets are too long for a pattern.
    pub(crate) fn build_for_secrets(&self) -> Result<Redactor, RedactError> {
        let mut redactor = Redactor { notebook: self.notebook.clone(), rules: Vec::new() };
        redactor.add_known(self.known()?.as_ref());
        redactor.add_tokens();
        Ok(redactor)
    }

    fn known(&self) -> Result<Option<Known>, RedactError> {
        Known::new(&self.secrets, SECRET)
            .map_err(|source| RedactError::Pattern { name: "secrets".to_owned(), source: Box::new(source) })
    }

    /// Compiles the rules.
    ///
    /// # Errors
    /// If a pattern of the project's own is not valid, or matches the empty text.
    pub fn build(&self) -> Result<Redactor, RedactError> {
        let mut redactor = Redactor { notebook: self.notebook.clone(), rules: Vec::new() };
        let everywhere = Scope::default;
        let known = self.known()?;
        // Secrets come first, so that no other rule tears them apart. They come once more because removing
        // colours may have joined one.
        redactor.add_known(known.as_ref());
        redactor.add("ansi", rules::ANSI, Action::Template(String::new()), everywhere(), false)?;
        redactor.add_known(known.as_ref());
        redactor.add_tokens();
        for rule in BUILT_IN_RULES {
            let scope = match self.switched.get(rule.name) {
                Some(Toggle::On(scope)) => scope.clone(),
                None if rule.is_on => everywhere(),
                Some(Toggle::Off) | None => continue,
            };
            if rule.name == "paths" {
                self.add_paths(&mut redactor, &scope)?;
            }
            if rule.name == "ports" {
                redactor.add(rule.name, rules::LOOPBACK, Action::Port, scope.clone(), false)?;
            }
            for (pattern, replacement) in rule.patterns {
                redactor.add(rule.name, pattern, Action::Template((*replacement).to_owned()), scope.clone(), false)?;
            }
        }
        for RedactRule { name, pattern, replace, only } in &self.own {
            redactor.add(name, pattern, Action::Template(replace.clone()), only.clone(), true)?;
        }
        if let Some(rule) =
            redactor.rules.iter().find(|rule| matches!(&rule.find, Find::Pattern(pattern, _) if pattern.is_match("")))
        {
            return Err(RedactError::EmptyMatch { name: rule.name.clone() });
        }
        Ok(redactor)
    }

    fn add_paths(&self, redactor: &mut Redactor, scope: &Scope) -> Result<(), RedactError> {
        let mut paths = self.paths.clone();
        paths.sort_by_key(|path| std::cmp::Reverse(path.folder.len()));
        for path in paths {
            // On Windows, JSON and `Debug` double the separators.
            let pattern = regex::escape(&path.folder).replace(r"\\", r"\\{1,2}");
            redactor.add("paths", &pattern, Action::Path(path), scope.clone(), false)?;
        }
        Ok(())
    }
}
