//! The names and texts of a process's documents.

use serde_json::Value;
use toml::Spanned;

use crate::error::Error;
use crate::fixture::{Toml, suggestion};

/// Whether a name is one of those that the description has.
pub(super) fn named<T>(file: &Toml<T>, field: &str, name: &Spanned<String>, known: &Value, what: &str) -> Result<(), Error> {
    if known.get(name.get_ref()).is_some() {
        return Ok(());
    }
    let hint = hint(name.get_ref(), known);
    Err(file.wrong(name, field, format!("the process has no {what} {:?}{hint}", name.get_ref())))
}

/// Which of the members of a description was probably meant.
pub(super) fn hint(name: &str, known: &Value) -> String {
    suggestion(name, known.as_object().into_iter().flatten().map(|(name, _)| name.as_str()))
}

/// Every text in a document.
pub(super) fn texts(document: &Value) -> Box<dyn Iterator<Item = &str> + '_> {
    match document {
        Value::String(text) => Box::new(std::iter::once(text.as_str())),
        Value::Array(all) => Box::new(all.iter().flat_map(texts)),
        Value::Object(all) => Box::new(all.values().flat_map(texts)),
        _ => Box::new(std::iter::empty()),
    }
}
