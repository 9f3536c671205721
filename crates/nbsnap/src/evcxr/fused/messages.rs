//! rustc's messages about a program, as evcxr would say them about a cell.
//!
//! The main function is [`read`]. It maps places and words; it decides nothing about the notebook.

use serde_json::Value;

use super::places::{Origin, Place, Text};
use crate::record::{Diagnostic, DiagnosticSpan};

/// An error, with the cell it is about.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The first cell among those that rustc points to, or `None` if it only points to what nobody wrote.
    pub(crate) cell: Option<usize>,
    /// Whether it is about a last expression that cannot be shown in the way that was tried.
    pub(crate) about_display: bool,
    pub(crate) diagnostic: Diagnostic,
}

/// A place that rustc points to.
struct Span {
    cell: usize,
    from: Place,
    to: Place,
    label: String,
    primary: bool,
    origin: Origin,
}

/// One of rustc's messages; `None` if it is no error, or says only that there were some.
pub(crate) fn read(message: &Value, text: &Text) -> Option<Message> {
    if message["level"] != "error" {
        return None;
    }
    let words = message["message"].as_str()?;
    if words.starts_with("aborting due to") || words.starts_with("For more information") || words.starts_with("Some errors") {
        return None;
    }
    let code = message["code"]["code"].as_str().map(str::to_owned);
    let spans: Vec<Span> = message["spans"].as_array().into_iter().flatten().filter_map(|span| read_span(span, text)).collect();
    let about_display =
        code.as_deref() == Some("E0599") && words.contains("evcxr_display") && spans.iter().any(|span| span.origin == Origin::Display);
    let children = || message["children"].as_array().into_iter().flatten();
    let mut pointed: Vec<&Span> = spans.iter().collect();
    pointed.sort_by_key(|span| !span.primary);
    let of_children: Vec<Span> = children()
        .flat_map(|child| child["spans"].as_array().into_iter().flatten())
        .filter_map(|span| read_span(span, text))
        .collect();
    let cell = pointed.first().map(|span| span.cell).or_else(|| of_children.first().map(|span| span.cell));
    let help = children()
        .filter(|child| child["level"] == "help")
        .filter_map(|child| {
            let words = child["message"].as_str()?.to_owned();
            let instead = child["spans"][0]["suggested_replacement"].as_str();
            Some(instead.map_or(words.clone(), |instead| format!("{words}\n\n{}", instead.trim_end())))
        })
        .collect();
    let in_cell = pointed.iter().filter(|span| Some(span.cell) == cell && matches!(span.origin, Origin::Cell(_)));
    let diagnostic = Diagnostic {
        message: words.replace("`__nbsnap`", "<end of input>"),
        spans: in_cell.map(|span| as_recorded(span)).collect(),
        help,
        code,
    };
    let mut message = Message { cell, about_display, diagnostic };
    message.say_as_evcxr(&spans);
    Some(message)
}

impl Message {
    /// Where evcxr knows a variable to be gone, or that it cannot be kept, it says that; rustc, which sees all cells at once, says why.
    fn say_as_evcxr(&mut self, spans: &[Span]) {
        let code = self.diagnostic.code.clone().unwrap_or_default();
        let kept = spans.iter().find_map(|span| match &span.origin {
            Origin::Keep { variable, from, to } => Some((span, variable, *from, *to)),
            _ => None,
        });
        if let Some((span, variable, from, to)) = kept
            && code == "E0597"
        {
            self.cell = Some(span.cell);
            let message = format!(
                "The variable `{variable}` contains a reference with a non-static lifetime so\ncan't be persisted. You can prevent this \
                 error by making sure that the\nvariable goes out of scope - i.e. wrapping the code in {{}}."
            );
            let place = DiagnosticSpan {
                line: from.line,
                column: from.column,
                end_line: to.line,
                end_column: to.column,
                label: String::new(),
            };
            self.diagnostic = Diagnostic { code: None, message, spans: vec![place], help: Vec::new() };
            return;
        }
        let primary = spans.iter().find(|span| span.primary);
        let moved = spans.iter().find(|span| !span.primary && span.label.contains("moved"));
        if let (Some(primary), Some(moved)) = (primary, moved)
            && code == "E0382"
            && moved.cell < primary.cell
            && let Some(name) = self.diagnostic.message.split('`').nth(1)
        {
            let name = name.split(['.', '[']).next().unwrap_or(name).trim_start_matches('*');
            let message = format!("cannot find value `{name}` in this scope");
            let place = DiagnosticSpan { label: "not found in this scope".into(), ..as_recorded(primary) };
            self.diagnostic = Diagnostic { code: Some("E0425".into()), message, spans: vec![place], help: Vec::new() };
        }
    }
}

fn as_recorded(span: &Span) -> DiagnosticSpan {
    DiagnosticSpan {
        line: span.from.line,
        column: span.from.column,
        end_line: span.to.line,
        end_column: span.to.column,
        label: span.label.clone(),
    }
}

/// A place that rustc points to, or the place where the macro was called that it points into.
fn read_span(span: &Value, text: &Text) -> Option<Span> {
    let number = |name: &str| span[name].as_u64().and_then(|number| u32::try_from(number).ok());
    let own = span["file_name"].as_str().is_some_and(|file| file.ends_with("src/main.rs"));
    let found = own.then(|| {
        let from = Place { line: number("line_start")?, column: number("column_start")? };
        let to = Place { line: number("line_end")?, column: number("column_end")? };
        let piece = text.piece(from)?;
        let origin = piece.origin.clone();
        // The end may lie beyond the piece: then it is as long as the first character.
        let (from, to) = match &origin {
            Origin::Cell(_) => (piece.in_cell(from)?, piece.in_cell(to)?),
            Origin::Keep { from, to, .. } => (*from, *to),
            Origin::Display => (from, to),
        };
        let label = span["label"].as_str().unwrap_or_default().to_owned();
        Some(Span { cell: piece.cell, from, to, label, primary: span["is_primary"] == true, origin })
    });
    if let Some(Some(found)) = found {
        return Some(found);
    }
    let outer = span.get("expansion").filter(|expansion| expansion.is_object())?;
    let mut found = read_span(&outer["span"], text)?;
    found.label = span["label"].as_str().map_or(found.label, str::to_owned);
    found.primary |= span["is_primary"] == true;
    Some(found)
}
