//! Parameters in the manner of papermill. A cell tagged `parameters` declares them, in Rust with `let`. A
//! cell tagged `injected-parameters` after it sets their values.
//!
//! The main type is [`Parameters`]. Values are written as Rust of the type that the notebook declares.
//! `python` writes them for notebooks in Python.

mod python;

use ra_ap_syntax::ast::{self, HasName};
use ra_ap_syntax::{AstNode, Edition, SourceFile};
use serde_json::{Map, Value, json};

use super::{Document, is_cell, set, set_source, source, tags};
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
            Writer::Rust => lets(code),
            Writer::Python => python::declared(code),
        }
    }

    /// Refuses a name or code that is invalid in this language.
    fn check(self, given: &Given) -> Result<(), ParameterError> {
        match self {
            Writer::Rust => given.check(),
            Writer::Python => python::check(given),
        }
    }

    /// The statement that binds a parameter.
    fn binding(self, given: &Given, declared: Option<&Declared>) -> Result<String, ParameterError> {
        match self {
            Writer::Rust => given.binding(declared),
            Writer::Python => Ok(python::binding(given, declared)),
        }
    }
}

impl Given {
    /// The value, if it has its own type.
    fn typed(&self) -> Option<Value> {
        if self.form == Form::Typed { serde_json::from_str(&self.value).ok() } else { None }
    }

    /// Whether it can be bound with `let`.
    fn check(&self) -> Result<(), ParameterError> {
        let Given { name, value, form } = self;
        if !binds_only(&format!("let {name} = 0;"), name) {
            return Err(ParameterError::Name { name: name.clone(), language: "Rust" });
        }
        if *form == Form::Code && !binds_only(&format!("let {name} = {value};"), name) {
            let (name, type_name, value) = (name.clone(), "_".into(), value.clone());
            return Err(ParameterError::Value { name, type_name, value, reason: "it is no expression in Rust".into() });
        }
        Ok(())
    }

    /// The `let` that binds the parameter.
    fn binding(&self, declared: Option<&Declared>) -> Result<String, ParameterError> {
        let Given { name, value, form } = self;
        let mutable = if declared.is_some_and(|declared| declared.mutable) { "mut " } else { "" };
        let declared_type = declared.and_then(|declared| declared.type_name.clone());
        if *form == Form::Code {
            let type_name = declared_type.map(|name| format!(": {name}")).unwrap_or_default();
            return Ok(format!("let {mutable}{name}{type_name} = {value};"));
        }
        let typed = self.typed();
        let guessed = || typed.as_ref().map_or_else(|| type_of(value).to_owned(), type_of_value);
        let type_name = declared_type.unwrap_or_else(guessed);
        let literal = match &typed {
            Some(typed) => written(&bare(&type_name), typed),
            None => literal(&type_name, value),
        };
        let literal = literal.map_err(|reason| ParameterError::Value {
            name: name.clone(),
            type_name: type_name.clone(),
            value: value.clone(),
            reason,
        })?;
        Ok(format!("let {mutable}{name}: {type_name} = {literal};"))
    }
}

/// The type of a value that no declaration gives one.
fn type_of(value: &str) -> &'static str {
    match value {
        "true" | "false" => "bool",
        _ if value.parse::<i64>().is_ok() => "i64",
        _ if value.parse::<f64>().is_ok_and(f64::is_finite) => "f64",
        _ => "String",
    }
}

/// The type of a typed value that no declaration gives one.
fn type_of_value(value: &Value) -> String {
    match value {
        Value::Bool(_) => "bool".to_owned(),
        Value::Number(number) if number.is_f64() => "f64".to_owned(),
        Value::Number(_) => "i64".to_owned(),
        Value::String(_) => "String".to_owned(),
        Value::Array(items) => format!("Vec<{}>", items.first().map_or_else(|| "_".to_owned(), type_of_value)),
        Value::Null | Value::Object(_) => "_".to_owned(),
    }
}

/// A value, as it was given, as Rust of a type.
fn literal(type_name: &str, given: &str) -> Result<String, String> {
    let bare = bare(type_name);
    let inner = argument(&bare, "Option").unwrap_or(&bare);
    // Text needs no quotes; everything else is written as in JSON.
    let is_text = matches!(inner, "String" | "&str" | "&'staticstr" | "char");
    let value = match serde_json::from_str::<Value>(given) {
        Ok(Value::Null) if inner != bare => Value::Null,
        _ if is_text => Value::from(given),
        Ok(value) => value,
        Err(_) => Value::from(given),
    };
    written(&bare, &value)
}

fn written(type_name: &str, value: &Value) -> Result<String, String> {
    if let Some(inner) = argument(type_name, "Option") {
        return if value.is_null() { Ok("None".into()) } else { Ok(format!("Some({})", written(inner, value)?)) };
    }
    if let Some(inner) = argument(type_name, "Vec") {
        let items = value.as_array().ok_or("write a list as in JSON, such as [1, 2]")?;
        let items = items.iter().map(|item| written(inner, item)).collect::<Result<Vec<_>, _>>()?;
        return Ok(format!("vec![{}]", items.join(", ")));
    }
    let text = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let number = |fits: Result<(), String>| fits.map(|()| text.clone());
    macro_rules! parsed {
        ($type:ty) => {
            number(text.parse::<$type>().map(drop).map_err(|error| error.to_string()))
        };
    }
    match type_name {
        "i8" => parsed!(i8),
        "i16" => parsed!(i16),
        "i32" => parsed!(i32),
        "i64" => parsed!(i64),
        "i128" => parsed!(i128),
        "isize" => parsed!(isize),
        "u8" => parsed!(u8),
        "u16" => parsed!(u16),
        "u32" => parsed!(u32),
        "u64" => parsed!(u64),
        "u128" => parsed!(u128),
        "usize" => parsed!(usize),
        "f32" | "f64" => match text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(format!("{value:?}")),
            Ok(_) => Err("it is not finite".into()),
            Err(error) => Err(error.to_string()),
        },
        "bool" => parsed!(bool),
        "char" => text.parse::<char>().map(|c| format!("{c:?}")).map_err(|error| error.to_string()),
        "String" => Ok(format!("String::from({text:?})")),
        "&str" | "&'staticstr" => Ok(format!("{text:?}")),
        _ => Err("no value of this type can be written; give a Rust expression with -r".into()),
    }
}

/// A type without spaces, and without the paths of types in the prelude.
fn bare(type_name: &str) -> String {
    let bare: String = type_name.split_whitespace().collect();
    ["std::string::", "std::vec::", "std::option::"].iter().fold(bare, |bare, path| bare.replace(path, ""))
}

/// The `T` of `Name<T>`.
fn argument<'a>(type_name: &'a str, name: &str) -> Option<&'a str> {
    type_name.strip_prefix(name)?.strip_prefix('<')?.strip_suffix('>')
}

/// Code of a cell as a program that can be parsed, without evcxr's own commands.
fn parsed(code: &str) -> ra_ap_syntax::Parse<SourceFile> {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with(':'));
    SourceFile::parse(&format!("fn cell() {{\n{}\n}}", lines.collect::<Vec<_>>().join("\n")), Edition::Edition2024)
}

/// Whether code is one `let` that binds a variable of this name, and nothing else.
fn binds_only(code: &str, name: &str) -> bool {
    let statements = parsed(code).tree().syntax().descendants().filter_map(ast::StmtList::cast).next();
    let is_one = statements.is_some_and(|list| list.statements().count() == 1 && list.tail_expr().is_none());
    is_one && parsed(code).errors().is_empty() && lets(code).first().is_some_and(|declared| declared.name == name)
}

/// The variables that a cell binds with `let`, at its top level.
fn lets(code: &str) -> Vec<Declared> {
    let file = parsed(code).tree();
    let body = file.syntax().children().find_map(ast::Fn::cast).and_then(|function| function.body());
    let statements = body.and_then(|body| body.stmt_list()).map(|list| list.statements().collect::<Vec<_>>());
    let declared = |statement| {
        let ast::Stmt::LetStmt(binding) = statement else { return None };
        let Some(ast::Pat::IdentPat(pattern)) = binding.pat() else { return None };
        let written = binding.ty().map(|type_name| type_name.syntax().text().to_string());
        Some(Declared {
            name: pattern.name()?.text().to_string(),
            mutable: pattern.mut_token().is_some(),
            type_name: written.or_else(|| binding.initializer().and_then(|value| type_of_expression(&value))),
        })
    };
    statements.into_iter().flatten().filter_map(declared).collect()
}

/// The type of an expression, if its form shows it.
fn type_of_expression(expression: &ast::Expr) -> Option<String> {
    let text = expression.syntax().text().to_string();
    let makes_text = [".to_string()", ".to_owned()", ".into()"].iter().any(|end| text.ends_with(end));
    Some(match expression {
        ast::Expr::Literal(literal) => match literal.kind() {
            ast::LiteralKind::IntNumber(number) => number.suffix().unwrap_or("i32").to_owned(),
            ast::LiteralKind::FloatNumber(number) => number.suffix().unwrap_or("f64").to_owned(),
            ast::LiteralKind::Bool(_) => "bool".into(),
            ast::LiteralKind::Char(_) => "char".into(),
            ast::LiteralKind::String(_) => "&'static str".into(),
            _ => return None,
        },
        ast::Expr::PrefixExpr(negated) => return negated.expr().and_then(|inner| type_of_expression(&inner)),
        _ if text.starts_with('"') && makes_text => "String".into(),
        _ if text.starts_with("String::") => "String".into(),
        _ => return None,
    })
}
