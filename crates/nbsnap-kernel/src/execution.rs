//! One `execute_request`: runs the cell, publishes its output, and replies.

use std::sync::PoisonError;
use std::time::Duration;

use rust_cells::{CellOutcome, Error, Executed, Limits, Output, WHILE_NO_CELL_RAN};
use serde_json::{Map, Value, json};

use crate::cells::{Cells, reply_of};
use crate::excerpt::Sources;
use crate::failure::{self, Failure};
use crate::interrupts::Interrupts;
use crate::outbox::Outbox;
use crate::wire::Request;

/// How many bytes of text a cell may print; more is dropped, with a notice.
const MOST_TEXT: usize = 32 << 20;
/// A person can interrupt it.
const NO_LIMITS: Limits = Limits { compile: Duration::MAX, run: Duration::MAX };

/// One execution.
pub(crate) struct Execution<'e> {
    request: &'e Request,
    outbox: Outbox,
    count: u64,
    is_silent: bool,
    printed: usize,
    word: Option<String>,
    value: Option<String>,
}

/// The sources of cells, the one that runs included.
struct Cited<'e> {
    cells: &'e std::collections::BTreeMap<String, String>,
    label: &'e str,
}

impl Sources for Cited<'_> {
    fn source(&self, label: Option<&str>) -> Option<&str> {
        self.cells.get(label.unwrap_or(self.label)).map(String::as_str)
    }

    fn label(&self) -> &str {
        self.label
    }
}

impl Execution<'_> {
    /// Runs a cell. Returns the content of the reply; all else is published.
    pub(crate) fn run(cells: &mut Cells<'_>, request: &Request) -> Value {
        // From here on, a client that has seen the cell begin may interrupt it.
        if !cells.shared.interrupts.begin() {
            return reply_of(&Failure::new("Interrupted", "the kernel is shutting down"), cells.count);
        }
        let reply = Execution::reply(cells, request);
        cells.shared.interrupts.end();
        reply
    }

    fn reply(cells: &mut Cells<'_>, request: &Request) -> Value {
        let is_silent = request.flag("silent", false);
        let is_stored = request.flag("store_history", !is_silent) && !is_silent;
        let source = request.text("code").to_owned();
        if is_stored {
            cells.count += 1;
            let mut history = cells.shared.history.lock().unwrap_or_else(PoisonError::into_inner);
            // Programs that run whole notebooks, such as nbclient, set `store_history` as people's clients
            // do. But they also state that nobody can answer a question.
            history.add(cells.count, &source, request.flag("allow_stdin", true));
        }
        let count = cells.count;
        let outbox = cells.shared.outbox.clone();
        if !is_silent {
            outbox.publish(request.publication("execute_input", json!({"code": source, "execution_count": count})));
        }
        let mut execution = Execution { request, outbox, count, is_silent, printed: 0, word: None, value: None };
        let failure = execution.cell(cells, &source);
        if let Some(failure) = failure {
            if !is_silent {
                execution.outbox.publish(request.publication("error", failure.content()));
            }
            return reply_of(&failure, count);
        }
        if let (true, Some(value)) = (is_stored, &execution.value) {
            cells.shared.history.lock().unwrap_or_else(PoisonError::into_inner).note_output(value);
        }
        let expressions = execution.user_expressions(cells);
        json!({"status": "ok", "execution_count": count, "user_expressions": expressions, "payload": []})
    }

    /// Runs code, and returns how it failed, if it did.
    fn cell(&mut self, cells: &mut Cells<'_>, source: &str) -> Option<Failure> {
        let label = format!("cell [{}]", self.count);
        cells.sources.insert(label.clone(), source.to_owned());
        let before: Vec<String> = cells.session.chain().state().variables().keys().cloned().collect();
        let handle = match cells.session.start().and_then(|process| process.handle()) {
            Ok(handle) => handle,
            Err(error) => return Some(Failure::new("Error", &error.to_string())),
        };
        cells.shared.interrupts.steer(handle);
        cells.progress.lock().unwrap_or_else(PoisonError::into_inner).of(Some(self.request));
        let interrupts = cells.shared.interrupts.clone();
        let executed = cells.session.execute(source, &label, NO_LIMITS, interrupts.token(), &mut |output| match output {
            Output::InputRequest => self.ask(&interrupts),
            output => self.take(output),
        });
        cells.progress.lock().unwrap_or_else(PoisonError::into_inner).of(None);
        let was_interrupted = cells.shared.interrupts.was_interrupted();
        let state = cells.session.chain().state();
        let is_lost = |name: &String| !state.variables().contains_key(name);
        let lost: Vec<String> = before.into_iter().filter(is_lost).collect();
        // The loss is a surprise after adding a crate, or when the process was killed. It is no surprise
        // after moving a variable, or redefining its type.
        let unexpected: Vec<(&String, &String)> = lost
            .iter()
            .filter_map(|name| Some((name, state.lost().get(name)?)))
            .filter(|(_, why)| why.contains(":dep") || why.contains(WHILE_NO_CELL_RAN))
            .collect();
        for (name, why) in unexpected {
            self.take(Output::Stderr(format!("note: `{name}` is gone: {why}. Run the cell that makes it again.\n")));
        }
        let sources = Cited { cells: &cells.sources, label: &label };
        match executed {
            Ok(Executed { outcome, .. }) => {
                let is_command = matches!(outcome, CellOutcome::Refused { .. });
                let failure = failure::of(outcome, self.word.take(), &sources)?;
                // The interrupt decides. The cell's own error, such as a read that was cut short, is a
                // consequence.
                let failure = match (was_interrupted, is_command) {
                    (true, true) => interrupted("the command line was stopped; what it had built is kept for the next try"),
                    (true, false) => failure.renamed("Interrupted"),
                    (false, _) => failure,
                };
                Some(failure.with_lost(&lost))
            }
            Err(Error::Cancelled) if lost.is_empty() => {
                Some(interrupted("the cell was stopped; variables of earlier cells are still there, if there were any"))
            }
            Err(Error::Cancelled) => {
                let text = "the cell computed and did not await, so its process was ended";
                Some(interrupted(text).with_lost(&lost))
            }
            Err(error) => Some(Failure::new("Error", &error.to_string()).with_lost(&lost)),
        }
    }

    /// Asks the client that sent the cell for a line, if it takes such questions.
    fn ask(&self, interrupts: &Interrupts) {
        if self.request.flag("allow_stdin", false) {
            self.outbox.ask(self.request.message("input_request", json!({"prompt": "", "password": false})));
        } else {
            interrupts.give(None);
        }
    }

    fn take(&mut self, output: Output) {
        match output {
            Output::Stdout(ref text) | Output::Stderr(ref text) => {
                let (before, most) = (self.printed, MOST_TEXT);
                self.printed += text.len();
                if self.printed <= most {
                    publish(&self.outbox, self.request, output);
                } else if before <= most {
                    let notice =
                        format!("\n… the cell has printed more than {} MiB: the rest of its text is not shown\n", most >> 20);
                    publish(&self.outbox, self.request, Output::Stderr(notice));
                }
            }
            Output::ControlWord(word) => drop(self.word.get_or_insert(word)),
            Output::Value(text) => {
                if !self.is_silent {
                    let data = json!({"text/plain": text});
                    let content = json!({"execution_count": self.count, "data": data, "metadata": {}});
                    self.outbox.publish(self.request.publication("execute_result", content));
                }
                self.value = Some(text);
            }
            Output::ShownValue(display) if !self.is_silent => {
                let (kind, content) = self.outbox.displayed(display);
                // A display with an id is updated in place, which is not possible for a value.
                let is_plain = kind == "display_data" && content["transient"] == json!({});
                let message = if is_plain {
                    let content =
                        json!({"execution_count": self.count, "data": content["data"], "metadata": content["metadata"]});
                    self.request.publication("execute_result", content)
                } else {
                    self.request.publication(kind, content)
                };
                self.outbox.publish(message);
            }
            output => publish(&self.outbox, self.request, output),
        }
    }

    /// The values of expressions that the client asks for with the cell.
    fn user_expressions(&mut self, cells: &mut Cells<'_>) -> Value {
        let Some(expressions) = self.request.content["user_expressions"].as_object() else { return json!({}) };
        let mut values = Map::new();
        for (name, expression) in expressions {
            let source = expression.as_str().unwrap_or_default();
            let (silent, outbox) = (true, self.outbox.clone());
            let mut execution = Execution {
                request: self.request,
                outbox,
                count: self.count,
                is_silent: silent,
                printed: 0,
                word: None,
                value: None,
            };
            let label = format!("cell [{}]", self.count);
            let whole = cells.sources.get(&label).cloned();
            let value = match execution.cell(cells, source) {
                Some(failure) => {
                    let mut content = failure.content();
                    content["status"] = "error".into();
                    content
                }
                None => {
                    let text = execution.value.unwrap_or_else(|| "()".to_owned());
                    json!({"status": "ok", "data": {"text/plain": text}, "metadata": {}})
                }
            };
            cells.sources.extend(whole.map(|whole| (label, whole)));
            values.insert(name.clone(), value);
        }
        Value::Object(values)
    }
}

fn interrupted(text: &str) -> Failure {
    Failure::new("Interrupted", text)
}

/// Publishes an output of a cell.
pub(crate) fn publish(outbox: &Outbox, request: &Request, output: Output) {
    let (kind, content) = match output {
        Output::Stdout(text) => ("stream", json!({"name": "stdout", "text": text})),
        Output::Stderr(text) => ("stream", json!({"name": "stderr", "text": text})),
        Output::Display(display) => outbox.displayed(display),
        Output::Value(text) => outbox.displayed([("text/plain".to_owned(), text)].into()),
        _ => return,
    };
    outbox.publish(request.publication(kind, content));
}
