//! What a cell has shown so far, put together from a kernel's messages as Jupyter does it on the screen.
//!
//! The main type is [`Outputs`]. Streams are joined by name, displays are kept in order and updated by their
//! ids, and a cell that clears its output has shown nothing until then.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value;

use super::message::Message;
use crate::record::{Failure, UNANSWERED};

/// A view of state that only a page's own program has; its id is new on every run.
const WIDGET_VIEW: &str = "application/vnd.jupyter.widget-view+json";

/// What a cell has shown.
#[derive(Debug, Default)]
pub(super) struct Outputs {
    pub(super) stdout: String,
    pub(super) stderr: String,
    displays: Vec<Display>,
    /// Errors that were shown; the reply says whether they count.
    pub(super) errors: Vec<Reported>,
    /// How many bytes were shown, including those that were cleared or not kept.
    pub(super) printed: u64,
    /// Whether something was not kept, because it was too much.
    pub(super) overflowed: bool,
    limit: u64,
    /// Whether the next output replaces all this.
    clears: bool,
}

#[derive(Debug)]
struct Display {
    id: Option<String>,
    data: BTreeMap<String, String>,
}

/// An error as the kernel reports it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Reported {
    pub(super) name: String,
    pub(super) value: String,
    pub(super) traceback: Vec<String>,
}

impl Outputs {
    /// Nothing yet; each stream, and all displays together, may have `limit` bytes.
    pub(super) fn new(limit: u64) -> Outputs {
        Outputs { limit, ..Outputs::default() }
    }

    /// Takes in a message; one that shows nothing changes nothing.
    pub(super) fn take(&mut self, message: &Message) {
        let shows = matches!(message.kind.as_str(), "stream" | "display_data" | "execute_result" | "error");
        if shows && std::mem::take(&mut self.clears) {
            self.clear();
        }
        match message.kind.as_str() {
            "stream" => {
                let text = message.text("text");
                self.printed += text.len() as u64;
                let stream = if message.text("name") == "stderr" { &mut self.stderr } else { &mut self.stdout };
                if (stream.len() + text.len()) as u64 <= self.limit {
                    stream.push_str(text);
                } else {
                    self.overflowed = true;
                }
            }
            "display_data" | "execute_result" => self.display(&message.content),
            "update_display_data" => self.update(&message.content),
            "clear_output" if message.content["wait"] == true => self.clears = true,
            "clear_output" => self.clear(),
            "error" => self.errors.push(Reported::read(&message.content)),
            _ => {}
        }
    }

    /// Whether both streams have passed a mark.
    pub(super) fn has_passed(&self, mark: &str) -> bool {
        self.overflowed || (self.stdout.contains(mark) && self.stderr.contains(mark))
    }

    /// What was displayed, in order.
    pub(super) fn displays(&mut self) -> Vec<BTreeMap<String, String>> {
        std::mem::take(&mut self.displays).into_iter().map(|display| display.data).filter(|data| !data.is_empty()).collect()
    }

    fn display(&mut self, content: &Value) {
        let data = bundle(&content["data"]);
        self.printed += data.values().map(|text| text.len() as u64).sum::<u64>();
        if self.displayed() + data.values().map(String::len).sum::<usize>() as u64 <= self.limit {
            self.displays.push(Display { id: id(content), data });
        } else {
            self.overflowed = true;
        }
    }

    fn displayed(&self) -> u64 {
        self.displays.iter().flat_map(|display| display.data.values()).map(|text| text.len() as u64).sum()
    }

    /// Everything with this id now shows something else. If another cell displayed it, it becomes an output
    /// of this cell: the outputs of a cell are final when the next one begins.
    fn update(&mut self, content: &Value) {
        let Some(id) = id(content) else { return };
        let data = bundle(&content["data"]);
        let mut known = false;
        for display in self.displays.iter_mut().filter(|display| display.id.as_ref() == Some(&id)) {
            display.data = data.clone();
            known = true;
        }
        if !known {
            self.display(content);
        }
    }

    fn clear(&mut self) {
        self.stdout.clear();
        self.stderr.clear();
        self.displays.clear();
        self.errors.clear();
    }
}

impl Reported {
    /// Reads an `error` message, or a reply that has the same members.
    pub(super) fn read(content: &Value) -> Reported {
        let text = |name: &str| content[name].as_str().unwrap_or_default().to_owned();
        let lines = content["traceback"].as_array().into_iter().flatten().filter_map(Value::as_str);
        Reported { name: text("ename"), value: text("evalue"), traceback: lines.map(str::to_owned).collect() }
    }

    /// The failure that it is, of the cell that is the `count`th to have run.
    pub(super) fn failure(self, count: u64) -> Failure {
        let line = line_in_cell(&self.traceback.join("\n"), count);
        let Reported { name, mut value, mut traceback } = self;
        // ipykernel raises it in a cell that calls `input` or `getpass`, since nobody is offered to answer.
        // The rest is about ipykernel.
        if name == "StdinNotImplementedError" {
            UNANSWERED.clone_into(&mut value);
            traceback.clear();
        }
        Failure::Exception { name: if name.is_empty() { "error".into() } else { name }, value, traceback, line }
    }
}

/// The last line of the cell that a traceback of IPython's names.
fn line_in_cell(traceback: &str, count: u64) -> Option<u32> {
    let place = Regex::new(r"(?:Cell |Input )In ?\[(\d+)\], line (\d+)").expect("the pattern is a constant");
    let plain = Regex::new(crate::redact::ANSI).expect("the pattern is a constant").replace_all(traceback, "").into_owned();
    let places = place.captures_iter(&plain).filter(|found| found[1].parse() == Ok(count));
    places.last().and_then(|found| found[2].parse().ok())
}

fn id(content: &Value) -> Option<String> {
    content["transient"]["display_id"].as_str().map(str::to_owned)
}

/// Display data by MIME type: text as it is, everything else as JSON.
fn bundle(data: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(lines) if !lines.is_empty() && lines.iter().all(Value::is_string) => crate::document::text_of(value),
        other => other.to_string(),
    };
    let members = data.as_object().into_iter().flatten().filter(|(mime, _)| *mime != WIDGET_VIEW);
    members.map(|(mime, value)| (mime.clone(), text(value))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::message::Channel;
    use super::*;

    fn shown(messages: &[(&str, Value)]) -> Outputs {
        let mut outputs = Outputs::new(1000);
        for (kind, content) in messages {
            let (kind, content) = ((*kind).to_owned(), content.clone());
            outputs.take(&Message { channel: Channel::IoPub, kind, parent: String::new(), content });
        }
        outputs
    }

    fn plain(text: &str, id: Option<&str>) -> Value {
        json!({"data": {"text/plain": text}, "metadata": {}, "transient": {"display_id": id}})
    }

    #[test]
    fn streams_are_joined_and_displays_stay_in_order() {
        let mut outputs = shown(&[
            ("stream", json!({"name": "stdout", "text": "a"})),
            ("display_data", plain("1", None)),
            ("stream", json!({"name": "stderr", "text": "b"})),
            ("stream", json!({"name": "stdout", "text": "c"})),
            ("execute_result", json!({"data": {"application/json": {"x": 1}, "text/plain": ["2\n", "3"]}})),
            ("something_else", json!({"text": "d"})),
        ]);
        assert_eq!((outputs.stdout.as_str(), outputs.stderr.as_str()), ("ac", "b"));
        let displays = outputs.displays();
        assert_eq!((displays[0]["text/plain"].as_str(), displays[1]["text/plain"].as_str()), ("1", "2\n3"));
        assert_eq!(displays[1]["application/json"], r#"{"x":1}"#);
    }

    #[test]
    fn a_display_is_updated_by_its_id_wherever_it_is() {
        let mut outputs = shown(&[
            ("display_data", plain("1", Some("a"))),
            ("display_data", plain("2", None)),
            ("display_data", plain("3", Some("a"))),
            ("update_display_data", plain("4", Some("a"))),
            ("update_display_data", plain("of an earlier cell", Some("b"))),
        ]);
        let texts: Vec<String> = outputs.displays().iter().map(|display| display["text/plain"].clone()).collect();
        assert_eq!(texts, ["4", "2", "4", "of an earlier cell"]);
    }

    #[test]
    fn a_cell_that_asks_for_input_fails_for_that_alone() {
        let traceback = json!(["Cell In[1], line 1", "ipykernel/kernelbase.py", "password=False"]);
        let content = json!({"ename": "StdinNotImplementedError", "evalue": "raw_input was called", "traceback": traceback});
        let failure = Reported::read(&content).failure(1);
        assert_eq!(failure.to_string(), "StdinNotImplementedError: the cell asks for input, and nobody can answer");
        let Failure::Exception { traceback, line, .. } = &failure else { panic!("{failure:?}") };
        assert!(traceback.is_empty() && *line == Some(1) && failure.is_raised_by_code());
    }

    #[test]
    fn what_was_cleared_was_not_shown() {
        let stdout = |text: &str| ("stream", json!({"name": "stdout", "text": text}));
        assert_eq!(shown(&[stdout("a"), ("clear_output", json!({"wait": false}))]).stdout, "");
        assert_eq!(shown(&[stdout("a"), ("clear_output", json!({"wait": true}))]).stdout, "a", "nothing came in its place");
        assert_eq!(shown(&[stdout("a"), ("clear_output", json!({"wait": true})), stdout("b"), stdout("c")]).stdout, "bc");
    }

    #[test]
    fn a_flood_is_counted_and_not_kept() {
        let line = ("stream", json!({"name": "stdout", "text": "0123456789".repeat(40)}));
        let outputs = shown(&[line.clone(), line.clone()]);
        assert!(!outputs.overflowed);
        let outputs = shown(&[line.clone(), line.clone(), line]);
        assert!(outputs.overflowed);
        assert_eq!((outputs.printed, outputs.stdout.len()), (1200, 800));
    }

    #[test]
    fn an_error_knows_its_line_in_the_cell() {
        let traceback = "\u{1b}[36mFile\u{1b}[39m Cell \u{1b}[32mIn[2], line 3, in f\u{1b}[39m\n  Cell In[3], line 7\n   x";
        assert_eq!(
            (line_in_cell(traceback, 3), line_in_cell(traceback, 2), line_in_cell(traceback, 4)),
            (Some(7), Some(3), None)
        );
        let error = Reported::read(&json!({"ename": "E", "evalue": "no", "traceback": [traceback]}));
        assert!(matches!(error.failure(3), Failure::Exception { line: Some(7), .. }));
    }
}
