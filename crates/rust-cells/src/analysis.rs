//! Questions about a cell that is being typed, for a program that analyses Rust, and their answers.
//!
//! The main type is [`Sketch`]: a session's items, its typed variables and a cell, as one text. This module
//! does not analyse. Questions and answers are serialised, because another process does the analysis.

use serde::{Deserialize, Serialize};

use crate::cell::Cell;
use crate::generate::{import_lines, raw};
use crate::state::State;

/// A session as far as it matters to what can be typed next.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sketch {
    /// The lines of a `[dependencies]` table.
    dependencies: String,
    /// Items, and the head of a function whose parameters are the variables.
    before: String,
}

/// A question about a place in a text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// The lines of a `[dependencies]` table: what paths may lead into.
    pub dependencies: String,
    /// The text of a crate.
    pub source: String,
    /// The place, in bytes.
    pub offset: usize,
    /// What is asked.
    pub wants: Wants,
}

/// What a question asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wants {
    /// What can be written at the place.
    Suggestions,
    /// What the name at the place means.
    Explanation,
}

/// The answer to a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// What can be written, the likeliest first.
    Suggestions(Vec<Suggestion>),
    /// What the name means, if that is known.
    Explanation(Option<Explanation>),
    /// Why there is no answer.
    Failed(String),
}

/// Something that can be written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suggestion {
    /// Its text.
    pub text: String,
    /// Such as `function`.
    pub kind: String,
    /// Its signature or type; empty if it has none.
    pub signature: String,
}

/// What a name means.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Explanation {
    /// As text.
    pub plain: String,
    /// As Markdown.
    pub markdown: String,
}

impl Sketch {
    /// What a state says.
    pub fn of(state: &State) -> Sketch {
        let mut before = String::new();
        for attribute in &state.attributes {
            before.push_str(attribute);
            before.push('\n');
        }
        // A macro must come before its uses.
        let (macros, items): (Vec<_>, Vec<_>) = state.items.iter().partition(|defined| defined.item.is_macro);
        for defined in macros.into_iter().chain(items) {
            match import_lines(defined) {
                Some(lines) => before.push_str(&lines),
                None => before.push_str(&defined.source[defined.range.clone()]),
            }
            before.push('\n');
        }
        before.push_str("async fn __cell(");
        for (name, variable) in state.variables() {
            let mutable = if variable.is_mutable { "mut " } else { "" };
            before.push_str(&format!("{mutable}{}: {}, ", raw(name), variable.ty));
        }
        before.push_str(") -> ::std::result::Result<(), ::std::boxed::Box<dyn ::std::error::Error>> {\n");
        Sketch { dependencies: state.dependencies().manifest_lines(), before }
    }

    /// A question about a place in a cell, which may be unfinished. `None` if the place is in a command
    /// line.
    pub fn question(&self, cell: &str, offset: usize, wants: Wants) -> Option<Question> {
        let code_from = Cell::parse(cell).code_from;
        if offset < code_from || !cell.is_char_boundary(offset) {
            return None;
        }
        let commands: String = cell.get(..code_from)?.chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
        let offset = self.before.len() + commands.len() + (offset - code_from);
        // Last in the text: unfinished code cannot swallow anything after it.
        let source = format!("{}{commands}{}\n}}\n", self.before, &cell[code_from..]);
        Some(Question { dependencies: self.dependencies.clone(), source, offset, wants })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::LiveVariable;

    #[test]
    fn a_place_in_a_cell_is_a_place_in_the_text() {
        let mut state = State::new("0");
        let cell = Cell::parse("struct Point { x: u8 }\nmacro_rules! m { () => {} }");
        state.items.define(&cell, &"cell [1]".into());
        let ty = LiveVariable { ty: "Point".into(), is_mutable: true };
        state.variables_mut().insert("type".into(), ty);
        let sketch = Sketch::of(&state);
        let cell = "// ž\nr#type.";
        let question = sketch.question(cell, cell.len(), Wants::Suggestions).unwrap();
        assert!(question.source[..question.offset].ends_with("r#type."), "{}", question.source);
        assert!(question.source.contains("macro_rules! m { () => {} }\nstruct Point { x: u8 }\n"), "{}", question.source);
        assert!(question.source.contains("(mut r#type: Point, )"), "{}", question.source);
        let with_command = ":dep ž\nlet a = 1;";
        assert_eq!(sketch.question(with_command, 3, Wants::Explanation), None);
        let question = sketch.question(with_command, with_command.len() - 1, Wants::Explanation).unwrap();
        assert!(question.source[..question.offset].ends_with("      \nlet a = 1"), "{}", question.source);
    }
}
