//! Help while typing that needs an analysis of the code: methods, paths, and the documentation of libraries.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use nbsnap::EvcxrProgram;
use nbsnap::engine::Interrupt;
use nbsnap_kernel::AnalyserProgram;
use rust_cells::CancellationToken;
use serde_json::{Value, json};

use crate::client::{Kernel, processes_in};
use crate::{Story, cache};

pub(crate) const STORIES: &[Story] = &[
    ("methods_and_documentation_once_it_has_loaded", methods_and_documentation_once_it_has_loaded),
    ("without_a_program_it_is_said_once", without_a_program_it_is_said_once),
    ("an_analyser_that_is_killed_is_started_again", an_analyser_that_is_killed_is_started_again),
];

/// How long rust-analyzer may take to load on a busy machine.
const LOADING: Duration = Duration::from_secs(100);

/// The program of this workspace, which is built if need be, or none.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) is_there: bool,
}

impl AnalyserProgram for Program {
    fn find(&self, token: &CancellationToken, _: &mut dyn FnMut(String)) -> Result<PathBuf, String> {
        if !self.is_there {
            return Err("there is no such program".to_owned());
        }
        EvcxrProgram::default().find(&Interrupt::from(token.flag()), &mut |_| ()).map_err(|error| error.to_string())
    }
}

fn start(role: &str) -> (tempfile::TempDir, Kernel) {
    let folder = tempfile::tempdir().unwrap();
    let kernel = Kernel::start_as(role, folder.path(), &cache(), None);
    (folder, kernel)
}

fn complete(kernel: &mut Kernel, code: &str) -> Vec<String> {
    let reply = kernel.ask("complete_request", json!({"code": code, "cursor_pos": code.chars().count()}));
    assert_eq!(reply["status"], "ok");
    reply["matches"].as_array().unwrap().iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

/// Asks again and again until there is an answer that is accepted; each must come at once.
fn until<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        let asked = Instant::now();
        let found = ask();
        assert!(asked.elapsed() < Duration::from_secs(5), "nobody waits that long: {:?}", asked.elapsed());
        if let Some(found) = found {
            return found;
        }
        assert!(started.elapsed() < LOADING, "{what} is never known");
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn inspect(kernel: &mut Kernel, code: &str, at: &str) -> Value {
    let cursor = code.find(at).unwrap() + 1;
    kernel.ask("inspect_request", json!({"code": code, "cursor_pos": cursor, "detail_level": 0}))
}

fn plain(reply: &Value) -> &str {
    reply["data"]["text/plain"].as_str().unwrap_or_default()
}

fn methods_and_documentation_once_it_has_loaded() {
    let (folder, mut kernel) = start("be-the-kernel-that-analyses");
    let package = folder.path().join("shapes");
    std::fs::create_dir_all(package.join("src")).unwrap();
    std::fs::write(package.join("Cargo.toml"), "[package]\nname = \"shapes\"\nversion = \"1.0.0\"\nedition = \"2024\"\n")
        .unwrap();
    let source = "/// A square.\npub struct Square { /// How long a side is.\n pub side: f64, secret: u8 }\n\
                  impl Square {\n/// A square with this side.\n/// ```\n/// # use shapes::Square;\n/// Square::new(1.0);\n/// ```\n\
                  pub fn new(side: f64) -> Square { Square { side, secret: 0 } }\n\
                  /// Its area.\npub fn area(&self) -> f64 { self.side * self.side }\nfn hidden(&self) {} }\n\
                  pub mod colours { pub struct Red; }\n";
    std::fs::write(package.join("src/lib.rs"), source).unwrap();
    kernel.value(":dep shapes = { path = \"shapes\" }\nuse shapes::Square;\nlet square = Square::new(2.0);\nstruct Mine { inside: Square }");
    kernel.value("let mine = Mine { inside: Square::new(1.0) };\nlet words = vec![String::from(\"a\")];");

    // What is known is there from the first moment on, and the rest follows.
    assert_eq!(complete(&mut kernel, "squ"), ["square"]);
    let methods = until("the methods of a variable", || Some(complete(&mut kernel, "square.")).filter(|found| !found.is_empty()));
    let own: Vec<&str> = methods.iter().take(2).map(String::as_str).collect();
    assert_eq!(own, ["side", "area"], "fields, then methods, then what traits bring");
    assert!(!methods.iter().any(|name| name == "secret" || name == "hidden"), "{methods:?}");
    let asked = Instant::now();
    assert_eq!(complete(&mut kernel, "let a = 1;\nsquare.ar"), ["area"]);
    assert!(asked.elapsed() < Duration::from_secs(1), "{:?}", asked.elapsed());
    assert_eq!(complete(&mut kernel, "mine.inside.si"), ["side"], "types of the notebook's own");
    assert_eq!(complete(&mut kernel, "use shapes::"), ["Square", "colours"]);
    assert_eq!(complete(&mut kernel, "shapes::colours::"), ["Red"]);
    assert_eq!(complete(&mut kernel, "let s = Square::new(1.0); if true { s.are"), ["area"], "unfinished code");
    assert_eq!(complete(&mut kernel, "Square::n"), ["new"]);
    let reply = kernel.ask("complete_request", json!({"code": "square.ar", "cursor_pos": 9}));
    let described = &reply["metadata"]["_jupyter_types_experimental"][0];
    assert_eq!((&described["type"], &described["signature"]), (&json!("function"), &json!("pub fn area(&self) -> f64")));
    assert_eq!((&reply["cursor_start"], &reply["cursor_end"]), (&json!(7), &json!(9)));

    let explained = inspect(&mut kernel, "square.area()", "area");
    assert!(plain(&explained).contains("pub fn area(&self) -> f64") && plain(&explained).contains("Its area."), "{explained}");
    let explained = inspect(&mut kernel, "Square::new(1.0)", "new");
    assert!(plain(&explained).contains("A square with this side.\n\nSquare::new(1.0);"), "{explained}");
    // A variable says what its type is for.
    let explained = inspect(&mut kernel, "square", "square");
    assert!(plain(&explained).starts_with("let square: shapes::Square\n\n"), "{explained}");
    assert!(plain(&explained).contains("A square.") && !plain(&explained).contains("secret"), "{explained}");
    // The standard library's sources are not everywhere, its pages are.
    let explained =
        until("the standard library", || Some(complete(&mut kernel, "words[0].to_upp")).filter(|found| !found.is_empty()));
    assert_eq!(explained, ["to_uppercase"]);
    let explained = inspect(&mut kernel, "words.push(String::new())", "push");
    assert!(plain(&explained).contains("Appends an element to the back of a collection."), "{explained}");

    // It is the kernel's own, and goes with it.
    kernel.kill_jupyter();
    let started = Instant::now();
    while !processes_in(folder.path()).is_empty() {
        assert!(started.elapsed() < Duration::from_secs(20), "left: {:?}", processes_in(folder.path()));
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn without_a_program_it_is_said_once() {
    let (_folder, mut kernel) = start("be-the-kernel-without-analyser");
    kernel.value("let text = String::new();");
    assert!(complete(&mut kernel, "text.").is_empty());
    let said = until("why there is no help", || {
        let reply = inspect(&mut kernel, "text.push", "push");
        plain(&reply).contains("there is no such program").then_some(reply)
    });
    assert_eq!(said["found"], true);
    assert_eq!(inspect(&mut kernel, "text.push", "push")["found"], false, "it was said");
    assert_eq!(complete(&mut kernel, "tex"), ["text"], "what was known before is known still");
}

fn an_analyser_that_is_killed_is_started_again() {
    let (_folder, mut kernel) = start("be-the-kernel-that-analyses");
    kernel.value("struct Point { side: u8 }\nlet point = Point { side: 1 };");
    let mut known = || until("a field", || Some(complete(&mut kernel, "point.si")).filter(|found| !found.is_empty()));
    assert_eq!(known(), ["side"]);
    let analyser = |kernel: &Kernel| {
        let found = kernel.processes().into_iter().find(|(_, command)| command.contains(" analyse "));
        found.unwrap_or_else(|| panic!("{:?}", kernel.processes())).0
    };
    let killed = analyser(&kernel);
    let process = rustix::process::Pid::from_raw(killed).unwrap();
    rustix::process::kill_process(process, rustix::process::Signal::KILL).unwrap();
    let mut known = || until("a field", || Some(complete(&mut kernel, "point.si")).filter(|found| !found.is_empty()));
    assert_eq!(known(), ["side"]);
    assert_ne!(analyser(&kernel), killed);
}
