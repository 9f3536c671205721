//! Notebooks that nobody wrote: sequences of steps with variables, moves, functions, loops, awaits, displays,
//! `?` and panics, drawn at random and run by both engines. Most of it is good Rust; some cells use what is
//! gone, fail or are wrongly tagged, which both engines must see alike.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use libtest_mimic::Failed;
use nbsnap::notebook::Notebook;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestCaseError, TestRng, TestRunner};

use crate::corpus;
use crate::engines::{Comparison, Engines};
use crate::table::Table;

/// How many notebooks are made up, in full and otherwise.
const SEQUENCES: (u32, u32) = (120, 4);

const NAMES: [&str; 4] = ["a", "b", "c", "d"];
const FUNCTIONS: [&str; 2] = ["f", "g"];

/// Something that a cell does. Numbers choose among what there is.
#[derive(Clone, Debug)]
enum Step {
    /// Binds a name to a new value of a kind.
    Bind(usize, usize, i32),
    /// Binds a name to what another name has: a text or list moves.
    Take(usize, usize),
    /// Binds a name to a copy.
    Copy(usize, usize),
    Change(usize, i32),
    Print(usize),
    Warn(usize),
    /// Uses a name, whether it is there or not.
    Use(usize),
    Define(usize, i32),
    Call(usize, usize),
    Loop(usize, i32),
    Block(usize, i32),
    Show(usize),
    /// Binds a name to what it awaits.
    Await(usize, i32),
    /// Awaits what changes a variable, or gives it another value.
    Lend(usize, i32),
    /// `?` on a text that may be no number.
    Ask(usize, i32),
    Assert(usize, i32),
    Unfinished(i32),
}

/// What a name holds.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Number,
    Text,
    List,
}

pub(crate) fn check(engines: &mut Engines, full: bool, table: &Mutex<Table>) -> Result<(), Failed> {
    let cases = if full { SEQUENCES.0 } else { SEQUENCES.1 };
    let config = Config { cases, max_shrink_iters: 40, failure_persistence: None, ..Config::default() };
    // The same notebooks each time, unless a seed is given.
    let seed: u64 = std::env::var("NBSNAP_ENGINES_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(0);
    let mut bytes = [7; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &bytes));
    let engines = Mutex::new(engines);
    let counts = Mutex::new((0, 0, Duration::ZERO, Duration::ZERO));
    let cells = prop::collection::vec((prop::collection::vec(step(), 1..4), any::<bool>()), 2..7);
    let result = runner.run(&cells, |cells| {
        let notebook = notebook(&cells);
        let mut counts = counts.lock().unwrap();
        match engines.lock().unwrap().compare(&notebook) {
            Comparison::Equal { one, reference } => {
                *counts = (counts.0 + 1, counts.1 + notebook.cells.len(), counts.2 + one, counts.3 + reference);
                Ok(())
            }
            Comparison::Alone { breakdowns, one } if breakdowns.is_empty() => {
                *counts = (counts.0 + 1, counts.1 + notebook.cells.len(), counts.2 + one, counts.3);
                Ok(())
            }
            Comparison::Alone { breakdowns, .. } => Err(TestCaseError::fail(breakdowns.join("\n"))),
            Comparison::Different { differences, .. } => {
                let text: Vec<&str> = notebook.cells.iter().map(|cell| cell.source.as_str()).collect();
                Err(TestCaseError::fail(format!("{}\nof the notebook\n{}", differences.join("\n"), text.join("\n// %%\n"))))
            }
        }
    });
    let (equal, cells, one, reference) = *counts.lock().unwrap();
    table.lock().unwrap().add_random(format!(
        "made up: {cases} sequences, {equal} equal ({cells} cells); {:.1} s, reference {:.1} s",
        one.as_secs_f64(),
        reference.as_secs_f64()
    ));
    result.map_err(|error| Failed::from(error.to_string()))
}

fn step() -> impl Strategy<Value = Step> {
    let (name, other, number) = (0..NAMES.len(), 0..NAMES.len(), -9..10_i32);
    prop_oneof![
        6 => (name.clone(), 0..3_usize, number.clone()).prop_map(|(name, kind, number)| Step::Bind(name, kind, number)),
        2 => (name.clone(), other.clone()).prop_map(|(name, other)| Step::Take(name, other)),
        2 => (name.clone(), other.clone()).prop_map(|(name, other)| Step::Copy(name, other)),
        3 => (name.clone(), number.clone()).prop_map(|(name, number)| Step::Change(name, number)),
        3 => name.clone().prop_map(Step::Print),
        1 => name.clone().prop_map(Step::Warn),
        1 => name.clone().prop_map(Step::Use),
        2 => (0..FUNCTIONS.len(), number.clone()).prop_map(|(function, number)| Step::Define(function, number)),
        2 => (0..FUNCTIONS.len(), name.clone()).prop_map(|(function, name)| Step::Call(function, name)),
        1 => (name.clone(), 0..4_i32).prop_map(|(name, times)| Step::Loop(name, times)),
        1 => (name.clone(), number.clone()).prop_map(|(name, number)| Step::Block(name, number)),
        4 => name.clone().prop_map(Step::Show),
        1 => (name.clone(), number.clone()).prop_map(|(name, number)| Step::Await(name, number)),
        1 => (name.clone(), number.clone()).prop_map(|(name, number)| Step::Lend(name, number)),
        2 => (name.clone(), number.clone()).prop_map(|(name, number)| Step::Ask(name, number)),
        1 => (name, number.clone()).prop_map(|(name, number)| Step::Assert(name, number)),
        1 => number.prop_map(Step::Unfinished),
    ]
}

/// Writes the steps as cells. A cell that is known to fail is tagged, unless `tag` says that it had better
/// not be.
fn notebook(cells: &[(Vec<Step>, bool)]) -> Notebook {
    let mut text = String::new();
    let mut writer = Writer::default();
    for (steps, untagged) in cells {
        let before = writer.clone();
        writer.fails = false;
        let mut lines: Vec<String> = steps.iter().map(|step| writer.write(step)).collect();
        // Only at the end of a cell something is shown.
        let last = lines.len() - 1;
        for line in lines[..last].iter_mut().filter(|line| !line.ends_with([';', '}'])) {
            line.push(';');
        }
        // One in a few of the cells that fail ends its notebook.
        let tagged = writer.fails && !(*untagged && steps.len() == 1);
        if writer.fails {
            // A cell that fails does not bind a name again: whether the old value is lost is tested by the
            // corpus.
            for line in &mut lines {
                for name in before.names.keys().filter(|name| line.starts_with(&format!("let mut {name}"))).collect::<Vec<_>>() {
                    *line = line.replacen(&format!("let mut {name}"), &format!("let mut {name}_new"), 1);
                }
            }
            writer = Writer { functions: writer.functions, ..before };
            writer.names.retain(|name, _| !lines.iter().any(|line| line.starts_with(&format!("let mut {name}"))));
        }
        text.push_str(if tagged { "// %% raises-exception\n" } else { "// %%\n" });
        text.push_str(&lines.join("\n"));
        text.push('\n');
    }
    corpus::parse(&corpus::folder().join("corpus/random.rs"), &text)
}

/// What the cells so far have left.
#[derive(Clone, Default)]
struct Writer {
    names: BTreeMap<&'static str, Kind>,
    functions: Vec<&'static str>,
    fails: bool,
}

impl Writer {
    #[expect(clippy::too_many_lines, reason = "a few lines for each kind of step")]
    fn write(&mut self, step: &Step) -> String {
        match *step {
            Step::Bind(name, kind, number) => self.bind(NAMES[name], [Kind::Number, Kind::Text, Kind::List][kind], number),
            Step::Take(name, other) => {
                let Some((from, kind)) = self.known(other) else { return self.bind(NAMES[name], Kind::Text, 1) };
                if kind != Kind::Number {
                    self.names.remove(from);
                }
                self.names.insert(NAMES[name], kind);
                format!("let mut {} = {from};", NAMES[name])
            }
            Step::Copy(name, other) => {
                let Some((from, kind)) = self.known(other) else { return self.bind(NAMES[name], Kind::List, 2) };
                self.names.insert(NAMES[name], kind);
                format!("let mut {} = {from}.clone();", NAMES[name])
            }
            Step::Change(name, number) => match self.known(name) {
                Some((name, Kind::Number)) => format!("{name} += {number};"),
                Some((name, Kind::Text)) => format!("{name}.push_str(\"+{number}\");"),
                Some((name, Kind::List)) => format!("{name}.push({number});"),
                None => self.bind(NAMES[name], Kind::Number, number),
            },
            Step::Print(name) => {
                self.known(name).map_or("println!();".into(), |(name, _)| format!("println!(\"{name}: {{{name}:?}}\");"))
            }
            Step::Warn(name) => {
                self.known(name).map_or("eprintln!();".into(), |(name, _)| format!("eprintln!(\"{{:?}}\", {name});"))
            }
            Step::Use(name) => {
                self.fails |= !self.names.contains_key(NAMES[name]);
                format!("println!(\"{{:?}}\", {});", NAMES[name])
            }
            Step::Define(function, number) => {
                self.functions.push(FUNCTIONS[function]);
                format!("fn {}(n: i32) -> i32 {{ n * {number} + 1 }}", FUNCTIONS[function])
            }
            Step::Call(function, name) => {
                let argument = match self.known(name) {
                    Some((name, Kind::Number)) => name.to_owned(),
                    Some((name, _)) => format!("{name}.len() as i32"),
                    None => "3".into(),
                };
                match self.functions.contains(&FUNCTIONS[function]) {
                    true => format!("println!(\"{{}}\", {}({argument}));", FUNCTIONS[function]),
                    false => format!("let _ = {argument};"),
                }
            }
            Step::Loop(name, times) => match self.known(name) {
                Some((name, Kind::List)) => format!("for i in 0..{times} {{ {name}.push(i); }}"),
                _ => format!("for i in 0..{times} {{ println!(\"step {{i}}\"); }}"),
            },
            Step::Block(name, number) => {
                let inner = self.known(name).map_or("String::new()".into(), |(name, _)| format!("format!(\"{{{name}:?}}\")"));
                format!("{{ let text = {inner}; let a = {number}; println!(\"{{text}} {{a}}\"); }}")
            }
            Step::Show(name) => self.known(name).map_or("\"nothing\"".into(), |(name, _)| format!("{name}.clone()")),
            Step::Await(name, number) => {
                self.names.insert(NAMES[name], Kind::Number);
                format!("let mut {} = async {{ {number} }}.await;", NAMES[name])
            }
            Step::Lend(name, number) => match self.known(name) {
                Some((name, Kind::Number)) => format!("{name} += async {{ {number} }}.await;"),
                Some((name, Kind::Text)) => format!("async {{ {name}.push('~'); }}.await;"),
                Some((name, Kind::List)) => {
                    // What is moved away and given back is in the corpus: the engines differ there.
                    format!("{name} = async {{ vec![{number}] }}.await;")
                }
                None => "async {}.await;".into(),
            },
            Step::Ask(name, number) => {
                let text = if number % 3 == 0 { "x".to_owned() } else { number.to_string() };
                self.fails |= number % 3 == 0;
                self.names.insert(NAMES[name], Kind::Number);
                format!("let mut {}: i32 = \"{text}\".parse()?;", NAMES[name])
            }
            Step::Assert(name, number) => {
                self.fails |= number < 0;
                let told = self.known(name).map_or(String::new(), |(name, _)| format!(", {{{name}:?}}"));
                format!("assert!({number} >= 0, \"below{}\");", told.replace(", ", " "))
            }
            Step::Unfinished(number) => format!("print!(\"{number};\");"),
        }
    }

    fn bind(&mut self, name: &'static str, kind: Kind, number: i32) -> String {
        self.names.insert(name, kind);
        match kind {
            Kind::Number => format!("let mut {name} = {number};"),
            Kind::Text => format!("let mut {name} = String::from(\"text {number}\");"),
            Kind::List => format!("let mut {name} = vec![{number}, {}];", number + 1),
        }
    }

    /// A name that has a value: the wanted one, or another.
    fn known(&self, wanted: usize) -> Option<(&'static str, Kind)> {
        let found = self.names.get_key_value(NAMES[wanted]).or_else(|| self.names.iter().next());
        found.map(|(name, kind)| (*name, *kind))
    }
}
