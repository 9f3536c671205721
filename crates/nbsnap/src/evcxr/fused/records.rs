//! From what a program printed to the records of its cells.
//!
//! The main function is [`records`]. It decides what a cell's end means, as the reference engine does from what evcxr prints.

use std::sync::LazyLock;
use std::time::Duration;

use regex::Regex;

use super::cell::Cell;
use super::declined::Declined;
use super::places::{Place, Text};
use super::watch::{End, Ended, Watched};
use crate::evcxr::{diagnostics, relay, stdout};
use crate::event::Timing;
use crate::record::{CellRecord, Failure};

/// A place in the program, as panics print it.
static PLACE: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(panicked at )?(?:fused/)?src/main\.rs:(\d+):(\d+)").expect("the pattern is a constant"));

/// The records of `cells`, which is what the program was written from, up to the first that was not meant to fail and did. `limits`
/// is how long each might take.
pub(crate) fn records(
    watched: Watched,
    text: &Text,
    cells: &[&Cell],
    limits: &[Duration],
    max_output: u64,
) -> Result<Vec<(CellRecord, Timing)>, Declined> {
    let Watched { cells: ended, rest, end } = watched;
    let mut records = Vec::new();
    for (cell, ended) in cells.iter().zip(&ended) {
        let record = record(cell, ended, text, max_output)?;
        let over = ends_notebook(cell, &record);
        records.push((record, Timing::of(ended.elapsed)));
        if over {
            return Ok(records);
        }
    }
    let status = match end {
        End::Exited(status) if status.success() && records.len() == cells.len() => {
            return match rest.stdout.printed + rest.stderr.printed {
                0 => Ok(records),
                _ if let Some(why) =
                    stdout::split(&String::from_utf8_lossy(&rest.stdout.bytes)).outputs.get("nbsnap/declined") =>
                {
                    Err(Declined::notebook(why.clone()))
                }
                _ => Err(Declined::notebook("something is printed after the last cell")),
            };
        }
        End::Exited(status) => status,
        End::Interrupted => return Ok(records),
        End::TimedOut | End::Flooded if records.len() < cells.len() => {
            let failure = match end {
                End::TimedOut => Failure::Timeout { limit: limits.get(records.len()).copied().unwrap_or_default() },
                _ => return Err(Declined::notebook("more is printed than is kept")),
            };
            records.push((CellRecord { failure: Some(failure), ..CellRecord::default() }, Timing::of(rest.elapsed)));
            return Ok(records);
        }
        End::TimedOut | End::Flooded => return Err(Declined::notebook("the program does not end with its last cell")),
    };
    let Some(cell) = cells.get(records.len()) else {
        return Err(Declined::notebook("the process ended badly after the last cell"));
    };
    if cell.must_raise && records.len() + 1 < cells.len() {
        return Err(Declined::cell(cell.number, "ends its process, and the notebook goes on"));
    }
    let mut record = record(cell, &rest, text, max_output)?;
    record.failure = Some(Failure::Died { status: relay::describe(status) });
    records.push((record, Timing::of(rest.elapsed)));
    Ok(records)
}

/// Whether the runner goes no further after this: the cell failed and should not have, or the other way round.
pub(crate) fn ends_notebook(cell: &Cell, record: &CellRecord) -> bool {
    match &record.failure {
        Some(failure) => !(cell.must_raise && failure.is_raised_by_code()),
        None => cell.must_raise,
    }
}

fn record(cell: &Cell, ended: &Ended, text: &Text, max_output: u64) -> Result<CellRecord, Declined> {
    let Ended { stdout: out, stderr: err, .. } = ended;
    let mut parts = stdout::split(&String::from_utf8_lossy(&out.bytes));
    if let Some(why) = parts.outputs.remove("nbsnap/declined") {
        return Err(Declined::notebook(why));
    }
    if let Some(message) = parts.outputs.remove("nbsnap/refused") {
        return Ok(CellRecord { failure: Some(Failure::Refused { message }), ..CellRecord::default() });
    }
    let stderr = String::from_utf8_lossy(&err.bytes);
    let line = if parts.panicked { panic_line(&stderr, cell.number, text) } else { None };
    let stderr = place_panics(&stderr, line);
    let printed = out.printed + err.printed;
    let failure = if out.overflowed || err.overflowed {
        Some(Failure::TooMuchOutput { printed, limit: max_output })
    } else if let Some(word) = parts.forged.first() {
        Some(Failure::ControlWord { word: word.clone() })
    } else if parts.panicked {
        Some(Failure::Panic { message: diagnostics::panic_message(&stderr), line })
    } else if parts.errored {
        Some(Failure::Error { message: stderr.clone(), lines: diagnostics::question_mark_lines(&cell.source) })
    } else {
        None
    };
    Ok(CellRecord { stdout: parts.text, stderr, outputs: parts.outputs, failure, ..CellRecord::default() })
}

/// The line of the cell that the last panic names, if it is a line of this cell.
fn panic_line(stderr: &str, cell: usize, text: &Text) -> Option<u32> {
    let captures = PLACE.captures_iter(stderr).filter(|captures| captures.get(1).is_some()).last()?;
    let place = Place { line: captures[2].parse().ok()?, column: captures[3].parse().ok()? };
    text.in_cell(place).filter(|(home, _)| *home == cell).map(|(_, place)| place.line)
}

/// Standard error with places in the program replaced, as the reference engine replaces those of evcxr's programs.
fn place_panics(stderr: &str, line: Option<u32>) -> String {
    let last = PLACE.find_iter(stderr).count();
    let mut seen = 0;
    let place = |captures: &regex::Captures<'_>| {
        seen += 1;
        let before = captures.get(1).map_or("", |before| before.as_str());
        match line {
            Some(line) if seen == last => format!("{before}line {line} of the cell"),
            _ => format!("{before}the cell"),
        }
    };
    PLACE.replace_all(stderr, place).into_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::process::ExitStatusExt;
    use std::process::ExitStatus;

    use super::*;
    use crate::evcxr::capture::Taken;
    use crate::evcxr::fused::places::Origin;
    use crate::notebook::CodeCell;

    fn cell(number: usize, source: &str, tags: &[&str]) -> Cell {
        let tags = tags.iter().map(|tag| (*tag).to_owned()).collect();
        Cell::read(&CodeCell { number, id: format!("c{number}"), source: source.into(), tags, ..CodeCell::default() }).unwrap()
    }

    fn taken(text: &str) -> Taken {
        Taken { bytes: text.into(), printed: text.len() as u64, overflowed: false }
    }

    fn of(cells: &[(&str, &str)], rest: &str, status: i32, tags: &[&str]) -> Result<Vec<CellRecord>, Declined> {
        let mut text = Text::new();
        text.push("// generated\n");
        let first = cell(1, "let a = 1;\nf(a)", tags);
        text.push_of(1, Origin::Cell(Place { line: 1, column: 1 }), &first.source);
        let ended = |out: &str, err: &str| Ended { stdout: taken(out), stderr: taken(err), elapsed: Duration::from_millis(7) };
        let cells = cells.iter().map(|(out, err)| ended(out, err)).collect();
        let end = End::Exited(ExitStatus::from_raw(status));
        let watched = Watched { cells, rest: ended(rest, ""), end };
        let records = records(watched, &text, &[&first, &cell(2, "2", &[])], &[Duration::from_secs(1); 2], 100)?;
        assert!(records.iter().all(|(_, timing)| *timing == Timing::of(Duration::from_millis(7))));
        Ok(records.into_iter().map(|(record, _)| record).collect())
    }

    #[test]
    fn each_cell_has_its_own_and_nothing_comes_after() {
        let both = of(&[("one", ""), ("two\n", "warned")], "", 0, &[]).unwrap();
        assert_eq!((both[0].stdout.as_str(), both[1].stderr.as_str()), ("one", "warned"));
        assert!(of(&[("one", ""), ("two", "")], "late", 0, &[]).unwrap_err().to_string().contains("printed after the last cell"));
    }

    #[test]
    fn a_panic_is_placed_in_its_cell_and_ends_the_notebook() {
        let printed = "thread '<unnamed>' (7) panicked at fused/src/main.rs:3:1:\nno\n";
        let records = of(&[("x\nEVCXR_PANIC_NOTIFICATION\n", printed)], "", 0, &[]).unwrap();
        assert_eq!(records.len(), 1);
        assert_eq!(records[0].failure, Some(Failure::Panic { message: "no".into(), line: Some(2) }));
        assert_eq!(records[0].stderr, "thread '<unnamed>' (7) panicked at line 2 of the cell:\nno\n");
        let elsewhere = printed.replace(":3:1", ":1:1");
        let records = of(&[("EVCXR_PANIC_NOTIFICATION\n", &elsewhere)], "", 0, &[]).unwrap();
        assert_eq!(records[0].failure, Some(Failure::Panic { message: "no".into(), line: None }));
    }

    #[test]
    fn a_process_that_dies_takes_its_cell_with_it() {
        let records = of(&[], "last words", 6, &[]).unwrap();
        assert_eq!(records[0].stdout, "last words");
        assert!(matches!(&records[0].failure, Some(Failure::Died { status }) if status.contains("SIGABRT")));
        let declined = of(&[], "", 6, &["raises-exception"]).unwrap_err();
        assert_eq!(declined.to_string(), "cell 1 ends its process, and the notebook goes on");
    }

    #[test]
    fn a_cell_that_should_fail_and_does_not_is_the_last() {
        assert_eq!(of(&[("", "")], "", 0, &["raises-exception"]).unwrap().len(), 1);
    }
}
