use std::path::Path;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::config::Config;
use crate::record::{Diagnostic, DiagnosticSpan};

fn redact(text: &str, rules: impl FnOnce(&mut RedactorBuilder)) -> String {
    let mut builder = Redactor::builder();
    rules(&mut builder);
    builder.build().unwrap().text(text)
}

/// Redacts the text on standard output of cell `a` of notebook `nb`.
fn configured(text: &str, config: &str) -> String {
    let config = Config::resolve(Path::new("nbsnap.toml"), config, "default").unwrap();
    let mut redactor = Redactor::builder().notebook("nb").configure(&config).build().unwrap();
    let mut record = CellRecord { stdout: text.to_owned(), ..CellRecord::default() };
    redactor.record("a", &mut record);
    record.stdout
}

fn always(text: &str) -> String {
    redact(text, |_| ())
}

#[test]
fn escapes_for_the_terminal_are_taken_out() {
    assert_eq!(always("\x1b[1;31merror\x1b[0m: \x1b]8;;http://x\x1b\\link\x1b]8;;\x07!\x1b(B\x1b[?25h"), "error: link!");
    assert_eq!(always("50%\r\x1b[2K100%\x1b"), "50%\r100%\x1b");
}

#[test]
fn thread_ids_and_ports_are_replaced() {
    assert_eq!(always("thread 'main' (22964) panicked at src/lib.rs:1:2:"), "thread 'main' panicked at [CELL]:");
    assert_eq!(always("thread '<unnamed>' (7) panicked"), "thread '<unnamed>' panicked");
    assert_eq!(
        always("http://127.0.0.1:54321/x localhost:32768 [::1]:65535 example.org:54321 127.0.0.1:99999"),
        "http://127.0.0.1:[PORT]/x localhost:[PORT] [::1]:[PORT] example.org:54321 127.0.0.1:99999"
    );
    assert_eq!(always("localhost:8080 127.0.0.1:32767"), "localhost:8080 127.0.0.1:32767");
}

#[test]
fn addresses_are_replaced_only_when_asked_for() {
    assert_eq!(always("at 0x7ffd3a2b10"), "at 0x7ffd3a2b10");
    assert_eq!(configured("at 0x7ffd3a2b10, 0xff", "[redactions]\naddresses = true"), "at [ADDRESS], 0xff");
}

#[test]
fn what_means_nothing_in_a_notebook_is_replaced() {
    assert_eq!(always("at src/lib.rs:112:2, ctx/src/lib.rs:3"), "at [CELL], [CELL]");
    assert_eq!(always("/x/src/lib.rs:112:2 [ROOT]/src/lib.rs:1:1"), "/x/src/lib.rs:112:2 [ROOT]/src/lib.rs:1:1");
    assert_eq!(always("/rustc/0123456789abcdef0123456789abcdef01234567/library/core/src/x.rs"), "[RUSTC]/library/core/src/x.rs");
    assert_eq!(always("/tmp/ipykernel_4711/1234.py:1: UserWarning"), "[CELL]: UserWarning");
    assert_eq!(always("<object at 0x7f0123456789>"), "<object at [ADDRESS]>");
    assert_eq!(redact("/tmp/.tmpAb12Cd/x", |r| _ = r.path(Path::new("/tmp"), "[TMP]")), "[TMP]/[DIR]/x");
    let backtrace = "no\nstack backtrace:\n   0: rust_begin_unwind\n             at /rustc/x/library/std/src/panicking.rs:665:5\n   1: main\n\
                     note: Some details are omitted, run with `RUST_BACKTRACE=full` for a verbose backtrace.\nyes";
    assert_eq!(always(backtrace), "no\n[BACKTRACE]\nyes");
}

#[test]
fn what_a_notebook_may_want_to_show_is_replaced_only_when_asked_for() {
    for (rule, text, expected) in [
        (
            "durations",
            "took 1.2 s, 350ms, 3m 4s, 1h 2m 3s, 12 µs; 5 m, 3 sheep",
            "took [DURATION], [DURATION], [DURATION], [DURATION], [DURATION]; 5 m, 3 sheep",
        ),
        (
            "dates",
            "2025-08-20T10:11:12.5Z 2025-08-20 10:11:12 UTC, 2025-08-20; Wed, 20 Aug 2025 10:11:12 GMT, 12-34",
            "[DATE] [DATE], [DATE]; [DATE], 12-34",
        ),
        ("uuids", "job 68046976-7dcb-11f0-90ac-2a20aea25780.", "job [UUID]."),
        ("addresses", "at 0x7ffd3a2b10, 0xff", "at [ADDRESS], 0xff"),
    ] {
        assert_eq!(always(text), text);
        assert_eq!(configured(text, &format!("[redactions]\n{rule} = true")), expected);
        assert_eq!(configured(text, &format!("[redactions]\n{rule} = {{ notebook = \"other\" }}")), text);
        assert_eq!(configured(text, &format!("[redactions]\n{rule} = {{ notebook = \"n*\", stream = \"stdout\" }}")), expected);
        assert_eq!(configured(text, &format!("[redactions]\n{rule} = {{ stream = \"stderr\" }}")), text);
    }
    assert_eq!(configured("thread 'main' (7) panicked", "[redactions]\nthread-ids = false"), "thread 'main' (7) panicked");
}

#[test]
fn own_rules_apply_where_they_say() {
    let rule = |only: &str| format!("[[redact]]\nname = \"x\"\npattern = 'x(\\d)'\nreplace = \"y$1\"\nonly = {{ {only} }}");
    assert_eq!(configured("x1", &rule("cell = \"a\"")), "y1");
    assert_eq!(configured("x1", &rule("cell = \"b\"")), "x1");
    assert_eq!(configured("x1", &rule("mime = \"text/*\"")), "x1");
    assert_eq!(configured("x1", &rule("notebook = \"nb\", stream = \"stdout\"")), "y1");
}

#[test]
fn variables_that_hold_secrets_are_hidden_and_the_source_keeps_everything_else() {
    let variables = [("AWS_SECRET_ACCESS_KEY", "hunter22"), ("AWS_REGION", "us-east-1")];
    let variables = variables.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let mut redactor = Redactor::builder().variables(variables).build().unwrap();
    assert_eq!(redactor.text("hunter22 us-east-1"), "[SECRET] us-east-1");
    assert_eq!(
        redactor.without_secrets("let key = \"hunter22\"; // localhost:54321"),
        "let key = \"[SECRET]\"; // localhost:54321"
    );
}

#[test]
fn secrets_come_before_every_other_rule_and_after_colours_once_more() {
    let rules = |r: &mut RedactorBuilder| _ = r.rule("digits", r"\d+", "N").secret("key-1").secret("key-1234");
    assert_eq!(redact("key-1234 key-12 [SECRET]", rules), "[SECRET] [SECRET]N [SECRET]");
    assert_eq!(redact("key\x1b[1m-1", rules), "[SECRET]", "joined by taking out the colour");
    assert_eq!(
        redact("password=hunter2 password=[SECRET] signature=0.73", rules),
        "password=[SECRET] password=[SECRET] signature=N.N"
    );
}

#[cfg(unix)]
#[test]
fn paths_are_replaced_the_innermost_first_and_only_as_a_whole() {
    let rules = |r: &mut RedactorBuilder| {
        r.home(Path::new("/home/anna")).path(Path::new("/home/anna/project/"), "[ROOT]");
        r.path(Path::new("/"), "[NEVER]").path(Path::new("relative"), "[NEVER]");
    };
    let text =
        "/home/anna/project/a.rs:1 /home/anna/.cargo file:///home/anna. /home/annabel /home/anna-x /mnt/home/anna /home/anna.txt";
    let expected = "[ROOT]/a.rs:1 [HOME]/.cargo file://[HOME]. /home/annabel /home/anna-x /mnt/home/anna /home/anna.txt";
    assert_eq!(redact(text, rules), expected);
}

#[cfg(unix)]
#[test]
fn a_home_that_looks_like_an_element_is_one_only_where_its_files_are_meant() {
    // A folder of one name that every machine has, with something in it.
    let rules = |r: &mut RedactorBuilder| _ = r.home(Path::new("/etc"));
    let text = "<etc></etc> /etc/item[1] /etc \"/etc/passwd\" /etc/passwd.";
    assert_eq!(redact(text, rules), "<etc></etc> /etc/item[1] /etc \"[HOME]/passwd\" [HOME]/passwd.");
}

#[test]
fn configured_rules_count_and_name_themselves_when_they_are_wrong() {
    let mut redactor = Redactor::builder().rule("took", r"in (\d+) ms", "in [$1]").rule("never", "xyz", "").build().unwrap();
    assert_eq!(redactor.text("in 5 ms, in 7 ms"), "in [5], in [7]");
    let hits = redactor.hits();
    let of = |name: &str| hits.iter().find(|hits| hits.rule == name).map(|hits| hits.hits);
    assert_eq!((of("took"), of("never"), of("ansi")), (Some(2), Some(0), Some(0)));
    let refused = |pattern: &str| Redactor::builder().rule("mine", pattern, "").build().unwrap_err().to_string();
    assert_eq!(refused("("), "redaction rule `mine` has a pattern that is not a regular expression");
    assert_eq!(refused("x*"), "redaction rule `mine` has a pattern that matches the empty text, and so everywhere");
}

#[test]
fn all_text_of_a_record_is_redacted_and_no_picture() {
    let mut redactor = Redactor::builder().secret("c2VjcmV0").build().unwrap();
    let text = || "<c2VjcmV0>".to_owned();
    let picture = "c2VjcmV0".to_owned();
    let span = DiagnosticSpan { line: 1, column: 1, end_line: 1, end_column: 2, label: text() };
    let diagnostic = Diagnostic { code: None, message: text(), spans: vec![span], help: vec![text()] };
    let mut record = CellRecord {
        stdout: text(),
        stderr: text(),
        outputs: [("text/html", text()), ("application/json", text()), ("image/svg+xml", text()), ("image/png", picture.clone())]
            .map(|(mime, content)| (mime.to_owned(), content))
            .into(),
        further: vec![[("text/plain".to_owned(), text())].into()],
        failure: Some(Failure::Compile { diagnostics: vec![diagnostic] }),
    };
    redactor.record("a", &mut record);
    assert_eq!(record.outputs["image/png"], picture);
    let all = format!("{record:?}");
    assert_eq!((all.matches("c2VjcmV0").count(), all.matches("<[SECRET]>").count()), (1, 9));
    for mut failure in [
        Failure::Panic { message: text(), line: None },
        Failure::Error { message: text(), lines: vec![] },
        Failure::Died { status: text() },
        Failure::ControlWord { word: text() },
        Failure::LateOutput { text: text() },
        Failure::Refused { message: text() },
        Failure::SetUp { message: text() },
        Failure::Engine { message: text() },
        Failure::Timeout { limit: Duration::ZERO },
    ] {
        redactor.failure("a", &mut failure);
        assert!(!failure.to_string().contains("c2Vj"), "{failure}");
    }
}

proptest! {
    /// What is found depends on what is before it, never on what was hidden there.
    #[test]
    fn what_is_hidden_stays_as_it_is(pieces in prop::collection::vec(prop::sample::select(PIECES), 0..14)) {
        let text = pieces.concat();
        let once = text_secrets::hide_tokens(&text, "***").text;
        prop_assert_eq!(&text_secrets::hide_tokens(&once, "***").text, &once, "{}", text);
    }
}

/// What leads up to secrets, and what ends them.
const PIECES: &[&str] = &[
    "password",
    "client_secret",
    "api-key",
    "X-Amz-Signature",
    "token",
    "code",
    "bearer ",
    "Authorization: Basic ",
    "=",
    ": ",
    ":",
    "://",
    "@",
    "\"",
    "\\\"",
    "'",
    "&",
    "?",
    " ",
    ",",
    "{",
    "}",
    "0123456789abcdef0",
    "hunter2",
    "word",
    "postgres",
];
