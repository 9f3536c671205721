//! The progress of a build of dependencies, as a display that is updated in place and vanishes at the end.

use std::io::Write;
use std::time::{Duration, Instant};

use rust_cells::dependencies::BuildEvent;
use serde_json::json;

use crate::outbox::Outbox;
use crate::wire::Request;

/// How often the display changes at most.
const OFTEN: Duration = Duration::from_millis(150);

/// Shows builds in the output of the cell that waits for them.
pub(crate) struct Progress {
    outbox: Outbox,
    request: Option<Request>,
    /// How many displays there were, so that each has a unique id.
    shown: u64,
    display: Option<Display>,
}

struct Display {
    id: String,
    changed: Instant,
    began: Instant,
    crates: usize,
}

impl Progress {
    pub(crate) fn new(outbox: Outbox) -> Progress {
        Progress { outbox, request: None, shown: 0, display: None }
    }

    /// Shows what follows in this cell.
    pub(crate) fn of(&mut self, request: Option<&Request>) {
        self.request = request.cloned();
    }

    /// Shows what happens.
    pub(crate) fn show(&mut self, event: BuildEvent) {
        match event {
            BuildEvent::Waiting => self.say("waiting for another build in the same folder", 0, 0, true),
            BuildEvent::Started { crates } => {
                let counted = counted(crates);
                self.say(&format!("building {counted} for `:dep`"), 0, crates, true);
                // Programs that run notebooks in a terminal show this, and no display.
                let _ = writeln!(std::io::stderr(), "nbsnap: building {counted} for `:dep`");
            }
            BuildEvent::Crate { done, crates, name } => {
                self.say(&format!("crate {done} of {crates}: {name}"), done, crates, done == crates);
            }
            _ => {}
        }
    }

    fn say(&mut self, text: &str, done: usize, crates: usize, at_once: bool) {
        let Some(request) = &self.request else { return };
        let (kind, id) = match &mut self.display {
            Some(display) if display.changed.elapsed() < OFTEN && !at_once => return,
            Some(display) => {
                (display.changed, display.crates) = (Instant::now(), crates.max(display.crates));
                ("update_display_data", display.id.clone())
            }
            None => {
                self.shown += 1;
                let id = format!("nbsnap-build-{}-{}", std::process::id(), self.shown);
                let now = Instant::now();
                self.display = Some(Display { id: id.clone(), changed: now, began: now, crates });
                ("display_data", id)
            }
        };
        let text = text.replace('&', "&amp;").replace('<', "&lt;");
        let html = format!("<progress max=\"{}\" value=\"{done}\"></progress> <code>{text}</code>", crates.max(1));
        let content = json!({
            "data": {"text/plain": text, "text/html": html}, "metadata": {}, "transient": {"display_id": id},
        });
        self.outbox.publish(request.publication(kind, content));
    }

    /// Takes the display away. Nothing else has been shown before it: `:dep` lines come first.
    pub(crate) fn end(&mut self, is_built: bool) {
        let (Some(display), Some(request)) = (self.display.take(), &self.request) else { return };
        self.outbox.publish(request.publication("clear_output", json!({"wait": false})));
        let (done, seconds) = (if is_built { "built" } else { "did not build" }, display.began.elapsed().as_secs_f64());
        let _ = writeln!(std::io::stderr(), "nbsnap: {done} {} in {seconds:.0} s", counted(display.crates));
    }
}

fn counted(crates: usize) -> String {
    if crates == 1 { "1 crate".to_owned() } else { format!("{crates} crates") }
}
