//! Decides whether a cell produced what its snapshot holds, channel by channel: JSON as values, markup as
//! what it marks up, pictures by their pixels, everything else as text.
//!
//! The main types are [`Comparison`], a project's rules for how far outputs may be from their snapshots, and
//! [`Difference`]. This module reads and writes no file; its caller provides the bytes.

mod drawing;
mod json;
mod json_path;
mod markup;
mod numbers;
mod picture;
mod tolerance;

use std::collections::BTreeMap;

use drawing::Drawn;
pub use json_path::JsonPath;
pub use picture::PictureDifference;
pub use tolerance::{CompareRule, SvgComparison, Tolerance};

use super::blob::{self, Blob};
use super::body::{Body, Content, Section, SectionName, is_json};
use crate::files::digest::digest;
use crate::scope::{Place, Stream};

/// How far outputs may be from their snapshots. The default allows no difference.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    rules: Vec<CompareRule>,
}

/// How two texts of SVG differ by what they draw on this machine; none if they draw the same, or one of them
/// cannot be drawn.
pub(crate) fn drawing_difference(expected: &str, actual: &str) -> Option<PictureDifference> {
    match drawing::compare(expected, actual, &Tolerance::default()) {
        Drawn::Other(difference) => difference,
        Drawn::Same | Drawn::OtherText | Drawn::Undrawable => None,
    }
}

/// A channel that is not as recorded.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The channel: `stdout`, `text/html`, …
    pub section: String,
    /// How the pictures differ, where both sides are pictures.
    pub picture: Option<PictureDifference>,
    /// What is wrong with the recorded file beside the snapshot, where it is not the one that the snapshot
    /// describes.
    pub file: Option<String>,
}

/// The outcome of comparing two sections of one name.
enum Compared {
    Same,
    Other,
    OtherPicture(Option<PictureDifference>),
    /// The recorded file is not the one that the snapshot describes: this is why.
    FileLost(String),
}

impl Comparison {
    /// Rules. The last one that sets a value wins.
    pub fn new(rules: Vec<CompareRule>) -> Comparison {
        Comparison { rules }
    }

    /// The limits for an output at `place`.
    pub fn at(&self, place: &Place<'_>) -> Tolerance {
        let mut tolerance = Tolerance::default();
        for rule in self.rules.iter().filter(|rule| rule.only.covers(place)) {
            tolerance.ignore.extend(rule.ignore.iter().cloned());
            tolerance.absolute = rule.absolute.unwrap_or(tolerance.absolute);
            tolerance.relative = rule.relative.unwrap_or(tolerance.relative);
            tolerance.channel = rule.channel.unwrap_or(tolerance.channel);
            tolerance.pixels = rule.pixels.unwrap_or(tolerance.pixels);
            tolerance.svg = rule.svg.unwrap_or(tolerance.svg);
        }
        tolerance
    }
}

/// The two sides of a comparison, and where the binary data of each is.
pub(crate) struct Sides<'a, R> {
    /// What the snapshot holds.
    pub(crate) expected: &'a Body,
    /// Reads binary data that was recorded.
    pub(crate) recorded: R,
    /// What the cell produced.
    pub(crate) actual: &'a Body,
    /// Its binary data.
    pub(crate) files: &'a BTreeMap<String, Vec<u8>>,
}

impl<R: Fn(&Blob) -> Option<Vec<u8>>> Sides<'_, R> {
    /// The channels on which the cell did not produce what its snapshot holds. Channels that only the
    /// snapshot has come first.
    pub(crate) fn differences(&self, comparison: &Comparison, notebook: &str, cell: &str) -> Vec<Difference> {
        let named = |body: &Body, name: &SectionName| body.sections.iter().position(|section| section.name == *name);
        let mut differences = Vec::new();
        for section in &self.expected.sections {
            if named(self.actual, &section.name).is_none() {
                differences.push(Difference { section: section.name.to_string(), picture: None, file: None });
            }
        }
        for section in &self.actual.sections {
            let expected = named(self.expected, &section.name).map(|index| &self.expected.sections[index]);
            let tolerance = comparison.at(&section.name.place(notebook, cell));
            let compared = expected.map_or(Compared::Other, |expected| self.compare(expected, section, &tolerance));
            let (picture, file) = match compared {
                Compared::Same => continue,
                Compared::Other => (None, None),
                Compared::OtherPicture(picture) => (picture, None),
                Compared::FileLost(why) => (None, Some(why)),
            };
            differences.push(Difference { section: section.name.to_string(), picture, file });
        }
        differences
    }

    fn compare(&self, expected: &Section, actual: &Section, tolerance: &Tolerance) -> Compared {
        let (expected, blob) = match (&expected.content, &actual.content) {
            (Content::Text(expected), Content::Text(text)) if same_text(&actual.name, expected, text, tolerance) => {
                return Compared::Same;
            }
            (Content::Text(expected), Content::Text(text)) if is_by_drawing(&actual.name, tolerance) => {
                return match drawing::compare(expected, text, tolerance) {
                    Drawn::Same => Compared::Same,
                    Drawn::Other(picture) => Compared::OtherPicture(picture),
                    Drawn::OtherText | Drawn::Undrawable => Compared::Other,
                };
            }
            (Content::Text(_), Content::Text(_)) => return Compared::Other,
            (Content::Blob(expected), Content::Blob(blob)) => (expected, blob),
            (Content::Text(_), Content::Blob(_)) | (Content::Blob(_), Content::Text(_)) => return Compared::Other,
        };
        // A description of a file is worth nothing without the file.
        let Some(recorded) = (self.recorded)(expected) else {
            return Compared::FileLost(format!("the recorded file {} is missing", expected.file));
        };
        if digest(&recorded) != expected.sha256 {
            return Compared::FileLost(format!("the recorded file {} is another one than the snapshot says", expected.file));
        }
        if expected.sha256 == blob.sha256 {
            return Compared::Same;
        }
        let Some(actual) = self.files.get(&blob.file) else { return Compared::Other };
        picture::difference(&recorded, actual, tolerance).map_or(Compared::Same, Compared::OtherPicture)
    }
}

/// Whether it is SVG that is compared by what it draws.
fn is_by_drawing(name: &SectionName, tolerance: &Tolerance) -> bool {
    let is_svg = name.mime().is_some_and(|mime| blob::essence(mime) == "image/svg+xml");
    is_svg && tolerance.svg == SvgComparison::Drawing
}

fn same_text(name: &SectionName, expected: &str, actual: &str, tolerance: &Tolerance) -> bool {
    if expected == actual {
        return true;
    }
    let numbers = |expected: &str, actual: &str| {
        tolerance.is_for_numbers() && numbers::same(expected, actual, tolerance.absolute, tolerance.relative)
    };
    match name {
        SectionName::Mime(mime) | SectionName::Further(_, mime) if is_json(mime) => json::same(expected, actual, tolerance),
        SectionName::Mime(mime) | SectionName::Further(_, mime) if markup::is_markup(mime) => {
            let (expected, actual) = (markup::normalised(mime, expected), markup::normalised(mime, actual));
            expected == actual || numbers(&expected, &actual)
        }
        _ => numbers(expected, actual),
    }
}

impl SectionName {
    /// Where in a record this channel is.
    pub(crate) fn place<'a>(&'a self, notebook: &'a str, cell: &'a str) -> Place<'a> {
        let (stream, mime) = match self {
            SectionName::Stdout => (Stream::Stdout, None),
            SectionName::Stderr => (Stream::Stderr, None),
            SectionName::Error => (Stream::Error, None),
            SectionName::Mime(mime) | SectionName::Further(_, mime) => (Stream::Display, Some(blob::essence(mime))),
        };
        Place { notebook, cell, stream, mime }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::record::CellRecord;

    pub(crate) use super::picture::tests::png;

    fn is_same(mime: &str, expected: &str, actual: &str, rules: &str) -> bool {
        let config = crate::config::Config::resolve(std::path::Path::new("x"), rules, "default").unwrap();
        let render = |content: &str| {
            let outputs = BTreeMap::from([(mime.to_owned(), content.to_owned())]);
            Body::render("a", &CellRecord { outputs, ..CellRecord::default() })
        };
        let ((expected, recorded), (actual, files)) = (render(expected), render(actual));
        let recorded = |blob: &Blob| recorded.get(&blob.file).cloned();
        let sides = Sides { expected: &expected, recorded, actual: &actual, files: &files };
        sides.differences(&Comparison::new(config.compare), "nb", "a").is_empty()
    }

    #[test]
    fn json_is_compared_as_values_markup_as_what_it_marks_up_and_text_exactly() {
        assert!(is_same("application/json", r#"{"a":1,"b":2}"#, "{ \"b\": 2,\n\"a\": 1 }", ""));
        assert!(!is_same("application/json", r#"{"a":1}"#, r#"{"a":2}"#, ""));
        assert!(is_same("application/json", "not json", "not json", ""));
        assert!(!is_same("text/plain", r#"{"a":1,"b":2}"#, r#"{"b":2,"a":1}"#, ""));
        assert!(!is_same("text/plain", "a", "a ", ""));
        assert!(!is_same("text/plain", "a", "a\n", ""));
        assert!(is_same("text/html", "<b  class='x' id=y>1</b>\n", "<b id=\"y\" class=\"x\">1</b>", ""));
        assert!(!is_same("text/html", "<b>1</b>", "<b>2</b>", ""));
        assert!(is_same("image/svg+xml", "<svg>\n <g/>\n</svg>", "<svg><g></g></svg>", ""));
    }

    #[test]
    fn rules_allow_what_they_say_where_they_say_it() {
        let rule = |rule: &str| format!("[[compare]]\n{rule}");
        assert!(!is_same("text/plain", "mean 0.12345", "mean 0.12346", ""));
        assert!(is_same("text/plain", "mean 0.12345", "mean 0.12346", &rule("absolute = 0.001")));
        assert!(!is_same("text/plain", "mean 0.12345", "mode 0.12346", &rule("absolute = 0.001")));
        assert!(!is_same("text/plain", "mean 0.12345", "mean 0.12346", &rule("absolute = 0.001\nonly.notebook = \"other\"")));
        assert!(is_same("text/html", "<b>0.5</b>", "<b >0.5001</b>", &rule("relative = 0.01\nonly.mime = \"text/*\"")));
        assert!(is_same(
            "application/json",
            r#"{"a":{"t":1,"v":1.0}}"#,
            r#"{"a":{"t":2,"v":1.01}}"#,
            &rule("ignore = [\"/a/t\"]\nabsolute = 0.1")
        ));
        let svg = |rest: &str| format!("<svg xmlns='http://www.w3.org/2000/svg' width='4' height='4'>{rest}</svg>");
        let (one, other) = (svg("<g id='a'><path d='M0 0h2v2z'/></g>"), svg("<path d='M 0 0 L 2 0 L 2 2 Z'/>"));
        assert!(!is_same("image/svg+xml", &one, &other, ""));
        assert!(is_same("image/svg+xml", &one, &other, &rule("svg = \"drawing\"")));
        assert!(!is_same("image/svg+xml", &one, &other, &rule("svg = \"drawing\"\nonly.cell = \"other\"")));
        assert!(!is_same("image/svg+xml", &one, &svg("<path d='M0 0h3v3z'/>"), &rule("svg = \"drawing\"")));
        let two = format!("{}\n{}", rule("absolute = 1.0"), rule("absolute = 0.0\nonly.cell = \"a\""));
        assert!(!is_same("text/plain", "1", "2", &two), "the last rule wins");
    }

    #[test]
    fn a_channel_that_is_new_or_gone_is_a_difference() {
        let body = |record: CellRecord| Body::render("a", &record).0;
        let expected = body(CellRecord { stdout: "x".into(), stderr: "y".into(), ..CellRecord::default() });
        let outputs = BTreeMap::from([("text/plain".to_owned(), "x".to_owned())]);
        let actual = body(CellRecord { stdout: "x".into(), outputs, ..CellRecord::default() });
        let files = BTreeMap::new();
        let sides = Sides { expected: &expected, recorded: |_: &Blob| None, actual: &actual, files: &files };
        let names: Vec<String> =
            sides.differences(&Comparison::default(), "nb", "a").into_iter().map(|one| one.section).collect();
        assert_eq!(names, ["stderr", "text/plain"]);
    }
}
