//! Notebooks of any length, by what their cells are made of.

/// A kind of notebook.
pub(crate) struct Kind {
    pub(crate) name: &'static str,
    /// The source of a cell, by its number.
    cell: fn(usize) -> String,
}

impl Kind {
    pub(crate) fn cells(&self, count: usize) -> Vec<String> {
        (1..=count).map(self.cell).collect()
    }
}

pub(crate) const KINDS: &[Kind] = &[
    Kind { name: "statements", cell: statements },
    Kind { name: "functions", cell: functions },
    Kind { name: "types", cell: types },
    Kind { name: "imports", cell: imports },
    Kind { name: "globs", cell: globs },
    Kind { name: "redefined", cell: redefined },
    Kind { name: "async", cell: asynchronous },
    Kind { name: "mixed", cell: mixed },
];

/// The cell before, for those that have one.
fn before(n: usize, other: &str, of: impl Fn(usize) -> String) -> String {
    if n == 1 { other.to_owned() } else { of(n - 1) }
}

fn statements(n: usize) -> String {
    let last = before(n, "0", |n| format!("sum_{n}"));
    format!(
        "let list_{n} = vec![{n}, {n} + 1];\nlet sum_{n} = ({last} + list_{n}.iter().sum::<i32>()) % 1000;\nprintln!(\"{{sum_{n}}} {{:?}}\", list_{n});"
    )
}

fn functions(n: usize) -> String {
    let last = before(n, "n", |n| format!("area_{n}(n)"));
    format!("/// Grows with every cell.\nfn area_{n}(n: u64) -> u64 {{\n    ({last} * 3 + {n}) % 1009\n}}\narea_{n}(2)")
}

fn types(n: usize) -> String {
    let last = before(n, "1", |n| format!("Lake{n}::new().size()"));
    format!(
        "#[derive(Clone, Debug)]\nstruct Lake{n} {{ name: String, area: u64 }}\n\nimpl Lake{n} {{\n    fn new() -> Lake{n} {{\n        Lake{n} {{ name: \"lake {n}\".to_owned(), area: {n} }}\n    }}\n\n    fn size(&self) -> u64 {{\n        (self.area + {last}) % 7\n    }}\n}}\n\nimpl std::fmt::Display for Lake{n} {{\n    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{\n        write!(f, \"{{}}: {{}}\", self.name, self.area)\n    }}\n}}\nlet lake_{n} = Lake{n}::new();\nprintln!(\"{{lake_{n}}}\");\nlake_{n}",
        last = if n % 10 == 1 { "1".to_owned() } else { last }
    )
}

fn imports(n: usize) -> String {
    let last = before(n, "0", |n| format!("n.size_{n}()"));
    format!(
        "mod sizes_{n} {{\n    pub trait Size{n} {{\n        fn size_{n}(&self) -> u64;\n    }}\n    impl Size{n} for u64 {{\n        fn size_{n}(&self) -> u64 {{\n            *self + {n}\n        }}\n    }}\n}}\nuse sizes_{n}::Size{n};\nfn size_{n}(n: u64) -> u64 {{\n    n.size_{n}() + {last}\n}}\nprintln!(\"{{}} {{}}\", size_{n}(1), 2u64.size_{n}());"
    )
}

fn globs(n: usize) -> String {
    format!(
        "mod units_{n} {{\n    pub const METRE_{n}: u64 = {n};\n    pub const MILE_{n}: u64 = 1609 * {n};\n}}\nuse units_{n}::*;\nfn far_{n}() -> u64 {{\n    METRE_{n} + MILE_{n}\n}}\nfar_{n}()"
    )
}

fn redefined(n: usize) -> String {
    format!("fn step() -> u64 {{\n    {n}\n}}\nlet total = {} + step();\ntotal", before(n, "0", |_| "total".to_owned()))
}

fn asynchronous(n: usize) -> String {
    let dependency = if n == 1 {
        ":dep tokio = { version = \"1\", features = [\"rt\", \"rt-multi-thread\", \"macros\", \"time\", \"sync\"] }\n"
    } else {
        ""
    };
    let last = before(n, "0", |n| format!("answer_{n}"));
    let task = if n.is_multiple_of(10) {
        format!("let task_{n} = tokio::spawn(async {{ {n} }});\ntask_{n}.await?;\n")
    } else {
        String::new()
    };
    format!(
        "{dependency}let answer_{n} = async {{ {n} + {last} % 7 }}.await;\nlet list_{n} = vec![answer_{n}, 2];\n{task}println!(\"{{:?}}\", list_{n});"
    )
}

/// A notebook like those people write: imports and types at first, now and then something new, mostly
/// statements.
fn mixed(n: usize) -> String {
    match (n, n % 8) {
        (1, _) => {
            asynchronous(1).lines().next().unwrap_or_default().to_owned()
                + "\nuse std::collections::BTreeMap;\nuse std::fmt::Write;\nuse std::time::Duration;\nlet mut seen: BTreeMap<String, usize> = BTreeMap::new();"
        }
        (_, 0) => format!("const LIMIT_{n}: usize = {n};\nfn limited_{n}(n: usize) -> usize {{\n    n.min(LIMIT_{n})\n}}"),
        (_, 1) => format!(
            "#[derive(Debug)]\nstruct Step{n} {{ number: usize }}\nlet step_{n} = Step{n} {{ number: \"{n}\".parse()? }};\nstep_{n}"
        ),
        (_, 2) => format!("let body = async {{ format!(\"body {n}\") }}.await;\nseen.insert(body, {n});"),
        (_, 3) => format!(
            "let mut text = String::new();\nfor (key, value) in &seen {{\n    writeln!(text, \"{{key}}: {{value}}\")?;\n}};\nprintln!(\"{{}}\", text.len() + {n});"
        ),
        (_, 4) => format!("tokio::time::sleep(Duration::from_micros({n})).await;\nassert!(seen.len() < {n});"),
        (_, 5) => "seen.iter().next_back()".to_owned(),
        (_, 6) => {
            format!("let numbers: Vec<usize> = (0..{n}).filter(|n| n % 3 == 0).collect();\nprintln!(\"{{}}\", numbers.len());")
        }
        _ => format!("use std::cmp::max as max_{n};\nmax_{n}(numbers.len(), {n})"),
    }
}
