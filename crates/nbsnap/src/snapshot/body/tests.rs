use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::record::Failure;

fn outputs(outputs: &[(&str, &str)]) -> BTreeMap<String, String> {
    outputs.iter().map(|(mime, content)| ((*mime).to_owned(), (*content).to_owned())).collect()
}

#[test]
fn a_record_reads_well() {
    let record = CellRecord {
        stdout: "one\n═══ stdout ═══\n\\ two\n\nthree".into(),
        stderr: "progress 10%\rprogress 99%\n\n".into(),
        outputs: outputs(&[
            ("image/png", "YWJj"),
            ("text/html", "<b>x</b>\n"),
            ("application/geo+json", r#"{"type":"Point","coordinates":[1,2.5]}"#),
            ("text/plain", "x"),
            ("end", "a program's own word"),
        ]),
        further: vec![outputs(&[("text/html", "<i>y</i>"), ("text/plain", "y")])],
        failure: Some(Failure::Timeout { limit: Duration::from_secs(90) }),
    };
    let (body, files) = Body::render("map", &record);
    assert_eq!(
        body.to_string(),
        "\
═══ stdout ═══
one
\\═══ stdout ═══
\\\\ two

three
\\ no newline at the end
═══ stderr ═══
progress 10%␍progress 99%

═══ text/plain ═══
x
═══ text/html ═══
<b>x</b>

═══ application/geo+json ═══
{
  \"type\": \"Point\",
  \"coordinates\": [
    1,
    2.5
  ]
}
═══ display: end ═══
a program's own word
═══ image/png ═══
\\ 3 bytes, sha256 ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad, file map.ba7816bf8f01.png
═══ display 2: text/plain ═══
y
═══ display 2: text/html ═══
<i>y</i>
═══ error ═══
timeout
not done after 1m 30s
═══ end ═══
"
    );
    assert_eq!(Body::parse(&body.to_string()).unwrap(), body);
    assert_eq!(files.into_iter().collect::<Vec<_>>(), [("map.ba7816bf8f01.png".to_owned(), b"abc".to_vec())]);
}

#[test]
fn an_empty_record_has_an_empty_body() {
    let (body, _) = Body::render("a", &CellRecord::default());
    assert_eq!(body.to_string(), "");
    assert_eq!(Body::parse("").unwrap(), body);
    assert_eq!(Body::parse("\n").unwrap(), body);
}

#[test]
fn a_body_that_somebody_edited_is_refused_with_its_line() {
    let refused = |text: &str| Body::parse(text).unwrap_err().to_string();
    assert_eq!(refused("hello"), "line 1 of the body comes before the first header");
    assert_eq!(refused("═══ stdout ═══\nhello"), "line 2 of the body is the last, and not `═══ end ═══`");
    assert_eq!(refused("═══ stdot ═══\n═══ end ═══"), "line 1 of the body is not a header");
    assert_eq!(refused("═══ stdout ═══\n═══ stdout ═══\n═══ end ═══"), "line 2 of the body repeats a section");
    assert_eq!(refused("═══ a/b ═══\n\\ x\n═══ end ═══"), "line 3 of the body ends a section with a marker that is unknown");
    assert_eq!(refused("═══ end ═══\nx"), "line 2 of the body comes after the end");
}

/// Text that is likely to be taken for something else.
pub(in crate::snapshot) fn text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "\\PC{0,6}",
        2 => Just("\n".to_owned()),
        1 => "(\\\\){0,3}(═══| |)(stdout|end|no newline at the end|)( ═══|)\n?",
        1 => any::<char>().prop_map(String::from),
        1 => "[\r\t\0\u{1b}\u{85}\u{2028}\u{feff}␍␦ ]",
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

fn mime() -> impl Strategy<Value = String> {
    let known = "text/plain|text/html|image/png|image/svg\\+xml|application/json|stdout|error|end|display: a/b|";
    prop_oneof![3 => known, 1 => text()]
}

proptest! {
    #[test]
    fn what_was_rendered_is_what_is_parsed(
        stdout in text(),
        stderr in text(),
        mut displays in proptest::collection::vec(proptest::collection::btree_map(mime(), text(), 0..4), 0..4),
        error in proptest::option::of(text()),
    ) {
        let failure = error.map(|message| Failure::Refused { message });
        let outputs = displays.pop().unwrap_or_default();
        let record = CellRecord { stdout, stderr, outputs, further: displays, failure };
        let (body, _) = Body::render("a", &record);
        let text = body.to_string();
        prop_assert_eq!(&Body::parse(&text).unwrap(), &body);
        // What insta and git do to a file must not matter.
        let normalised = text.trim_end().replace("\r\n", "\n");
        prop_assert_eq!(&Body::parse(&normalised).unwrap(), &body);
        let streams = [(SectionName::Stdout, &record.stdout), (SectionName::Stderr, &record.stderr)];
        for (name, expected) in streams {
            let found = body.sections.iter().find(|section| section.name == name).map(|section| &section.content);
            let expected = (!expected.is_empty()).then(|| Content::Text(expected.clone()));
            prop_assert_eq!(found, expected.as_ref());
        }
    }

    #[test]
    fn records_that_differ_have_bodies_that_differ(one in text(), other in text()) {
        let body = |stdout: &String| Body::render("a", &CellRecord { stdout: stdout.clone(), ..CellRecord::default() }).0.to_string();
        prop_assert_eq!(body(&one) == body(&other), one == other);
    }
}
