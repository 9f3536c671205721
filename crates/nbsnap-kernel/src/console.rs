//! A console in a terminal. It runs a kernel's cells, and prints what a kernel sends to a client.
//!
//! Lines are read as the terminal gives them. A cell is run when the parser finds it complete. Ctrl-C
//! interrupts the cell that runs, and Ctrl-D ends the console.

use std::io::{BufRead, IsTerminal, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use jupyter_protocol::messaging::JupyterMessage;
use rust_cells::cell::{Completeness, completeness};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::analysis::Analysis;
use crate::front::interrupt_on_signal;
use crate::history::History;
use crate::interrupts::Interrupts;
use crate::outbox::{Outbox, Said};
use crate::shared::Shared;
use crate::wire::{self, Request};
use crate::{Error, KernelSettings, cells};

/// Runs a console until its input ends. Returns whether all cells reached their end.
pub(crate) fn run(settings: KernelSettings) -> Result<bool, Error> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let (outbox, mail) = Outbox::new();
    let history = Arc::new(Mutex::new(History::open(settings.history.clone())));
    let shared = Shared {
        outbox,
        interrupts: Interrupts::default(),
        known: Arc::default(),
        // Nothing asks it for help here.
        analysis: Analysis::new(&settings),
        history,
        heard: Arc::default(),
    };
    let (jobs, work) = channel();
    let (version, mut rustc) = watch::channel(String::new());
    let worker = {
        let shared = shared.clone();
        std::thread::Builder::new().name("cells".into()).spawn(move || cells::run(settings, &shared, &work, &version))?
    };
    let (sender, said) = channel();
    runtime.spawn(mail.hand_over(sender));
    runtime.spawn(interrupt_on_signal(shared.interrupts.clone()));
    let input = std::io::stdin();
    let is_terminal = input.is_terminal();
    if is_terminal {
        let _ = runtime.block_on(rustc.wait_for(|version| !version.is_empty()));
        say(&format!(
            "Rust, cell by cell ({}). `:help` lists commands; Ctrl-C interrupts, Ctrl-D ends.\n",
            rustc.borrow().trim()
        ));
    }
    let mut console = Console { jobs, said, interrupts: shared.interrupts.clone(), is_terminal, count: 1, all_well: true };
    console.talk(&mut input.lock());
    shared.interrupts.close();
    let all_well = console.all_well;
    drop(console);
    // The thread ends with its channel; it ends the process of cells.
    let _ = worker.join();
    runtime.shutdown_background();
    Ok(all_well)
}

struct Console {
    jobs: Sender<Request>,
    said: Receiver<Said>,
    interrupts: Interrupts,
    is_terminal: bool,
    /// The number of the next cell.
    count: u64,
    all_well: bool,
}

impl Console {
    fn talk(&mut self, input: &mut dyn BufRead) {
        let mut cell = String::new();
        loop {
            let head = format!("In [{}]: ", self.count);
            self.prompt(&if cell.is_empty() { head.clone() } else { format!("{:>1$}", "...: ", head.len()) });
            let mut line = String::new();
            let is_over = !matches!(input.read_line(&mut line), Ok(1..));
            // An empty line ends what the parser would wait for.
            let is_ended = line.trim().is_empty() && !cell.is_empty();
            cell.push_str(&line);
            let is_whole = !matches!(completeness(&cell), Completeness::Incomplete { .. });
            if (is_whole || is_ended || is_over) && !cell.trim().is_empty() {
                self.execute(&std::mem::take(&mut cell), input);
            }
            if is_over {
                if self.is_terminal {
                    say("\n");
                }
                return;
            }
        }
    }

    fn prompt(&self, text: &str) {
        if self.is_terminal {
            say(text);
        }
    }

    fn execute(&mut self, code: &str, input: &mut dyn BufRead) {
        let content = json!({"code": code.trim_end(), "allow_stdin": true, "stop_on_error": false});
        if self.jobs.send(Request::local("execute_request", content)).is_err() {
            return;
        }
        let (mut has_reply, mut is_idle) = (false, false);
        while !(has_reply && is_idle) {
            match self.said.recv() {
                Ok(Said::Reply(message)) => {
                    let content = wire::content(&message);
                    self.count = content["execution_count"].as_u64().unwrap_or(self.count) + 1;
                    self.all_well &= content["status"] == "ok";
                    has_reply = true;
                }
                Ok(Said::Published(message)) => is_idle |= self.show(&message),
                Ok(Said::Question) => {
                    let mut line = String::new();
                    let typed = matches!(input.read_line(&mut line), Ok(1..));
                    self.interrupts.give(typed.then(|| line.trim_end_matches('\n')));
                }
                Err(_) => return,
            }
        }
    }

    /// Prints a publication. Returns whether it says that the cell is over.
    fn show(&self, message: &JupyterMessage) -> bool {
        let content = wire::content(message);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match message.header.msg_type.as_str() {
            "status" => return content["execution_state"] == "idle",
            "stream" if content["name"] == "stderr" => complain(&text(&content["text"])),
            "stream" => say(&text(&content["text"])),
            "execute_result" | "display_data" | "update_display_data" => {
                let is_progress = content["transient"]["display_id"].as_str().is_some_and(|id| id.starts_with("nbsnap-build"));
                let plain = text(&content["data"]["text/plain"]);
                match (is_progress, plain.is_empty()) {
                    (true, _) if self.is_terminal => complain(&format!("\r\x1b[K{plain}")),
                    (true, _) => {}
                    (false, false) => say(&format!("{}\n", plain.trim_end())),
                    (false, true) => {
                        let kinds = content["data"].as_object().into_iter().flatten().map(|(mime, _)| mime.as_str());
                        say(&format!("[a display: {}]\n", kinds.collect::<Vec<_>>().join(", ")));
                    }
                }
            }
            "clear_output" if self.is_terminal => complain("\r\x1b[K"),
            "error" => {
                let lines = content["traceback"].as_array().into_iter().flatten().map(text);
                let lines = lines.collect::<Vec<_>>().join("\n");
                complain(&format!("{}\n", if is_colourful() { lines } else { plain(&lines) }));
            }
            _ => {}
        }
        false
    }
}

/// Prints a text. A closed output is ignored.
fn say(text: &str) {
    let mut out = std::io::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

fn complain(text: &str) {
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

fn is_colourful() -> bool {
    std::io::stderr().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// Text without colours.
fn plain(text: &str) -> String {
    let mut parts = text.split("\x1b[");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + part.split_once('m').map_or("", |(_, rest)| rest))
}

#[cfg(test)]
mod tests {
    #[test]
    fn colours_are_taken_out() {
        assert_eq!(super::plain("\x1b[1;31mPanic\x1b[0m: oh"), "Panic: oh");
    }
}
