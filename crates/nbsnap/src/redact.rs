//! Takes out of a cell's record what differs between machines and runs, and what must never be kept: secrets.
//!
//! The main type is [`Redactor`]: named rules, applied in a fixed order to all text of a record, before it is compared and
//! before it is saved. Each rule counts its hits, so that a report can name a rule that never applies. Binary display data is
//! left alone, as text inside it is not to be found; a secret that was encoded with base64 is therefore not found either.

mod secrets;

use std::path::Path;

use regex::{Captures, Regex, RegexBuilder};

use crate::record::{CellRecord, Failure};

/// Memory that a compiled pattern may take; long secrets with all their spellings need some.
const PATTERN_LIMIT: usize = 64 << 20;

const ANSI: &str = r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]PX^_][^\x07\x1b\x{9c}]*(?:\x07|\x1b\\|\x{9c})|\x1b[ -/]*[0-OQ-WYZ\\`-~]|\x{9b}[0-?]*[ -/]*[@-~]";
const THREAD: &str = r"thread '(?<name>[^'\n]*)' \(\d+\) panicked";
const LOOPBACK: &str = r"(?<host>\b127\.0\.0\.1|\blocalhost|\[::1\]):(?<port>\d{4,5})\b";
/// Systems give out ports from here on to programs that ask for any (Linux from here, others from 49152): lower ones were chosen by somebody,
/// and are the same everywhere.
const FIRST_CHANCE_PORT: u16 = 32768;
const ADDRESS: &str = r"\b0x[0-9a-fA-F]{6,16}\b";

/// Why a rule cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum RedactError {
    /// The pattern is no regular expression.
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
}

/// Collects the rules of a [`Redactor`].
///
/// The order in which they are given does not matter, except among configured rules.
#[derive(Clone, Debug, Default)]
pub struct RedactorBuilder {
    secrets: Vec<String>,
    paths: Vec<(String, String)>,
    addresses: bool,
    configured: Vec<(String, String, String)>,
}

impl RedactorBuilder {
    /// Hides a secret, also where it is percent-encoded, or escaped in JSON or HTML. Fewer than four characters are no secret.
    pub fn secret(&mut self, value: impl Into<String>) -> &mut Self {
        self.secrets.push(value.into());
        self
    }

    /// Writes `name`, such as `[ROOT]`, for a folder. Where folders lie in one another, the innermost counts.
    pub fn path(&mut self, folder: &Path, name: impl Into<String>) -> &mut Self {
        let folder = folder.to_string_lossy();
        let folder = folder.trim_end_matches(['/', '\\']);
        // Neither the root of the file system nor the current folder says anything about this machine.
        if folder.len() > 1 && Path::new(folder).is_absolute() {
            self.paths.push((folder.to_owned(), name.into()));
        }
        self
    }

    /// Writes `[HOME]` for the user's home folder.
    pub fn home(&mut self, folder: &Path) -> &mut Self {
        self.path(folder, "[HOME]")
    }

    /// Whether to write `[ADDRESS]` for hexadecimal numbers that look like memory addresses. Off unless asked for.
    pub fn addresses(&mut self, hide: bool) -> &mut Self {
        self.addresses = hide;
        self
    }

    /// Adds a configured rule: a regular expression and what to write for its matches, in which `$1` or `${name}` is a group.
    pub fn rule(&mut self, name: impl Into<String>, pattern: impl Into<String>, replacement: impl Into<String>) -> &mut Self {
        self.configured.push((name.into(), pattern.into(), replacement.into()));
        self
    }

    /// Compiles the rules that hide secrets, and no others: for what is to be read as it came, such as outputs in a notebook.
    ///
    /// # Errors
    /// If the secrets are too long for a pattern.
    pub fn build_for_secrets(&self) -> Result<Redactor, RedactError> {
        let name = "secrets";
        let pattern = secrets::pattern(&self.secrets).map(|pattern| compile(name, &pattern)).transpose()?;
        let rule = pattern.map(|pattern| Rule { name: name.to_owned(), pattern, action: Action::Secret, hits: 0 });
        Ok(Redactor { rules: rule.into_iter().collect() })
    }

    /// Compiles the rules.
    ///
    /// # Errors
    /// If a configured pattern is no regular expression, or matches the empty text.
    pub fn build(&self) -> Result<Redactor, RedactError> {
        let mut rules = Vec::new();
        let mut add = |name: &str, pattern: &str, action| -> Result<(), RedactError> {
            rules.push(Rule { name: name.to_owned(), pattern: compile(name, pattern)?, action, hits: 0 });
            Ok(())
        };
        let secrets = secrets::pattern(&self.secrets);
        // Secrets come first, lest another rule tears them apart, and once more where taking out colours may have joined one.
        if let Some(secrets) = &secrets {
            add("secrets", secrets, Action::Secret)?;
        }
        add("ansi", ANSI, Action::Template(String::new()))?;
        if let Some(secrets) = &secrets {
            add("secrets", secrets, Action::Secret)?;
        }
        let mut paths = self.paths.clone();
        paths.sort_by_key(|(folder, _)| std::cmp::Reverse(folder.len()));
        for (folder, name) in paths {
            // On Windows, JSON and `Debug` double the separators.
            let pattern = regex::escape(&folder).replace(r"\\", r"\\{1,2}");
            add(&format!("path {name}"), &pattern, Action::Path(name))?;
        }
        add("thread ids", THREAD, Action::Template("thread '${name}' panicked".to_owned()))?;
        add("loopback ports", LOOPBACK, Action::Port)?;
        if self.addresses {
            add("addresses", ADDRESS, Action::Template("[ADDRESS]".to_owned()))?;
        }
        for (name, pattern, replacement) in &self.configured {
            add(name, pattern, Action::Template(replacement.clone()))?;
        }
        if let Some(rule) = rules.iter().find(|rule| rule.pattern.is_match("")) {
            return Err(RedactError::EmptyMatch { name: rule.name.clone() });
        }
        Ok(Redactor { rules })
    }
}

/// Named rules that take out what must not be compared or kept.
#[derive(Clone, Debug)]
pub struct Redactor {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    name: String,
    pattern: Regex,
    action: Action,
    hits: usize,
}

#[derive(Clone, Debug)]
enum Action {
    /// Write this, groups filled in.
    Template(String),
    /// Write this if the match is a whole path, or the whole beginning of one.
    Path(String),
    /// Write `[SECRET]`.
    Secret,
    /// Write `[PORT]` for a port that a program may have been given by chance.
    Port,
}

impl Redactor {
    /// Begins with the rules that always hold: ANSI escapes are taken out, and thread ids and ports on the loopback interface
    /// are replaced.
    pub fn builder() -> RedactorBuilder {
        RedactorBuilder::default()
    }

    /// Redacts all text of a record: both streams, display data that is not binary, and the failure.
    pub fn record(&mut self, record: &mut CellRecord) {
        self.in_place(&mut record.stdout);
        self.in_place(&mut record.stderr);
        for (mime, content) in &mut record.outputs {
            if crate::snapshot::is_binary(mime, content) {
                continue;
            }
            self.in_place(content);
        }
        if let Some(failure) = &mut record.failure {
            self.failure(failure);
        }
    }

    /// Redacts the messages of a failure.
    pub fn failure(&mut self, failure: &mut Failure) {
        match failure {
            Failure::Compile { diagnostics } => {
                for diagnostic in diagnostics {
                    self.in_place(&mut diagnostic.message);
                    diagnostic.spans.iter_mut().for_each(|span| self.in_place(&mut span.label));
                    diagnostic.help.iter_mut().for_each(|help| self.in_place(help));
                }
            }
            Failure::Panic { message, .. }
            | Failure::Error { message, .. }
            | Failure::Refused { message }
            | Failure::Engine { message } => self.in_place(message),
            Failure::Died { status } => self.in_place(status),
            Failure::ControlWord { word } => self.in_place(word),
            Failure::LateOutput { text } => self.in_place(text),
            Failure::Timeout { .. } | Failure::TooMuchOutput { .. } => {}
        }
    }

    /// Redacts text.
    pub fn text(&mut self, text: &str) -> String {
        let mut text = text.to_owned();
        self.in_place(&mut text);
        text
    }

    /// How often each rule applied since the redactor was built, in the order of the rules.
    pub fn hits(&self) -> Vec<RuleHits> {
        let mut hits: Vec<RuleHits> = Vec::new();
        for rule in &self.rules {
            match hits.iter_mut().find(|known| known.rule == rule.name) {
                Some(known) => known.hits += rule.hits,
                None => hits.push(RuleHits { rule: rule.name.clone(), hits: rule.hits }),
            }
        }
        hits
    }

    fn in_place(&mut self, text: &mut String) {
        for rule in &mut self.rules {
            let (mut out, mut end, mut hits) = (String::new(), 0, 0);
            for captures in rule.pattern.captures_iter(text) {
                let Some(found) = captures.get(0) else { continue };
                out.push_str(&text[end..found.start()]);
                let before = out.len();
                rule.action.replace(&captures, text, &mut out);
                hits += usize::from(out[before..] != *found.as_str());
                end = found.end();
            }
            if hits > 0 {
                out.push_str(&text[end..]);
                *text = out;
                rule.hits += hits;
            }
        }
    }
}

impl Action {
    /// Writes what stands for a match in `text`; the match itself if it is none after all.
    fn replace(&self, captures: &Captures<'_>, text: &str, out: &mut String) {
        let Some(found) = captures.get(0) else { return };
        match self {
            Action::Template(template) => captures.expand(template, out),
            Action::Secret => out.push_str(secrets::REPLACEMENT),
            Action::Path(name) if is_path_boundary(&text[..found.start()], &text[found.end()..]) => out.push_str(name),
            Action::Port if captures["port"].parse().is_ok_and(|port: u16| port >= FIRST_CHANCE_PORT) => {
                out.extend([&captures["host"], ":[PORT]"]);
            }
            Action::Path(_) | Action::Port => out.push_str(found.as_str()),
        }
    }
}

/// Whether a path between these texts is not merely a piece of a longer name: not `/home/anna` in `/home/annabel`.
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
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::record::{Diagnostic, DiagnosticSpan};

    fn redact(text: &str, rules: impl FnOnce(&mut RedactorBuilder)) -> String {
        let mut builder = Redactor::builder();
        rules(&mut builder);
        builder.build().unwrap().text(text)
    }

    fn always(text: &str) -> String {
        redact(text, |_| ())
    }

    #[test]
    fn escapes_for_the_terminal_are_taken_out() {
        assert_eq!(always("\x1b[1;31merror\x1b[0m: \x1b]8;;http://x\x1b\\link\x1b]8;;\x07!\x1b(B\x1b[?25h"), "error: link!");
        assert_eq!(always("50%\r\x1b[2K100%\x1b"), "50%\r100%\x1b");
    }

    #[test]
    fn thread_ids_and_ports_are_replaced() {
        assert_eq!(always("thread 'main' (22964) panicked at src/lib.rs:1:2:"), "thread 'main' panicked at src/lib.rs:1:2:");
        assert_eq!(always("thread '<unnamed>' (7) panicked"), "thread '<unnamed>' panicked");
        assert_eq!(
            always("http://127.0.0.1:54321/x localhost:32768 [::1]:65535 example.org:54321 127.0.0.1:99999"),
            "http://127.0.0.1:[PORT]/x localhost:[PORT] [::1]:[PORT] example.org:54321 127.0.0.1:99999"
        );
        assert_eq!(always("localhost:8080 127.0.0.1:32767"), "localhost:8080 127.0.0.1:32767");
    }

    #[test]
    fn addresses_are_replaced_only_when_asked_for() {
        assert_eq!(always("at 0x7ffd3a2b10"), "at 0x7ffd3a2b10");
        assert_eq!(redact("at 0x7ffd3a2b10, 0xff", |r| _ = r.addresses(true)), "at [ADDRESS], 0xff");
    }

    #[cfg(unix)]
    #[test]
    fn paths_are_replaced_the_innermost_first_and_only_as_a_whole() {
        let rules = |r: &mut RedactorBuilder| {
            r.home(Path::new("/home/anna")).path(Path::new("/home/anna/project/"), "[ROOT]");
            r.path(Path::new("/"), "[NEVER]").path(Path::new("relative"), "[NEVER]");
        };
        let text = "/home/anna/project/a.rs:1 /home/anna/.cargo file:///home/anna. /home/annabel /home/anna-x /mnt/home/anna /home/anna.txt";
        let expected = "[ROOT]/a.rs:1 [HOME]/.cargo file://[HOME]. /home/annabel /home/anna-x /mnt/home/anna /home/anna.txt";
        assert_eq!(redact(text, rules), expected);
    }

    #[test]
    fn configured_rules_count_and_name_themselves_when_they_are_wrong() {
        let mut redactor = Redactor::builder().rule("took", r"in (\d+) ms", "in [$1]").rule("never", "xyz", "").build().unwrap();
        assert_eq!(redactor.text("in 5 ms, in 7 ms"), "in [5], in [7]");
        let hits = redactor.hits();
        let of = |name: &str| hits.iter().find(|hits| hits.rule == name).map(|hits| hits.hits);
        assert_eq!((of("took"), of("never"), of("ansi")), (Some(2), Some(0), Some(0)));
        let refused = |pattern: &str| Redactor::builder().rule("mine", pattern, "").build().unwrap_err().to_string();
        assert_eq!(refused("("), "redaction rule `mine` has a pattern that is not a regular expression");
        assert_eq!(refused("x*"), "redaction rule `mine` has a pattern that matches the empty text, and so everywhere");
    }

    #[test]
    fn all_text_of_a_record_is_redacted_and_no_picture() {
        let mut redactor = Redactor::builder().secret("c2VjcmV0").build().unwrap();
        let text = || "<c2VjcmV0>".to_owned();
        let picture = "c2VjcmV0".to_owned();
        let span = DiagnosticSpan { line: 1, column: 1, end_line: 1, end_column: 2, label: text() };
        let diagnostic = Diagnostic { code: None, message: text(), spans: vec![span], help: vec![text()] };
        let mut record = CellRecord {
            stdout: text(),
            stderr: text(),
            outputs: [
                ("text/html", text()),
                ("application/json", text()),
                ("image/svg+xml", text()),
                ("image/png", picture.clone()),
            ]
            .map(|(mime, content)| (mime.to_owned(), content))
            .into(),
            failure: Some(Failure::Compile { diagnostics: vec![diagnostic] }),
        };
        redactor.record(&mut record);
        assert_eq!(record.outputs["image/png"], picture);
        let all = format!("{record:?}");
        assert_eq!((all.matches("c2VjcmV0").count(), all.matches("<[SECRET]>").count()), (1, 8));
        for mut failure in [
            Failure::Panic { message: text(), line: None },
            Failure::Error { message: text(), lines: vec![] },
            Failure::Died { status: text() },
            Failure::ControlWord { word: text() },
            Failure::LateOutput { text: text() },
            Failure::Refused { message: text() },
            Failure::Engine { message: text() },
            Failure::Timeout { limit: Duration::ZERO },
        ] {
            redactor.failure(&mut failure);
            assert!(!failure.to_string().contains("c2Vj"), "{failure}");
        }
    }
}
