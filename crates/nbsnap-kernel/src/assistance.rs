//! Help while typing: what is known at once, and the result of an analysis, if that is ready soon.

use rust_cells::analysis::{Answer, Explanation, Question, Wants};
use serde_json::Value;

use crate::help::{self, Word};
use crate::known::Known;
use crate::shared::Shared;

/// `complete_reply`.
pub(crate) async fn complete(code: &str, cursor: usize, shared: &Shared) -> Value {
    let (mut found, question) = {
        let known = shared.known();
        let found = help::completions(code, cursor, &known);
        let question = (!found.is_command).then(|| known.sketch.question(code, byte(code, cursor), Wants::Suggestions));
        (found, question.flatten())
    };
    if let Some(question) = question
        && let Some(Answer::Suggestions(more)) = shared.analysis.ask(question).await
    {
        found.extend(more);
    }
    found.reply()
}

/// `inspect_reply`.
pub(crate) async fn inspect(code: &str, cursor: usize, shared: &Shared) -> Value {
    let Some(word) = help::word_at(code, cursor) else { return help::inspected(None) };
    let (own, foreign, question) = {
        let known = shared.known();
        let own = help::explain_own(&word.text, &known).filter(|_| !word.is_member);
        let foreign = help::explain_foreign(&word.text, &known);
        (own, foreign, question(code, &word, &known))
    };
    let is_own = own.is_some();
    let explained = match question {
        Some(question) => shared.analysis.ask(question).await,
        None => None,
    };
    let explained = match explained {
        Some(Answer::Explanation(explained)) => explained,
        _ => shared.analysis.notice().filter(|_| !is_own).map(|notice| Explanation { plain: notice.clone(), markdown: notice }),
    };
    help::inspected(match (own, explained) {
        (Some(own), Some(explained)) => Some(both(own, explained)),
        (Some(one), None) | (None, Some(one)) => Some(one),
        (None, None) => foreign,
    })
}

/// The question about a word: its meaning, or for a variable of an earlier cell what its type offers.
fn question(code: &str, word: &Word, known: &Known) -> Option<Question> {
    if word.text.starts_with(':') {
        return None;
    }
    match known.variables.get(&word.text).filter(|_| !word.is_member) {
        Some(variable) => {
            const BEFORE: &str = "let _: ";
            let path = variable.ty.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').next().unwrap_or_default();
            let cell = format!("{BEFORE}{};", variable.ty);
            known.sketch.question(&cell, BEFORE.len() + path.len().checked_sub(1)?, Wants::Explanation)
        }
        None if known.definitions.contains_key(&word.text) && !word.is_member => None,
        None => known.sketch.question(code, byte(code, word.start), Wants::Explanation),
    }
}

/// Combines what is known of a name with the analysis of its type.
fn both(own: Explanation, more: Explanation) -> Explanation {
    Explanation { plain: format!("{}\n\n{}", own.plain, more.plain), markdown: format!("{}\n\n{}", own.markdown, more.markdown) }
}

/// The place in bytes of a place in characters.
fn byte(code: &str, characters: usize) -> usize {
    code.char_indices().nth(characters).map_or(code.len(), |(place, _)| place)
}
