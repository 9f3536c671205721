//! What rustc's errors mean for a plan: another plan to try, or a mistake of the author's.

use std::collections::BTreeSet;

use crate::compile::{Made, Message};
use crate::crate_source::Origin;
use crate::diagnostics::{Diagnostic, Map, Place};
use crate::generate::{Keeping, Plan, Showing, own_key};
use crate::position::position;
use crate::refusal;

/// What to do after rustc has refused a crate.
pub(super) enum Verdict {
    /// This plan may do.
    Try(Plan),
    /// The author has to do something.
    Failed(Vec<Diagnostic>),
}

/// What one message means.
enum Meaning {
    Author(Diagnostic),
    /// A variable that borrows lives on. `true` if this cell declares it.
    Borrow(bool, Diagnostic),
    Change(fn(&mut Plan)),
    Keep(String, Keeping),
    GiveUp(usize, String),
    Mention(BTreeSet<String>),
    Nothing,
}

/// Error codes with which the borrow checker reports that something borrowed lives on.
const BORROWED: &[&str] =
    &["E0597", "E0505", "E0506", "E0716", "E0521", "E0515", "E0499", "E0502", "E0503", "E0713", "E0310", "E0495", "E0621"];
/// Error codes for a name, or an implementation, that is defined twice.
const TWICE: &[&str] = &["E0252", "E0254", "E0255", "E0260", "E0428", "E0119", "E0592"];

/// Reads rustc's errors.
pub(super) fn verdict(made: &Made, map: &Map<'_>, plan: &Plan, taken: &[String]) -> Verdict {
    let errors: Vec<&Message> = made.messages.iter().filter(|message| is_error(message)).collect();
    let mut next = plan.clone();
    let (mut authors, mut borrows): (Vec<Diagnostic>, Vec<(bool, Diagnostic)>) = (Vec::new(), Vec::new());
    for message in &errors {
        match meaning(message, map, plan, taken) {
            Meaning::Author(diagnostic) if authors.contains(&diagnostic) => {}
            Meaning::Author(diagnostic) => authors.push(diagnostic),
            Meaning::Borrow(is_own, diagnostic) => borrows.push((is_own, diagnostic)),
            Meaning::Change(change) => change(&mut next),
            Meaning::Keep(name, keeping) => drop(next.keeping.insert(name, keeping)),
            Meaning::GiveUp(number, name) => {
                if !next.given_up.contains(&(number, name.clone())) {
                    next.given_up.push((number, name));
                }
            }
            Meaning::Mention(mut names) => next.mentions.append(&mut names),
            Meaning::Nothing => {}
        }
    }
    // If a variable of this cell borrows an earlier one, rustc also objects where that one is given back.
    // One message is enough.
    if borrows.iter().any(|(is_own, _)| *is_own) {
        borrows.retain(|(is_own, _)| *is_own);
    }
    for (_, diagnostic) in borrows {
        if !authors.iter().any(|known| known.message == diagnostic.message) {
            authors.push(diagnostic);
        }
    }
    // If the text does not parse, rustc's other errors follow from that.
    if map.cell.broken.is_some() && authors.iter().any(|diagnostic| diagnostic.code.is_none()) {
        authors.retain(|diagnostic| diagnostic.code.is_none());
    }
    // Duplicate definitions cause further errors.
    let gives_way = next.given_up.len() > plan.given_up.len() || next.mentions.len() > plan.mentions.len();
    if (authors.is_empty() || gives_way) && next != *plan {
        return Verdict::Try(next);
    }
    if authors.is_empty() {
        let message = errors.first().map_or_else(|| made.other.trim().to_owned(), |message| message.message.clone());
        let message = if message.is_empty() { "rustc ended without a word".to_owned() } else { message };
        authors.push(Diagnostic { message, ..Diagnostic::default() });
    }
    Verdict::Failed(authors)
}

fn is_error(message: &Message) -> bool {
    message.level.starts_with("error")
        && !message.message.starts_with("aborting due to")
        && !message.message.starts_with("could not compile")
}

/// The trait in ``the trait bound `X: Trait<Y>` is not satisfied``.
fn bound(message: &str) -> &str {
    let bound = message.split('`').nth(1).and_then(|bound| bound.split_once(": ")).map_or("", |(_, bound)| bound);
    let path = bound.split('<').next().unwrap_or_default();
    path.rsplit("::").next().unwrap_or_default()
}

/// A message, and where in the generated crate it points.
#[derive(Clone, Copy)]
struct Report<'a> {
    message: &'a Message,
    map: &'a Map<'a>,
}

impl Report<'_> {
    /// What the message points at, first of all or for explanation.
    fn all_origins(&self) -> Vec<&Origin> {
        self.message.spans.iter().filter_map(|span| self.map.origin(span)).collect()
    }

    /// What the message points at first of all.
    fn main_origins(&self) -> Vec<&Origin> {
        self.message.spans.iter().filter(|span| span.is_primary).filter_map(|span| self.map.origin(span)).collect()
    }

    /// The variable that is kept where the message points, and whether its name is that of an earlier one.
    fn kept(&self) -> Option<(String, bool)> {
        self.main_origins().into_iter().find_map(|origin| match origin {
            Origin::Keep { name, outside } => Some((name.clone(), *outside)),
            _ => None,
        })
    }

    /// The variable that borrows a value which is given back. That one is kept later, and is at fault.
    fn borrower(&self) -> Option<String> {
        let spans = self.message.spans.iter().filter(|span| {
            span.label.as_ref().is_some_and(|label| label.contains("later used") || label.contains("argument requires"))
        });
        first_kept(spans.filter_map(|span| self.map.origin(span)))
    }

    /// The kept variable that borrows, if the message is about something borrowed that lives on.
    fn kept_borrower(&self, code: &str) -> Option<String> {
        let is_borrow = BORROWED.contains(&code) || self.message.message.contains("lifetime may not live long enough");
        is_borrow.then_some(())?;
        self.borrower().or_else(|| first_kept(self.all_origins().into_iter())).or_else(|| self.kept_in_explanation())
    }

    /// The cell of an earlier item, if the message says that this cell defines it again.
    fn older_item(&self) -> Option<usize> {
        let origins = self.all_origins();
        let older = origins.iter().find_map(|origin| match origin {
            Origin::Item(number, _) => Some(*number),
            _ => None,
        });
        older.filter(|_| origins.iter().any(|origin| matches!(origin, Origin::Cell(_))))
    }

    /// The first name in backquotes.
    fn quoted(&self) -> &str {
        self.message.message.split('`').nth(1).unwrap_or_default()
    }

    /// A variable that is kept where an explanation of the message points.
    fn kept_in_explanation(&self) -> Option<String> {
        first_kept(self.message.children.iter().flat_map(|child| &child.spans).filter_map(|span| self.map.origin(span)))
    }
}

fn first_kept<'a>(mut origins: impl Iterator<Item = &'a Origin>) -> Option<String> {
    origins.find_map(|origin| match origin {
        Origin::Keep { name, .. } => Some(name.clone()),
        _ => None,
    })
}

fn meaning(message: &Message, map: &Map<'_>, plan: &Plan, taken: &[String]) -> Meaning {
    let code = message.code.as_ref().map_or("", |code| code.code.as_str());
    let report = Report { message, map };
    if let Some(meaning) = of_code(code, &report, plan, taken) {
        return meaning;
    }
    if let Some(name) = report.kept_borrower(code) {
        let is_own = map.cell.variables().iter().any(|variable| variable.name == name);
        return Meaning::Borrow(is_own, refusal::borrowed(map.cell, &name, map.diagnostic(message)));
    }
    match report.main_origins().first() {
        Some(Origin::Show) => return shown(message, map),
        // The type of an earlier cell's variable cannot be written after all.
        Some(Origin::Take(name)) => {
            let text = format!("`{name}`, of an earlier cell, is of a type that this cell cannot write: {}", message.message);
            let help = vec![format!("turn `{name}` into a value of another type in the cell that makes it")];
            return Meaning::Author(Diagnostic { message: text, help, ..Diagnostic::default() });
        }
        _ => {}
    }
    let diagnostic = in_words_of_the_cell(code, &report, plan);
    if diagnostic.places.is_empty() && diagnostic.message.is_empty() { Meaning::Nothing } else { Meaning::Author(diagnostic) }
}

/// What a message means by its code, where this code has a meaning of its own.
fn of_code(code: &str, report: &Report<'_>, plan: &Plan, taken: &[String]) -> Option<Meaning> {
    let Report { message, map } = *report;
    let text = &message.message;
    match code {
        "E0382" => report.kept().map(|(name, outside)| moved(map, name, outside, taken)),
        "E0381" => report.kept().map(|(name, _)| Meaning::Author(refusal::unset(map.cell, &name))),
        "E0282" | "E0283" | "E0284" => report.kept().map(|(name, _)| Meaning::Author(refusal::untyped(map.cell, &name))),
        // With the last two, `evcxr_display` has an argument or is private: it is somebody else's.
        "E0599" | "E0061" | "E0624" if plan.showing == Showing::Own && text.contains("evcxr_display") => {
            Some(Meaning::Change(|plan| plan.showing = Showing::Format))
        }
        "E0425" | "E0412" | "E0433" | "E0405" | "E0422" | "E0423" | "E0574" => {
            let name = report.quoted();
            let is_elsewhere = map.items.has(name) && !plan.mentions.contains(name);
            is_elsewhere.then(|| Meaning::Mention([name.to_owned()].into()))
        }
        "E0728" if !map.cell.awaits && !plan.awaits && map.cell.broken.is_none() => {
            Some(Meaning::Change(|plan| plan.awaits = true))
        }
        "E0277" => {
            // Without the types that implement a trait of the notebook, rustc would say that none does.
            let types = map.items.implementing(bound(text));
            if !types.is_subset(&plan.mentions) {
                return Some(Meaning::Mention(types));
            }
            let is_option = text.contains("`?` operator can only be used on `Result`s, not `Option`s");
            (is_option && !plan.options).then_some(Meaning::Change(|plan| plan.options = true))
        }
        _ if TWICE.contains(&code) => {
            let number = report.older_item()?;
            Some(Meaning::GiveUp(number, report.quoted().to_owned()))
        }
        _ => None,
    }
}

/// The message as a diagnostic that mentions only what the author wrote.
fn in_words_of_the_cell(code: &str, report: &Report<'_>, plan: &Plan) -> Diagnostic {
    let Report { message, map } = *report;
    let mut diagnostic = map.diagnostic(message);
    if map.cell.broken.is_some() && diagnostic.places.is_empty() && diagnostic.message.ends_with("found `}`") {
        // The brace that follows the cell is ours.
        diagnostic.message = diagnostic.message.replace("found `}`", "found the end of the cell");
        let (line, column) = position(&map.cell.source, map.cell.source.trim_end().len());
        diagnostic.places.push(Place { line, column, end_line: line, end_column: column + 1, ..Place::default() });
    }
    if code == "E0267" && !map.cell.source.contains('|') {
        // The closure and the block are ours.
        diagnostic.code = Some("E0268".into());
        let word = message.message.split('`').nth(1).unwrap_or("break");
        diagnostic.message = format!("`{word}` outside of a loop or labeled block");
    }
    // Once options are allowed, `?` on results is what rustc complains about; both in one cell is the
    // author's to change.
    if plan.options && message.message.contains("`?` operator can only be used on `Option`s") {
        diagnostic
            .help
            .push("this cell has `?` on options and on results: turn an option into a result with `.ok_or(\"…\")?`".to_owned());
    }
    diagnostic
}

/// A variable was moved by the author's code.
fn moved(map: &Map<'_>, name: String, outside: bool, taken: &[String]) -> Meaning {
    if outside {
        return Meaning::Keep(name, Keeping::Inside);
    }
    let is_declared = map.cell.variables().iter().any(|variable| variable.name == name);
    let is_taken = taken.contains(&name);
    let key = if is_declared || !is_taken { own_key(&name) } else { name };
    Meaning::Keep(key, Keeping::Moved)
}

/// The value at the cell's end cannot be shown.
fn shown(message: &Message, map: &Map<'_>) -> Meaning {
    let ty = message.message.split('`').nth(1).unwrap_or_default();
    let value = map.cell.parts.last();
    let place = value.map(|part| {
        let (line, column) = position(&map.cell.source, part.range.start);
        let (end_line, end_column) = position(&map.cell.source, part.range.end);
        Place { line, column, end_line, end_column, ..Place::default() }
    });
    let text = if message.code.as_ref().is_some_and(|code| code.code == "E0277") {
        format!("the cell's value is of type `{ty}`, which cannot be shown")
    } else {
        message.message.clone()
    };
    // Only a type of its author's can be given the attribute, and only one that has a name.
    let name = ty.split('<').next().unwrap_or_default();
    let is_name = !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_');
    let show = if is_name { format!("put `#[derive(Debug)]` before `{name}`, or end") } else { "end".to_owned() };
    let help = vec![format!("{show} the line with `;` to show nothing")];
    Meaning::Author(Diagnostic {
        code: message.code.as_ref().map(|code| code.code.clone()),
        message: text,
        places: place.into_iter().collect(),
        help,
    })
}
