//! Takes out of a cell's record what differs between machines and runs, and what must never be kept: secrets.
//!
//! The main type is [`Redactor`]: named rules, applied in a fixed order to all text of a record, before it is
//! compared and before it is saved. Each rule counts its hits, so that a report can name a rule that never
//! applies. Binary display data stays as it is, as text inside it cannot be found.

mod rules;

use std::collections::BTreeMap;
use std::path::{Component, Path};

use regex::{Captures, Regex, RegexBuilder};
use text_secrets::Known;

pub(crate) use rules::ANSI;
pub use rules::{BUILT_IN_RULES, BuiltInRule};

use crate::config::{Config, RedactRule, Toggle};
use crate::record::{CellRecord, Failure};
use crate::scope::{Place, Scope, Stream};
use crate::snapshot::{Body, Content, SectionName};

/// Memory that a compiled pattern may take.
const PATTERN_LIMIT: usize = 64 << 20;
/// What is written in place of a secret.
const SECRET: &str = "[SECRET]";

/// Why a rule cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedactError {
    /// The pattern is not a valid regular expression.
    #[error("redaction rule `{name}` has a pattern that is not a regular expression")]
    Pattern {
        /// The rule's name.
        name: String,
        /// What is wrong with it.
        source: Box<regex::Error>,
    },
    /// The pattern matches everywhere.
    #[error("redaction rule `{name}` has a pattern that matches the empty text, and so everywhere")]
    EmptyMatch {
        /// The rule's name.
        name: String,
    },
}

/// How often a rule applied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleHits {
    /// The rule's name.
    pub rule: String,
    /// How often.
    pub hits: usize,
    /// Whether it is one of the project's own rules, which should apply because somebody wrote it.
    pub is_own: bool,
}

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

/// A folder, and its replacement.
#[derive(Clone, Debug)]
struct NamedFolder {
    folder: String,
    name: String,
    /// Whether a path counts only if it exists: `/root` is also the beginning of an XPath, and the end of
    /// `</root>`.
    only_what_exists: bool,
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
    pub fn build_for_secrets(&self) -> Result<Redactor, RedactError> {
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

/// Named rules that take out what must not be compared or kept, of one notebook.
#[derive(Clone, Debug)]
pub struct Redactor {
    notebook: String,
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    name: String,
    find: Find,
    scope: Scope,
    hits: usize,
    is_own: bool,
}

/// What a rule looks for.
#[derive(Clone, Debug)]
enum Find {
    /// A pattern, and what to do with its matches.
    Pattern(Regex, Action),
    /// Secrets by their looks, which become `[SECRET]`.
    Tokens,
}

#[derive(Clone, Debug)]
enum Action {
    /// Write this, groups filled in.
    Template(String),
    /// Write the folder's name if the match is a whole path, or the whole beginning of one.
    Path(NamedFolder),
    /// Write `[SECRET]`.
    Secret,
    /// Write `[PORT]` for a port that the system may have chosen.
    Port,
}

impl Redactor {
    /// Begins with the rules that hold unless they are switched off: see [`BUILT_IN_RULES`]. Escapes for
    /// terminals, and tokens that are known by their looks, are always removed.
    pub fn builder() -> RedactorBuilder {
        RedactorBuilder::default()
    }

    /// Redacts all text of the record of a cell: both streams, display data that is not binary, and the
    /// failure.
    pub fn record(&mut self, cell: &str, record: &mut CellRecord) {
        self.in_place(&mut record.stdout, cell, Stream::Stdout, None);
        self.in_place(&mut record.stderr, cell, Stream::Stderr, None);
        for (mime, content) in record.displays_mut().flatten() {
            if crate::snapshot::is_binary(mime, content) {
                continue;
            }
            self.in_place(content, cell, Stream::Display, Some(mime));
        }
        if let Some(failure) = &mut record.failure {
            self.failure(cell, failure);
        }
    }

    /// Redacts all text of the snapshot of a cell.
    pub fn body(&mut self, cell: &str, body: &mut Body) {
        for section in &mut body.sections {
            let Content::Text(text) = &mut section.content else { continue };
            let (stream, mime) = match &section.name {
                SectionName::Stdout => (Stream::Stdout, None),
                SectionName::Stderr => (Stream::Stderr, None),
                SectionName::Error => (Stream::Error, None),
                SectionName::Mime(mime) | SectionName::Further(_, mime) => (Stream::Display, Some(mime.as_str())),
            };
            self.in_place(text, cell, stream, mime);
        }
    }

    /// Redacts the messages of a cell's failure.
    pub fn failure(&mut self, cell: &str, failure: &mut Failure) {
        let mut hide = |text: &mut String| self.in_place(text, cell, Stream::Error, None);
        match failure {
            Failure::Compile { diagnostics } => {
                for diagnostic in diagnostics {
                    hide(&mut diagnostic.message);
                    diagnostic.spans.iter_mut().for_each(|span| hide(&mut span.label));
                    diagnostic.help.iter_mut().for_each(&mut hide);
                }
            }
            Failure::Panic { message, .. }
            | Failure::Error { message, .. }
            | Failure::Refused { message }
            | Failure::Engine { message } => hide(message),
            Failure::Exception { name, value, traceback, .. } => {
                hide(name);
                hide(value);
                traceback.iter_mut().for_each(&mut hide);
            }
            Failure::InputRequest { prompt } => hide(prompt),
            Failure::Died { status } => hide(status),
            Failure::ControlWord { word } => hide(word),
            Failure::LateOutput { text } => hide(text),
            Failure::Timeout { .. } | Failure::NotebookTimeout { .. } | Failure::TooMuchOutput { .. } => {}
        }
    }

    /// Redacts text outside of all cells.
    pub fn text(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        self.in_place(&mut text, "", Stream::Error, None);
        text
    }

    /// Removes only secrets from text, such as the source of a cell.
    pub fn without_secrets(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        for rule in self.rules.iter_mut().filter(|rule| matches!(rule.find, Find::Tokens | Find::Pattern(_, Action::Secret))) {
            rule.apply(&mut text);
        }
        text
    }

    /// How often each rule applied since the redactor was built, in the order of the rules.
    pub fn hits(&self) -> Vec<RuleHits> {
        let mut hits: Vec<RuleHits> = Vec::new();
        for rule in &self.rules {
            match hits.iter_mut().find(|known| known.rule == rule.name) {
                Some(known) => known.hits += rule.hits,
                None => hits.push(RuleHits { rule: rule.name.clone(), hits: rule.hits, is_own: rule.is_own }),
            }
        }
        hits
    }

    /// Adds a rule, unless it does not apply in this notebook.
    fn add(&mut self, name: &str, pattern: &str, action: Action, scope: Scope, is_own: bool) -> Result<(), RedactError> {
        let pattern = compile(name, pattern)?;
        if scope.covers_notebook(&self.notebook) {
            self.rules.push(Rule { name: name.to_owned(), find: Find::Pattern(pattern, action), scope, hits: 0, is_own });
        }
        Ok(())
    }

    /// Adds the rule that hides known secrets, if there are any.
    fn add_known(&mut self, known: Option<&Known>) {
        if let Some(known) = known {
            self.add_everywhere("secrets", Find::Pattern(known.pattern().clone(), Action::Secret));
        }
    }

    /// Adds the rule that hides secrets by their looks.
    fn add_tokens(&mut self) {
        self.add_everywhere("tokens", Find::Tokens);
    }

    fn add_everywhere(&mut self, name: &str, find: Find) {
        self.rules.push(Rule { name: name.to_owned(), find, scope: Scope::default(), hits: 0, is_own: false });
    }

    fn in_place(&mut self, text: &mut String, cell: &str, stream: Stream, mime: Option<&str>) {
        let place = Place { notebook: &self.notebook, cell, stream, mime: mime.map(crate::snapshot::essence) };
        for rule in self.rules.iter_mut().filter(|rule| rule.scope.covers(&place)) {
            rule.apply(text);
        }
    }
}

impl Rule {
    fn apply(&mut self, text: &mut String) {
        let Find::Pattern(pattern, action) = &self.find else {
            let hidden = text_secrets::hide_tokens(text, SECRET);
            self.hits += hidden.count;
            *text = hidden.text;
            return;
        };
        let (mut out, mut end, mut hits) = (String::new(), 0, 0);
        for captures in pattern.captures_iter(text) {
            let Some(found) = captures.get(0) else { continue };
            out.push_str(&text[end..found.start()]);
            let before = out.len();
            action.replace(&captures, text, &mut out);
            hits += usize::from(out[before..] != *found.as_str());
            end = found.end();
        }
        if hits > 0 {
            out.push_str(&text[end..]);
            *text = out;
            self.hits += hits;
        }
    }
}

impl Action {
    /// Writes the replacement of a match in `text`, or the match itself if it is no path or port to hide.
    fn replace(&self, captures: &Captures<'_>, text: &str, out: &mut String) {
        let Some(found) = captures.get(0) else { return };
        match self {
            Action::Template(template) => captures.expand(template, out),
            Action::Secret => out.push_str(SECRET),
            Action::Path(path) if path.is_meant(&text[..found.start()], &text[found.end()..]) => out.push_str(&path.name),
            Action::Port if captures["port"].parse().is_ok_and(|port: u16| port >= rules::FIRST_CHANCE_PORT) => {
                out.extend([&captures["host"], ":[PORT]"]);
            }
            Action::Path(_) | Action::Port => out.push_str(found.as_str()),
        }
    }
}

impl NamedFolder {
    /// Whether a match between these texts is the folder.
    fn is_meant(&self, before: &str, after: &str) -> bool {
        let exists = || {
            let ends = |c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '`' | '<' | '>' | ':' | ',' | ';' | ')');
            let entry = after.strip_prefix('/').and_then(|rest| rest.split(ends).next()).unwrap_or_default();
            !entry.is_empty() && Path::new(&self.folder).join(entry.trim_end_matches('.')).exists()
        };
        is_path_boundary(before, after) && (!self.only_what_exists || exists())
    }
}

/// Whether a path between these texts is not merely a piece of a longer name: not `/home/anna` in
/// `/home/annabel`.
fn is_path_boundary(before: &str, after: &str) -> bool {
    let in_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-');
    let mut after = after.chars();
    let ends = match after.next() {
        Some('.') => !after.next().is_some_and(in_name),
        Some(c) => !in_name(c),
        None => true,
    };
    ends && !before.chars().next_back().is_some_and(|c| in_name(c) || c == '.')
}

fn compile(name: &str, pattern: &str) -> Result<Regex, RedactError> {
    RegexBuilder::new(pattern)
        .size_limit(PATTERN_LIMIT)
        .build()
        .map_err(|source| RedactError::Pattern { name: name.to_owned(), source: Box::new(source) })
}

#[cfg(test)]
mod tests;
