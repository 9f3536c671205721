//! Takes out of a cell's record what differs between machines and runs, and what must never be kept: secrets.
//!
//! The main type is [`Redactor`]: named rules, applied in a fixed order to all text of a record, before it is
//! compared and before it is saved. Each rule counts its hits, so that a report can name a rule that never
//! applies. Binary display data stays as it is, as text inside it cannot be found.

mod builder;
mod folder;
mod rules;

use regex::{Captures, Regex, RegexBuilder};
use text_secrets::Known;

pub use builder::RedactorBuilder;
use folder::NamedFolder;
pub(crate) use rules::ANSI;
pub use rules::{BUILT_IN_RULES, BuiltInRule};

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
            | Failure::SetUp { message }
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

fn compile(name: &str, pattern: &str) -> Result<Regex, RedactError> {
    RegexBuilder::new(pattern)
        .size_limit(PATTERN_LIMIT)
        .build()
        .map_err(|source| RedactError::Pattern { name: name.to_owned(), source: Box::new(source) })
}

#[cfg(test)]
mod tests;
