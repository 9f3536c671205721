//! What GitHub leaves of the notebooks' outputs still has their meaning.
//!
//! GitHub shows HTML by a list of what is allowed (published with its gem `html-pipeline`,
//! `SanitizationFilter`): these elements, these attributes, and images from http, https or beside the page
//! only. Style sheets, scripts, inline styles, inline SVG and images that are data are removed. The rest is
//! compared with the text beside it.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::path::{Path, PathBuf};

const ELEMENTS: &str = "h1 h2 h3 h4 h5 h6 br b i strong em a pre code img tt div ins del sup sub p ol ul table thead tbody tfoot blockquote dl dt dd \
                        kbd q samp var hr ruby rt rp li tr td th s strike summary details caption figure figcaption abbr bdo cite dfn mark small \
                        span time wbr";
/// Of those that are allowed on every element, the ones that could be of use here.
const ATTRIBUTES: &str = "align alt border colspan dir height lang role rowspan scope title valign width";

/// An output in its forms: media type and content.
type Output = Vec<(String, String)>;

/// All outputs of all snapshots that have HTML, with the file that they are in.
fn outputs() -> Vec<(PathBuf, Output)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../snapshots");
    let folders = std::fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let files = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()));
    let snapshots = files.filter(|path| path.extension().is_some_and(|extension| extension == "snap"));
    let forms = |path: PathBuf| {
        let snapshot = insta::Snapshot::from_file(&path).unwrap();
        let text = snapshot.contents().as_text().unwrap().to_string();
        let parts = text.split("═══ ").filter_map(|part| part.split_once(" ═══\n"));
        let output: Output = parts.map(|(kind, content)| (kind.to_owned(), content.trim_end().to_owned())).collect();
        (path, output)
    };
    snapshots.map(forms).filter(|(_, output)| form(output, "text/html").is_some()).collect()
}

fn form<'a>(output: &'a Output, kind: &str) -> Option<&'a str> {
    output.iter().find(|(name, _)| name == kind).map(|(_, content)| content.as_str())
}

/// What GitHub leaves: the text, and the alternatives of images, which stand where no image is.
#[derive(Default)]
struct Left {
    text: String,
    alternatives: Vec<String>,
    /// Elements that were taken out with what they hold.
    lost: Vec<String>,
    /// Images that still have a source.
    images: usize,
}

fn sanitized(html: &str) -> Left {
    let mut left = Left::default();
    for part in html.split('<') {
        let Some((tag, text)) = part.split_once('>') else {
            left.text.push_str(part);
            continue;
        };
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if !ELEMENTS.split_whitespace().any(|element| element == name) {
            left.lost.push(name.to_owned());
        }
        if name == "img" {
            left.alternatives.extend(attribute(tag, "alt"));
            left.images +=
                usize::from(attribute(tag, "src").is_some_and(|source| !source.contains(':') || source.starts_with("http")));
        }
        // Elements end words, but for those within a line.
        left.text.push_str(if matches!(name, "span" | "b" | "i" | "code") { "" } else { " " });
        left.text.push_str(text);
    }
    left.text = plain(&left.text);
    left
}

/// The value of an attribute that GitHub lets through.
fn attribute(tag: &str, name: &str) -> Option<String> {
    let is_allowed =
        ATTRIBUTES.split_whitespace().any(|attribute| attribute == name) || (tag.starts_with("img ") && name == "src");
    let (_, value) = tag.split_once(&format!(" {name}=\""))?;
    is_allowed.then(|| plain(value.split('"').next().unwrap_or_default()))
}

/// Text without the references that HTML needs.
fn plain(text: &str) -> String {
    let references = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#10;", "\n"),
        ("&ensp;", " "),
        ("&nbsp;", " "),
        ("&amp;", "&"),
    ];
    references.iter().fold(text.to_owned(), |text, (reference, character)| text.replace(reference, character))
}

#[test]
fn what_github_leaves_says_the_same() {
    let (mut tables, mut pictures) = (0, 0);
    for (path, output) in outputs() {
        let (html, text) = (form(&output, "text/html").unwrap(), form(&output, "text/plain").unwrap());
        let left = sanitized(html);
        assert!(left.lost.is_empty(), "{}: GitHub takes out {:?}, with what they hold", path.display(), left.lost);
        assert_eq!(left.images, 0, "{}: no image lies at an address, since none needs the network", path.display());
        let first = text.lines().next().unwrap_or_default();
        if left.alternatives.iter().any(|alternative| alternative == first) {
            pictures += 1;
            let is_picture = |kind: &str| form(&output, kind).is_some();
            let has_own = is_picture("image/png") || is_picture("image/svg+xml");
            assert!(has_own, "{}: a picture that GitHub takes out of the HTML is no output of its own", path.display());
            continue;
        }
        tables += 1;
        if text.starts_with("{'driver'") {
            // The text of a profile is Python's, and the table has other words, but the same numbers.
            let numbers = left.text.split(|c: char| !c.is_ascii_digit()).filter(|digits| !digits.is_empty());
            numbers.for_each(|digits| assert!(text.contains(digits), "{}: {digits}", path.display()));
            continue;
        }
        let words: Vec<&str> = left.text.split_whitespace().collect();
        let missing: Vec<&str> = text.split_whitespace().filter(|word| !words.contains(word)).collect();
        assert!(missing.is_empty(), "{}: of the text, GitHub's HTML has no {missing:?}", path.display());
    }
    assert!(tables >= 12 && pictures >= 5, "{tables} tables and {pictures} pictures: are all snapshots there?");
}

#[test]
fn what_github_takes_out_is_noticed() {
    let left = sanitized(
        r#"<td style="x">3 &lt; 4</td><svg><text>5</text></svg><img alt="a &amp; b" src="data:image/png;base64,AA"><style>p{}</style>"#,
    );
    assert_eq!(left.lost, ["svg", "text", "text", "svg", "style", "style"]);
    assert_eq!((left.images, left.alternatives), (0, vec!["a & b".to_owned()]));
    assert!(left.text.contains("3 < 4"), "{}", left.text);
    assert_eq!(sanitized(r#"<img src="https://host/a.png"><img src="a.png">"#).images, 2);
}
