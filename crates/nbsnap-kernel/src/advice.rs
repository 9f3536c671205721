//! One line of advice for mistakes that learners make and that rustc's own messages do not explain to them.

use rust_cells::Diagnostic;

/// What to do about this error, if learners run into it.
pub(crate) fn of(error: &Diagnostic) -> Option<String> {
    // The refusal of such a variable already says what to do.
    if error.message.ends_with("so no later cell can use it") {
        return error.help.first().cloned();
    }
    let labels = error.places.iter().map(|place| place.label.as_str());
    let texts: Vec<&str> = labels.chain([error.message.as_str()]).collect();
    let says = |words: &[&str]| texts.iter().any(|text| words.iter().all(|word| text.contains(word)));
    // Behind a colon is the author's own line, corrected.
    let helps = |word: &str| error.help.iter().any(|help| help.split(": `").next().is_some_and(|help| help.contains(word)));
    let is_value =
        |of: &str| says(&["found", of]) || says(&["method not found", of]) || says(&["no field", of]) || says(&["cannot", of]);
    let advice = match error.code.as_deref().unwrap_or_default() {
        "E0599" | "E0609" | "E0277" | "E0308" | "E0369" if helps("await") || says(&["Future"]) || says(&["future"]) => {
            "write `.await` behind the call: it gives a future, which does nothing until it is awaited".to_owned()
        }
        "E0599" | "E0609" | "E0308" | "E0369" if is_value("Result<") => {
            "write `?` behind what gives the `Result`, to go on with its value".to_owned()
        }
        "E0599" | "E0609" | "E0308" | "E0369" if is_value("Option<") => {
            "write `.unwrap()` or `?` behind what gives the `Option`, to go on with its value".to_owned()
        }
        "E0277" if says(&["`Result<", "doesn't implement"]) => {
            "write `?` behind what gives the `Result`, to go on with its value".to_owned()
        }
        // A type that could not be inferred where a trait is required.
        "E0277" if error.message.contains("bound `!: ") => SAY_THE_TYPE.to_owned(),
        "E0282" | "E0283" | "E0284" => SAY_THE_TYPE.to_owned(),
        "E0382" | "E0507" => {
            "the value was moved before: write `.clone()` where it is moved, or borrow it there with `&`".to_owned()
        }
        "E0277" if says(&["cannot be shared between threads"]) => format!("{SHARED}put what changes in a `Mutex`, or {VARIABLE}"),
        "E0133" if says(&["mutable static"]) => {
            format!("{SHARED}use a `Mutex` or an atomic type instead of `static mut`, or {VARIABLE}")
        }
        "E0015" if says(&["in statics"]) => {
            format!("a static has its value before anything runs: write `LazyLock::new(|| …)`, from `std::sync`, or {VARIABLE}")
        }
        "E0425" if says(&["cannot find value"]) => match error.help.iter().find(|help| help.starts_with("there was a `")) {
            Some(help) if help.contains("moved") => {
                "run the cell that makes it again; where it is moved write `.clone()` behind it, or borrow it with `&`".to_owned()
            }
            Some(_) => "run the cell that makes it again".to_owned(),
            None => {
                "run the cell that makes it first, and look how it is spelled (`:vars` lists the variables); a new one needs `let`"
                    .to_owned()
            }
        },
        "E0432" | "E0433" if says(&["crate"]) || says(&["unresolved import"]) => {
            "add the crate with a line `:dep name = \"version\"` at the top of the cell".to_owned()
        }
        _ => return None,
    };
    Some(advice)
}

const SAY_THE_TYPE: &str =
    "say the type where the variable is declared, as in `let x: Vec<i32> = …;`: a cell's types come from that cell alone";
const SHARED: &str = "every thread can reach a static: ";
const VARIABLE: &str = "use a variable, which lives on from cell to cell: `let mut name = …;`";

/// Whether a sentence of rustc's helps a learner.
pub(crate) fn is_help(help: &str) -> bool {
    let is_about_traits = help.starts_with("the following other types implement")
        || help.starts_with("the nightly-only")
        || help.starts_with("required by a bound")
        || help.starts_with("the trait `") && help.contains("is not implemented");
    !is_about_traits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_mistake_of_learners_gets_no_advice() {
        let error = |code: &str, message: &str| Diagnostic {
            code: Some(code.to_owned()),
            message: message.to_owned(),
            ..Diagnostic::default()
        };
        assert_eq!(of(&error("E0308", "mismatched types")), None);
        assert_eq!(of(&error("E0277", "the trait bound `u8: Shape` is not satisfied")), None);
        assert!(of(&error("E0277", "the trait bound `!: FromStr` is not satisfied")).unwrap().contains("say the type"));
    }
}
