//! What a person reads first: how many notebooks are as they should be, and what each of the others needs, in
//! words that need no knowledge of this program.

use super::super::cell;
use super::super::run::{NotebookRun, Run};
use super::super::style::count;
use crate::event::{CellProblem, CellVerdict, Status};

/// A text in pieces, of which some are what to type, or a name.
pub(super) type Prose = Vec<(bool, String)>;

/// What is the matter with a notebook.
pub(super) struct Finding {
    /// The notebook, which is also where the page shows it.
    pub(super) notebook: String,
    pub(super) is_new: bool,
    /// Each a sentence.
    pub(super) sentences: Vec<Prose>,
}

/// What a report says about the notebooks that are as they should be; none if there are none.
pub(super) fn of_good(run: &Run) -> Option<String> {
    let with =
        |wanted: &[Status]| run.notebooks.iter().filter(|one| one.status.is_some_and(|status| wanted.contains(&status))).count();
    let sentence = |number: usize, one: &str, several: &str| {
        let what = if number == 1 { one } else { several };
        (number > 0).then(|| format!("{} {what}", count(number, "notebook")))
    };
    let sentences = [
        sentence(
            with(&[Status::Passed]),
            "passed: every cell showed what was recorded.",
            "passed: every cell showed what was recorded.",
        ),
        sentence(
            with(&[Status::Cached]),
            "was not run again: nothing has changed since it passed.",
            "were not run again: nothing has changed since they passed.",
        ),
        sentence(with(&[Status::Flaky]), "passed only when it was run again.", "passed only when they were run again."),
        sentence(with(&[Status::Skipped]), "was left out, as it says itself.", "were left out, as they say themselves."),
    ];
    let text = sentences.into_iter().flatten().collect::<Vec<_>>().join(" ");
    (!text.is_empty()).then_some(text)
}

/// What each of the other notebooks needs.
pub(super) fn findings(run: &Run) -> Vec<Finding> {
    run.notebooks.iter().filter(|notebook| !notebook.is_good()).map(finding).collect()
}

fn finding(notebook: &NotebookRun) -> Finding {
    let is_new = notebook.status == Some(Status::New);
    let cells = |wanted: &dyn Fn(Status) -> bool| notebook.cells.iter().filter(|run| wanted(run.verdict.status())).count();
    let say = |number: usize, one: &str, several: &str| {
        (number > 0).then(|| format!("{} {}.", count(number, "cell"), if number == 1 { one } else { several }))
    };
    let mut sentences: Vec<String> = [
        say(cells(&|status| status == Status::Failed), "stops with an error", "stop with an error"),
        say(cells(&|status| status == Status::TimedOut), "takes longer than it may", "take longer than they may"),
        say(cells(&|status| status == Status::Died), "ended the program that ran it", "ended the program that ran them"),
        say(
            cells(&|status| status == Status::Changed),
            "shows something else than was recorded",
            "show something else than was recorded",
        ),
        say(
            cells(&|status| status == Status::New),
            "shows something that nobody has looked at yet",
            "show something that nobody has looked at yet",
        ),
        say(cells(&|status| status == Status::NotRun), "was not run after that", "were not run after that"),
    ]
    .into_iter()
    .flatten()
    .collect();
    sentences.extend(notebook.problems.iter().map(|problem| sentence(&cell::notebook_problem(&notebook.name, problem))));
    sentences.extend(advice(notebook, is_new).as_deref().map(sentence));
    Finding { notebook: notebook.name.clone(), is_new, sentences: sentences.iter().map(|text| prose(text)).collect() }
}

/// What to do about the first cell that is not as it should be, where that is not obvious.
fn advice(notebook: &NotebookRun, is_new: bool) -> Option<String> {
    let problems = || notebook.cells.iter().flat_map(|run| run.verdict.problems());
    if is_new {
        let proposal = problems().find_map(CellProblem::proposal)?;
        return Some(cell::advice_on_new(&notebook.path, &notebook.name, proposal));
    }
    let first = notebook.cells.iter().find(|run| matches!(run.verdict, CellVerdict::Failed { .. }))?;
    cell::advice(&notebook.path, &notebook.name, first.verdict.problems())
}

/// A text as a sentence: with a capital letter and a full stop.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|first| first.to_uppercase().collect::<String>()).unwrap_or_default();
    let end = if text.ends_with(['.', '?', '!']) { "" } else { "." };
    format!("{first}{}{end}", letters.as_str())
}

/// Takes a text apart: what is between backticks is a name, or what to type.
pub(super) fn prose(text: &str) -> Prose {
    let pieces = text.split('`').enumerate().map(|(index, piece)| (index % 2 == 1, piece.to_owned()));
    pieces.filter(|(_, piece)| !piece.is_empty()).collect()
}
