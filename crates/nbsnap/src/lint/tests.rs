use serde_json::{Value, json};

use super::*;

fn document(minor: u64, cells: &[Value]) -> Document {
    let kernel = json!({"display_name": "Rust", "language": "rust", "name": "rust"});
    let json = json!({"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": minor});
    Document::parse(Path::new("a.ipynb"), format!("{json:#}")).unwrap()
}

fn code(id: &str, source: &str) -> Value {
    json!({"cell_type": "code", "execution_count": null, "id": id, "metadata": {}, "outputs": [], "source": source})
}

fn rules(document: &Document) -> Vec<(&'static str, String)> {
    let folder = tempfile::tempdir().unwrap();
    let findings = look(document, folder.path(), &[]).unwrap();
    findings.iter().map(|finding| (finding.rule, finding.cell.as_ref().map(Place::to_string).unwrap_or_default())).collect()
}

fn pitfalls(sources: &[&str]) -> Vec<(&'static str, String)> {
    let cells: Vec<Value> = sources.iter().enumerate().map(|(index, source)| code(&format!("c{index}"), source)).collect();
    pitfalls::look(&document(5, &cells))
        .iter()
        .map(|finding| (finding.rule, finding.cell.as_ref().map(Place::to_string).unwrap_or_default()))
        .collect()
}

fn fixed(mut document: Document) -> Document {
    let folder = tempfile::tempdir().unwrap();
    fix(&mut document, folder.path(), &[]).unwrap();
    assert_eq!(rules(&document), [], "{}", document.text());
    document
}

#[test]
fn a_clean_notebook_has_nothing_and_is_not_touched() {
    let clean = document(5, &[code("a", ":dep serde = \"1\"\n\nlet a = 1;\nprintln!(\"{a}\");"), code("b", "a")]);
    assert_eq!(rules(&clean), []);
    assert_eq!(fixed(clean.clone()).text(), clean.text());
}

#[test]
fn what_was_left_is_found_and_taken_out() {
    let mut left = code("a", "1");
    left["outputs"] = json!([{"output_type": "stream", "name": "stdout", "text": "x"}]);
    left["execution_count"] = 7.into();
    left["metadata"] = json!({"scrolled": true, "mine": 1});
    let document = document(5, &[left, code("a", "2"), code("b c", "  ")]);
    let found: Vec<&str> = rules(&document).into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(found, ["counts", "metadata", "outputs", "cell-ids", "cell-ids", "empty-cells"]);
    let text = fixed(document).text();
    assert!(text.contains("\"mine\": 1") && text.contains("\"id\": \"cell-2\"") && !text.contains("b c"), "{text}");
}

#[test]
fn an_old_notebook_gets_ids_and_a_kernelspec_what_it_lacks() {
    let mut cell = code("", "1");
    cell.as_object_mut().unwrap().shift_remove("id");
    let mut old = document(2, &[cell]);
    old.metadata_mut().insert("kernelspec".into(), json!({"display_name": "Rust", "name": "rust"}));
    assert_eq!(rules(&old), [("cell-ids", String::new()), ("kernelspec", String::new())]);
    let fixed = fixed(old);
    assert_eq!((fixed.minor(), fixed.notebook().unwrap().cells[0].id.as_str()), (5, "cell-1"));
}

#[test]
fn another_kernel_is_not_made_rust() {
    let mut python = document(5, &[]);
    python.metadata_mut().insert("kernelspec".into(), json!({"display_name": "P", "name": "python3"}));
    let before = python.text();
    fix(&mut python, Path::new("."), &[]).unwrap();
    assert_eq!(python.text(), before);
    assert_eq!(rules(&python), [], "what is run by its kernel is well");
}

#[test]
fn code_is_laid_out_as_rustfmt_does_it() {
    let source =
        ":dep x = \"1\"\nlet  a=1;\nlet text = \"one\n    two\";\nfor i in 0..a { println!(\"{i}\"); }\nif a > 1 { return }\na+1";
    let document = document(5, &[code("a", source), code("b", "let broken = ;"), code("c", "let  a = 1;\n:vars")]);
    let found = rules(&document);
    assert!(found.contains(&("rustfmt", "cell `a`, line 2".into())), "{found:?}");
    assert_eq!(found.iter().filter(|(rule, _)| *rule == "rustfmt").count(), 1, "{found:?}");
    let mut mended = document.clone();
    fix(&mut mended, Path::new("/"), &[]).unwrap();
    let sources: Vec<String> = mended.cells().map(crate::document::source).collect();
    assert_eq!(
        sources[0],
        ":dep x = \"1\"\nlet a = 1;\nlet text = \"one\n    two\";\nfor i in 0..a {\n    println!(\"{i}\");\n}\nif a > 1 {\n    return\n}\na + 1"
    );
    assert_eq!(rules(&self::document(5, &[code("a", "for i in 0..2 {\n    i;\n};")])), [], "the last `;` means something");
    assert_eq!(sources[1..], ["let broken = ;", "let  a = 1;\n:vars"]);
}

#[test]
fn a_cell_may_keep_its_layout() {
    let mut cell = code("a", "let a = [\n    1,\n    2,\n];");
    assert_eq!(rules(&document(5, &[cell.clone()])), [("rustfmt", "cell `a`, line 1".into())]);
    cell["metadata"] = json!({"tags": ["rustfmt-skip"]});
    assert_eq!(rules(&document(5, &[cell])), []);
}

#[test]
fn what_evcxr_trips_over_is_named() {
    let at = |rule, place: &str| (rule, place.to_owned());
    assert_eq!(pitfalls(&["print!(\"a\");\nlet b = 1;"]), [at("print-at-end", "cell `c0`, line 1")]);
    assert_eq!(pitfalls(&["print!(\"a\\n\");", "print!(\"a\"); println!();", "fn f() { print!(\"a\"); }"]), []);
    assert_eq!(pitfalls(&["// x\nstatic A: u8 = 1;"]), [at("statics", "cell `c0`, line 2")]);
    assert_eq!(pitfalls(&["thread_local! { static A: u8 = 1; }"]), [at("statics", "cell `c0`, line 1")]);
    assert_eq!(pitfalls(&["const A: u8 = 1;", "fn f() { static A: u8 = 1; }"]), []);
    assert_eq!(
        pitfalls(&[":vars", ":dep a = \"1\"\n:timing"]),
        [at("unstable-commands", "cell `c0`, line 1"), at("unstable-commands", "cell `c1`, line 2")]
    );
    assert_eq!(pitfalls(&["println!(\"EVCXR_EXECUTION_COMPLETE\");"]), [at("control-words", "cell `c0`, line 1")]);
    assert_eq!(pitfalls(&["println!(\"EVCXR_BEGIN_CONTENT text/html\");"]), [at("control-words", "cell `c0`, line 1")]);
    assert_eq!(pitfalls(&["println!(\"EVCXR_BEGIN_CONTENT text/html\\nx\\nEVCXR_END_CONTENT\");"]), []);
}

#[test]
fn a_dependency_says_its_version() {
    for good in
        ["a = \"1.2\"", "a = { path = \"..\" }", "a = { version = \"1\", features = [\"x\"] }", "a = { git = \"https://x.org\" }"]
    {
        assert_eq!(pitfalls(&[&format!(":dep {good}")]), [], "{good}");
    }
    for bad in ["a", "a = \"*\"", "a = { features = [\"x\"] }", "a = { version = \"*\" }"] {
        assert_eq!(pitfalls(&[&format!(":dep {bad}")]), [("unversioned-dep", "cell `c0`, line 1".into())], "{bad}");
    }
}

#[test]
fn a_runtime_in_every_cell_cannot_be_awaited_twice() {
    let dependency = ":dep reqwest = \"0.13\"";
    assert_eq!(pitfalls(&[dependency, "get().await", "\nget().await?"]), [("await-in-cells", "cell `c2`, line 2".into())]);
    assert_eq!(pitfalls(&[dependency, "get().await", "async fn f() { get().await }"]), []);
    assert_eq!(pitfalls(&[":dep eoap = { path = \"..\" }", "get().await", "get().await"]), []);
}
