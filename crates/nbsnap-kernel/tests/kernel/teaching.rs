//! Mistakes that learners make, each with the whole text that they read. Those that need a server are among
//! the tests of the real binary.

use crate::{Story, kernel};

pub(crate) const STORIES: &[Story] = &[
    ("mistake_missing_await", missing_await),
    ("mistake_missing_question_mark", missing_question_mark),
    ("mistake_borrowed_variable", borrowed_variable),
    ("mistake_moved_value", moved_value),
    ("mistake_closure_kept", closure_kept),
    ("mistake_static_without_synchronisation", static_without_synchronisation),
    ("mistake_type_that_cannot_be_inferred", type_that_cannot_be_inferred),
    ("mistake_quotation_marks", quotation_marks),
    ("mistake_missing_semicolon", missing_semicolon),
    ("mistake_missing_ampersand", missing_ampersand),
    ("mistake_missing_let", missing_let),
    ("mistake_variable_of_a_failed_cell", variable_of_a_failed_cell),
    ("mistake_somewhere_at_a_question_mark", somewhere_at_a_question_mark),
];

/// The text that a learner reads when the last of these cells fails.
fn read(cells: &[&str]) -> String {
    let (_folder, mut kernel) = kernel();
    let (last, first) = cells.split_last().unwrap();
    for cell in first {
        kernel.value(cell);
    }
    let executed = kernel.execute(last);
    assert_eq!(executed.status(), "error", "{last}");
    format!("{last}\n\n{}: {}\n\n{}", executed.reply["ename"], executed.reply["evalue"], executed.traceback())
}

macro_rules! reads {
    ($name:literal, $cells:expr) => {
        insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
            insta::assert_snapshot!($name, read(&$cells));
        });
    };
}

fn missing_await() {
    let cells = [
        "async fn processes() -> Vec<String> { vec![\"water-bodies\".to_owned()] }",
        "let found = processes();\nprintln!(\"{}\", found.len());",
    ];
    reads!("missing_await", cells);
    let cells = ["async fn job() -> Result<String, std::fmt::Error> { Ok(String::new()) }", "let id = job();"];
    reads!("missing_await_kept", cells);
    let cells = ["async fn job() -> Result<String, std::fmt::Error> { Ok(String::new()) }", "let id: String = job()?;"];
    reads!("missing_await_before_question_mark", cells);
}

fn missing_question_mark() {
    let cells = ["let number = \"42\".parse::<u32>();\nnumber + 1"];
    reads!("missing_question_mark", cells);
    let cells = ["use std::fs::File;\nlet file = File::open(\"Cargo.toml\");", "println!(\"{}\", file.metadata()?.len());"];
    reads!("missing_question_mark_on_a_method", cells);
}

fn borrowed_variable() {
    let cells = ["let names = vec![String::from(\"green\"), String::from(\"nir08\")];\nlet first = &names[0];"];
    reads!("borrowed_variable", cells);
    let cells = ["let text = String::from(\"a b\");", "let words: Vec<&str> = text.split(' ').collect();"];
    reads!("borrowed_variable_of_an_earlier_cell", cells);
}

fn moved_value() {
    let cells = [
        "let bands = vec![\"green\", \"nir08\"];\nfn count(bands: Vec<&str>) -> usize { bands.len() }",
        "let number = count(bands);",
        "println!(\"{bands:?}\");",
    ];
    reads!("moved_value_in_an_earlier_cell", cells);
    let cells = ["let bands = vec![\"green\"];\nfor band in bands { println!(\"{band}\"); }\nbands.len()"];
    reads!("moved_value", cells);
}

fn closure_kept() {
    reads!("closure_kept", ["let double = |n: i32| n * 2;"]);
    reads!("closure_kept_in_an_iterator", ["let doubled = (1..4).map(|n| n * 2);"]);
}

fn static_without_synchronisation() {
    reads!(
        "static_without_synchronisation",
        ["use std::cell::RefCell;\nstatic NAMES: RefCell<Vec<String>> = RefCell::new(Vec::new());"]
    );
    reads!("static_that_changes", ["static mut COUNT: u32 = 0;", "COUNT += 1;"]);
    reads!("static_made_at_run_time", ["static NAME: String = String::from(\"water\");"]);
}

fn type_that_cannot_be_inferred() {
    reads!("type_that_cannot_be_inferred", ["let found = Vec::new();"]);
    reads!("type_that_cannot_be_inferred_of_a_channel", ["let (sender, receiver) = std::sync::mpsc::channel();"]);
    reads!("type_that_cannot_be_inferred_of_parse", ["let number = \"42\".parse()?;"]);
}

fn quotation_marks() {
    reads!("quotation_marks", ["let text = std::fs::read_to_string('water-bodies.cwl')?;"]);
    reads!("quotation_marks_of_a_character", ["println!('hello')"]);
}

fn missing_semicolon() {
    reads!("missing_semicolon", ["let number: i32 = \"42\".parse()?\nprintln!(\"{number}\")"]);
    reads!("missing_expression", ["let number ="]);
    reads!("missing_operand", ["1 +"]);
}

fn missing_ampersand() {
    let cells =
        ["struct Package;\nasync fn deploy(package: &Package) -> usize { 1 }\nlet package = Package;", "deploy(package).await"];
    reads!("missing_ampersand", cells);
}

/// A cell that fails keeps none of its variables, also those that it had made by then.
fn variable_of_a_failed_cell() {
    let (_folder, mut kernel) = kernel();
    kernel.execute("let mine = 1;\nlet other: i32 = \"x\".parse()?;");
    let executed = kernel.execute("mine + 1");
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!("variable_of_a_failed_cell", executed.traceback());
    });
    kernel.execute("let mine = 1;");
    assert_eq!(kernel.value("mine + 1"), "2");
}

fn missing_let() {
    reads!("missing_let", ["number = 5;"]);
}

fn somewhere_at_a_question_mark() {
    let cells = ["let number: i32 = \"1\".parse()?;\n\nprintln!(\"{number} {}\", \"x\".parse::<i32>()?);"];
    reads!("at_one_of_two_question_marks", cells);
    reads!("somewhere_at_a_question_mark", ["Some(1)?;\nlet number: u8 = None?;"]);
    reads!("question_mark_in_a_macro", ["println!(\"{}\", \"x\".parse::<i32>()?);"]);
    reads!("none_is_shown", ["None"]);
}
