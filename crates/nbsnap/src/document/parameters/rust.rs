//! Parameters for notebooks in Rust: values as `let`s, of the type that the notebook declares.

use ra_ap_syntax::ast::{self, HasName};
use ra_ap_syntax::{AstNode, Edition, SourceFile};
use serde_json::Value;

use super::{Declared, Form, Given, ParameterError};

/// Refuses a name or code that cannot be bound with `let`.
pub(super) fn check(given: &Given) -> Result<(), ParameterError> {
    let Given { name, value, form } = given;
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
pub(super) fn binding(given: &Given, declared: Option<&Declared>) -> Result<String, ParameterError> {
    let Given { name, value, form } = given;
    let mutable = if declared.is_some_and(|declared| declared.mutable) { "mut " } else { "" };
    let declared_type = declared.and_then(|declared| declared.type_name.clone());
    if *form == Form::Code {
        let type_name = declared_type.map(|name| format!(": {name}")).unwrap_or_default();
        return Ok(format!("let {mutable}{name}{type_name} = {value};"));
    }
    let typed = given.typed();
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
    is_one && parsed(code).errors().is_empty() && declared(code).first().is_some_and(|declared| declared.name == name)
}

/// The variables that a cell binds with `let`, at its top level.
pub(super) fn declared(code: &str) -> Vec<Declared> {
    let file = parsed(code).tree();
    let body = file.syntax().children().find_map(ast::Fn::cast).and_then(|function| function.body());
    let statements = body.and_then(|body| body.stmt_list()).map(|list| list.statements().collect::<Vec<_>>());
    let of = |statement| {
        let ast::Stmt::LetStmt(binding) = statement else { return None };
        let Some(ast::Pat::IdentPat(pattern)) = binding.pat() else { return None };
        let written = binding.ty().map(|type_name| type_name.syntax().text().to_string());
        Some(Declared {
            name: pattern.name()?.text().to_string(),
            mutable: pattern.mut_token().is_some(),
            type_name: written.or_else(|| binding.initializer().and_then(|value| type_of_expression(&value))),
        })
    };
    statements.into_iter().flatten().filter_map(of).collect()
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
