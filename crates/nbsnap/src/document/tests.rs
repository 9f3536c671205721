use super::*;

const NOTEBOOK: &str = r##"{
  "cells": [
    {"cell_type": "markdown", "id": "m", "metadata": {}, "source": "# Hi"},
    {"cell_type": "code", "id": "p", "execution_count": 7, "metadata": {"tags": ["parameters"]}, "outputs": [], "source": [
      ":dep x = \"1\"\n", "let mut count = 5u8; let name = \"a\".to_string();\n", "let rate: Option<f64> = None; let ids: Vec<&'static str> = vec![];" ]},
    {"cell_type": "code", "id": "c", "execution_count": null, "metadata": {}, "outputs": [], "source": "count"}
  ],
  "metadata": {"kernelspec": {"display_name": "R\u00fcst", "name": "rust"}}, "nbformat": 4, "nbformat_minor": 5
}

"##;

fn document() -> Document {
    Document::parse(Path::new("a.ipynb"), NOTEBOOK.into()).unwrap()
}

fn injected(values: &[&str], code: &[&str]) -> Result<String, String> {
    let owned = |pairs: &[&str]| pairs.iter().map(|pair| (*pair).to_owned()).collect::<Vec<_>>();
    let parameters = Parameters::parse(&owned(values), &owned(code)).map_err(|error| error.to_string())?;
    let mut document = document();
    parameters.inject(&mut document).map_err(|error| error.to_string())?;
    document.validate().unwrap();
    let cell = document.cells().find(|cell| tags(cell).any(|tag| tag == "injected-parameters"));
    Ok(cell.map(source).unwrap_or_default())
}

#[test]
fn a_notebook_that_is_only_read_is_written_as_it_was() {
    assert_eq!(document().text(), NOTEBOOK);
}

#[test]
fn a_change_touches_its_own_place_only() {
    let mut document = document();
    let cell = document.cells_mut().nth(1).unwrap();
    set(cell, "execution_count", 1.into());
    assert_eq!(document.text(), NOTEBOOK.replace("7,", "1,"));
    document.insert_cell(3, serde_json::from_str(r#"{"cell_type":"raw","id":"r","metadata":{},"source":"ü"}"#).unwrap());
    assert_eq!(document.cells().count(), 4);
    document.remove_cell(3);
    document.metadata_mut().insert("x".into(), 1.into());
    document.metadata_mut().shift_remove("x");
    assert_eq!(document.text(), NOTEBOOK.replace("7,", "1,"));
}

#[test]
fn parameters_get_the_types_that_the_notebook_declares() {
    let rust = |pair: &str| injected(&[pair], &[]).unwrap().lines().nth(1).unwrap().to_owned();
    assert_eq!(rust("count=7"), "let mut count: u8 = 7;");
    assert_eq!(rust("name=7 \"x\"=y"), r#"let name: String = String::from("7 \"x\"=y");"#);
    assert_eq!(rust("rate=2"), "let rate: Option<f64> = Some(2.0);");
    assert_eq!(rust("rate=null"), "let rate: Option<f64> = None;");
    assert_eq!(rust(r#"ids=["a","b"]"#), r#"let ids: Vec<&'static str> = vec!["a", "b"];"#);
    assert_eq!(injected(&[], &["count=2 + 3"]).unwrap().lines().nth(1), Some("let mut count: u8 = 2 + 3;"));
}

#[test]
fn a_parameter_that_does_not_fit_is_refused_with_the_reason() {
    let refused = |values: &[&str], code: &[&str]| injected(values, code).unwrap_err();
    assert!(refused(&["count=300"], &[]).contains("parameter `count` is a `u8`, and `300` is not one: number too large"));
    assert!(refused(&["cuont=3"], &[]).contains("has no parameter `cuont`; its cell tagged `parameters` declares: count, name"));
    assert!(refused(&["count"], &[]).contains("not of the form name=value"));
    assert!(refused(&["let=3"], &[]).contains("cannot be the name of a variable"));
    assert!(refused(&["a; b=3"], &[]).contains("cannot be the name of a variable"));
    assert!(refused(&["rate=fast"], &[]).contains("`Option<f64>`, and `fast` is not one: invalid float literal"));
    assert!(refused(&[], &["count=2; evil()"]).contains("no expression in Rust"));
}

#[test]
fn injected_parameters_come_after_those_declared_and_are_replaced_in_place() {
    let mut document = document();
    let inject = |document: &mut Document, pair: &str| {
        Parameters::parse(&[pair.to_owned()], &[]).unwrap().inject(document).unwrap();
        document.cells().map(|cell| id(cell).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(inject(&mut document, "count=1"), ["m", "p", "injected-parameters", "c"]);
    let once = document.text();
    assert_eq!(inject(&mut document, "count=2"), ["m", "p", "injected-parameters", "c"]);
    assert_eq!(document.text(), once.replace("u8 = 1;", "u8 = 2;"));
    // Everything that was there before is there as it was.
    let start = NOTEBOOK.find("    {\"cell_type\": \"code\", \"id\": \"c\"").unwrap();
    assert!(once.starts_with(&NOTEBOOK[..start]) && once.ends_with(&NOTEBOOK[start..]), "{once}");
}

#[test]
fn what_a_run_writes_is_valid_and_read_back() {
    let record = crate::record::CellRecord {
        stdout: "one\ntwo".into(),
        stderr: "oh\n".into(),
        outputs: [("application/json", "{\"a\":[1]}"), ("image/png", "iVBORw0KGgo="), ("text/html", "<b>1</b>\n<i>2</i>")]
            .map(|(mime, content)| (mime.to_owned(), content.to_owned()))
            .into(),
        ..crate::record::CellRecord::default()
    };
    let mut document = document();
    let cell = document.cells_mut().nth(2).unwrap();
    set(cell, "outputs", outputs(&record, 1).into());
    document.validate().unwrap();
    assert_eq!(recorded(document.cells().nth(2).unwrap()), (record.clone(), None));

    let failure = crate::record::Failure::Panic { message: "no\nway".into(), line: Some(1) };
    let failed = crate::record::CellRecord { failure: Some(failure.clone()), ..record };
    let cell = document.cells_mut().nth(2).unwrap();
    set(cell, "outputs", outputs(&failed, 1).into());
    document.validate().unwrap();
    let (_, error) = recorded(document.cells().nth(2).unwrap());
    assert_eq!(error, Some(format!("panic\n{failure}")));
}

#[test]
fn an_output_that_nbformat_would_drop_is_refused() {
    let mut document = document();
    set(document.cells_mut().nth(2).unwrap(), "outputs", serde_json::json!([{"output_type": "unheard-of"}]));
    let message = document.validate().unwrap_err().to_string();
    assert!(message.contains("an output of cell 3 cannot be read"), "{message}");
}
