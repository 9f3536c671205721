//! Whatever a notebook's file holds: no panic, no hang, and no byte changes unless it is meant to.
//!
//! The files in `notebooks/` are odd ones; mutated at random they become odder. `NBSNAP_FUZZ=200000 cargo
//! test --test notebooks` tries as many, `cargo test` a thousand. What once failed is kept in
//! `notebooks.proptest-regressions` and tried first.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

use nbsnap::config::Config;
use nbsnap::document::diff::differences;
use nbsnap::document::{Clear, Document, Parameters};
use nbsnap::export::{Page, html, markdown};
use nbsnap::lint;
use nbsnap::notebook::Notebook;
use proptest::prelude::*;
use proptest::sample::Index;

/// What mutations put into a file: what JSON, notebooks, Markdown, HTML and evcxr treat in some way of its
/// own.
const PIECES: &[&str] = &[
    "null",
    "true",
    "-1",
    "1e999",
    "18446744073709551616",
    "0.1e-7",
    "\"\"",
    "[]",
    "{}",
    "{",
    "}",
    "[",
    "]",
    ",",
    ":",
    "\"",
    "\\",
    "\\u0000",
    "\\ud800",
    "\\u00e9",
    "\n",
    "\r\n",
    "\t",
    " ",
    "é",
    "水",
    "\u{feff}",
    "\u{2028}",
    "\"id\":\"a\",",
    "\"cells\":[]",
    "\"nbformat\":3,",
    "\"nbformat_minor\":4,",
    "\"nbformat_minor\":9,",
    "\"outputs\":7,",
    "\"source\":null,",
    "\"source\":[1,null,\"x\"],",
    "\"metadata\":[],",
    "\"tags\":[\"parameters\"],",
    "\"tags\":\"parameters\",",
    "\"cell_type\":\"code\",",
    "\"cell_type\":\"raw\",",
    "\"execution_count\":-3,",
    ":dep x",
    ":",
    "!ls",
    "let a = 1;",
    "fn {",
    "'",
    "/*",
    "```",
    "~~~",
    "<!--",
    "</script>",
    "# h",
    "$$",
    "|a|b|\\n|--|--|",
    "[a](b.ipynb#",
    "![x](attachment:y)",
    "═══ end ═══",
    "EVCXR_BEGIN_CONTENT",
    "data:image/png;base64,",
    "iVBORw0KGgo=",
];

#[derive(Clone, Debug)]
enum Edit {
    /// Puts a piece in.
    Insert(Index, Index),
    /// Takes some bytes out.
    Remove(Index, u8),
    /// Writes some bytes once more, somewhere else.
    Repeat(Index, u8, Index),
    /// Replaces a byte.
    Replace(Index, u8),
    /// Goes on as another file from there.
    Join(Index, Index, Index),
    /// Ends there.
    Cut(Index),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        6 => (any::<Index>(), any::<Index>()).prop_map(|(at, piece)| Edit::Insert(at, piece)),
        3 => (any::<Index>(), any::<u8>()).prop_map(|(at, length)| Edit::Remove(at, length)),
        3 => (any::<Index>(), any::<u8>(), any::<Index>()).prop_map(|(at, length, to)| Edit::Repeat(at, length, to)),
        3 => (any::<Index>(), any::<u8>()).prop_map(|(at, byte)| Edit::Replace(at, byte)),
        1 => (any::<Index>(), any::<Index>(), any::<Index>()).prop_map(|(at, file, from)| Edit::Join(at, file, from)),
        1 => any::<Index>().prop_map(Edit::Cut),
    ]
}

fn corpus() -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/notebooks");
    let mut paths: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    assert!(paths.len() >= 8, "the corpus is gone");
    paths.into_iter().map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
}

fn mutated(corpus: &[(PathBuf, Vec<u8>)], file: &Index, edits: &[Edit]) -> String {
    let mut bytes = file.get(corpus).1.clone();
    for edit in edits {
        let size = bytes.len() + 1;
        match edit {
            Edit::Insert(at, piece) => {
                let at = at.index(size);
                bytes.splice(at..at, piece.get(PIECES).bytes());
            }
            Edit::Remove(at, length) => {
                let at = at.index(size);
                bytes.drain(at..(at + usize::from(*length)).min(size - 1));
            }
            Edit::Repeat(at, length, to) => {
                let at = at.index(size);
                let piece = bytes[at..(at + usize::from(*length)).min(size - 1)].to_vec();
                let to = to.index(size);
                bytes.splice(to..to, piece);
            }
            Edit::Replace(at, byte) if size > 1 => bytes[at.index(size - 1)] = *byte,
            Edit::Replace(..) => {}
            Edit::Join(at, file, from) => {
                let other = &file.get(corpus).1;
                bytes.truncate(at.index(size));
                bytes.extend_from_slice(&other[from.index(other.len())..]);
            }
            Edit::Cut(at) => bytes.truncate(at.index(size)),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Does everything with a notebook that can be done without running it.
fn try_everything(text: &str) {
    let path = Path::new("notebooks/x.ipynb");
    let notebook = Notebook::parse(path, text);
    let Ok(mut document) = Document::parse(path, text.to_owned()) else {
        assert!(notebook.is_err(), "a notebook that is no document");
        return;
    };
    assert_eq!(document.text(), text, "read and written again");
    let before = document.clone();
    let is_valid = document.validate().is_ok();

    let page = Page::new("x", &document, None, None).unwrap();
    let html = html::render(&page);
    assert!(html.ends_with("</html>\n"));
    let _ = markdown::render(&page, std::slice::from_ref(&page));
    let unformatted = ["rustfmt".to_owned()];
    lint::look(&document, Path::new("."), &unformatted).unwrap();

    // What is changed is still JSON, says what it should, and comes to rest.
    document.clear(Clear { metadata: true, injected: true });
    let cleared = Document::parse(path, document.text()).expect("what is written can be read");
    assert_eq!(cleared.text(), document.text());
    let mut again = cleared.clone();
    again.clear(Clear { metadata: true, injected: true });
    assert_eq!(again.text(), cleared.text(), "cleared twice");
    assert!(!is_valid || cleared.validate().is_ok(), "clearing has broken the notebook");
    lint::fix(&mut again, Path::new("."), &unformatted).unwrap();
    let fixed = again.text();
    lint::fix(&mut again, Path::new("."), &unformatted).unwrap();
    assert_eq!(again.text(), fixed, "fixed twice");

    let mut parametrised = before.clone();
    if Parameters::parse(&["a=1".into()], &[]).unwrap().inject(&mut parametrised).is_ok() {
        Document::parse(path, parametrised.text()).expect("what is written can be read");
    }
    let config = Config::default();
    assert_eq!(differences(Path::new("/"), &config, &before, &before).unwrap(), [], "a notebook differs from itself");
    differences(Path::new("/"), &config, &before, &cleared).unwrap();
}

#[test]
fn the_odd_notebooks_themselves() {
    for (path, bytes) in corpus() {
        eprintln!("{}", path.display());
        try_everything(&String::from_utf8_lossy(&bytes));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: std::env::var("NBSNAP_FUZZ").map_or(1000, |cases| cases.parse().unwrap()),
        failure_persistence: Some(Box::new(proptest::test_runner::FileFailurePersistence::WithSource("proptest-regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn odd_notebooks_made_odder(file: Index, edits in proptest::collection::vec(edit(), 1..6)) {
        thread_local! {
            static CORPUS: Vec<(PathBuf, Vec<u8>)> = corpus();
        }
        CORPUS.with(|corpus| try_everything(&mutated(corpus, &file, &edits)));
    }
}
