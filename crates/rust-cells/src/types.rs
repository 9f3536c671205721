//! The types of a cell's variables, read from the MIR that rustc writes for the cell.
//!
//! A generic function that returns `Kept<T>` keeps each variable. rustc declares a local for its result, and
//! writes the type with importable paths. Nothing else of MIR is read, since its text is not stable.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use regex::Regex;

/// By the name of a variable: its type, as rustc writes it.
pub(crate) fn of_kept(mir: &str) -> BTreeMap<String, String> {
    static LOCAL: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"^\s*let (?:mut )?(_\d+): (?:\w+::)*Kept<(.*)>;$").expect("the pattern is a constant"));
    static KEEP: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"^\s*(_\d+) = (?:\w+::)*keep::<.*>\(const "((?:[^"\\]|\\.)*)", "#).expect("the pattern is a constant")
    });
    let mut types = BTreeMap::new();
    let mut locals: BTreeMap<&str, &str> = BTreeMap::new();
    for line in mir.lines() {
        if line.starts_with("fn ") {
            locals.clear();
        } else if let Some(captures) = line.contains("Kept<").then(|| LOCAL.captures(line)).flatten() {
            let whole = |index: usize| captures.get(index).map_or("", |found| found.as_str());
            locals.insert(whole(1), whole(2));
        } else if let Some(captures) = line.contains("keep::<").then(|| KEEP.captures(line)).flatten()
            && let Some(ty) = locals.get(&captures[1])
        {
            types.insert(captures[2].to_owned(), (*ty).to_owned());
        }
    }
    types
}

/// Why no other cell can write a type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unnameable {
    /// It is a closure.
    Closure,
    /// It holds a closure, as iterators do.
    HoldsClosure,
    /// It is or holds a future of an `async` block or function.
    Future,
    /// It is or holds a function item.
    Function,
    /// It is or holds an `impl Trait`.
    Opaque,
    /// It is declared in a function or block.
    Local(String),
    /// It is of a crate that the notebook does not depend on, or in a private module.
    Private(String),
}

/// The reason why no other cell can write this type, if there is one.
pub(crate) fn unnameable(ty: &str) -> Option<Unnameable> {
    static FUNCTION: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bfn\(.*\{[^}]*\}").expect("the pattern is a constant"));
    static OPAQUE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"\bimpl\b").expect("the pattern is a constant"));
    static LOCAL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"__cells_entry(?:::\{[^}]*\})*::(\w+)|\{[a-z]+#\d+\}::(\w+)").expect("the pattern is a constant")
    });
    if ty.contains("{async") {
        Some(Unnameable::Future)
    } else if let Some(captures) = LOCAL.captures(ty) {
        Some(Unnameable::Local(captures.get(1).or(captures.get(2)).map(|name| name.as_str().to_owned()).unwrap_or_default()))
    } else if ty.starts_with("{closure") {
        Some(Unnameable::Closure)
    } else if ty.contains("{closure") || ty.contains("{coroutine") {
        Some(Unnameable::HoldsClosure)
    } else if FUNCTION.is_match(ty) {
        Some(Unnameable::Function)
    } else if OPAQUE.is_match(ty) {
        Some(Unnameable::Opaque)
    } else {
        None
    }
}

/// The function pointer type that a function item can be kept as.
pub(crate) fn as_pointer(ty: &str) -> Option<String> {
    static WHOLE: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"^((?:for<[^>]*> )?(?:unsafe )?(?:extern "[^"]*" )?fn\([^{}]*) \{[^{}]*\}$"#)
            .expect("the pattern is a constant")
    });
    WHOLE.captures(ty).map(|captures| captures[1].to_owned())
}

/// A type as any cell can write it. Paths into other crates begin with `::`, so that they cannot mean an
/// item of the notebook.
pub(crate) fn importable(ty: &str, is_crate: impl Fn(&str) -> bool) -> String {
    static PATH: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(^|[^:\w'])((?:r#)?[A-Za-z_]\w*)::").expect("the pattern is a constant"));
    // A match includes the character before a path, which may end the path before it. Two rounds find all
    // paths.
    let once = |text: &str| {
        PATH.replace_all(text, |captures: &regex::Captures<'_>| {
            let (before, name) = (&captures[1], &captures[2]);
            if is_crate(name) { format!("{before}::{name}::") } else { captures[0].to_owned() }
        })
        .into_owned()
    };
    once(&once(ty))
}

/// The paths in a type that have several segments.
pub(crate) fn paths(ty: &str) -> Vec<String> {
    static PATH: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?:::)?[A-Za-z_]\w*(?:::[A-Za-z_]\w*)+").expect("the pattern is a constant"));
    PATH.find_iter(ty).map(|path| path.as_str().to_owned()).collect()
}

/// A type as the author would write it, without the marks that keep it apart from items of the notebook.
pub(crate) fn shown(ty: &str) -> String {
    let mut text = String::with_capacity(ty.len());
    let mut before = ' ';
    let mut rest = ty;
    while let Some(character) = rest.chars().next() {
        if rest.starts_with("::") && !before.is_alphanumeric() && !['_', '>'].contains(&before) {
            rest = &rest[2..];
            continue;
        }
        text.push(character);
        before = character;
        rest = &rest[character.len_utf8()..];
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_are_read_function_by_function() {
        let mir = "fn a() -> () {\n    let _1: __rt::Kept<std::vec::Vec<i32>>;\n        _1 = keep::<Vec<i32>>(const \"v\", move _2) -> [return: bb1];\n}\n\
                   fn b() -> () {\n    let mut _1: cells_rt::Kept<u8>;\n        _1 = keep::<u8>(const \"n\", const 3_u8) -> [return: bb1];\n}\n";
        let types = of_kept(mir);
        assert_eq!(types["v"], "std::vec::Vec<i32>");
        assert_eq!(types["n"], "u8");
    }

    #[test]
    fn paths_into_crates_begin_at_the_root() {
        let is_crate = |name: &str| ["std", "eoap"].contains(&name);
        assert_eq!(
            importable("std::collections::HashMap<i32, std::string::String>", is_crate),
            "::std::collections::HashMap<i32, ::std::string::String>"
        );
        assert_eq!(
            importable("Held<eoap::Client, m::S, fn(std::a::B)>", is_crate),
            "Held<::eoap::Client, m::S, fn(::std::a::B)>"
        );
        assert_eq!(importable("(std::a::B,std::a::C)", is_crate), "(::std::a::B,::std::a::C)");
    }

    #[test]
    fn what_cannot_be_written_is_seen() {
        assert_eq!(unnameable("{closure@src/lib.rs:1:2: 3:4}"), Some(Unnameable::Closure));
        assert_eq!(
            unnameable("std::iter::Map<std::ops::Range<i32>, {closure@src/lib.rs:1:2: 3:4}>"),
            Some(Unnameable::HoldsClosure)
        );
        assert_eq!(unnameable("std::iter::Map<std::ops::Range<i32>, fn(i32) -> i32 {double}>"), Some(Unnameable::Function));
        assert_eq!(unnameable("{async block@src/lib.rs:1:2: 3:4}"), Some(Unnameable::Future));
        assert_eq!(unnameable("std::boxed::Box<dyn std::ops::Fn(i32) -> i32>"), None);
        assert_eq!(unnameable("fn(i32) -> i32"), None);
        assert_eq!(as_pointer("fn(i32) -> i32 {double}").as_deref(), Some("fn(i32) -> i32"));
        assert_eq!(
            as_pointer("for<'a> fn(&'a str) -> usize {core::str::<impl str>::len}").as_deref(),
            Some("for<'a> fn(&'a str) -> usize")
        );
        assert_eq!(as_pointer("std::iter::Map<std::ops::Range<i32>, fn(i32) -> i32 {double}>"), None);
    }
}
