//! What the Markdown of a notebook refers to beside it: pictures, which a page takes along, and other
//! notebooks, which are pages themselves.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};
use std::sync::LazyLock;

use pulldown_cmark::{Event, Tag};
use regex::{Captures, Regex};

use super::content::Data;
use super::forms::mime_of;

/// Larger files are no pictures for a page.
const MAX_PICTURE: u64 = 32 << 20;

/// A path in a URL.
pub(super) fn encoded(path: &str) -> String {
    path.replace('%', "%25").replace(' ', "%20").replace('#', "%23").replace('?', "%3F")
}

/// The address of the page of the notebook that `link` leads to, from a notebook in `folder` of the tree of
/// notebooks: `../02/list.ipynb#cells` in `lessons/01` is `lessons-02-list.html#cells`. None where it leads
/// to no notebook, or out of the tree.
pub(super) fn page_of(link: &str, folder: &str, extension: &str) -> Option<String> {
    let (path, fragment) = link.split_once('#').map_or((link, None), |(path, fragment)| (path, Some(fragment)));
    let stem = path.strip_suffix(".ipynb").filter(|path| is_relative(path))?;
    let name = encoded(&tidy(&Path::new(folder).join(decoded(stem)))?.join("-"));
    let fragment = fragment.map(|fragment| format!("#{fragment}")).unwrap_or_default();
    Some(format!("{name}.{extension}{fragment}"))
}

/// Markdown in which links to notebooks lead to their pages.
pub(super) fn with_pages(markdown: &str, folder: &str, extension: &str) -> String {
    static LINK: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r"\]\(([^)\s<>]+\.ipynb(?:#[^)\s<>]*)?)").expect("the pattern is a constant"));
    let page = |found: &Captures<'_>| match page_of(&found[1], folder, extension) {
        Some(page) => format!("]({page}"),
        None => found[0].to_owned(),
    };
    LINK.replace_all(markdown, page).into_owned()
}

/// The pictures that Markdown shows, by their addresses as it writes them, of those that lie in `folder` or
/// near it. Each with its MIME type and a name of its own.
pub(super) fn pictures(markdown: &str, folder: &Path) -> BTreeMap<String, Data> {
    static IN_HTML: LazyLock<Regex> =
        LazyLock::new(|| Regex::new(r#"(?i)<img\b[^>]*?\bsrc\s*=\s*["']([^"']+)["']"#).expect("the pattern is a constant"));
    let shown = super::prose::parser(markdown).filter_map(|event| match event {
        Event::Start(Tag::Image { dest_url, .. }) => Some(dest_url.into_string()),
        _ => None,
    });
    let in_html = IN_HTML.captures_iter(markdown).map(|found| found[1].to_owned());
    shown.chain(in_html).filter_map(|address| Some((address.clone(), read(&address, folder)?))).collect()
}

fn read(address: &str, folder: &Path) -> Option<Data> {
    let path = address.split(['?', '#']).next().filter(|path| is_relative(path))?;
    let path = PathBuf::from(decoded(path));
    let mime = mime_of(path.extension()?.to_str()?)?;
    let names = path.components().filter_map(|part| match part {
        Component::Normal(name) => name.to_str(),
        _ => None,
    });
    let name = names.collect::<Vec<_>>().join("-");
    let file = folder.join(path);
    // A picture that is not there, or not readable, stays a link that leads nowhere, as in Jupyter.
    std::fs::metadata(&file).ok().filter(|metadata| metadata.is_file() && metadata.len() <= MAX_PICTURE)?;
    Some(Data::Binary(format!("{mime};{name}"), std::fs::read(file).ok()?))
}

/// Whether an address leads to a file beside the one that it is in.
fn is_relative(address: &str) -> bool {
    !address.is_empty() && !address.starts_with('/') && !address.split('/').next().unwrap_or_default().contains(':')
}

/// The parts of a path without `.` and `..`; none if it leads out of the folder that it begins in.
fn tidy(path: &Path) -> Option<Vec<String>> {
    let mut parts = Vec::new();
    for part in path.components() {
        match part {
            Component::Normal(name) => parts.push(name.to_string_lossy().into_owned()),
            Component::ParentDir => drop(parts.pop()?),
            Component::CurDir => {}
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    Some(parts)
}

/// What a URL writes as `%20` and the like.
fn decoded(address: &str) -> String {
    static CODE: LazyLock<Regex> = LazyLock::new(|| Regex::new("%([0-9A-Fa-f]{2})").expect("the pattern is a constant"));
    let mut bytes = Vec::new();
    let mut end = 0;
    for found in CODE.captures_iter(address) {
        let whole = found.get(0).map_or(0..0, |whole| whole.range());
        bytes.extend(&address.as_bytes()[end..whole.start]);
        bytes.extend(u8::from_str_radix(&found[1], 16).ok());
        end = whole.end;
    }
    bytes.extend(&address.as_bytes()[end..]);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_between_notebooks_lead_to_their_pages_wherever_they_are() {
        let of = |link: &str, folder: &str| page_of(link, folder, "html");
        assert_eq!(of("02-list.ipynb#x", "").as_deref(), Some("02-list.html#x"));
        assert_eq!(of("../02/list.ipynb", "lessons/01").as_deref(), Some("lessons-02-list.html"));
        assert_eq!(of("Lesson%202.ipynb", "A b").as_deref(), Some("A%20b-Lesson%202.html"));
        for (link, folder) in
            [("https://x.org/a.ipynb", ""), ("../../a.ipynb", "lessons"), ("a.pdf", ""), ("/a.ipynb", ""), ("#x", "")]
        {
            assert_eq!(of(link, folder), None, "{link}");
        }
        let markdown = "[a](../b.ipynb#c) [d](https://x.org/d.ipynb) `e.ipynb`";
        assert_eq!(with_pages(markdown, "lessons", "md"), "[a](b.md#c) [d](https://x.org/d.ipynb) `e.ipynb`");
    }

    #[test]
    fn pictures_beside_a_notebook_are_taken_along() {
        let world = tempfile::tempdir().unwrap();
        let lesson = world.path().join("lesson");
        std::fs::create_dir_all(world.path().join("my img")).unwrap();
        std::fs::create_dir(&lesson).unwrap();
        std::fs::write(world.path().join("my img/logo.svg"), "<svg/>").unwrap();
        std::fs::write(lesson.join("a.PNG"), "png").unwrap();
        std::fs::write(lesson.join("secret.txt"), "no picture").unwrap();
        let markdown =
            "![l](../my%20img/logo.svg)\n<img width=3 src=\"a.PNG\">\n![m](gone.png) ![n](https://x.org/n.png) ![s](secret.txt)";
        let found = pictures(markdown, &lesson);
        let binary = |name: &str, content: &str| Data::Binary(name.into(), content.into());
        let expected = [
            ("../my%20img/logo.svg".to_owned(), binary("image/svg+xml;my img-logo.svg", "<svg/>")),
            ("a.PNG".to_owned(), binary("image/png;a.PNG", "png")),
        ];
        assert_eq!(found, BTreeMap::from(expected));
    }
}
