//! Why a variable cannot live on, in a learner's words, with what to write instead.

use crate::cell::Cell;
use crate::diagnostics::{Diagnostic, Place};
use crate::position::position;
use crate::types::Unnameable;

/// The refusal of a variable whose type no other cell can write.
pub(crate) fn unnameable(cell: &Cell, name: &str, why: &Unnameable) -> Diagnostic {
    let (message, help) = match why {
        Unnameable::Closure => (
            format!("`{name}` is a closure, whose type has no name, so no later cell can use it"),
            format!(
                "write a function, `fn {name}(…) {{ … }}`, box it, `let {name}: Box<dyn Fn(i32) -> i32> = Box::new(…);`, or use it in this cell only, within `{{ … }}`"
            ),
        ),
        Unnameable::HoldsClosure => (
            format!("`{name}` holds a closure, whose type has no name, so no later cell can use it"),
            format!(
                "collect what is iterated over, `let {name}: Vec<_> = ….collect();`, box the closure, or use it in this cell only, within `{{ … }}`"
            ),
        ),
        Unnameable::Future => (
            format!("`{name}` is or holds a future, whose type has no name, so no later cell can use it"),
            format!("write `.await` behind the call, `let {name} = ….await;`: a future does nothing until it is awaited"),
        ),
        Unnameable::Function => (
            format!("`{name}` is or holds a function by its own type, which has no name, so no later cell can use it"),
            format!(
                "write its type as a pointer, `let {name}: fn(i32) -> i32 = …;`, collect what is iterated over, or use it in this cell only, within `{{ … }}`"
            ),
        ),
        Unnameable::Opaque => (
            format!("`{name}` is or holds an `impl Trait`, whose type has no name, so no later cell can use it"),
            format!("box it, `let {name}: Box<dyn Trait> = Box::new(…);`, or collect what is iterated over"),
        ),
        Unnameable::Local(ty) => (
            format!("`{name}` has the type `{ty}`, which is declared in a function or block, so no later cell can use it"),
            format!("declare `{ty}` outside of it, at the top level of a cell"),
        ),
        Unnameable::Private(ty) => (
            format!("`{name}` has the type `{ty}`, which no cell can write, so no later cell can use it"),
            "make its module `pub`, or add the crate that it is from with `:dep`, or turn the value into a type of your own"
                .to_owned(),
        ),
    };
    Diagnostic { code: None, message, places: place_of(cell, name).into_iter().collect(), help: vec![help] }
}

/// The refusal of a variable that borrows another. `reason` is rustc's own.
pub(crate) fn borrowed(cell: &Cell, name: &str, reason: Diagnostic) -> Diagnostic {
    let lender =
        reason.message.split('`').nth(1).filter(|lender| lender.chars().all(|c| c.is_alphanumeric() || "_.*".contains(c)));
    let lender = lender.filter(|lender| *lender != name).unwrap_or("another value");
    let lender = if lender == "another value" { lender.to_owned() } else { format!("`{lender}`") };
    let message = format!("`{name}` borrows {lender}, so no later cell can use it");
    let help = format!(
        "keep a value of its own, `let {name} = ….to_owned();` or `….clone()`, or use it in this cell only, within `{{ … }}`"
    );
    let mut places: Vec<Place> = place_of(cell, name).into_iter().collect();
    places
        .extend(reason.places.into_iter().filter(|place| !place.label.is_empty() && !place.label.contains("argument requires")));
    Diagnostic { code: reason.code, message, places, help: vec![help] }
}

/// The refusal of a variable that may have no value.
pub(crate) fn unset(cell: &Cell, name: &str) -> Diagnostic {
    let message = format!("`{name}` may have no value when the cell ends, so no later cell can use it");
    let help = format!("give it a value, `let {name} = …;`, or declare it within `{{ … }}`");
    Diagnostic { code: Some("E0381".into()), message, places: place_of(cell, name).into_iter().collect(), help: vec![help] }
}

/// The refusal of a variable whose type its own cell leaves open. Some compilers report that where the
/// variable is kept, which is no place of the author's.
pub(crate) fn untyped(cell: &Cell, name: &str) -> Diagnostic {
    let message = format!("type annotations needed for `{name}`");
    let help = format!("write its type, `let {name}: … = …;`: a later cell cannot decide it");
    Diagnostic { code: Some("E0282".into()), message, places: place_of(cell, name).into_iter().collect(), help: vec![help] }
}

/// Where a cell declares a variable.
fn place_of(cell: &Cell, name: &str) -> Option<Place> {
    let variable = cell.variables().into_iter().find(|variable| variable.name == name)?;
    let (line, column) = position(&cell.source, variable.range.start);
    let (end_line, end_column) = position(&cell.source, variable.range.end);
    Some(Place { cell: None, line, column, end_line, end_column, label: String::new() })
}
