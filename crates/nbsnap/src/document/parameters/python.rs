//! Parameters for notebooks in Python: plain assignments at the beginning of a line.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::{Declared, Form, Given, ParameterError};

/// The name of a declared type whose values are written without quotes.
const TEXT: &str = "str";

/// Words that no variable can be called.
const KEYWORDS: &[&str] = &[
    "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
    "except", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "nonlocal", "not", "or", "pass", "raise",
    "return", "try", "while", "with", "yield",
];

/// The variables that a cell assigns to at its top level.
pub(super) fn declared(code: &str) -> Vec<Declared> {
    static ASSIGNMENT: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?m)^([^\W\d]\w*)[ \t]*(?::[ \t]*([^=\n]+?))?[ \t]*=[ \t]*([^=\n].*)$").expect("the pattern is a constant")
    });
    let is_text = |value: &str| value.trim_start_matches(['r', 'R', 'f', 'F', 'u', 'U']).starts_with(['"', '\'']);
    let declared = ASSIGNMENT.captures_iter(code).map(|found| {
        let type_name = found.get(2).map(|type_name| type_name.as_str().to_owned());
        Declared {
            name: found[1].to_owned(),
            mutable: false,
            type_name: type_name.or_else(|| is_text(&found[3]).then(|| TEXT.to_owned())),
        }
    });
    declared.collect()
}

/// Refuses a name that is invalid in Python. Python itself checks code.
pub(super) fn check(Given { name, .. }: &Given) -> Result<(), ParameterError> {
    static NAME: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"^[^\W\d]\w*$").expect("the pattern is a constant"));
    if !NAME.is_match(name) || KEYWORDS.contains(&name.as_str()) {
        return Err(ParameterError::Name { name: name.clone(), language: "Python" });
    }
    Ok(())
}

/// The assignment that binds a parameter.
pub(super) fn binding(given: &Given, declared: Option<&Declared>) -> String {
    let Given { name, value, form } = given;
    if *form == Form::Code {
        return format!("{name} = {value}");
    }
    let type_name = declared.and_then(|declared| declared.type_name.as_deref());
    let annotation =
        type_name.filter(|type_name| *type_name != TEXT).map(|type_name| format!(": {type_name}")).unwrap_or_default();
    // Text needs no quotes; everything else is written as in JSON.
    let value = match serde_json::from_str::<Value>(value) {
        Ok(parsed) if *form == Form::Typed || type_name != Some(TEXT) || parsed.is_null() => parsed,
        _ => Value::from(value.as_str()),
    };
    format!("{name}{annotation} = {}", literal(&value))
}

/// A JSON value as Python writes it.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Array(items) => format!("[{}]", items.iter().map(literal).collect::<Vec<_>>().join(", ")),
        Value::Object(members) => {
            let member = |(name, value): (&String, &Value)| format!("{}: {}", literal(&name.as_str().into()), literal(value));
            format!("{{{}}}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        // Their escapes are Python's, too.
        Value::Number(_) | Value::String(_) => value.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::super::Parameters;
    use super::*;
    use crate::document::{Document, source};

    fn injected(cell: &str, values: &[&str], code: &[&str]) -> Result<String, ParameterError> {
        let owned = |pairs: &[&str]| pairs.iter().map(|pair| (*pair).to_owned()).collect::<Vec<_>>();
        let cell = json!({"cell_type": "code", "execution_count": null, "id": "a", "metadata": {"tags": ["parameters"]},
            "outputs": [], "source": cell});
        let kernel = json!({"display_name": "Python 3", "language": "python", "name": "python3"});
        let json = json!({"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5});
        let mut document = Document::parse(Path::new("a.ipynb"), json.to_string()).unwrap();
        Parameters::parse(&owned(values), &owned(code)).unwrap().inject(&mut document)?;
        Ok(document.cells().nth(1).map(source).unwrap_or_default())
    }

    #[test]
    fn parameters_are_assigned_anew_as_they_were_declared() {
        let cell = "bands = 3\nname: str = 'scene'\ntitle = \"x\"\nlimit: float | None = None\nif bands == 3:\n    inner = 1\n";
        let values = ["bands=[1, true, null]", "name=12", "title=it's \"so\"", "limit=0.5"];
        assert_eq!(
            injected(cell, &values, &["bands=range(3)"]).unwrap(),
            "# Parameters of this run.\nname = \"12\"\ntitle = \"it's \\\"so\\\"\"\nlimit: float | None = 0.5\nbands = range(3)"
        );
        assert_eq!(injected(cell, &values[..1], &[]).unwrap().lines().last(), Some("bands = [1, True, None]"));
        let unknown = injected(cell, &["inner=2"], &[]).unwrap_err().to_string();
        assert!(unknown.contains("has no parameter `inner`") && unknown.contains("bands, name, title, limit"), "{unknown}");
    }

    #[test]
    fn values_with_types_of_their_own_keep_them() {
        let cell = json!({"cell_type": "code", "execution_count": null, "id": "a", "metadata": {"tags": ["parameters"]},
            "outputs": [], "source": "name = 'x'\nbands = 3\nflags = {}"});
        let kernel = json!({"display_name": "Python 3", "language": "python", "name": "python3"});
        let json = json!({"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5});
        let mut document = Document::parse(Path::new("a.ipynb"), json.to_string()).unwrap();
        let values = json!({"name": "12", "bands": "5", "flags": {"a": [true, null]}}).as_object().unwrap().clone();
        Parameters::parse(&["bands=7".to_owned()], &[]).unwrap().over(values).inject(&mut document).unwrap();
        let injected = document.cells().nth(1).map(source).unwrap();
        assert_eq!(injected, "# Parameters of this run.\nname = \"12\"\nflags = {\"a\": [True, None]}\nbands = 7");
    }

    #[test]
    fn a_name_that_python_does_not_have_is_refused() {
        assert!(injected("class_ = 1", &["class=1"], &[]).is_err());
        let error = injected("", &["lambda=1"], &[]).unwrap_err().to_string();
        assert_eq!(error, "parameter `lambda` cannot be the name of a variable in Python");
    }
}
