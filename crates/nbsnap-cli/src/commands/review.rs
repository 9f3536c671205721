//! `nbsnap review`: walks through the pending snapshots and what is left over, and accepts or rejects each as
//! the user decides.

use std::io::IsTerminal;

use console::{Key, Term};
use nbsnap::notebook::CodeCell;
use nbsnap::project::{Notebooks, Project};
use nbsnap::report::{Style, count, difference};
use nbsnap::scope::Glob;
use nbsnap::select::Selection;
use nbsnap::snapshot::{OrphanKind, Review, SnapshotStore, UpdateMode, visible};

use super::session;
use super::targets::with_whole_paths;
use crate::args::ReviewArgs;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::screen;

/// How many lines of a cell's source are shown.
const SOURCE_LINES: usize = 12;

/// What becomes of a snapshot that waits.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Decision {
    Accept,
    Reject,
    Skip,
}

/// What somebody answered.
enum Answer {
    One(Decision),
    /// The same for all that follow.
    Rest(Decision),
    Quit,
}

/// Runs the command.
pub(crate) fn run(project: &Project, args: &ReviewArgs) -> Result<Exit, CommandError> {
    let store = super::store::store(project, UpdateMode::Never);
    let notebooks = project.notebooks()?;
    let cell_of = |review: &Review| {
        let notebook = notebooks.usable.iter().find(|notebook| notebook.name == review.notebook);
        notebook.and_then(|notebook| notebook.cells.iter().find(|cell| cell.id == review.cell))
    };
    let orphans = store.orphans(&notebooks.usable, true)?;
    let mut reviews = meant(project, &notebooks, store.reviews(&orphans)?, &args.names)?;
    // In the order in which a reader meets the cells; those that are gone come last.
    reviews.sort_by_key(|review| (review.notebook.clone(), cell_of(review).map_or(usize::MAX, |cell| cell.number)));
    let term = Term::stdout();
    let can_ask = term.is_term() && std::io::stdin().is_terminal();
    let mut rest = match (args.accept, args.reject) {
        (true, _) => Some(Decision::Accept),
        (_, true) => Some(Decision::Reject),
        _ if can_ask => None,
        _ => Some(Decision::Skip),
    };
    let is_look = rest == Some(Decision::Skip);
    let style = session::style(&args.report);
    let mut tally = Tally::default();
    for (index, review) in reviews.iter().enumerate() {
        if rest.is_none() || is_look {
            say(style, &shown(project, review, cell_of(review), index + 1, reviews.len(), style))?;
        }
        let decision = match rest {
            Some(decision) => decision,
            None => match ask(&term, style)? {
                Answer::One(decision) => decision,
                Answer::Rest(decision) => *rest.insert(decision),
                Answer::Quit => break,
            },
        };
        settle(project, &store, review, decision, &mut tally, style)?;
    }
    let waiting = reviews.len() - tally.accepted - tally.rejected;
    if reviews.is_empty() {
        say(style, "nothing is pending\n")?;
    } else if is_look {
        say(
            style,
            &format!(
                "{} for review: on a terminal `nbsnap review` asks about each; `nbsnap review --accept NOTEBOOK::CELL` and `--reject` do not\n",
                waits(waiting)
            ),
        )?;
    } else {
        let left = if waiting > 0 { format!(", {waiting} left for later") } else { String::new() };
        say(style, &format!("{} accepted, {} rejected{left}\n", tally.accepted, tally.rejected))?;
    }
    Ok(if is_look && waiting > 0 { Exit::Failures } else { Exit::Success })
}

#[derive(Default)]
struct Tally {
    accepted: usize,
    rejected: usize,
}

fn settle(
    project: &Project,
    store: &SnapshotStore,
    review: &Review,
    decision: Decision,
    tally: &mut Tally,
    style: Style,
) -> Result<(), CommandError> {
    let shown = review.snapshot.strip_prefix(&project.root).unwrap_or(&review.snapshot).display();
    match decision {
        Decision::Accept if review.left_over.is_some() => {
            store.remove_left_over(&review.pending)?;
            tally.accepted += 1;
            say(style, &format!("removed {shown}\n"))
        }
        Decision::Reject if review.left_over.is_some() => say(style, &format!("kept {shown}\n")),
        Decision::Accept => {
            store.accept_pending(&review.pending)?;
            tally.accepted += 1;
            say(style, &format!("accepted {shown}\n"))
        }
        Decision::Reject => {
            store.reject_pending(&review.pending)?;
            tally.rejected += 1;
            say(style, &format!("rejected {shown}\n"))
        }
        Decision::Skip => Ok(()),
    }
}

/// The reviews with these names, as other commands take them: of notebooks, or `notebook::cell`. None means
/// all.
fn meant(project: &Project, notebooks: &Notebooks, reviews: Vec<Review>, names: &[String]) -> Result<Vec<Review>, CommandError> {
    if names.is_empty() {
        return Ok(reviews);
    }
    let mut is_meant = vec![false; reviews.len()];
    for name in names {
        let (notebook, cell) = name.split_once("::").map_or((name.as_str(), None), |(notebook, cell)| (notebook, Some(cell)));
        let selection = Selection::of_names(&with_whole_paths(project, &[notebook.to_owned()]));
        // One that is gone has only the name of its folder.
        let selected = selection.names_of(notebooks).unwrap_or_default();
        let is_cell = |id: &str| cell.is_none_or(|cell| id == cell || Glob::new(cell).is_ok_and(|glob| glob.matches(id)));
        let means =
            |review: &Review| (review.notebook == notebook || selected.contains(&review.notebook)) && is_cell(&review.cell);
        if !reviews.iter().any(means) {
            let known: Vec<String> = reviews.iter().map(|review| format!("{}::{}", review.notebook, review.cell)).collect();
            let known = if known.is_empty() { "nothing".into() } else { known.join(", ") };
            return Err(CommandError::Usage(format!("nothing waits for review by the name `{name}`; there waits: {known}")));
        }
        is_meant.iter_mut().zip(&reviews).for_each(|(is_meant, review)| *is_meant |= means(review));
    }
    Ok(reviews.into_iter().zip(is_meant).filter_map(|(review, is_meant)| is_meant.then_some(review)).collect())
}

/// All that somebody needs to decide.
fn shown(project: &Project, review: &Review, cell: Option<&CodeCell>, number: usize, of: usize, style: Style) -> String {
    let bold = |text: String| if style.colour { console::style(text).force_styling(true).bold().to_string() } else { text };
    let dim = |text: String| if style.colour { console::style(text).force_styling(true).dim().to_string() } else { text };
    let place = match cell {
        Some(cell) => format!("{}, cell {} `{}`", visible(&review.notebook), cell.number, visible(&cell.id)),
        None => format!("{}, cell `{}`, which is gone", visible(&review.notebook), visible(&review.cell)),
    };
    let file = review.snapshot.strip_prefix(&project.root).unwrap_or(&review.snapshot).display();
    let mut text = format!("{} {}\n", bold(format!("[{number}/{of}] {place}")), dim(file.to_string()));
    if let Some(cell) = cell {
        for (index, line) in cell.source.lines().enumerate().take(SOURCE_LINES) {
            text += &format!("{}\n", dim(format!("{:>4} | {}", index + 1, visible(line))));
        }
        if let Some(more) = cell.source.lines().count().checked_sub(SOURCE_LINES).filter(|more| *more > 0) {
            text += &format!("{}\n", dim(format!("     | … and {}", count(more, "more line"))));
        }
    }
    text += match (review.recorded.is_empty(), review.proposed.is_empty()) {
        _ if review.left_over == Some(OrphanKind::Sidecar) => {
            "no snapshot names this file: to accept removes it, to reject keeps it\n"
        }
        _ if review.left_over.is_some() => "it belongs to no cell that is compared: to accept removes it, to reject keeps it\n",
        (true, _) => "there is output, and none is recorded yet:\n",
        (_, true) => "there is no output any more, and some is recorded:\n",
        _ => "the output is not as recorded (- recorded, + now):\n",
    };
    text + &difference(&review.recorded, &review.proposed, style) + "\n"
}

/// Asks for one key until it is one that means something.
fn ask(term: &Term, style: Style) -> Result<Answer, CommandError> {
    let key = |key: &str, rest: &str| {
        let key = if style.colour { console::style(key).force_styling(true).bold().to_string() } else { key.to_owned() };
        format!("{key} {rest}")
    };
    let keys = [
        key("a", "accept"),
        key("r", "reject"),
        key("s", "skip"),
        key("A", "accept all that follow"),
        key("R", "reject all that follow"),
        key("q", "quit"),
    ];
    say(style, &format!("{}? ", keys.join(", ")))?;
    loop {
        let answer = match term.read_key().map_err(CommandError::Output)? {
            Key::Char('a') => Answer::One(Decision::Accept),
            Key::Char('r') => Answer::One(Decision::Reject),
            Key::Char('s' | ' ') => Answer::One(Decision::Skip),
            Key::Char('A') => Answer::Rest(Decision::Accept),
            Key::Char('R') => Answer::Rest(Decision::Reject),
            Key::Char('q') | Key::Escape => Answer::Quit,
            _ => continue,
        };
        say(style, "\n")?;
        return Ok(answer);
    }
}

fn waits(number: usize) -> String {
    if number == 1 { "1 snapshot waits".into() } else { format!("{number} snapshots wait") }
}

fn say(style: Style, text: &str) -> Result<(), CommandError> {
    super::output::print(&mut screen::styled(style), text)
}
