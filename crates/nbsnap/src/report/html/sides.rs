//! What was recorded and what came now, as a reader of the notebook sees them: pictures, HTML and SVG, side
//! by side, with a picture of what differs where there can be one.

use std::sync::LazyLock;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use regex::Regex;

use crate::event::CellProblem;
use crate::snapshot::{Body, Content, Difference, SectionName, drawing_difference};

/// An output from both sides.
pub(super) struct SidesView {
    pub(super) section: String,
    pub(super) summary: String,
    /// Titles, and what is shown below each.
    pub(super) sides: Vec<(&'static str, Shown)>,
}

/// How the page shows an output.
pub(super) enum Shown {
    /// By a URL that holds it.
    Picture(String),
    /// In a frame that may run no script.
    Frame(String),
}

impl Shown {
    /// What shows markup of this type; none if it is no markup.
    pub(super) fn markup(mime: &str, text: &str) -> Option<Shown> {
        match mime {
            "text/html" => Some(Shown::Frame(text.to_owned())),
            // In a document, SVG may do without its name space; as a picture it may not.
            "image/svg+xml" if text.contains("xmlns=") => {
                Some(Shown::Picture(format!("data:image/svg+xml;base64,{}", STANDARD.encode(text))))
            }
            "image/svg+xml" => Some(Shown::Frame(text.to_owned())),
            _ => None,
        }
    }
}

/// The class of a frame for this markup, after others. No script may measure it: one that holds few lines and
/// no picture is low.
pub(super) fn frame_height(markup: &str) -> &'static str {
    static TALL: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r"(?i)<(?:img|svg|canvas|iframe|video|script|object|embed|pre|details)\b").expect("the pattern is a constant")
    });
    static LINE: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"(?i)<(?:tr|p|br|li|div|h[1-6]|dt|dd|hr)\b").expect("the pattern is a constant"));
    match LINE.find_iter(markup).count() {
        _ if TALL.is_match(markup) || markup.len() > 4000 => "",
        0 | 1 => " lowest",
        2..=4 => " low",
        _ => "",
    }
}

/// What is not as recorded and can be seen.
pub(super) fn sides(problem: &CellProblem) -> Vec<SidesView> {
    match problem {
        CellProblem::OutputChanged { expected, actual, differences, .. } => {
            let (expected, actual) = (Body::parse(expected).unwrap_or_default(), Body::parse(actual).unwrap_or_default());
            let of_pictures = differences.iter().filter_map(of_picture);
            let of_markup = differences.iter().filter(|difference| difference.picture.is_none());
            of_pictures.chain(of_markup.filter_map(|difference| of_markup_in(&expected, &actual, &difference.section))).collect()
        }
        CellProblem::OutputMissing { expected, .. } => {
            let expected = Body::parse(expected).unwrap_or_default();
            let names = expected.sections.iter().map(|section| section.name.to_string());
            names.filter_map(|name| of_markup_in(&expected, &Body::default(), &name)).collect()
        }
        _ => Vec::new(),
    }
}

/// Two pictures, and what differs in them.
fn of_picture(difference: &Difference) -> Option<SidesView> {
    let picture = difference.picture.as_ref()?;
    let sides =
        [("recorded", Some(&picture.expected)), ("now", Some(&picture.actual)), ("difference", picture.difference.as_ref())];
    let sides = sides.into_iter().filter_map(|(title, content)| Some((title, Shown::Picture(data_url(content?))))).collect();
    Some(SidesView { section: difference.section.clone(), summary: picture.summary.clone(), sides })
}

/// HTML or SVG of this section, from both sides; none if it is neither.
fn of_markup_in(expected: &Body, actual: &Body, section: &str) -> Option<SidesView> {
    let text = |body: &Body| {
        let found = body.sections.iter().find(|one| one.name.to_string() == section)?;
        match (&found.name, &found.content) {
            (SectionName::Mime(mime) | SectionName::Further(_, mime), Content::Text(text)) => Some((mime.clone(), text.clone())),
            _ => None,
        }
    };
    let (recorded, now) = (text(expected), text(actual));
    let shown = |side: &Option<(String, String)>| side.as_ref().and_then(|(mime, text)| Shown::markup(mime, text));
    let mut sides: Vec<(&'static str, Shown)> = [("recorded", shown(&recorded)), ("now", shown(&now))]
        .into_iter()
        .filter_map(|(title, side)| Some((title, side?)))
        .collect();
    if sides.is_empty() {
        return None;
    }
    let mut summary = "as a browser shows it".to_owned();
    if let (Some((mime, recorded)), Some((_, now))) = (&recorded, &now)
        && mime == "image/svg+xml"
        && let Some(drawn) = drawing_difference(recorded, now)
    {
        summary = drawn.summary;
        sides.extend(drawn.difference.map(|picture| ("difference", Shown::Picture(data_url(&picture)))));
    }
    Some(SidesView { section: section.to_owned(), summary, sides })
}

fn data_url(content: &[u8]) -> String {
    let mime = if content.starts_with(b"\xff\xd8") { "image/jpeg" } else { "image/png" };
    format!("data:{mime};base64,{}", STANDARD.encode(content))
}
