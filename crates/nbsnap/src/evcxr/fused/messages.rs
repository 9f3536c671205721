//! rustc's messages about a program, as evcxr would say them about a cell.
//!
//! The main function is [`read`]. It maps places and words; it decides nothing about the notebook.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::places::{Origin, Place, Text};
use crate::record::{Diagnostic, DiagnosticSpan};

/// An error, with the cell it is about.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    /// The first cell among those that rustc points to, or `None` if it only points to what nobody wrote.
    pub(crate) cell: Option<usize>,
    /// Whether it is about the cell's last expression, which another way of showing it may cure.
    pub(crate) about_display: bool,
    /// Whether it is about a name or method that is not known.
    pub(crate) about_names: bool,
    /// Whether it says that the cell awaits and may not.
    pub(crate) awaits: bool,
    /// The variable that the cell has no more at its end, so that nobody need keep it.
    pub(crate) unkept: Option<String>,
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
pub(crate) fn read(message: &Value, text: &Text, shown: &dyn Fn(usize, Place) -> bool) -> Option<Message> {
    if message["level"] != "error" {
        return None;
    }
    let words = message["message"].as_str()?;
    if words.starts_with("aborting due to") || words.starts_with("For more information") || words.starts_with("Some errors") {
        return None;
    }
    let code = message["code"]["code"].as_str().map(str::to_owned);
    let spans: Vec<Span> = message["spans"].as_array().into_iter().flatten().filter_map(|span| read_span(span, text)).collect();
    let children = || message["children"].as_array().into_iter().flatten();
    let mut pointed: Vec<&Span> = spans.iter().collect();
    pointed.sort_by_key(|span| !span.primary);
    let of_children: Vec<Span> = children()
        .flat_map(|child| child["spans"].as_array().into_iter().flatten())
        .filter_map(|span| read_span(span, text))
        .collect();
    // What a cell says is no mistake before a later one makes it one, except that types of variables are settled with their cell.
    let kept = spans.iter().find(|span| matches!(span.origin, Origin::Keep { .. })).map(|span| span.cell);
    let cell =
        kept.or_else(|| spans.iter().map(|span| span.cell).max()).or_else(|| of_children.iter().map(|span| span.cell).max());
    let about_display = spans.iter().filter(|span| Some(span.cell) == cell).any(|span| match span.origin {
        Origin::Display => true,
        Origin::Cell(_) => shown(span.cell, span.from),
        Origin::Keep { .. } => false,
    });
    let help = children()
        .filter(|child| child["level"] == "help")
        .filter_map(|child| {
            let words = in_evcxrs_words(child["message"].as_str()?);
            let instead = child["spans"][0]["suggested_replacement"].as_str();
            Some(instead.map_or(words.clone(), |instead| format!("{words}\n\n{}", instead.trim_end())))
        })
        .collect();
    let in_cell = pointed.iter().filter(|span| Some(span.cell) == cell && matches!(span.origin, Origin::Cell(_)));
    let diagnostic =
        Diagnostic { message: in_evcxrs_words(words), spans: in_cell.map(|span| as_recorded(span)).collect(), help, code };
    let unkept = spans.iter().find_map(|span| match (&span.origin, code_of(&diagnostic)) {
        (Origin::Keep { variable, .. }, "E0381" | "E0382" | "E0505") => Some(variable.clone()),
        _ => None,
    });
    let about_names = kept.is_none() && !matches!(code_of(&diagnostic), "E0277" | "E0308" | "E0382" | "E0505" | "E0597");
    let awaits = code_of(&diagnostic) == "E0728";
    let mut message = Message { cell, about_display, about_names, awaits, unkept, diagnostic };
    message.say_as_evcxr(&spans);
    Some(message)
}

fn code_of(diagnostic: &Diagnostic) -> &str {
    diagnostic.code.as_deref().unwrap_or_default()
}

impl Message {
    /// Where evcxr knows a variable to be gone, or that it cannot be kept, it says that; rustc, which sees all cells at once, says why.
    fn say_as_evcxr(&mut self, spans: &[Span]) {
        let code = code_of(&self.diagnostic).to_owned();
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
        // In a cell that awaits rustc points to the whole of it, and then to where in it a variable is used.
        let used = |span: &&Span| span.primary || span.label.contains("occurs due to use in");
        let primary = spans.iter().find(used);
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

/// Without the names of what only one program has.
fn in_evcxrs_words(words: &str) -> String {
    static MODULE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:crate::)?(?:__cell\d+::)+").expect("the pattern is a constant"));
    MODULE.replace_all(&words.replace("`__nbsnap`", "<end of input>"), "").into_owned()
}

/// A place that rustc points to, or the place where the macro was called that it points into.
fn read_span(span: &Value, text: &Text) -> Option<Span> {
    let number = |name: &str| span[name].as_u64().and_then(|number| u32::try_from(number).ok());
    let own = span["file_name"].as_str().is_some_and(|file| file.ends_with("src/main.rs"));
    let found = own.then(|| {
        let from = Place { line: number("line_start")?, column: number("column_start")? };
        let to = Place { line: number("line_end")?, column: number("column_end")? };
        let mut piece = text.piece_until(from)?;
        let mut from = from;
        // The code that shows an expression begins before it: what is meant is the expression.
        if piece.origin == Origin::Display
            && let Some(inner) = text.first_of_cell(from, to)
        {
            (piece, from) = inner;
        }
        let origin = piece.origin.clone();
        // The end may lie beyond the piece: then it is as long as the first character.
        let (from, to) = match &origin {
            Origin::Cell(_) => (piece.in_cell(from)?, piece.in_cell(to)?),
            Origin::Keep { from, to, .. } => (*from, *to),
            Origin::Display => (from, to),
        };
        let label = in_evcxrs_words(span["label"].as_str().unwrap_or_default());
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A program of three lines: one generated, one of cell 1, one of cell 2.
    fn text() -> Text {
        let mut text = Text::new();
        text.push("fn main() {\n");
        text.push_of(1, Origin::Cell(Place { line: 4, column: 1 }), "let a = f();");
        let place = Place { line: 4, column: 5 };
        let keep = Origin::Keep { variable: "a".into(), from: place, to: Place { column: 6, ..place } };
        text.push_of(1, keep, " keep(&a);");
        text.push("\n");
        text.push_of(2, Origin::Cell(Place { line: 1, column: 1 }), "  use_it(a)");
        text
    }

    fn span(line: u32, from: u32, to: u32, primary: bool, label: &str) -> Value {
        json!({"file_name": "fused/src/main.rs", "line_start": line, "line_end": line, "column_start": from, "column_end": to,
               "is_primary": primary, "label": label, "expansion": null})
    }

    fn message(code: &str, words: &str, spans: &[Value]) -> Message {
        let json = json!({"level": "error", "message": words, "code": {"code": code}, "spans": spans, "children": []});
        read(&json, &text(), &|_, _| false).unwrap()
    }

    #[test]
    fn an_error_stands_where_its_author_wrote_it() {
        let message = message("E0425", "cannot find value `__cell1::a` in this scope", &[span(3, 10, 11, true, "not found")]);
        assert_eq!(message.cell, Some(2));
        assert_eq!(message.diagnostic.message, "cannot find value `a` in this scope");
        assert_eq!((message.diagnostic.spans[0].line, message.diagnostic.spans[0].column), (1, 10));
    }

    #[test]
    fn a_later_cell_is_to_blame_for_what_an_earlier_one_said() {
        let spans = [span(2, 9, 10, true, "expected"), span(3, 3, 9, false, "because of this")];
        assert_eq!(message("E0308", "mismatched types", &spans).cell, Some(2));
    }

    #[test]
    fn what_an_earlier_cell_moved_is_gone_as_in_evcxr() {
        let spans = [span(3, 10, 11, true, "value used here after move"), span(2, 9, 10, false, "value moved here")];
        let message = message("E0382", "use of moved value: `a`", &spans);
        assert_eq!(message.diagnostic.code.as_deref(), Some("E0425"));
        assert_eq!(message.diagnostic.message, "cannot find value `a` in this scope");
    }

    #[test]
    fn a_reference_that_cannot_be_kept_is_refused_in_evcxrs_words() {
        let spans = [
            span(2, 9, 10, true, "borrowed value does not live long enough"),
            span(2, 14, 20, false, "argument requires 'static"),
        ];
        let message = message("E0597", "`x` does not live long enough", &spans);
        assert!(message.diagnostic.message.starts_with("The variable `a` contains a reference"));
        assert_eq!((message.cell, message.diagnostic.spans[0].line, message.diagnostic.spans[0].column), (Some(1), 4, 5));
    }

    #[test]
    fn warnings_and_counts_are_no_errors() {
        let none = |level: &str, words: &str| read(&json!({"level": level, "message": words}), &text(), &|_, _| false).is_none();
        assert!(none("warning", "unused variable") && none("error", "aborting due to 2 previous errors"));
    }
}
