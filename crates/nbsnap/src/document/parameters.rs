//! Parameters in the manner of papermill. A cell tagged `parameters` declares them, in Rust with `let`. A
//! cell tagged `injected-parameters` after it sets their values.
//!
//! The main type is [`Parameters`]. `rust` and `python` read declarations and write values, each in its
//! language.

mod python;
mod rust;

use serde_json::{Map, Value, json};

use super::Document;
use super::cell::{is_cell, set, set_source, source, tags};
use crate::notebook::Language;

/// The tag of the cell that declares parameters.
const DECLARED: &str = "parameters";
/// The tag of the cell that sets the values. It is also its id.
const INJECTED: &str = "injected-parameters";

/// Why a parameter cannot be given to a notebook.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ParameterError {
    /// It is not of the form `name=value`.
    #[error("parameter `{given}` is not of the form name=value")]
    Form {
        /// What was given.
        given: String,
    },
    /// No variable can have its name.
    #[error("parameter `{name}` cannot be the name of a variable in {language}")]
    Name {
        /// The name.
        name: String,
        /// The notebook's language.
        language: &'static str,
    },
    /// The notebook's language is not supported.
    #[error("notebook {notebook} is for the kernel `{kernel}`, and parameters can be written in Rust and in Python only")]
    Language {
        /// The notebook's file.
        notebook: String,
        /// Its kernel.
        kernel: String,
    },
    /// The notebook declares other parameters.
    #[error("notebook {notebook} has no parameter `{name}`; its cell tagged `parameters` declares: {known}")]
    Unknown {
        /// The notebook's file.
        notebook: String,
        /// The name.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// The value is not of the parameter's type.
    #[error("parameter `{name}` is a `{type_name}`, and `{value}` is not one: {reason}")]
    Value {
        /// The name.
        name: String,
        /// Its type.
        type_name: String,
        /// The value.
        value: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Parameters and their values, as they were given.
#[derive(Clone, Debug, Default)]
pub struct Parameters {
    given: Vec<Given>,
}

#[derive(Clone, Debug)]
struct Given {
    name: String,
    value: String,
    form: Form,
}

/// How a value was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// As text, which the parameter's type gives a meaning.
    Text,
    /// As JSON, with its own type.
    Typed,
    /// As code, to be taken as it is.
    Code,
}

/// A parameter as the notebook declares it.
struct Declared {
    name: String,
    mutable: bool,
    type_name: Option<String>,
}

impl Parameters {
    /// Reads `name=value` pairs; those of `code` have an expression as their value. Of a name that comes
    /// twice the last one counts.
    ///
    /// # Errors
    /// When one is not such a pair.
    pub fn parse(values: &[String], code: &[String]) -> Result<Parameters, ParameterError> {
        let mut given: Vec<Given> = Vec::new();
        let pairs = values.iter().map(|pair| (pair, Form::Text)).chain(code.iter().map(|pair| (pair, Form::Code)));
        for (pair, form) in pairs {
            let (name, value) = pair.split_once('=').ok_or_else(|| ParameterError::Form { given: pair.clone() })?;
            let name = name.trim().to_owned();
            given.retain(|known| known.name != name);
            given.push(Given { name, value: value.to_owned(), form });
        }
        Ok(Parameters { given })
    }

    /// These parameters, in addition to values with their own types. If both have a name, these take
    /// precedence.
    pub fn over(self, values: Map<String, Value>) -> Parameters {
        let is_new = |name: &String| !self.given.iter().any(|known| known.name == *name);
        let typed = values.into_iter().filter(|(name, _)| is_new(name));
        let mut given: Vec<Given> =
            typed.map(|(name, value)| Given { name, value: value.to_string(), form: Form::Typed }).collect();
        given.extend(self.given);
        Parameters { given }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// Puts the cell that sets the parameters into a notebook: in place of an existing one, or after the
    /// cell that declares them, or else first. Does nothing if there are no parameters.
    ///
    /// # Errors
    /// When the notebook declares no such parameter, or is neither in Rust nor in Python. When the name is
    /// not a variable in its language, or the value is not of the parameter's type.
    pub fn inject(&self, document: &mut Document) -> Result<(), ParameterError> {
        if self.is_empty() {
            return Ok(());
        }
        let is_tagged = |cell: &Map<String, Value>, tag: &str| is_cell(cell, "code") && tags(cell).any(|known| known == tag);
        let declaring = document.cells().position(|cell| is_tagged(cell, DECLARED));
        let notebook = document.path().display().to_string();
        let language = Writer::of(document)?;
        let declared = declaring.and_then(|index| document.cells().nth(index)).map(|cell| language.declared(&source(cell)));
        let mut lines = vec![language.head().to_owned()];
        for given in &self.given {
            language.check(given)?;
            let known = declared.as_deref().unwrap_or_default().iter().rfind(|declared| declared.name == given.name);
            if let (Some(declared), None) = (&declared, known) {
                let known = declared.iter().map(|declared| declared.name.as_str()).collect::<Vec<_>>().join(", ");
                return Err(ParameterError::Unknown { notebook, name: given.name.clone(), known });
            }
            lines.push(language.binding(given, known)?);
        }
        let text = lines.join("\n");
        if let Some(cell) = document.cells_mut().find(|cell| is_tagged(cell, INJECTED)) {
            set_source(cell, &text);
            return Ok(());
        }
        let mut cell = Map::new();
        let members = [
            ("cell_type", json!("code")),
            ("execution_count", Value::Null),
            ("metadata", json!({"tags": [INJECTED]})),
            ("outputs", json!([])),
        ];
        members.into_iter().for_each(|(name, value)| set(&mut cell, name, value));
        if document.minor() >= 5 {
            let is_free = |id: &str| !document.cells().any(|cell| super::id(cell) == Some(id));
            let ids = std::iter::once(INJECTED.to_owned()).chain((2..).map(|number| format!("{INJECTED}-{number}")));
            let id = ids.into_iter().find(|id| is_free(id)).expect("there is no end of ids");
            set(&mut cell, "id", id.into());
        }
        set_source(&mut cell, &text);
        document.insert_cell(declaring.map_or(0, |index| index + 1), cell);
        Ok(())
    }
}

/// A language that parameters can be written in.
#[derive(Clone, Copy)]
enum Writer {
    Rust,
    Python,
}

impl Writer {
    fn of(document: &Document) -> Result<Writer, ParameterError> {
        match Language::of(document.metadata()) {
            Language::Rust => Ok(Writer::Rust),
            Language::Python => Ok(Writer::Python),
            Language::Other | Language::Unnamed => {
                let kernel = document.metadata().get("kernelspec").and_then(|spec| spec["name"].as_str()).unwrap_or_default();
                Err(ParameterError::Language { notebook: document.path().display().to_string(), kernel: kernel.to_lowercase() })
            }
        }
    }

    /// The line above the parameters.
    fn head(self) -> &'static str {
        match self {
            Writer::Rust => "// Parameters of this run.",
            Writer::Python => "# Parameters of this run.",
        }
    }

    fn declared(self, code: &str) -> Vec<Declared> {
        match self {
            Writer::Rust => rust::declared(code),
            Writer::Python => python::declared(code),
        }
    }

    /// Refuses a name or code that is invalid in this language.
    fn check(self, given: &Given) -> Result<(), ParameterError> {
        match self {
            Writer::Rust => rust::check(given),
            Writer::Python => python::check(given),
        }
    }

    /// The statement that binds a parameter.
    fn binding(self, given: &Given, declared: Option<&Declared>) -> Result<String, ParameterError> {
        match self {
            Writer::Rust => rust::binding(given, declared),
            Writer::Python => Ok(python::binding(given, declared)),
        }
    }
}

impl Given {
    /// The value, if it has its own type.
    fn typed(&self) -> Option<Value> {
        if self.form == Form::Typed { serde_json::from_str(&self.value).ok() } else { None }
    }
}
