//! A whole notebook as one program: each cell a block inside the block of the cell before, so that later cells see earlier
//! variables and items and may shadow both.
//!
//! The main function is [`program`]. It only writes source, and declines notebooks whose meaning could change on the way:
//! evcxr runs those. It does not have to be right about everything, since nobody believes it when it finds a difference.

use std::fmt::Write;

use ra_ap_syntax::ast::{self, AstNode};
use ra_ap_syntax::{Edition, SourceFile};

use crate::notebook::{CodeCell, Notebook};

/// The environment variable with which the program is told how to mark the end of a cell.
pub(crate) const BOUNDARY_VARIABLE: &str = "NBSNAP_BOUNDARY";

/// Text that means something else, or nothing, inside a function than it does in evcxr.
const OTHER_MEANING: &[&str] = &[
    "static ",
    "thread_local!",
    "extern ",
    "macro_export",
    "#![",
    "crate::",
    "super::",
    "self::",
    "mod ",
    "return",
    "EVCXR_",
    "env::args",
    "module_path!",
    "file!",
    "line!",
    "column!",
    "__nbsnap",
];

/// What the cells' code finds around it. `evcxr_display` is a method that types bring themselves; the trait is found only where
/// they don't, and shows what evcxr shows then.
const SUPPORT: &str = r#"#![allow(warnings)]
mod __nbsnap {
    use std::io::Write;
    static BOUNDARY: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    pub fn begin() {
        let boundary = std::env::var("NBSNAP_BOUNDARY").unwrap_or_default();
        unsafe { std::env::remove_var("NBSNAP_BOUNDARY") };
        let _ = BOUNDARY.set(boundary);
    }
    pub fn end() {
        let boundary = BOUNDARY.get().map_or(&b""[..], |boundary| boundary.as_bytes());
        let mut stdout = std::io::stdout().lock();
        let _ = stdout.write_all(boundary);
        let _ = stdout.flush();
        let _ = std::io::stderr().write_all(boundary);
    }
    pub fn keep<T: 'static>(_: &T) {
        let name = std::any::type_name::<T>();
        if name.contains("{{") || name.contains("dyn ") && name.starts_with('&') {
            std::process::exit(102);
        }
    }
    pub trait Shown { fn evcxr_display(&self); }
    impl<T: std::fmt::Debug> Shown for T {
        fn evcxr_display(&self) { println!("EVCXR_BEGIN_CONTENT text/plain\n{self:?}\nEVCXR_END_CONTENT"); }
    }
    pub struct Failed;
    impl<E: std::fmt::Display> From<E> for Failed {
        fn from(error: E) -> Failed { eprintln!("{error}"); Failed }
    }
}
use __nbsnap::Shown as _;
"#;

/// The program, or `None` if evcxr had better run the notebook.
pub(crate) fn program(notebook: &Notebook) -> Option<String> {
    let awaits = notebook.cells.iter().any(|cell| cell.source.contains(".await") || cell.source.contains("tokio::"));
    let mut text = String::from(SUPPORT);
    text.push_str("fn main() {\n__nbsnap::begin();\n");
    text.push_str(if awaits {
        "let outcome = tokio::runtime::Runtime::new().unwrap().block_on(async {\n"
    } else {
        "let outcome = (|| -> Result<(), __nbsnap::Failed> {\n"
    });
    for cell in &notebook.cells {
        text.push_str("{\n");
        write_cell(&mut text, cell)?;
        text.push_str("__nbsnap::end();\n");
    }
    text.push_str(&"}".repeat(notebook.cells.len()));
    text.push_str("\nOk::<(), __nbsnap::Failed>(())\n");
    text.push_str(if awaits { "});\n" } else { "})();\n" });
    text.push_str("std::process::exit(if outcome.is_ok() { 0 } else { 101 });\n}\n");
    Some(text)
}

/// Writes a cell's statements, each variable followed by a check that evcxr could keep it, the last expression shown.
fn write_cell(text: &mut String, cell: &CodeCell) -> Option<()> {
    if cell.must_raise() || OTHER_MEANING.iter().any(|word| cell.source.contains(word)) {
        return None;
    }
    let mut code = String::new();
    for line in cell.source.lines() {
        match line.trim_start().chars().next() {
            Some(':') if line.trim_start().starts_with(":dep ") => {}
            Some(':' | '!') => return None,
            _ => code.push_str(line),
        }
        code.push('\n');
    }
    let prelude = "async fn cell() {";
    let parsed = SourceFile::parse(&format!("{prelude}{code}\n}}"), Edition::Edition2024);
    if !parsed.errors().is_empty() {
        return None;
    }
    let function = parsed.tree().syntax().children().find_map(ast::Fn::cast)?;
    let statements: Vec<_> = function.body()?.stmt_list()?.syntax().children().collect();
    let mut at = 0;
    for (index, node) in statements.iter().enumerate() {
        let range = node.text_range();
        let (from, to) = (usize::from(range.start()) - prelude.len(), usize::from(range.end()) - prelude.len());
        let (before, source) = (code.get(at..from)?, code.get(from..to)?);
        at = to;
        text.push_str(before);
        if let Some(binding) = ast::LetStmt::cast(node.clone()) {
            text.push_str(source);
            for name in
                binding.pat()?.syntax().descendants().filter_map(ast::IdentPat::cast).filter_map(|pat| ast::HasName::name(&pat))
            {
                write!(text, " __nbsnap::keep(&{name});").ok()?;
            }
        } else if index + 1 == statements.len() && ast::Expr::can_cast(node.kind()) {
            write!(text, "({source}\n).evcxr_display();").ok()?;
        } else {
            text.push_str(source);
        }
    }
    text.push_str(code.get(at..)?);
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(source: &str) -> Option<String> {
        let cell = CodeCell { number: 1, id: "a".into(), source: source.into(), tags: Vec::new() };
        let mut text = String::new();
        write_cell(&mut text, &cell).map(|()| text)
    }

    #[test]
    fn variables_are_checked_and_the_last_expression_is_shown() {
        let text = written("let (a, mut b) = (1, 2);\nuse std::fmt;\nb += a;\na + b // sum").unwrap();
        assert_eq!(
            text,
            "let (a, mut b) = (1, 2); __nbsnap::keep(&a); __nbsnap::keep(&b);\nuse std::fmt;\nb += a;\n(a + b\n).evcxr_display(); // sum\n"
        );
        assert_eq!(written("for i in 0..2 {}").unwrap(), "(for i in 0..2 {}\n).evcxr_display();\n");
        assert_eq!(written(":dep a = \"1\"\nfn f() {}\n").unwrap(), "\nfn f() {}\n");
        assert_eq!(written("// only a comment").unwrap(), "// only a comment\n");
    }

    #[test]
    fn what_could_mean_something_else_is_left_to_evcxr() {
        for source in ["static X: i32 = 1;", ":vars", "!ls", "let x = ;", "mod m {}", "println!(\"EVCXR_X\")"] {
            assert_eq!(written(source), None, "{source}");
        }
    }
}
