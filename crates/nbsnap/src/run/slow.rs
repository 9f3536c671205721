//! Which cells have run for longer than most do.
//!
//! The main type is [`SlowCells`]. It listens to events and is asked now and then; it announces each cell
//! once.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::event::{CellFinished, Event, NotebookFinished};
use crate::notebook::CodeCell;

/// Watches the cells that are being run.
pub(super) struct SlowCells {
    after: Duration,
    /// By notebook: the cell, when it began, and whether it was announced.
    running: BTreeMap<String, (CodeCell, Instant, bool)>,
}

impl SlowCells {
    /// Announces cells that run for longer than this.
    pub(super) fn new(after: Duration) -> SlowCells {
        SlowCells { after, running: BTreeMap::new() }
    }

    /// Takes in an event.
    pub(super) fn hear(&mut self, event: &Event) {
        match event {
            Event::CellStarted { notebook, cell } => {
                self.running.insert(notebook.clone(), (cell.clone(), Instant::now(), false));
            }
            // The verdict on a cell may come only when the next one is under way.
            Event::CellFinished(CellFinished { notebook, cell, .. })
                if self.running.get(notebook).is_some_and(|(running, ..)| running.id != cell.id) => {}
            Event::CellFinished(CellFinished { notebook, .. })
            | Event::NotebookFinished(NotebookFinished { notebook, .. })
            | Event::NotebookRetried { notebook, .. } => {
                self.running.remove(notebook);
            }
            _ => {}
        }
    }

    /// The cells that have become slow since the last call.
    pub(super) fn announce(&mut self) -> Vec<Event> {
        let mut events = Vec::new();
        for (notebook, (cell, began, announced)) in &mut self.running {
            let elapsed = began.elapsed();
            if !*announced && elapsed >= self.after {
                *announced = true;
                events.push(Event::CellSlow { notebook: notebook.clone(), cell: cell.clone(), elapsed });
            }
        }
        events
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slow_cell_is_announced_once() {
        let mut slow = SlowCells::new(Duration::ZERO);
        assert!(slow.announce().is_empty());
        let cell = CodeCell { id: "a".into(), ..CodeCell::default() };
        slow.hear(&Event::CellStarted { notebook: "nb".into(), cell: cell.clone() });
        assert!(matches!(&slow.announce()[..], [Event::CellSlow { notebook, .. }] if notebook == "nb"));
        assert!(slow.announce().is_empty());
        slow.hear(&Event::CellStarted { notebook: "nb".into(), cell });
        slow.hear(&Event::NotebookRetried { notebook: "nb".into(), attempt: 1, of: 2, status: crate::event::Status::Failed });
        assert!(slow.announce().is_empty());
    }
}
